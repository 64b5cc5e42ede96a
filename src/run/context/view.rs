//! Evaluates in the world of one place, reading the database through one view of it.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::facts::Tables;
use super::initial::InitialState;
use super::needs::Needs;
use super::place::Place;
use super::session::{Session, set_path};
use crate::action::Fill;
use crate::app::{Datasource, Origin, Sqlite};
use crate::diag::did_you_mean;
use crate::expr::{EvalError, Evaluator, Expression, Template, World};
use crate::run::Engine;
use crate::run::bind::{missing, with_defaults};
use crate::store::{Fault, StoreError};

/// Evaluates in the world of one place.
///
/// `@ctx` is built when something is first evaluated and then kept, with the datasources that were
/// read so far; so a view is made anew whenever an action starts.
pub(in crate::run) struct View<'v> {
    pub(in crate::run) engine: &'v Engine<'v>,
    pub(in crate::run) tables: &'v dyn Tables,
    pub(in crate::run) session: &'v Session,
    evaluator: &'v Evaluator,
    place: &'v Place<'v>,
    world: OnceCell<RefCell<Value>>,
    /// Datasources that are being read, outermost first.
    open: RefCell<Vec<String>>,
}

/// Whose `@ctx.inputs` an expression sees.
#[derive(Clone, Copy)]
enum Inputs<'i> {
    /// Those of the place.
    OfPlace,
    /// Those of a global datasource.
    Own(&'i Value),
}

impl<'v> View<'v> {
    pub(in crate::run) fn new(
        engine: &'v Engine<'v>,
        session: &'v Session,
        evaluator: &'v Evaluator,
        place: &'v Place<'v>,
        tables: &'v dyn Tables,
    ) -> Self {
        Self { engine, tables, session, evaluator, place, world: OnceCell::new(), open: RefCell::default() }
    }

    /// The value of an expression; `None` when it is missing.
    pub(in crate::run) fn value(&self, expression: &Expression) -> Result<Option<Value>, EvalError> {
        let needs = Needs::of(expression, self.place.shared());
        self.with(&needs, Inputs::OfPlace, |world| self.evaluator.evaluate(expression, world))
    }

    /// The value of a template; `None` when it is missing.
    pub(in crate::run) fn template(&self, template: &Template) -> Result<Option<Value>, EvalError> {
        self.fill_for(template, Inputs::OfPlace)
    }

    /// What an expression reads, in the author's words, with the value of each: for people to see why.
    /// What cannot be evaluated by itself counts as missing.
    pub(in crate::run) fn reads(&self, expression: &Expression) -> Vec<(String, Option<Value>)> {
        let parts = self.session.reads(expression);
        parts.iter().map(|(text, part)| (text.clone(), self.value(part).ok().flatten())).collect()
    }

    /// The paths below `@ctx` that a template reads, shared expressions included.
    pub(in crate::run) fn paths(&self, template: &Template) -> Vec<Vec<String>> {
        self.needs(template).into_paths()
    }

    /// The rows of a datasource by id, local before global.
    pub(in crate::run) fn datasource(&self, id: &str) -> Result<Value, EvalError> {
        self.read(id)?;
        let world = self.world().borrow();
        Ok(world.get("datasources").and_then(|all| all.get(id)).cloned().unwrap_or(Value::Null))
    }

    /// The datasource by id, local before global.
    pub(in crate::run) fn find(&self, id: &str) -> Option<&'v Datasource> {
        let own = self.place.screen().datasources.get(id);
        own.or_else(|| self.engine.project.datasources.get(id)).map(AsRef::as_ref)
    }

    /// The ids of all datasources that can be read here.
    pub(in crate::run) fn datasource_ids(&self) -> BTreeSet<&'v str> {
        let own = self.place.screen().datasources.keys();
        own.chain(self.engine.project.datasources.keys()).map(String::as_str).collect()
    }

    fn needs(&self, template: &Template) -> Needs {
        let mut needs = Needs::default();
        template.expressions(&mut |expression| needs.add(expression, self.place.shared()));
        needs
    }

    fn fill_for(&self, template: &Template, inputs: Inputs<'_>) -> Result<Option<Value>, EvalError> {
        if let Template::Literal(value) = template {
            return Ok(Some(value.clone()));
        }
        self.with(&self.needs(template), inputs, |world| self.evaluator.fill(template, world))
    }

    /// Evaluates with everything in place that is needed.
    fn with<T>(
        &self,
        needs: &Needs,
        inputs: Inputs<'_>,
        evaluate: impl FnOnce(&World<'_>) -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        for id in needs.datasources() {
            self.read(id)?;
        }
        if needs.all_datasources() {
            self.read_all()?;
        }
        self.refuse_broken_state(needs)?;
        let mut ctx = self.world().borrow_mut();
        needs.null_slots(&mut ctx);
        let kept = swap_inputs(&mut ctx, inputs);
        let result = evaluate(&World { ctx: &ctx, focus: None, shared: self.place.shared() });
        if let Inputs::Own(_) = inputs {
            put(&mut ctx, "inputs", kept);
        }
        result
    }

    /// Puts the rows of all datasources into the world that can be read without inputs.
    fn read_all(&self) -> Result<(), EvalError> {
        for id in self.datasource_ids() {
            match self.read(id) {
                Err(error) if error.code != NEEDS_INPUT => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Puts the rows of a datasource into the world, unless they are there.
    fn read(&self, id: &str) -> Result<(), EvalError> {
        let known = |world: &Value| world.get("datasources").is_some_and(|all| all.get(id).is_some());
        if known(&self.world().borrow()) {
            return Ok(());
        }
        let Some(datasource) = self.find(id) else {
            let help =
                did_you_mean(id, self.datasource_ids()).map_or_else(String::new, |help| format!("; {help}"));
            return Err(failure("datasource.unknown", format!("there is no datasource `{id}`{help}")));
        };
        if self.open.borrow().iter().any(|open| open == id) {
            return Err(failure("cycle", format!("the datasource `{id}` reads itself")));
        }
        self.open.borrow_mut().push(id.to_owned());
        let rows = self.rows(datasource, id);
        self.open.borrow_mut().pop();
        let rows = rows?;
        set_path(&mut self.world().borrow_mut(), &["datasources", id], rows);
        Ok(())
    }

    fn rows(&self, datasource: &Datasource, id: &str) -> Result<Value, EvalError> {
        let project = self.engine.project;
        let is_global = project.datasources.get(id).is_some_and(|own| std::ptr::eq(own.as_ref(), datasource));
        if !is_global {
            return self.origin(datasource, Inputs::OfPlace);
        }
        let inputs = inputs_of(datasource, Map::new())?;
        self.origin(datasource, Inputs::Own(&inputs))
    }

    fn origin(&self, datasource: &Datasource, inputs: Inputs<'_>) -> Result<Value, EvalError> {
        match &datasource.origin {
            Origin::Static(data) => Ok(self.fill_for(data, inputs)?.unwrap_or(Value::Null)),
            Origin::Sqlite(sqlite) => self.sqlite(&datasource.id, sqlite, inputs),
            Origin::Reference { id, inputs: given } => {
                let Some(target) = self.engine.project.datasources.get(&id.value) else {
                    let known = self.engine.project.datasources.keys().map(String::as_str);
                    let help =
                        did_you_mean(&id.value, known).map_or_else(String::new, |help| format!("; {help}"));
                    let message = format!("there is no global datasource `{}`{help}", id.value);
                    return Err(failure("datasource.unknown", message));
                };
                if self.open.borrow().len() > MAX_CHAIN {
                    let message = format!("the datasource `{}` refers to itself", datasource.id);
                    return Err(failure("cycle", message));
                }
                let given = self.fill_for(given, inputs)?;
                let given = given.and_then(|given| given.as_object().cloned()).unwrap_or_default();
                let inputs = inputs_of(target, given)?;
                self.open.borrow_mut().push(format!("\0{}", id.value));
                let rows = self.origin(target, Inputs::Own(&inputs));
                self.open.borrow_mut().pop();
                rows
            }
            Origin::System => Ok(Value::Array(Vec::new())),
        }
    }

    fn sqlite(&self, id: &str, sqlite: &Sqlite, inputs: Inputs<'_>) -> Result<Value, EvalError> {
        let Some(query) = self.session.query(sqlite) else { return Ok(Value::Array(Vec::new())) };
        let mut parameters = Map::new();
        for (name, value) in &sqlite.parameters {
            parameters.insert(name.clone(), self.fill_for(value, inputs)?.unwrap_or(Value::Null));
        }
        match self.tables.query(&query, &parameters) {
            Ok(rows) => Ok(rows.into_value()),
            Err(error) => Err(self.query_failure(id, error)),
        }
    }

    fn query_failure(&self, id: &str, error: StoreError) -> EvalError {
        let code = if error.fault() == Fault::App { "datasource.query" } else { error.code() };
        let told = failure(code, format!("datasource `{id}`: {error}"));
        self.session.note_trouble(error);
        told
    }

    fn world(&self) -> &RefCell<Value> {
        self.world.get_or_init(|| RefCell::new(self.build()))
    }

    /// `@ctx` without datasources.
    fn build(&self) -> Value {
        let mut ctx = self.session.base().clone();
        let inputs = Value::Object((*self.place.inputs).clone());
        let jig = self.place.jig().map(|screen| &screen.id);
        let instance = self.place.instance_id();
        put(&mut ctx, "jig", Some(json!({"id": jig, "instanceId": instance, "inputs": inputs, "state": {}})));
        put(&mut ctx, "action", Some(json!({"parameters": *self.place.parameters})));
        put(&mut ctx, "actions", Some(self.session.actions()));
        put(&mut ctx, "components", Some(json!({})));
        put(&mut ctx, "datasources", Some(json!({})));
        put(&mut ctx, "inputs", self.place.component_inputs().map(|inputs| Value::Object(inputs.clone())));
        let initial = self.initial_states(&ctx);
        for (path, state) in initial {
            for (key, value) in &state.values {
                set_path(&mut ctx, &[path, "state", key], value.clone());
            }
        }
        self.session.overlay(&mut ctx);
        let components = ctx.get("components").cloned().unwrap_or_default();
        set_path(&mut ctx, &["jig", "components"], components);
        ctx
    }

    /// The initial values of the solution's state and of the screen's own.
    fn initial_states(&self, ctx: &Value) -> Vec<(&'static str, &InitialState)> {
        let shared = self.place.shared();
        let home = &self.engine.project.home;
        let solution =
            self.session.solution.get_or_init(|| InitialState::of(home, ctx, &home.shared, self.evaluator));
        let mut states = vec![("solution", solution)];
        if let Some((screen, state)) = self.place.own_state() {
            states.push(("jig", state.get_or_init(|| InitialState::of(screen, ctx, shared, self.evaluator))));
        }
        states
    }

    /// State whose initial value failed has no value that could be used.
    fn refuse_broken_state(&self, needs: &Needs) -> Result<(), EvalError> {
        self.world();
        let own = self.place.own_state().and_then(|(_, state)| state.get()).map(|state| ("jig", state));
        let solution = self.session.solution.get().map(|state| ("solution", state));
        for (root, state) in solution.into_iter().chain(own) {
            for (key, error) in &state.errors {
                let path = [root, "state", key];
                if needs.overlap(&path) && !self.session.has_set(&path) {
                    return Err(error.clone());
                }
            }
        }
        Ok(())
    }
}

impl Fill for View<'_> {
    fn fill(&mut self, template: &Template) -> Result<Option<Value>, EvalError> {
        self.template(template)
    }
}

/// The code of an error: a declared input of a datasource is missing.
const NEEDS_INPUT: &str = "datasource.input";

/// How many datasources may read one another in a chain.
const MAX_CHAIN: usize = 32;

/// Declared inputs with what was given over their defaults (datasources.md §1.3); those without a
/// value are null, because queries compare with null.
fn inputs_of(datasource: &Datasource, given: Map<String, Value>) -> Result<Value, EvalError> {
    let mut inputs = with_defaults(&datasource.inputs, given);
    if let Some(name) = missing(&datasource.inputs, &inputs) {
        let message = format!("the datasource `{}` needs the input `{name}`", datasource.id);
        return Err(failure(NEEDS_INPUT, message));
    }
    for name in datasource.inputs.keys() {
        inputs.entry(name.clone()).or_insert(Value::Null);
    }
    Ok(Value::Object(inputs))
}

/// Puts the inputs in place; gives those that were there.
fn swap_inputs(ctx: &mut Value, inputs: Inputs<'_>) -> Option<Value> {
    let Inputs::Own(own) = inputs else { return None };
    let kept = ctx.get("inputs").cloned();
    put(ctx, "inputs", Some(own.clone()));
    kept
}

fn put(ctx: &mut Value, key: &str, value: Option<Value>) {
    let Some(map) = ctx.as_object_mut() else { return };
    match value {
        Some(value) => {
            map.insert(key.to_owned(), value);
        }
        None => {
            map.shift_remove(key);
        }
    }
}

/// An error of the world that an expression reads.
pub(super) fn failure(code: &str, message: String) -> EvalError {
    EvalError { code: code.to_owned(), message, range: None }
}
