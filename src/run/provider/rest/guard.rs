//! Another function that is asked whether a call may be made (functions.md §7).

use serde_json::{Map, Value, json};

use super::call::Call;
use super::operations;
use super::queries::Moment;
use super::scope::Roots;
use crate::app::{Function, Guard};
use crate::expr::is_truthy;
use crate::run::provider::{Fetch, FetchError, Known, Sink};

/// How many functions may ask each other in a row.
const DEEPEST: usize = 5;

/// Whether the call may be made. What the guard asks for is done to local rows.
pub(super) fn lets_through(
    call: &mut Call<'_>,
    moment: Moment,
    sink: &mut dyn Sink,
) -> Result<bool, FetchError> {
    let Some(guard) = &call.function.guard else { return Ok(true) };
    let is_due = match moment {
        Moment::Initial => guard.on_initial,
        Moment::Continuation => guard.on_continuation,
        Moment::Retry => guard.on_retry,
    };
    if !is_due || !is_wanted(call, guard)? {
        return Ok(true);
    }
    let output = match answer(call, guard) {
        Ok(output) => Some(output),
        Err(error) if error.code == "interrupted" || error.code.starts_with("config.") => return Err(error),
        // In the middle of a fetch it is no decision: the fetch failed.
        Err(error) if moment == Moment::Continuation => return Err(error),
        Err(_) => None,
    };
    call.scope.put("guard", json!({ "output": output }));
    let result = match &guard.result {
        None => output.clone(),
        Some(result) => call.scope.value("guard.result", result)?,
    };
    let passes = output.is_some() && result.as_ref().is_some_and(is_truthy);
    call.scope.put("guard", json!({ "output": output, "result": result }));
    perform(call, guard, passes, output, sink)?;
    Ok(passes)
}

fn is_wanted(call: &Call<'_>, guard: &Guard) -> Result<bool, FetchError> {
    let Some(when) = &guard.when else { return Ok(true) };
    Ok(call.scope.value("guard.when", when)?.as_ref().is_some_and(is_truthy))
}

/// What the other function gives. That it failed counts as a no, before the first page.
fn answer(call: &Call<'_>, guard: &Guard) -> Result<Value, FetchError> {
    let function = named(call, guard)?;
    let mut parameters = Map::new();
    for (name, template) in &guard.parameters {
        if let Some(value) = call.scope.value(&format!("guard.parameters.{name}"), template)? {
            parameters.insert(name.clone(), value);
        }
    }
    let fetch = Fetch {
        function: Some(function),
        parameters: &parameters,
        cursor: None,
        known: Known::default(),
        ..*call.fetch
    };
    let mut asked = Call::new(call.rest, function, &fetch);
    asked.chain = [call.chain.as_slice(), &[call.function.id.as_str()]].concat();
    asked.output()
}

fn named<'c>(call: &Call<'c>, guard: &Guard) -> Result<&'c Function, FetchError> {
    let id = guard.function.value.as_str();
    let asker = &call.function.id;
    if call.chain.len() >= DEEPEST || call.chain.contains(&id) || asker == id {
        let message = format!("the functions `{asker}` and `{id}` ask each other as guards without end");
        return Err(FetchError::lasting("config.guard", message));
    }
    call.fetch.functions.get(id).map(AsRef::as_ref).ok_or_else(|| {
        let message = format!("there is no function `{id}`, which guards `{asker}`");
        FetchError::lasting("config.function", message)
    })
}

fn perform(
    call: &mut Call<'_>,
    guard: &Guard,
    passes: bool,
    output: Option<Value>,
    sink: &mut dyn Sink,
) -> Result<(), FetchError> {
    let due = match &guard.perform {
        None => !passes,
        Some(template) => {
            call.scope.value("guard.performOperations", template)?.as_ref().is_some_and(is_truthy)
        }
    };
    if !due || guard.operations.is_empty() {
        return Ok(());
    }
    let roots = Roots { result: output.unwrap_or(Value::Null), ..Roots::default() };
    let writes = call.with_given(&roots, |function, scope, given| {
        operations::writes(function, &guard.operations, scope, given)
    })?;
    sink.aside(&writes)
}
