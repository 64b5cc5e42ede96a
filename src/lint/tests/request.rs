//! What the settings and the request turn on and off.

use std::fs;
use std::path::PathBuf;

use super::{App, findings, lint};
use crate::lint::{Request, rule, rules};

const HOME: &str = "title: Home
type: jig.default
onFocus:
  type: action.go-to
  options: { linkTo: nowhere }
onRefresh:
  type: action.start-sync-scope
  instanceId: load
  options: { instanceIds: [pull] }
";

fn app(settings: &str) -> App {
    App::new(&[("jigs/home.jigx", HOME), ("syncscope.yaml", settings)])
}

fn ids(found: &[String]) -> Vec<&str> {
    let id = |line: &String| Some((line.find('[')?, line.find(']')?));
    found.iter().filter_map(|line| id(line).map(|(from, to)| &line[from + 1..to])).collect()
}

fn request(select: &[&str], ignore: &[&str]) -> Request {
    let own = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    Request { select: own(select), ignore: own(ignore), ..Request::default() }
}

#[test]
fn settings_choose_rules_and_severities() {
    let found = app("lint: {}\n").lint();
    assert_eq!(ids(&found), ["unknown-jig", "unguarded-scope", "unknown-instance-id"]);
    assert_eq!(ids(&app("lint: { select: [unguarded-scope] }\n").lint()), ["unguarded-scope"]);
    assert_eq!(ids(&app("lint: { select: [all], ignore: [unknown-jig] }\n").lint()).len(), 2);
    assert!(app("lint: { ignore: [all] }\n").lint().is_empty());
    let found = app("lint: { severity: { unguarded-scope: error, unknown-jig: info } }\n").lint();
    assert!(
        found[0].contains("info[unknown-jig]") && found[1].contains("error[unguarded-scope]"),
        "{found:#?}"
    );
    let found = app("lint: { severity: { all: info } }\n").lint();
    assert!(found.iter().all(|line| line.contains(": info[")), "{found:#?}");
}

#[test]
fn rules_are_off_for_files_that_match() {
    let off =
        |pattern: &str| app(&format!("lint: {{ perFile: {{ \"{pattern}\": [unknown-jig] }} }}\n")).lint();
    for pattern in ["jigs/**", "jigs/home.jigx", "home.jigx", "*.jigx", "jigs/"] {
        assert_eq!(ids(&off(pattern)), ["unguarded-scope", "unknown-instance-id"], "{pattern}");
    }
    assert_eq!(off("actions/**").len(), 3);
    assert!(app("lint: { perFile: { \"jigs/**\": [all] } }\n").lint().is_empty());
}

#[test]
fn a_file_that_is_no_text_is_told_whatever_groups_are_off() {
    let with = |settings: &str, ignore: &[&str]| {
        let app = App::new(&[("jigs/home.jigx", HOME), ("syncscope.yaml", settings)]);
        fs::write(app.folder.path().join("jigs/old.jigx"), b"title: caf\xE9\n").unwrap();
        let root = app.folder.path().canonicalize().unwrap();
        let found = findings(&root, &root, &request(&[], ignore)).0;
        found.iter().map(|one| one.rule).collect::<Vec<_>>()
    };
    assert_eq!(with("lint: {}\n", &["all"]), ["not-utf8"]);
    assert_eq!(with("lint: {}\n", &["all", "syntax"]), ["not-utf8"]);
    assert_eq!(with("lint: { ignore: [all], perFile: { 'jigs/**': [all, syntax] } }\n", &[]), ["not-utf8"]);
    assert_eq!(with("lint: {}\n", &["all", "not-utf8"]), [""; 0]);
    assert_eq!(with("lint: { perFile: { 'jigs/**': [all, not-utf8] } }\n", &["all"]), [""; 0]);
}

#[test]
fn names_that_are_no_rules_are_told_at_their_place() {
    let settings = "lint:\n  select: [all, unkown-jig]\n  ignore: [nothing-like-it]\n  severity: { unguarded-scop: info }\n  perFile: { 'a/**': [unknown-jigs] }\n";
    let found = app(settings).lint();
    let told: Vec<&String> = found.iter().filter(|line| line.contains("unknown-rule")).collect();
    assert_eq!(
        told,
        [
            "syncscope.yaml:2:17: error[unknown-rule] there is no rule `unkown-jig`",
            "syncscope.yaml:3:12: error[unknown-rule] there is no rule `nothing-like-it`",
            "syncscope.yaml:4:15: error[unknown-rule] there is no rule `unguarded-scop`",
            "syncscope.yaml:5:23: error[unknown-rule] there is no rule `unknown-jigs`",
        ]
    );
    let found = app("lint: { perFile: { 'a/{': [all] } }\n").lint();
    assert!(
        found.iter().any(|line| line.contains("syncscope.yaml:1:20: error[invalid-settings]")),
        "{found:#?}"
    );
}

#[test]
fn the_request_goes_before_the_settings() {
    let app = app("lint: { select: [unknown-jig], ignore: [unguarded-scope] }\n");
    let with = |select: &[&str], ignore: &[&str]| lint(app.folder.path(), &request(select, ignore));
    assert_eq!(ids(&with(&[], &[])), ["unknown-jig"]);
    assert_eq!(ids(&with(&["unguarded-scope"], &[])), ["unguarded-scope"]);
    assert_eq!(ids(&with(&["all"], &[])), ["unknown-jig", "unknown-instance-id"]);
    assert!(with(&[], &["unknown-jig"]).is_empty());
}

#[test]
fn the_more_precise_name_counts_and_off_wins_between_equals() {
    let app = app("lint: {}\n");
    let with = |select: &[&str], ignore: &[&str]| {
        let found = lint(app.folder.path(), &request(select, ignore));
        ids(&found).iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(with(&["unknown-jig"], &["all"]), ["unknown-jig"]);
    assert_eq!(with(&["unknown-jig"], &["layout"]), ["unknown-jig"]);
    assert_eq!(with(&["sync"], &["all"]), ["unguarded-scope", "unknown-instance-id"]);
    assert_eq!(with(&["sync", "layout"], &["unguarded-scope"]), ["unknown-jig", "unknown-instance-id"]);
    assert_eq!(with(&["all"], &["sync"]), ["unknown-jig"]);
    assert_eq!(with(&["all", "unguarded-scope"], &["sync"]), ["unknown-jig", "unguarded-scope"]);
    assert!(with(&["unknown-jig"], &["unknown-jig"]).is_empty());
    assert!(with(&["all"], &["all"]).is_empty() && with(&["sync"], &["sync"]).is_empty());
}

#[test]
fn wrong_names_in_the_request_are_refused_with_the_closest() {
    assert_eq!(request(&["all", "unknown-jig"], &["invalid-yaml"]).validate(), Ok(()));
    let refused = request(&[], &["unkown-jig"]).validate().unwrap_err();
    assert_eq!(refused.to_string(), "there is no rule `unkown-jig`, did you mean `unknown-jig`?");
    let refused = request(&["zzzzzz"], &[]).validate().unwrap_err();
    assert_eq!(refused.to_string(), "there is no rule `zzzzzz`");
}

#[test]
fn a_file_that_cannot_be_read_is_told_whatever_is_selected() {
    let app = App::new(&[("jigs/home.jigx", "title: \"open\n")]);
    assert_eq!(ids(&lint(app.folder.path(), &request(&["unknown-jig"], &[]))), ["invalid-yaml"]);
    assert!(lint(app.folder.path(), &request(&["unknown-jig"], &["invalid-yaml"])).is_empty());
}

#[test]
fn findings_lie_in_the_paths_that_are_asked_for() {
    let app = App::new(&[("jigs/a/one.jigx", HOME), ("jigs/b/two.jigx", HOME)]);
    let root = app.folder.path().canonicalize().unwrap();
    let within = |paths: &[&str]| {
        let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
        lint(&root, &Request { paths, ..Request::default() })
    };
    let all = within(&[]);
    assert_eq!(all.len(), 6);
    let found = within(&["jigs/b"]);
    assert!(found.len() == 3 && found.iter().all(|line| line.starts_with("jigs/b/two.jigx")), "{found:#?}");
    assert_eq!(within(&["jigs/a/one.jigx", "jigs/b/two.jigx"]), all);
    assert!(within(&["jigs/a/one"]).is_empty());
}

#[test]
fn rules_are_found_by_id() {
    assert!(rules().iter().all(|info| rule(info.id) == Some(info)));
    assert_eq!(rule("all"), None);
}

#[test]
fn order_is_by_path_and_place_and_the_same_each_time() {
    let app = App::new(&[("jigs/b.jigx", HOME), ("jigs/a.jigx", HOME), ("actions/z.jigx", "action: 1\n")]);
    let found = app.lint();
    let mut sorted = found.clone();
    sorted.sort_by_key(|line| {
        let mut parts = line.split(':');
        let mut number = |n: usize| parts.nth(n).unwrap().trim().to_owned();
        (number(0), number(0).parse::<usize>().unwrap())
    });
    assert_eq!(found, sorted);
    assert_eq!(found, app.lint());
}
