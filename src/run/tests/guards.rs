//! What lets an action through, and what is said of it.

use super::stage::{App, Stage};
use crate::run::{Event, Network, Outcome};

const SCOPES: (&str, &str) = (
    "datasources/sync-scopes.jigx",
    "type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [_syncScope]
  query: SELECT id, state FROM [_syncScope]
",
);

/// What becomes of an action with this guard: `go`, `skip` or `fail`, and the words.
fn verdict(guard: &str, prepare: impl Fn(&mut Stage<'_>)) -> String {
    let index = format!("title: T\nonLoad:\n  type: action.go-back\n{guard}\nonFocus: {START}\n");
    let app = App::with_mistakes(&[("index.jigx", &index), SCOPES]);
    let mut stage = Stage::new(&app);
    prepare(&mut stage);
    stage.lines();
    stage.on("onLoad");
    let records = stage.seen.take();
    records
        .iter()
        .find_map(|record| match &record.event {
            Event::ActionStarted { guard: Some(guard), .. } => Some(format!("go: {guard}")),
            Event::ActionSkipped { reason, detail, .. } => {
                Some(format!("skip by {reason:?}: {}", detail.as_deref().unwrap_or_default()))
            }
            Event::ActionFinished { error: Some(error), .. } => {
                Some(format!("fail {}: {}", error.code, error.message))
            }
            _ => None,
        })
        .unwrap_or_else(|| "go".to_owned())
}

const START: &str = "{ type: action.start-sync-scope, instanceId: load, options: { instanceIds: [pull] } }";

fn started(stage: &mut Stage<'_>) {
    let members = ["pull".to_owned()];
    let start = crate::store::StartScope {
        id: "load",
        instance_ids: &members,
        if_running: crate::store::sync::IfRunning::Restart,
        now: 900_000,
    };
    let go = stage.store.start_scope::<crate::store::StoreError>(&start, &mut |_| Ok(true));
    assert!(go.is_ok());
}

fn nothing(_: &mut Stage<'_>) {}

#[test]
fn every_form_of_when_has_its_verdict_and_tells_what_it_read() {
    let cases = [
        ("  when: true", "go: `when` is true"),
        ("  when: false", "skip by When: `when` is false"),
        ("  when: =1 = 1", "go: `when` is true"),
        ("  when: =@ctx.system.isOffline", "skip by When: `when` is false: @ctx.system.isOffline = false"),
        (
            "  when: =@ctx.solution.state.none",
            "skip by When: `when` is null: @ctx.solution.state.none = null",
        ),
        ("  when: =@ctx.nothing.here", "skip by When: `when` is missing: @ctx.nothing.here = missing"),
        ("  when: =$number('x')", "skip by When: `when` failed: "),
        ("  when: =0", "skip by When: `when` is 0"),
        ("  when: =[0]", "skip by When: `when` is [0]"),
        ("  when: =[1]", "go: `when` is [1]"),
        ("  when: ={}", "skip by When: `when` is {}"),
        // Texts are taken literally, and a text is true unless it is empty (expressions.md §6).
        ("  when: 'false'", "go: `when` is \"false\""),
        ("  when: ''", "skip by When: `when` is \"\""),
        ("  when:", "skip by When: `when` is null"),
        ("  when: [=1]", "go: `when` is [1]"),
        ("  when: ==", "skip by When: `when` is null"),
        (
            "  when: =@ctx.datasources.unknown",
            "skip by When: `when` failed: there is no datasource `unknown`",
        ),
    ];
    for (guard, expected) in cases {
        let found = verdict(guard, nothing);
        assert!(found.starts_with(expected), "{guard}\n  expected {expected}\n  found    {found}");
    }
}

#[test]
fn the_documented_guard_sees_the_scope_as_it_is() {
    let guard = "  when: \"=@ctx.datasources.sync-scopes[id = 'load'].state = 'syncing' ? false : true\"";
    let read = "@ctx.datasources.sync-scopes[id = 'load'].state";
    assert_eq!(verdict(guard, nothing), format!("go: `when` is true: {read} = missing"));
    assert_eq!(verdict(guard, started), format!("skip by When: `when` is false: {read} = \"syncing\""));
}

#[test]
fn every_form_of_condition_has_its_verdict_and_tells_what_it_read() {
    let cases: &[(&str, fn(&mut Stage<'_>), &str)] = &[
        (
            "{ scope: { id: load, isNot: syncing } }",
            nothing,
            "go: `condition` holds: scope load state = \"none\"",
        ),
        (
            "{ scope: { id: load, isNot: syncing } }",
            started,
            "skip by Condition: `condition` does not hold: scope load state = \"syncing\"",
        ),
        (
            "{ scope: { id: load, is: [syncing, failed] } }",
            started,
            "go: `condition` holds: scope load state = \"syncing\"",
        ),
        (
            "{ scope: { id: load, startedWithin: 2m } }",
            started,
            "go: `condition` holds: scope load lastStartedAt = 900000, now = 1000000",
        ),
        ("{ scope: { id: load, startedWithin: 1m } }", started, "skip by Condition"),
        (
            "{ scope: { id: load, syncedWithin: 1d } }",
            started,
            "skip by Condition: `condition` does not hold: scope load lastSyncedAt = null",
        ),
        ("{ not: { scope: { id: load, is: none } } }", nothing, "skip by Condition"),
        (
            "{ status: { entity: tasks, is: none } }",
            nothing,
            "go: `condition` holds: status tasks state = \"none\"",
        ),
        (
            "{ all: [{ expr: online() }, 'scope::count(\"load\", \"notStarted\") == 1'] }",
            started,
            "go: `condition` holds: online = true, scope load notStarted = 1",
        ),
        ("{ any: [] }", nothing, "skip by Condition: `condition` does not hold"),
        ("{ all: [] }", nothing, "go: `condition` holds"),
        ("online()", nothing, "go: `condition` holds: online = true"),
        (r#"1 / scope::count("load", "failed") > 0"#, started, "fail condition: "),
        ("online( &&", nothing, "skip by Condition: `condition` does not hold"),
        ("{ scope: { id: load, isnot: syncing } }", nothing, "go"),
        ("{ scope: {}, expr: 'true' }", nothing, "skip by Condition"),
        ("{ scope: { id: load, startedWithin: soon } }", started, "skip by Condition"),
        ("[]", nothing, "skip by Condition"),
    ];
    for (condition, prepare, expected) in cases {
        let found = verdict(&format!("  condition: {}", quoted(condition)), prepare);
        assert!(found.starts_with(expected), "{condition}\n  expected {expected}\n  found    {found}");
    }
}

fn quoted(condition: &str) -> String {
    if condition.starts_with(['{', '[']) { condition.to_owned() } else { format!("'{condition}'") }
}

#[test]
fn both_kinds_must_hold() {
    let both = |when: &str, condition: &str| {
        verdict(&format!("  when: {when}\n  condition: '{condition}'"), nothing)
    };
    assert_eq!(both("true", "online()"), "go: `when` is true; `condition` holds: online = true");
    assert!(both("false", "online()").starts_with("skip by When"));
    assert!(both("true", "!online()").starts_with("skip by Condition"));
}

#[test]
fn offline_is_what_both_kinds_see() {
    let offline = |stage: &mut Stage<'_>| stage.options.network = Network::Offline;
    assert!(verdict("  when: =@ctx.system.isOnline", offline).starts_with("skip by When"));
    assert!(verdict("  condition: online()", offline).starts_with("skip by Condition"));
    assert!(verdict("  when: =@ctx.system.isOffline", offline).starts_with("go"));
}

#[test]
fn a_guard_is_asked_again_for_each_action_and_sees_what_happened_before() {
    let app = App::index(
        "onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - { type: action.set-state, options: { state: =@ctx.solution.state.go, value: false } }
      - { type: action.go-back, when: =@ctx.solution.state.go }
      - { type: action.set-state, options: { state: =@ctx.solution.state.go, value: true } }
      - { type: action.go-back, when: =@ctx.solution.state.go }
",
    );
    let stage = Stage::new(&app);
    assert_eq!(stage.on("onLoad").outcome, Outcome::Ok);
    let lines = stage.lines_of(&["skipped", "effect"]);
    let skipped = "skipped go-back by when: `when` is false: @ctx.solution.state.go = false";
    assert_eq!(lines, [skipped, "effect action.go-back {}"]);
}

#[test]
fn a_guard_of_a_list_skips_everything_in_it_with_one_event() {
    let app = App::index(
        "onLoad:\n  type: action.action-list\n  when: false\n  options: { actions: [{ type: action.go-back }] }\n",
    );
    let stage = Stage::new(&app);
    let summary = stage.on("onLoad");
    assert_eq!(stage.lines(), ["skipped action-list by when: `when` is false", "run ok"]);
    assert_eq!((summary.counts.skipped, summary.counts.ok), (1, 0));
}

#[test]
fn large_values_are_told_in_short() {
    let found = verdict("  when: =[1..1000]", nothing);
    assert!(found.ends_with('…') && found.len() < 300, "{found}");
}
