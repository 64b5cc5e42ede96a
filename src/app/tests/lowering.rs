//! What a folder app comes to.

use serde_json::json;

use super::stage::App;
use crate::app::{DefinedBy, Origin, Placed};
use crate::expr::Template;

const INDEX: (&str, &str) = ("index.jigx", "title: T\n");

fn app(path: &str, text: &str) -> App {
    App::new(&[INDEX, (path, text)])
}

/// `event pointer type` of actions that are not inside others.
fn placed<'a>(actions: impl Iterator<Item = &'a Placed>) -> Vec<String> {
    let words = |placed: &Placed| {
        let event = placed.event.as_deref().unwrap_or("-");
        format!(
            "{event} {} {}",
            placed.action.pointer,
            placed.action.type_name.value.trim_start_matches("action.")
        )
    };
    actions.map(words).collect()
}

/// Pointers of an action and all inside it.
fn inside(placed: &Placed) -> Vec<String> {
    let mut pointers = Vec::new();
    placed.action.visit(&mut |action| pointers.push(action.pointer.clone()));
    pointers
}

#[test]
fn actions_are_found_wherever_they_stand_and_events_only_at_the_top() {
    let app = app(
        "jigs/home.jigx",
        "title: J
type: jig.default
onFocus: { type: action.go-back }
onlooker: { type: action.go-back }
header:
  type: component.jig-header
  options: { actions: [{ type: action.go-back }] }
children:
  - type: component.list
    options:
      item:
        type: component.list-item
        options:
          onPress: { type: action.go-back }
          swipeable: { left: [{ label: x, onPress: { type: action.go-back } }] }
actions:
  - numberOfVisibleActions: 1
    children: [{ type: action.go-back }, { type: action.action-list, options: { actions: [{ type: action.go-back }] } }]
",
    );
    let home = &app.loaded.project.jigs["home"];
    let expected = [
        "onFocus /onFocus go-back",
        "- /onlooker go-back",
        "- /header/options/actions/0 go-back",
        "- /children/0/options/item/options/onPress go-back",
        "- /children/0/options/item/options/swipeable/left/0/onPress go-back",
        "- /actions/0/children/0 go-back",
        "- /actions/0/children/1 action-list",
    ];
    assert_eq!(placed(home.actions.iter()), expected);
    assert_eq!(home.events(), ["onFocus"]);
}

#[test]
fn actions_in_places_where_a_type_runs_none_are_found_too() {
    let app = app(
        "actions/a.jigx",
        "action:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: t
    method: create
    data: {}
    onSuccess:
      title: Saved
      actions:
        - type: action.action-list
          options: { actions: [{ type: action.go-back }] }
        - { type: action.confirm, options: { modal: { title: x }, onConfirmed: { type: action.go-back } } }
",
    );
    let base = "/action/options/onSuccess/actions";
    let expected = [
        "/action".to_owned(),
        format!("{base}/0"),
        format!("{base}/0/options/actions/0"),
        format!("{base}/1"),
        format!("{base}/1/options/onConfirmed"),
    ];
    assert_eq!(inside(&app.loaded.project.actions["a"].placed), expected);
}

#[test]
fn each_action_is_found_once() {
    let app = app(
        "actions/a.jigx",
        "action:
  type: action.action-list
  options:
    actions:
      - { type: action.info-modal, options: { modal: { title: x }, onConfirmed: { type: action.go-back } } }
      - { type: action.show-alert, options: { title: x, actions: [{ type: action.go-back }] } }
      - type: action.execute-entity
        options: { provider: DATA_PROVIDER_LOCAL, entity: t, method: create, data: {}, onSuccess: { type: action.go-back } }
",
    );
    let found = inside(&app.loaded.project.actions["a"].placed);
    let unique: std::collections::BTreeSet<&String> = found.iter().collect();
    assert_eq!((found.len(), unique.len()), (7, 7), "{found:?}");
}

#[test]
fn table_handlers_know_their_table() {
    let text = "title: T
onTableChanged:
  - { table: tasks, action: { type: action.go-back } }
  - { table: default/x, action: { type: action.action-list, options: { actions: [] } } }
";
    let app = App::new(&[("index.jigx", text)]);
    let tables: Vec<Option<&str>> =
        app.loaded.project.home.on("onTableChanged").map(|placed| placed.table.as_deref()).collect();
    assert_eq!(tables, [Some("tasks"), Some("default/x")]);
}

#[test]
fn mistakes_in_expressions_have_their_exact_places_in_every_notation() {
    let cases = [
        ("title: =1 +* 2\ntype: jig.default\n", "2"),
        ("title: '=''a'' == 1'\ntype: jig.default\n", "=="),
        ("title: \"=\\\"\\u00e4\\\" == 1\"\ntype: jig.default\n", "=="),
        ("title: |\n  =@ctx.user.email\n    == 1\ntype: jig.default\n", "=="),
        ("title: >-\n  =@ctx.user.email\n  == 1\ntype: jig.default\n", "=="),
    ];
    for (text, wrong) in cases {
        let app = app("jigs/a.jigx", text);
        let found = app.found();
        let expected = format!("@ jigs/a.jigx:{wrong}");
        let syntax: Vec<_> = found.iter().filter(|found| found.starts_with("expression-syntax")).collect();
        assert!(syntax.len() == 1 && syntax[0].ends_with(&expected), "{text}: {found:?}");
    }
}

#[test]
fn a_comment_that_closes_the_brackets_of_an_expression_is_a_part_of_it() {
    let rules = |title: &str| {
        let found = app("jigs/a.jigx", &format!("title: {title}\ntype: jig.default\n")).found();
        found.iter().map(|found| found.split(':').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(rules("=$formatNumber(@ctx.user.email, #0)"), ["comment-cuts-expression"]);
    assert_eq!(rules("=$f('a', [1, #0]) # why"), ["comment-cuts-expression"]);
    assert_eq!(rules("=$f('a #b', #0)"), ["comment-cuts-expression"]);
    assert!(rules("=$uppercase('a' # to do").iter().all(|rule| rule == "expression-syntax"));
    assert!(rules("=1 +* 2 # (why)").iter().all(|rule| rule == "expression-syntax"));
    assert!(rules("=$uppercase('a') # (why)").is_empty());
}

#[test]
fn what_stands_behind_an_anchor_is_told_once() {
    let app = app(
        "jigs/a.jigx",
        "title: J
type: jig.default
onFocus: &act
  type: action.evaluate
  instanceId: x
  options: { value: =1 +* 2 }
onRefresh: *act
",
    );
    assert_eq!(app.found().len(), 1, "{:?}", app.found());
    let jig = &app.loaded.project.jigs["a"];
    assert_eq!(placed(jig.actions.iter()), ["onFocus /onFocus evaluate", "onRefresh /onRefresh evaluate"]);
}

#[test]
fn transforms_are_expressions_with_and_without_the_equals_sign() {
    let function = |transform: &str| {
        let text = format!(
            "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\noutputTransform: {transform}\nrecords: =items\n"
        );
        app("functions/f.jigx", &text)
    };
    for transform in ["$.items", "=$.items"] {
        let app = function(transform);
        assert_eq!(app.found(), [""; 0]);
        let function = &app.loaded.project.functions["f"];
        assert!(function.output_transform.is_some() && function.records.is_some());
        assert_eq!(function.expressions.len(), 2, "each once");
    }
    let broken = function("$.items[").found();
    assert!(broken.len() == 1 && broken[0].starts_with("expression-syntax"), "{broken:?}");
}

#[test]
fn functions_go_by_their_id_or_their_file() {
    let function =
        |id: &str| format!("provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\n{id}");
    let (a, b, c) = (function(""), function("functionId: a\n"), function("functionId: other\n"));
    let app =
        App::new(&[INDEX, ("functions/a.jigx", &a), ("functions/b.jigx", &b), ("functions/c.jigx", &c)]);
    let ids: Vec<&String> = app.loaded.project.functions.keys().collect();
    assert_eq!(ids, ["a", "other"]);
    assert_eq!(app.loaded.project.functions["a"].method, "GET");
    let expected =
        "duplicate-file-id: `a` is the id of two functions, and only the first is used @ functions/b.jigx:";
    assert_eq!(app.found(), [expected]);
}

#[test]
fn two_files_of_one_kind_and_name_are_a_mistake_and_of_two_kinds_none() {
    let jig = "title: J\ntype: jig.default\n";
    let app = App::new(&[
        INDEX,
        ("jigs/a/x.jigx", jig),
        ("jigs/b/x.yaml", jig),
        ("actions/x.jigx", "action: { type: action.go-back }\n"),
    ]);
    let expected =
        "duplicate-file-id: `x` is the id of two files, and only the first is used @ jigs/b/x.yaml:";
    assert_eq!(app.found(), [expected]);
    let label = &app.loaded.diagnostics().next().unwrap().labels[0];
    assert_eq!(
        (app.text(label.span).as_str(), label.message.as_str()),
        ("jigs/a/x.jigx:", "the file that is used")
    );
}

#[test]
fn datasources_of_a_screen_come_before_those_of_its_widgets() {
    let data = |text: &str| format!("{{ type: datasource.static, options: {{ data: [{{ x: {text} }}] }} }}");
    let text = format!(
        "title: J
type: jig.default
widgets:
  w:
    datasources: {{ a: {}, b: {} }}
datasources:
  a: {}
  c: {{ datasourceId: global }}
",
        data("widget"),
        data("widget"),
        data("jig")
    );
    let app = app("jigs/j.jigx", &text);
    let datasources = &app.loaded.project.jigs["j"].datasources;
    assert_eq!(datasources.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
    let of = |id: &str| match &datasources[id].origin {
        Origin::Static(Template::Literal(data)) => data[0]["x"].clone(),
        Origin::Reference { id, .. } => json!(id.value),
        other => panic!("{other:?}"),
    };
    assert_eq!((of("a"), of("b"), of("c")), (json!("jig"), json!("widget"), json!("global")));
}

#[test]
fn queries_know_their_tables_parameters_and_columns() {
    let app = app(
        "datasources/d.jigx",
        "type: datasource.sqlite
options:
  provider: DATA_PROVIDER_REST
  entities: [a, { entity: b, function: get-b }]
  query: SELECT id FROM [a] WHERE x = @x
  queryParameters: { '@x': =1, y: 2 }
  jsonProperties: [image, \"'$.data'\"]
  isDocument: true
  rewriteQuery: false
",
    );
    let Origin::Sqlite(sqlite) = &app.loaded.project.datasources["d"].origin else { panic!() };
    let entities: Vec<(&str, Option<&str>)> = sqlite
        .entities
        .iter()
        .map(|entity| (entity.entity.value.as_str(), entity.function.as_ref().map(|f| f.value.as_str())))
        .collect();
    assert_eq!(entities, [("a", None), ("b", Some("get-b"))]);
    let names: Vec<&str> = sqlite.parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        (names, &sqlite.json_properties[..]),
        (vec!["x", "y"], &["image".to_owned(), "data".to_owned()][..])
    );
    assert!(sqlite.document && !sqlite.rewrite);
    let member = app.loaded.project.index.definitions(crate::action::UseKind::Member, "d");
    assert_eq!(member.iter().map(|place| place.by).collect::<Vec<_>>(), [DefinedBy::LocalDatasource]);
}

#[test]
fn shared_expressions_and_state_are_read_with_their_values() {
    let text = "title: T
expressions: { sum: '=1 + 2', pi: 3.14, text: hello, list: [1, x], broken: '=1 +' }
state: { a: { initialValue: =1 }, b: { initialValue: [1] }, c: }
";
    let app = App::new(&[("index.jigx", text)]);
    let home = &app.loaded.project.home;
    let shown: Vec<(&str, &str)> =
        home.shared.iter().map(|(name, expression)| (name.as_str(), expression.text())).collect();
    assert_eq!(shown, [("list", "[1,\"x\"]"), ("pi", "3.14"), ("sum", "=1 + 2"), ("text", "\"hello\"")]);
    assert_eq!(home.shared_places.len(), 5);
    let literal = |key: &str| matches!(&home.state[key], Template::Literal(_));
    assert_eq!((literal("a"), literal("b"), literal("c")), (false, true, true));
}

#[test]
fn declarations_of_inputs_and_parameters_are_read() {
    let app = App::new(&[
        INDEX,
        (
            "jigs/j.jigx",
            "title: J\ntype: jig.default\ninputs: { id: { type: string, required: true }, n: { type: number, default: 5 } }\n",
        ),
        (
            "actions/a.jigx",
            "action: { type: action.go-back }\nparameters: { p: { type: object, value: { x: 1 } }, q: }\n",
        ),
    ]);
    let inputs = &app.loaded.project.jigs["j"].inputs;
    assert!(inputs["id"].required && inputs["id"].default.is_none());
    assert_eq!((inputs["n"].required, inputs["n"].default.clone()), (false, Some(json!(5))));
    assert_eq!(app.text(inputs["n"].span), "jigs/j.jigx:n");
    let parameters = &app.loaded.project.actions["a"].parameters;
    assert_eq!(parameters["p"].default, Some(json!({"x": 1})));
    assert_eq!(parameters["q"].default, None);
}

#[test]
fn the_name_of_an_app_is_in_its_index_or_its_folder() {
    let named = App::new(&[("index.jigx", "name: sales\ntitle: T\n")]);
    assert_eq!(named.loaded.project.name, "sales");
    let unnamed = App::new(&[INDEX]);
    assert_eq!(unnamed.loaded.project.name, unnamed.dir.path().file_name().unwrap().to_string_lossy());
}

#[test]
fn a_place_in_an_expression_is_a_place_in_the_file() {
    let app = app("jigs/a.jigx", "title: \"=@ctx.user.em\\u0061il\"\ntype: jig.default\n");
    let found = &app.loaded.project.jigs["a"].expressions[0];
    let source = app.loaded.sources.iter().find(|source| source.id == "a").unwrap();
    let path = &found.expression.references().paths[0];
    let last = path.segments.last().unwrap().range.clone();
    assert_eq!(app.text(source.place(found.span, last, &app.files)), "jigs/a.jigx:em\\u0061il");
}
