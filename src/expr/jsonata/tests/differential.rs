//! What we print means the same to the engine as what it reads itself.

use jsonata_core::Expression as Compiled;
use jsonata_core::value::JValue;
use serde_json::{Map, Value, json};

use super::super::super::parse::Dialect;
use super::super::super::references::References;
use super::super::super::{Expression, SharedExpressions, World, corpus};
use super::super::need::Need;
use super::super::{Evaluator, Limits, value};
use super::conformance::{System, cases, fixture, plain};

/// A value or a code, as a text that can be compared.
fn by_engine(text: &str, input: Option<&Value>) -> Option<String> {
    let compiled = Compiled::compile(text).ok()?;
    let input = input.map_or(JValue::Undefined, |input| value::to_engine(input, &Need::All).unwrap());
    Some(match compiled.evaluate(&input) {
        Ok(found) => format!("{:?}", value::from_engine(&found, usize::MAX).unwrap().as_ref().map(plain)),
        Err(error) => format!("failed: {:?}", error.code()),
    })
}

#[test]
fn the_official_cases_mean_the_same_printed() {
    let datasets: Value = serde_json::from_str(&fixture("datasets.json")).unwrap();
    let mut compared = 0;
    for case in cases().0 {
        let text = case.field("expr").and_then(Value::as_str).unwrap();
        // Without limits some cases run for ever, and some give something else each time.
        let skipped = case.field("timelimit").is_some()
            || ["$random", "$shuffle", "$now", "$millis"].iter().any(|f| text.contains(f));
        let Ok(expression) = Expression::parse_as(text, Dialect::Jsonata) else { continue };
        if skipped || case.field("bindings").is_some_and(|bindings| bindings != &json!({})) {
            continue;
        }
        let input = case.input(&datasets);
        let Some(raw) = by_engine(text, input) else { continue };
        assert_eq!(by_engine(expression.to_jsonata(), input).as_ref(), Some(&raw), "{}: {text}", case.id);
        compared += 1;
    }
    assert!(compared > 1300, "{compared}");
}

/// The conversion of expressions.md §3 by hand: no tree, no understanding.
fn converted(text: &str) -> String {
    let text = text.trim_start().strip_prefix('=').unwrap_or(text);
    let (mut out, mut quote, mut word) = (String::new(), None, String::new());
    for c in text.chars().chain([' ']) {
        match quote {
            Some(open) => {
                out.push(c);
                quote = (c != open).then_some(open);
            }
            None if c.is_ascii_alphanumeric() || "_-$@".contains(c) => word.push(c),
            None => {
                let word_out = match word.as_str() {
                    "@ctx" | "@" => "$$".to_owned(),
                    plain if !plain.contains('-') || plain.starts_with(['-', '$']) => plain.to_owned(),
                    hyphened => format!("`{hyphened}`"),
                };
                out.push_str(&word_out);
                word.clear();
                out.push(c);
                quote = ['"', '\'', '`'].contains(&c).then_some(c);
            }
        }
    }
    out
}

/// An object in which every path of an expression leads somewhere.
fn world_of(references: &References) -> Value {
    let mut world = Value::Object(Map::new());
    for (n, path) in references.paths.iter().enumerate() {
        let names = path.segments.iter().map_while(|segment| segment.name.as_deref());
        let mut place = &mut world;
        for name in names {
            if !place.is_object() {
                *place = json!({});
            }
            place = &mut place[name];
        }
        if place.is_null() {
            *place = [json!("12"), json!(7), json!([{"id": 1, "name": "x"}, {"id": 2}]), json!(true)][n % 4]
                .clone();
        }
    }
    world
}

#[test]
fn the_corpus_means_the_same_as_converted_by_hand() {
    let (evaluator, shared) = (Evaluator::new(System, Limits::default()), SharedExpressions::new());
    let mut compared = 0;
    for text in corpus::expressions() {
        let expression = Expression::parse(&text).unwrap();
        if !expression.references().variables.is_empty()
            || ["$now", "$millis", "$uuid"].iter().any(|f| text.contains(f))
        {
            continue;
        }
        let ctx = world_of(expression.references());
        let Some(raw) = by_engine(&converted(&text), Some(&ctx)) else { continue };
        let ours = evaluator.evaluate(&expression, &World { ctx: &ctx, focus: None, shared: &shared });
        let ours = match ours {
            Ok(found) => format!("{:?}", found.as_ref().map(plain)),
            Err(error) => format!("failed: {:?}", Some(error.code)),
        };
        assert_eq!(ours, raw, "{text} on {ctx}");
        compared += 1;
    }
    assert!(compared == 0 || compared > 300, "{compared}");
}
