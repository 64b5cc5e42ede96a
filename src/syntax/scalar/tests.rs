#![allow(clippy::unwrap_used, clippy::format_collect)]

use proptest::prelude::*;

use crate::diag::Files;
use crate::syntax::{Format, Node, Style, parse};

/// Reads `source` (`k: <scalar>` or JSON) and gives for each decoded character what stands at its place.
fn mapped(source: &str, format: Format) -> (String, Vec<(char, String)>, Node) {
    let mut files = Files::new();
    let (tree, diagnostics) = parse(files.add("a", source), source, format);
    assert_eq!(diagnostics, [], "{source:?}");
    let node = tree.root.get("k").unwrap().clone();
    let scalar = node.as_scalar().unwrap();
    let chars = scalar.text.char_indices().map(|(at, c)| {
        let span = scalar.span_of(node.span, at..at + c.len_utf8(), source);
        assert!(span != node.span || scalar.text.len() == c.len_utf8(), "no place for {c:?} in {source:?}");
        let empty = scalar.span_of(node.span, at..at, source);
        assert_eq!((empty.start, empty.end), (span.start, span.start));
        (c, source[span.range()].to_owned())
    });
    let chars = chars.collect();
    (scalar.text.to_string(), chars, node.clone())
}

/// Whether `raw` is a way to write `c` in this style.
fn stands_for(c: char, raw: &str, style: Style) -> bool {
    let is_break = matches!(raw, "\n" | "\r\n");
    match (c, style) {
        ('\n', _) | (' ', Style::Plain | Style::SingleQuoted | Style::DoubleQuoted | Style::Folded)
            if is_break =>
        {
            true
        }
        ('\'', Style::SingleQuoted) => raw == "''",
        (_, Style::DoubleQuoted | Style::Json) if raw.starts_with('\\') => {
            let quotes = if style == Style::Json { super::Quotes::Json } else { super::Quotes::Double };
            super::escape(raw, quotes).is_some_and(|e| e.character == c && e.length == raw.len())
        }
        _ => raw.chars().eq([c]),
    }
}

fn check(source: &str, format: Format) -> String {
    let (text, chars, node) = mapped(source, format);
    let style = node.as_scalar().unwrap().style;
    for (c, raw) in &chars {
        assert!(stands_for(*c, raw, style), "{c:?} is written {raw:?} in {source:?}");
    }
    check_order(source, &node);
    text
}

/// Places of later characters come later, and the whole range covers them all.
fn check_order(source: &str, node: &Node) {
    let scalar = node.as_scalar().unwrap();
    let mut last = 0;
    for (at, c) in scalar.text.char_indices() {
        let span = scalar.span_of(node.span, at..at + c.len_utf8(), source);
        assert!(span.start >= last, "{source:?}");
        last = span.end;
    }
    let whole = scalar.span_of(node.span, 0..scalar.text.len(), source);
    assert!(scalar.text.is_empty() || whole.end == last);
}

#[test]
fn every_style_maps_every_character() {
    let sources = [
        "k: plain\n",
        "k: two words # c\n",
        "k: multi\n  line\n\n\n  plain é 漢字 😀\n",
        "k: crlf  \r\n   plain\r\n\r\n  text\r\n",
        "k: 'it''s'\n",
        "k: 'a\n\n  b  \n  ''c'' '\n",
        "k: \"a\\n\\\"\\x41\\u00e9\\U0001F600\\ud83d\\ude00\\e\\_\\ \\\\\"\n",
        "k: \"a  \n  b\\\n   c\\\n\n   d \\\n  \\ e\"\n",
        "k: \" lead\n\n\n trail \"\n",
        "k: \"\r\n  a\r\n \"\n",
        "k: |\n  one\n  two\n",
        "k: |-\n\n\n    one\n      two  \n\n    three\n\n\n",
        "k: |+ # c\n  one\n\n\n",
        "k: |2\n    one\n  two\n",
        "k: |\r\n  one\r\n\r\n  two\r\n",
        "k: |\n  last",
        "k: |1\n  \n  a\n",
        "k: >\n  folded\n  text\n\n  para\n    more\n    indented\n\n  back\n",
        "k: >-\n\n\n  a\n\n\n  b\n\n\n",
        "k: >+\n  a\n   b\n\n\n",
        "k: >2\n    a\n  b\n  c\n",
        "k: >\r\n  a\r\n  b\r\n\r\n  c\r\n",
        "k: >-\n  =$count(\n    x\n  )\n",
        "k: >-\n  a  \n  b\n  \n \n  c",
        "k: >\n  a\n  \tb\n  c\n",
        "k: |+\n\n\n",
        "k: >+\n\n\n",
    ];
    for source in sources {
        check(source, Format::Yaml);
    }
}

#[test]
fn json_texts_map_too() {
    for source in [r#"{"k":"a\n\"\\\/\u00e9\ud83d\ude00 é"}"#, r#"{"k":""}"#, "{\"k\":\"  a \"}"] {
        check(source, Format::Json);
    }
}

#[test]
fn a_range_inside_a_folded_expression_is_shown_in_its_line() {
    let source = "k: >-\n  =$sum(\n  bad + 1)\n";
    let mut files = Files::new();
    let (tree, _) = parse(files.add("a", source), source, Format::Yaml);
    let node = tree.root.get("k").unwrap();
    let scalar = node.as_scalar().unwrap();
    let at = scalar.text.find("bad").unwrap();
    assert_eq!(&source[scalar.span_of(node.span, at..at + 3, source).range()], "bad");
    let end = scalar.span_of(node.span, scalar.text.len()..scalar.text.len(), source);
    assert_eq!(end.start as usize, source.len() - 1);
}

#[test]
fn ranges_that_do_not_fit_give_the_token() {
    let source = "k: 'é'\na: &x |\n  text\nb: *x\n";
    let mut files = Files::new();
    let (tree, _) = parse(files.add("a", source), source, Format::Yaml);
    let node = tree.root.get("k").unwrap();
    let scalar = node.as_scalar().unwrap();
    for (start, end) in [(0, 1), (0, 9), (2, 1), (9, 9)] {
        assert_eq!(scalar.span_of(node.span, start..end, source), node.span);
    }
    let alias = tree.root.get("b").unwrap();
    assert_eq!(&source[alias.span.range()], "*x");
    assert_eq!(alias.as_scalar().unwrap().span_of(alias.span, 1..2, source), alias.span);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn block_scalars_map_exactly(
        lines in prop::collection::vec("( {0,3})(\\t?[a-zé:#'\"]{0,3} ?[a-z]{0,2} {0,2})", 1..7),
        header in "[|>][-+]?",
        crlf in any::<bool>(),
        end in any::<bool>(),
    ) {
        let ending = if crlf { "\r\n" } else { "\n" };
        let body: Vec<String> = lines.iter().map(|line| format!("    {line}")).collect();
        let source = format!("k: {header}3{ending}{}{}", body.join(ending), if end { ending } else { "" });
        check(&source, Format::Yaml);
    }

    #[test]
    fn indented_block_scalars_map_exactly(
        lines in prop::collection::vec("( {0,2}[a-zé]{1,3} {0,2}[a-z]{0,2} {0,2})?", 0..7),
        header in "[|>][-+]?",
    ) {
        let body: String = lines.iter().map(|line| format!("  {line}\n")).collect();
        check(&format!("k: {header}\n  x\n{body}"), Format::Yaml);
    }

    #[test]
    fn quoted_scalars_map_exactly(
        pieces in prop::collection::vec(
            prop_oneof![
                "[a-zé😀]{1,3}", " {1,2}", Just("\\n".to_owned()), Just("\\\"".to_owned()),
                Just("\n  ".to_owned()), Just("\r\n\t ".to_owned()), Just("\\\n  ".to_owned()),
                Just("\\u00e9".to_owned()), Just("\\ud83d\\ude00".to_owned()), Just("\\t".to_owned()),
            ],
            0..9,
        ),
    ) {
        check(&format!("k: \"{}\"\n", pieces.concat()), Format::Yaml);
        let single: String = pieces.iter().filter(|p| !p.starts_with('\\')).map(|p| format!("{p}''")).collect();
        check(&format!("k: '{single}'\n"), Format::Yaml);
    }

    #[test]
    fn plain_scalars_map_exactly(words in prop::collection::vec("[a-zé]{1,3}[#:,]?[a-z]( |\n  |\r\n \t|\n\n\n  )", 1..6)) {
        let words = words.concat();
        check(&format!("k: {}\n", words.trim_end()), Format::Yaml);
    }
}
