//! What each type reads from its options, and what it plans.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::{
    ActionNode, Effect, Fill, IfRunning, Method, Order, Plan, PlanError, ProviderKind, REGISTRY, UseKind,
    canonical_alias, lower, type_names,
};
use crate::diag::{Diagnostic, Files};
use crate::expr::{EvalError, Evaluator, Expression, Host, Limits, SharedExpressions, Template, World};
use crate::syntax::{Format, parse};

/// An action read from YAML, with what was found wrong.
fn action(yaml: &str) -> (ActionNode, Vec<Diagnostic>) {
    let mut files = Files::new();
    let (tree, mut found) = parse(files.add("a.yaml", yaml), yaml, Format::Yaml);
    assert_eq!(found, []);
    let mut expression = |text: &str| Expression::parse(text).ok();
    let node = lower(&tree.root, "/a", yaml, &mut expression, &mut found).unwrap();
    (node, found)
}

struct Fixed;

impl Host for Fixed {
    fn now_ms(&self) -> i64 {
        0
    }

    fn uuid(&self) -> String {
        "id".to_owned()
    }
}

/// Evaluates in a small world.
struct Filler(Evaluator, Value);

impl Fill for Filler {
    fn fill(&mut self, template: &Template) -> Result<Option<Value>, EvalError> {
        let shared = SharedExpressions::new();
        self.0.fill(template, &World { ctx: &self.1, focus: None, shared: &shared })
    }
}

/// What an action plans, told in the words of its `Debug`, or why it cannot.
fn planned<T>(yaml: &str, look: impl FnOnce(Result<Plan<'_>, PlanError>) -> T) -> T {
    let (node, _) = action(yaml);
    let mut filler = Filler(Evaluator::new(Fixed, Limits::default()), json!({"x": 1, "list": ["a", "b"]}));
    look(node.body.plan(&mut filler))
}

fn effect(yaml: &str) -> Effect {
    planned(yaml, |plan| match plan {
        Ok(Plan::Perform(effect)) => effect,
        other => panic!("{other:?}"),
    })
}

fn refusal(yaml: &str) -> String {
    planned(yaml, |plan| plan.unwrap_err().to_string())
}

#[test]
fn every_type_is_listed_once() {
    let names: Vec<&str> = type_names().collect();
    let unique: std::collections::BTreeSet<&&str> = names.iter().collect();
    assert_eq!(unique.len(), names.len());
    assert!(REGISTRY.iter().map(|known| known.name).is_sorted());
    assert!(names.iter().all(|name| name.starts_with("action.")));
}

#[test]
fn misspellings_of_the_documentation_are_known() {
    let cases = [
        ("action-sync-entities", Some("action.sync-entities")),
        ("action-start-sync-scope", Some("action.start-sync-scope")),
        ("action.execute.entities", Some("action.execute-entities")),
        ("action.submit.form", Some("action.submit-form")),
        ("action.set.component-state", Some("action.set-component-state")),
        ("action.sync-entity", Some("action.sync-entities")),
        ("action_go_to", Some("action.go-to")),
        ("action.sync-entities", None),
        ("action.dance", None),
        ("actions.go-to", None),
        ("action", None),
        ("", None),
    ];
    for (written, canonical) in cases {
        assert_eq!(canonical_alias(written), canonical, "{written}");
    }
}

#[test]
fn words_and_constants_are_read_back() {
    for (word, method) in Method::ALL {
        assert_eq!(method.word(), word);
    }
    for (constant, kind) in ProviderKind::ALL {
        assert_eq!((kind.constant(), ProviderKind::from_constant(constant)), (constant, Some(kind)));
    }
    assert_eq!(ProviderKind::from_constant("DATA_PROVIDER_NONE"), None);
    let needy: Vec<ProviderKind> =
        ProviderKind::ALL.iter().map(|(_, kind)| *kind).filter(|kind| kind.needs_function()).collect();
    assert_eq!(needy, [ProviderKind::Rest, ProviderKind::Sql, ProviderKind::Soap]);
}

#[test]
fn lists_know_their_order() {
    let order = |options: &str| {
        planned(
            &format!(
                "type: action.action-list\noptions: {{ actions: [{{ type: action.go-back }}], {options} }}"
            ),
            |plan| match plan {
                Ok(Plan::List { actions, order }) => (actions.len(), order),
                other => panic!("{other:?}"),
            },
        )
    };
    assert_eq!(order("title: x"), (1, Order::Together));
    assert_eq!(order("isSequential: true"), (1, Order::Sequential));
    assert_eq!(order("isSequential: =@ctx.x = 1"), (1, Order::Sequential));
    assert_eq!(order("isSequential: false"), (1, Order::Together));
}

#[test]
fn starts_of_scopes_name_their_members() {
    let start = |options: &str| effect(&format!("type: action.start-sync-scope\noptions: {options}"));
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let expected =
        |members: &[&str], if_running| Effect::StartScope { instance_ids: ids(members), if_running };
    assert_eq!(start("{ instanceIds: [a, '=\"b\"'] }"), expected(&["a", "b"], IfRunning::Restart));
    assert_eq!(start("{ instanceIds: =@ctx.list, ifRunning: skip }"), expected(&["a", "b"], IfRunning::Skip));
    assert_eq!(start("{ instanceIds: a, ifRunning: error }"), expected(&["a"], IfRunning::Error));
    assert_eq!(start("{}"), expected(&[], IfRunning::Restart));
}

#[test]
fn syncs_name_their_tables_functions_and_arguments() {
    let Effect::Sync { provider, force, entities } = effect(
        "type: action.sync-entities
options:
  provider: DATA_PROVIDER_REST
  force: =@ctx.x
  entities:
    - plain
    - { entity: b, function: f, functionParameters: { a: 1, b: 1 }, parameters: { b: =@ctx.x + 1, none: =@ctx.none } }
",
    ) else {
        panic!()
    };
    assert_eq!((provider, force), (ProviderKind::Rest, true));
    let told: Vec<(String, Option<String>, Value)> =
        entities.into_iter().map(|e| (e.entity, e.function, Value::Object(e.parameters))).collect();
    let expected = [
        ("plain".to_owned(), None, json!({})),
        ("b".to_owned(), Some("f".to_owned()), json!({"a": 1, "b": 2})),
    ];
    assert_eq!(told, expected);
}

#[test]
fn slots_of_state_are_places_and_not_values() {
    let set = |state: &str| {
        planned(&format!("type: action.set-state\noptions: {{ state: {state}, value: =@ctx.x }}"), |plan| {
            match plan {
                Ok(Plan::Perform(Effect::SetState { changes })) => Some(changes),
                _ => None,
            }
        })
    };
    let path = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
    assert_eq!(set("=@ctx.solution.state.a"), Some(vec![(path(&["solution", "state", "a"]), json!(1))]));
    assert_eq!(
        set("=@ctx.components.form.state.data"),
        Some(vec![(path(&["components", "form", "state", "data"]), json!(1))])
    );
    assert_eq!(set("=@.solution.state.a-b"), Some(vec![(path(&["solution", "state", "a-b"]), json!(1))]));
    assert_eq!(set("=@ctx.user.name"), None);
    assert_eq!(set("=@ctx.solution.state.*"), None, "what is no name is no slot");
    assert_eq!(set("text"), None);
}

#[test]
fn options_without_a_usable_value_are_named() {
    let cases = [
        (
            "type: action.sync-entities\noptions: { provider: x, entities: [] }",
            "option `provider` must be a `DATA_PROVIDER_…` constant, found `\"x\"`",
        ),
        (
            "type: action.sync-entities\noptions: { entities: [] }",
            "option `provider` must be a text, found nothing",
        ),
        (
            "type: action.delete-sync-scope\noptions: { id: [a] }",
            "option `id` must be a text, found `[\"a\"]`",
        ),
        ("type: action.delete-sync-status\noptions: {}", "option `id` must be a text, found nothing"),
        (
            "type: action.execute-sql\noptions: { statements: [{}] }",
            "option `statements` must be a list of `statement`s, found `{}`",
        ),
        (
            "type: action.set-solution-state\noptions: { changes: [a] }",
            "option `changes` must be a map, found `[\"a\"]`",
        ),
        (
            "type: action.execute-action\noptions: { action: a, parameters: 5 }",
            "option `parameters` must be a map, found `5`",
        ),
    ];
    for (yaml, expected) in cases {
        assert_eq!(refusal(yaml), expected, "{yaml}");
    }
}

#[test]
fn ids_that_are_numbers_are_texts() {
    assert_eq!(
        effect("type: action.delete-sync-status\noptions: { id: 7 }"),
        Effect::DeleteStatus { id: "7".into() }
    );
    assert_eq!(
        effect("type: action.delete-sync-scope\noptions: { id: =@ctx.x }"),
        Effect::DeleteScope { id: "1".into() }
    );
}

#[test]
fn resets_name_keys_or_everything() {
    let reset = |yaml: &str| match effect(yaml) {
        Effect::ResetState { paths } => paths.iter().map(|path| path.join(".")).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(reset("type: action.reset-solution-state"), ["solution.state"]);
    assert_eq!(
        reset("type: action.reset-jig-state\noptions: { changes: [a, b] }"),
        ["jig.state.a", "jig.state.b"]
    );
    assert_eq!(
        reset("type: action.reset-state\noptions: { state: =@ctx.solution.state }"),
        ["solution.state"]
    );
}

#[test]
fn ids_that_actions_name_have_their_places() {
    let yaml = "type: action.action-list
options:
  actions:
    - { type: action.start-sync-scope, instanceId: s, options: { instanceIds: [m, =@ctx.x] } }
    - { type: action.sync-entities, options: { provider: DATA_PROVIDER_DYNAMIC, entities: [default/t, { entity: =@ctx.x, function: f }] } }
    - { type: action.execute-action, options: { action: a } }
    - { type: action.execute-action, options: { action: b, package: other } }
    - { type: action.go-to, options: { linkTo: j } }
    - { type: action.delete-sync-scope, options: { id: s } }
    - { type: action.submit-form, options: { formId: form, function: g } }
    - { type: action.execute-entity, options: { provider: DATA_PROVIDER_DYNAMIC, entity: default/u, method: save } }
";
    let (node, _) = action(yaml);
    let mut uses = Vec::new();
    node.visit(&mut |action| {
        uses.extend(action.uses.iter().map(|used| (used.kind, &yaml[used.span.range()])));
    });
    let expected = [
        (UseKind::Member, "m"),
        (UseKind::Table, "default/t"),
        (UseKind::Function, "f"),
        (UseKind::Action, "a"),
        (UseKind::Jig, "j"),
        (UseKind::Scope, "s"),
        (UseKind::Form, "form"),
        (UseKind::Function, "g"),
        (UseKind::Table, "default/u"),
    ];
    assert_eq!(uses, expected);
}

#[test]
fn instance_ids_may_be_computed() {
    let (node, _) = action("type: action.go-back\ninstanceId: =\"a\" & @ctx.x");
    assert!(node.computed_id.is_some());
    let (node, _) = action("type: action.go-back\ninstanceId: plain");
    assert!(node.computed_id.is_none() && node.instance_id.unwrap().value == "plain");
    let (node, _) = action("type: action.go-back\ninstanceId: =1 +");
    assert!(node.computed_id.is_none());
}

#[test]
fn mistakes_in_conditions_have_their_exact_places_and_never_hold() {
    let cases = [
        ("type: action.go-back\ncondition: 'online( &&'", "condition-syntax"),
        ("type: action.go-back\ncondition: { scope: { id: a, syncedWithin: soon } }", "invalid-duration"),
    ];
    for (yaml, rule) in cases {
        let (_, found) = action(yaml);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].rule, rule);
        assert!(found[0].span.start > 30, "{found:?}");
    }
}

#[test]
fn errors_that_are_long_are_cut() {
    let long = "x".repeat(500);
    let refusal = refusal(&format!("type: action.delete-sync-scope\noptions: {{ id: [{long}] }}"));
    assert!(refusal.chars().count() < 140 && refusal.ends_with("…`"), "{refusal}");
}
