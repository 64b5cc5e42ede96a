#![allow(clippy::unwrap_used, clippy::format_collect)]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::diag::Files;

fn read(source: &str, format: Format) -> (Tree, Vec<Diagnostic>) {
    let read = parse(Files::new().add("file", source), source, format);
    check(&read.0, &read.1, source);
    read
}

/// What holds for every text whatsoever.
fn check(tree: &Tree, diagnostics: &[Diagnostic], source: &str) {
    let fits = |span: Span| assert!(source.get(span.range()).is_some(), "{span:?} in {source:?}");
    let merges = source.contains("<<");
    check_node(&tree.root, None, source, merges);
    tree.comments.iter().for_each(|comment| fits(comment.span));
    tree.damaged.iter().for_each(|&span| fits(span));
    for diagnostic in diagnostics {
        fits(diagnostic.span);
        diagnostic.labels.iter().for_each(|label| fits(label.span));
        let mut edits: Vec<_> =
            diagnostic.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span).collect();
        for &span in &edits {
            fits(span);
        }
        edits.sort_unstable();
        assert!(edits.windows(2).all(|pair| pair[0].end <= pair[1].start), "{edits:?} in {source:?}");
        assert!(!diagnostic.message.ends_with('.') && !diagnostic.message.contains('\n'), "{diagnostic:?}");
    }
    assert!(diagnostics.is_sorted_by_key(|diagnostic| diagnostic.span));
}

/// Spans are in bounds and within their parents; what comes from an alias stands elsewhere.
fn check_node(node: &Node, parent: Option<Span>, source: &str, merges: bool) {
    let text = source.get(node.span.range());
    assert!(text.is_some(), "{node:?} in {source:?}");
    let elsewhere = merges || text.is_some_and(|text| text.starts_with('*'));
    assert!(parent.is_none_or(|parent| parent.contains(node.span)), "{node:?} in {source:?}");
    let within = (!elsewhere).then_some(node.span);
    node.items().iter().for_each(|item| check_node(item, within, source, merges));
    let mut keys = std::collections::HashSet::new();
    for entry in node.entries() {
        assert!(source.get(entry.key_span.range()).is_some());
        assert!(within.is_none_or(|span| span.contains(entry.key_span)), "{entry:?} in {source:?}");
        assert!(keys.insert(&*entry.key.text), "{} twice in {source:?}", entry.key.text);
        check_node(&entry.value, within, source, merges);
    }
}

const SAMPLE: &str = include_str!("samples/guarded-list.yaml");

#[test]
fn hostile_texts_are_read_in_bounded_time() {
    let depth = 60_000;
    let laughs: String =
        (1..9).map(|n| format!("l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 9].join(","))).collect();
    let texts = [
        "[".repeat(depth),
        "{".repeat(depth),
        "{a: ".repeat(depth),
        "- ".repeat(depth),
        "? ".repeat(depth),
        "a: ".repeat(depth),
        "!".repeat(depth),
        "&a ".repeat(depth),
        "*a\n- ".repeat(depth),
        "\"\\".repeat(depth),
        "'".repeat(depth),
        "[\"".repeat(depth),
        "\t".repeat(depth),
        "a\n\tb\n".repeat(depth / 10),
        "{\"a\":".repeat(depth),
        "|\n".repeat(depth),
        "#\n".repeat(depth),
        "a: 1\n".repeat(depth),
        (0..depth).map(|n| format!("k{n}: &a{n} [*a{n}]\n")).collect(),
        (0..depth / 200).map(|n| format!("{}k{n}:\n", " ".repeat(n))).collect(),
        "k: =a ? b : c\n".repeat(depth / 10),
        format!("l0: &l0 lol\n{laughs}"),
        format!(
            "a: &a {}\nb: {}",
            "[x, ".repeat(120) + &"]".repeat(120),
            "[*a, ".repeat(120) + &"]".repeat(120)
        ),
        "\u{0}".repeat(depth),
        "é: \"".repeat(depth),
    ];
    for text in &texts {
        for format in [Format::Yaml, Format::Json] {
            let start = Instant::now();
            let (tree, _) = read(text, format);
            let _ = tree.clone().root.to_value();
            let begin: String = text.chars().take(20).collect();
            assert!(start.elapsed() < Duration::from_secs(20), "{begin:?} took {:?}", start.elapsed());
        }
    }
}

#[test]
fn aliases_stay_within_their_budget() {
    let list = "x, ".repeat(100);
    let (_, diagnostics) = read(&format!("a: &a [{list}]\nb: [{}]\n", "*a, ".repeat(9)), Format::Yaml);
    assert_eq!(diagnostics, []);
    let (tree, diagnostics) = read(&format!("a: &a [{list}]\nb: [{}]\n", "*a, ".repeat(30)), Format::Yaml);
    assert_eq!(diagnostics.iter().map(|d| d.rule).collect::<Vec<_>>(), ["alias-budget"]);
    let repeated = tree.root.get("b").unwrap().items();
    assert_eq!(repeated.len(), 30);
    assert!(repeated[9].items().len() == 100 && repeated[29].is_null());
    assert!(tree.is_damaged(repeated[29].span));
}

#[test]
fn the_depth_limit_holds_for_both_formats() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    for format in [Format::Yaml, Format::Json] {
        assert_eq!(read(&nested(MAX_DEPTH), format).1, []);
        let (tree, diagnostics) = read(&nested(MAX_DEPTH + 1), format);
        assert_eq!(diagnostics.iter().map(|d| d.rule).collect::<Vec<_>>(), ["too-deep"]);
        assert!(!tree.damaged.is_empty());
    }
    let alias = format!("a: &a {}\nb: {}*a{}", nested(100), "[".repeat(100), "]".repeat(100));
    assert_eq!(read(&alias, Format::Yaml).1.iter().map(|d| d.rule).collect::<Vec<_>>(), ["too-deep"]);
}

#[test]
fn texts_that_were_trouble_once_are_read() {
    let texts = [
        "\u{85} # caa\r: \naa, aaaa",
        "#\r*x# a\ntitle: \"b\"\nc: &d\n  e: f\n",
        "a---\n...\n>+2\n漢# x\nb: 1\n",
        "|-\n...\n>+2\n漢---\n- ",
        "!t \t|-\n...\n>+2\n[\u{85}# a\nb: \"c\"\n",
        "[| # c",
        "!!int >+2\nak: v\n",
        "a: |\n  x\n'b: c\nd: @\n",
    ];
    for text in texts {
        read(text, Format::Yaml);
        read(text, Format::Json);
    }
}

#[test]
fn every_rule_has_a_page() {
    let source = include_str!("rules.rs");
    let ids: Vec<_> = source.lines().filter_map(|line| line.split('"').nth(1)).collect();
    assert!(ids.len() > 5);
    for id in &ids {
        assert!(RULES.iter().any(|rule| rule.id == *id), "{id}");
    }
    assert_eq!(RULES.len(), ids.len());
}

fn soup() -> impl Strategy<Value = String> {
    let tokens = [
        "a",
        "b",
        "c1",
        "é",
        "漢",
        ": ",
        ":",
        "\n",
        "\n",
        "\r\n",
        "\n  ",
        "\n    ",
        "  ",
        "- ",
        "-",
        "\"",
        "'",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "|",
        ">",
        "|-\n",
        ">+2\n",
        "#",
        " # c",
        "&x ",
        "*x",
        "*y",
        "!t ",
        "!!str ",
        "!!int ",
        "? ",
        "\t",
        "\r",
        "=",
        "---\n",
        "...\n",
        "<<: ",
        "%",
        "@",
        "`",
        "\\",
        "\\n",
        "\\ud83d",
        "1",
        "0x1",
        "null",
        "~",
        "true",
        "//",
        "\u{feff}",
        "\u{0}",
        "\u{85}",
        "\u{2028}",
        "=x ? 'a' : 'b'",
        "k: v\n",
        "- k: v\n  l: w\n",
        "[a: b, {c}]",
    ];
    prop::collection::vec(prop::sample::select(tokens.to_vec()), 0..40).prop_map(|tokens| tokens.concat())
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z:#'\"\\\\{}\\[\\], \n]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[^=<].{0,8}|", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_a_tree(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let source = String::from_utf8_lossy(&bytes);
        read(&source, Format::Yaml);
        read(&source, Format::Json);
    }

    #[test]
    fn any_soup_of_tokens_gives_a_tree(source in soup()) {
        read(&source, Format::Yaml);
        read(&source, Format::Json);
    }

    #[test]
    fn damaged_files_give_a_tree(
        at in any::<prop::sample::Index>(),
        length in 0_usize..20,
        with in soup(),
    ) {
        let mut source = SAMPLE.to_owned();
        let start = at.index(source.len());
        let end = (start + length).min(source.len());
        if source.is_char_boundary(start) && source.is_char_boundary(end) {
            source.replace_range(start..end, &with);
        }
        read(&source, Format::Yaml);
        read(&source, Format::Json);
    }

    #[test]
    fn json_is_read_as_serde_json_reads_it(value in json()) {
        for source in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let (tree, diagnostics) = read(&source, Format::Json);
            prop_assert_eq!(diagnostics, []);
            prop_assert_eq!(tree.root.to_value(), value.clone());
        }
    }

    #[test]
    fn written_yaml_is_read_back(value in json()) {
        let source = serde_yaml::to_string(&value).unwrap();
        // These break lines in YAML 1.1, by which the oracle writes.
        prop_assume!(!source.contains(['\u{85}', '\u{2028}', '\u{2029}']));
        let (tree, diagnostics) = read(&source, Format::Yaml);
        prop_assert_eq!(&diagnostics, &[], "{}", source);
        prop_assert_eq!(tree.root.to_value(), value, "{}", source);
    }

    /// Left out is what the oracle, a reader of YAML 1.1, reads in another way.
    #[test]
    fn what_the_oracle_reads_too_is_the_same(source in soup()) {
        let odd = ['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}', '!', '\t', '?', 'x'];
        let source = format!("k: {}", source.replace(odd, ""));
        let (tree, diagnostics) = read(&source, Format::Yaml);
        let oracle = serde_yaml::from_str::<serde_yaml::Value>(&source).ok();
        let oracle = oracle.and_then(|mut value| value.apply_merge().ok().map(|()| value));
        if let (true, Some(Ok(value))) = (diagnostics.is_empty(), oracle.map(serde_json::to_value)) {
            prop_assert_eq!(tree.root.to_value(), value, "{}", source);
        }
    }
}
