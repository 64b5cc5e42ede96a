//! What a trigger names, and what is said when there is no such thing.

use serde_json::json;

use super::stage::{App, Stage, on_jig};
use crate::run::{RunError, Trigger};

const INDEX: (&str, &str) = (
    "index.jigx",
    "title: T\nonLoad: { type: action.go-back, instanceId: back }\nonFocus: { type: action.go-back }\n",
);
const CUSTOMER: (&str, &str) = (
    "jigs/customer.jigx",
    "title: C
type: jig.default
inputs:
  id: { type: string, required: true }
  tab: { type: string, default: orders }
onFocus: { type: action.go-to, options: { linkTo: x, inputs: { all: =@ctx.jig.inputs, jig: =@ctx.jig.id } } }
children:
  - type: component.list
    instanceId: rows
    options:
      onPress:
        type: action.action-list
        options:
          actions:
            - { type: action.evaluate, instanceId: pressed, options: { value: =@ctx.jig.inputs.id } }
",
);
const GLOBAL: (&str, &str) = (
    "actions/global.jigx",
    "action:
  type: action.action-list
  options:
    actions: [{ type: action.go-to, instanceId: inner, options: { linkTo: x, inputs: { p: =@ctx.action.parameters.p } } }]
parameters: { p: { type: number, default: 7 } }
",
);

fn app() -> App {
    App::with_mistakes(&[INDEX, CUSTOMER, GLOBAL])
}

/// The message and help of a trigger that names nothing.
fn refused(trigger: &Trigger) -> (String, Option<String>) {
    let app = app();
    let stage = Stage::new(&app);
    let error = stage.trigger(trigger).unwrap_err();
    assert!(stage.lines().is_empty(), "nothing has begun");
    match error {
        RunError::Unknown { message, help } => (message, help),
        other => panic!("{other:?}"),
    }
}

pub(super) fn event(name: &str) -> Trigger {
    Trigger::Event { name: name.to_owned(), jig: None }
}

fn action(id: &str) -> Trigger {
    Trigger::Action { id: id.to_owned() }
}

#[test]
fn what_does_not_exist_is_told_with_what_does() {
    let cases = [
        (event("onLod"), "this app has no index event `onLod`", Some("did you mean `onLoad`?")),
        (
            event("onTableChanged"),
            "this app has no index event `onTableChanged`",
            Some("there are: `onFocus`, `onLoad`"),
        ),
        (on_jig("custommer", "onFocus"), "this app has no jig `custommer`", Some("did you mean `customer`?")),
        (
            on_jig("customer", "onLoad"),
            "this app has no event of jig `customer` called `onLoad`",
            Some("there are: `onFocus`"),
        ),
        (
            action("nobody"),
            "this app has no action `nobody`",
            Some("there are: `back`, `global`, `inner`, `pressed`"),
        ),
        (action("bak"), "this app has no action `bak`", Some("did you mean `back`?")),
    ];
    for (trigger, message, help) in cases {
        assert_eq!(refused(&trigger), (message.to_owned(), help.map(str::to_owned)), "{trigger}");
    }
}

#[test]
fn a_jig_is_opened_with_its_inputs() {
    let app = app();
    let mut stage = Stage::new(&app);
    let trigger = on_jig("customer", "onFocus");
    let error = stage.trigger(&trigger).unwrap_err();
    assert_eq!(error.to_string(), "the jig `customer` needs the input `id`");
    stage.options.inputs.insert("id".to_owned(), json!(5));
    stage.trigger(&trigger).unwrap();
    let expected =
        r#"effect action.go-to {"linkTo":"x","inputs":{"all":{"tab":"orders","id":5},"jig":"customer"}}"#;
    assert_eq!(stage.lines_of(&["effect"]), [expected]);
}

#[test]
fn an_action_inside_a_jig_runs_in_that_jig() {
    let app = app();
    let mut stage = Stage::new(&app);
    stage.options.inputs.insert("id".to_owned(), json!("c1"));
    stage.act("pressed");
    assert_eq!(stage.lines(), ["started evaluate pressed", "finished evaluate pressed ok", "run ok"]);
}

#[test]
fn an_action_inside_a_global_one_has_its_parameters() {
    let app = app();
    let stage = Stage::new(&app);
    stage.act("inner");
    assert_eq!(stage.lines_of(&["effect"]), [r#"effect action.go-to {"linkTo":"x","inputs":{"p":7}}"#]);
}

#[test]
fn a_component_and_a_jig_of_one_name_are_two_places() {
    let shared = |text: &str| format!("expressions: {{ who: '=\"{text}\"' }}\n");
    let action = |id: &str| {
        format!(
            "{{ type: action.go-to, instanceId: {id}, options: {{ linkTo: x, inputs: {{ who: =$who }} }} }}"
        )
    };
    let jig = format!("title: J\ntype: jig.default\n{}onFocus: {}\n", shared("jig"), action("of-jig"));
    let component = format!(
        "type: component.default\n{}children: [{{ type: component.button, options: {{ onPress: {} }} }}]\n",
        shared("component"),
        action("of-component")
    );
    let app = App::with_mistakes(&[
        ("index.jigx", "title: T\nexpressions: { who: '=\"index\"' }\n"),
        ("jigs/card.jigx", &jig),
        ("components/card.jigx", &component),
    ]);
    let stage = Stage::new(&app);
    stage.act("of-jig");
    stage.act("of-component");
    let effect = |who: &str| format!(r#"effect action.go-to {{"linkTo":"x","inputs":{{"who":"{who}"}}}}"#);
    assert_eq!(stage.lines_of(&["effect"]), [effect("jig"), effect("component")]);
}
