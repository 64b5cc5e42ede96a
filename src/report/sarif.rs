//! SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"), for code scanning.

mod document;

use std::collections::BTreeMap;
use std::io;

use super::Report;
use super::fingerprint::fingerprints;
use super::uri::of_path;
use crate::diag::{Diagnostic, FileId, Files, Fix, RuleInfo, Severity, Span};

use document::{
    ArtifactChange, ArtifactLocation, Configuration, Document, Driver, Location, Mend, Message,
    PartialFingerprints, PhysicalLocation, Properties, Region, Replacement, RuleDescriptor, Run, SarifResult,
    Text, Tool,
};

pub(super) fn write(out: &mut dyn io::Write, report: &Report<'_>, order: &[usize]) -> io::Result<()> {
    let diagnostics: Vec<&Diagnostic> = order.iter().map(|&n| &report.diagnostics[n]).collect();
    let rules = rules(report.rules, &diagnostics);
    let pairs = diagnostics.into_iter().zip(fingerprints(report, order));
    let results = pairs.map(|(finding, name)| result(finding, name, &rules, report.files)).collect();
    let driver = Driver {
        name: "syncscope",
        semantic_version: env!("CARGO_PKG_VERSION"),
        rules: rules.iter().map(|rule| descriptor(rule)).collect(),
    };
    let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
    serde_json::to_writer_pretty(&mut *out, &Document::new(run))?;
    writeln!(out)
}

/// The rules that the findings are of, by id.
fn rules<'a>(known: &'a [RuleInfo], diagnostics: &[&Diagnostic]) -> Vec<&'a RuleInfo> {
    let found: std::collections::BTreeSet<&str> = diagnostics.iter().map(|d| d.rule).collect();
    let mut rules: Vec<_> = known.iter().filter(|rule| found.contains(rule.id)).collect();
    rules.sort_by_key(|rule| rule.id);
    rules
}

fn descriptor(rule: &RuleInfo) -> RuleDescriptor<'_> {
    RuleDescriptor {
        id: rule.id,
        short_description: Text { text: rule.summary, markdown: None },
        help: Text { text: rule.docs, markdown: Some(rule.docs) },
        default_configuration: Configuration { level: level(rule.severity) },
        properties: Properties { tags: [rule.group.word()] },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result<'a>(
    finding: &'a Diagnostic,
    name: String,
    rules: &[&RuleInfo],
    files: &'a Files,
) -> SarifResult<'a> {
    let related = finding.labels.iter().zip(0..).map(|(label, id)| {
        let message = Some(Message { text: label.message.clone() });
        Location { id: Some(id), message, ..location(label.span, files) }
    });
    SarifResult {
        rule_id: finding.rule,
        rule_index: rules.iter().position(|rule| rule.id == finding.rule),
        level: level(finding.severity),
        message: Message { text: text(finding) },
        locations: vec![location(finding.span, files)],
        related_locations: related.collect(),
        partial_fingerprints: PartialFingerprints { finding: name },
        fixes: finding.fix.iter().map(|fix| mend(fix, files)).collect(),
    }
}

/// What is wrong and what to do: viewers show nothing but this.
fn text(finding: &Diagnostic) -> String {
    match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    }
}

fn location(span: Span, files: &Files) -> Location {
    let artifact_location = ArtifactLocation { uri: of_path(files.get(span.file).path()) };
    let physical = PhysicalLocation { artifact_location, region: region(span, files) };
    Location { id: None, message: None, physical }
}

fn region(span: Span, files: &Files) -> Region {
    let file = files.get(span.file);
    let (start, end) = (file.position(span.start), file.position(span.end));
    Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column }
}

fn mend<'a>(fix: &'a Fix, files: &'a Files) -> Mend<'a> {
    let mut by_file: BTreeMap<FileId, Vec<Replacement<'a>>> = BTreeMap::new();
    for edit in &fix.edits {
        let inserted_content =
            (!edit.text.is_empty()).then_some(Text { text: edit.text.as_str(), markdown: None });
        let replacement = Replacement { deleted_region: region(edit.span, files), inserted_content };
        by_file.entry(edit.span.file).or_default().push(replacement);
    }
    let change = |(file, replacements)| ArtifactChange {
        artifact_location: ArtifactLocation { uri: of_path(files.get(file).path()) },
        replacements,
    };
    Mend {
        description: Message { text: fix.title.clone() },
        artifact_changes: by_file.into_iter().map(change).collect(),
    }
}
