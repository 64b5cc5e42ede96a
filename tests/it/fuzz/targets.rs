//! What must survive any bytes, as far as no network is needed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use syncscope::app::{AppPath, Inputs, Loaded, discover, load};
use syncscope::diag::{Diagnostic, FileId, Files, Span};
use syncscope::expr::{EvalExpr, Expression};
use syncscope::lint::{Mending, Reach, Request, check};
use syncscope::store::{Checked, Checker, Dialect};
use syncscope::syntax::{Format, Node, decode, parse};

type Overlay = BTreeMap<PathBuf, String>;

/// Reads a tree; everything in it, and all that is said of it, stands in the text.
pub(super) fn tree(bytes: &[u8], format: Format) {
    let (text, _) = decode(bytes.to_vec());
    let file = FileId::first();
    let (tree, found) = parse(file, &text, format);
    nodes(&tree.root, &text);
    found.iter().for_each(|found| stands(found, &|span| text.get(span.range()).is_some()));
}

fn nodes(node: &Node, text: &str) {
    assert!(text.get(node.span.range()).is_some(), "{:?}", node.span);
    for entry in node.entries() {
        assert!(text.get(entry.key_span.range()).is_some(), "{:?}", entry.key_span);
        nodes(&entry.value, text);
    }
    node.items().iter().for_each(|item| nodes(item, text));
}

fn stands(found: &Diagnostic, is_there: &dyn Fn(Span) -> bool) {
    let labels = found.labels.iter().map(|label| label.span);
    let edits = found.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
    for span in std::iter::once(found.span).chain(labels).chain(edits) {
        assert!(is_there(span), "{found:?}");
    }
}

/// Parses an expression and asks all that is asked of one.
pub(super) fn expression(bytes: &[u8]) {
    let (text, _) = decode(bytes.to_vec());
    match Expression::parse(&text) {
        Ok(expression) => {
            let _ = (expression.shape(), expression.focus_reads());
            for path in &expression.references().paths {
                assert!(text.get(path.range.clone()).is_some(), "{path:?}");
            }
        }
        Err(mistakes) => assert!(!mistakes.is_empty()),
    }
}

/// A condition in its own language, and one that is a block of an action.
pub(super) fn condition(bytes: &[u8]) {
    let (text, _) = decode(bytes.to_vec());
    let _ = EvalExpr::parse(&text);
    let indented: String = text.lines().map(|line| format!("    {line}\n")).collect();
    let action = format!("action:\n  type: action.go-back\n  condition:\n{indented}");
    let place = app("tests/fuzz/app");
    let overlay = Overlay::from([(place.root.join("actions/refresh.jigx"), action)]);
    checked(&place, &overlay);
}

/// A query in the dialect of the format, and a statement.
pub(super) fn sql(checker: &Checker, bytes: &[u8]) {
    let (text, _) = decode(bytes.to_vec());
    let within = |checked: &Checked| {
        let ranges = checked.tables.iter().filter_map(|table| table.range.clone());
        let mistake = checked.mistake.iter().map(|mistake| mistake.range.clone());
        for range in ranges.chain(mistake) {
            assert!(text.get(range.clone()).is_some(), "{range:?}");
        }
    };
    for shorthand in [true, false] {
        within(&checker.check_query(&text, &Dialect { shorthand, package: Some("a") }));
    }
    within(&checker.check_statement(&text));
}

/// An app with these settings.
pub(super) fn settings(bytes: &[u8]) {
    let (text, _) = decode(bytes.to_vec());
    let place = app("tests/fuzz/app");
    checked(&place, &Overlay::from([(place.root.join("syncscope.yaml"), text)]));
}

/// Fixes come to an end, and a second time there is nothing left to fix.
pub(super) fn fixes(bytes: &[u8]) {
    let (text, _) = decode(bytes.to_vec());
    let place = app("examples/quickstart");
    let overlay = Overlay::from([(place.root.join("index.jigx"), text)]);
    for reach in [Reach::Safe, Reach::Unsafe] {
        let (mended, _) = mend(&place, overlay.clone(), reach);
        let (again, fixed) = mend(&place, mended.clone(), reach);
        assert!(again == mended && fixed == 0, "a second run fixes more");
    }
}

fn mend(place: &AppPath, mut texts: Overlay, reach: Reach) -> (Overlay, usize) {
    const MOST: usize = 60;
    let mut mending = Mending::new(reach);
    for _ in 0..MOST {
        let (loaded, files, found) = checked(place, &texts);
        let rewrites = mending.next(&loaded, &found, &files);
        if rewrites.is_empty() {
            return (texts, mending.fixed());
        }
        for rewrite in rewrites {
            let source = loaded.sources.iter().find(|source| source.file == rewrite.file).unwrap();
            texts.insert(source.path.clone(), rewrite.text);
        }
    }
    panic!("fixing goes on and on");
}

fn app(path: &str) -> AppPath {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    discover(&[folder.clone()], &folder).unwrap().remove(0)
}

fn checked(place: &AppPath, overlay: &Overlay) -> (Loaded, Files, Vec<Diagnostic>) {
    let mut files = Files::new();
    let loaded = load(&Inputs { app: place, overlay: overlay.clone(), env: &|_| None }, &mut files).unwrap();
    let found = check(&loaded, &files, &Request::default());
    let is_there = |span: Span| files.get(span.file).text().get(span.range()).is_some();
    found.iter().for_each(|found| stands(found, &is_there));
    (loaded, files, found)
}
