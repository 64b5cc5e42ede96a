#![allow(clippy::unwrap_used, clippy::format_collect)]

mod machines;

use proptest::prelude::*;

use super::*;
use crate::diag::{FileId, Fix, Span};

const TEXT: &str = "title: \"Home\"\nid: load\nwhen: =a ? 'b' : 'c'\nid: again\n";

fn span(file: FileId, start: usize, end: usize) -> Span {
    Span::new(file, start, end)
}

fn of(part: &str, file: FileId) -> Span {
    let at = TEXT.find(part).unwrap();
    span(file, at, at + part.len())
}

/// Two files with four findings, out of order.
fn findings() -> (Files, Vec<Diagnostic>) {
    let mut files = Files::new();
    let second = files.add("jigs/home.jigx", TEXT);
    let first = files.add("index.jigx", "name: x\n");
    let again = Span {
        start: of("id: again", second).start,
        end: of("id: again", second).start + 2,
        ..of("id", second)
    };
    let value = of("=a ? 'b' : 'c'", second);
    let diagnostics = vec![
        Diagnostic::error("duplicate-key", again, "`id` is given twice in one map")
            .label(of("id", second), "first given here")
            .help("remove one of them"),
        Diagnostic::error("invalid-yaml", of(": 'c'", second), "`: ` cannot stand here")
            .label(span(first, 0, 4), "in the app that begins here")
            .fix(Fix::safe("put the value in quotes", value, "\"=a ? 'b' : 'c'\"")),
        Diagnostic::warning("late-rule", span(first, 6, 7), "`x` is a poor name"),
        Diagnostic::info("early-rule", span(first, 6, 7), "`x` is short"),
    ];
    (files, diagnostics)
}

fn written(format: Format, files: &Files, diagnostics: &[Diagnostic]) -> String {
    let mut out = Vec::new();
    write(
        &mut out,
        format,
        Colors::Never,
        &Report { files, diagnostics, rules: &[], checked: 2, fixed: 0, most: None, identities: &[] },
    )
    .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn concise_is_one_line_for_each_finding_in_order() {
    let (files, diagnostics) = findings();
    let expected = "\
index.jigx:1:7: info[early-rule] `x` is short
index.jigx:1:7: warning[late-rule] `x` is a poor name
jigs/home.jigx:3:16: error[invalid-yaml] `: ` cannot stand here
jigs/home.jigx:4:1: error[duplicate-key] `id` is given twice in one map
checked 2 files: 2 errors, 1 warning, 1 info
";
    assert_eq!(written(Format::Concise, &files, &diagnostics), expected);
    let mut sorted = diagnostics;
    sort(&mut sorted, &files);
    let rules: Vec<_> = sorted.iter().map(|d| d.rule).collect();
    assert_eq!(rules, ["early-rule", "late-rule", "invalid-yaml", "duplicate-key"]);
}

#[test]
fn human_shows_the_lines_and_what_to_do() {
    let (files, diagnostics) = findings();
    let expected = "\
info[early-rule]: `x` is short
 --> index.jigx:1:7
  |
1 | name: x
  |       ^

warning[late-rule]: `x` is a poor name
 --> index.jigx:1:7
  |
1 | name: x
  |       ^

error[invalid-yaml]: `: ` cannot stand here
 --> jigs/home.jigx:3:16
  |
3 | when: =a ? 'b' : 'c'
  |                ^^^^^
 ::: index.jigx:1:1
  |
1 | name: x
  | ---- in the app that begins here
  |
  = fix: put the value in quotes (`--fix` applies it)

error[duplicate-key]: `id` is given twice in one map
 --> jigs/home.jigx:4:1
  |
2 | id: load
  | -- first given here
3 | when: =a ? 'b' : 'c'
4 | id: again
  | ^^
  |
  = help: remove one of them

checked 2 files: 2 errors, 1 warning, 1 info
";
    assert_eq!(written(Format::Human, &files, &diagnostics), expected);
}

#[test]
fn json_has_the_public_shape() {
    let (files, diagnostics) = findings();
    let written = written(Format::Json, &files, &diagnostics);
    assert!(written.ends_with("}\n") && written.lines().count() == 1);
    assert!(written.starts_with(
        r#"{"version":1,"summary":{"files":2,"errors":2,"warnings":1,"infos":1,"fixed":0},"diagnostics":[{"rule":"early-rule","severity":"info","message":"`x` is short","file":"index.jigx","start":{"line":1,"column":7,"offset":6},"end":{"line":1,"column":8,"offset":7}},"#
    ));
    let value: serde_json::Value = serde_json::from_str(&written).unwrap();
    let expected = serde_json::json!({
        "rule": "invalid-yaml", "severity": "error", "message": "`: ` cannot stand here",
        "file": "jigs/home.jigx",
        "start": {"line": 3, "column": 16, "offset": 38}, "end": {"line": 3, "column": 21, "offset": 43},
        "related": [{
            "message": "in the app that begins here", "file": "index.jigx",
            "start": {"line": 1, "column": 1, "offset": 0}, "end": {"line": 1, "column": 5, "offset": 4},
        }],
        "fix": {"title": "put the value in quotes", "safety": "safe", "edits": [{
            "file": "jigs/home.jigx", "newText": "\"=a ? 'b' : 'c'\"",
            "start": {"line": 3, "column": 7, "offset": 29}, "end": {"line": 3, "column": 21, "offset": 43},
        }]},
    });
    assert_eq!(value["diagnostics"][2], expected);
    assert_eq!(value["diagnostics"][3]["help"], "remove one of them");
}

#[test]
fn nothing_found_is_said() {
    let files = Files::new();
    assert_eq!(written(Format::Human, &files, &[]), "checked 2 files: no problems\n");
    let report = Report {
        files: &files,
        diagnostics: &[],
        rules: &[],
        checked: 1,
        fixed: 3,
        most: None,
        identities: &[],
    };
    let mut out = Vec::new();
    write(&mut out, Format::Concise, Colors::Never, &report).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "checked 1 file: no problems, 3 fixed\n");
}

#[test]
fn a_long_line_is_shown_in_part_with_its_true_column() {
    let mut files = Files::new();
    let text = format!("a: {}漢字 ? {}\n", "x".repeat(500_000), "y".repeat(500_000));
    let at = text.find('?').unwrap();
    let file = files.add("a.yaml", text);
    let report = written(Format::Human, &files, &[Diagnostic::error("r", span(file, at, at + 1), "m")]);
    assert!(report.contains("--> a.yaml:1:500007"), "{report}");
    let lines: Vec<_> = report.lines().collect();
    assert!(lines[3].starts_with("1 | …xxx") && lines[3].ends_with("yyy…"), "{report}");
    assert!(lines[3].chars().count() < 140);
    // Both wide characters take two columns on the screen.
    let caret = lines[4].chars().position(|c| c == '^').unwrap();
    assert_eq!(lines[3].chars().position(|c| c == '?').unwrap() + 2, caret);
}

#[test]
fn colors_are_escape_sequences_and_nothing_else() {
    let (files, diagnostics) = findings();
    let report = Report {
        files: &files,
        diagnostics: &diagnostics,
        rules: &[],
        checked: 2,
        fixed: 0,
        most: None,
        identities: &[],
    };
    let mut out = Vec::new();
    write(&mut out, Format::Human, Colors::Always, &report).unwrap();
    let colored = String::from_utf8(out).unwrap();
    assert!(colored.contains("\u{1b}["));
    let mut plain = String::new();
    for (n, part) in colored.split('\u{1b}').enumerate() {
        plain.push_str(if n == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(plain, written(Format::Human, &files, &diagnostics));
}

#[test]
fn formats_have_names() {
    for format in Format::ALL {
        assert_eq!(Format::from_name(format.name()), Some(format));
    }
    assert_eq!(Format::from_name("toml"), None);
}

#[test]
fn a_write_that_fails_is_an_error() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (files, diagnostics) = findings();
    let report = Report {
        files: &files,
        diagnostics: &diagnostics,
        rules: &[],
        checked: 2,
        fixed: 0,
        most: None,
        identities: &[],
    };
    for format in Format::ALL {
        let error = write(&mut Full, format, Colors::Never, &report).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{}", format.name());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_span_is_too_odd(
        text in "([a-z漢é😀\\t\u{feff}\u{1b}\u{202e}\\r\\n:]|\\r\\n|x{200}){0,30}",
        spans in prop::collection::vec((0_usize..400, 0_usize..400), 1..5),
    ) {
        let mut files = Files::new();
        let ids = [files.add("a.yaml", &*text), files.add("b.yaml", &*text), files.add("empty", "")];
        let mut spans = spans.iter().zip(ids.iter().cycle()).map(|(&(start, end), &id)| span(id, start, end));
        let mut diagnostic = Diagnostic::error("odd-span", spans.next().unwrap(), "message\nof lines");
        for span in spans {
            diagnostic = diagnostic.label(span, "label");
        }
        let diagnostics = [diagnostic.help("help")];
        for format in Format::ALL {
            let report = written(format, &files, &diagnostics);
            // A text cannot turn the writing direction of the screen.
            let turned = report.contains('\u{202e}');
            let for_people = matches!(format, Format::Human | Format::Concise);
            prop_assert!(!(for_people && turned));
        }
    }
}
