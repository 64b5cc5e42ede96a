#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::diag::{Diagnostic, Files, Safety};
use crate::syntax::{Format, Kind, Style, Tree, parse};

fn read(source: &str) -> (Tree, Vec<Diagnostic>) {
    parse(Files::new().add("a.json", source), source, Format::Json)
}

/// The text after all fixes.
fn mended(source: &str, diagnostics: &[Diagnostic]) -> String {
    let mut edits: Vec<_> = diagnostics.iter().flat_map(|d| &d.fix).flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    let mut mended = source.to_owned();
    for edit in edits {
        mended.replace_range(edit.span.range(), &edit.text);
    }
    mended
}

#[test]
fn spans_are_the_bytes_of_the_value() {
    let source = "\u{feff}{ \"é\" : [1, \"漢\" , null] , \"b\": { } }\n";
    let (tree, diagnostics) = read(source);
    assert_eq!(diagnostics, []);
    let slice = |pointer: &str| &source[tree.root.at(pointer).unwrap().span.range()];
    assert_eq!(slice("/é"), "[1, \"漢\" , null]");
    assert_eq!((slice("/é/0"), slice("/é/1"), slice("/é/2"), slice("/b")), ("1", "\"漢\"", "null", "{ }"));
    assert_eq!(slice(""), source[3..].trim_end());
    assert_eq!(&source[tree.root.entries()[0].key_span.range()], "\"é\"");
    assert_eq!(tree.root.at("/é/1").unwrap().as_scalar().unwrap().style, Style::Json);
}

#[test]
fn numbers_are_those_of_json() {
    let source = "[0, -1, 1.5, 1e3, -0.0, 18446744073709551615, -9223372036854775808]";
    let (tree, diagnostics) = read(source);
    assert_eq!(diagnostics, []);
    assert_eq!(tree.root.to_value(), serde_json::from_str::<Value>(source).unwrap());
    let source = "[1e400, 123456789012345678901]";
    let (tree, diagnostics) = read(source);
    assert_eq!(diagnostics.iter().map(|d| d.rule).collect::<Vec<_>>(), ["lossy-number", "lossy-number"]);
    assert_eq!(tree.root.to_value(), json!(["1e400", 123_456_789_012_345_678_901_f64]));
}

#[test]
fn an_empty_file_is_nothing() {
    for source in ["", " \n", "\u{feff}"] {
        let (tree, diagnostics) = read(source);
        assert_eq!((tree.root.kind, diagnostics), (Kind::Null, vec![]));
    }
}

/// A broken text, what is marked and said, and what is read all the same.
type Case = (&'static str, &'static [(&'static str, &'static str)], Value);

#[test]
fn every_mistake_is_told_and_the_rest_is_read() {
    let cases: &[Case] = &[
        (r#"{"a": 1,}"#, &[(",", "no `,` before the closing `}`")], json!({"a": 1})),
        (r"[1, 2,]", &[(",", "no `,` before the closing `]`")], json!([1, 2])),
        (r"[1,,2,]", &[(",", "nothing stands before"), (",", "no `,` before")], json!([1, 2])),
        (r"[,]", &[(",", "nothing stands before")], json!([])),
        (r#"{"a": 1 "b": 2}"#, &[("", "a `,` is missing")], json!({"a": 1, "b": 2})),
        (
            r#"[1 2 true {"a":1}]"#,
            &[("", "a `,`"), ("", "a `,`"), ("", "a `,`")],
            json!([1, 2, true, {"a": 1}]),
        ),
        ("// c\n{\"a\": /* d */ 1 # e\n}", &[("// c", "JSON has no comments")], json!({"a": 1})),
        (
            r"{'a': 'b\'c'}",
            &[("'a'", "double quotes only"), (r"'b\'c'", "double quotes only")],
            json!({"a": "b'c"}),
        ),
        (
            r"{a: b c, d: True}",
            &[("a", "a key needs"), ("b c", "a text needs"), ("d", "a key needs"), ("True", "`true`")],
            json!({"a": "b c", "d": true}),
        ),
        (
            r#"{"a": , "b" 1, "c" = 2, "d"}"#,
            &[
                (",", "a value is missing"),
                ("", "a `:` is missing"),
                ("=", "joined by `:`"),
                ("", "a `:` and a value"),
            ],
            json!({"a": null, "b": 1, "c": 2, "d": null}),
        ),
        (r#"{: 1, "a": 2}"#, &[(":", "a key is missing")], json!({"a": 2})),
        (r"{[1]: 2, 3: 4}", &[("[1]", "a key must be text"), ("3", "a key needs")], json!({"3": 4})),
        (r#"{"a": {"b": 1"#, &[("{", "never closed")], json!({"a": {"b": 1}})),
        (r#"{"a": [1, 2, "b": 3}"#, &[("[", "never closed")], json!({"a": [1, 2], "b": 3})),
        (r#"[{"a": 1]"#, &[("{", "never closed")], json!([{"a": 1}])),
        (r#"{"a": 1]"#, &[("]", "cannot close what `{` opened")], json!({"a": 1})),
        (r#"["a": 1]"#, &[(":", "cannot stand in a list")], json!(["a", 1])),
        ("{\"a\": \"b,\n \"c\": 1}", &[("\"b", "not closed on its line")], json!({"a": "b", "c": 1})),
        (r#"{"a": "b"#, &[("\"b", "not closed on its line")], json!({"a": "b"})),
        (
            "{\"a\": \"b, c\r\n  d\n,e\", \"f\": 1}",
            &[("\"b, c", r"a line break within a text is written `\n`")],
            json!({"a": "b, c\n  d\n,e", "f": 1}),
        ),
        (
            "[\"a\tb\", \"\u{1}\"]",
            &[("\t", r"written `\t`"), ("\u{1}", r"written `\u0001`")],
            json!(["a\tb", "\u{1}"]),
        ),
        (
            r#"["\d", "\ud800x", "\udc00", "\u12"]"#,
            &[
                (r"\d", "means nothing"),
                (r"\ud800", "half a character"),
                (r"\udc00", "half a character"),
                (r"\u12", "four hexadecimal digits"),
            ],
            json!(["\\d", "\u{fffd}x", "\u{fffd}", "\u{fffd}"]),
        ),
        (
            r"[01, +1, .5, 1., 0x1, -]",
            &[
                ("01", "no number"),
                ("+1", "no number"),
                (".5", "no number"),
                ("1.", "no number"),
                ("0x1", "no number"),
                ("-", "no number"),
            ],
            json!(["01", "+1", ".5", "1.", "0x1", "-"]),
        ),
        ("{} {}", &[("{", "goes on behind")], json!({})),
        ("{};", &[(";", "goes on behind")], json!({})),
        ("}", &[("}", "a value is missing")], json!(null)),
        ("hello", &[("hello", "a text needs")], json!("hello")),
    ];
    for (source, findings, tree) in cases {
        let (read, diagnostics) = read(source);
        let marked: Vec<_> = diagnostics.iter().map(|d| (d.rule, &source[d.span.range()])).collect();
        let expected: Vec<_> = findings.iter().map(|(at, _)| ("invalid-json", *at)).collect();
        assert_eq!(marked, expected, "{source}\n{diagnostics:#?}");
        for (diagnostic, (_, part)) in diagnostics.iter().zip(*findings) {
            assert!(diagnostic.message.contains(part), "{source}\n{diagnostic:#?}");
        }
        assert_eq!(read.root.to_value(), *tree, "{source}");
    }
}

#[test]
fn fixes_make_it_json() {
    let sources = [
        r#"{"a": 1,}"#,
        r#"{"a": 1 "b": [1 2,,3]}"#,
        "// c\n{\"a\": /* d */ 1 # e\n}",
        r"{'a': 'b\'c', d: e f, g = True}",
        r#"{"a" 1}"#,
        "[\"a\tb\", \"\\d\"]",
        "{\"a\": \"b,\n \"c\": 1}",
        r#"{"a": 1]"#,
    ];
    for source in sources {
        let (tree, diagnostics) = read(source);
        let right = mended(source, &diagnostics);
        assert_eq!(
            serde_json::from_str::<Value>(&right).ok(),
            Some(tree.root.to_value()),
            "{source} -> {right}"
        );
    }
    let comment = &read("# c\n1").1[0];
    assert_eq!(comment.fix.as_ref().unwrap().safety, Safety::Unsafe);
}

#[test]
fn a_repeated_key_shows_both_places_and_the_first_stands() {
    let source = r#"{"a": 1, "b": 2, "a": 3}"#;
    let (tree, diagnostics) = read(source);
    assert_eq!(diagnostics.iter().map(|d| d.rule).collect::<Vec<_>>(), ["duplicate-key"]);
    assert_eq!((diagnostics[0].span.range(), diagnostics[0].labels[0].span.range()), (17..20, 1..4));
    assert_eq!(tree.root.to_value(), json!({"a": 1, "b": 2}));
}

#[test]
fn a_file_full_of_mistakes_is_given_up() {
    let source = "x y\n".repeat(1000);
    let (tree, diagnostics) = read(&format!("[{source}]"));
    assert!(diagnostics.len() <= 100);
    assert!(tree.damaged.iter().any(|span| span.end as usize >= source.len()));
}

#[test]
fn quotes_within_a_text_are_one_mistake() {
    for (source, text, right) in [
        (r#"{"a": "say "hi" now", "b": 1}"#, r#"say "hi" now"#, r#"{"a": "say \"hi\" now", "b": 1}"#),
        (r#"{"a": "b"c""#, r#"b"c"#, r#"{"a": "b\"c""#),
        (r#"["'é"'" ]"#, r#"'é"'"#, r#"["'é\"'" ]"#),
        (r#"{"a"b": [1]}"#, "", r#"{"a\"b": [1]}"#),
    ] {
        let (tree, diagnostics) = read(source);
        let told: Vec<_> =
            diagnostics.iter().filter(|told| told.message.contains("a quote within")).collect();
        assert_eq!(told.len(), 1, "{source}: {diagnostics:?}");
        assert_eq!(told[0].fix.as_ref().unwrap().safety, Safety::Unsafe);
        let first = tree.root.at("/a").or_else(|| tree.root.at("/0")).and_then(|node| node.as_str());
        assert_eq!(first.unwrap_or_default(), text);
        assert!(mended(source, &diagnostics).starts_with(right), "{source}");
    }
}

#[test]
fn a_missing_comma_is_not_taken_for_a_quote() {
    for source in
        [r#"["a" "b"]"#, r#"{"a": "b" "c": "d"}"#, r#"["a""b"]"#, r#"{"a" "b"}"#, r#"["a"/* c */, "b"]"#]
    {
        let (_, diagnostics) = read(source);
        assert!(diagnostics.iter().all(|told| !told.message.contains("a quote within")), "{source}");
    }
}
