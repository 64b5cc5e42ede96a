//! Mistakes planted in an app without any: each is told once, at its place, and nothing else is.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::concise;
use crate::app::{Inputs, discover, load};
use crate::diag::Files;
use crate::lint::{RULES, Request, check};

/// A file of `examples/quickstart`, what to replace in it (once) by what, and what is then said.
const PLANTED: &[(&str, &str, &str, &str)] = &[
    (
        "index.jigx",
        "        instanceId: sync-prices",
        "        instancId: sync-prices",
        "index.jigx:52:9: error[unknown-key]",
    ),
    ("index.jigx", "    isSequential: true", "    isSequental: true", "index.jigx:19:5: error[unknown-key]"),
    (
        "index.jigx",
        "              parameters:\n                region",
        "              parametres:\n                region",
        "index.jigx:58:15: error[unknown-key]",
    ),
    (
        "actions/refresh-visits.jigx",
        "  condition:",
        "  conditon:",
        "actions/refresh-visits.jigx:4:3: error[unknown-key]",
    ),
    (
        "jigs/visit.jigx",
        "      queryParameters:",
        "      queryParameter:",
        "jigs/visit.jigx:21:7: error[unknown-key]",
    ),
    (
        "functions/fetch-prices.jigx",
        "parameters:\n  region",
        "paramters:\n  region",
        "functions/fetch-prices.jigx:6:1: error[unknown-key]",
    ),
    ("databases/default.jigx", "tables:", "table:", "databases/default.jigx:2:1: error[unknown-key]"),
    ("index.jigx", "- sync-prices\n", "- sync-price\n", "index.jigx:28:15: error[unknown-instance-id]"),
    (
        "index.jigx",
        "instanceId: sync-prices",
        "instanceId: sync-visits",
        "index.jigx:52:21: warning[duplicate-instance-id]",
    ),
    ("index.jigx", "        instanceId: sync-prices\n", "", "index.jigx:28:15: error[unknown-instance-id]"),
    ("index.jigx", "            - sync-prices\n", "", "index.jigx:50:15: warning[sync-outside-scope]"),
    ("index.jigx", "    isSequential: true\n", "", "index.jigx:16:9: warning[scope-not-sequential]"),
    (
        "index.jigx",
        "function: fetch-prices",
        "function: fetch-price",
        "index.jigx:57:25: error[unknown-function]",
    ),
    (
        "index.jigx",
        "              parameters:\n                region: =@ctx.solution.settings.custom.region\n",
        "",
        "index.jigx:57:25: warning[missing-argument]",
    ),
    ("index.jigx", "region: =@ctx", "regoin: =@ctx", "index.jigx:59:17: warning[unknown-argument]"),
    ("index.jigx", "country: DE", "land: DE", "index.jigx:47:17: warning[unknown-argument]"),
    ("index.jigx", "default/visits", "default/visit", "index.jigx:36:15: error[unknown-table]"),
    (
        "index.jigx",
        "datasources.sync-scopes",
        "datasources.sync-scope",
        "index.jigx:17:28: error[unknown-datasource]",
    ),
    (
        "index.jigx",
        "@ctx.datasources.sync-scopes",
        "@ctx.datasource.sync-scopes",
        "index.jigx:17:16: error[unknown-context-root]",
    ),
    (
        "index.jigx",
        "=@ctx.datasources.sync-scopes",
        "=ctx.datasources.sync-scopes",
        "index.jigx:17:11: error[unknown-context-root]",
    ),
    ("index.jigx", "state = 'syncing'", "state == 'syncing'", "index.jigx:17:77: error[expression-syntax]"),
    (
        "index.jigx",
        "action: refresh-visits",
        "action: refresh-visit",
        "index.jigx:75:13: error[unknown-action]",
    ),
    (
        "index.jigx",
        "type: action.sync-entities",
        "type: action-sync-entities",
        "index.jigx:31:15: warning[action-type-alias]",
    ),
    (
        "index.jigx",
        "type: action.sync-entities",
        "type: action.sink-entities",
        "index.jigx:31:15: error[unknown-action-type]",
    ),
    (
        "index.jigx",
        "provider: DATA_PROVIDER_DYNAMIC",
        "provider: DATA_PROVIDER_LOCAL",
        "index.jigx:34:21: warning[local-sync]",
    ),
    ("index.jigx", "jigId: products", "jigId: product", "index.jigx:11:12: error[unknown-jig]"),
    (
        "actions/refresh-visits.jigx",
        "id: sync-scope-visits, isNot",
        "id: sync-scope-visit, isNot",
        "actions/refresh-visits.jigx:6:22: error[unknown-scope]",
    ),
    (
        "actions/refresh-visits.jigx",
        "syncedWithin: 15m",
        "syncedWithin: 15mins ago",
        "actions/refresh-visits.jigx:7:62: error[invalid-duration]",
    ),
    (
        "actions/refresh-visits.jigx",
        "  condition:\n    all:\n      - scope: { id: sync-scope-visits, isNot: syncing }\n      - not: { scope: { id: sync-scope-visits, syncedWithin: 15m } }\n",
        "",
        "actions/refresh-visits.jigx:7:15: warning[unguarded-scope]",
    ),
    (
        "jigs/visit.jigx",
        "visitId: =@ctx",
        "visitid: =@ctx",
        "jigs/visit.jigx:20:20: error[undeclared-query-parameter]",
    ),
    (
        "jigs/visit.jigx",
        "        WHERE id = @visitId\n",
        "",
        "jigs/visit.jigx:21:9: warning[unused-query-parameter]",
    ),
    (
        "jigs/home.jigx",
        "$string($lookup",
        "$strin($lookup",
        "jigs/home.jigx:24:44: warning[unknown-function-call]",
    ),
    (
        "jigs/home.jigx",
        "=$lookup.state",
        "=$lookups.state",
        "jigs/home.jigx:22:16: warning[unknown-shared-expression]",
    ),
    (
        "jigs/home.jigx",
        "title: =@ctx.current",
        "title: '@ctx.current",
        "jigs/home.jigx:37:18: error[invalid-yaml]",
    ),
    ("jigs/home.jigx", "linkTo: visit", "linkTo: visits", "jigs/home.jigx:44:23: error[unknown-jig]"),
    (
        "jigs/products.jigx",
        "title: =@ctx.current.item.name",
        "title: '@ctx.current.item.name'",
        "jigs/products.jigx:10:13: warning[missing-equals]",
    ),
    (
        "functions/fetch-depots.jigx",
        "provider: DATA_PROVIDER_REST",
        "provider: DATA_PROVIDER_REST\nprovider: DATA_PROVIDER_REST",
        "functions/fetch-depots.jigx:3:1: error[duplicate-key]",
    ),
];

/// The findings in the example when one of its files has another text.
fn lint_with(path: &str, text: String) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let app = discover(std::slice::from_ref(&root), &root).unwrap().remove(0);
    let overlay = BTreeMap::from([(root.join(path), text)]);
    let mut files = Files::new();
    let loaded = load(&Inputs { app: &app, overlay, env: &|_| None }, &mut files).unwrap();
    let found = check(&loaded, &files, &Request::default());
    found.iter().map(|diagnostic| concise(diagnostic, &files)).collect()
}

fn text_of(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart").join(path)).unwrap()
}

#[test]
fn each_planted_mistake_is_told_once_at_its_place() {
    let mut complaints = Vec::new();
    for (path, right, wrong, expected) in PLANTED {
        let text = text_of(path);
        assert!(text.contains(right), "{path} has no {right}");
        let found = lint_with(path, text.replacen(right, wrong, 1));
        if found.len() != 1 || !found[0].starts_with(expected) {
            complaints
                .push(format!("{path}: {right:?} -> {wrong:?}\n  expected {expected}\n  found {found:#?}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_example_has_no_mistake() {
    assert!(lint_with("syncscope.yaml", text_of("syncscope.yaml")).is_empty());
}

#[test]
fn half_a_file_causes_findings_in_itself_alone() {
    for path in
        ["index.jigx", "actions/refresh-visits.jigx", "jigs/visit.jigx", "functions/fetch-prices.jigx"]
    {
        let text = text_of(path);
        for at in (0..text.len()).step_by(61).filter(|at| text.is_char_boundary(*at)) {
            let found = lint_with(path, text[..at].to_owned());
            let elsewhere: Vec<_> = found.iter().filter(|line| !line.starts_with(path)).collect();
            // What is cut off cleanly is truly not there.
            let broken = found.iter().any(|line| line.contains("[invalid-yaml]"));
            assert!(!broken || elsewhere.is_empty(), "{path} cut at {at}: {found:#?}");
        }
    }
}

#[test]
fn what_follows_from_a_file_that_cannot_be_read_is_not_told() {
    let own = |line: &String| RULES.iter().any(|rule| line.contains(&format!("[{}]", rule.info.id)));
    let reading =
        |line: &String| crate::syntax::RULES.iter().any(|rule| line.contains(&format!("[{}]", rule.id)));
    for path in ["index.jigx", "jigs/visit.jigx", "functions/fetch-prices.jigx", "databases/default.jigx"] {
        let text = text_of(path);
        for (n, gone) in text.lines().enumerate() {
            let rest = text.lines().enumerate().filter(|(other, _)| *other != n).map(|(_, line)| line);
            let found = lint_with(path, rest.collect::<Vec<_>>().join("\n"));
            let consequences = found.iter().filter(|line| own(line)).count();
            assert!(
                consequences == 0 || !found.iter().any(reading),
                "{path} without line {}, `{gone}`: {found:#?}",
                n + 1
            );
        }
    }
}
