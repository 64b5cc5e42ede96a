//! Writes and the queue, against the development back end.

use std::sync::Arc;

use serde_json::{Value, json};

use super::stage::{App, Stage};
use crate::action::ProviderKind;
use crate::run::provider::testing::{NoWait, loopback};
use crate::run::provider::{Dynamic, DynamicOptions, Http, HttpOptions};
use crate::run::{Network, Outcome};
use crate::serve::{Options, Planned, Server, Table};
use crate::store::{Dialect, Parameters, Query};

/// A back end with one task, which these mishaps befall.
pub(super) fn server(faults: &[&str]) -> Server {
    let tables = vec![Table::from_rows("tasks", [r#"{"id":"1","title":"one","done":false}"#]).unwrap()];
    let planned = faults.iter().map(|fault| fault.parse::<Planned>().unwrap()).collect();
    Server::start(&Options { tables, planned, ..Options::default() }).unwrap()
}

/// A function that sends the title and whatever else it is given.
fn function(method: &str, url: &str, more: &str) -> String {
    format!(
        "provider: DATA_PROVIDER_REST
method: {method}
url: {url}
parameters:
  id: {{ type: string, location: {}, required: {} }}
  title: {{ type: string, location: body, required: false }}
  parent: {{ type: string, location: body, required: false }}
{more}",
        if url.contains("{id}") { "path" } else { "output" },
        url.contains("{id}"),
    )
}

/// Keeps a row here and another one in a table of Dynamic Data.
const SPREAD: &str = "operations:
  - { type: operation.upsert-merge }
  - type: operation.upsert-merge
    table: default/tasks
    records: '=[{ \"id\": \"n1\", \"title\": \"made by a fetch\" }]'
";

/// An app with one global action for each of these, `name: options`.
pub(super) fn app(server: &Server, actions: &[(&str, &str)], more: &str) -> App {
    let url = server.url();
    let all = format!("provider: DATA_PROVIDER_REST\nmethod: GET\nurl: {url}/tasks\n");
    let remove = "provider: DATA_PROVIDER_REST
method: DELETE
url: URL/tasks/{id}
parameters: { id: { type: string, location: path, required: true } }
"
    .replace("URL", &url);
    let mut files = vec![
        ("functions/create.jigx".to_owned(), function("POST", &format!("{url}/tasks"), "")),
        ("functions/change.jigx".to_owned(), function("PATCH", &format!("{url}/tasks/{{id}}"), "")),
        ("functions/remove.jigx".to_owned(), remove),
        ("functions/spread.jigx".to_owned(), format!("{all}{SPREAD}")),
        ("functions/all.jigx".to_owned(), all),
        ("databases/default.jigx".to_owned(), "databaseId: default\ntables: { tasks: null }\n".to_owned()),
    ];
    let index = "title: T
onRefresh:
  type: action.sync-entities
  options: { provider: DATA_PROVIDER_REST, entities: [{ entity: remote, function: all }] }
onFocus: { type: action.evaluate, options: { value: 1 } }
onAppActivated:
  type: action.sync-entities
  options: { provider: DATA_PROVIDER_REST, entities: [{ entity: remote, function: spread }] }
";
    files.push(("index.jigx".to_owned(), format!("{index}{more}")));
    for (name, options) in actions {
        let (kind, options) = options.split_once(' ').unwrap();
        let text = format!("action: {{ type: action.{kind}, instanceId: {name}, options: {options} }}\n");
        files.push((format!("actions/{name}.jigx"), text));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    App::with_mistakes(&files)
}

/// A stage with both ways to the back end, which never waits.
pub(super) fn stage<'a>(app: &'a App, server: &Server, retries: u32) -> Stage<'a> {
    let pace = Arc::new(NoWait::default());
    let http = HttpOptions { retries, allow: loopback(), pace, ..HttpOptions::default() };
    let settings = crate::app::DynamicSettings { url: Some(server.url()), ..Default::default() };
    let dynamic = Dynamic::new(DynamicOptions::from_settings(&settings, Http::new(&http)));
    let stage = Stage::new(app).real_rest(retries);
    Stage { providers: stage.providers.clone().with(ProviderKind::Dynamic, Arc::new(dynamic)), ..stage }
}

pub(super) fn rows(stage: &Stage<'_>, sql: &str) -> Vec<Value> {
    let mut query = Query::new(sql, &Dialect { shorthand: true, package: None });
    query.tables = vec!["tasks".to_owned(), "remote".to_owned(), "notes".to_owned()];
    let rows = stage.store.query(&query, &Parameters::new()).unwrap();
    rows.rows.into_iter().map(|row| Value::Array(row.into_iter().map(|(_, value)| value).collect())).collect()
}

/// What the back end holds: ids and titles.
pub(super) fn remote(stage: &Stage<'_>) -> Vec<Value> {
    stage.on("onRefresh");
    stage.lines();
    rows(stage, "SELECT id, '$.title' FROM remote ORDER BY id")
}

fn queue(stage: &Stage<'_>) -> Vec<Value> {
    rows(stage, "SELECT type, state, error FROM _commandQueue ORDER BY ordinal")
}

fn offline(stage: &mut Stage<'_>) {
    stage.options.network = Network::Offline;
}

fn online(stage: &mut Stage<'_>) {
    stage.options.network = Network::Online;
}

const CREATE: (&str, &str) = (
    "create",
    "execute-entity { provider: DATA_PROVIDER_REST, entity: tasks, method: create, function: create, data: { title: new } }",
);

#[test]
fn a_record_gets_its_id_from_the_answer() {
    let server = server(&[]);
    let app = app(&server, &[CREATE], "");
    let stage = stage(&app, &server, 0);
    assert_eq!(stage.act("create").outcome, Outcome::Ok);
    assert_eq!(
        stage.lines_of(&["command", "finished"]),
        [
            "command create tasks queued",
            "command create tasks processing",
            "command create tasks done",
            "finished execute-entity create ok"
        ]
    );
    let local = rows(&stage, "SELECT id, data FROM tasks");
    assert_eq!(local, [json!(["row-2", r#"{"title":"new","id":"row-2"}"#])]);
    assert_eq!(remote(&stage), [json!(["1", "one"]), json!(["row-2", "new"])]);
    assert!(queue(&stage).is_empty());
}

#[test]
fn offline_writes_wait_and_go_first_when_there_is_a_network() {
    let server = server(&[]);
    let app = app(&server, &[CREATE], "");
    let mut stage = stage(&app, &server, 0);
    offline(&mut stage);
    assert_eq!(stage.act("create").outcome, Outcome::Ok);
    let payload = "SELECT json_extract(payload, '$.functionId'), json_extract(payload, '$.parameters.title'),
        queue, type, state, error FROM _commandQueue";
    let waits = json!(["create", "new", "DATA_PROVIDER_REST", "create", "waiting", null]);
    assert_eq!(rows(&stage, payload), [waits]);
    let id = stage.value("SELECT id FROM tasks");
    assert_eq!(id, json!("_tmp_id-1_"));
    assert!(stage.plan("onFocus").queue.is_empty(), "without a network nothing is sent");
    online(&mut stage);
    let planned: Vec<_> =
        stage.plan("onFocus").queue.into_iter().map(|c| (c.kind, c.entity, c.record)).collect();
    assert_eq!(planned, [("create".to_owned(), "tasks".to_owned(), Some("_tmp_id-1_".to_owned()))]);
    stage.lines();
    stage.on("onFocus");
    let told = stage.lines_of(&["command", "started"]);
    assert_eq!(told, ["command create tasks processing", "command create tasks done", "started evaluate"]);
    assert_eq!(rows(&stage, "SELECT id FROM tasks"), [json!(["row-2"])]);
}

#[test]
fn what_names_a_temporary_id_waits_for_the_real_one() {
    let server = server(&["status-500@1:/tasks"]);
    let child =
        "execute-entity { provider: DATA_PROVIDER_REST, entity: notes, method: create, function: create,
        data: { title: child, parent: =@ctx.action.parameters.parent },
        parameters: { title: child, parent: =@ctx.action.parameters.parent } }";
    let retry = "retry-queue-command { id: =@ctx.action.parameters.ids }";
    let app = app(&server, &[CREATE, ("child", child), ("retry", retry)], "");
    let mut stage = stage(&app, &server, 0);
    offline(&mut stage);
    stage.act("create");
    stage.options.parameters.insert("parent".to_owned(), json!("_tmp_id-1_"));
    stage.act("child");
    online(&mut stage);
    assert_eq!(stage.on("onFocus").outcome, Outcome::Failed, "a write was refused");
    let states = rows(&stage, "SELECT id, state, code FROM _commandQueue ORDER BY ordinal");
    assert_eq!(states, [json!(["id-1", "failed", "http.500"]), json!(["id-2", "waiting", "queue.waits"])]);
    stage.options.parameters.insert("ids".to_owned(), json!(["id-1", "unknown"]));
    assert_eq!(stage.act("retry").outcome, Outcome::Ok);
    assert!(queue(&stage).is_empty(), "{:?}", queue(&stage));
    stage.on("onRefresh");
    let remote = rows(&stage, "SELECT id, '$.title', '$.parent' FROM remote ORDER BY id");
    // The failed try did its work too: it is in `status-500` that the answer is lost.
    assert_eq!(remote.last().unwrap()[1], json!("child"));
    let parent = stage.value("SELECT id FROM tasks");
    assert_eq!(remote.last().unwrap()[2], parent);
    // Who comes later with the old id means the record too.
    stage.act("child");
    stage.on("onRefresh");
    let late = rows(&stage, "SELECT '$.parent' FROM remote ORDER BY id");
    assert_eq!(late.last().unwrap()[0], parent);
}

#[test]
fn replace_takes_the_place_of_queued_commands_and_delete_of_all() {
    let server = server(&[]);
    let change = |operation: &str| {
        format!(
            "execute-entity {{ provider: DATA_PROVIDER_REST, entity: tasks, method: update, function: change,
             queueOperation: {operation}, data: {{ id: '1', title: =@ctx.action.parameters.title }} }}"
        )
    };
    let delete =
        "execute-entity { provider: DATA_PROVIDER_REST, entity: tasks, method: delete, function: remove,
        queueOperation: replace, data: { id: '1' } }";
    let (add, replace) = (change("add"), change("replace"));
    let app = app(&server, &[("add", &add), ("replace", &replace), ("remove", delete)], "");
    let mut stage = stage(&app, &server, 0);
    offline(&mut stage);
    let titles = "SELECT json_extract(payload, '$.parameters.title') FROM _commandQueue ORDER BY ordinal";
    for (action, title) in [("add", "a"), ("add", "b"), ("replace", "c"), ("add", "d")] {
        stage.options.parameters.insert("title".to_owned(), json!(title));
        stage.act(action);
    }
    assert_eq!(rows(&stage, titles), [json!(["c"]), json!(["d"])]);
    stage.act("remove");
    assert!(queue(&stage).is_empty());
    online(&mut stage);
    assert_eq!(remote(&stage), [json!(["1", "one"])], "nothing was sent");
}

#[test]
fn replace_needs_an_id() {
    let server = server(&[]);
    let create = CREATE
        .1
        .replace("data:", "queueOperation: replace, data:")
        .replace("method: create", "method: functionCall");
    let app = app(&server, &[("create", &create)], "");
    let stage = stage(&app, &server, 0);
    assert_eq!(stage.act("create").outcome, Outcome::Failed);
    let finished = &stage.lines_of(&["finished"])[0];
    assert!(finished.contains("config.option: `queueOperation: replace` needs an `id`"), "{finished}");
}

#[test]
fn commands_can_be_dropped_one_by_one_or_by_record() {
    let server = server(&[]);
    let change =
        "execute-entity { provider: DATA_PROVIDER_REST, entity: tasks, method: update, function: change,
        data: { id: =@ctx.action.parameters.id, title: x } }";
    let drop = ("drop", "delete-queue-command { id: id-1 }");
    let clear = ("clear", "clear-queue { id: '2' }");
    let app = app(&server, &[("change", change), drop, clear], "");
    let mut stage = stage(&app, &server, 0);
    offline(&mut stage);
    for id in ["1", "2", "2", "3"] {
        stage.options.parameters.insert("id".to_owned(), json!(id));
        stage.act("change");
    }
    let records = "SELECT recordId FROM _commandQueue ORDER BY ordinal";
    stage.act("drop");
    assert_eq!(rows(&stage, records), [json!(["2"]), json!(["2"]), json!(["3"])]);
    stage.lines();
    stage.act("clear");
    assert_eq!(rows(&stage, records), [json!(["3"])]);
    let told = ["command update tasks dropped", "command update tasks dropped"];
    assert_eq!(stage.lines_of(&["command"]), told);
}

#[test]
fn the_queue_is_a_table_that_handlers_and_datasources_hear_of() {
    let server = server(&[]);
    let more = "onTableChanged:
  - table: _commandQueue
    action: { type: action.go-to, options: { linkTo: x, inputs: { open: =$count(@ctx.datasources.open) } } }
datasources:
  open:
    type: datasource.sqlite
    options: { provider: DATA_PROVIDER_LOCAL, entities: [_commandQueue], query: 'SELECT id FROM [_commandQueue]' }
";
    let app = app(&server, &[CREATE], more);
    let mut stage = stage(&app, &server, 0);
    offline(&mut stage);
    stage.act("create");
    assert_eq!(stage.lines_of(&["effect"]), [r#"effect action.go-to {"linkTo":"x","inputs":{"open":1}}"#]);
    online(&mut stage);
    stage.on("onFocus");
    assert_eq!(stage.lines_of(&["effect"]), [r#"effect action.go-to {"linkTo":"x","inputs":{"open":0}}"#]);
}

#[test]
fn rows_of_dynamic_data_go_to_the_row_api() {
    let server = server(&[]);
    let write = |method: &str, data: &str| {
        format!(
            "execute-entity {{ provider: DATA_PROVIDER_DYNAMIC, entity: default/tasks, method: {method}, data: {data} }}"
        )
    };
    let create = write("create", "{ title: two }");
    let save = write("save", "{ id: '1', title: saved }");
    let update = write("update", "{ id: '1', done: true }");
    let delete = write("delete", "{ id: '1' }");
    let local = "execute-entity { provider: DATA_PROVIDER_LOCAL, entity: default/tasks, method: create, data: { id: l, title: local } }";
    let actions = [
        ("create", &*create),
        ("save", &*save),
        ("update", &*update),
        ("delete", &*delete),
        ("local", local),
    ];
    let app = app(&server, &actions, "");
    let stage = stage(&app, &server, 0);
    for action in ["create", "save", "update", "local"] {
        assert_eq!(stage.act(action).outcome, Outcome::Ok, "{action}: {:?}", stage.lines());
    }
    stage.on("onRefresh");
    let expected = [json!(["1", "saved", 1]), json!(["id-2", "two", null]), json!(["l", "local", null])];
    assert_eq!(rows(&stage, "SELECT id, '$.title', '$.done' FROM remote ORDER BY id"), expected);
    stage.act("delete");
    stage.act("delete");
    assert_eq!(remote(&stage).len(), 2, "deleting twice is deleting");
    assert!(queue(&stage).is_empty(), "{:?}", queue(&stage));
}

#[test]
fn statements_on_tables_of_dynamic_data_are_queued_row_by_row() {
    let server = server(&[]);
    let sql = r#"execute-sql { entities: [default/tasks], statements: [
        { statement: "INSERT INTO [default/tasks] (id, data) VALUES ('1', '{\"id\":\"1\",\"title\":\"sql\",\"done\":false}'), ('n', '{\"id\":\"n\",\"title\":\"x\"}')" }] }"#;
    let more = r#"execute-sql { entities: [default/tasks], statements: [
        { statement: "UPDATE [default/tasks] SET data = json_set(data, '$.title', 'changed') WHERE id = '1'" },
        { statement: "DELETE FROM [default/tasks] WHERE id = 'n'" }] }"#;
    let find = "find-replace { find: changed, replace: found, tables: [default/tasks] }";
    let app = app(&server, &[("sql", sql), ("more", more), ("find", find)], "");
    let mut stage = stage(&app, &server, 0);
    offline(&mut stage);
    stage.act("sql");
    let told = "SELECT type, recordId, json_extract(payload, '$.data') FROM _commandQueue ORDER BY ordinal";
    assert_eq!(rows(&stage, told).len(), 2);
    stage.act("more");
    let last = &rows(&stage, told)[2..];
    let mut last: Vec<String> = last.iter().map(ToString::to_string).collect();
    last.sort();
    assert_eq!(last, [r#"["delete","n",null]"#, r#"["update","1","{\"title\":\"changed\"}"]"#]);
    stage.act("find");
    assert_eq!(rows(&stage, told)[4], json!(["update", "1", r#"{"title":"found"}"#]));
}

#[test]
fn without_an_address_writes_wait_and_say_what_to_set() {
    let server = server(&[]);
    let create = "execute-entity { provider: DATA_PROVIDER_DYNAMIC, entity: default/tasks, method: create, data: { title: two } }";
    let app = app(&server, &[("create", create)], "");
    let settings = crate::app::DynamicSettings::default();
    let dynamic = Dynamic::new(DynamicOptions::from_settings(&settings, Http::new(&HttpOptions::default())));
    let stage = Stage::new(&app);
    let providers = stage.providers.clone().with(ProviderKind::Dynamic, Arc::new(dynamic));
    let stage = Stage { providers, ..stage };
    assert_eq!(stage.act("create").outcome, Outcome::Ok);
    assert_eq!(stage.act("create").outcome, Outcome::Ok);
    let queued = queue(&stage);
    assert_eq!(queued.len(), 2);
    for command in queued {
        assert_eq!(command[1], "waiting");
        assert!(command[2].as_str().unwrap().contains("set `providers.dynamic.url`"), "{command}");
    }
}

#[test]
fn a_form_gives_its_fields() {
    let server = server(&[]);
    let jig = "title: J
type: jig.default
children:
  - type: component.form
    instanceId: task-form
    options:
      children:
        - { type: component.text-field, instanceId: title, options: { label: Title } }
        - { type: component.text-field, instanceId: parent, options: { label: Parent } }
actions:
  - children:
      - type: action.submit-form
        instanceId: save
        options:
          title: Save
          formId: task-form
          provider: DATA_PROVIDER_REST
          entity: tasks
          method: create
          function: create
          data: { parent: given }
";
    let app = app(&server, &[], "");
    drop(app);
    let url = server.url();
    let create = function("POST", &format!("{url}/tasks"), "");
    let app = App::with_mistakes(&[
        ("index.jigx", "title: T\n"),
        ("jigs/task.jigx", jig),
        ("functions/create.jigx", &create),
    ]);
    let mut stage = stage(&app, &server, 0);
    stage.options.inputs.insert("title".to_owned(), json!("typed"));
    stage.options.inputs.insert("other".to_owned(), json!("no field"));
    assert_eq!(stage.act("save").outcome, Outcome::Ok, "{:?}", stage.lines());
    let data = stage.value("SELECT data FROM tasks");
    let data: Value = serde_json::from_str(data.as_str().unwrap()).unwrap();
    assert_eq!(data, json!({ "id": "row-2", "title": "typed", "parent": "given" }));
}

#[test]
fn functions_that_keep_a_call_back_count_as_done() {
    let server = server(&[]);
    let url = server.url();
    let create = function("POST", &format!("{url}/tasks"), "when: =false\n");
    let index = "title: T\nonLoad: { type: action.execute-entity, options: { provider: DATA_PROVIDER_REST, entity: tasks, method: create, function: create, data: { title: x } } }\n";
    let app = App::with_mistakes(&[("index.jigx", index), ("functions/create.jigx", &create)]);
    let stage = stage(&app, &server, 0);
    assert_eq!(stage.on("onLoad").outcome, Outcome::Ok);
    assert!(queue(&stage).is_empty());
    assert_eq!(stage.value("SELECT id FROM tasks"), json!("_tmp_id-1_"), "no answer, no id");
}

#[test]
fn operations_of_a_function_take_the_place_of_the_merge() {
    let server = server(&[]);
    let url = server.url();
    let operations = "operations:
  - { type: operation.find-replace, find: =@ctx.parameters.id, replace: =$string($.id), tables: [tasks, notes], includeCommandQueue: true }
  - { type: operation.upsert-merge }
queries:
  latest: { statement: 'SELECT json_extract(data, ''$.title'') FROM tasks WHERE id = @id', resultType: scalar, parameters: { id: =@ctx.parameters.id } }
inputTransform: '={\"title\": @ctx.queries.latest}'
";
    let create = function("POST", &format!("{url}/tasks"), operations);
    let index = "title: T
onLoad:
  type: action.execute-entity
  options: { provider: DATA_PROVIDER_REST, entity: tasks, method: create, function: create, data: { id: _tmp_mine_, title: old }, parameters: { id: _tmp_mine_ } }
onFocus:
  type: action.execute-entity
  options: { provider: DATA_PROVIDER_LOCAL, entity: tasks, method: update, data: { id: _tmp_mine_, title: latest } }
onRefresh:
  type: action.sync-entities
  options: { provider: DATA_PROVIDER_REST, entities: [{ entity: remote, function: all }] }
";
    let all = format!("provider: DATA_PROVIDER_REST\nmethod: GET\nurl: {url}/tasks\n");
    let app = App::with_mistakes(&[
        ("index.jigx", index),
        ("functions/create.jigx", &create),
        ("functions/all.jigx", &all),
    ]);
    let mut stage = stage(&app, &server, 0);
    super::functions::insert(&stage, "notes", &[r#"{"id":"n","task":"_tmp_mine_"}"#]);
    offline(&mut stage);
    stage.on("onLoad");
    stage.on("onFocus");
    online(&mut stage);
    assert_eq!(
        remote(&stage),
        [json!(["1", "one"]), json!(["row-2", "latest"])],
        "queries read when it is sent"
    );
    assert!(queue(&stage).is_empty(), "{:?}", queue(&stage));
    assert_eq!(rows(&stage, "SELECT id, '$.title' FROM tasks"), [json!(["row-2", "latest"])]);
    assert_eq!(rows(&stage, "SELECT '$.task' FROM notes"), [json!(["row-2"])]);
}

#[test]
fn a_plan_tells_what_would_be_queued() {
    let server = server(&[]);
    let index = "onLoad:
  type: action.execute-entities
  options: { provider: DATA_PROVIDER_REST, entity: tasks, method: create, function: create, data: [{ title: a }, { title: b }] }
";
    let app = app(&server, &[], index);
    let stage = stage(&app, &server, 0);
    let planned = stage.plan("onLoad");
    let effect = planned.actions[0].effect.as_deref();
    assert_eq!(effect, Some("create 2 rows of `tasks`, queues 2 commands for `create`"));
    assert!(queue(&stage).is_empty());
}

#[test]
fn rows_with_temporary_ids_survive_a_sync_that_keeps_them() {
    for (keeps, expected) in [("true", vec!["1", "_tmp_id-1_"]), ("false", vec!["1"])] {
        let server = server(&[]);
        let url = server.url();
        let create = function("POST", &format!("{url}/tasks"), "");
        let all =
            format!("provider: DATA_PROVIDER_REST\nmethod: GET\nurl: {url}/tasks\nkeepTempIds: {keeps}\n");
        let index = "title: T
onLoad:
  type: action.execute-entity
  options: { provider: DATA_PROVIDER_REST, entity: tasks, method: create, function: create, data: { title: new } }
onRefresh:
  type: action.sync-entities
  options: { provider: DATA_PROVIDER_REST, entities: [{ entity: tasks, function: all }] }
";
        let app = App::with_mistakes(&[
            ("index.jigx", index),
            ("functions/create.jigx", &create),
            ("functions/all.jigx", &all),
        ]);
        let mut stage = stage(&app, &server, 0);
        offline(&mut stage);
        stage.on("onLoad");
        // A run with a network would send the write before it fetches.
        let waiting = stage.store.commands().unwrap().remove(0);
        stage.store.delete_command(&waiting.id).unwrap();
        online(&mut stage);
        for _ in 0..2 {
            assert_eq!(stage.on("onRefresh").outcome, Outcome::Ok, "{:?}", stage.lines());
            let ids = rows(&stage, "SELECT id FROM tasks ORDER BY id");
            let ids: Vec<&str> = ids.iter().filter_map(|row| row[0].as_str()).collect();
            assert_eq!(ids, expected);
        }
    }
}

#[test]
fn what_operations_of_a_fetch_change_in_dynamic_data_goes_there() {
    let server = server(&[]);
    let app = app(&server, &[], "");
    let stage = stage(&app, &server, 0);
    assert_eq!(stage.on("onAppActivated").outcome, Outcome::Ok);
    let told = stage.lines_of(&["command"]);
    let carried =
        ["queued", "processing", "done"].map(|state| format!("command create default/tasks {state}"));
    assert_eq!(told, carried);
    assert!(queue(&stage).is_empty());
    // The row is there already, so that the same again is no change.
    assert_eq!(stage.on("onAppActivated").outcome, Outcome::Ok);
    assert!(stage.lines_of(&["command"]).is_empty());
}
