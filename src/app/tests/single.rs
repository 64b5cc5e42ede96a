//! Apps in one file, as generators write them.

use super::stage::App;
use crate::action::UseKind;

const YAML: &str = "name: one
title: One
onLoad: { type: action.execute-action, options: { action: load } }
onTableChanged:
  - { table: tasks, action: { type: action.go-back } }
state: { region: { initialValue: north } }
jigs:
  home: { title: H, type: jig.default, onFocus: { type: action.go-back } }
actions:
  load: { action: { type: action.sync-entities, instanceId: pull, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: tasks, function: get }] } } }
functions:
  get: { provider: DATA_PROVIDER_REST, method: GET, url: https://example.com }
datasources:
  all: { type: datasource.static, options: { data: [] } }
databases:
  default: { tables: { tasks: null } }
components:
  card: { type: component.default, children: [{ type: component.button, options: { onPress: { type: action.go-back } } }] }
translations:
  en: { hello: Hello }
scripts:
  expressions: { helper.js: 'export const f = () => \"=not an expression\"', other: 'x' }
";

#[test]
fn every_section_is_read() {
    let app = App::single("app.yaml", YAML);
    assert_eq!(app.found(), [""; 0]);
    let project = &app.loaded.project;
    assert_eq!(project.name, "one");
    let ids = [
        project.jigs.keys().collect::<Vec<_>>(),
        project.actions.keys().collect(),
        project.functions.keys().collect(),
        project.datasources.keys().collect(),
        project.databases.keys().collect(),
        project.components.keys().collect(),
    ];
    assert_eq!(ids, [["home"], ["load"], ["get"], ["all"], ["default"], ["card"]]);
    assert_eq!(project.scripts.keys().collect::<Vec<_>>(), ["helper", "other"]);
    assert_eq!(project.home.events(), ["onLoad", "onTableChanged"]);
    assert_eq!(
        project.home.on("onTableChanged").next().and_then(|placed| placed.table.as_deref()),
        Some("tasks")
    );
    assert!(project.home.state.contains_key("region"));
}

#[test]
fn pointers_name_the_place_in_the_whole_file() {
    let app = App::single("app.yaml", YAML);
    let project = &app.loaded.project;
    assert_eq!(project.actions["load"].placed.action.pointer, "/actions/load/action");
    assert_eq!(project.jigs["home"].actions[0].action.pointer, "/jigs/home/onFocus");
    assert_eq!(project.jigs["home"].events(), ["onFocus"]);
    let root = &app.loaded.sources[0].tree.root;
    for placed in project.root_actions() {
        placed.action.visit(&mut |action| {
            let node = root.at(&action.pointer).unwrap();
            assert_eq!(node.span, action.span, "{}", action.pointer);
        });
    }
}

#[test]
fn nothing_of_a_section_counts_as_part_of_the_index() {
    let app = App::single("app.yaml", YAML);
    let home = &app.loaded.project.home;
    assert_eq!(home.actions.len(), 2, "those of the index only");
    assert!(home.datasources.is_empty() && home.expressions.is_empty());
    let members = app.loaded.project.index.definitions(UseKind::Member, "pull");
    assert_eq!(members.len(), 1, "found once");
}

#[test]
fn the_index_may_have_a_section_of_its_own() {
    let app = App::single(
        "app.json",
        r#"{"index": {"name": "inner", "onLoad": {"type": "action.go-back"}}, "jigs": {}}"#,
    );
    let project = &app.loaded.project;
    assert_eq!((project.name.as_str(), project.home.events()), ("inner", vec!["onLoad"]));
    assert_eq!(project.home.actions[0].action.pointer, "/index/onLoad");
}

#[test]
fn settings_may_lie_beside_the_file() {
    let dir = super::stage::folder(&[("app.yaml", YAML), ("syncscope.yaml", "database: x.db\n")]);
    let apps = crate::app::discover(&[dir.path().join("app.yaml")], dir.path()).unwrap();
    let mut files = crate::diag::Files::new();
    let inputs =
        crate::app::Inputs { app: &apps[0], overlay: std::collections::BTreeMap::new(), env: &|_| None };
    let loaded = crate::app::load(&inputs, &mut files).unwrap();
    assert!(loaded.project.settings.database.ends_with("x.db"));
}

#[test]
fn sections_of_the_wrong_kind_do_no_harm() {
    for text in [
        "jigs: []\n",
        "jigs: 5\nactions: { a: 1, b: null }\n",
        "functions: { f: [1] }\n",
        "index: x\njigs: {}\n",
    ] {
        let app = App::single("app.yaml", text);
        assert!(app.loaded.project.jigs.is_empty(), "{text}");
    }
}
