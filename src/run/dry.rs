//! The honest plan: what a trigger would do now, without doing it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::context::{Place, Session, TableFacts, View, evaluator};
use super::event::ActionRef;
use super::guard::{Decision, clip, decide};
use super::interpret::{Target, describe, targets};
use super::{Answer, Engine, RunError, Trigger};
use crate::action::{ActionNode, Effect, EntityRequest, Fill, Order, Plan};
use crate::app::{Datasource, Origin};
use crate::diag::FileId;
use crate::expr::{EvalError, Evaluator, Template};

/// What a trigger would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Planned {
    /// Its actions in order.
    pub actions: Vec<PlannedAction>,
}

/// What one action would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedAction {
    /// Its instance id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// `file#/json/pointer`.
    pub path: String,
    /// Whether it would run: `run`, `skip`, `unsupported`, `unknown` or `error`.
    pub verdict: Verdicts,
    /// Why, when it is not `run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What its guards read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Reading>,
    /// What it would do, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// Its options, evaluated; values that earlier actions of the plan would change are listed
    /// in `unknown` instead.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub options: Value,
    /// What cannot be known before the actions above have run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// The actions inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<PlannedAction>,
}

/// Whether an action would run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdicts {
    /// It would.
    Run,
    /// A guard does not hold.
    Skip,
    /// This runtime cannot perform its type.
    Unsupported,
    /// It depends on what earlier actions do.
    Unknown,
    /// Its guard or options cannot be evaluated.
    Error,
}

/// One value that a guard read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    /// What was read: a path of the context, or a fact of a scope or status.
    pub what: String,
    /// Its value; absent when it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// What the trigger would do now.
pub(super) fn plan(engine: &Engine<'_>, trigger: &Trigger) -> Result<Planned, RunError> {
    let targets = targets(engine, trigger)?;
    let planner = Planner {
        engine,
        session: Session::new(engine),
        evaluator: evaluator(engine),
        touched: RefCell::default(),
    };
    let plan = |target: &Target<'_>| planner.action(target.action, target.file, &target.place, 0);
    Ok(Planned { actions: targets.iter().map(plan).collect() })
}

/// Global actions inside one another that a plan shows; deeper ones are a loop.
const MAX_CALLS: usize = 16;

struct Planner<'p> {
    engine: &'p Engine<'p>,
    session: Session,
    evaluator: Evaluator,
    /// What the actions so far would change: tables, and outputs of actions.
    touched: RefCell<Touched>,
}

#[derive(Default)]
struct Touched {
    tables: BTreeSet<String>,
    actions: BTreeSet<String>,
}

impl Planner<'_> {
    fn action(&self, node: &ActionNode, file: FileId, place: &Place<'_>, calls: usize) -> PlannedAction {
        let named = describe(self.engine, node, file);
        let mut planned = PlannedAction::new(named);
        self.guard(node, place, &mut planned);
        if planned.verdict == Verdicts::Run || planned.verdict == Verdicts::Unknown {
            self.body(node, file, place, calls, &mut planned);
        }
        planned
    }

    fn guard(&self, node: &ActionNode, place: &Place<'_>, planned: &mut PlannedAction) {
        let view = self.view(place);
        if let Some(when) = &node.guard.when
            && let Template::Expression(expression) = &when.value
        {
            let reads = view.reads(expression).unwrap_or_default();
            planned.reads.extend(reads.into_iter().map(|(what, value)| Reading { what, value }));
            planned.unknown.extend(self.unknown(&view, &when.value));
        }
        if let Some(condition) = &node.guard.condition {
            let facts = TableFacts::new(self.engine, self.engine.store);
            if let Ok(verdict) = condition.value.evaluate(&facts) {
                let read = |read: crate::expr::Read| Reading { what: read.what, value: Some(read.value) };
                planned.reads.extend(verdict.reads.into_iter().map(read));
            }
            if self.touches("_syncScope") {
                planned
                    .unknown
                    .push("an action above changes `_syncScope`, which the condition reads".to_owned());
            }
        }
        match decide(&view, &node.guard) {
            _ if !planned.unknown.is_empty() => planned.verdict = Verdicts::Unknown,
            Decision::Go(_) => {}
            Decision::Skip { detail, .. } => planned.end(Verdicts::Skip, detail),
            Decision::Fail(failure) => planned.end(Verdicts::Error, failure.message),
        }
    }

    fn body(
        &self,
        node: &ActionNode,
        file: FileId,
        place: &Place<'_>,
        calls: usize,
        planned: &mut PlannedAction,
    ) {
        let mut fill = PlanFill { planner: self, view: self.view(place), unknown: Vec::new() };
        let plan = node.body.plan(&mut fill);
        let unknown = fill.unknown;
        planned.unknown.extend(unknown);
        match plan {
            Err(error) => planned.end(Verdicts::Error, error.to_string()),
            Ok(plan) => self.follow(node, plan, file, place, calls, planned),
        }
        if let Some(id) = &node.instance_id {
            self.touched.borrow_mut().actions.insert(id.value.clone());
        }
        if let Some(next) = &node.success {
            planned.actions.push(self.action(next, file, place, calls));
        }
    }

    fn follow(
        &self,
        node: &ActionNode,
        plan: Plan<'_>,
        file: FileId,
        place: &Place<'_>,
        calls: usize,
        planned: &mut PlannedAction,
    ) {
        match plan {
            Plan::Perform(effect) => self.effect(node, effect, planned),
            Plan::List { actions, order } => {
                let how = if order == Order::Sequential { "one after the other" } else { "together" };
                planned.effect = Some(format!("{} actions, {how}", actions.len()));
                planned.actions.extend(actions.iter().map(|inner| self.action(inner, file, place, calls)));
            }
            Plan::Call { action, package, parameters } => {
                planned.effect = Some(format!("the global action `{action}`"));
                self.call(&action, package.as_deref(), parameters, calls, planned);
            }
            Plan::Confirm { modal, automatic, confirmed } => {
                let yes = automatic || self.engine.options.answer == Answer::Yes;
                planned.effect =
                    Some(format!("asks, and takes {} for an answer", if yes { "yes" } else { "no" }));
                planned.options = modal;
                planned
                    .actions
                    .extend(confirmed.filter(|_| yes).map(|next| self.action(next, file, place, calls)));
            }
            Plan::Ui { options } => {
                planned.effect = Some("is reported; it acts on a screen".to_owned());
                planned.options = options;
            }
            Plan::Unsupported => {
                planned.end(Verdicts::Unsupported, "this runtime does not know the type".to_owned());
            }
        }
    }

    fn call(
        &self,
        id: &str,
        package: Option<&str>,
        parameters: Map<String, Value>,
        calls: usize,
        planned: &mut PlannedAction,
    ) {
        let global = self.engine.project.actions.get(id).filter(|_| package.is_none());
        match global {
            None => planned.end(Verdicts::Error, format!("there is no global action `{id}` in this app")),
            Some(_) if calls >= MAX_CALLS => {
                planned
                    .end(Verdicts::Error, format!("actions call one another without end, `{id}` among them"));
            }
            Some(global) => {
                let place = Place { screen: None, inputs: Arc::default(), parameters: Arc::new(parameters) };
                planned.actions.push(self.action(
                    &global.placed.action,
                    global.placed.file,
                    &place,
                    calls + 1,
                ));
            }
        }
    }

    fn effect(&self, node: &ActionNode, effect: Effect, planned: &mut PlannedAction) {
        let mut touched = self.touched.borrow_mut();
        planned.effect = Some(match effect {
            Effect::StartScope { instance_ids, .. } => {
                touched.tables.insert("_syncScope".to_owned());
                let id = node.instance_id.as_ref().map_or("", |id| id.value.as_str());
                format!("starts the scope `{id}` over {}", quoted(&instance_ids))
            }
            Effect::Sync { provider, entities, .. } => {
                touched.tables.extend(["_syncScope".to_owned(), "_syncStatus".to_owned()]);
                touched.tables.extend(entities.iter().map(|entity| entity.entity.clone()));
                planned.options = entities.iter().map(request).collect();
                let names: Vec<String> = entities.into_iter().map(|entity| entity.entity).collect();
                format!("fetches {} from {}", quoted(&names), provider.constant())
            }
            Effect::DeleteScope { id } => {
                touched.tables.insert("_syncScope".to_owned());
                format!("deletes the scope `{id}`")
            }
            Effect::DeleteStatus { id } => {
                touched.tables.insert("_syncStatus".to_owned());
                format!("deletes the status `{id}`")
            }
            Effect::Evaluate { value } => format!("evaluates to {}", clip(&value)),
            Effect::SetState { changes } => {
                let shown: Vec<String> =
                    changes.iter().map(|(p, v)| format!("{} = {}", p.join("."), clip(v))).collect();
                for (path, value) in changes {
                    self.session.set(path, value);
                }
                format!("sets {}", shown.join(", "))
            }
            Effect::ResetState { paths } => {
                let shown: Vec<String> = paths.iter().map(|path| path.join(".")).collect();
                for path in paths {
                    self.session.reset(&path);
                }
                format!("resets {}", shown.join(", "))
            }
            Effect::WriteRows(write) => {
                touched.tables.insert(write.entity.clone());
                format!("{} {} rows of `{}`", write.method.word(), write.rows.len(), write.entity)
            }
            Effect::ExecuteSql { statements, entities } => {
                touched.tables.extend(entities);
                format!("executes {} SQL statements", statements.len())
            }
        });
    }

    fn view<'v>(&'v self, place: &'v Place<'v>) -> View<'v> {
        View::new(self.engine, &self.session, &self.evaluator, place, self.engine.store)
    }

    fn touches(&self, table: &str) -> bool {
        self.touched.borrow().tables.contains(table)
    }

    /// What a template reads that the actions above would change.
    fn unknown(&self, view: &View<'_>, template: &Template) -> Vec<String> {
        let touched = self.touched.borrow();
        let mut unknown = Vec::new();
        for path in view.paths(template) {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            match names.as_slice() {
                ["datasources", id, ..] => {
                    let tables = view.find(id).map(tables).unwrap_or_default();
                    unknown.extend(tables.into_iter().filter(|table| touched.tables.contains(*table)).map(
                        |table| {
                            format!("`@ctx.datasources.{id}` reads `{table}`, which an action above changes")
                        },
                    ));
                }
                ["actions", id, ..] if touched.actions.contains(*id) => {
                    unknown.push(format!("`@ctx.actions.{id}` comes from an action above"));
                }
                _ => {}
            }
        }
        unknown
    }
}

/// Evaluates options and remembers which of them cannot be known yet.
struct PlanFill<'f> {
    planner: &'f Planner<'f>,
    view: View<'f>,
    unknown: Vec<String>,
}

impl Fill for PlanFill<'_> {
    fn fill(&mut self, template: &Template) -> Result<Option<Value>, EvalError> {
        let unknown = self.planner.unknown(&self.view, template);
        let known = unknown.is_empty();
        self.unknown.extend(unknown);
        let value = self.view.template(template);
        // A value that fails only because earlier actions have not run is unknown, not wrong.
        if known { value } else { Ok(value.ok().flatten()) }
    }
}

impl PlannedAction {
    fn new(named: ActionRef) -> Self {
        let ActionRef { id, type_name, path } = named;
        Self {
            id,
            type_name,
            path,
            verdict: Verdicts::Run,
            why: None,
            reads: Vec::new(),
            effect: None,
            options: Value::Null,
            unknown: Vec::new(),
            actions: Vec::new(),
        }
    }

    fn end(&mut self, verdict: Verdicts, why: String) {
        self.verdict = verdict;
        self.why = Some(why);
    }
}

fn tables(datasource: &Datasource) -> Vec<&str> {
    match &datasource.origin {
        Origin::Sqlite(sqlite) => sqlite.entities.iter().map(|entity| entity.entity.value.as_str()).collect(),
        _ => Vec::new(),
    }
}

fn request(entity: &EntityRequest) -> Value {
    let mut map = Map::new();
    map.insert("entity".to_owned(), entity.entity.clone().into());
    map.extend(entity.function.clone().map(|function| ("function".to_owned(), function.into())));
    if !entity.parameters.is_empty() {
        map.insert("parameters".to_owned(), Value::Object(entity.parameters.clone()));
    }
    Value::Object(map)
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
