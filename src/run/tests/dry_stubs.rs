//! Plans that go on where stubs answer: on a copy, so that nothing changes for real.

use std::sync::Arc;

use serde_json::{Value, json};

use super::stage::{App, Stage};
use crate::action::ProviderKind;
use crate::run::provider::testing::NoWait;
use crate::run::provider::{Http, HttpOptions, Rest, RestOptions};
use crate::run::{Clock, Planned, PlannedAction, RunError, SettingsCredentials, Stubs, Trigger, Verdicts};

const GET: (&str, &str) = (
    "functions/get.jigx",
    "provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
outputTransform: '$.items.{ \"id\": code, \"open\": open }'
continuation:
  when: =$.next
  url: https://example.com/more
",
);
const SPREAD: (&str, &str) = (
    "functions/spread.jigx",
    "provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/orders
outputTransform: $
operations:
  - { type: operation.delete-insert, table: orders, records: =$.orders }
  - { type: operation.upsert-merge, table: lines, records: =$.orders.lines }
  - { type: operation.execute-sql, tables: [orders, totals], statements: [{ statement: 'DELETE FROM [orders] WHERE id = 0' }] }
",
);
const GUARDED: (&str, &str) = (
    "functions/guarded.jigx",
    "provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/x
guard: { function: may, result: =@ctx.guard.output.yes }
",
);
const MAY: (&str, &str) =
    ("functions/may.jigx", "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com/may\n");
const TASKS: (&str, &str) = (
    "datasources/tasks.jigx",
    "type: datasource.sqlite
options: { provider: DATA_PROVIDER_LOCAL, entities: [tasks], query: \"SELECT id, '$.open' AS open FROM [tasks]\" }
",
);
const SCOPE: &str = "{ type: action.start-sync-scope, instanceId: load, options: { instanceIds: [pull] } }";

fn sync(function: &str) -> String {
    format!(
        "{{ type: action.sync-entities, instanceId: pull, options: {{ provider: DATA_PROVIDER_REST, entities: [{{ entity: tasks, function: {function} }}] }} }}"
    )
}

fn list(actions: &[&str]) -> App {
    let items: String = actions.iter().map(|action| format!("      - {action}\n")).collect();
    let index = format!(
        "title: T\nonLoad:\n  type: action.action-list\n  options:\n    isSequential: true\n    actions:\n{items}"
    );
    App::with_mistakes(&[("index.jigx", &index), GET, SPREAD, GUARDED, MAY, TASKS])
}

fn try_plan(app: &App, stubs: &Value) -> Result<Planned, RunError> {
    let stubs = Stubs::parse(stubs).unwrap();
    let mut stage = Stage::new(app);
    let pace = Arc::new(NoWait::default());
    let http = Http::new(&HttpOptions { pace, ..HttpOptions::default() });
    let clock = Arc::clone(&stage.clock) as Arc<dyn Clock>;
    let mut options = RestOptions::new(http, Arc::new(SettingsCredentials::default()), clock);
    options.answers = Some(stubs.answers());
    stage.providers = stage.providers.clone().with(ProviderKind::Rest, Arc::new(Rest::new(options)));
    let trigger = Trigger::Event { name: "onLoad".to_owned(), jig: None };
    let planned = stage.engine().plan_with(&trigger, &stubs);
    assert_eq!(stage.count("tasks"), 0, "nothing is written");
    assert!(stage.store.statuses().unwrap().is_empty() && stage.scope("load") == "none");
    assert!(stage.lines().is_empty(), "nothing is told");
    planned
}

fn plan(app: &App, stubs: &Value) -> Vec<PlannedAction> {
    try_plan(app, stubs).unwrap().actions.remove(0).actions
}

fn verdicts(actions: &[PlannedAction]) -> Vec<Verdicts> {
    actions.iter().map(|action| action.verdict).collect()
}

#[test]
fn what_stubs_answer_is_known_further_down() {
    let app = list(&[
        SCOPE,
        &sync("get"),
        "{ type: action.go-back, when: =$count(@ctx.datasources.tasks) = 3 }",
        "{ type: action.go-back, when: \"=@ctx.datasources.tasks[id = 'b'].open = 1\" }",
        "{ type: action.go-back, condition: { scope: { id: load, is: synced } } }",
        "{ type: action.go-back, condition: { status: { entity: tasks, is: failed } } }",
        "{ type: action.go-back, when: =@ctx.actions.pull.state.isSuccess }",
    ]);
    let pages = json!([
        {"items": [{"code": "a", "open": false}, {"code": "b", "open": true}], "next": true},
        {"items": [{"code": "c", "open": false}], "next": true}
    ]);
    let actions = plan(&app, &json!({"functions": {"get": {"pages": pages}}}));
    use Verdicts::{Run, Skip};
    assert_eq!(verdicts(&actions), [Run, Run, Run, Run, Run, Skip, Run], "{actions:#?}");
    assert!(actions.iter().all(|action| action.unknown.is_empty()));
}

#[test]
fn what_they_do_not_answer_stays_unknown() {
    let later = "{ type: action.go-back, when: =$count(@ctx.datasources.tasks) = 3 }";
    for (function, stubs) in [
        ("get", json!({})),
        // A guard that cannot be asked says neither yes nor no.
        ("guarded", json!({"functions": {"guarded": []}})),
    ] {
        let actions = plan(&list(&[SCOPE, &sync(function), later]), &stubs);
        let unanswered = if function == "get" { "get" } else { "may" };
        let message = format!("there is no answer given for the function `{unanswered}`");
        assert_eq!(actions[1].unknown, [message]);
        assert_eq!(actions[2].verdict, Verdicts::Unknown);
    }
    let guarded = json!({"functions": {"guarded": [{"id": 1}], "may": {"yes": true}}});
    let actions = plan(&list(&[SCOPE, &sync("guarded"), later]), &guarded);
    assert_eq!(actions[2].verdict, Verdicts::Skip);
}

#[test]
fn a_refusal_is_planned_as_one() {
    let app = list(&[
        SCOPE,
        &sync("get"),
        "{ type: action.go-back, condition: { scope: { id: load, is: failed } } }",
    ]);
    let actions = plan(&app, &json!({"functions": {"get": {"status": 404, "body": {"message": "gone"}}}}));
    assert_eq!(verdicts(&actions), [Verdicts::Run, Verdicts::Error, Verdicts::Run]);
    assert!(actions[1].why.as_ref().unwrap().contains("was answered with 404"), "{actions:#?}");
}

#[test]
fn tables_and_screens_answer_too() {
    let app = list(&[
        "{ type: action.sync-entities, instanceId: pull, options: { provider: DATA_PROVIDER_DYNAMIC, entities: [tasks] } }",
        "{ type: action.open-media-picker, instanceId: pick, options: { mediaType: image } }",
        "{ type: action.go-back, when: \"=$count(@ctx.datasources.tasks) = 1 and @ctx.actions.pick.outputs.newItems[0].uri = 'a.jpg'\" }",
    ]);
    let stubs = json!({
        "tables": {"tasks": [{"id": "x"}]},
        "actions": {"pick": {"newItems": [{"uri": "a.jpg"}]}}
    });
    assert_eq!(verdicts(&plan(&app, &stubs)), [Verdicts::Run; 3]);
    assert_eq!(plan(&app, &json!({}))[2].verdict, Verdicts::Unknown);
}

#[test]
fn a_function_that_the_app_does_not_have_is_refused() {
    let error = try_plan(&list(&[]), &json!({"functions": {"gett": []}})).unwrap_err();
    assert_eq!(error.to_string(), "this app has no function `gett`");
}

#[test]
fn tables_that_operations_write_are_shown_and_unknown_further_down() {
    let app = list(&[
        &sync("spread"),
        "{ type: action.execute-sql, options: { entities: [lines], statements: [{ statement: DELETE FROM lines }] } }",
    ]);
    let actions = Stage::new(&app).plan("onLoad").actions.remove(0).actions;
    let effect = "fetches `tasks` from DATA_PROVIDER_REST, writes `lines`, `orders`, `totals`";
    assert_eq!(actions[0].effect.as_deref(), Some(effect));
    let writes = json!({
        "orders": "delete-insert, execute-sql", "lines": "upsert-merge", "totals": "execute-sql"
    });
    assert_eq!(actions[0].options[0]["writes"], writes);
    let stubs = json!({"functions": {"spread": {"orders": [{"id": "1", "lines": [{"id": "l"}]}]}}});
    assert_eq!(verdicts(&plan(&app, &stubs)), [Verdicts::Run; 2]);
}

#[test]
fn a_toast_after_a_success_is_an_effect() {
    let app = list(&[
        "{ type: action.execute-entity, options: { provider: DATA_PROVIDER_LOCAL, entity: t, method: create, data: { id: '1' }, onSuccess: { title: =\"Saved \" & 1, description: Well done } } }",
        "{ type: action.evaluate, instanceId: e, options: { value: =$error('no'), onSuccess: { title: Never } } }",
    ]);
    let actions = plan(&app, &json!({}));
    let toast = &actions[0].actions[0];
    let told = json!({"title": "Saved 1", "description": "Well done"});
    assert_eq!((toast.type_name.as_str(), &toast.options), ("toast", &told));
    assert!(toast.path.ends_with("/options/onSuccess"), "{}", toast.path);
    let stage = Stage::new(&app);
    stage.on("onLoad");
    let effects = stage.lines_of(&["effect"]);
    assert_eq!(effects, [format!("effect toast {told}")]);
}
