//! JUnit XML, as test reports of most CI systems read it: a suite for each file with findings, a
//! failed case for each finding. Remarks are cases that pass, with the remark as their output.

use std::io;

use super::Report;
use crate::diag::{Diagnostic, Severity};

pub(super) fn write(
    out: &mut dyn io::Write,
    report: &Report<'_>,
    diagnostics: &[&Diagnostic],
) -> io::Result<()> {
    let path = |diagnostic: &Diagnostic| report.files.get(diagnostic.span.file).path();
    let suites: Vec<&[&Diagnostic]> = diagnostics.chunk_by(|a, b| path(a) == path(b)).collect();
    let counts = counts(diagnostics);
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    // Without any case at all, some readers take a report for a broken one.
    let tests = diagnostics.len().max(1);
    writeln!(out, r#"<testsuites name="syncscope" tests="{tests}" {counts}>"#)?;
    for suite in &suites {
        self::suite(out, path(suite[0]), report, suite)?;
    }
    if suites.is_empty() {
        writeln!(out, r#"  <testsuite name="syncscope" tests="1" {counts}>"#)?;
        writeln!(out, r#"    <testcase name="no problems" classname="syncscope"/>"#)?;
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn suite(out: &mut dyn io::Write, path: &str, report: &Report<'_>, suite: &[&Diagnostic]) -> io::Result<()> {
    let (name, tests, counts) = (escaped(path), suite.len(), counts(suite));
    writeln!(out, r#"  <testsuite name="{name}" tests="{tests}" {counts}>"#)?;
    suite.iter().try_for_each(|diagnostic| case(out, &name, report, diagnostic))?;
    writeln!(out, "  </testsuite>")
}

fn case(out: &mut dyn io::Write, path: &str, report: &Report<'_>, finding: &Diagnostic) -> io::Result<()> {
    let place = report.files.get(finding.span.file).position(finding.span.start);
    let (line, column, rule) = (place.line, place.column, finding.rule);
    let (severity, message) = (finding.severity.word(), escaped(&finding.message));
    let help = finding.help.as_ref().map_or(String::new(), |help| format!("\nhelp: {}", escaped(help)));
    let text = format!("{path}:{line}:{column}: {severity}[{rule}] {message}{help}");
    writeln!(
        out,
        r#"    <testcase name="{rule}:{line}:{column}" classname="{path}" file="{path}" line="{line}">"#
    )?;
    if finding.severity == Severity::Info {
        writeln!(out, "      <system-out>{text}</system-out>")?;
    } else {
        writeln!(out, r#"      <failure message="{message}" type="{severity}">{text}</failure>"#)?;
    }
    writeln!(out, "    </testcase>")
}

fn counts(diagnostics: &[&Diagnostic]) -> String {
    let failures = diagnostics.iter().filter(|d| d.severity > Severity::Info).count();
    format!(r#"failures="{failures}" errors="0""#)
}

/// Text for an element or an attribute; what XML 1.0 cannot hold becomes a replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // As they are, attributes would turn them into blanks.
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_breaks_out_of_an_attribute() {
        assert_eq!(
            escaped("a<b>\"'&\n\t\r\0\u{1b}ü"),
            "a&lt;b&gt;&quot;'&amp;&#10;&#9;&#13;\u{fffd}\u{fffd}ü"
        );
    }
}
