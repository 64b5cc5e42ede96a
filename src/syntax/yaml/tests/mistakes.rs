//! Broken files: what is told, and what is still read.

use super::*;

/// A broken text, the bytes that are marked, a part of the message, and what is read all the same.
fn check(source: &str, marked: &[&str], part: &str, tree: &Value) -> Vec<Diagnostic> {
    let (read, diagnostics) = read(source);
    let expected: Vec<_> = marked.iter().map(|&at| ("invalid-yaml", at)).collect();
    assert_eq!(found(source, &diagnostics), expected, "{source}\n{diagnostics:#?}");
    assert!(diagnostics.iter().any(|d| d.message.contains(part)), "{source}\n{diagnostics:#?}");
    assert_eq!(read.root.to_value(), *tree, "{source}");
    assert!(!read.damaged.is_empty() || diagnostics.is_empty(), "{source}");
    diagnostics
}

#[test]
fn a_colon_in_an_unquoted_value() {
    let torn = "`: ` cannot stand inside an expression without quotes";
    let cases = [
        ("a: 1\nk: =x ? 'a' : 'b'\nc: 2\n", "a: 1\nk: \"=x ? 'a' : 'b'\"\nc: 2\n"),
        ("a: 1\nk: =x ? \"a\" : 'b'\nc: 2\n", "a: 1\nk: '=x ? \"a\" : ''b'''\nc: 2\n"),
        ("a: 1\nk: =x\n  ? 'a'\n  : 'b'\nc: 2\n", "a: 1\nk: \"=x\n  ? 'a'\n  : 'b'\"\nc: 2\n"),
        ("a: 1\nk: =x\n  ? 'a' : 'b'\nc: 2\n", "a: 1\nk: \"=x\n  ? 'a' : 'b'\"\nc: 2\n"),
        ("a: 1\r\nk: =x ? 1 : 2\r\nc: 2\r\n", "a: 1\r\nk: \"=x ? 1 : 2\"\r\nc: 2\r\n"),
    ];
    for (source, right) in cases {
        let diagnostics = check(source, &[":"], torn, &json!({"a": 1, "k": null, "c": 2}));
        let place = diagnostics[0].span.range().start;
        assert!(source[..place].ends_with([' ', '\n']) && source[place..].starts_with(": "));
        let fix = diagnostics[0].fix.as_ref().unwrap();
        assert_eq!((fix.safety, &*mended(source, fix)), (Safety::Safe, right));
        assert_eq!(clean(right).root.get("c").unwrap().to_value(), json!(2));
    }
}

#[test]
fn a_colon_in_a_text_is_not_mended_unseen() {
    let source = "title: Delete: now\n";
    let diagnostics = check(source, &[":"], "`: `", &json!({"title": null}));
    let fix = diagnostics[0].fix.as_ref().unwrap();
    assert_eq!((fix.safety, &*mended(source, fix)), (Safety::Unsafe, "title: \"Delete: now\"\n"));
    assert_eq!(diagnostics[0].labels[0].span.range(), 7..18);
    let source = "k: =x ? 'a' : 'b' # why\n";
    assert_eq!(check(source, &[":"], "`: `", &json!({"k": null}))[0].fix, None);
}

#[test]
fn a_list_item_that_yaml_takes_for_a_map() {
    let source = "- =x ? 'a' : 'b'\n- ={ \"k\": 1 }\n- c: d\n";
    let (tree, diagnostics) = read(source);
    assert_eq!(found(source, &diagnostics), [("invalid-yaml", ":"), ("invalid-yaml", ":")]);
    assert_eq!(tree.root.to_value(), json!(["=x ? 'a' : 'b'", "={ \"k\": 1 }", {"c": "d"}]));
    assert_eq!(
        mended(source, diagnostics[1].fix.as_ref().unwrap()).lines().nth(1),
        Some("- '={ \"k\": 1 }'")
    );
}

#[test]
fn one_mistake_is_told_once_and_the_rest_is_read() {
    let cases: &[(&str, &[&str], &str, Value)] = &[
        ("a: 'it's'\nb: 1\n", &["s'"], "the text ends at the quote", json!({"a": null, "b": 1})),
        ("a: \"foo\" bar\nb: 1\n", &["bar"], "the text ends at the quote", json!({"a": null, "b": 1})),
        ("a: \"foo\nb: 1\nc: 2\n", &["\"foo"], "never closed", json!({"a": null, "b": 1, "c": 2})),
        ("a: \"foo\nb: \"bar\"\nc: 2\n", &["\"foo"], "never closed", json!({"a": null, "b": "bar", "c": 2})),
        ("- \"a\n- b\n- c: d\n", &["\"a"], "never closed", json!([null, "b", {"c": "d"}])),
        ("\"a: 1\nb: 2\n", &["\"a: 1"], "never closed", json!({"b": 2})),
        ("a: [1, 2\nb: 1\n", &["["], "never closed", json!({"a": null, "b": 1})),
        ("a: {x: 1, y: 2\nb: 1\n", &["{"], "never closed", json!({"a": null, "b": 1})),
        ("a: [\n  1,\n  2\nb: 1\n", &["["], "never closed", json!({"a": null, "b": 1})),
        ("a: [1, [2, 3]", &["["], "never closed", json!({"a": null})),
        ("a: [1, 2}\nb: 1\n", &["}"], "cannot close what `[` opened", json!({"a": null, "b": 1})),
        ("a: ]\nb: 1\n", &["]"], "closes nothing", json!({"a": null, "b": 1})),
        ("a: {x: 1 y: 2}\nb: 1\n", &[":"], "a `,` may be missing", json!({"a": null, "b": 1})),
        ("a: {{ x }} y\nb: 1\n", &["y"], "behind the closing bracket", json!({"a": null, "b": 1})),
        (
            "a:\n  b: 1\n    c: 2\n  d: 3\n",
            &["c"],
            "indented deeper than `b`",
            json!({"a": {"b": 1, "d": 3}}),
        ),
        ("a:\n    b: 1\n  c: 2\nd: 3\n", &["  "], "fits no line above", json!({"a": {"b": 1}, "d": 3})),
        ("a:\n  - x\n - y\nb: 1\n", &["-"], "not below the `-`", json!({"a": ["x"], "b": 1})),
        ("a: 1\n- b\n", &["-"], "among the keys of a map", json!({"a": 1})),
        ("- a\nb: 1\n", &["b"], "beside the items of a list", json!(["a"])),
        ("a: - x\nb: 1\n", &["-"], "behind the `:` of its key", json!({"a": null, "b": 1})),
        ("a: |\n    x\n  y\nb: 1\n", &["y"], "neither `key: value`", json!({"a": "x\n", "b": 1})),
        ("a: 1\nb 2\nc: 3\n", &["b 2"], "not written as `key: value`", json!({"a": 1, "c": 3})),
        ("a\nb: 1\n", &["a"], "not written as `key: value`", json!({"b": 1})),
        ("a: @x\nb: 1\n", &["@"], "cannot begin with `@`", json!({"a": null, "b": 1})),
        ("a: `x`\nb: 1\n", &["`"], "cannot begin with a backtick", json!({"a": null, "b": 1})),
        ("a: %x\nb: 1\n", &["%"], "cannot begin with `%`", json!({"a": null, "b": 1})),
        ("a: |x\n  y\nb: 1\n", &["|x"], "begins on the next line", json!({"a": null, "b": 1})),
        ("a: > x\nb: 1\n", &["> x"], "begins on the next line", json!({"a": null, "b": 1})),
        ("a: &\nb: 1\n", &["&"], "a name is missing", json!({"a": null, "b": 1})),
        ("a: !x!y z\nb: 1\n", &["!x!y z"], "is read as a tag", json!({"a": null, "b": 1})),
        ("a: ? x\nb: 1\n", &["? x"], "`? `", json!({"a": null, "b": 1})),
        ("a: x # c\n  more\nb: 1\n", &["# c"], "begins a comment", json!({"a": null, "b": 1})),
        ("a: 1\n%x\nb: 2\n", &["%x"], "cannot begin with `%`", json!({"a": 1, "b": 2})),
        (
            "a:\n  - k: \"b\n    l: \"c\"\nd: 1\n",
            &["\"b"],
            "never closed",
            json!({"a": [{"k": null, "l": "c"}], "d": 1}),
        ),
        (
            "a: \"b\nc: |\n    \"x\" & y\nd: 1\n",
            &["\"b"],
            "never closed",
            json!({"a": null, "c": "\"x\" & y\n", "d": 1}),
        ),
        ("a: 'b\n# it's\nc: 1\n", &["'b"], "never closed", json!({"a": null, "c": 1})),
        ("- k: [a\n  l: 1\n  m: 2\n", &["["], "never closed", json!([{"k": null, "l": 1, "m": 2}])),
        (
            "a:\n  b\n    - c: 1\n      d: 2\n    - e: 3\nf: 1\n",
            &["b"],
            "not written as `key: value`",
            json!({"a": null, "f": 1}),
        ),
        ("a:\n  - k:v\n    l: 1\nb: 1\n", &["k:"], "a space is missing", json!({"a": null, "b": 1})),
        ("a:\n  k:v\n  # c\n  l: 1\n", &["k:"], "a space is missing", json!({"a": {"l": 1}})),
        (" a: 1\nb: 2\nc: 3\n", &[" "], "the first line is indented", json!({"b": 2, "c": 3})),
        (
            "a:\n    b: 1\n  c: 2\n  d: 3\ne: 4\n",
            &["  "],
            "fits no line above",
            json!({"a": {"b": 1}, "e": 4}),
        ),
        (
            "a:\n  - b: 1\n   - c: 2\n     d: 3\n   - e: 4\nf: 1\n",
            &["-"],
            "not below the `-`",
            json!({"a": [{"b": 1}], "f": 1}),
        ),
        ("a: x\u{0}y\nb: 1\n", &["\u{0}"], "U+0000", json!({"a": "x y", "b": 1})),
    ];
    for (source, marked, part, tree) in cases {
        check(source, marked, part, tree);
    }
}

#[test]
fn mistakes_that_can_be_mended_are() {
    let cases = [
        ("a: 1\nb:2\n", "a: 1\nb: 2\n", Safety::Safe, json!({"a": 1})),
        ("a: \"\\d+\\s\"\n", "a: \"\\\\d+\\\\s\"\n", Safety::Safe, json!({"a": null})),
        ("a: 'it's'\n", "a: \"it's\"\n", Safety::Unsafe, json!({"a": null})),
        ("a: @ctx.x\n", "a: =@ctx.x\n", Safety::Unsafe, json!({"a": null})),
        ("a: %x\n", "a: \"%x\"\n", Safety::Unsafe, json!({"a": null})),
        ("a: \"x\nb: 1\n", "a: \"x\"\nb: 1\n", Safety::Unsafe, json!({"a": null, "b": 1})),
        (
            "a:\n\tb: 1\n\tc:\n\t\td: 2\n",
            "a:\n  b: 1\n  c:\n    d: 2\n",
            Safety::Unsafe,
            json!({"a": {"b": 1, "c": {"d": 2}}}),
        ),
    ];
    for (source, right, safety, tree) in cases {
        let (read, diagnostics) = read(source);
        assert_eq!(diagnostics.len(), 1, "{source}\n{diagnostics:#?}");
        let fix = diagnostics[0].fix.as_ref().unwrap();
        assert_eq!((&*mended(source, fix), fix.safety), (right, safety));
        assert_eq!(read.root.to_value(), tree, "{source}");
        clean(right);
    }
}

#[test]
fn tabs_are_told_once_for_all_lines() {
    let source = "a:\n\tb: 1\n\tc: 2\nd: 1\n";
    let (tree, diagnostics) = read(source);
    assert_eq!(found(source, &diagnostics), [("invalid-yaml", "\t")]);
    assert!(diagnostics[0].message.contains("here and on another line"), "{diagnostics:?}");
    assert_eq!(tree.root.to_value(), json!({"a": {"b": 1, "c": 2}, "d": 1}));
    assert!(tree.is_damaged(tree.root.at("/a/b").unwrap().span));
    clean("a:\tx\nb: \"\tx\"\n");
}

#[test]
fn several_mistakes_in_one_file_are_all_told() {
    let source = "a: 'it's'\nb: =x ? 'a' : 'b'\nc: [1\nd: @x\ne: 5\nf:\n  g: \"\n  h: 1\n";
    check(
        source,
        &["s'", ":", "[", "@", "\""],
        "`: `",
        &json!({"a": null, "b": null, "c": null, "d": null, "e": 5, "f": {"g": null, "h": 1}}),
    );
    let many: String = (0..30).map(|n| format!("k{n}: =x ? 'a' : 'b'\n")).collect();
    assert_eq!(read(&many).1.len(), 30);
}

#[test]
fn keys_that_lost_their_parent_are_told_once() {
    let source = "a: 1\nb: 2\nc:\na: 3\nb: 4\nd: 5\nd: 6\n";
    let (tree, diagnostics) = read(source);
    assert_eq!(found(source, &diagnostics), [("duplicate-key", "a"), ("duplicate-key", "d")]);
    assert!(diagnostics[0].help.as_ref().unwrap().contains("belong to `c`"));
    assert_eq!(tree.root.to_value(), json!({"a": 1, "b": 2, "c": null, "d": 5}));
    // What only seems repeated because something between was left out is not told.
    let source = "- a: 1\n - b: 2\n  a: 3\n";
    let (_, diagnostics) = read(source);
    assert!(diagnostics.iter().all(|d| d.rule == "invalid-yaml"), "{diagnostics:?}");
}

#[test]
fn what_is_damaged_is_known() {
    let source = "a:\n  b: 1\n  c: =x ? 'a' : 'b'\nd: {e: 1}\n";
    let (tree, _) = read(source);
    let damaged = |pointer: &str| tree.is_damaged(tree.root.at(pointer).unwrap().span);
    assert!(damaged("/a/c") && damaged("/a") && damaged(""));
    assert!(!damaged("/a/b") && !damaged("/d") && !damaged("/d/e"));
    let source = "a:\n  b: 1\n c: 2\nd: 1\n";
    let (tree, _) = read(source);
    assert!(tree.is_damaged(tree.root.get("a").unwrap().span), "something may be missing at its end");
}
