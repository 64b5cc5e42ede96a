//! The quickstart as a user runs it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use super::stage::{Database, Finished, Stage};

const DB: &str = "app/.syncscope/app.db";
const SCOPE: &str = "sync-scope-lookup-data";
const MEMBERS: [&str; 4] = ["sync-visits", "sync-products", "sync-prices", "sync-customers"];

fn data(stage: &Stage, file: &str) -> Vec<Value> {
    let text = fs::read_to_string(stage.path(&format!("app/data/{file}"))).unwrap();
    if file.ends_with(".ndjson") {
        return text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    }
    let value: Value = serde_json::from_str(&text).unwrap();
    value.get("value").unwrap_or(&value).as_array().unwrap().clone()
}

fn table(db: &Database, name: &str) -> BTreeMap<String, Value> {
    let row = |row: Vec<Value>| {
        let data: Value = serde_json::from_str(row[1].as_str().unwrap()).unwrap();
        (row[0].as_str().unwrap().to_owned(), data)
    };
    db.rows(&format!("SELECT id, data FROM [{name}]")).into_iter().map(row).collect()
}

fn by_id(rows: Vec<Value>) -> BTreeMap<String, Value> {
    rows.into_iter().map(|row| (row["id"].as_str().unwrap().to_owned(), row)).collect()
}

#[test]
fn fetches_exactly_the_rows_of_the_data_folder() {
    let stage = Stage::example("quickstart");
    stage.run("run app").code(0);
    let db = stage.database(DB);

    assert_eq!(table(&db, "default/visits"), by_id(data(&stage, "default/visits.json")));
    assert_eq!(table(&db, "default/checklists"), by_id(data(&stage, "default/checklists.ndjson")));

    let active = data(&stage, "customers.json").into_iter().filter(|row| row["status"] == "active");
    let customers = active.map(|row| {
        let name = |part: &str| row["contact"][part].as_str().unwrap().to_owned();
        json!({
            "id": row["id"], "name": row["name"], "email": row["contact"]["email"],
            "contact": format!("{} {}", name("firstName"), name("lastName")),
            "street": row["address"]["street"], "zip": row["address"]["zip"], "city": row["address"]["city"],
            "depotId": row["depotId"], "creditLimit": row["creditLimit"],
        })
    });
    assert_eq!(table(&db, "customers"), by_id(customers.collect()));

    let german = data(&stage, "depots.json").into_iter().filter(|row| row["country"] == "DE");
    let depots = german.map(|row| {
        json!({
            "id": row["id"], "name": row["name"], "city": row["address"]["city"], "zip": row["address"]["zip"],
            "latitude": row["position"]["latitude"], "longitude": row["position"]["longitude"],
        })
    });
    assert_eq!(table(&db, "depots"), by_id(depots.collect()));

    let rows = |file: &str| fs::read_to_string(stage.path(file)).unwrap().lines().count() as u64;
    assert_eq!(db.count("products"), rows("app/data/products.csv") - 1);
    assert_eq!(db.count("prices"), rows("app/data/prices/north.ndjson"));
}

#[test]
fn transforms_what_a_function_says() {
    let stage = Stage::example("quickstart");
    stage.run("run app").code(0);
    let db = stage.database(DB);
    let prices = table(&db, "prices");
    for source in data(&stage, "prices/north.ndjson") {
        let price = &prices[source["id"].as_str().unwrap()];
        let full = source["list"]["amount"].as_f64().unwrap() * (1.0 - source["discount"].as_f64().unwrap());
        let kept = price["price"].as_f64().unwrap();
        assert!((kept - full).abs() < 0.005 + 1e-9, "{source} became {price}");
        assert_eq!(price["listPrice"].as_f64(), source["list"]["amount"].as_f64());
        assert_eq!(price["currency"], source["list"]["currency"]);
    }
    // 107.74 less 15 % is 91.579.
    assert_eq!(prices["N-0005"]["price"], json!(91.58));
    let product = &table(&db, "products")["SKU-0001"];
    assert_eq!(product["name"], "Claw hammer 300 g");
    assert_eq!(product["ean"].as_str(), Some("0000040007919"), "leading zeros stay: {product}");
}

#[test]
fn keeps_the_documented_columns_of_scopes_and_statuses() {
    let stage = Stage::example("quickstart");
    stage.run("run app").code(0);
    let db = stage.database(DB);
    let sql = "SELECT id, state, notStarted, syncing, failed, synced, lastFailedAt FROM _syncScope";
    assert_eq!(
        db.rows(sql),
        [[json!(SCOPE), json!("synced"), json!(0), json!(0), json!(0), json!(4), Value::Null]]
    );
    let times = "SELECT typeof(lastStartedAt), typeof(lastSyncedAt), lastSyncedAt >= lastStartedAt,
                 typeof(timestamp) FROM _syncScope";
    assert_eq!(db.rows(times), [[json!("integer"), json!("integer"), json!(1), json!("integer")]]);

    let details: Value =
        serde_json::from_str(db.value("SELECT details FROM _syncScope").as_str().unwrap()).unwrap();
    for member in MEMBERS {
        assert_eq!(details[member]["state"], "synced", "{details}");
    }
    let rows = &details["sync-products"]["entities"];
    assert_eq!(
        (&rows[0]["entity"], &rows[0]["rows"]),
        (&json!("depots"), &json!(db.count("depots"))),
        "{details}"
    );

    let statuses =
        db.rows("SELECT provider, entity, functionId, state, error FROM _syncStatus ORDER BY entity");
    let status = |provider: &str, entity: &str, function: Value| {
        vec![
            json!(format!("DATA_PROVIDER_{provider}")),
            json!(entity),
            function,
            json!("synced"),
            Value::Null,
        ]
    };
    let expected = [
        status("REST", "customers", json!("fetch-customers")),
        status("DYNAMIC", "default/checklists", Value::Null),
        status("DYNAMIC", "default/visits", Value::Null),
        status("REST", "depots", json!("fetch-depots")),
        status("REST", "prices", json!("fetch-prices")),
        status("REST", "products", json!("fetch-products")),
    ];
    assert_eq!(statuses, expected);
    assert_eq!(db.rows("SELECT id FROM _syncStatus WHERE id NOT GLOB '[0-9]*'"), Vec::<Vec<Value>>::new());
}

#[test]
fn a_second_run_changes_nothing_but_the_times() {
    let stage = Stage::example("quickstart");
    stage.run("run app").code(0);
    let tables = ["default/visits", "default/checklists", "customers", "depots", "prices", "products"];
    let all = |stage: &Stage| tables.map(|name| table(&stage.database(DB), name));
    let before = all(&stage);
    stage.run("run app").code(0);
    assert_eq!(all(&stage), before);
    let db = stage.database(DB);
    assert_eq!(db.value("SELECT count(*) FROM _syncStatus"), 6);
    assert_eq!(db.value("SELECT state FROM _syncScope"), "synced");
}

#[test]
fn the_condition_skips_what_is_fresh() {
    let stage = Stage::example("quickstart");
    let first = stage.run("run app --on onFocus --format json").code(0);
    assert!(first.events().iter().all(|event| event["event"] != "action.skipped"), "{first}");
    assert_eq!(stage.database(DB).value("SELECT state FROM _syncScope"), "synced");
    let again = stage.run("run app --on onFocus --format json").code(0);
    let events = again.events();
    let skipped: Vec<&Value> = events.iter().filter(|event| event["event"] == "action.skipped").collect();
    assert_eq!(skipped.len(), 1, "{again}");
    assert_eq!(skipped[0]["reason"], "condition");
    assert_eq!(skipped[0]["type"], "action.action-list");
    assert!(events.iter().all(|event| event["event"] != "entity.progress"), "{again}");
    let told = stage.run("run app --on onFocus").code(0);
    assert!(told.all().contains("sync-scope-visits"), "says which scope was asked: {told}");
}

#[test]
fn tells_events_as_documented() {
    let stage = Stage::example("quickstart");
    let run = stage.run("run app --format json").code(0);
    let events = run.events();
    for (event, seq) in events.iter().zip(1..) {
        assert_eq!(event["seq"], seq, "{event}");
        assert!(event["at"].is_i64() || event["at"].is_u64(), "{event}");
        let required: &[&str] = match event["event"].as_str().unwrap() {
            "run.started" => &["app", "trigger"],
            "action.started" => &["type", "path"],
            "action.skipped" => &["type", "path", "reason"],
            "action.finished" => &["type", "path", "outcome", "durationMs"],
            "scope.changed" | "status.changed" => &["row"],
            "entity.progress" => &["entity", "rows", "pages", "bytes"],
            "entity.finished" => &["entity", "inserted", "updated", "unchanged", "deleted"],
            "effect" => &["type", "options"],
            "run.finished" => &["outcome", "durationMs", "counts"],
            other => panic!("an event that nobody documented: {other}"),
        };
        for key in required {
            assert!(event.get(key).is_some(), "no `{key}` in {event}");
        }
        let optional = ["guard", "detail", "error", "id"];
        let known: BTreeSet<&str> =
            required.iter().copied().chain(["seq", "at", "event"]).chain(optional).collect();
        let keys = event.as_object().unwrap().keys().map(String::as_str);
        assert_eq!(
            keys.filter(|key| !known.contains(key)).collect::<Vec<_>>(),
            Vec::<&str>::new(),
            "{event}"
        );
    }
    assert_eq!(events[0]["event"], "run.started");
    assert_eq!(events[0]["app"], "field-sales");
    assert_eq!(events[0]["trigger"], "onLoad");
    let last = events.last().unwrap();
    assert_eq!((&last["event"], &last["outcome"]), (&json!("run.finished"), &json!("ok")));
    assert_eq!(last["counts"], json!({"ok": 6, "failed": 0, "skipped": 0, "interrupted": 0}));
    assert_eq!(run.err, "", "with a machine format nothing else is told");
}

#[test]
fn every_action_that_starts_ends_and_rows_add_up() {
    let stage = Stage::example("quickstart");
    let events = stage.run("run app --format json").code(0).events();
    let paths = |name: &str| -> Vec<String> {
        let named = events.iter().filter(|event| event["event"] == name);
        let mut paths: Vec<String> = named.map(|event| event["path"].as_str().unwrap().to_owned()).collect();
        paths.sort();
        paths
    };
    assert_eq!(paths("action.started"), paths("action.finished"));
    let mut rows = BTreeMap::new();
    for event in events.iter().filter(|event| event["event"] == "entity.progress") {
        rows.insert(event["entity"].as_str().unwrap().to_owned(), event["rows"].as_u64().unwrap());
    }
    let db = stage.database(DB);
    for (entity, count) in rows {
        assert_eq!(db.count(&entity), count, "{entity}");
    }
    let scopes: Vec<&Value> = events.iter().filter(|event| event["event"] == "scope.changed").collect();
    assert_eq!(scopes[0]["row"]["notStarted"], 4);
    assert_eq!(scopes.last().unwrap()["row"]["state"], "synced");
    for row in scopes.iter().map(|event| &event["row"]) {
        let sum: i64 =
            ["notStarted", "syncing", "failed", "synced"].iter().map(|key| row[key].as_i64().unwrap()).sum();
        assert_eq!(sum, 4, "{row}");
    }
}

#[test]
fn paths_of_events_lead_to_their_actions() {
    let stage = Stage::example("quickstart");
    let events = stage.run("run app --format json").code(0).events();
    let mut seen = 0;
    for event in events.iter().filter(|event| event["event"] == "action.started") {
        let (file, pointer) = event["path"].as_str().unwrap().split_once('#').unwrap();
        let text = fs::read_to_string(stage.path(file)).unwrap();
        let tree: Value = serde_yaml::from_str(&text).unwrap();
        let action = tree.pointer(pointer).unwrap_or_else(|| panic!("{pointer} leads nowhere in {file}"));
        assert_eq!(action["type"], event["type"], "{event}");
        assert_eq!(action.get("instanceId"), event.get("id"), "{event}");
        seen += 1;
    }
    assert_eq!(seen, 6);
}

#[test]
fn a_plan_changes_nothing_and_sends_nothing() {
    let stage = Stage::example("quickstart");
    let fresh = stage.run("run app --dry-run").code(0);
    assert!(fresh.out.contains("sync-scope-lookup-data"), "{fresh}");
    assert!(!stage.path(DB).exists(), "a plan creates no database");

    stage.run("run app").code(0);
    let (before, bytes) = (stage.database(DB).dump(), fs::read(stage.path(DB)).unwrap());
    for event in ["onLoad", "onFocus", "onRefresh --jig home"] {
        stage.run(&format!("run app --dry-run --on {event}")).code(0);
        stage.run(&format!("run app --dry-run --format json --on {event}")).code(0);
    }
    assert_eq!(stage.database(DB).dump(), before);
    assert!(fs::read(stage.path(DB)).unwrap() == bytes, "not one byte of the database has changed");
}

#[test]
fn a_plan_says_what_conditions_read() {
    let stage = Stage::example("quickstart");
    stage.run("run app --on onFocus").code(0);
    let plan = stage.run("run app --dry-run --on onFocus").code(0);
    assert!(plan.out.contains("sync-scope-visits"), "{plan}");
    assert!(plan.out.contains("condition"), "{plan}");
    assert!(plan.out.contains("skip"), "{plan}");
}

#[test]
fn status_shows_rows_with_details() {
    let stage = Stage::example("quickstart");
    stage.run("run app").code(0);
    let status = stage.run("status app --format json").code(0).json();
    assert_eq!(status["scopes"][0]["id"], SCOPE);
    assert_eq!(status["scopes"][0]["state"], "synced");
    assert_eq!(status["scopes"][0]["synced"], 4);
    assert_eq!(status["scopes"][0]["details"]["sync-prices"]["state"], "synced", "details are parsed");
    assert_eq!(status["statuses"].as_array().unwrap().len(), 6);
    let shown = stage.run("status app").code(0);
    for word in [SCOPE, "synced", "customers", "default/visits"] {
        assert!(shown.out.contains(word), "{shown}");
    }
    let one = stage.run("status app --scope sync-scope-lookup-data --format json").code(0).json();
    assert_eq!(one["scopes"].as_array().unwrap().len(), 1);
}

#[test]
fn query_prints_the_rows_of_datasources() {
    let stage = Stage::example("quickstart");
    stage.run("run app").code(0);
    let db = stage.database(DB);
    let rows = |arguments: &str| stage.run(&format!("query app {arguments} --format json")).code(0).json();
    let visits = rows("open-visits");
    let open =
        data(&stage, "default/visits.json").into_iter().filter(|row| row["state"] == "planned").count();
    assert_eq!(visits.as_array().unwrap().len(), open);
    assert!(visits[0].get("customer").is_some(), "{visits}");
    assert_eq!(rows("customers-by-city").as_array().unwrap().len() as u64, db.count("customers"));
    assert_eq!(rows("sync-scopes")[0]["details"]["sync-visits"]["state"], "synced");
    assert_eq!(rows("sync-status").as_array().unwrap().len(), 6);
    let products = rows("products-with-prices");
    assert_eq!(products.as_array().unwrap().len() as u64, db.count("products"));
    let csv = stage.run("query app customers-by-city --format csv").code(0);
    assert!(csv.out.starts_with("id,name,city,contact,email\n"), "{csv}");
    assert_eq!(csv.out.lines().count() as u64, db.count("customers") + 1);

    let mut sql = stage.command("query app --format json --sql");
    let found =
        Finished::of(sql.arg("SELECT id, '$.city' FROM [customers] WHERE '$.city' = \"Bremen\" ORDER BY id"));
    let found = found.code(0).json();
    assert!(found.as_array().is_some_and(|rows| !rows.is_empty()), "{found}");
    assert!(found.as_array().unwrap().iter().all(|row| row["city"] == "Bremen"), "{found}");
}

#[test]
fn eval_answers_in_the_context_of_the_app() {
    let stage = Stage::example("quickstart");
    stage.run("run app").code(0);
    let eval = |expression: &str| {
        let mut command = stage.command("eval app --format json");
        Finished::of(command.arg(expression)).code(0).json()
    };
    let state = "=@ctx.datasources.sync-scopes[id = 'sync-scope-lookup-data'].state";
    let answer = eval(state);
    assert!(answer == json!("synced") || answer["value"] == "synced", "{answer}");
    let answer = eval("scope::count(\"sync-scope-lookup-data\", \"synced\") == 4");
    assert!(answer == json!(true) || answer["holds"] == true || answer["value"] == true, "{answer}");
    let plain = Finished::of(stage.command("eval app").arg(state)).code(0);
    assert!(plain.out.contains("synced"), "{plain}");
}

#[test]
fn graph_shows_what_leads_to_what() {
    let stage = Stage::example("quickstart");
    let graph = stage.run("graph app --format json").code(0);
    for id in
        ["onLoad", SCOPE, "sync-prices", "fetch-prices", "prices", "products-with-prices", "refresh-visits"]
    {
        assert!(graph.out.contains(id), "no {id}: {graph}");
    }
    graph.json();
    for format in ["text", "mermaid", "dot"] {
        let graph = stage.run(&format!("graph app --format {format}")).code(0);
        assert!(graph.out.contains("fetch-prices"), "{graph}");
    }
    let focused = stage.run("graph app --focus fetch-prices").code(0);
    assert!(focused.out.contains("sync-prices") && !focused.out.contains("fetch-depots"), "{focused}");
}

#[test]
fn lints_clean() {
    let stage = Stage::example("quickstart");
    let lint = stage.run("lint app --format json").code(0).json();
    assert_eq!(lint["diagnostics"], json!([]), "{lint}");
    assert!(lint["summary"]["files"].as_u64().unwrap() >= 14, "{lint}");
    let shown = stage.run("lint app").code(0);
    assert!(shown.all().contains("checked"), "{shown}");
}
