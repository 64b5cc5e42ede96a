//! The formats that other programs read, as whole texts.

use super::*;
use crate::diag::{Edit, Safety};

const RULES: &[RuleInfo] = &[
    RuleInfo {
        id: "duplicate-key",
        group: crate::diag::Group::Data,
        severity: Severity::Error,
        summary: "a key stands twice in one map",
        docs: "# duplicate-key\n\nFinds `a: 1` beside `a: 2`.\n",
    },
    RuleInfo {
        id: "never-found",
        group: crate::diag::Group::Data,
        severity: Severity::Info,
        summary: "nothing",
        docs: "nothing\n",
    },
];

/// Findings with everything that has to be escaped somewhere.
fn awkward() -> (Files, Vec<Diagnostic>) {
    let mut files = Files::new();
    let odd = files.add("jigs/über uns, 100%: \"a\"<b>.jigx", "漢: 1\nx: 😀 & y\nx: 2\n");
    let plain = files.add("index.jigx", "name: x\n");
    let fix = Fix {
        title: "remove it".into(),
        safety: Safety::Unsafe,
        edits: vec![
            Edit { span: span(odd, 20, 25), text: String::new() },
            Edit { span: span(odd, 0, 0), text: "# \"fixed\"\n".into() },
        ],
    };
    let diagnostics = vec![
        Diagnostic::error(
            "duplicate-key",
            span(odd, 20, 21),
            "`x` <is> 100%: \"given\" & twice\r\nin \u{1b}one map",
        )
        .label(span(odd, 7, 8), "first, given here")
        .help("remove one,\nor both")
        .fix(fix),
        Diagnostic::warning("no-known-rule", span(odd, 10, 21), "from 😀 to the next line"),
        Diagnostic::info("no-known-rule", span(plain, 6, 7), "`x` is short"),
        Diagnostic::info("no-known-rule", span(plain, 6, 7), "`x` is short"),
    ];
    (files, diagnostics)
}

fn text(format: Format) -> String {
    let (files, diagnostics) = awkward();
    let mut out = Vec::new();
    let report = Report {
        files: &files,
        diagnostics: &diagnostics,
        rules: RULES,
        checked: 2,
        fixed: 0,
        most: None,
        identities: &[],
    };
    write(&mut out, format, Colors::Never, &report).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn sarif() {
    insta::assert_snapshot!(text(Format::Sarif).replace(env!("CARGO_PKG_VERSION"), "[VERSION]"));
}

#[test]
fn gitlab() {
    insta::assert_snapshot!(text(Format::Gitlab));
    assert_eq!(written(Format::Gitlab, &Files::new(), &[]), "[]\n");
}

#[test]
fn junit() {
    insta::assert_snapshot!(text(Format::Junit));
    insta::assert_snapshot!("junit_without_findings", written(Format::Junit, &Files::new(), &[]));
}

#[test]
fn github() {
    insta::assert_snapshot!(text(Format::Github));
    assert_eq!(written(Format::Github, &Files::new(), &[]), "");
}

#[test]
fn every_finding_has_a_fingerprint_of_its_own() {
    let issues: serde_json::Value = serde_json::from_str(&text(Format::Gitlab)).unwrap();
    let issues = issues.as_array().unwrap();
    let names: std::collections::BTreeSet<_> =
        issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(names.len(), issues.len());
    let sarif: serde_json::Value = serde_json::from_str(&text(Format::Sarif)).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let in_sarif: std::collections::BTreeSet<_> =
        results.iter().map(|r| r["partialFingerprints"]["syncscopeFinding/v2"].as_str().unwrap()).collect();
    assert_eq!(in_sarif, names);
}
