//! Apps that people have written; they lie beside the repository, where there are any.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::stage::{Finished, Stage};

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
    let finished = Finished::of(command.arg(path));
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
    for app in apps() {
        for (event, jig) in events(&app) {
            let mut command = stage.command("run --dry-run --db none.db --on");
            command.arg(&event).arg(&app);
            if let Some(jig) = &jig {
                command.arg("--jig").arg(jig);
            }
            let finished = Finished::of(&mut command);
            assert!(matches!(finished.status.code(), Some(0 | 1)), "{app:?} {jig:?} {event}: {finished}");
        }
    }
    assert!(!stage.path("none.db").exists(), "a plan creates no database");
}

/// Every table that an app declares is served; every event is triggered for real. No host but this
/// machine may be asked, so what calls services elsewhere fails, and says so.
#[test]
fn every_event_of_every_app_runs_against_a_backend() {
    let mut fetched = 0;
    for app in apps() {
        let stage = Stage::empty();
        stage.copy(&app, "app");
        serve_tables(&stage);
        for (event, jig) in events(&app) {
            let jig = jig.map_or_else(String::new, |jig| format!(" --jig {jig}"));
            let finished = stage.run(&format!("run app --format json --no --on {event}{jig}"));
            assert!(matches!(finished.status.code(), Some(0 | 1)), "{app:?} {event}{jig}: {finished}");
            fetched += check_syncs(&stage, &finished);
        }
        stage.run("status app").code(0);
    }
    assert!(fetched > 0 || apps().is_empty(), "something was fetched");
}

/// How many syncs of Dynamic Data went well; one that did not is a failure.
fn check_syncs(stage: &Stage, finished: &Finished) -> usize {
    let events = finished.events();
    let syncs =
        events.iter().filter(|e| e["event"] == "action.finished" && e["type"] == "action.sync-entities");
    let mut fetched = 0;
    for event in syncs {
        let (file, pointer) = event["path"].as_str().unwrap().split_once('#').unwrap();
        let tree: Value = serde_yaml::from_str(&fs::read_to_string(stage.path(file)).unwrap()).unwrap();
        let provider = &tree.pointer(pointer).unwrap()["options"]["provider"];
        if provider == "DATA_PROVIDER_DYNAMIC" {
            assert_eq!(event["outcome"], "ok", "{event}");
            fetched += 1;
        } else {
            let code = event["error"]["code"].as_str().unwrap_or("ok");
            assert!(code.starts_with("config.") || code.starts_with("expression") || code == "ok", "{event}");
        }
    }
    fetched
}

/// Gives every declared table three rows, and settings that serve them.
fn serve_tables(stage: &Stage) {
    let rows = r#"[{"id":"1","name":"a"},{"id":"2","name":"b"},{"id":"3","name":"c"}]"#;
    stage.write("app/data/default/none.json", rows);
    for file in walk(&stage.path("app/databases")) {
        let tree: Value = serde_yaml::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        for table in tree["tables"].as_object().into_iter().flat_map(|tables| tables.keys()) {
            stage.write(&format!("app/data/default/{table}.json"), rows);
        }
    }
    stage.write(
        "app/syncscope.yaml",
        "database: app.db
backend: data
providers: { dynamic: { url: \"${backend}\", organization: o, solution: s } }
http: { retries: 0, timeout: 5s, allow: [\"127.0.0.1\"] }
lint: { ignore: [unknown-jig] }
",
    );
}

/// The events of the index and of all jigs of an app.
fn events(app: &Path) -> Vec<(String, Option<String>)> {
    let jig = |file: &PathBuf| Some(file.file_stem().unwrap().to_string_lossy().into_owned());
    let jigs = walk(&app.join("jigs")).into_iter().map(|file| (jig(&file), file));
    let screens = std::iter::once((None, app.join("index.jigx"))).chain(jigs);
    let mut found = Vec::new();
    for (jig, file) in screens {
        let Ok(tree) = serde_yaml::from_str::<Value>(&fs::read_to_string(file).unwrap()) else { continue };
        let Some(map) = tree.as_object() else { continue };
        let names = map.keys().filter(|key| key.starts_with("on") && key.as_str() != "onTableChanged");
        found.extend(names.map(|name| (name.clone(), jig.clone())));
    }
    found
}

fn walk(folder: &Path) -> Vec<PathBuf> {
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
