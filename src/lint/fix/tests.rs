#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::app::{Inputs, discover, load};
use crate::diag::Span;

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
