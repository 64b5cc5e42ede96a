#![allow(clippy::unwrap_used, clippy::format_collect)]

mod mistakes;

use std::path::Path;

use serde_json::{Value, json};

use crate::diag::{Diagnostic, Files, Fix, Safety};
use crate::syntax::{Format, Kind, Style, Tree, parse};

const SAMPLE: &str = include_str!("../samples/guarded-list.yaml");

fn read(source: &str) -> (Tree, Vec<Diagnostic>) {
    parse(Files::new().add("a.yaml", source), source, Format::Yaml)
}

fn clean(source: &str) -> Tree {
    let (tree, diagnostics) = read(source);
    assert_eq!(diagnostics, [], "{source}");
    assert_eq!(tree.damaged, []);
    tree
}

/// What each finding is about: its rule and the bytes that it marks.
fn found<'s>(source: &'s str, diagnostics: &[Diagnostic]) -> Vec<(&'static str, &'s str)> {
    diagnostics.iter().map(|d| (d.rule, &source[d.span.range()])).collect()
}

/// The text after a fix.
fn mended(source: &str, fix: &Fix) -> String {
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    let mut mended = source.to_owned();
    for edit in edits {
        mended.replace_range(edit.span.range(), &edit.text);
    }
    mended
}

fn oracle(source: &str) -> Value {
    let mut value: serde_yaml::Value = serde_yaml::from_str(source).unwrap();
    value.apply_merge().unwrap();
    serde_json::to_value(value).unwrap()
}

#[test]
fn spans_are_the_bytes_of_the_value() {
    let source = "a: &x !!str 'b'\nlist:\n  - 1\n  -\n  - {k: v, l: }\n\nt: |- # c\n  x\n\n\nn:\nm:\n- [y]\nf: >\n  é  \n";
    let tree = clean(source);
    let slice = |pointer: &str| &source[tree.root.at(pointer).unwrap().span.range()];
    assert_eq!(slice("/a"), "'b'");
    assert_eq!(slice("/list"), "- 1\n  -\n  - {k: v, l: }");
    assert_eq!(slice("/list/0"), "1");
    assert_eq!(slice("/list/2"), "{k: v, l: }");
    assert_eq!(slice("/list/2/k"), "v");
    assert_eq!(slice("/t"), "|- # c\n  x");
    assert_eq!(slice("/m"), "- [y]");
    assert_eq!(slice("/f"), ">\n  é  ");
    assert_eq!(slice(""), source.trim_end_matches('\n'));
    for (pointer, after) in [("/n", "n:"), ("/list/1", "1\n  -"), ("/list/2/l", "l:")] {
        let nothing = tree.root.at(pointer).unwrap().span;
        let place = source.find(after).unwrap() + after.len();
        assert_eq!(nothing.range(), place..place, "{pointer}");
    }
    let keys: Vec<_> = tree.root.entries().iter().map(|e| &source[e.key_span.range()]).collect();
    assert_eq!(keys, ["a", "list", "t", "n", "m", "f"]);
}

#[test]
fn styles_are_kept() {
    let tree = clean("[plain, 'single', \"double\"]");
    let styles: Vec<_> = tree.root.items().iter().map(|item| item.as_scalar().unwrap().style).collect();
    assert_eq!(styles, [Style::Plain, Style::SingleQuoted, Style::DoubleQuoted]);
    assert_eq!(clean("a: |\n  x\n").root.get("a").unwrap().as_scalar().unwrap().style, Style::Literal);
    assert_eq!(clean("a: >\n  x\n").root.get("a").unwrap().as_scalar().unwrap().style, Style::Folded);
}

#[test]
fn offsets_count_bytes_in_files_with_bom_and_crlf() {
    let source = "\u{feff}a: é\r\nb:\r\n  - 漢 # c\r\nc: |\r\n  x\r\n  y\r\n";
    let tree = clean(source);
    let slice = |pointer: &str| &source[tree.root.at(pointer).unwrap().span.range()];
    assert_eq!((slice("/a"), slice("/b/0"), slice("/c")), ("é", "漢", "|\r\n  x\r\n  y"));
    assert_eq!(&source[tree.comments[0].span.range()], "# c");
    assert_eq!(tree.root.to_value(), json!({"a": "é", "b": ["漢"], "c": "x\ny\n"}));
}

#[test]
fn the_corpus_and_the_samples_read_as_the_oracle_reads_them() {
    assert_eq!(clean(SAMPLE).root.to_value(), oracle(SAMPLE));
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus")];
    while let Some(folder) = folders.pop() {
        let Ok(list) = std::fs::read_dir(&folder) else { continue };
        for path in list.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let (tree, diagnostics) = read(&source);
            assert_eq!(diagnostics, [], "{}", path.display());
            assert_eq!(tree.root.to_value(), oracle(&source), "{}", path.display());
        }
    }
}

#[test]
fn an_empty_file_is_nothing() {
    for source in ["", "\n\n", "# only a comment\n", "---\n", "\u{feff}"] {
        assert_eq!(clean(source).root.kind, Kind::Null);
    }
    assert_eq!(clean("").root.span.range(), 0..0);
}

#[test]
fn aliases_are_copies_that_stand_at_their_own_place() {
    let source =
        "a: &x {k: [1, &in 2]}\nb: *x\nc: [*in, *x]\n&key d: *key\n? &e [f]\n: &late 1\ng: [*e, *late]\n";
    let (tree, diagnostics) = read(source);
    assert_eq!(found(source, &diagnostics), [("unfit-key", "[f]")]);
    let x = json!({"k": [1, 2]});
    let expected = json!({"a": x, "b": x, "c": [2, x], "d": "d", "g": [["f"], 1]});
    assert_eq!(tree.root.to_value(), expected);
    assert_eq!(&source[tree.root.at("/b").unwrap().span.range()], "*x");
    assert_eq!(&source[tree.root.at("/b/k").unwrap().span.range()], "[1, &in 2]");
}

#[test]
fn an_anchor_in_a_value_that_is_dropped_can_be_used() {
    let source = "a: 1\na: &x {b: &y 2}\nc: *x\nd: *y\ne: &x 3\nf: *x\n";
    let (tree, diagnostics) = read(source);
    assert_eq!(found(source, &diagnostics), [("duplicate-key", "a")]);
    assert_eq!(tree.root.to_value(), json!({"a": 1, "c": {"b": 2}, "d": 2, "e": 3, "f": 3}));
}

#[test]
fn aliases_without_a_value_are_told_and_damaged() {
    let source = "a: *none\nb: &b [*b]\nc: &c {*c : 1}\n";
    let (tree, diagnostics) = read(source);
    let rules: Vec<_> = diagnostics.iter().map(|d| d.rule).collect();
    assert_eq!(rules, ["unknown-alias", "unknown-alias", "unknown-alias"]);
    assert!(diagnostics[0].message.contains("`*none` repeats a value named `&none`"));
    assert!(diagnostics[1].message.contains("stands within the value"));
    assert!(tree.root.get("a").unwrap().is_null() && tree.is_damaged(tree.root.get("a").unwrap().span));
}

#[test]
fn merges_take_over_what_is_not_given() {
    let source = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 0}\nd:\n  <<: *a\n  w: 9\ne: {'<<': 1}\n";
    let tree = clean(source);
    assert_eq!(tree.root.get("c").unwrap().to_value(), json!({"x": 0, "y": 1, "z": 2}));
    assert_eq!(tree.root.get("d").unwrap().to_value(), json!({"w": 9, "x": 1, "y": 1}));
    assert_eq!(tree.root.get("e").unwrap().to_value(), json!({"<<": 1}));
    assert_eq!(&source[tree.root.at("/d").unwrap().entry("x").unwrap().key_span.range()], "x");
    let source = "<<: 5\n";
    assert_eq!(found(source, &read(source).1), [("unfit-key", "5")]);
}

#[test]
fn a_repeated_key_shows_both_places_and_the_first_stands() {
    let source = "a: 1\nb: 2\n\"a\": 3\n";
    let (tree, diagnostics) = read(source);
    assert_eq!(found(source, &diagnostics), [("duplicate-key", "\"a\"")]);
    assert_eq!(diagnostics[0].labels[0].span.range(), 0..1);
    assert_eq!(tree.root.to_value(), json!({"a": 1, "b": 2}));
    let many: String = (0..100).chain([7, 50, 99]).map(|n| format!("k{n}: {n}\n")).collect();
    let (tree, diagnostics) = read(&many);
    assert_eq!(
        found(&many, &diagnostics),
        [("duplicate-key", "k7"), ("duplicate-key", "k50"), ("duplicate-key", "k99")]
    );
    assert_eq!(&many[diagnostics[1].labels[0].span.range()], "k50");
    assert_eq!(tree.root.entries().len(), 100);
}

#[test]
fn keys_are_texts() {
    assert_eq!(
        clean("{1: a, true: b, 07: c, ~: d, 1.0: e}").root.to_value(),
        json!({"1": "a", "true": "b", "07": "c", "~": "d", "1.0": "e"})
    );
    let source = "? [a]\n: 1\n: 2\n? {b: c}\n: 3\nd: {{x}}\n";
    let (tree, diagnostics) = read(source);
    assert_eq!(
        found(source, &diagnostics),
        [("unfit-key", "[a]"), ("unfit-key", ""), ("unfit-key", "{b: c}"), ("unfit-key", "{x}")]
    );
    assert_eq!(tree.root.to_value(), json!({"d": {}}));
}

#[test]
fn tags_of_the_core_schema_are_honoured() {
    let source =
        "[!!str 1, !!int '3', !!float 1, !!bool 'true', !!null '', ! 12, !!seq [a], !!map {b: c}, !!str]";
    assert_eq!(clean(source).root.to_value(), json!(["1", 3, 1, true, null, "12", ["a"], {"b": "c"}, ""]));
    let source = "[!!int x, !mine 5, !!binary aa, !!map [1], !<tag:a,b> {c: d}]";
    let (tree, diagnostics) = read(source);
    assert_eq!(tree.root.to_value(), json!(["x", 5, "aa", [1], {"c": "d"}]));
    let marked: Vec<_> = found(source, &diagnostics)
        .into_iter()
        .map(|(rule, at)| {
            assert_eq!(rule, "unsupported-tag");
            at
        })
        .collect();
    assert_eq!(marked, ["x", "!mine", "!!binary", "!!map", "!<tag:a,b>"]);
}

#[test]
fn numbers_that_lose_something_are_told() {
    let source = "[007, .inf, 1e400, 123456789012345678901, 1, '007', 0x10]";
    let (tree, diagnostics) = read(source);
    let marked: Vec<_> = found(source, &diagnostics).into_iter().map(|(_, at)| at).collect();
    assert_eq!(marked, ["007", ".inf", "1e400", "123456789012345678901"]);
    assert!(diagnostics.iter().all(|d| d.rule == "lossy-number"));
    assert_eq!(
        tree.root.to_value(),
        json!([7, ".inf", "1e400", 123_456_789_012_345_678_901_f64, 1, "007", 16])
    );
    assert_eq!(mended(source, diagnostics[0].fix.as_ref().unwrap()).get(..7), Some("[\"007\","));
}

#[test]
fn only_the_first_document_is_read() {
    let source = "a: 1\n---\nb: 2\n";
    let (tree, diagnostics) = read(source);
    assert_eq!(found(source, &diagnostics), [("second-document", "---")]);
    assert_eq!(tree.root.to_value(), json!({"a": 1}));
    for source in ["---\na: 1\n...\n", "a: 1\n---\n", "a: 1\n--- # nothing\n\n", "%YAML 1.2\n---\na: 1\n"] {
        assert_eq!(clean(source).root.to_value(), json!({"a": 1}));
    }
}

#[test]
fn many_comments_are_no_mistake() {
    let source = format!("a:\n{}  b: 1\n", "  # comment\n".repeat(5000));
    assert_eq!(clean(&source).comments.len(), 5000);
}
