//! The lines in question, with carets.
//!
//! The renderer gets only the lines that are shown, and long ones only in part, so that neither
//! large files nor long lines cost time or fill the screen.

mod excerpt;

use std::borrow::Cow;
use std::io;

use annotate_snippets::{AnnotationKind, Group, Level, Message, Origin, Renderer, Snippet};

use self::excerpt::{Excerpt, Mark};
use super::Colors;
use crate::diag::{Diagnostic, FileId, Files, Fix, Safety, Severity};

/// Lines are cut before they reach this, so the renderer has nothing to cut.
const WIDTH: usize = 1000;

pub(super) fn write(
    out: &mut dyn io::Write,
    colors: Colors,
    files: &Files,
    diagnostics: &[&Diagnostic],
) -> io::Result<()> {
    let renderer = match colors {
        Colors::Never => Renderer::plain(),
        Colors::Always => Renderer::styled(),
    };
    let renderer = renderer.term_width(WIDTH);
    let files = &*without_secrets(files, diagnostics);
    for diagnostic in diagnostics {
        let drawn = renderer.render(&[group(diagnostic, files)]);
        for line in drawn.lines().filter(|line| !is_leftover(line)) {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The texts with stars in the place of what a finding conceals, wherever that stands in its file:
/// other findings may be about the same line.
fn without_secrets<'f>(files: &'f Files, diagnostics: &[&Diagnostic]) -> Cow<'f, Files> {
    let mut shown = Cow::Borrowed(files);
    for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.conceals) {
        let id = diagnostic.span.file;
        let file = files.get(id);
        let Some(secret) = file.text().get(diagnostic.span.range()).filter(|text| !text.is_empty()) else {
            continue;
        };
        let starred = shown.get(id).text().replace(secret, &"*".repeat(secret.len()));
        shown.to_mut().put(id, file.path(), starred);
    }
    shown
}

/// Whether a line is the place of an excerpt that was given without one.
///
/// The renderer counts columns in what it is given; as that can be a part of a line, places are
/// given apart from the excerpts, and it draws an empty one for each excerpt.
fn is_leftover(line: &str) -> bool {
    let mut rest = line;
    let mut bare = String::new();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        bare.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    bare.push_str(rest);
    bare.trim() == ":::"
}

fn group<'a>(diagnostic: &'a Diagnostic, files: &'a Files) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let mut group = Group::with_title(level.primary_title(&diagnostic.message).id(diagnostic.rule));
    for file in files_in(diagnostic) {
        for excerpt in excerpt::excerpts(files.get(file), &marks(diagnostic, file)) {
            group = show(group, files.get(file).path(), excerpt);
        }
    }
    let help = diagnostic.help.as_deref().map(|help| Level::HELP.message(help));
    group.elements(help).elements(diagnostic.fix.as_ref().map(fix))
}

fn show<'a>(group: Group<'a>, path: &'a str, excerpt: Excerpt<'a>) -> Group<'a> {
    let origin = Origin::path(path).line(excerpt.line).char_column(excerpt.column);
    let group = group.element(origin);
    if excerpt.text.is_empty() {
        return group;
    }
    let annotations = excerpt.marks.into_iter().map(|mark| {
        let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        kind.span(mark.range).label(mark.label)
    });
    let snippet = Snippet::source(excerpt.text).line_start(excerpt.first_line);
    group.element(snippet.annotations(annotations))
}

/// The files that a finding speaks of, the one to look at first in front.
fn files_in(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut files = vec![diagnostic.span.file];
    for label in &diagnostic.labels {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    files
}

fn marks(diagnostic: &Diagnostic, file: FileId) -> Vec<Mark<'_>> {
    let primary = Mark { range: diagnostic.span.range(), label: None, primary: true };
    let own = (diagnostic.span.file == file).then_some(primary);
    let labels = diagnostic.labels.iter().filter(|label| label.span.file == file);
    own.into_iter()
        .chain(labels.map(|label| Mark {
            range: label.span.range(),
            label: Some(label.message.as_str()),
            primary: false,
        }))
        .collect()
}

/// What the fix does, and what has to be said for it to be done.
fn fix(fix: &Fix) -> Message<'_> {
    let option = match fix.safety {
        Safety::Safe => "--fix",
        Safety::Unsafe => "--unsafe-fixes",
    };
    Level::HELP.with_name("fix").message(format!("{} (`{option}` applies it)", fix.title))
}
