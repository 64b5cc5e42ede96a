#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use proptest::sample::select;

use super::super::ast::{Ast, Kind, Node};
use super::super::parse::{Dialect, parse};
use super::super::{Expression, corpus};
use super::{Form, print};

fn tree(text: &str, dialect: Dialect) -> Option<Ast> {
    parse(text, dialect).ok()
}

fn engine(text: &str) -> String {
    print(&tree(text, Dialect::App).unwrap_or_else(|| panic!("{text}")), Form::Root, &[]).text
}

fn bound(text: &str) -> String {
    print(&tree(text, Dialect::App).unwrap(), Form::Bound, &[]).text
}

/// The printed text reads back as the same tree.
fn round_trip(text: &str, dialect: Dialect) {
    let Some(first) = tree(text, dialect) else { return };
    let printed = print(&first, Form::Source, &[]).text;
    let second = tree(&printed, dialect).unwrap_or_else(|| panic!("{text:?} became {printed:?}"));
    assert_eq!(first.root, second.root, "{text:?} became {printed:?}");
}

#[test]
fn what_the_engine_gets() {
    for (text, expected) in [
        ("=@ctx.a.b", "a.b"),
        ("=@ctx", "$"),
        ("=@ctx.next-week[0].start-time", "`next-week`[0].`start-time`"),
        ("=a[b = @ctx.c]", "a[b = $$.c]"),
        ("=$map(@ctx.a, function($x){ $x & @ctx.b })", "$map(a, function($x){$x & $$.b})"),
        ("=@ctx.\"a b\"", "$.\"a b\""),
        ("=undefined & true & `true`", "`undefined` & true & `true`"),
        ("=-a^(b)", "(-a)^(b)"),
        ("=a + b^(c)", "(a + b)^(c)"),
        ("=-a{'x': b}", "(-a){\"x\": b}"),
        ("=a and b ?? c", "a and (b ?? c)"),
        ("=a ?? b ?? c", "a ?? (b ?? c)"),
        ("=a.-b^(c)", "a.(-b)^(c)"),
        ("=$contains(a, /[/]x/i)", "$contains(a, /[\\/]x/i)"),
        ("=($my-x := 1; $my-x)", "($my$2d$x := 1; $my$2d$x)"),
        ("=$cart-sum + 1", "($shared$(\"cart-sum\")) + 1"),
        ("=$fmt(1)", "($shared$(\"fmt\"))(1)"),
        ("=@ctx.expressions.fmt(1)[0].x", "($shared$(\"fmt\"))(1)[0].x"),
        ("=$sum(a)", "$sum(a)"),
        ("=$map(a, $isTempId)", "$map(a, function($a){$isTempId($a)})"),
        ("='it' & \"\\u0001\"", "\"it\" & \"\\u0001\""),
    ] {
        assert_eq!(engine(text), expected, "{text}");
    }
    assert_eq!(bound("=$.a & @ctx.b & @.c"), "$.a & $ctx$.b & $ctx$.c");
}

#[test]
fn to_jsonata_is_what_the_engine_gets() {
    assert_eq!(Expression::parse("=@ctx.a-b ?a :b").unwrap().to_jsonata(), "`a-b` ? a : b");
}

#[test]
fn a_missing_engine_feature_is_avoided() {
    // The engine takes the slash for the beginning of a regular expression.
    assert_eq!(engine("=a.or / b"), "(a.`or`) / b");
    assert_eq!(engine("=a * /b/"), "a * (0; /b/)");
}

#[test]
fn reads_of_the_input_are_noticed() {
    let reads = |text: &str| print(&tree(text, Dialect::App).unwrap(), Form::Root, &[]).reads_input;
    for text in ["a", "$.a", "$$.a", "*", "$string()", "$eval('a')", "f(x)", "@ctx.a & b", "{'a': b}"] {
        assert!(reads(text), "{text}");
    }
    for text in ["@ctx.a", "@ctx.a[b = 1].c", "$sum(@ctx.a.b)", "1 + 2", "@ctx.a.(b & c)", "@ctx.a.$string()"]
    {
        assert!(!reads(text), "{text}");
    }
}

#[test]
fn the_corpus_reads_back() {
    for text in corpus::expressions() {
        round_trip(&text, Dialect::App);
    }
}

/// Pieces that make texts which are often expressions, and often nearly so.
fn pieces() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a",
        "b-c",
        "$x",
        "$",
        "$$",
        "@ctx",
        "@.",
        ".",
        "..",
        "[",
        "]",
        "[]",
        "(",
        ")",
        "{",
        "}",
        ",",
        ":",
        ";",
        "?",
        "??",
        "?:",
        ":=",
        "=",
        "!=",
        "<",
        ">=",
        "~>",
        "&",
        "+",
        "-",
        " - ",
        "*",
        "**",
        "/",
        "%",
        "^(",
        "|",
        "@$v",
        "#$i",
        "1",
        "2.5",
        "'t'",
        "\"u\\n\"",
        "`q r`",
        "and",
        "or",
        "in",
        "true",
        "null",
        "function($x)",
        "λ($y)<n:n>",
        "/re[/]/i",
        "/* c */",
        " ",
        "\n",
        "==",
        "&&",
        "!",
        "é",
        "“",
        "\u{a0}",
        "\\",
        "'",
        "\"",
        "`",
        "//",
        "0",
        "function",
        "$f(",
        "1e5",
        "(a)",
        "[1]",
        "{a:b}",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// Whether every node lies within its parent and on whole characters.
fn places_fit(node: &Node, text: &str) -> bool {
    let range = node.bytes.range();
    let mut fit = text.get(range.clone()).is_some();
    node.for_each_child(&mut |child| {
        let inner = child.bytes.range();
        fit &= range.start <= inner.start && inner.end <= range.end && places_fit(child, text);
    });
    fit && !matches!(node.kind, Kind::Mistake)
}

fn check(text: &str, dialect: Dialect) {
    match parse(text, dialect) {
        Ok(ast) => {
            assert!(places_fit(&ast.root, text), "{text:?}");
            round_trip(text, dialect);
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            assert!(
                errors.iter().all(|error| text.get(error.range.clone()).is_some()),
                "{text:?}: {errors:?}"
            );
            assert!(errors.is_sorted_by_key(|error| error.range.start));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_parses_or_is_refused(text in any::<String>()) {
        check(&text, Dialect::App);
        check(&text, Dialect::Jsonata);
    }

    #[test]
    fn pieces_of_expressions_parse_or_are_refused(text in pieces()) {
        check(&text, Dialect::App);
        check(&text, Dialect::Jsonata);
    }
}
