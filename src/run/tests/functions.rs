//! Everything a REST function can say, from a real server to the tables.

use serde_json::json;

use super::stage::{App, Stage};
use crate::run::Outcome;
use crate::run::provider::testing::{Reply, Scripted, Seen, answer, json_answer};

/// An app that syncs `tasks` by the function `f` on load, with other functions beside it.
pub(super) fn app(server: &Scripted, functions: &[(&str, &str)]) -> App {
    let index = "title: T
onLoad:
  type: action.sync-entities
  instanceId: pull
  options:
    provider: DATA_PROVIDER_REST
    entities: [{ entity: tasks, function: f, parameters: { area: north } }]
";
    let files: Vec<(String, String)> = functions
        .iter()
        .map(|(id, text)| {
            let text = format!("provider: DATA_PROVIDER_REST\n{}", text.replace("${url}", &server.url()));
            (format!("functions/{id}.jigx"), text)
        })
        .collect();
    let mut all = vec![("index.jigx", index)];
    all.extend(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    App::with_mistakes(&all)
}

pub(super) fn rows(stage: &Stage<'_>, table: &str) -> String {
    let sql = format!(
        "SELECT coalesce(group_concat(json_extract(data, '$.id') || ':' || coalesce(json_extract(data, '$.n'), '-'), ' '), '')
         FROM (SELECT data FROM [{table}] ORDER BY id)"
    );
    stage.value(&sql).as_str().unwrap_or_default().to_owned()
}

pub(super) fn insert(stage: &Stage<'_>, table: &str, rows: &[&str]) {
    let run = |sql: &str| {
        let parameters = crate::store::Parameters::new();
        let statement = crate::store::Statement { sql, parameters: &parameters };
        stage.store.execute_sql(&[statement], &[table.to_owned()]).unwrap();
    };
    stage.store.ensure_tables(&[table.to_owned()]).unwrap();
    for row in rows {
        run(&format!("INSERT INTO [{table}] (id, data) VALUES (json_extract('{row}', '$.id'), '{row}')"));
    }
}

fn query(seen: &Seen, name: &str) -> Option<String> {
    let (_, query) = seen.target.split_once('?')?;
    let pair = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
    Some(pair.to_owned())
}

pub(super) fn succeeds(stage: &Stage<'_>) {
    let summary = stage.on("onLoad");
    assert_eq!(summary.outcome, Outcome::Ok, "{:?}", stage.lines());
}

pub(super) fn fails(stage: &Stage<'_>) -> String {
    let summary = stage.on("onLoad");
    assert_eq!(summary.outcome, Outcome::Failed);
    stage.lines().join("\n")
}

#[test]
fn a_part_of_the_table_is_replaced() {
    let server = Scripted::start(|_, _| json_answer(&json!([{ "id": "a", "n": 2, "area": "north" }])));
    let old = [
        r#"{"id":"a","n":1,"area":"north"}"#,
        r#"{"id":"b","n":1,"area":"north"}"#,
        r#"{"id":"c","n":1,"area":"south"}"#,
    ];
    let by_value = "method: GET\nurl: ${url}/x\nparameters: {area: {location: query, type: string}}\nforRowsWithValues: {area: area}\n";
    let by_range = "method: GET\nurl: ${url}/x\nforRowsInRange: {area: {from: m, to: o}}\n";
    for function in [by_value, by_range] {
        let app = app(&server, &[("f", function)]);
        let stage = Stage::new(&app).real_rest(0);
        insert(&stage, "tasks", &old);
        succeeds(&stage);
        assert_eq!(rows(&stage, "tasks"), "a:2 c:1", "{function}");
    }
}

#[test]
fn a_part_over_several_pages_is_replaced_at_its_end_or_not_at_all() {
    let function = "method: GET
url: ${url}/x
parameters: {page: {location: query, type: number, value: 1}}
forRowsWithValues: {area: north}
outputTransform: $.rows
continuation:
  when: =$.more
  url: ${url}/x
  parameters: {page: {location: query, type: number, value: '=$number(@ctx.parameters.page) + 1'}}
";
    for breaks in [false, true] {
        let server = Scripted::start(move |_, seen| match query(seen, "page").as_deref() {
            Some("2") if breaks => answer(500, &[], "down"),
            Some("2") => json_answer(&json!({ "rows": [{ "id": "y", "n": 2 }], "more": false })),
            _ => json_answer(&json!({ "rows": [{ "id": "x", "n": 1 }], "more": true })),
        });
        let app = app(&server, &[("f", function)]);
        let stage = Stage::new(&app).real_rest(0);
        insert(&stage, "tasks", &[r#"{"id":"o","area":"north"}"#, r#"{"id":"p","area":"south"}"#]);
        if breaks {
            fails(&stage);
            assert_eq!(rows(&stage, "tasks"), "o:- p:-");
        } else {
            succeeds(&stage);
            assert_eq!(rows(&stage, "tasks"), "p:- x:1 y:2");
        }
    }
}

#[test]
fn operations_fill_several_tables_in_order_and_together() {
    let server = Scripted::start(|_, _| {
        json_answer(
            &json!({ "tasks": [{ "id": "a", "n": 1 }], "people": [{ "nr": 7, "n": "Ann" }], "at": 5 }),
        )
    });
    let function = "method: GET
url: ${url}/x
operations:
  - { type: operation.delete-insert, records: $.tasks, timestamp: =$.at }
  - { type: operation.upsert_merge, table: people, records: =@ctx.output.people, primaryKey: nr }
  - { type: operation.upsert-replace, table: seen, records: '={\"id\": \"k\", \"n\": @ctx.response.status}' }
  - type: operation.execute-sql
    tables: [people]
    statements:
      - statement: UPDATE people SET data = json_set(data, '$.id', @id) WHERE id = '7'
        parameters: { '@id': =@ctx.parameters.area }
  - { type: operation.find-replace, find: o, replace: 'p\"', tables: [keep] }
  - { type: operation.delete-insert, table: never, when: =$count($.tasks) > 5 }
";
    let app = app(
        &server,
        &[("f", &format!("parameters: {{area: {{location: output, type: string}}}}\n{function}"))],
    );
    let stage = Stage::new(&app).real_rest(0);
    insert(&stage, "tasks", &[r#"{"id":"old"}"#]);
    insert(&stage, "people", &[r#"{"id":"7","role":"boss"}"#]);
    insert(&stage, "keep", &[r#"{"id":"k1","n":"no"}"#]);
    succeeds(&stage);
    assert_eq!(rows(&stage, "tasks"), "a:1");
    assert_eq!(rows(&stage, "people"), "north:Ann");
    assert_eq!(stage.value("SELECT json_extract(data, '$.role') FROM people"), json!("boss"));
    assert_eq!(rows(&stage, "seen"), "k:200");
    assert_eq!(rows(&stage, "keep"), "k1:np\"");
    assert_eq!(stage.value("SELECT timestamp FROM tasks"), json!(5));
}

#[test]
fn an_operation_that_fails_takes_the_others_back() {
    let server = Scripted::start(|_, _| json_answer(&json!([{ "id": "a", "n": 1 }])));
    let broken = [
        ("{ type: operation.execute-sql, statements: [{ statement: UPDATE nowhere SET x = 1 }] }", "nowhere"),
        ("{ type: operation.upsert-replace, table: _syncScope }", "_syncScope"),
        ("{ type: operation.upsert-replace, primaryKey: missing }", "primaryKey"),
        ("{ type: operation.upsert-rplace }", "operation.upsert-rplace"),
    ];
    for (operation, expected) in broken {
        let function = format!(
            "method: GET\nurl: ${{url}}/x\noperations:\n  - {{ type: operation.delete-insert }}\n  - {operation}\n"
        );
        let app = app(&server, &[("f", &function)]);
        let stage = Stage::new(&app).real_rest(0);
        insert(&stage, "tasks", &[r#"{"id":"old"}"#]);
        let told = fails(&stage);
        assert!(told.contains(expected), "{told}");
        assert_eq!(rows(&stage, "tasks"), "old:-", "{operation}");
    }
}

#[test]
fn queries_are_asked_in_the_order_of_their_dependencies() {
    let server = Scripted::start(|_, _| json_answer(&json!([])));
    let function = "method: GET
url: ='${url}/x?v=' & @ctx.queries.second & '-' & @ctx.queries.row.id & '-' & $count(@ctx.queries.all)
queries:
  second:
    statement: SELECT @first || id AS v FROM local
    parameters: { first: =@ctx.queries.first }
    resultType: scalar
    dependencies: [first]
  first: { statement: SELECT count(*) FROM local, tables: [local], resultType: scalar }
  row: { statement: SELECT id FROM local, resultType: record }
  all: { statement: SELECT id FROM local }
";
    let app = app(&server, &[("f", function)]);
    let stage = Stage::new(&app).real_rest(0);
    insert(&stage, "local", &[r#"{"id":"k"}"#]);
    succeeds(&stage);
    assert_eq!(query(&server.seen()[0], "v").as_deref(), Some("1k-k-1"));
}

#[test]
fn queries_that_cannot_be_asked_are_told() {
    let server = Scripted::start(|_, _| json_answer(&json!([])));
    for (queries, expected) in [
        (
            "{ a: { statement: SELECT 1, dependencies: [b] }, b: { statement: SELECT 1, dependencies: [a] } }",
            "wait for each other",
        ),
        ("{ a: { statement: SELECT 1, dependencies: [c] } }", "`c`"),
        ("{ a: { statement: SELEC 1 } }", "`a`"),
    ] {
        let app = app(&server, &[("f", &format!("method: GET\nurl: ${{url}}/x\nqueries: {queries}\n"))]);
        let told = fails(&Stage::new(&app).real_rest(0));
        assert!(told.contains("config.query") && told.contains(expected), "{told}");
    }
    assert!(server.seen().is_empty());
}

#[test]
fn a_guard_decides_and_its_operations_are_done() {
    let ask =
        "method: GET\nurl: ${url}/ask\nparameters: {q: {location: query, type: string}}\noutput: $.answer\n";
    let function = "method: GET
url: ${url}/rows
guard:
  function: ask
  parameters: { q: =@ctx.parameters.area }
  result: =@ctx.guard.output = 'yes'
  operations: [{ type: operation.upsert-replace, table: log, records: '={\"id\": \"no\", \"n\": @ctx.guard.output}' }]
parameters: {area: {location: output, type: string}}
";
    for (said, expected, log) in [("yes", "new:1", ""), ("no", "old:-", "no:no")] {
        let server = Scripted::start(move |_, seen| match seen.target.as_str() {
            "/ask?q=north" => json_answer(&json!({ "answer": said })),
            _ => json_answer(&json!([{ "id": "new", "n": 1 }])),
        });
        let app = app(&server, &[("f", function), ("ask", ask)]);
        let stage = Stage::new(&app).real_rest(0);
        insert(&stage, "tasks", &[r#"{"id":"old"}"#]);
        insert(&stage, "log", &[]);
        succeeds(&stage);
        assert_eq!((rows(&stage, "tasks").as_str(), rows(&stage, "log").as_str()), (expected, log));
    }
}

#[test]
fn a_guard_that_fails_or_asks_itself_lets_nothing_through() {
    let server = Scripted::start(|_, seen| match seen.target.as_str() {
        "/ask" => answer(500, &[], ""),
        _ => json_answer(&json!([{ "id": "new" }])),
    });
    let function = "method: GET\nurl: ${url}/rows\nguard: { function: ask }\n";
    let app1 = app(&server, &[("f", function), ("ask", "method: GET\nurl: ${url}/ask\n")]);
    let stage = Stage::new(&app1).real_rest(0);
    insert(&stage, "tasks", &[r#"{"id":"old"}"#]);
    succeeds(&stage);
    assert_eq!(rows(&stage, "tasks"), "old:-");
    let circle = "method: GET\nurl: ${url}/ask\nguard: { function: f }\n";
    let app2 = app(&server, &[("f", function), ("ask", circle)]);
    let told = fails(&Stage::new(&app2).real_rest(0));
    assert!(told.contains("config.guard"), "{told}");
}

#[test]
fn a_guard_that_breaks_off_the_paging_leaves_the_table_as_it_was() {
    let ask = "method: GET\nurl: ${url}/ask\noutput: $.answer\n";
    let function = "method: GET
url: ${url}/rows
guard: { function: ask, result: =@ctx.guard.output = 'yes' }
parameters: {page: {location: query, type: number, value: 1}}
outputTransform: $.rows
continuation:
  when: =$.more
  url: ${url}/rows
  parameters: {page: {location: query, type: number, value: 2}}
";
    for kind in ["", "operations: [{ type: operation.delete-insert, records: $ }]\n"] {
        for fails_late in [false, true] {
            let server = Scripted::start(move |number, seen| match (seen.target.as_str(), number) {
                ("/ask", 0) => json_answer(&json!({ "answer": "yes" })),
                ("/ask", _) if fails_late => answer(500, &[], ""),
                ("/ask", _) => json_answer(&json!({ "answer": "no" })),
                _ => json_answer(&json!({ "rows": [{ "id": "new" }], "more": true })),
            });
            let app = app(&server, &[("f", &format!("{function}{kind}")), ("ask", ask)]);
            let stage = Stage::new(&app).real_rest(0);
            insert(&stage, "tasks", &[r#"{"id":"old"}"#, r#"{"id":"older"}"#]);
            if fails_late {
                let told = fails(&stage);
                assert!(told.contains("http.500"), "{told}");
            } else {
                succeeds(&stage);
            }
            assert_eq!(rows(&stage, "tasks"), "old:- older:-");
        }
    }
}

#[test]
fn error_rules_name_the_error_fill_their_table_and_try_again() {
    let server = Scripted::start(|number, _| match number {
        0 => answer(409, &[], r#"{"why":"locked"}"#),
        1 => json_answer(&json!({ "failed": true })),
        _ => json_answer(&json!([{ "id": "new" }])),
    });
    let function = "method: GET
url: ${url}/x
error:
  - { when: =@ctx.response.status = 409, title: The list is locked, retry: { delay: 10, maxRetries: 3 } }
  - { when: =$.failed, title: Not today, description: =$string(@ctx.response.status), operations: [{ type: operation.upsert-replace, records: '={\"id\": \"e\", \"n\": @ctx.entity}' }] }
";
    let app = app(&server, &[("f", function)]);
    let stage = Stage::new(&app).real_rest(0);
    let told = fails(&stage);
    assert!(told.contains("function.error: Not today: 200"), "{told}");
    assert_eq!(server.seen().len(), 2);
    assert_eq!(rows(&stage, "tasks_error"), "e:tasks");
    succeeds(&stage);
    assert_eq!(rows(&stage, "tasks"), "new:-");
}

#[test]
fn without_a_rule_that_fits_a_refusal_is_what_it_always_was() {
    let server = Scripted::start(|number, _| match number {
        0 | 1 => answer(503, &[], ""),
        _ => answer(404, &[], r#"{"message":"no such list"}"#),
    });
    let rule = "method: GET\nurl: ${url}/x\nerror: [{ when: =@ctx.response.status = 409, title: Locked }]\n";
    let app1 = app(&server, &[("f", rule)]);
    let told = fails(&Stage::new(&app1).real_rest(2));
    assert!(told.contains("http.404") && told.contains("no such list"), "{told}");
    assert_eq!(server.seen().len(), 3, "503 was tried again");
    let old = "method: GET\nurl: ${url}/x\nerrorTransform: '={\"id\": \"e\", \"n\": message}'\n";
    let app2 = app(&server, &[("f", old)]);
    let stage = Stage::new(&app2).real_rest(0);
    fails(&stage);
    assert_eq!(rows(&stage, "tasks_error"), "e:no such list");
}

#[test]
fn answers_of_other_formats_become_rows() {
    let cases = [
        ("text", "plain words", "={\"id\": \"t\", \"n\": $}", "t:plain words"),
        ("xml", "<a>1</a>", "={\"id\": \"x\", \"n\": $length($)}", "x:8"),
        ("binary", "\u{0}", "={\"id\": \"b\", \"n\": $.data}", "b:AA=="),
        ("pdf", "\u{0}\u{1}ÿ", "={\"id\": \"b\", \"n\": $.data}", "b:AAHDvw=="),
    ];
    for (format, body, transform, expected) in cases {
        let server = Scripted::start(move |_, seen| {
            assert_ne!(seen.header("accept"), Some("application/json"));
            answer(200, &[], body)
        });
        let function =
            format!("method: GET\nurl: ${{url}}/x\nformat: {format}\noutputTransform: '{transform}'\n");
        let app = app(&server, &[("f", &function)]);
        let stage = Stage::new(&app).real_rest(0);
        succeeds(&stage);
        assert_eq!(rows(&stage, "tasks"), expected);
    }
}

#[test]
fn properties_are_converted_on_the_way_out_and_in() {
    let server = Scripted::start(|_, seen| -> Reply {
        if seen.method == "POST" {
            assert_eq!(seen.body, r#"{"photo":"AAEC"}"#);
        }
        json_answer(&json!([{ "id": "a", "n": "AAEC" }]))
    });
    let get = "method: GET\nurl: ${url}/x\nconversions: [{ property: n, from: base64, to: data-uri }]\n";
    let app1 = app(&server, &[("f", get)]);
    let stage = Stage::new(&app1).real_rest(0);
    succeeds(&stage);
    assert_eq!(rows(&stage, "tasks"), "a:data:application/octet-stream;base64,AAEC");
    let post = "method: POST
url: ${url}/x
parameters: { photo: { location: body, type: string, value: 'data:image/png;base64,AAEC' } }
conversions: [{ property: photo, from: data-uri, to: base64 }]
";
    let app2 = app(&server, &[("f", post)]);
    succeeds(&Stage::new(&app2).real_rest(0));
}

#[test]
fn alerts_of_error_rules_are_reported_with_their_words() {
    let server = Scripted::start(|_, _| answer(404, &[], ""));
    let function = "method: GET
url: ${url}/x
error:
  - when: =@ctx.response.status = 404
    notification: true
    alert: { title: No such list, description: =$string(@ctx.response.status), presentAs: toast }
";
    let app = app(&server, &[("f", function)]);
    let stage = Stage::new(&app).real_rest(0);
    let told = fails(&stage);
    assert!(told.contains("http.404: No such list: 404"), "{told}");
    let alert = r#"effect alert {"title":"No such list","description":"404","presentAs":"toast"}"#;
    assert!(told.contains(alert), "{told}");
    assert!(told.contains(r#"effect notification {"title":"No such list","description":"404"}"#), "{told}");
}
