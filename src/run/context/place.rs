//! Where an action stands: what its own names mean.

use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};

use super::initial::InitialState;
use crate::app::{Project, Screen};
use crate::expr::SharedExpressions;

/// Where an action stands.
#[derive(Clone)]
pub(in crate::run) struct Place<'a> {
    screen: &'a Screen,
    kind: Kind,
    /// `@ctx.jig.inputs`, or `@ctx.inputs` of a component.
    pub(in crate::run) inputs: Arc<Map<String, Value>>,
    /// `@ctx.action.parameters`.
    pub(in crate::run) parameters: Arc<Map<String, Value>>,
    shared: Shared<'a>,
    /// The initial values of the screen's own state, evaluated when something first reads state.
    state: Arc<OnceLock<InitialState>>,
}

/// What kind of screen it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The index, and everything that stands in no screen.
    Home,
    Jig,
    Component,
}

#[derive(Clone)]
enum Shared<'a> {
    OfHome(&'a SharedExpressions),
    /// The screen's own over the index's (expressions.md §5).
    Merged(Arc<SharedExpressions>),
}

impl<'a> Place<'a> {
    /// The index, which is also where global actions stand.
    pub(in crate::run) fn home(project: &'a Project) -> Self {
        Self::new(&project.home, Kind::Home, Shared::OfHome(&project.home.shared))
    }

    /// A screen of the project, whichever it is.
    pub(in crate::run) fn on(project: &'a Project, screen: &'a Screen) -> Self {
        if std::ptr::eq(screen, &raw const *project.home) {
            return Self::home(project);
        }
        let component =
            project.components.get(&screen.id).is_some_and(|own| std::ptr::eq(&raw const **own, screen));
        let kind = if component { Kind::Component } else { Kind::Jig };
        let mut shared = project.home.shared.clone();
        shared.extend(screen.shared.clone());
        Self::new(screen, kind, Shared::Merged(Arc::new(shared)))
    }

    fn new(screen: &'a Screen, kind: Kind, shared: Shared<'a>) -> Self {
        let (inputs, parameters) = (Arc::default(), Arc::default());
        Self { screen, kind, inputs, parameters, shared, state: Arc::default() }
    }

    /// The same with inputs.
    pub(in crate::run) fn with_inputs(self, inputs: Map<String, Value>) -> Self {
        Self { inputs: Arc::new(inputs), ..self }
    }

    /// The same with parameters.
    pub(in crate::run) fn with_parameters(self, parameters: Map<String, Value>) -> Self {
        Self { parameters: Arc::new(parameters), ..self }
    }

    /// The screen whose own datasources and state are meant.
    pub(in crate::run) fn screen(&self) -> &'a Screen {
        self.screen
    }

    /// The jig, when it is one.
    pub(in crate::run) fn jig(&self) -> Option<&'a Screen> {
        (self.kind == Kind::Jig).then_some(self.screen)
    }

    /// The inputs of the component, when it is one: its `@ctx.inputs`.
    pub(super) fn component_inputs(&self) -> Option<&Map<String, Value>> {
        (self.kind == Kind::Component).then_some(&self.inputs)
    }

    /// The screen whose state is `@ctx.jig.state`.
    pub(super) fn own_state(&self) -> Option<(&'a Screen, &OnceLock<InitialState>)> {
        (self.kind != Kind::Home).then_some((self.screen, &self.state))
    }

    /// Shared expressions that may be used here.
    pub(super) fn shared(&self) -> &SharedExpressions {
        match &self.shared {
            Shared::OfHome(shared) => shared,
            Shared::Merged(shared) => shared,
        }
    }

    /// `@ctx.jig.instanceId`: jigs with the same inputs are the same (actions.md §13).
    pub(super) fn instance_id(&self) -> String {
        if self.inputs.is_empty() {
            return "no-inputs".to_owned();
        }
        format!("{:016x}", crate::run::digest::of(&self.inputs))
    }
}
