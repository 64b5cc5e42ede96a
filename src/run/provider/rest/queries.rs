//! Questions to local tables that a function asks before a call (functions.md §3.2).

use serde_json::{Map, Value};

use super::scope::Scope;
use crate::app::{Function, LocalQuery, ResultType};
use crate::expr::Template;
use crate::run::provider::{Fetch, FetchError, Question};

/// Which call a function is about to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// That for the first page.
    Initial,
    /// That for a later page.
    Continuation,
    /// One that failed before.
    Retry,
}

/// Asks the queries that are due and puts their answers at `@ctx.queries`.
pub(super) fn ask(
    function: &Function,
    fetch: &Fetch<'_>,
    scope: &mut Scope<'_>,
    answers: &mut Map<String, Value>,
    moment: Moment,
) -> Result<(), FetchError> {
    for query in in_order(function)? {
        let is_due = moment == Moment::Initial || (moment == Moment::Continuation && query.on_continuation);
        if !is_due {
            continue;
        }
        let answer = answer(function, query, fetch, scope)?;
        answers.insert(query.name.value.clone(), answer);
        scope.put("queries", Value::Object(answers.clone()));
    }
    Ok(())
}

/// The queries, each behind those that it depends on.
fn in_order(function: &Function) -> Result<Vec<&LocalQuery>, FetchError> {
    let mut ordered: Vec<&LocalQuery> = Vec::new();
    let mut left: Vec<&LocalQuery> = function.queries.iter().collect();
    while !left.is_empty() {
        let is_known = |name: &String| ordered.iter().any(|query| query.name.value == *name);
        let is_ready = |query: &&LocalQuery| query.dependencies.iter().all(is_known);
        let (ready, waiting): (Vec<&LocalQuery>, Vec<&LocalQuery>) = left.into_iter().partition(is_ready);
        if ready.is_empty() {
            return Err(unmet(function, &waiting));
        }
        ordered.extend(ready);
        left = waiting;
    }
    Ok(ordered)
}

fn unmet(function: &Function, waiting: &[&LocalQuery]) -> FetchError {
    let exists = |name: &&String| function.queries.iter().any(|query| query.name.value == **name);
    let mut named = waiting.iter().flat_map(|query| query.dependencies.iter().map(move |name| (query, name)));
    let message = if let Some((query, name)) = named.find(|(_, name)| !exists(name)) {
        format!(
            "the query `{}` of the function `{}` depends on `{name}`, which is no query of it",
            query.name.value, function.id
        )
    } else {
        let names: Vec<&str> = waiting.iter().map(|query| query.name.value.as_str()).collect();
        format!("the queries `{}` of the function `{}` wait for each other", names.join("`, `"), function.id)
    };
    FetchError::lasting("config.query", message)
}

fn answer(
    function: &Function,
    query: &LocalQuery,
    fetch: &Fetch<'_>,
    scope: &Scope<'_>,
) -> Result<Value, FetchError> {
    let what = format!("queries.{}.statement", query.name.value);
    let Some(Value::String(statement)) = scope.value(&what, &query.statement)? else {
        let message = format!("`{what}` of the function `{}` is no text", function.id);
        return Err(FetchError::lasting("config.query", message));
    };
    let what = format!("queries.{}.parameters", query.name.value);
    let parameters = arguments(&what, &query.parameters, scope)?;
    let question = Question {
        statement: &statement,
        parameters: &parameters,
        tables: &query.tables,
        json_columns: &query.json_columns,
    };
    let rows = fetch.tables.ask(&question).map_err(|error| {
        let message =
            format!("the query `{}` of the function `{}`: {}", query.name.value, function.id, error.message);
        FetchError { message, ..error }
    })?;
    Ok(shaped(rows, query.result))
}

/// The values of a statement's parameters, whose names may be written with their `@`.
pub(super) fn arguments(
    what: &str,
    pairs: &[(String, Template)],
    scope: &Scope<'_>,
) -> Result<Map<String, Value>, FetchError> {
    let mut values = Map::new();
    for (name, template) in pairs {
        let value = scope.value(&format!("{what}.{name}"), template)?;
        values.insert(name.trim_start_matches('@').to_owned(), value.unwrap_or(Value::Null));
    }
    Ok(values)
}

fn shaped(rows: Vec<Map<String, Value>>, result: ResultType) -> Value {
    let mut rows = rows.into_iter();
    match result {
        ResultType::Records => rows.map(Value::Object).collect(),
        ResultType::Record => rows.next().map_or(Value::Null, Value::Object),
        ResultType::Scalar => {
            rows.next().and_then(|row| row.into_iter().next()).map_or(Value::Null, |(_, value)| value)
        }
    }
}
