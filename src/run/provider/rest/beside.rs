//! What `$$` of a transform has beside the answer: the parameters and the headers (functions.md §4).

use serde_json::{Map, Value, json};

use super::parameters::Values;
use crate::expr::Expression;

/// The names below `$$`, each with the place below `@ctx` where the same is found; an answer may be a list, which
/// has no room for them.
const PLACES: [(&str, &str); 2] = [("$$.inputs", "@ctx.inputs"), ("$$.headers", "@ctx.response.headers")];

/// A transform that reads beside the answer, put in other words.
pub(super) struct Beside {
    transform: Expression,
    /// The names that it reads.
    names: Vec<&'static str>,
}

impl Beside {
    /// Nothing for a transform that reads the answer alone.
    pub(super) fn of(transform: &Expression) -> Option<Self> {
        let read = PLACES.into_iter().filter(|(name, _)| occurs(transform.text(), name));
        let read: Vec<_> = read.collect();
        if read.is_empty() {
            return None;
        }
        let text =
            read.iter().fold(transform.text().to_owned(), |text, (name, place)| replaced(&text, name, place));
        let transform = Expression::parse(&text).ok()?;
        let names = read.into_iter().map(|(name, _)| name.trim_start_matches("$$.")).collect();
        Some(Self { transform, names })
    }

    /// The transform for an answer; nothing when that has a member of such a name itself, which is meant then.
    pub(super) fn transform(&self, body: &Value) -> Option<&Expression> {
        let has_own = self.names.iter().any(|name| body.get(*name).is_some());
        (!has_own).then_some(&self.transform)
    }
}

/// The parameters as old apps read them: `inputs.<name>.value`.
pub(super) fn inputs(values: &Values) -> Value {
    let inputs = values.iter().map(|(name, value)| (name.clone(), json!({ "value": value })));
    Value::Object(inputs.collect::<Map<_, _>>())
}

fn occurs(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| ends(&text[at + name.len()..]))
}

/// Whether a name ends where this begins.
fn ends(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn replaced(text: &str, name: &str, place: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(name) {
        out.push_str(before);
        out.push_str(if ends(after) { place } else { name });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn other_words(text: &str) -> Option<String> {
        let beside = Beside::of(&Expression::parse(text).unwrap())?;
        Some(beside.transform(&Value::Null)?.text().to_owned())
    }

    #[test]
    fn only_what_is_beside_the_answer_is_put_in_other_words() {
        assert_eq!(
            other_words("$.{ \"id\": id & $$.inputs.u.value, \"l\": $$.headers.\"x-a\" }").unwrap(),
            "$.{ \"id\": id & @ctx.inputs.u.value, \"l\": @ctx.response.headers.\"x-a\" }"
        );
        for text in ["$$.items.{ \"id\": id }", "$$.headersOf", "$.inputs.u.value", "$"] {
            assert_eq!(other_words(text), None, "{text}");
        }
    }

    #[test]
    fn an_answer_that_has_such_a_member_keeps_it() {
        let beside = Beside::of(&Expression::parse("$$.headers.a").unwrap()).unwrap();
        assert!(beside.transform(&json!({ "headers": {} })).is_none());
        assert!(beside.transform(&json!([{ "headers": {} }])).is_some());
    }
}
