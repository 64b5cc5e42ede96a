//! Global actions: parameters, unknown ones, endless ones.

use super::stage::{App, Stage, on_jig};
use crate::run::{Outcome, RunError, Trigger};

const GREET: (&str, &str) = (
    "actions/greet.jigx",
    "action:
  type: action.go-to
  options:
    linkTo: hello
    inputs: { name: =@ctx.action.parameters.name, times: =@ctx.action.parameters.times, more: =@ctx.action.parameters.more }
parameters:
  name: { type: string, required: true }
  times: { type: number, default: 1 }
  more: { type: string }
",
);

fn call(options: &str) -> String {
    let index = format!("title: T\nonLoad:\n  type: action.execute-action\n  options: {options}\n");
    let app = App::with_mistakes(&[("index.jigx", &index), GREET]);
    let stage = Stage::new(&app);
    stage.on("onLoad");
    stage.lines_of(&["effect", "finished execute-action"])[0].clone()
}

#[test]
fn declared_parameters_have_defaults_and_required_ones_must_be_given() {
    let cases = [
        (
            "{ action: greet, parameters: { name: Ann } }",
            r#"effect action.go-to {"linkTo":"hello","inputs":{"name":"Ann","times":1}}"#,
        ),
        (
            "{ action: greet, parameters: { name: Ann, times: 2, more: x } }",
            r#"effect action.go-to {"linkTo":"hello","inputs":{"name":"Ann","times":2,"more":"x"}}"#,
        ),
        (
            "{ action: '=\"greet\"', parameters: '={\"name\": \"Bob\"}' }",
            r#"effect action.go-to {"linkTo":"hello","inputs":{"name":"Bob","times":1}}"#,
        ),
        (
            "{ action: greet }",
            "finished execute-action failed config.parameter: the action `greet` needs the parameter `name`",
        ),
        (
            "{ action: greet, parameters: { name: =@ctx.nothing } }",
            "finished execute-action failed config.parameter: the action `greet` needs the parameter `name`",
        ),
        (
            "{ action: greet, parameters: '=[1]' }",
            "finished execute-action failed config.option: option `parameters` must be a map, found `[1]`",
        ),
        (
            "{ action: gret }",
            "finished execute-action failed config.action: there is no global action `gret`",
        ),
        (
            "{ action: x, package: other }",
            "finished execute-action failed config.package: the action `x` is in the package `other`, which is not loaded here",
        ),
        (
            "{ action: =@ctx.nothing }",
            "finished execute-action failed config.option: option `action` must be a text, found nothing",
        ),
    ];
    for (options, expected) in cases {
        assert_eq!(call(options), expected, "{options}");
    }
}

#[test]
fn a_global_action_sees_its_own_parameters_and_not_those_of_its_caller() {
    let app = App::new(&[
        (
            "index.jigx",
            "title: T\nonLoad: { type: action.execute-action, options: { action: outer, parameters: { x: 1 } } }\n",
        ),
        (
            "actions/outer.jigx",
            "action: { type: action.execute-action, options: { action: inner, parameters: { y: =@ctx.action.parameters.x } } }\n",
        ),
        (
            "actions/inner.jigx",
            "action: { type: action.go-to, options: { linkTo: a, inputs: { all: =@ctx.action.parameters } } }\n",
        ),
    ]);
    let stage = Stage::new(&app);
    stage.on("onLoad");
    assert_eq!(
        stage.lines_of(&["effect"]),
        [r#"effect action.go-to {"linkTo":"a","inputs":{"all":{"y":1}}}"#]
    );
}

#[test]
fn a_child_of_tabs_offers_actions_to_its_own_jig_and_to_those_in_it() {
    let tabs = "title: T
type: jig.tabs
onFocus: { type: action.execute-action, options: { action: next, parameters: { to: two } } }
children:
  - type: component.jig
    jigId: inner
    actions: { next: { type: action.set-active-tab, options: { id: =@ctx.action.parameters.to } } }
";
    let inner = "title: I
type: jig.default
onFocus: { type: action.execute-action, options: { action: next, parameters: { to: three } } }
";
    let app = App::with_mistakes(&[
        ("index.jigx", "title: T\n"),
        ("jigs/tabs.jigx", tabs),
        ("jigs/inner.jigx", inner),
    ]);
    let stage = Stage::new(&app);
    stage.trigger(&on_jig("tabs", "onFocus")).unwrap();
    stage.trigger(&on_jig("inner", "onFocus")).unwrap();
    let effect = |id: &str| format!(r#"effect action.set-active-tab {{"id":"{id}"}}"#);
    assert_eq!(stage.lines_of(&["effect"]), [effect("two"), effect("three")]);
}

#[test]
fn actions_that_call_themselves_end_with_an_error_and_not_with_the_stack() {
    for together in ["true", "false"] {
        let list = format!(
            "action:
  type: action.action-list
  options:
    isSequential: {together}
    actions:
      - {{ type: action.execute-action, options: {{ action: again }} }}
      - {{ type: action.execute-action, options: {{ action: again }} }}
"
        );
        let index = "title: T\nonLoad: { type: action.execute-action, options: { action: again } }\n";
        let app = App::with_mistakes(&[("index.jigx", index), ("actions/again.jigx", &list)]);
        let stage = Stage::new(&app);
        assert_eq!(stage.on("onLoad").outcome, Outcome::Failed);
        let lines = stage.lines_of(&["finished execute-action failed config.cycle"]);
        let expected = "finished execute-action failed config.cycle: actions call one another without end, `again` among them";
        assert_eq!(lines[0], expected);
        // Threads that are on their way may find it out too, but not each of the 2^64 calls.
        assert!(lines.len() < 5000, "once is enough: {}", lines.len());
    }
}

#[test]
fn deep_lists_inside_recursive_actions_end_too() {
    let mut list = "{ type: action.execute-action, options: { action: deep } }".to_owned();
    for _ in 0..25 {
        list = format!("{{ type: action.action-list, options: {{ actions: [{list}] }} }}");
    }
    let index = "title: T\nonLoad: { type: action.execute-action, options: { action: deep } }\n";
    let app =
        App::with_mistakes(&[("index.jigx", index), ("actions/deep.jigx", &format!("action: {list}\n"))]);
    let stage = Stage::new(&app);
    assert_eq!(stage.on("onLoad").outcome, Outcome::Failed);
    let failures = stage
        .lines_of(&["finished execute-action failed limit.depth", "finished action-list failed limit.depth"]);
    assert_eq!(failures.len(), 1, "{failures:?}");
}

#[test]
fn recursion_that_comes_to_an_end_is_fine() {
    let app = App::new(&[
        (
            "index.jigx",
            "title: T\nonLoad: { type: action.execute-action, options: { action: count, parameters: { n: 5 } } }\n",
        ),
        (
            "actions/count.jigx",
            "action:
  type: action.execute-action
  when: =@ctx.action.parameters.n > 0
  options: { action: count, parameters: { n: =@ctx.action.parameters.n - 1 } }
",
        ),
    ]);
    let stage = Stage::new(&app);
    let summary = stage.on("onLoad");
    assert_eq!((summary.outcome, summary.counts.ok, summary.counts.skipped), (Outcome::Ok, 6, 1));
}

#[test]
fn a_global_action_is_triggered_with_parameters_like_by_a_call() {
    let app = App::new(&[("index.jigx", "title: T\n"), GREET]);
    let mut stage = Stage::new(&app);
    let trigger = Trigger::Action { id: "greet".to_owned() };
    match stage.trigger(&trigger) {
        Err(RunError::Unknown { message, .. }) => {
            assert_eq!(message, "the action `greet` needs the parameter `name`");
        }
        other => panic!("{other:?}"),
    }
    assert!(stage.lines().is_empty(), "nothing has begun");
    stage.options.parameters.insert("name".to_owned(), "Ann".into());
    stage.act("greet");
    assert_eq!(
        stage.lines_of(&["effect"]),
        [r#"effect action.go-to {"linkTo":"hello","inputs":{"name":"Ann","times":1}}"#]
    );
}
