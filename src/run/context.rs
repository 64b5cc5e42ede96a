//! The world that expressions see: `@ctx` built from the app, the run's state and the database.
//!
//! Only what an expression reads is built: the datasources that its paths name are queried, all
//! others are not touched (expressions.md §2, datasources.md §5).

mod facts;
mod initial;
mod needs;
mod place;
mod session;
mod view;

use std::sync::Arc;

use serde_json::Value;

use super::bind::with_defaults;
use super::{Clock, Engine, RunError};
use crate::expr::{Condition, Evaluator, Expression, Host, Limits, Verdict};

pub(super) use facts::{Tables, verdict};
pub(super) use place::Place;
pub(super) use session::Session;
pub(super) use view::View;

/// An evaluator for one thread, on the engine's clock.
pub(super) fn evaluator(engine: &Engine<'_>) -> Evaluator {
    Evaluator::new(Arc::new(ClockHost(Arc::clone(&engine.clock))), Limits::default())
}

struct ClockHost(Arc<dyn Clock>);

impl Host for ClockHost {
    fn now_ms(&self) -> i64 {
        self.0.now()
    }

    fn uuid(&self) -> String {
        self.0.uuid()
    }
}

/// For `eval`: an expression's value in the app's context.
pub(super) fn evaluate(
    engine: &Engine<'_>,
    expression: &Expression,
    jig: Option<&str>,
) -> Result<Option<Value>, RunError> {
    with_view(engine, jig, |view| Ok(view.value(expression)?))
}

/// For `eval`: a condition's verdict.
pub(super) fn check(engine: &Engine<'_>, condition: &Condition) -> Result<Verdict, RunError> {
    engine.store.recover(engine.clock.now())?;
    let verdict = facts::verdict(condition, engine, engine.store)?;
    Ok(verdict.map_err(|error| view::failure("condition", error.message))?)
}

/// For `query`: a datasource's rows.
pub(super) fn rows(engine: &Engine<'_>, id: &str, jig: Option<&str>) -> Result<Value, RunError> {
    with_view(engine, jig, |view| {
        if view.find(id).is_none() {
            return Err(RunError::unknown("datasource", id, view.datasource_ids().into_iter()));
        }
        Ok(view.datasource(id)?)
    })
}

fn with_view<T>(
    engine: &Engine<'_>,
    jig: Option<&str>,
    use_view: impl FnOnce(&View<'_>) -> Result<T, RunError>,
) -> Result<T, RunError> {
    engine.store.recover(engine.clock.now())?;
    let place = place(engine, jig)?.with_parameters(engine.options.parameters.clone());
    let session = Session::new(engine);
    let evaluator = evaluator(engine);
    let result = use_view(&View::new(engine, &session, &evaluator, &place, engine.store));
    // The machine's failure says more than the expression that met it.
    session.take_trouble().map_or(result, |trouble| Err(trouble.into()))
}

/// The place of the named jig with the inputs of the run over the declared defaults. A required
/// input may be missing: only a part of the jig is looked at.
fn place<'a>(engine: &Engine<'a>, jig: Option<&str>) -> Result<Place<'a>, RunError> {
    let given = engine.options.inputs.clone();
    let Some(id) = jig else { return Ok(Place::home(engine.project).with_inputs(given)) };
    let screen = super::target::jig(engine, id)?;
    Ok(Place::on(engine.project, screen).with_inputs(with_defaults(&screen.inputs, given)))
}
