//! The world that expressions see: `@ctx` built from the app, the run's state and the database.
//!
//! Only what an expression reads is built: the datasources that its paths name are queried, all
//! others are not touched (expressions.md §2, datasources.md §5).

mod facts;
mod needs;
mod session;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Clock, Engine, Network, RunError};
use crate::action::Fill;
use crate::app::{Datasource, Origin, Screen, Sqlite};
use crate::diag::did_you_mean;
use crate::expr::{
    Condition, EvalError, Evaluator, Expression, Host, Limits, SharedExpressions, Template, Verdict, World,
};
use crate::store::{Dialect, Query};

pub(super) use facts::{TableFacts, Tables};
use needs::Needs;
pub(super) use session::Session;

/// How many datasources may read one another in a chain.
const MAX_CHAIN: usize = 16;

/// Where an action stands: what its own names mean.
#[derive(Clone, Default)]
pub(super) struct Place<'a> {
    /// The jig or component; the index when absent.
    pub(super) screen: Option<&'a Screen>,
    /// `@ctx.jig.inputs`.
    pub(super) inputs: Arc<Map<String, Value>>,
    /// `@ctx.action.parameters`.
    pub(super) parameters: Arc<Map<String, Value>>,
}

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

/// Evaluates in the world of one place, reading the database through one view of it.
///
/// Datasources are queried at most once in the life of a view, so a view is made anew whenever
/// an action starts.
pub(super) struct View<'v> {
    pub(super) engine: &'v Engine<'v>,
    pub(super) session: &'v Session,
    pub(super) evaluator: &'v Evaluator,
    pub(super) place: &'v Place<'v>,
    pub(super) tables: &'v dyn Tables,
    cache: RefCell<BTreeMap<String, Value>>,
    /// `@ctx.inputs` while a parametrised datasource is evaluated.
    inputs: Option<Value>,
    depth: usize,
}

impl<'v> View<'v> {
    pub(super) fn new(
        engine: &'v Engine<'v>,
        session: &'v Session,
        evaluator: &'v Evaluator,
        place: &'v Place<'v>,
        tables: &'v dyn Tables,
    ) -> Self {
        Self { engine, session, evaluator, place, tables, cache: RefCell::default(), inputs: None, depth: 0 }
    }

    /// The value of an expression; `None` when it is missing.
    pub(super) fn value(&self, expression: &Expression) -> Result<Option<Value>, EvalError> {
        let shared = self.shared();
        let ctx = self.ctx(&Needs::of(expression, shared))?;
        self.evaluator.evaluate(expression, &World { ctx: &ctx, focus: None, shared })
    }

    /// The value of a template; `None` when it is missing.
    pub(super) fn template(&self, template: &Template) -> Result<Option<Value>, EvalError> {
        if let Template::Literal(value) = template {
            return Ok(Some(value.clone()));
        }
        let shared = self.shared();
        let mut needs = Needs::default();
        template.expressions(&mut |expression| needs.add(expression, shared));
        let ctx = self.ctx(&needs)?;
        self.evaluator.fill(template, &World { ctx: &ctx, focus: None, shared })
    }

    /// What an expression reads, in the author's words, with the value of each: for people to see why.
    pub(super) fn reads(&self, expression: &Expression) -> Result<Vec<(String, Option<Value>)>, EvalError> {
        let references = expression.references();
        let paths = references.paths.iter().map(|path| path.range.clone());
        let variables = references.variables.iter().map(|variable| variable.range.clone());
        let mut reads: Vec<(String, Option<Value>)> = Vec::new();
        for range in paths.chain(variables) {
            let Some(text) = expression.text().get(range) else { continue };
            if reads.iter().any(|(known, _)| known == text) {
                continue;
            }
            let Ok(read) = Expression::parse(text) else { continue };
            reads.push((text.to_owned(), self.value(&read)?));
        }
        Ok(reads)
    }

    /// The paths below `@ctx` that a template reads.
    pub(super) fn paths(&self, template: &Template) -> Vec<Vec<String>> {
        let mut needs = Needs::default();
        template.expressions(&mut |expression| needs.add(expression, self.shared()));
        needs.paths().cloned().collect()
    }

    /// The rows of a datasource by id, local before global.
    pub(super) fn datasource(&self, id: &str) -> Result<Value, EvalError> {
        if let Some(known) = self.cache.borrow().get(id) {
            return Ok(known.clone());
        }
        let value = self.query_datasource(id)?;
        self.cache.borrow_mut().insert(id.to_owned(), value.clone());
        Ok(value)
    }

    /// The datasource by id, local before global.
    pub(super) fn find(&self, id: &str) -> Option<&'v Datasource> {
        let project = self.engine.project;
        let local = self.place.screen.unwrap_or(&project.home).datasources.get(id);
        local.or_else(|| project.datasources.get(id)).map(Arc::as_ref)
    }

    fn query_datasource(&self, id: &str) -> Result<Value, EvalError> {
        if self.depth >= MAX_CHAIN {
            return Err(failure("cycle", format!("the datasource `{id}` reads itself through others")));
        }
        let Some(datasource) = self.find(id) else {
            let help =
                did_you_mean(id, self.datasource_ids()).map_or_else(String::new, |help| format!("; {help}"));
            return Err(failure("datasource.unknown", format!("there is no datasource `{id}`{help}")));
        };
        let inputs = declared_inputs(datasource);
        self.deeper(inputs).origin(datasource)
    }

    fn deeper(&self, inputs: Option<Value>) -> View<'v> {
        let cache = RefCell::new(self.cache.borrow().clone());
        View { cache, inputs: inputs.or_else(|| self.inputs.clone()), depth: self.depth + 1, ..*self }
    }

    fn origin(&self, datasource: &Datasource) -> Result<Value, EvalError> {
        match &datasource.origin {
            Origin::Static(data) => Ok(self.template(data)?.unwrap_or(Value::Null)),
            Origin::Sqlite(sqlite) => self.sqlite(&datasource.id, sqlite),
            Origin::Reference { id, inputs } => {
                let given = self.template(inputs)?.unwrap_or_else(|| json!({}));
                let Some(target) = self.engine.project.datasources.get(&id.value) else {
                    return Err(failure(
                        "datasource.unknown",
                        format!("there is no datasource `{}`", id.value),
                    ));
                };
                let mut inputs = declared_inputs(target).unwrap_or_else(|| json!({}));
                if let (Some(all), Value::Object(given)) = (inputs.as_object_mut(), given) {
                    all.extend(given);
                }
                self.deeper(Some(inputs)).origin(target)
            }
            Origin::System => Ok(Value::Array(Vec::new())),
        }
    }

    fn sqlite(&self, id: &str, sqlite: &Sqlite) -> Result<Value, EvalError> {
        let Some(sql) = &sqlite.query else { return Ok(Value::Array(Vec::new())) };
        let mut query = Query::new(&sql.value, &Dialect { shorthand: sqlite.rewrite, package: None });
        query.tables = sqlite.entities.iter().map(|entity| entity.entity.value.clone()).collect();
        query.json_properties.clone_from(&sqlite.json_properties);
        query.is_document = sqlite.document;
        let mut parameters = Map::new();
        for (name, value) in &sqlite.parameters {
            parameters.insert(name.clone(), self.template(value)?.unwrap_or(Value::Null));
        }
        let rows = self.tables.query(&query, &parameters);
        let rows =
            rows.map_err(|error| failure("datasource.query", format!("datasource `{id}`: {error}")))?;
        Ok(rows.into_value())
    }

    fn shared(&self) -> &'v SharedExpressions {
        self.session.shared(self.place.screen)
    }

    fn datasource_ids(&self) -> impl Iterator<Item = &str> {
        let project = self.engine.project;
        let local = self.place.screen.unwrap_or(&project.home).datasources.keys();
        local.chain(project.datasources.keys()).map(String::as_str)
    }

    /// `@ctx`, with what is needed of it.
    fn ctx(&self, needs: &Needs) -> Result<Value, EvalError> {
        let mut datasources = Map::new();
        let all = if needs.all_datasources() { self.datasource_ids().collect() } else { Vec::new() };
        for id in needs.datasources().chain(all) {
            datasources.insert(id.to_owned(), self.datasource(id)?);
        }
        let mut ctx = self.world();
        ctx.insert("datasources".to_owned(), Value::Object(datasources));
        if let Some(inputs) = &self.inputs {
            ctx.insert("inputs".to_owned(), inputs.clone());
        }
        let mut ctx = Value::Object(ctx);
        self.initial_state(&mut ctx)?;
        self.session.overlay(&mut ctx);
        needs.null_slots(&mut ctx);
        Ok(ctx)
    }

    fn world(&self) -> Map<String, Value> {
        let Value::Object(mut world) = world(self.engine) else { return Map::new() };
        let screen = self.place.screen;
        let inputs = Value::Object((*self.place.inputs).clone());
        let instance = if self.place.inputs.is_empty() { "no-inputs" } else { "inputs" };
        world.insert(
            "jig".to_owned(),
            json!({"id": screen.map(|s| &s.id), "instanceId": instance, "inputs": inputs, "state": {}}),
        );
        world.insert("action".to_owned(), json!({"parameters": *self.place.parameters}));
        world.insert("actions".to_owned(), self.session.actions());
        world.insert("components".to_owned(), json!({}));
        world
    }

    /// State keys at their initial values: the solution's, given ones over it, and the jig's.
    fn initial_state(&self, ctx: &mut Value) -> Result<(), EvalError> {
        let engine = self.engine;
        for (key, initial) in &engine.project.home.state {
            session::set_path(ctx, &["solution", "state", key], self.literal(initial)?);
        }
        for (key, value) in &engine.options.state {
            session::set_path(ctx, &["solution", "state", key], value.clone());
        }
        for (key, initial) in self.place.screen.iter().flat_map(|screen| &screen.state) {
            session::set_path(ctx, &["jig", "state", key], self.literal(initial)?);
        }
        Ok(())
    }

    /// An initial value sees nothing of the state, or it would read itself.
    fn literal(&self, template: &Template) -> Result<Value, EvalError> {
        if let Template::Literal(value) = template {
            return Ok(value.clone());
        }
        let ctx = Value::Object(self.world());
        let world = World { ctx: &ctx, focus: None, shared: self.shared() };
        Ok(self.evaluator.fill(template, &world)?.unwrap_or(Value::Null))
    }
}

impl Fill for View<'_> {
    fn fill(&mut self, template: &Template) -> Result<Option<Value>, EvalError> {
        self.template(template)
    }
}

/// What every expression sees, functions included: the solution with its settings, the user and
/// the system (functions.md §2).
pub(super) fn world(engine: &Engine<'_>) -> Value {
    let settings = &engine.project.settings;
    let online = engine.options.network == Network::Online;
    let mut system = json!({
        "isOnline": online, "isOffline": !online, "locale": "en", "deviceType": "headless",
        "timezone": {"offset": "+0000", "name": "UTC"}, "appVersion": env!("CARGO_PKG_VERSION"),
    });
    session::merge(&mut system, &settings.system);
    let name = &engine.project.name;
    let solution = json!({"name": name, "id": name, "title": name, "state": {}, "settings": {"custom": settings.custom}});
    let organization = settings.dynamic.organization.as_deref().unwrap_or("local");
    json!({"solution": solution, "user": settings.user, "organization": {"id": organization}, "system": system})
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
    let facts = TableFacts::new(engine, engine.store);
    let verdict = condition.evaluate(&facts).map_err(|error| failure("condition", error.message));
    match facts.error() {
        Some(error) => Err(error.into()),
        None => Ok(verdict?),
    }
}

/// For `query`: a datasource's rows.
pub(super) fn rows(engine: &Engine<'_>, id: &str, jig: Option<&str>) -> Result<Value, RunError> {
    with_view(engine, jig, |view| {
        if view.find(id).is_none() {
            return Err(RunError::unknown("datasource", id, view.datasource_ids()));
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
    let place = place(engine, jig)?;
    let session = Session::new(engine);
    let evaluator = evaluator(engine);
    use_view(&View::new(engine, &session, &evaluator, &place, engine.store))
}

/// The place of the named jig, with the inputs given for the run over the declared defaults.
pub(super) fn place<'a>(engine: &Engine<'a>, jig: Option<&str>) -> Result<Place<'a>, RunError> {
    let parameters = Arc::new(engine.options.parameters.clone());
    let Some(id) = jig else {
        return Ok(Place { screen: None, inputs: Arc::new(engine.options.inputs.clone()), parameters });
    };
    let jigs = &engine.project.jigs;
    let screen = jigs.get(id).ok_or_else(|| RunError::unknown("jig", id, jigs.keys().map(String::as_str)))?;
    let mut inputs = Map::new();
    for (name, declared) in &screen.inputs {
        inputs.extend(declared.default.clone().map(|default| (name.clone(), default)));
    }
    inputs.extend(engine.options.inputs.clone());
    Ok(Place { screen: Some(screen), inputs: Arc::new(inputs), parameters })
}

fn declared_inputs(datasource: &Datasource) -> Option<Value> {
    if datasource.inputs.is_empty() {
        return None;
    }
    let value = |declared: &crate::app::Declared| declared.default.clone().unwrap_or(Value::Null);
    Some(datasource.inputs.iter().map(|(name, declared)| (name.clone(), value(declared))).collect())
}

/// An error of the world that an expression reads.
pub(super) fn failure(code: &str, message: String) -> EvalError {
    EvalError { code: code.to_owned(), message, range: None }
}
