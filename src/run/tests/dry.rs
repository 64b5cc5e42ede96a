//! Plans: honest about what would run, what is not known, and free of effects.

use serde_json::{Value, json};

use super::stage::{App, Stage, two_rows};
use crate::run::{Network, Planned, PlannedAction, Verdicts};

const SCOPES: (&str, &str) = (
    "datasources/sync-scopes.jigx",
    "type: datasource.sqlite
options: { provider: DATA_PROVIDER_LOCAL, entities: [_syncScope], query: 'SELECT id, state FROM [_syncScope]' }
",
);
const TASKS: (&str, &str) = (
    "datasources/tasks.jigx",
    "type: datasource.sqlite
options: { provider: DATA_PROVIDER_LOCAL, entities: [tasks], query: 'SELECT id FROM [tasks]' }
",
);
const GET: (&str, &str) =
    ("functions/get.jigx", "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\n");

fn app(load: &str) -> App {
    App::with_mistakes(&[("index.jigx", &format!("title: T\nonLoad:\n{load}")), SCOPES, TASKS, GET])
}

fn list(actions: &[&str]) -> App {
    let items: String = actions.iter().map(|action| format!("      - {action}\n")).collect();
    app(&format!("  type: action.action-list\n  options:\n    isSequential: true\n    actions:\n{items}"))
}

const START: &str = "{ type: action.start-sync-scope, instanceId: load, options: { instanceIds: [pull] } }";
const SYNC: &str = "{ type: action.sync-entities, instanceId: pull, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: tasks, function: get, parameters: { n: =1 + 1 } }] } }";

/// One line per action: verdict, type, effect or reason, what is unknown.
fn told(planned: &Planned) -> Vec<String> {
    let mut out = Vec::new();
    planned.actions.iter().for_each(|action| tell(action, 0, &mut out));
    out
}

fn tell(action: &PlannedAction, depth: usize, out: &mut Vec<String>) {
    let verdict = serde_json::to_value(action.verdict).unwrap();
    let verdict = verdict.as_str().unwrap().to_owned();
    let name = action.type_name.trim_start_matches("action.");
    let words = [action.effect.clone(), action.why.clone()].into_iter().flatten();
    let unknown = action.unknown.iter().map(|what| format!("?{what}"));
    let more: Vec<String> = words.chain(unknown).collect();
    out.push(format!("{}{verdict} {name}: {}", " ".repeat(depth), more.join(" | ")));
    action.actions.iter().for_each(|inner| tell(inner, depth + 1, out));
}

fn plan(app: &App) -> Vec<String> {
    told(&Stage::new(app).plan("onLoad"))
}

#[test]
fn a_plan_says_what_each_action_would_do() {
    let app = list(&[
        START,
        SYNC,
        "{ type: action.set-state, options: { state: =@ctx.solution.state.x, value: =2 * 2 } }",
        "{ type: action.reset-state, options: { state: =@ctx.solution.state.x } }",
        "{ type: action.execute-entity, options: { provider: DATA_PROVIDER_LOCAL, entity: t, method: create, data: { a: 1 } } }",
        "{ type: action.execute-sql, options: { entities: [t], statements: [{ statement: DELETE FROM t }] } }",
        "{ type: action.evaluate, instanceId: e, options: { value: { a: =1 } } }",
        "{ type: action.confirm, options: { modal: { title: Sure? }, onConfirmed: { type: action.go-back } } }",
        "{ type: action.go-to, options: { linkTo: home } }",
        "{ type: action.delete-sync-scope, options: { id: load } }",
        "{ type: action.delete-sync-status, options: { id: '7' } }",
        "{ type: action.dance }",
        "{ type: action.go-back, when: false }",
    ]);
    let expected = [
        "run action-list: 13 actions, one after the other",
        " run start-sync-scope: starts the scope `load` over `pull`",
        " run sync-entities: fetches `tasks` from DATA_PROVIDER_REST",
        " run set-state: sets solution.state.x = 4",
        " run reset-state: resets solution.state.x",
        " run execute-entity: create 1 row of `t`",
        " run execute-sql: executes SQL",
        " run evaluate: evaluates to {\"a\":1}",
        " run confirm: asks, and takes no for an answer",
        " run go-to: is reported; it acts on a screen",
        " run delete-sync-scope: deletes the scope `load`",
        " run delete-sync-status: deletes the status `7`",
        " unsupported dance: this runtime does not know the type",
        " skip go-back: `when` is false",
    ];
    assert_eq!(plan(&app), expected);
}

#[test]
fn nothing_is_written_sent_or_told() {
    let app = list(&[
        START,
        SYNC,
        "{ type: action.execute-entity, options: { provider: DATA_PROVIDER_LOCAL, entity: t, method: create, data: {} } }",
    ]);
    let stage = Stage::new(&app).rest(|_, _| panic!("a plan must not fetch"));
    let before = stage.value("SELECT group_concat(name) FROM sqlite_schema");
    stage.plan("onLoad");
    assert_eq!(stage.scope("load"), "none");
    assert!(stage.store.statuses().unwrap().is_empty());
    assert_eq!(stage.value("SELECT group_concat(name) FROM sqlite_schema"), before, "no table was made");
    assert!(stage.lines().is_empty());
}

#[test]
fn guards_are_shown_with_what_they_read() {
    let app = app("  type: action.go-back
  when: \"=@ctx.datasources.sync-scopes[id = 'load'].state = 'syncing' ? false : @ctx.system.isOnline\"
  condition: { scope: { id: load, isNot: syncing } }
");
    let planned = Stage::new(&app).plan("onLoad");
    let reads: Vec<(&str, Option<&Value>)> =
        planned.actions[0].reads.iter().map(|read| (read.what.as_str(), read.value.as_ref())).collect();
    let (yes, none) = (json!(true), json!("none"));
    let expected = [
        ("@ctx.datasources.sync-scopes[id = 'load'].state", None),
        ("@ctx.system.isOnline", Some(&yes)),
        ("scope load state", Some(&none)),
    ];
    assert_eq!(reads, expected);
}

#[test]
fn what_depends_on_earlier_actions_is_unknown() {
    let app = list(&[
        START,
        "{ type: action.go-back, condition: { scope: { id: load, is: syncing } } }",
        "{ type: action.go-back, condition: { scope: { id: other, is: none } } }",
        "{ type: action.go-back, when: '=$count(@ctx.datasources.sync-scopes) = 1' }",
        SYNC,
        "{ type: action.go-back, condition: { status: { entity: tasks, is: synced } } }",
        "{ type: action.set-state, options: { state: =@ctx.solution.state.n, value: =$count(@ctx.datasources.tasks) } }",
        "{ type: action.go-back, when: =@ctx.solution.state.n > 0 }",
        "{ type: action.set-state, options: { state: =@ctx.solution.state.n, value: 1 } }",
        "{ type: action.go-back, when: =@ctx.solution.state.n > 0 }",
        "{ type: action.go-back, when: =@ctx.actions.pull.state.isSuccess }",
        "{ type: action.evaluate, instanceId: known, options: { value: 5 } }",
        "{ type: action.go-back, when: =@ctx.actions.known.outputs.value = 5 }",
    ]);
    let lines = plan(&app);
    let backs: Vec<&str> =
        lines.iter().map(|line| line.trim_start()).filter(|line| line.contains("go-back")).collect();
    let screen = "is reported; it acts on a screen";
    let expected = [
        format!("unknown go-back: {screen} | ?the state of the scope `load`, which an action above changes"),
        format!("run go-back: {screen}"),
        format!(
            "unknown go-back: {screen} | ?`@ctx.datasources.sync-scopes` reads `_syncScope`, which an action above changes"
        ),
        format!("unknown go-back: {screen} | ?the status of `tasks`, which an action above changes"),
        format!("unknown go-back: {screen} | ?`@ctx.solution.state.n` is set by an action above"),
        format!("run go-back: {screen}"),
        format!("unknown go-back: {screen} | ?`@ctx.actions.pull` comes from an action above"),
        format!("run go-back: {screen}"),
    ];
    assert_eq!(backs, expected);
}

#[test]
fn a_datasource_is_unknown_through_the_values_of_its_parameters_too() {
    let inner = "type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [other]
  query: SELECT id FROM [other] WHERE id = @id
  queryParameters: { id: '=@ctx.datasources.tasks[0].id' }
";
    let app = App::with_mistakes(&[
        (
            "index.jigx",
            &format!(
                "title: T\nonLoad:\n  type: action.action-list\n  options:\n    isSequential: true\n    actions:\n      - {SYNC}\n      - {{ type: action.go-back, when: =$exists(@ctx.datasources.inner) }}\n"
            ),
        ),
        ("datasources/inner.jigx", inner),
        TASKS,
        GET,
    ]);
    let last = plan(&app).pop().unwrap();
    assert!(
        last.starts_with(" unknown go-back") && last.contains("`@ctx.datasources.tasks` reads `tasks`"),
        "{last}"
    );
}

#[test]
fn what_would_fail_says_so_and_stops_its_list_like_a_run() {
    let app =
        list(&["{ type: action.execute-action, options: { action: nobody } }", "{ type: action.go-back }"]);
    let expected = [
        "run action-list: 2 actions, one after the other",
        " error execute-action: the global action `nobody` | there is no global action `nobody`",
        " skip go-back: an action before it in the list fails on the spot",
    ];
    assert_eq!(plan(&app), expected);
}

#[test]
fn offline_a_sync_would_fail_and_the_list_go_on() {
    let app = list(&[SYNC, "{ type: action.go-back }"]);
    let mut stage = Stage::new(&app);
    stage.options.network = Network::Offline;
    let lines = told(&stage.plan("onLoad"));
    assert_eq!(
        lines[1],
        " error sync-entities: fetches `tasks` from DATA_PROVIDER_REST | the run is offline"
    );
    assert!(lines[2].starts_with(" run go-back"));
}

#[test]
fn an_option_that_fails_only_for_now_is_unknown_and_not_wrong() {
    let app = list(&[
        SYNC,
        "{ type: action.evaluate, instanceId: e, options: { value: '=$number(@ctx.datasources.tasks[0].id & \"x\")' } }",
    ]);
    let lines = plan(&app);
    assert_eq!(
        lines[2],
        " run evaluate: evaluates to null | ?`@ctx.datasources.tasks` reads `tasks`, which an action above changes"
    );
}

#[test]
fn a_running_scope_is_seen_by_starts() {
    for (choice, expected) in [
        ("restart", "run start-sync-scope: restarts the scope `load` over `pull`"),
        ("skip", "skip start-sync-scope: the scope `load` is syncing already"),
        ("error", "error start-sync-scope: the scope `load` is syncing already"),
    ] {
        let app = app(&format!(
            "  {{ type: action.start-sync-scope, instanceId: load, options: {{ instanceIds: [pull], ifRunning: {choice} }} }}\n"
        ));
        let stage = Stage::new(&app);
        super::scopes::start_elsewhere(&stage.store);
        assert_eq!(told(&stage.plan("onLoad")), [expected]);
    }
}

#[test]
fn handlers_of_tables_that_would_change_are_shown_as_unknown() {
    let app = App::with_mistakes(&[
        (
            "index.jigx",
            &format!(
                "title: T\nonLoad: {SYNC}\nonTableChanged:\n  - {{ table: tasks, action: {{ type: action.go-back }} }}\n  - {{ table: other, action: {{ type: action.go-back }} }}\n"
            ),
        ),
        GET,
    ]);
    let lines = plan(&app);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1], "unknown go-back: is reported; it acts on a screen | ?whether `tasks` changes");
}

#[test]
fn actions_that_call_themselves_end_in_a_plan_too() {
    let again = "{ type: action.execute-action, options: { action: again } }";
    let app = App::with_mistakes(&[
        ("index.jigx", &format!("title: T\nonLoad: {again}\n")),
        (
            "actions/again.jigx",
            &format!("action: {{ type: action.action-list, options: {{ actions: [{again}, {again}] }} }}\n"),
        ),
    ]);
    let lines = plan(&app);
    assert!(lines.len() < 200 && lines.iter().any(|line| line.contains("without end")), "{}", lines.len());
}

#[test]
fn a_plan_and_the_run_after_it_agree_on_what_is_skipped() {
    let app = list(&[
        "{ type: action.go-back, when: =@ctx.solution.state.none }",
        "{ type: action.set-state, options: { state: =@ctx.solution.state.on, value: true } }",
        "{ type: action.go-back, when: =@ctx.solution.state.on }",
        "{ type: action.go-back, condition: { scope: { id: load, is: none } } }",
        START,
        SYNC,
    ]);
    let stage = Stage::new(&app).rest(two_rows);
    let planned = stage.plan("onLoad");
    let skipped: Vec<&PlannedAction> =
        planned.actions[0].actions.iter().filter(|action| action.verdict == Verdicts::Skip).collect();
    let summary = stage.on("onLoad");
    assert_eq!((skipped.len() as u64, summary.counts.skipped), (1, 1));
}
