//! Functions that query a database over a named connection.

use rusqlite::Connection;

use super::stage::Stage;

const FUNCTIONS: &[(&str, &str)] = &[
    (
        "get-customers",
        "provider: DATA_PROVIDER_SQL
connection: crm
method: query
query: |
  SELECT id, name, rating
  FROM customers
  WHERE region = @region
  ORDER BY id
parameters:
  region: { type: string, location: input, required: true }
",
    ),
    (
        "get-customer",
        "provider: DATA_PROVIDER_SQL
connection: crm
method: execute
procedure: customer_by_id
parameters:
  CustomerId: { type: string, location: input, required: true }
outputTransform: '$.{ \"id\": $string(id), \"name\": $uppercase(name) }'
forRowsWithMatchingIds: true
",
    ),
    (
        "touch",
        "provider: DATA_PROVIDER_SQL
connection: crm
method: query
query: UPDATE customers SET rating = rating + 1 WHERE region = 'north'
",
    ),
    (
        "add",
        "provider: DATA_PROVIDER_SQL
connection: crm
method: query
query: INSERT INTO customers (id, name, region) VALUES (@id, @name, 'west')
parameters:
  id: { type: number, location: input, required: true }
  name: { type: string, location: input, required: true }
",
    ),
    (
        "broken",
        "provider: DATA_PROVIDER_SQL\nconnection: crm\nmethod: query\nquery: SELECT id, nmae FROM customers\n",
    ),
    ("nowhere", "provider: DATA_PROVIDER_SQL\nconnection: crn\nmethod: query\nquery: SELECT 1 AS id\n"),
    ("postgres", "provider: DATA_PROVIDER_SQL\nconnection: erp\nmethod: query\nquery: SELECT 1 AS id\n"),
    ("no-procedure", "provider: DATA_PROVIDER_SQL\nconnection: crm\nmethod: execute\nprocedure: sp_None\n"),
    ("no-file", "provider: DATA_PROVIDER_SQL\nconnection: gone\nmethod: query\nquery: SELECT 1 AS id\n"),
    (
        "kept",
        "provider: DATA_PROVIDER_SQL
connection: crm
method: query
query: SELECT id, name FROM customers ORDER BY id
operations:
  - { type: operation.upsert-replace, table: names, records: '=$.{ \"id\": id, \"n\": name }' }
  - { type: operation.delete-insert, table: counts, records: '={ \"id\": \"all\", \"n\": $count($) }' }
",
    ),
];

fn stage() -> Stage {
    let stage = Stage::empty();
    let action = |id: &str, parameters: &str| {
        format!(
            "action:\n  type: action.sync-entities\n  instanceId: pull\n  options:\n    provider: DATA_PROVIDER_SQL\n    \
             entities:\n      - {{ entity: customers, function: {id}{parameters} }}\n"
        )
    };
    stage.write("app/index.jigx", "name: shop\ntitle: Shop\n");
    for (id, text) in FUNCTIONS {
        let parameters = match *id {
            "get-customers" => ", parameters: { region: \"north' OR '1'='1\" }",
            "get-customer" => ", parameters: { CustomerId: '2' }",
            _ => "",
        };
        stage.write(&format!("app/functions/{id}.jigx"), text);
        stage.write(&format!("app/actions/{id}.jigx"), action(id, parameters));
    }
    stage.write("app/actions/north.jigx", action("get-customers", ", parameters: { region: north }"));
    stage.write(
        "app/syncscope.yaml",
        "database: app.db
providers:
  sql:
    connections: { crm: 'sqlite:data/crm.db', erp: 'postgres://me:pass-word@db/erp', gone: 'sqlite:gone.db' }
",
    );
    std::fs::create_dir_all(stage.path("app/data")).unwrap();
    let crm = Connection::open(stage.path("app/data/crm.db")).unwrap();
    crm.execute_batch(
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, region TEXT, rating REAL);
         INSERT INTO customers VALUES (1, 'Ada', 'north', 4.5), (2, 'Bo', 'south', 3), (9007199254740993, 'Cy', 'north', NULL);
         CREATE TABLE _procedures (name TEXT PRIMARY KEY, statement TEXT);
         INSERT INTO _procedures VALUES ('customer_by_id', 'SELECT id, name FROM customers WHERE id = @CustomerId');",
    )
    .unwrap();
    stage
}

#[test]
fn rows_of_a_query_land_and_values_are_bound_not_pasted() {
    let stage = stage();
    stage.run("run app --action north").code(0);
    let rows = stage.database("app/app.db").rows("SELECT id, data FROM customers ORDER BY length(id)");
    assert_eq!(rows[0][1], "{\"id\":1,\"name\":\"Ada\",\"rating\":4.5}");
    assert_eq!(rows[1][0], "9007199254740993");
    assert_eq!(rows[1][1], "{\"id\":9007199254740993,\"name\":\"Cy\",\"rating\":null}");
    stage.run("run app --action get-customers").code(0);
    assert_eq!(stage.database("app/app.db").count("customers"), 0, "a region of that name has no customers");
}

#[test]
fn a_procedure_is_a_row_of_a_table_and_its_rows_are_merged() {
    let stage = stage();
    stage.run("run app --action north").code(0);
    stage.run("run app --action get-customer").code(0);
    let names =
        stage.database("app/app.db").rows("SELECT json_extract(data, '$.name') FROM customers ORDER BY 1");
    assert_eq!(names, [["Ada"], ["BO"], ["Cy"]]);
}

#[test]
fn a_statement_without_rows_leaves_the_local_table_alone() {
    let stage = stage();
    stage.run("run app --action north").code(0);
    stage.run("run app --action touch").code(0);
    assert_eq!(stage.database("app/app.db").count("customers"), 2);
    assert_eq!(stage.database("app/data/crm.db").value("SELECT rating FROM customers WHERE id = 1"), 5.5);
}

#[test]
fn a_write_goes_to_the_database_and_to_the_local_table() {
    let stage = stage();
    let action = "action:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_SQL
    entity: customers
    method: create
    function: add
    parameters: { id: 12, name: \"Di'); DROP TABLE customers; --\" }
    data: { id: '12', name: Di }
";
    stage.write("app/actions/new-customer.jigx", action);
    stage.run("run app --action new-customer").code(0);
    let there = stage.database("app/data/crm.db").value("SELECT name FROM customers WHERE id = 12");
    assert_eq!(there, "Di'); DROP TABLE customers; --", "values are bound and never pasted");
    assert_eq!(stage.database("app/app.db").value("SELECT id FROM customers"), "12");
    assert_eq!(stage.database("app/app.db").count("_commandQueue"), 0);
}

#[test]
fn operations_write_what_a_query_gives() {
    let stage = stage();
    stage.run("run app --action kept").code(0);
    let database = stage.database("app/app.db");
    assert_eq!(database.count("names"), 3);
    assert_eq!(database.value("SELECT json_extract(data, '$.n') FROM counts"), 3);
}

#[test]
fn what_cannot_work_fails_and_says_why() {
    let stage = stage();
    stage.run("run app --action north").code(0);
    let told = [
        ("broken", "no such column: nmae (line 1, column 12 of the statement)"),
        ("nowhere", "there is no SQL connection `crn`; did you mean `crm`?"),
        ("postgres", "a `postgres:` connection is not supported by this runtime; `sqlite:FILE` is"),
        ("no-procedure", "there is no procedure `sp_None`"),
        ("no-file", "there is no database file"),
    ];
    for (action, words) in told {
        let finished = stage.run(&format!("run app --format json --action {action}")).code(1);
        assert!(finished.out.contains(words), "{action}: {finished}");
        assert!(
            finished.out.contains(&format!("the function `{action}` on the connection"))
                || action == "nowhere",
            "{finished}"
        );
        assert!(!finished.all().contains("pass-word"), "{finished}");
    }
    assert_eq!(stage.database("app/app.db").count("customers"), 2, "the rows stay");
    assert!(!stage.path("app/gone.db").exists());
    let lint = stage.run("lint app").code(0);
    assert!(lint.out.contains("a `postgres:` connection is not supported by this runtime"), "{lint}");
    assert!(!lint.all().contains("pass-word"), "{lint}");
}
