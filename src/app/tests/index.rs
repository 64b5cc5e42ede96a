//! Where ids are defined and used.

use super::stage::App;
use crate::action::UseKind;
use crate::app::DefinedBy;

fn app() -> App {
    App::new(&[
        (
            "index.jigx",
            "title: T
tabs: { home: { jigId: home, icon: x } }
onLoad:
  type: action.action-list
  condition: { all: [{ scope: { id: load, isNot: syncing } }, 'scope::age(\"other\", \"synced\") > 5'] }
  options:
    isSequential: true
    actions:
      - { type: action.start-sync-scope, instanceId: load, options: { instanceIds: [pull, =@ctx.nothing, detail] } }
      - type: action.sync-entities
        instanceId: pull
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/tasks, { entity: crm/people }]
      - { type: action.execute-action, options: { action: refresh } }
",
        ),
        (
            "jigs/home.jigx",
            "title: H
type: jig.default
datasources:
  detail:
    type: datasource.sqlite
    options: { provider: DATA_PROVIDER_REST, entities: [{ entity: d, function: get-d }, default/tasks], query: 'SELECT id FROM [d]' }
  again: { type: datasource.reference, datasourceId: all }
onRefresh: { type: action.delete-sync-scope, options: { id: load } }
children:
  - type: component.button
    options: { onPress: { type: action.go-to, options: { linkTo: detail-jig } } }
",
        ),
        ("actions/refresh.jigx", "action: { type: action.delete-sync-status, options: { id: '7' } }\n"),
        ("functions/get-d.jigx", "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\n"),
        ("datasources/all.jigx", "type: datasource.static\noptions: { data: [] }\n"),
        ("databases/default.jigx", "tables: { tasks: null }\n"),
        ("databases/crm.jigx", "tables: { people: null }\n"),
    ])
}

/// `id = how @ place`, in order of id.
fn definitions(kind: UseKind) -> Vec<String> {
    let app = app();
    let all = app.loaded.project.index.all(kind);
    let places = all.flat_map(|(id, places)| places.iter().map(move |place| (id, place)));
    let told = places.map(|(id, place)| {
        let text = app.text(place.span);
        let text = text.lines().next().unwrap_or_default();
        let shown =
            if place.by == DefinedBy::File { app.path(place.span.file).to_owned() } else { text.to_owned() };
        format!("{id} = {:?} @ {shown}", place.by)
    });
    told.collect()
}

/// `id @ place in screen`, in order of the app.
fn uses(kind: UseKind) -> Vec<String> {
    let app = app();
    let used = app.loaded.project.index.references().filter(|used| used.kind == kind);
    used.map(|used| format!("{} @ {} in {:?}", used.id, app.text(used.span), used.screen.as_deref()))
        .collect()
}

#[test]
fn scopes_and_members_are_defined_by_instance_ids_and_datasources_that_fetch() {
    assert_eq!(definitions(UseKind::Scope), ["load = InstanceId @ index.jigx:load"]);
    let members = definitions(UseKind::Member);
    assert_eq!(members.len(), 2);
    assert!(members[0].starts_with("detail = LocalDatasource @ jigs/home.jigx:"), "{members:?}");
    assert_eq!(members[1], "pull = InstanceId @ index.jigx:pull");
}

#[test]
fn files_and_tables_are_definitions() {
    assert_eq!(definitions(UseKind::Jig), ["home = File @ jigs/home.jigx"]);
    assert_eq!(definitions(UseKind::Action), ["refresh = File @ actions/refresh.jigx"]);
    assert_eq!(definitions(UseKind::Function), ["get-d = File @ functions/get-d.jigx"]);
    let tables = [
        "crm/people = Table @ databases/crm.jigx:people",
        "default/tasks = Table @ databases/default.jigx:tasks",
    ];
    assert_eq!(definitions(UseKind::Table), tables);
    let datasources = definitions(UseKind::Datasource);
    assert_eq!(datasources.len(), 3, "{datasources:?}");
}

#[test]
fn uses_have_their_places_and_screens() {
    assert_eq!(
        uses(UseKind::Member),
        ["pull @ index.jigx:pull in Some(\"\")", "detail @ index.jigx:detail in Some(\"\")"]
    );
    assert_eq!(uses(UseKind::Function), ["get-d @ jigs/home.jigx:get-d in Some(\"home\")"]);
    assert_eq!(uses(UseKind::Action), ["refresh @ index.jigx:refresh in Some(\"\")"]);
    assert_eq!(uses(UseKind::StatusRow), ["7 @ actions/refresh.jigx:'7' in None"]);
    assert_eq!(uses(UseKind::Datasource), ["all @ jigs/home.jigx:all in Some(\"home\")"]);
    assert_eq!(
        uses(UseKind::Jig),
        ["home @ index.jigx:home in Some(\"\")", "detail-jig @ jigs/home.jigx:detail-jig in Some(\"home\")"]
    );
    let tables = [
        "default/tasks @ index.jigx:default/tasks in Some(\"\")",
        "crm/people @ index.jigx:crm/people in Some(\"\")",
        "default/tasks @ jigs/home.jigx:default/tasks in Some(\"home\")",
    ];
    assert_eq!(uses(UseKind::Table), tables);
}

#[test]
fn scopes_are_used_by_conditions_and_deletions() {
    let expected = [
        "load @ index.jigx:load in Some(\"\")",
        "other @ index.jigx:other in Some(\"\")",
        "load @ jigs/home.jigx:load in Some(\"home\")",
    ];
    let found = uses(UseKind::Scope);
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!((&found[0], &found[2]), (&expected[0].to_owned(), &expected[2].to_owned()));
    assert!(found[1].starts_with("other @ index.jigx:"), "{found:?}");
}

#[test]
fn actions_are_found_by_instance_id_in_the_whole_app() {
    let app = app();
    let (placed, action) = app.loaded.project.action_with_instance_id("pull").unwrap();
    assert_eq!(
        (placed.action.pointer.as_str(), action.pointer.as_str()),
        ("/onLoad", "/onLoad/options/actions/1")
    );
    assert!(app.loaded.project.action_with_instance_id("nobody").is_none());
}

#[test]
fn tables_with_a_database_are_dynamic() {
    let app = app();
    let is_dynamic = |table: &str| app.loaded.project.is_dynamic(table);
    assert!(is_dynamic("default/x") && is_dynamic("crm/x"));
    assert!(!is_dynamic("tasks") && !is_dynamic("local/books"));
    assert_eq!(app.loaded.project.dynamic_tables().collect::<Vec<_>>(), ["crm/people", "default/tasks"]);
}

#[test]
fn children_of_tabs_offer_actions_to_others() {
    let app = App::new(&[
        ("index.jigx", "title: T\n"),
        (
            "jigs/tabs.jigx",
            "title: T
type: jig.tabs
children:
  - type: component.jig
    jigId: one
    actions: { next~1: { type: action.set-active-tab, options: { id: two } } }
",
        ),
    ]);
    let tabs = &app.loaded.project.jigs["tabs"];
    assert_eq!(tabs.actions[0].callback().as_deref(), Some("next~1"));
    assert!(tabs.callback("next~1").is_some() && tabs.callback("0").is_none());
    let places = app.loaded.project.index.definitions(UseKind::Action, "next~1");
    assert_eq!(places.iter().map(|place| place.by).collect::<Vec<_>>(), [DefinedBy::Callback]);
}
