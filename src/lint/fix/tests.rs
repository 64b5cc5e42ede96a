#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::app::{Inputs, discover, load};
use crate::diag::Span;
use crate::lint::{Request, check};

/// A finding for every place of a text: what is there, and what is written instead.
type Rule = (&'static str, &'static str, &'static str);

/// The text of the only file after all rounds, and how much was fixed. The rules find their text
/// outside comments, and nothing but the loader's own findings comes besides.
fn mended(text: &str, rules: &[Rule], reach: Reach) -> (String, usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.yaml");
    std::fs::write(&path, text).unwrap();
    let app = discover(&[path], folder.path()).unwrap().remove(0);
    let mut overlay: BTreeMap<PathBuf, String> = BTreeMap::new();
    let mut mending = Mending::new(reach);
    for _ in 0..2 * MOST_ROUNDS {
        let mut files = Files::new();
        let inputs = Inputs { app: &app, overlay: overlay.clone(), env: &|_| None };
        let loaded = load(&inputs, &mut files).unwrap();
        let file = loaded.sources[0].file;
        let found = found(files.get(file).text(), file, rules);
        let rewrites = mending.next(&loaded, &found, &files);
        let Some(rewrite) = rewrites.into_iter().next() else {
            return (files.get(file).text().to_owned(), mending.fixed());
        };
        overlay.insert(loaded.sources[0].path.clone(), rewrite.text);
    }
    panic!("does not end");
}

fn found(text: &str, file: FileId, rules: &[Rule]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for &(rule, from, to) in rules {
        for (at, _) in text.match_indices(from) {
            let span = Span::new(file, at, at + from.len());
            let fix = if rule.starts_with("risky") {
                Fix::risky("mend", span, to)
            } else {
                Fix::safe("mend", span, to)
            };
            found.push(Diagnostic::warning(rule, span, format!("`{from}` is wrong")).fix(fix));
        }
    }
    found.sort_by_key(|finding| finding.span);
    found
}

#[test]
fn only_the_bytes_of_the_mistakes_change() {
    let text = "# kept\r\nname:   bad  # bad\r\n\r\ntitle: 'bad'\t\r\nlast: bad";
    let expected = text.replace("bad", "good");
    assert_eq!(mended(text, &[("r", "bad", "good")], Reach::Safe), (expected, 4));
}

#[test]
fn unsafe_fixes_are_asked_for() {
    let rules = [("risky-rule", "bad", "worse"), ("r", "odd", "even")];
    assert_eq!(mended("a: bad\nb: odd\n", &rules, Reach::Safe), ("a: bad\nb: even\n".into(), 1));
    assert_eq!(mended("a: bad\nb: odd\n", &rules, Reach::Unsafe), ("a: worse\nb: even\n".into(), 2));
}

#[test]
fn overlapping_fixes_wait_for_the_next_round() {
    let rules = [("first", "ab", "x"), ("second", "bc", "y"), ("third", "xc", "z")];
    assert_eq!(mended("a: abc\n", &rules, Reach::Safe), ("a: z\n".into(), 2));
}

#[test]
fn a_fix_without_effect_is_taken_back_and_not_tried_again() {
    let rules = [("idle", "bad", " bad"), ("r", "odd", "even")];
    assert_eq!(mended("a: bad\nb: odd\n", &rules, Reach::Safe), ("a: bad\nb: even\n".into(), 1));
}

#[test]
fn fixes_that_undo_each_other_end() {
    let (text, _) = mended("a: ping\n", &[("r", "ping", "pong"), ("s", "pong", "ping")], Reach::Safe);
    assert!(["a: ping\n", "a: pong\n"].contains(&&*text), "{text}");
}

#[test]
fn a_fix_that_breaks_the_file_is_taken_back_and_the_others_stay() {
    let rules = [("harm", "bad", "\"{[: "), ("r", "odd", "even"), ("harm2", "poor", "x: y: z")];
    let text = "a: bad\nb: odd\nc: poor\nd: odd\n";
    assert_eq!(mended(text, &rules, Reach::Safe), ("a: bad\nb: even\nc: poor\nd: even\n".into(), 2));
}

#[test]
fn a_fix_that_breaks_an_expression_is_taken_back() {
    let rules = [("harm", "1 + 1", "1 + ("), ("r", "odd", "even")];
    let text = "title: =1 + 1\nname: odd\n";
    assert_eq!(mended(text, &rules, Reach::Safe), ("title: =1 + 1\nname: even\n".into(), 1));
}

const APP: &str = include_str!("../../../examples/quickstart/index.jigx");

/// Mends the text with the rules of this room: the result, and the mistakes of syntax before and
/// after.
fn mended_by_all(text: &str, app: &crate::app::AppPath, path: &PathBuf) -> (String, [usize; 2], usize) {
    let mut overlay = BTreeMap::from([(path.clone(), text.to_owned())]);
    let mut mending = Mending::new(Reach::Unsafe);
    let mut before = None;
    for _ in 0..2 * MOST_ROUNDS {
        let mut files = Files::new();
        let inputs = Inputs { app, overlay: overlay.clone(), env: &|_| None };
        let loaded = load(&inputs, &mut files).unwrap();
        let is_syntax = |d: &&Diagnostic| d.severity == Severity::Error && super::is_syntax(d.rule);
        let mistakes = loaded.diagnostics().filter(is_syntax).count();
        let before = *before.get_or_insert(mistakes);
        let found = check(&loaded, &files, &Request::default());
        let rewrites = mending.next(&loaded, &found, &files);
        if rewrites.is_empty() {
            return (overlay.remove(path).unwrap(), [before, mistakes], mending.fixed());
        }
        assert!(rewrites.iter().all(|rewrite| files.get(rewrite.file).path() == "index.jigx"));
        overlay.extend(rewrites.into_iter().map(|rewrite| (path.clone(), rewrite.text)));
    }
    panic!("does not end");
}

/// The text with some bytes of it replaced.
fn damaged(text: &str, places: &[(prop::sample::Index, usize, &str)]) -> String {
    let mut text = text.to_owned();
    for (at, length, new) in places {
        let start = text.floor_char_boundary(at.index(text.len() + 1));
        let end = text.floor_char_boundary((start + length).min(text.len())).max(start);
        text.replace_range(start..end, new);
    }
    text
}

/// Found by the property below: each round closed a quote that was closed on its line already.
#[test]
fn quotes_are_not_added_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.jigx");
    std::fs::write(&path, APP).unwrap();
    let app = discover(std::slice::from_ref(&path), folder.path()).unwrap().remove(0);
    let text = APP.replace("            - sync-prices", "       \"\"     - syn\"\n  c-prices:");
    let (once, ..) = mended_by_all(&text, &app, &path);
    let (twice, _, fixed) = mended_by_all(&once, &app, &path);
    assert_eq!((twice, fixed), (once, 0));
}

/// More of them with `PROPTEST_CASES`.
fn cases() -> u32 {
    const USUAL: u32 = 256;
    match ProptestConfig::default().cases {
        USUAL => 150,
        asked => asked,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn a_damaged_file_gets_no_worse_and_stays_as_it_is_then(
        places in prop::collection::vec(
            (any::<prop::sample::Index>(), 0_usize..4, prop::sample::select(vec![
                "", " ", ":", ": ", "\"", "'", "- ", "\n", "\n  ", "\t", "[", "}", "=", "@", "é", "x", "#", "yes", ",",
            ])),
            1..5,
        ),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.jigx");
        std::fs::write(&path, APP).unwrap();
        let app = discover(std::slice::from_ref(&path), folder.path()).unwrap().remove(0);
        let text = damaged(APP, &places);
        let (once, [before, after], _) = mended_by_all(&text, &app, &path);
        prop_assert!(after <= before, "{before} -> {after}\n{text}\n---\n{once}");
        let (twice, _, fixed) = mended_by_all(&once, &app, &path);
        prop_assert_eq!((twice, fixed), (once, 0));
    }
}
