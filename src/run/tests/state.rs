//! State: slots that are set and put back, their initial values, what is null.

use super::stage::{App, Stage, on_jig};
use crate::run::Outcome;

const STATE: &str = "state:
  region: { initialValue: north }
  filter: { initialValue: { from: 1, to: 2 } }
  seed: { initialValue: =$uuid() }
  bare:
";

/// Runs these actions one after the other and gives what `show` is afterwards.
fn after(actions: &[&str], show: &str) -> String {
    let items: String =
        actions.iter().map(|action| format!("      - {{ type: action.{action} }}\n")).collect();
    let index = format!(
        "title: T
{STATE}onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
{items}      - {{ type: action.go-to, options: {{ linkTo: x, inputs: {{ show: {show} }} }} }}
"
    );
    let app = App::with_mistakes(&[("index.jigx", &index)]);
    let stage = Stage::new(&app);
    stage.on("onLoad");
    let lines = stage.lines_of(&["effect", "finished", "skipped"]);
    let shown =
        lines.iter().find_map(|line| line.strip_prefix(r#"effect action.go-to {"linkTo":"x","inputs":"#));
    shown.map_or_else(
        || lines.join("\n"),
        |shown| shown.trim_end_matches('}').trim_start_matches("{\"show\":").to_owned(),
    )
}

const ALL: &str = "=@ctx.solution.state.region & '/' & $string(@ctx.solution.state.filter.from)";

#[test]
fn slots_have_their_initial_values_and_known_ones_without_are_null() {
    assert_eq!(after(&[], "=@ctx.solution.state.region"), "\"north\"");
    assert_eq!(after(&[], "=@ctx.solution.state.bare = null"), "true");
    assert_eq!(after(&[], "=@ctx.solution.state.undeclared = null"), "true");
    assert_eq!(after(&[], "=@ctx.components.search.state.value = null"), "true");
    assert_eq!(after(&[], "=@ctx.user.nobody = null"), "false", "other things that are missing are missing");
}

#[test]
fn an_initial_value_is_evaluated_once() {
    assert_eq!(after(&[], "=@ctx.solution.state.seed = @ctx.solution.state.seed"), "true");
    let twice =
        &["set-state, options: { state: =@ctx.solution.state.one, value: =@ctx.solution.state.seed }"];
    assert_eq!(after(twice, "=@ctx.solution.state.one = @ctx.solution.state.seed"), "true");
}

#[test]
fn what_is_set_is_seen_and_what_is_reset_is_as_at_first() {
    let set = "set-state, options: { state: =@ctx.solution.state.region, value: south }";
    let reset = "reset-state, options: { state: =@ctx.solution.state.region }";
    assert_eq!(after(&[set], ALL), "\"south/1\"");
    assert_eq!(after(&[set, reset], ALL), "\"north/1\"");
    assert_eq!(after(&[set, "reset-state, options: { state: =@ctx.solution.state }"], ALL), "\"north/1\"");
    assert_eq!(after(&[set, "reset-solution-state, options: { changes: [region] }"], ALL), "\"north/1\"");
    assert_eq!(after(&[set, "reset-solution-state, options: { changes: [filter] }"], ALL), "\"south/1\"");
    assert_eq!(after(&[set, "reset-solution-state"], ALL), "\"north/1\"");
}

#[test]
fn a_part_of_a_slot_can_be_set_and_reset() {
    let part = "set-state, options: { state: =@ctx.solution.state.filter.from, value: 9 }";
    let reset_part = "reset-state, options: { state: =@ctx.solution.state.filter.from }";
    let whole = "set-state, options: { state: =@ctx.solution.state.filter, value: { from: 5 } }";
    let filter = "=$string(@ctx.solution.state.filter.from) & $string(@ctx.solution.state.filter.to)";
    assert_eq!(after(&[part], filter), "\"92\"");
    assert_eq!(after(&[part, reset_part], filter), "\"12\"");
    assert_eq!(after(&[whole], filter), "\"5\"");
    assert_eq!(after(&[whole, reset_part], filter), "\"1\"", "the part is as at first, the rest stays");
    assert_eq!(after(&[part, whole], filter), "\"5\"");
}

#[test]
fn several_slots_are_set_at_once() {
    let set = "set-solution-state, options: { changes: { region: =\"so\" & \"uth\", filter: null } }";
    assert_eq!(
        after(&[set], "=@ctx.solution.state.region & $string(@ctx.solution.state.filter)"),
        "\"southnull\""
    );
}

#[test]
fn components_have_state_under_both_names() {
    let set = "set-state, options: { state: =@ctx.jig.components.search.state.value, value: x }";
    assert_eq!(after(&[set], "=@ctx.components.search.state.value"), "\"x\"");
    assert_eq!(after(&[set], "=@ctx.jig.components.search.state.value"), "\"x\"");
    let reset = "reset-state, options: { state: =@ctx.components.search.state.value }";
    assert_eq!(after(&[set, reset], "=@ctx.components.search.state.value = null"), "true");
}

#[test]
fn what_is_no_slot_cannot_be_set() {
    for state in ["=@ctx.user.email", "region", "=1", "=@ctx.datasources.x"] {
        let set = format!("set-state, options: {{ state: {state}, value: 1 }}");
        let found = after(&[&set], ALL);
        let expected = "finished set-state failed config.option: option `state` must be a path like `=@ctx.solution.state.key`, found ";
        assert!(found.starts_with(expected), "{state}: {found}");
    }
}

#[test]
fn values_for_the_run_stand_over_initial_ones_and_a_reset_goes_back_behind_them() {
    let app = App::index(
        "state: { region: { initialValue: north } }
onLoad: { type: action.go-to, options: { linkTo: x, inputs: { region: =@ctx.solution.state.region } } }
onFocus: { type: action.reset-state, options: { state: =@ctx.solution.state.region, title: x } }
onRefresh:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - { type: action.reset-solution-state, options: {} }
      - { type: action.go-to, options: { linkTo: x, inputs: { region: =@ctx.solution.state.region } } }
",
    );
    let mut stage = Stage::new(&app);
    stage.options.state.insert("region".to_owned(), "west".into());
    stage.on("onLoad");
    assert!(stage.lines_of(&["effect"])[0].ends_with(r#""inputs":{"region":"west"}}"#));
    stage.on("onRefresh");
    assert!(stage.lines_of(&["effect"])[0].ends_with(r#""inputs":{"region":"north"}}"#));
}

#[test]
fn an_initial_value_that_fails_is_an_error_of_whoever_reads_it() {
    let app = App::index(
        "state: { bad: { initialValue: =$number('x') }, good: { initialValue: 1 } }
onLoad: { type: action.evaluate, instanceId: a, options: { value: =@ctx.solution.state.good } }
onFocus: { type: action.evaluate, instanceId: b, options: { value: =@ctx.solution.state.bad } }
onRefresh:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - { type: action.set-state, options: { state: =@ctx.solution.state.bad, value: 1 } }
      - { type: action.evaluate, instanceId: c, options: { value: =@ctx.solution.state.bad } }
",
    );
    let stage = Stage::new(&app);
    assert_eq!(stage.on("onLoad").outcome, Outcome::Ok);
    assert_eq!(stage.on("onRefresh").outcome, Outcome::Ok);
    stage.lines();
    stage.on("onFocus");
    let finished = &stage.lines_of(&["finished"])[0];
    let expected = "failed expression.D3030: the initial value of the state `bad` failed: ";
    assert!(finished.contains(expected), "{finished}");
}

#[test]
fn a_jig_has_state_of_its_own_and_refuses_what_it_does_not_declare() {
    let jig = "title: J
type: jig.default
state: { count: { initialValue: =1 + 1 } }
onFocus:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - { type: action.go-to, options: { linkTo: x, inputs: { n: =@ctx.jig.state.count } } }
      - { type: action.set-jig-state, options: { changes: { count: =@ctx.jig.state.count + 1 } } }
      - { type: action.go-to, options: { linkTo: x, inputs: { n: =@ctx.jig.state.count } } }
      - { type: action.reset-jig-state, options: { changes: [count] } }
      - { type: action.go-to, options: { linkTo: x, inputs: { n: =@ctx.jig.state.count } } }
      - { type: action.set-jig-state, options: { changes: { other: 1 } } }
";
    let app = App::with_mistakes(&[("index.jigx", "title: T\n"), ("jigs/home.jigx", jig)]);
    let stage = Stage::new(&app);
    stage.trigger(&on_jig("home", "onFocus")).unwrap();
    let lines = stage.lines_of(&["effect", "finished set-jig-state failed"]);
    let effect = |n: u32| format!(r#"effect action.go-to {{"linkTo":"x","inputs":{{"n":{n}}}}}"#);
    let refused =
        "finished set-jig-state failed config.state: the jig `home` declares no state `other`".to_owned();
    assert_eq!(lines, [effect(2), effect(3), effect(2), refused]);
}
