//! What each action type does when it runs.

use serde_json::{Value, json};

use super::stage::{App, Stage};
use crate::run::{Answer, Event, Outcome};

/// Runs `onLoad` of an index with this action and gives the lines.
fn run(action: &str) -> Vec<String> {
    let app = App::index(&format!("onLoad:\n{action}"));
    let stage = Stage::new(&app);
    stage.on("onLoad");
    stage.lines()
}

fn app(action: &str) -> App {
    App::index(&format!("onLoad:\n{action}"))
}

#[test]
fn evaluate_keeps_its_value_as_output() {
    let app = App::index(
        "onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.evaluate
        instanceId: sum
        options: { value: { total: '=1 + 2', list: [1, '=2'] } }
      - type: action.set-state
        options: { state: =@ctx.solution.state.got, value: =@ctx.actions.sum.outputs.value }
      - type: action.go-to
        options: { linkTo: home, inputs: { got: =@ctx.solution.state.got, ok: =@ctx.actions.sum.state.isSuccess } }
",
    );
    let stage = Stage::new(&app);
    stage.on("onLoad");
    let effects = stage.lines_of(&["effect"]);
    let options = json!({"linkTo": "home", "inputs": {"got": {"total": 3, "list": [1, 2]}, "ok": true}});
    assert_eq!(effects, [format!("effect action.go-to {options}")]);
}

#[test]
fn a_confirm_is_answered_by_the_options_and_what_follows_runs_only_after_a_yes() {
    let app = app("  type: action.confirm
  options:
    modal: { title: Really? }
    onConfirmed:
      type: action.go-back
");
    let mut stage = Stage::new(&app);
    stage.on("onLoad");
    let no = r#"effect action.confirm {"modal":{"title":"Really?"},"answer":"no"}"#;
    assert_eq!(stage.lines(), ["started confirm", no, "finished confirm ok", "run ok"]);
    stage.options.answer = Answer::Yes;
    stage.on("onLoad");
    let lines = stage.lines();
    assert_eq!(lines[1], no.replace("\"no\"", "\"yes\""));
    assert_eq!(
        lines[2..],
        [
            "started go-back",
            "effect action.go-back {}",
            "finished go-back ok",
            "finished confirm ok",
            "run ok"
        ]
    );
}

#[test]
fn a_confirm_that_confirms_itself_needs_no_answer() {
    let lines = run("  type: action.confirm
  options:
    isConfirmedAutomatically: =1 = 1
    modal: { title: Really? }
    onConfirmed: { type: action.go-back }
");
    assert!(lines.contains(&"effect action.go-back {}".to_owned()), "{lines:?}");
}

#[test]
fn actions_of_screens_are_reported_with_their_options_evaluated() {
    let lines = run("  type: action.open-url\n  options: { url: =\"https://\" & @ctx.user.host }\n");
    assert_eq!(lines[1], r#"effect action.open-url {"url":"https://"}"#);
}

#[test]
fn the_options_of_a_screen_action_are_told_without_the_actions_in_them() {
    let lines = run("  type: action.info-modal
  options:
    modal: { title: Hello }
    onConfirmed:
      type: action.evaluate
      instanceId: never
      options: { value: =$number('not a number') }
");
    assert_eq!(lines[1], r#"effect action.info-modal {"modal":{"title":"Hello"}}"#);
    assert_eq!(lines[3], "run ok");
}

#[test]
fn rows_are_created_updated_saved_and_deleted_in_the_local_database() {
    let app = App::index(
        "onLoad:
  type: action.execute-entities
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: tasks
    method: create
    data:
      - { id: a, name: One, done: false }
      - { id: 2, name: Two }
onFocus:
  type: action.execute-entity
  options: { provider: DATA_PROVIDER_LOCAL, entity: tasks, method: update, data: { id: a, done: true } }
onRefresh:
  type: action.execute-entity
  options: { provider: DATA_PROVIDER_LOCAL, entity: tasks, method: delete, data: { id: '2' } }
",
    );
    let stage = Stage::new(&app);
    assert_eq!(stage.on("onLoad").outcome, Outcome::Ok);
    assert_eq!(stage.count("tasks"), 2);
    stage.on("onFocus");
    assert_eq!(
        stage.value("SELECT data FROM [tasks] WHERE id = 'a'"),
        json!(r#"{"id":"a","name":"One","done":true}"#)
    );
    stage.on("onRefresh");
    assert_eq!(stage.value("SELECT group_concat(id) FROM [tasks]"), json!("a"));
}

#[test]
fn a_row_without_an_id_gets_one_and_the_action_tells_it() {
    let app = App::index(
        "onLoad:
  type: action.execute-entity
  instanceId: create
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entity: default/tasks
    method: save
    data: { name: One }
    onSuccess:
      type: action.go-to
      options: { linkTo: task, inputs: { id: =@ctx.actions.create.outputs.recordId } }
",
    );
    let stage = Stage::new(&app);
    stage.on("onLoad");
    assert_eq!(stage.value("SELECT id FROM [default/tasks]"), json!("id-2"));
    let effects = stage.lines_of(&["effect"]);
    assert_eq!(effects, [r#"effect action.go-to {"linkTo":"task","inputs":{"id":"id-2"}}"#]);
}

#[test]
fn what_cannot_be_written_fails_with_a_reason_and_leaves_the_tables_alone() {
    let write = |rest: &str| {
        let text = format!(
            "  type: action.execute-entity\n  options: {{ provider: DATA_PROVIDER_LOCAL, entity: tasks, {rest} }}\n"
        );
        let app = App::with_mistakes(&[("index.jigx", &format!("title: T\nonLoad:\n{text}"))]);
        let stage = Stage::new(&app);
        let outcome = stage.on("onLoad").outcome;
        let lines = stage.lines_of(&["finished"]);
        assert_eq!(outcome, Outcome::Failed, "{lines:?}");
        lines[0].trim_start_matches("finished execute-entity failed ").to_owned()
    };
    let cases = [
        ("method: update, data: { name: X }", "config.option: to `update` a row, its `data` needs an `id`"),
        ("method: delete, data: { id: null }", "config.option: to `delete` a row, its `data` needs an `id`"),
        (
            "method: create, data: =@ctx.nothing",
            "config.option: option `data` must be a map of columns, found nothing",
        ),
        ("method: create, data: '=[1]'", "config.option: option `data` must be a map of columns, found `1`"),
        (
            "method: create, data: '=[{}, {}]'",
            "config.option: option `data` must be one row; several take `action.execute-entities`, found `\"a list of 2 rows\"`",
        ),
        (
            "method: functionCall, function: send",
            "config.unsupported: writing `tasks` to `DATA_PROVIDER_LOCAL` with `functionCall` is not supported by this runtime",
        ),
        (
            "method: upsert, data: {}",
            "config.option: option `method` must be a known method, found `\"upsert\"`",
        ),
        ("method: create, data: { id: =$number('x') }", "expression.D3030: "),
        (
            "method: create, data: { id: a }, file: { localPath: p.jpg }",
            "config.unsupported: option `file` is not supported by this runtime; nothing was written",
        ),
        (
            "method: create, data: { id: a }, authorized: { owners: [me] }",
            "config.unsupported: option `authorized` ",
        ),
        (
            "method: create, data: { id: a }, conversions: [{ property: p, from: base64, to: buffer }]",
            "config.unsupported: option `conversions` ",
        ),
    ];
    for (rest, expected) in cases {
        let found = write(rest);
        assert!(found.starts_with(expected), "{rest}\n  expected {expected}\n  found    {found}");
    }
}

#[test]
fn an_id_that_is_there_already_is_refused() {
    let app = app("  type: action.execute-entities
  options: { provider: DATA_PROVIDER_LOCAL, entity: tasks, method: create, data: [{ id: a }, { id: a }] }
");
    let stage = Stage::new(&app);
    stage.on("onLoad");
    let finished = &stage.lines_of(&["finished"])[0];
    assert!(finished.contains("failed apply.constraint"), "{finished}");
    assert_eq!(stage.count("tasks"), 0, "all rows or none");
}

#[test]
fn sql_runs_in_one_transaction_with_parameters() {
    let app = App::index(
        "onLoad:
  type: action.execute-sql
  options:
    entities: [tasks]
    statements:
      - statement: INSERT INTO [tasks] (id, data) VALUES (@id, @data)
        parameters: { id: a, data: { name: =\"O\" & \"ne\" } }
      - statement: UPDATE [tasks] SET timestamp = 7
onFocus:
  type: action.execute-sql
  options:
    entities: [tasks]
    statements:
      - statement: DELETE FROM [tasks]
      - statement: DELETE FROM [nowhere]
",
    );
    let stage = Stage::new(&app);
    stage.on("onLoad");
    assert_eq!(stage.value("SELECT data || timestamp FROM [tasks]"), json!(r#"{"name":"One"}7"#));
    stage.lines();
    stage.on("onFocus");
    let finished = &stage.lines_of(&["finished"])[0];
    assert!(finished.contains("failed apply.sql") && finished.contains("nowhere"), "{finished}");
    assert_eq!(stage.count("tasks"), 1, "nothing of it is kept");
}

#[test]
fn a_status_row_is_deleted_by_its_number() {
    let app = App::new(&[
        (
            "index.jigx",
            "title: T
onLoad:
  type: action.sync-entities
  options: { provider: DATA_PROVIDER_DYNAMIC, entities: [default/tasks] }
onFocus: { type: action.delete-sync-status, options: { id: '1' } }
",
        ),
        ("databases/default.jigx", "tables: { tasks: null }\n"),
    ]);
    let stage = Stage::new(&app).dynamic(super::stage::two_rows);
    stage.on("onLoad");
    assert_eq!(stage.store.statuses().unwrap().len(), 1);
    assert_eq!(stage.on("onFocus").outcome, Outcome::Ok);
    assert!(stage.store.statuses().unwrap().is_empty());
    assert_eq!(stage.on("onFocus").outcome, Outcome::Ok, "deleting it again is nothing");
}

#[test]
fn a_type_that_nobody_knows_is_skipped_by_name() {
    let app = App::with_mistakes(&[("index.jigx", "title: T\nonLoad: { type: action.dance }\n")]);
    let stage = Stage::new(&app);
    let summary = stage.on("onLoad");
    let skipped = "skipped dance by unsupported: this runtime does not know the action type `action.dance`";
    assert_eq!(stage.lines(), [skipped, "run ok"]);
    assert_eq!((summary.outcome, summary.counts.skipped), (Outcome::Ok, 1));
}

#[test]
fn misspelt_types_of_the_documentation_run_as_what_they_mean() {
    let lines = run(
        "  type: action-sync-entities\n  options: { provider: DATA_PROVIDER_SALESFORCE, entities: [] }\n",
    );
    assert_eq!(lines[0], "started sync-entities");
    assert_eq!(lines[1], "finished sync-entities ok");
}

#[test]
fn what_follows_a_success_runs_in_the_same_place_and_not_after_a_failure() {
    let with = |data: &str| {
        run(&format!(
            "  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: tasks
    method: create
    data: {data}
    onSuccess: {{ type: action.go-back }}
"
        ))
    };
    assert!(with("{ id: a }").contains(&"effect action.go-back {}".to_owned()));
    assert!(!with("=$number('x')").contains(&"effect action.go-back {}".to_owned()));
}

#[test]
fn a_toast_in_place_of_what_follows_a_success_is_no_action() {
    let lines = run("  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: tasks
    method: create
    data: { id: a }
    onSuccess: { title: Saved }
");
    let toast = r#"effect toast {"title":"Saved"}"#;
    assert_eq!(lines, ["started execute-entity", "finished execute-entity ok", toast, "run ok"]);
}

#[test]
fn events_count_without_gaps_and_name_their_place() {
    let app = app("  type: action.action-list\n  options: { actions: [{ type: action.go-back }] }\n");
    let stage = Stage::new(&app);
    stage.on("onLoad");
    let records = stage.seen.take();
    let seqs: Vec<u64> = records.iter().map(|record| record.seq).collect();
    assert_eq!(seqs, (1..=records.len() as u64).collect::<Vec<_>>());
    let paths: Vec<&str> = records
        .iter()
        .filter_map(|record| match &record.event {
            Event::ActionStarted { action, .. } => Some(action.path.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(paths, ["index.jigx#/onLoad", "index.jigx#/onLoad/options/actions/0"]);
    let first = serde_json::to_value(&records[0]).unwrap();
    assert_eq!(first["event"], json!("run.started"));
    assert_ne!(first["at"], Value::Null);
}
