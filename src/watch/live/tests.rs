#![allow(clippy::unwrap_used)]
use std::fs;
use std::sync::Mutex;

use proptest::prelude::*;

use super::*;
use crate::app::discover;
use crate::watch::Noticed;

const INDEX: &str =
    "name: small\ntitle: Small\nonLoad:\n  type: action.execute-action\n  options:\n    action: one\n";
const GOOD: &str = "action:\n  type: action.go-back\n";
const BAD: &str = "action:\n  type: action.go-bakc\n";

/// An app on disk that lives.
struct Stage {
    dir: tempfile::TempDir,
    live: LiveApp,
    env: Arc<Mutex<Option<String>>>,
}

impl Stage {
    fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap().join("app");
        let hint = AppPath { root: root.clone(), single: None, selected: vec![], shown_from: root.clone() };
        let find = move || {
            let mut places = discover(std::slice::from_ref(&root), &root)?;
            Ok(places.pop().unwrap())
        };
        let env = Arc::new(Mutex::new(None));
        let seen = Arc::clone(&env);
        let live = LiveApp::new(hint, Box::new(find), Arc::new(move |_| seen.lock().unwrap().clone()));
        Self { dir, live, env }
    }

    fn good() -> Self {
        let mut stage = Self::empty();
        stage.write("index.jigx", INDEX);
        stage.write("actions/one.jigx", GOOD);
        assert_eq!(stage.reload(&[]).outcome, Outcome::Accepted);
        stage
    }

    fn at(&self, path: &str) -> PathBuf {
        fs::canonicalize(self.dir.path()).unwrap().join("app").join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
    }

    fn reload(&mut self, paths: &[&str]) -> Update {
        let paths = paths.iter().map(|path| self.at(path)).collect();
        self.live.reload(&Noticed::Paths(paths).into())
    }

    /// Writes one file and reloads.
    fn save(&mut self, path: &str, text: &str) -> Update {
        self.write(path, text);
        self.reload(&[path])
    }
}

fn rules(found: &[Diagnostic]) -> Vec<&str> {
    found.iter().map(|found| found.rule).collect()
}

#[test]
fn a_broken_save_keeps_the_last_good_app_and_its_repair_replaces_it() {
    let mut stage = Stage::good();
    let first = Arc::clone(stage.live.current().unwrap());

    let broken = stage.save("actions/one.jigx", BAD);
    assert_eq!(broken.outcome, Outcome::Rejected);
    assert_eq!(rules(&broken.fresh), ["unknown-action-type"]);
    assert_eq!((broken.was_broken, broken.changed.as_slice()), (false, &["actions/one.jigx".to_owned()][..]));
    assert!(Arc::ptr_eq(stage.live.current().unwrap(), &first));

    let repaired = stage.save("actions/one.jigx", GOOD);
    assert_eq!((repaired.outcome, repaired.was_broken), (Outcome::Accepted, true));
    assert_eq!((rules(&repaired.fixed), repaired.fresh.len()), (vec!["unknown-action-type"], 0));
    let before = repaired.before.unwrap();
    assert_eq!(before.checked.files.get(repaired.fixed[0].span.file).path(), "actions/one.jigx");
    assert!(!Arc::ptr_eq(stage.live.current().unwrap(), &first));
}

#[test]
fn a_save_that_changes_no_byte_does_nothing() {
    let mut stage = Stage::good();
    assert_eq!(stage.save("actions/one.jigx", GOOD).outcome, Outcome::Unchanged);
    assert_eq!(stage.reload(&["jigs/gone-again.jigx"]).outcome, Outcome::Unchanged);
    stage.write("actions/one.jigx", BAD);
    assert_eq!(stage.reload(&["actions/one.jigx"]).outcome, Outcome::Rejected);
    assert_eq!(stage.save("actions/one.jigx", BAD).outcome, Outcome::Unchanged);
}

#[test]
fn findings_are_known_by_what_they_say() {
    let mut stage = Stage::good();
    let one = "  type: action.go-to\n  options: { linkTo: nowhere }\n";
    stage.save("actions/one.jigx", &format!("action:\n{one}"));
    let moved = stage.save("actions/one.jigx", &format!("# a line above\n\naction:\n{one}"));
    assert_eq!((moved.fresh.len(), moved.fixed.len(), moved.still), (0, 0, 1));
    assert_eq!(moved.outcome, Outcome::Rejected);
    let ages: Vec<u64> = moved.state.as_ref().unwrap().findings().map(|finding| finding.since).collect();
    assert_eq!(ages, [2], "it is as old as before");

    let second = stage.save("actions/two.jigx", &format!("action:\n{one}"));
    assert_eq!((second.fresh.len(), second.still), (1, 1));
    assert_eq!(second.state.unwrap().findings().map(|f| f.since).collect::<Vec<_>>(), [2, 4]);
    fs::remove_file(stage.at("actions/two.jigx")).unwrap();
    let gone = stage.reload(&["actions/two.jigx"]);
    assert_eq!((gone.fixed.len(), gone.still), (1, 1));
    assert_eq!(gone.changed, ["actions/two.jigx"]);
}

#[test]
fn of_findings_that_say_the_same_the_one_on_a_new_line_is_new() {
    let mut stage = Stage::good();
    let list = |items: &[&str]| {
        let item = |id: &&str| {
            format!("      - type: action.go-to\n        options: {{ linkTo: nowhere }} # {id}\n")
        };
        format!(
            "action:\n  type: action.action-list\n  options:\n    actions:\n{}",
            items.iter().map(item).collect::<String>()
        )
    };
    stage.save("actions/one.jigx", &list(&["b"]));
    let update = stage.save("actions/one.jigx", &list(&["a", "b"]));
    assert_eq!((update.fresh.len(), update.fixed.len(), update.still), (1, 0, 1));
    let state = update.state.unwrap();
    assert_eq!(state.findings().map(|finding| finding.since).collect::<Vec<_>>(), [3, 2]);
    let update = stage.save("actions/one.jigx", &list(&["b", "c"]));
    assert_eq!((update.fresh.len(), update.fixed.len(), update.still), (0, 0, 2));
}

#[test]
fn it_starts_without_an_app_and_sees_it_come_go_and_come_again() {
    let mut stage = Stage::empty();
    let missing = stage.reload(&[]);
    let Outcome::Unreadable(trouble) = &missing.outcome else { panic!("{missing:?}") };
    assert!(trouble.message.contains("does not exist"), "{trouble:?}");
    assert!(stage.live.current().is_none() && missing.state.is_none());
    assert_eq!(stage.reload(&[]).outcome, Outcome::Unchanged, "said once");
    assert_eq!(stage.live.wanted().app.root, stage.at("").components().as_path());

    stage.write("actions/one.jigx", GOOD);
    assert!(matches!(stage.reload(&["actions"]).outcome, Outcome::Unreadable(_)), "no index yet");
    let found = stage.save("index.jigx", INDEX);
    assert_eq!((found.outcome, found.was_broken), (Outcome::Accepted, true));

    fs::remove_dir_all(stage.at("")).unwrap();
    assert!(matches!(stage.reload(&[""]).outcome, Outcome::Unreadable(_)));
    assert!(stage.live.current().is_some(), "the last good app goes on");
    stage.write("actions/one.jigx", BAD);
    stage.write("index.jigx", INDEX);
    let back = stage.reload(&["index.jigx"]);
    assert_eq!((back.outcome, rules(&back.fresh)), (Outcome::Rejected, vec!["unknown-action-type"]));
}

#[test]
fn settings_are_seen_to_break_and_to_be_repaired() {
    let mut stage = Stage::good();
    let broken = stage.save("syncscope.yaml", "backend: \"${env:WHERE}\"\n");
    assert_eq!(
        (broken.outcome, rules(&broken.fresh)),
        (Outcome::Rejected, vec!["missing-environment-variable"])
    );
    *stage.env.lock().unwrap() = Some("tables".to_owned());
    let repaired = stage.save("syncscope.yaml", "backend: \"${env:WHERE}\" # set\n");
    assert_eq!(repaired.outcome, Outcome::Accepted);
    assert_eq!(stage.live.wanted().tables, Some(stage.at("tables")));
}

#[test]
fn a_panic_is_told_and_the_next_reload_works() {
    let mut stage = Stage::good();
    let calls = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&calls);
    stage.live.env = Arc::new(move |_| {
        *counted.lock().unwrap() += 1;
        panic!("our own mistake");
    });
    stage.live.reader = None;
    let crashed = stage.save("syncscope.yaml", "database: \"${env:WHERE}\"\n");
    assert!(*calls.lock().unwrap() > 0);
    assert_ne!(crashed.outcome, Outcome::Accepted, "{crashed:?}");
    assert_eq!(crashed.crashes.len(), 1, "{crashed:?}");
    assert!(crashed.crashes[0].message.contains("our own mistake"));
    assert!(stage.live.current().is_some());
    let repaired = stage.save("syncscope.yaml", "database: app.db\n");
    assert_eq!((repaired.outcome, repaired.was_broken), (Outcome::Accepted, true));
}

/// Something an author does.
#[derive(Debug, Clone)]
enum Edit {
    Write(usize, usize),
    Remove(usize),
    Rename(usize, usize),
}

const PATHS: [&str; 7] = [
    "index.jigx",
    "syncscope.yaml",
    "actions/one.jigx",
    "actions/two.jigx",
    "actions/deep/one.jigx",
    "functions/one.jigx",
    "datasources/one.jigx",
];
const TEXTS: [&str; 7] = [
    INDEX,
    GOOD,
    BAD,
    "database: app.db\n",
    "lint: { ignore: [unknown-action-type] }\n",
    "action:\n  type: action.go-to\n  options: { linkTo: nowhere }\n# syncscope: ignore[unknown-jig]\n",
    "a: [",
];

fn edits() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => (0..PATHS.len(), 0..TEXTS.len()).prop_map(|(path, text)| Edit::Write(path, text)),
        1 => (0..PATHS.len()).prop_map(Edit::Remove),
        1 => (0..PATHS.len(), 0..PATHS.len()).prop_map(|(from, to)| Edit::Rename(from, to)),
    ]
}

impl Stage {
    fn edit(&self, edit: &Edit) -> Vec<&'static str> {
        match *edit {
            Edit::Write(path, text) => {
                self.write(PATHS[path], TEXTS[text]);
                vec![PATHS[path]]
            }
            // Nothing may be there.
            Edit::Remove(path) => {
                let _ = fs::remove_file(self.at(PATHS[path]));
                vec![PATHS[path]]
            }
            Edit::Rename(from, to) => {
                let _ = fs::rename(self.at(PATHS[from]), self.at(PATHS[to]));
                vec![PATHS[from], PATHS[to]]
            }
        }
    }

    /// What somebody finds who has never seen the app before.
    fn fresh(&self) -> Option<Vec<String>> {
        let root = self.at("").components().collect::<PathBuf>();
        let place = discover(std::slice::from_ref(&root), &root).ok()?.pop()?;
        let mut session = Session::new(place, Request::default(), Box::new(|_| None));
        Some(shown(&session.reload(Changes::Unknown).unwrap()))
    }
}

fn shown(checked: &Checked) -> Vec<String> {
    let line = |found: &Diagnostic| {
        format!(
            "{} {} {} {}",
            checked.files.get(found.span.file).path(),
            found.span.start,
            found.rule,
            found.message
        )
    };
    checked.findings().map(line).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever is done to the files: what is known is what a fresh look finds, every finding is counted
    /// once as new, fixed or still there, and the current app never has an error.
    #[test]
    fn any_edits_come_to_what_a_fresh_look_finds(steps in proptest::collection::vec(proptest::collection::vec(edits(), 1..4), 1..8)) {
        let mut stage = Stage::good();
        for edits in steps {
            let paths: Vec<&str> = edits.iter().flat_map(|edit| stage.edit(edit)).collect();
            let update = stage.reload(&paths);
            let known = |state: &Option<Arc<State>>| state.as_ref().map_or(0, |state| state.findings().count());
            let current = stage.live.current().unwrap();
            prop_assert!(current.findings().all(|found| found.severity != Severity::Error));
            match stage.fresh() {
                None => prop_assert!(matches!(update.outcome, Outcome::Unreadable(_) | Outcome::Unchanged)),
                Some(fresh) => {
                    let state = update.state.as_ref().unwrap();
                    prop_assert_eq!(shown(&state.checked), fresh);
                    prop_assert_eq!(update.still + update.fresh.len(), known(&update.state));
                    prop_assert_eq!(update.still + update.fixed.len(), known(&update.before));
                    let is_good = state.count(Severity::Error) == 0;
                    prop_assert!(!is_good || Arc::ptr_eq(&state.checked, current) || update.outcome == Outcome::Unchanged);
                }
            }
        }
    }
}

#[test]
fn an_info_that_a_broken_app_withholds_is_neither_fixed_nor_new() {
    let mut stage = Stage::good();
    stage.save("jigs/home.jigx", "title: Home\ntype: jig.default\nonFocus:\n  type: action.go-back\n");
    let idle = stage.save("actions/idle.jigx", GOOD);
    assert_eq!(rules(&idle.fresh), ["unused-definition"]);
    let broken = stage.save("actions/one.jigx", BAD);
    assert_eq!((rules(&broken.fresh), rules(&broken.fixed)), (vec!["unknown-action-type"], vec![]));
    stage.save("actions/one.jigx", &format!("# still\n{BAD}"));
    let good = stage.save("actions/one.jigx", GOOD);
    assert_eq!((rules(&good.fresh), rules(&good.fixed)), (vec![], vec!["unknown-action-type"]));
    assert_eq!(good.still, 1);
    let state = good.state.unwrap();
    assert_eq!(state.findings().map(|found| found.since).collect::<Vec<_>>(), [idle.number]);
    let used = stage.save("index.jigx", &INDEX.replace("action: one", "action: idle"));
    assert_eq!(rules(&used.fixed), ["unused-definition"]);
}
