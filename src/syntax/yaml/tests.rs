#![allow(clippy::unwrap_used)]

use std::path::Path;

use serde_json::{Value, json};

use crate::diag::{Diagnostic, Files};
use crate::syntax::{Format, Kind, Node, Tree, parse};

fn read(source: &str) -> (Tree, Vec<Diagnostic>) {
    parse(Files::new().add("a.yaml", source), source, Format::Yaml)
}

fn clean(source: &str) -> Tree {
    let (tree, diagnostics) = read(source);
    assert_eq!(diagnostics, [], "{source}");
    check_spans(&tree.root, source);
    tree
}

/// Every span in bounds, on character boundaries and, but for aliases, within its parent.
fn check_spans(node: &Node, source: &str) {
    assert!(source.get(node.span.range()).is_some(), "{:?}", node.span);
    for entry in node.entries() {
        assert!(source.get(entry.key_span.range()).is_some());
    }
    let children = node.items().iter().chain(node.entries().iter().map(|entry| &entry.value));
    let aliased = source[node.span.range()].starts_with('*');
    for child in children {
        let merged = source.contains("<<") || aliased;
        assert!(merged || node.span.contains(child.span), "{:?} in {:?}", child.span, node.span);
        check_spans(child, source);
    }
}

fn oracle(source: &str) -> Value {
    let mut value: serde_yaml::Value = serde_yaml::from_str(source).unwrap();
    value.apply_merge().unwrap();
    serde_json::to_value(value).unwrap()
}

#[test]
fn spans_are_the_bytes_of_the_value() {
    let source = "a: &x !!str 'b'\nlist:\n  - 1\n  -\n  - {k: v, l: }\n\nt: |- # c\n  x\n\n\nn:\nm:\n- [y]\n";
    let tree = clean(source);
    let slice = |pointer: &str| &source[tree.root.at(pointer).unwrap().span.range()];
    assert_eq!(slice("/a"), "'b'");
    assert_eq!(slice("/list"), "- 1\n  -\n  - {k: v, l: }");
    assert_eq!(slice("/list/0"), "1");
    assert_eq!(slice("/list/2"), "{k: v, l: }");
    assert_eq!(slice("/list/2/k"), "v");
    assert_eq!(slice("/t"), "|- # c\n  x");
    assert_eq!(slice("/m"), "- [y]");
    assert_eq!(slice(""), source.trim_end());
    let nothing = tree.root.at("/n").unwrap().span;
    assert_eq!(
        (nothing.start as usize, nothing.end as usize),
        (source.find("n:").unwrap() + 2, source.find("n:").unwrap() + 2)
    );
    let keys: Vec<_> = tree.root.entries().iter().map(|e| &source[e.key_span.range()]).collect();
    assert_eq!(keys, ["a", "list", "t", "n", "m"]);
}

#[test]
fn the_corpus_reads_as_the_oracle_reads_it() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let mut folders = vec![corpus];
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
            check_spans(&tree.root, &source);
            assert_eq!(tree.root.to_value(), oracle(&source), "{}", path.display());
        }
    }
}

#[test]
fn an_empty_file_is_nothing() {
    for source in ["", "\n\n", "# only a comment\n", "---\n", "\u{feff}"] {
        let tree = clean(source);
        assert_eq!(tree.root.kind, Kind::Null);
    }
    assert_eq!(clean("").root.to_value(), json!(null));
}
