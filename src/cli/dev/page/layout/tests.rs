#![allow(clippy::unwrap_used)]
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::app::{AppPath, discover};
use crate::cli::dev::model::{AppNow, Choices};
use crate::cli::terminal::width;
use crate::run::Trigger;
use crate::watch::{Change, LiveApp};

/// A model that has read an app over and over.
struct Stage {
    dir: tempfile::TempDir,
    live: LiveApp,
    model: Model,
}

impl Stage {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        let place = AppPath { root: root.clone(), single: None, selected: vec![], shown_from: root.clone() };
        let find = move || Ok(discover(std::slice::from_ref(&root), &root)?.pop().unwrap());
        let live = LiveApp::new(place, Box::new(find), Arc::new(|_| None));
        let trigger = Trigger::Event { name: "onLoad".to_owned(), jig: None };
        let model =
            Model { apps: vec![AppNow::default()], runs: Some(Choices::new(trigger)), ..Model::default() };
        let stage = Self { dir, live, model };
        stage.write("index.jigx", "name: small\ntitle: Small\nonLoad:\n  type: action.go-back\n");
        stage
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&mut self) {
        let update = self.live.reload(&Change::anywhere());
        self.model.read = Some((0, Duration::from_millis(4)));
        self.model.take(0, &update, 1000 * i64::try_from(update.number).unwrap());
    }

    fn page(&self, content: &Content, columns: usize, rows: usize) -> String {
        layout(content, &self.model, Size { columns, rows }, Paint::Plain).join("\n")
    }
}

fn bad(kind: &str) -> String {
    format!("action:\n  type: action.{kind}\n")
}

#[test]
fn a_good_app_has_a_calm_page() {
    let mut stage = Stage::new();
    stage.read();
    let page = stage.page(&Content::default(), 80, 6);
    let lines: Vec<&str> = page.lines().collect();
    assert!(lines[0].starts_with("small  ready  no problems  4 ms at "), "{page}");
    assert_eq!(&lines[1..5], ["", "", "", ""]);
    assert_eq!(lines[5], "r run  l lint  s status  c clear  ? help  q quit");
}

#[test]
fn an_old_version_that_goes_on_is_named() {
    let mut stage = Stage::new();
    stage.write("actions/a.jigx", &bad("go-bakc"));
    stage.read();
    assert!(stage.page(&Content::default(), 80, 20).contains("\nnothing can run yet, 1 error\n"));
    stage.write("actions/a.jigx", &bad("go-back"));
    stage.read();
    assert!(!stage.page(&Content::default(), 80, 20).contains("version"));
    stage.write("actions/a.jigx", &bad("go-bakc"));
    stage.read();
    let page = stage.page(&Content::default(), 80, 20);
    let old = format!("\nrunning the version of {}, 1 error\n", time_of_day(2000));
    assert!(page.contains(&old) && page.starts_with("small  broken  1 error"), "{page}");
    assert!(page.contains("  |\n3 |") || page.contains("type: action.go-bakc"), "with its lines: {page}");
}

#[test]
fn errors_stand_before_warnings_and_what_is_newest_first() {
    let mut stage = Stage::new();
    stage.write("actions/a.jigx", &bad("one"));
    stage.write("actions/b.jigx", "action:\n  type: action-go-back\n");
    stage.read();
    stage.write("actions/c.jigx", &bad("two"));
    stage.write("actions/d.jigx", "action:\n  type: action-go-back\n");
    stage.read();
    let page = stage.page(&Content { latest: 2, ..Content::default() }, 80, 9);
    let found: Vec<&str> = page.lines().filter(|line| line.contains(".jigx:")).collect();
    let order: Vec<&str> = found.iter().map(|line| &line[..line.find(':').unwrap()]).collect();
    assert_eq!(
        order,
        ["+ actions/c.jigx", "  actions/a.jigx", "+ actions/d.jigx", "  actions/b.jigx"],
        "{page}"
    );
}

#[test]
fn a_page_fits_whatever_the_size() {
    let mut stage = Stage::new();
    for n in 0..30 {
        stage.write(&format!("actions/a{n}.jigx"), &bad("one"));
    }
    stage.read();
    let many = |word: &str| (0..40).map(|n| format!("{word} {n} {}", "long ".repeat(30))).collect::<Vec<_>>();
    let content = Content {
        change: Some("a change".repeat(20)),
        notes: many("note"),
        differences: many("difference"),
        run: many("run"),
        ..Content::default()
    };
    for rows in 1..60 {
        for columns in [1, 7, 40, 200] {
            let page = layout(&content, &stage.model, Size { columns, rows }, Paint::Colour);
            assert!(page.len() <= rows, "{} lines for {rows} rows", page.len());
            assert!(page.iter().all(|line| width(line) <= columns), "{columns} columns: {page:?}");
        }
    }
    let page = stage.page(&content, 80, 40);
    assert!(page.contains("more, `syncscope lint` shows all") && page.contains("run 39"), "{page}");
}

#[test]
fn a_panel_takes_the_place_of_the_rest() {
    let mut stage = Stage::new();
    stage.write("actions/a.jigx", &bad("one"));
    stage.read();
    let content = Content {
        panel: Some(Shown { lines: vec!["the panel".to_owned()], key: "s" }),
        ..Content::default()
    };
    let page = stage.page(&content, 80, 12);
    assert!(
        page.contains("the panel") && page.contains("s back") && !page.contains("actions/a.jigx"),
        "{page}"
    );
}

#[test]
fn what_runs_and_whether_it_failed_stands_in_the_first_line() {
    let mut stage = Stage::new();
    stage.read();
    stage.model.running = Some(0);
    assert!(stage.page(&Content::default(), 80, 6).starts_with("small  running onLoad  no problems"));
    (stage.model.running, stage.model.has_failed) = (None, true);
    assert!(stage.page(&Content::default(), 80, 6).starts_with("small  onLoad failed  no problems"));
    stage.write("actions/a.jigx", &bad("go-bakc"));
    stage.read();
    assert!(stage.page(&Content::default(), 80, 6).starts_with("small  broken, onLoad failed  1 error"));
}

#[test]
fn what_failed_or_was_skipped_survives_cutting() {
    let mut stage = Stage::new();
    stage.read();
    for paint in [Paint::Plain, Paint::Colour] {
        let mut run: Vec<String> = (0..40).map(|n| format!("history {n}")).collect();
        run.insert(2, format!("  {} sync-entities  http: gone", paint.red("✗")));
        run.insert(3, format!("  {} execute-sql  {}: because", paint.yellow("-"), paint.yellow("skipped")));
        let content = Content { run, ..Content::default() };
        let page = layout(&content, &stage.model, Size { columns: 80, rows: 12 }, paint).join("\n");
        assert!(
            page.contains("http: gone") && page.contains("because") && page.contains("history 39"),
            "{page}"
        );
        assert!(page.contains("… 34 more"), "{page}");
    }
}

#[test]
fn a_small_page_has_an_error_on_it() {
    let mut stage = Stage::new();
    for name in ["a", "b"] {
        stage.write(&format!("actions/{name}.jigx"), &bad("one"));
    }
    stage.write("actions/c.jigx", "action:\n  type: action-go-back\n");
    stage.read();
    let run = (0..40).map(|n| format!("run {n}")).collect();
    let content = Content { run, change: Some("a change".to_owned()), ..Content::default() };
    for rows in 2..24 {
        let page = stage.page(&content, 80, rows);
        assert!(page.contains("error["), "{rows} rows: {page}");
    }
}
