//! A rule that breaks off takes nothing else with it.

use std::collections::BTreeMap;

use super::App;
use crate::app::{Inputs, discover, load};
use crate::diag::{Files, Group, RuleInfo, Severity};
use crate::lint::facts::Facts;
use crate::lint::known::Known;
use crate::lint::rule::{Check, Rule};
use crate::lint::walk::{Unit, Walker};

const fn info(id: &'static str) -> RuleInfo {
    RuleInfo { id, group: Group::Layout, severity: Severity::Info, summary: "", docs: "" }
}

static BROKEN: Rule = Rule {
    info: info("broken-rule"),
    checks: &[
        Check::File(|_, place| assert!(place.id != "bad", "no luck with `{}`", place.id)),
        Check::App(|_| panic!("no luck at all")),
    ],
};

static SOUND: Rule = Rule {
    info: info("sound-rule"),
    checks: &[Check::File(|cx, place| {
        let finding = cx.finding(place.source.tree.root.span, "seen");
        cx.report(finding);
    })],
};

#[test]
fn a_rule_that_breaks_off_is_named_and_all_else_is_looked_at() {
    let app = App::new(&[
        ("jigs/bad.jigx", "title: Bad\ntype: jig.default\n"),
        ("jigs/good.jigx", "title: Good\ntype: jig.default\n"),
    ]);
    let mut files = Files::new();
    let place = discover(&[app.folder.path().to_path_buf()], app.folder.path()).unwrap().remove(0);
    let loaded = load(&Inputs { app: &place, overlay: BTreeMap::new(), env: &|_| None }, &mut files).unwrap();
    let rules = vec![&BROKEN, &SOUND];
    let known = Known::new();
    let facts = Facts::new(&loaded, &files, &known, &rules);
    let walker = Walker::new(rules.clone());
    let units = walker.units(&loaded);
    let told: Vec<String> = units
        .iter()
        .zip(walker.try_look(&facts, &units))
        .map(|(unit, look)| {
            let what = match unit {
                Unit::App(_) => "the app".to_owned(),
                Unit::File(file) => files.get(*file).path().to_owned(),
            };
            let how = look.map_or_else(|message| message, |look| format!("{} found", look.found.len()));
            format!("{what}: {how}")
        })
        .collect();
    let expected = [
        "the app: the rule `broken-rule` broke off: no luck at all",
        "index.jigx: 1 found",
        "jigs/bad.jigx: the rule `broken-rule` broke off: no luck with `bad`",
        "jigs/good.jigx: 1 found",
    ];
    assert_eq!(told, expected);
}
