//! Recordings: what a run asked and was answered, and the same run again without a network.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use super::stage::{Finished, Stage};
use super::stub::{Answer, Stub};

const INDEX: &str = "name: taped
title: Taped
onLoad:
  type: action.action-list
  options:
    actions:
      - type: action.start-sync-scope
        instanceId: all
        options: { instanceIds: [pull-things, pull-flaky, pull-scan] }
      - type: action.sync-entities
        instanceId: pull-things
        options:
          provider: DATA_PROVIDER_REST
          entities: [{ entity: things, function: get-things }, { entity: things-too, function: get-things }]
      - type: action.sync-entities
        instanceId: pull-flaky
        options: { provider: DATA_PROVIDER_REST, entities: [{ entity: flaky, function: get-flaky }] }
      - type: action.sync-entities
        instanceId: pull-scan
        options: { provider: DATA_PROVIDER_REST, entities: [{ entity: scans, function: get-scan }] }
      - type: action.execute-entity
        options:
          provider: DATA_PROVIDER_REST
          entity: things
          method: create
          function: add-thing
          parameters: { n: 5 }
          data: { n: 5 }
      - type: action.evaluate
        instanceId: stamp
        options: { value: \"=$now() & $uuid()\" }
";
const THINGS: &str = "provider: DATA_PROVIDER_REST
method: GET
url: =@ctx.solution.settings.custom.baseUrl & '/things'
useLocalCall: true
parameters:
  day: { type: string, location: query, required: true, value: \"=$now()\" }
  page: { type: number, location: query, required: true, value: 1 }
outputTransform: $
records: =$.rows
continuation:
  when: =$.more
  url: =@ctx.solution.settings.custom.baseUrl & '/things'
  parameters:
    day: { type: string, location: query, required: true, value: \"=$now()\" }
    page: { type: number, location: query, required: true, value: =$number(@ctx.parameters.page) + 1 }
";
const FLAKY: &str = "provider: DATA_PROVIDER_REST
method: GET
url: =@ctx.solution.settings.custom.baseUrl & '/flaky'
useLocalCall: true
";
const SCAN: &str = "provider: DATA_PROVIDER_REST
method: GET
format: pdf
url: =@ctx.solution.settings.custom.baseUrl & '/scan'
useLocalCall: true
outputTransform: '{\"scan\": $.data}'
";

const ADD: &str = "provider: DATA_PROVIDER_REST
method: POST
url: =@ctx.solution.settings.custom.baseUrl & '/add'
useLocalCall: true
parameters:
  n: { type: number, location: body, required: true }
outputTransform: '{\"id\": $.made}'
";

fn stage(url: &str) -> Stage {
    let stage = Stage::empty();
    stage.write("app/index.jigx", INDEX);
    stage.write("app/functions/get-things.jigx", THINGS);
    stage.write("app/functions/get-flaky.jigx", FLAKY);
    stage.write("app/functions/get-scan.jigx", SCAN);
    stage.write("app/functions/add-thing.jigx", ADD);
    let settings = format!(
        "solution: {{ settings: {{ custom: {{ baseUrl: \"{url}\" }} }} }}\nhttp: {{ retries: 2, allow: ['*', 127.0.0.1] }}\n"
    );
    stage.write("app/syncscope.yaml", settings);
    stage
}

/// Pages of rows without ids, a failure before a success, and bytes that are no text.
fn server() -> Stub {
    let (flaky, made) = (AtomicU64::new(0), AtomicU64::new(0));
    Stub::start(move |path| {
        let number = made.fetch_add(1, Ordering::SeqCst);
        if path.starts_with("/scan") {
            return Answer::ok([0, 159, 146, 150, 255]);
        }
        if path.starts_with("/flaky") && flaky.fetch_add(1, Ordering::SeqCst) == 0 {
            return Answer::status(503, "later").header("Retry-After", "0");
        }
        if path.starts_with("/flaky") {
            return Answer::ok("[{\"id\": 9007199254740993, \"big\": 1e400}]");
        }
        if path == "/add" {
            return Answer::ok("{\"made\":\"made-1\"}");
        }
        let more = path.contains("page=1");
        Answer::ok(format!("{{\"rows\":[{{\"n\":{number}}},{{\"n\":\"ä\"}}],\"more\":{more}}}"))
    })
}

/// All tables, but for what names the process that wrote them, which is another one every time.
fn tables(stage: &Stage, database: &str) -> Vec<(String, Vec<Vec<Value>>)> {
    let mut tables = stage.database(database).dump();
    tables.retain(|(name, _)| name != "_syncOwner" && name != "_syncWork");
    for (_, rows) in tables.iter_mut().filter(|(name, _)| name == "_syncRun") {
        rows.iter_mut().for_each(|row| row[2] = Value::Null);
    }
    tables
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_replay_comes_to_the_same_without_a_network() {
    let server = server();
    let stage = stage(server.url());
    let recorded = stage.run("run app --record tape --db recorded.db").code(0);
    assert!(recorded.err.contains("recorded 8 exchanges in `tape`"), "{recorded}");
    let expected = [
        "0001-get-things.json",
        "0002-get-things.json",
        "0003-get-things.json",
        "0004-get-things.json",
        "0005-get-flaky.json",
        "0006-get-flaky.json",
        "0007-get-scan.answer.bin",
        "0007-get-scan.json",
        "0008-post-add.json",
        "recording.json",
    ];
    assert_eq!(names(&stage.path("tape")), expected);
    let asked = server.requests().len();
    let first = stage.run("run app --replay tape --db first.db --format json").code(0);
    let second = stage.run("run app --replay tape --db second.db --format json").code(0);
    assert_eq!(first.out, second.out, "two replays tell the same, byte for byte");
    assert_eq!(server.requests().len(), asked, "nobody was asked");
    assert_eq!(tables(&stage, "first.db"), tables(&stage, "recorded.db"));
    assert_eq!(tables(&stage, "second.db"), tables(&stage, "recorded.db"));
    let row = stage.database("first.db").value("SELECT data FROM flaky");
    assert_eq!(row, "{\"id\": 9007199254740993, \"big\": 1e400}");
    assert_eq!(stage.database("first.db").count("things"), 5);
    let made =
        stage.database("first.db").value("SELECT json_extract(data, '$.n') FROM things WHERE id = 'made-1'");
    assert_eq!(made, 5, "the row that was sent has the id that the server gave it");
}

#[test]
fn a_second_recording_replaces_the_first_and_nothing_else() {
    let server = server();
    let stage = stage(server.url());
    stage.run("run app --record tape --db a.db").code(0);
    stage.write("tape/notes.txt", "mine").write("tape/0042-get-old.json", "{}");
    let again = stage.run("run app --record tape --db b.db").code(0);
    assert!(again.err.contains("recorded 7 exchanges"), "{again}");
    let names = names(&stage.path("tape"));
    assert!(names.contains(&"notes.txt".to_owned()) && !names.contains(&"0042-get-old.json".to_owned()));
    stage.write("mine/notes.txt", "mine");
    let refused = stage.run("run app --record mine --db c.db").code(2);
    assert!(refused.err.contains("is not empty and holds no recording"), "{refused}");
    let none = stage.run("run app --replay mine --db c.db").code(2);
    assert!(none.err.contains("holds no recording: there is no `recording.json` in it"), "{none}");
    stage.run("run app --replay tape --record tape").code(2);
    stage.run("run app --replay tape --dry-run").code(2);
}

#[test]
fn what_the_recording_does_not_hold_is_named() {
    let server = server();
    let stage = stage(server.url());
    stage.run("run app --record tape --db a.db").code(0);
    fs::remove_file(stage.path("tape/0002-get-things.json")).unwrap();
    let fewer = stage.run("run app --replay tape --db b.db").code(1);
    assert!(fewer.err.contains("&page=2` any more: it was asked once when it was recorded"), "{fewer}");
    fs::remove_file(stage.path("tape/0004-get-things.json")).unwrap();
    let missing = stage.run("run app --replay tape --db e.db").code(1);
    let wanted = format!("the recording has no answer to `GET {}/things?day=", server.url());
    assert!(missing.err.contains(&wanted) && missing.err.contains("&page=2`; the closest"), "{missing}");
    let function = FLAKY.replace("/flaky'", "/flakes'");
    stage.write("app/functions/get-flaky.jigx", function);
    let other = stage.run("run app --replay tape --db c.db --format json").code(1);
    let failed = |event: &Value| event["event"] == "action.finished" && event["id"] == "pull-flaky";
    let event = other.events().into_iter().find(failed).unwrap();
    assert_eq!(event["error"]["code"], "replay.missing");
    let message = event["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("/flakes`; the closest that it has is `GET") && message.ends_with("/flaky`"),
        "{message}"
    );
    fs::write(stage.path("tape/0001-get-things.json"), "{").unwrap();
    let damaged = stage.run("run app --replay tape --db d.db").code(2);
    assert!(damaged.err.contains("is no file of a recording"), "{damaged}");
}

#[test]
fn a_guard_that_cannot_be_asked_does_not_make_a_replay_go_well() {
    let server =
        Stub::start(|path| Answer::ok(if path == "/may" { "{\"ok\":true}" } else { "[{\"id\":\"1\"}]" }));
    let stage = stage(server.url());
    let guarded = format!("{FLAKY}guard: {{ function: may, result: =@ctx.guard.output.ok }}\n");
    stage.write("app/functions/get-flaky.jigx", guarded);
    stage.write("app/functions/may.jigx", FLAKY.replace("/flaky'", "/may'"));
    let index = "name: g\ntitle: G\nonLoad:\n  type: action.sync-entities\n  options: { provider: DATA_PROVIDER_REST, entities: [{ entity: flaky, function: get-flaky }] }\n";
    stage.write("app/index.jigx", index);
    stage.run("run app --record tape --db a.db").code(0);
    fs::remove_file(stage.path("tape/0001-get-may.json")).unwrap();
    let finished = stage.run("run app --replay tape --db b.db").code(1);
    assert!(finished.err.contains("has no answer to `GET") && finished.err.contains("/may`"), "{finished}");
}

#[test]
fn an_app_with_a_served_folder_is_replayed_without_it() {
    let stage = Stage::example("quickstart");
    let mut command = stage.command("run app --record tape --db a.db");
    let recorded = Finished::of(&mut command).code(0);
    assert!(recorded.err.contains("recorded"), "{recorded}");
    // The tables are away, so that nothing can be served.
    fs::rename(stage.path("app/data"), stage.path("away")).unwrap();
    fs::create_dir(stage.path("app/data")).unwrap();
    stage.run("run app --replay tape --db b.db").code(0);
    assert_eq!(tables(&stage, "b.db"), tables(&stage, "a.db"));
}

const CUSTOMERS: &str = "provider: DATA_PROVIDER_SQL
connection: crm
method: query
query: SELECT id, name FROM customers WHERE id > @After
parameters:
  After: { type: number, location: input, required: true, value: 1 }
";
const RENAME: &str = "provider: DATA_PROVIDER_SQL
connection: crm
method: query
query: UPDATE customers SET name = 'Zed' WHERE id = 2
";

#[test]
fn databases_are_recorded_and_not_asked_again() {
    let stage = Stage::empty();
    let index = "name: taped
title: Taped
onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - { type: action.sync-entities, options: { provider: DATA_PROVIDER_SQL, entities: [{ entity: customers, function: all }] } }
      - { type: action.execute-entity, options: { provider: DATA_PROVIDER_SQL, entity: customers, method: functionCall, function: rename } }
";
    stage.write("app/index.jigx", index);
    stage.write("app/functions/all.jigx", CUSTOMERS);
    stage.write("app/functions/rename.jigx", RENAME);
    stage.write("app/syncscope.yaml", "providers: { sql: { connections: { crm: 'sqlite:crm.db' } } }\n");
    let crm = || rusqlite::Connection::open(stage.path("app/crm.db")).unwrap();
    crm()
        .execute_batch("CREATE TABLE customers (id INTEGER, name); INSERT INTO customers VALUES (1, 'A'), (2, 'B'), (3, 'C')")
        .unwrap();
    stage.run("run app --record tape --db a.db").code(0);
    assert_eq!(
        names(&stage.path("tape")),
        ["0001-query-all.json", "0002-query-rename.json", "recording.json"]
    );
    fs::remove_file(stage.path("app/crm.db")).unwrap();
    stage.run("run app --replay tape --db b.db").code(0);
    assert_eq!(tables(&stage, "b.db"), tables(&stage, "a.db"));
    assert_eq!(stage.database("b.db").count("customers"), 2);
    assert!(!stage.path("app/crm.db").exists());
}

#[test]
fn what_a_database_has_seen_changes_no_recording() {
    let stage = Stage::example("quickstart");
    stage.run("run app --db seen.db").code(0);
    stage.run("run app --record of-seen --db seen.db").code(0);
    stage.run("run app --record of-new --db new.db").code(0);
    assert_eq!(names(&stage.path("of-seen")), names(&stage.path("of-new")));
    for tape in ["of-seen", "of-new"] {
        for database in ["seen.db", "new.db"] {
            stage.run(&format!("run app --replay {tape} --db {database}")).code(0);
        }
    }
}
