//! Answers that a plan is given in place of what only a run would bring.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::diag::did_you_mean;
use crate::run::provider::{
    Answers, Fetch, FetchError, Fetched, GivenAnswer, NO_ANSWER, Page, Provider, Row, Sink,
};
use crate::run::{Engine, RunError};

const KEYS: [&str; 3] = ["functions", "tables", "actions"];

/// What functions are answered, which rows tables of Dynamic Data have, and what actions on a screen
/// give.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stubs {
    answers: Arc<Answers>,
    tables: BTreeMap<String, Vec<Value>>,
    actions: BTreeMap<String, Value>,
}

impl Stubs {
    /// Reads `{functions: {<id>: <body>}, tables: {<table>: [<row>]}, actions: {<id>: <outputs>}}`. In
    /// place of a body stands `{pages: [<body>]}` for several pages, or `{status, body}`.
    ///
    /// # Errors
    /// In words for the author, when it is something else.
    pub fn parse(value: &Value) -> Result<Self, String> {
        let members = match value {
            Value::Null => &Map::new(),
            Value::Object(members) => members,
            _ => return Err(format!("expected a map with {}", listed())),
        };
        if let Some(other) = members.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let help = did_you_mean(other, KEYS).unwrap_or_else(|| format!("expected {}", listed()));
            return Err(format!("`{other}` is unknown; {help}"));
        }
        let mut answers = Answers::default();
        for (id, value) in part(members, "functions")? {
            answers = answers.with(id, pages(value));
        }
        let mut tables = BTreeMap::new();
        for (table, rows) in part(members, "tables")? {
            let rows = rows.as_array().filter(|rows| rows.iter().all(Value::is_object));
            let rows = rows.ok_or_else(|| format!("`tables.{table}` must be a list of rows"))?;
            tables.insert(table.clone(), rows.clone());
        }
        let actions = part(members, "actions")?.into_iter().map(|(id, value)| (id.clone(), value.clone()));
        Ok(Self { answers: Arc::new(answers), tables, actions: actions.collect() })
    }

    /// What functions are answered; the provider that calls functions has to be given it.
    #[must_use]
    pub fn answers(&self) -> Arc<Answers> {
        Arc::clone(&self.answers)
    }

    /// What an action gives.
    pub(super) fn outputs(&self, action: &str) -> Option<&Value> {
        self.actions.get(action)
    }

    /// The tables, for as long as a plan is made.
    pub(super) fn tables(&self) -> Arc<dyn Provider> {
        Arc::new(GivenTables(self.tables.clone()))
    }

    /// Refuses answers for functions that the app does not have.
    pub(super) fn check(&self, engine: &Engine<'_>) -> Result<(), RunError> {
        let known = &engine.project.functions;
        let stray = self.answers.functions().find(|id| !known.contains_key(*id));
        stray.map_or(Ok(()), |id| Err(RunError::unknown("function", id, known.keys().map(String::as_str))))
    }
}

fn listed() -> String {
    "`functions`, `tables` or `actions`".to_owned()
}

fn part<'v>(members: &'v Map<String, Value>, key: &str) -> Result<Vec<(&'v String, &'v Value)>, String> {
    match members.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(part)) => Ok(part.iter().collect()),
        Some(_) => Err(format!("`{key}` must be a map")),
    }
}

fn pages(value: &Value) -> Vec<GivenAnswer> {
    let only = |keys: &[&str]| {
        value
            .as_object()
            .filter(|map| map.len() == keys.len() && keys.iter().all(|key| map.contains_key(*key)))
    };
    if let Some(list) = only(&["pages"]).and_then(|map| map["pages"].as_array()) {
        return list.iter().map(answer).collect();
    }
    vec![answer(value)]
}

fn answer(value: &Value) -> GivenAnswer {
    let status = |map: &Map<String, Value>| u16::try_from(map.get("status")?.as_u64()?).ok();
    if let Value::Object(map) = value
        && let (2, Some(status), Some(body)) = (map.len(), status(map), map.get("body"))
    {
        return GivenAnswer { status, body: body.clone() };
    }
    GivenAnswer { status: 200, body: value.clone() }
}

/// Tables of Dynamic Data whose rows are given.
struct GivenTables(BTreeMap<String, Vec<Value>>);

impl Provider for GivenTables {
    fn fetch(&self, request: &Fetch<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
        let rows = self.0.get(request.entity).ok_or_else(|| {
            let message = format!("there are no rows given for the table `{}`", request.entity);
            FetchError::lasting(NO_ANSWER, message)
        })?;
        let rows = rows.iter().zip(1..).map(|(row, number)| Row {
            id: id(row).unwrap_or_else(|| format!("row-{number}")).into(),
            data: row.to_string().into(),
        });
        sink.page(&Page { rows: rows.collect(), ..Page::default() })?;
        Ok(Fetched::default())
    }
}

fn id(row: &Value) -> Option<String> {
    match row.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies_pages_and_refusals_are_told_apart() {
        let given = |status, body| GivenAnswer { status, body };
        assert_eq!(pages(&json!([1])), [given(200, json!([1]))]);
        assert_eq!(pages(&json!({"pages": [[1], [2]]})), [given(200, json!([1])), given(200, json!([2]))]);
        assert_eq!(pages(&json!({"status": 422, "body": {}})), [given(422, json!({}))]);
        let own = json!({"pages": 3, "items": []});
        assert_eq!(pages(&own), [given(200, own.clone())]);
    }

    #[test]
    fn mistakes_are_told() {
        let told = |value: Value| Stubs::parse(&value).unwrap_err();
        assert_eq!(told(json!([])), "expected a map with `functions`, `tables` or `actions`");
        assert_eq!(told(json!({"function": {}})), "`function` is unknown; did you mean `functions`?");
        assert_eq!(told(json!({"tables": {"t": {}}})), "`tables.t` must be a list of rows");
        assert_eq!(told(json!({"actions": 1})), "`actions` must be a map");
        assert_eq!(Stubs::parse(&Value::Null).unwrap(), Stubs::default());
    }
}
