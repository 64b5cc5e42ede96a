//! The actions that a trigger names, and where they stand.

use std::collections::BTreeSet;

use super::bind::{bound_inputs, bound_parameters, with_defaults};
use super::context::Place;
use super::event::Failure;
use super::{Engine, RunError, Trigger};
use crate::action::ActionNode;
use crate::app::{Placed, Screen};
use crate::diag::FileId;

/// An action that a trigger names, and its place.
pub(super) struct Target<'a> {
    pub(super) action: &'a ActionNode,
    pub(super) file: FileId,
    pub(super) place: Place<'a>,
}

/// The actions that a trigger names.
///
/// # Errors
/// When the app has no such event, jig or action, or something that it needs is not given.
pub(super) fn targets<'a>(engine: &Engine<'a>, trigger: &Trigger) -> Result<Vec<Target<'a>>, RunError> {
    match trigger {
        Trigger::Event { name, jig } => event_targets(engine, name, jig.as_deref()),
        Trigger::Action { id } => action_target(engine, id).map(|target| vec![target]),
    }
}

/// The jig with this id.
///
/// # Errors
/// When there is none.
pub(super) fn jig<'a>(engine: &Engine<'a>, id: &str) -> Result<&'a Screen, RunError> {
    let jigs = &engine.project.jigs;
    jigs.get(id)
        .map(AsRef::as_ref)
        .ok_or_else(|| RunError::unknown("jig", id, jigs.keys().map(String::as_str)))
}

fn event_targets<'a>(engine: &Engine<'a>, name: &str, id: Option<&str>) -> Result<Vec<Target<'a>>, RunError> {
    let screen = id.map_or(Ok(&*engine.project.home), |id| jig(engine, id))?;
    let placed: Vec<&'a Placed> =
        screen.actions.iter().filter(|placed| placed.event.as_deref() == Some(name)).collect();
    if placed.is_empty() {
        let what = id.map_or_else(|| "index event".to_owned(), |id| format!("event of jig `{id}` called"));
        return Err(RunError::unknown(&what, name, screen.events().into_iter()));
    }
    let place = on(engine, screen)?;
    Ok(placed.into_iter().map(|placed| target(placed, &placed.action, place.clone())).collect())
}

/// A global action by its id, else the action with this `instanceId`: of a screen, else inside a
/// global action. The first in the order of the app counts, and screens come before global actions
/// because only there an action knows its jig.
fn action_target<'a>(engine: &Engine<'a>, id: &str) -> Result<Target<'a>, RunError> {
    let project = engine.project;
    if let Some(global) = project.actions.get(id) {
        let parameters =
            bound_parameters(id, global, engine.options.parameters.clone()).map_err(not_given)?;
        let place = home(engine).with_parameters(parameters);
        return Ok(target(&global.placed, &global.placed.action, place));
    }
    let mut screens = project.screens();
    if let Some((screen, (placed, action))) =
        screens.find_map(|screen| Some((screen, find_instance(&screen.actions, id)?)))
    {
        return Ok(target(placed, action, on(engine, screen)?));
    }
    for global in project.actions.values() {
        if let Some((placed, action)) = find_instance(std::slice::from_ref(&global.placed), id) {
            let given = engine.options.parameters.clone();
            let place = home(engine).with_parameters(with_defaults(&global.parameters, given));
            return Ok(target(placed, action, place));
        }
    }
    Err(RunError::unknown("action", id, known_actions(engine).into_iter()))
}

fn known_actions<'a>(engine: &Engine<'a>) -> BTreeSet<&'a str> {
    let mut known: BTreeSet<&str> = engine.project.actions.keys().map(String::as_str).collect();
    for placed in engine.project.root_actions() {
        placed
            .action
            .visit(&mut |action| known.extend(action.instance_id.iter().map(|id| id.value.as_str())));
    }
    known
}

fn find_instance<'a>(actions: &'a [Placed], id: &str) -> Option<(&'a Placed, &'a ActionNode)> {
    actions.iter().find_map(|placed| {
        let mut found = None;
        placed.action.visit(&mut |action| {
            if found.is_none() && action.instance_id.as_ref().is_some_and(|own| own.value == id) {
                found = Some(action);
            }
        });
        found.map(|action| (placed, action))
    })
}

fn target<'a>(placed: &Placed, action: &'a ActionNode, place: Place<'a>) -> Target<'a> {
    Target { action, file: placed.file, place }
}

/// The index with what was given for the run.
fn home<'a>(engine: &Engine<'a>) -> Place<'a> {
    Place::home(engine.project).with_inputs(engine.options.inputs.clone())
}

/// A screen with what was given for the run; every required input must be.
fn on<'a>(engine: &Engine<'a>, screen: &'a Screen) -> Result<Place<'a>, RunError> {
    let inputs = bound_inputs(screen, engine.options.inputs.clone()).map_err(not_given)?;
    let place = Place::on(engine.project, screen).with_inputs(inputs);
    Ok(place.with_parameters(engine.options.parameters.clone()))
}

fn not_given(failure: Failure) -> RunError {
    RunError::Unknown { message: failure.message, help: None }
}
