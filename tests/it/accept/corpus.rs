//! Apps that people have written; they lie beside the repository, where there are any.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::stage::Stage;

fn apps() -> Vec<PathBuf> {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(entries) = fs::read_dir(corpus) else { return Vec::new() };
    let mut apps: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    apps.retain(|path| path.join("index.jigx").exists());
    apps.sort();
    apps
}

fn lint(stage: &Stage, path: &str) -> Value {
    let mut command = stage.command("lint --format json");
    let finished = super::stage::Finished::of(command.arg(path));
    assert!(matches!(finished.status.code(), Some(0 | 1)), "{finished}");
    finished.json()
}

/// Mistakes that the apps truly have: file, rule and how many.
const KNOWN: &[(&str, &str, usize)] = &[
    // `linkTo: create the file for this action`
    ("azure-sql-docs/jigs/hold.jigx", "unknown-jig", 3),
];

#[test]
fn errors_in_the_corpus_are_true_ones() {
    let stage = Stage::empty();
    let mut found: Vec<(String, String)> = Vec::new();
    for app in apps() {
        let report = lint(&stage, app.to_str().unwrap());
        for diagnostic in report["diagnostics"].as_array().unwrap() {
            if diagnostic["severity"] == "error" {
                let file = diagnostic["file"].as_str().unwrap();
                let file = file.split_once("corpus/").map_or(file, |(_, rest)| rest).to_owned();
                found.push((file, diagnostic["rule"].as_str().unwrap().to_owned()));
            }
        }
    }
    if found.is_empty() && apps().is_empty() {
        return;
    }
    let kinds: BTreeSet<&(String, String)> = found.iter().collect();
    let counted: Vec<(&str, &str, usize)> = kinds
        .into_iter()
        .map(|kind| (kind.0.as_str(), kind.1.as_str(), found.iter().filter(|other| *other == kind).count()))
        .collect();
    assert_eq!(counted, KNOWN);
}

#[test]
fn every_event_of_every_app_can_be_planned() {
    let stage = Stage::empty();
    let mut planned = 0;
    for app in apps() {
        let name = app.file_name().unwrap().to_string_lossy().into_owned();
        let mut screens = vec![(None, app.join("index.jigx"))];
        for file in walk(&app.join("jigs")) {
            screens.push((Some(file.file_stem().unwrap().to_string_lossy().into_owned()), file));
        }
        for (jig, file) in screens {
            let Ok(tree) = serde_yaml::from_str::<Value>(&fs::read_to_string(&file).unwrap()) else {
                continue;
            };
            let Some(map) = tree.as_object() else { continue };
            for event in map.keys().filter(|key| key.starts_with("on") && key.as_str() != "onTableChanged") {
                let mut command = stage.command("run --dry-run --db none.db --on");
                command.arg(event).arg(&app);
                if let Some(jig) = &jig {
                    command.arg("--jig").arg(jig);
                }
                let finished = super::stage::Finished::of(&mut command);
                let code = finished.status.code();
                assert!(matches!(code, Some(0 | 1)), "{name} {jig:?} {event}: {finished}");
                planned += 1;
            }
        }
        assert!(!stage.path("none.db").exists(), "a plan creates no database");
    }
    assert!(planned > 0 || apps().is_empty());
}

fn walk(folder: &std::path::Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}
