#![allow(clippy::unwrap_used)]

mod bundled;
mod examples;
mod messages;
mod mutations;

use std::path::{Path, PathBuf};

use super::super::FileKind;
use super::{check_action, check_datasource, check_file};
use crate::diag::{Diagnostic, Files};
use crate::syntax::{self, Format, Node, Tree};

/// A text read as YAML, with what its syntax lacks.
pub(super) fn parsed(text: &str) -> (Files, Tree, Vec<Diagnostic>) {
    let mut files = Files::new();
    let file = files.add("test.yaml", text);
    let (tree, found) = syntax::parse(file, text, Format::Yaml);
    (files, tree, found)
}

/// What is found in a text that holds something of the given schema.
fn findings(schema: &str, text: &str) -> (Files, Vec<Diagnostic>) {
    let (files, tree, mut found) = parsed(text);
    check_named(schema, &tree.root, &tree, &mut found);
    (files, found)
}

fn check_named(schema: &str, node: &Node, tree: &Tree, out: &mut Vec<Diagnostic>) {
    let kind = match schema {
        "index" => FileKind::Index,
        "jig" => FileKind::Jig,
        "action-file" => FileKind::Action,
        "database" => FileKind::Database,
        "component" => FileKind::Component,
        "translations" => FileKind::Translation,
        "icons" => FileKind::Icons,
        "images" => FileKind::Images,
        "settings" => FileKind::Settings,
        "single-file" => FileKind::SingleFile,
        function if function.starts_with("function") => FileKind::Function,
        datasource if datasource.starts_with("datasource") => FileKind::Datasource,
        "component-node" => return super::check_component(node, tree, out),
        "condition" => return super::mistakes::check(super::Schema::bundled(schema), node, tree, out),
        _ => return check_action(node, tree, out),
    };
    check_file(kind, node, tree, out);
}

/// The text after every fix is applied; the edits must not overlap.
fn mended(text: &str, found: &[Diagnostic]) -> String {
    let mut edits: Vec<_> = found.iter().filter_map(|d| d.fix.as_ref()).flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.span.start, edit.span.end)));
    let mut mended = text.to_owned();
    for edit in edits {
        mended.replace_range(edit.span.range(), &edit.text);
    }
    mended
}

/// Checks the actions and datasources that stand anywhere in a tree.
fn check_inside(node: &Node, tree: &Tree, out: &mut Vec<Diagnostic>) {
    match node.get("type").and_then(Node::as_str) {
        Some(name) if name.starts_with("action") && name != "actions" => check_action(node, tree, out),
        Some(name) if name.starts_with("datasource.") => check_datasource(node, tree, out),
        _ => {}
    }
    let values = node.entries().iter().map(|entry| &entry.value);
    values.chain(node.items()).for_each(|child| check_inside(child, tree, out));
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "jigx") {
            found.push(path);
        }
    }
}

fn kind_of(path: &Path) -> FileKind {
    let has = |folder: &str| path.iter().any(|part| part == folder);
    match path.file_stem().unwrap().to_str().unwrap() {
        "index" => FileKind::Index,
        "icons" if has("assets") => FileKind::Icons,
        "images" if has("assets") => FileKind::Images,
        _ if has("jigs") => FileKind::Jig,
        _ if has("actions") => FileKind::Action,
        _ if has("functions") => FileKind::Function,
        _ if has("datasources") => FileKind::Datasource,
        _ if has("databases") => FileKind::Database,
        other => panic!("what is {other}?"),
    }
}

#[test]
fn real_apps_have_no_false_errors() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let mut paths = Vec::new();
    files_below(&corpus, &mut paths);
    let mut complaints = Vec::new();
    for path in &paths {
        let text = std::fs::read_to_string(path).unwrap();
        let (files, tree, _) = parsed(&text);
        if tree.root.is_null() {
            continue;
        }
        let mut found = Vec::new();
        check_file(kind_of(path), &tree.root, &tree, &mut found);
        check_inside(&tree.root, &tree, &mut found);
        for diagnostic in found {
            let line = files.get(diagnostic.span.file).position(diagnostic.span.start).line;
            complaints.push(format!("{}:{line}: {}", path.display(), diagnostic.message));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
