//! What changes while a run goes on.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Map, Value, json};

use super::initial::InitialState;
use crate::app::{Settings, Sqlite};
use crate::expr::Expression;
use crate::run::{Engine, Network};
use crate::store::{Dialect, Fault, Query, StoreError};

/// State and outputs of a run, and what is made once for all its evaluations; shared by its threads.
pub(in crate::run) struct Session {
    /// What every expression sees, functions included: the solution with its settings, the user
    /// and the system (functions.md §2).
    base: Value,
    /// The initial values of the solution's state.
    pub(super) solution: OnceLock<InitialState>,
    state: Mutex<State>,
    made: Mutex<Made>,
    trouble: Mutex<Option<StoreError>>,
}

#[derive(Default)]
struct State {
    /// What actions did to slots of `@ctx`, in order; the newest last.
    changes: Vec<(Vec<String>, Slot)>,
    /// `@ctx.actions`.
    actions: Map<String, Value>,
}

enum Slot {
    Set(Value),
    /// Back to the initial value, below a slot that was set as a whole.
    Reset,
}

/// Parts of the app made ready when they are first used.
#[derive(Default)]
struct Made {
    queries: HashMap<usize, Arc<Query>>,
    reads: HashMap<String, Arc<[(String, Expression)]>>,
}

impl Session {
    pub(in crate::run) fn new(engine: &Engine<'_>) -> Self {
        let given = engine.options.state.iter();
        let slot = |key: &String| vec!["solution".to_owned(), "state".to_owned(), key.clone()];
        let changes = given.map(|(key, value)| (slot(key), Slot::Set(value.clone()))).collect();
        Self {
            base: base(engine),
            solution: OnceLock::new(),
            state: Mutex::new(State { changes, actions: Map::new() }),
            made: Mutex::default(),
            trouble: Mutex::default(),
        }
    }

    /// What every expression sees, functions included.
    pub(in crate::run) fn base(&self) -> &Value {
        &self.base
    }

    /// Sets a slot.
    pub(in crate::run) fn set(&self, path: Vec<String>, value: Value) {
        let path = canonical(path);
        let changes = &mut lock(&self.state).changes;
        changes.retain(|(other, _)| !other.starts_with(&path));
        changes.push((path, Slot::Set(value)));
    }

    /// Forgets what was set at a slot and below, so that initial values count again.
    pub(in crate::run) fn reset(&self, path: Vec<String>) {
        let path = canonical(path);
        let changes = &mut lock(&self.state).changes;
        changes.retain(|(other, _)| !other.starts_with(&path));
        if changes.iter().any(|(other, _)| path.starts_with(other)) {
            changes.push((path, Slot::Reset));
        }
    }

    /// Keeps what an action with an instance id has come to.
    pub(in crate::run) fn keep_action(&self, id: &str, output: Value) {
        lock(&self.state).actions.insert(id.to_owned(), output);
    }

    pub(super) fn actions(&self) -> Value {
        Value::Object(lock(&self.state).actions.clone())
    }

    /// Whether an action has set the slot at this path.
    pub(super) fn has_set(&self, path: &[&str]) -> bool {
        let is_set = |other: &[String]| other.iter().map(String::as_str).eq(path.iter().copied());
        lock(&self.state).changes.iter().any(|(other, slot)| matches!(slot, Slot::Set(_)) && is_set(other))
    }

    /// Writes all changed slots over `ctx`, in which state has its initial values.
    pub(super) fn overlay(&self, ctx: &mut Value) {
        let state = lock(&self.state);
        let resets = state.changes.iter().any(|(_, slot)| matches!(slot, Slot::Reset));
        let initial = if resets { ctx.clone() } else { Value::Null };
        for (path, slot) in &state.changes {
            match slot {
                Slot::Set(value) => set_path(ctx, path, value.clone()),
                Slot::Reset => set_path(ctx, path, at_path(&initial, path).cloned().unwrap_or(Value::Null)),
            }
        }
    }

    /// A datasource's query, made ready once; `None` when it has none.
    pub(super) fn query(&self, sqlite: &Sqlite) -> Option<Arc<Query>> {
        let sql = sqlite.query.as_ref()?;
        // The app outlives its runs, so a place in it names one query.
        let place = std::ptr::from_ref(sqlite).addr();
        let make = || {
            let mut query = Query::new(&sql.value, &Dialect { shorthand: sqlite.rewrite, package: None });
            query.tables = sqlite.entities.iter().map(|entity| entity.entity.value.clone()).collect();
            query.json_properties.clone_from(&sqlite.json_properties);
            query.is_document = sqlite.document;
            Arc::new(query)
        };
        Some(Arc::clone(lock(&self.made).queries.entry(place).or_insert_with(make)))
    }

    /// The parts of an expression that read something, each an expression of its own, in the author's words.
    pub(super) fn reads(&self, expression: &Expression) -> Arc<[(String, Expression)]> {
        let made = &mut lock(&self.made).reads;
        if let Some(known) = made.get(expression.text()) {
            return Arc::clone(known);
        }
        let reads: Arc<[_]> = parts(expression).into();
        made.insert(expression.text().to_owned(), Arc::clone(&reads));
        reads
    }

    /// Remembers that the machine fails: the disk is full, the database is locked.
    pub(in crate::run) fn note_trouble(&self, error: StoreError) {
        if error.fault() != Fault::App && !matches!(error, StoreError::Stale) {
            lock(&self.trouble).get_or_insert(error);
        }
    }

    /// Whether the machine fails, so that nothing more can be done.
    pub(in crate::run) fn has_trouble(&self) -> bool {
        lock(&self.trouble).is_some()
    }

    /// The first failure of the machine.
    pub(in crate::run) fn take_trouble(&self) -> Option<StoreError> {
        lock(&self.trouble).take()
    }
}

fn base(engine: &Engine<'_>) -> Value {
    let settings = match &engine.options.backend {
        Some(url) => &Settings::clone(&engine.project.settings).with_backend(url),
        None => &engine.project.settings,
    };
    let online = engine.options.network == Network::Online;
    let mut system = json!({
        "isOnline": online, "isOffline": !online, "locale": "en", "deviceType": "headless",
        "timezone": {"offset": "+0000", "name": "UTC"}, "appVersion": env!("CARGO_PKG_VERSION"),
    });
    merge(&mut system, &settings.system);
    let name = &engine.project.name;
    let solution = json!({"name": name, "id": name, "title": name, "state": {}, "settings": {"custom": settings.custom}});
    let organization = settings.dynamic.organization.as_deref().unwrap_or("local");
    json!({"solution": solution, "user": settings.user, "organization": {"id": organization}, "system": system})
}

/// `@ctx.jig.components.x` is `@ctx.components.x` (expressions.md §2).
fn canonical(mut path: Vec<String>) -> Vec<String> {
    if let [jig, components, ..] = path.as_slice()
        && (jig.as_str(), components.as_str()) == ("jig", "components")
    {
        path.remove(0);
    }
    path
}

fn parts(expression: &Expression) -> Vec<(String, Expression)> {
    let references = expression.references();
    let paths = references.paths.iter().map(|path| path.range.clone());
    let variables = references.variables.iter().map(|variable| variable.range.clone());
    let mut parts: BTreeMap<usize, (String, Expression)> = BTreeMap::new();
    for range in paths.chain(variables) {
        let start = range.start;
        let Some(text) = expression.text().get(range) else { continue };
        if parts.values().any(|(known, _)| known == text) {
            continue;
        }
        if let Ok(read) = Expression::parse(text) {
            parts.insert(start, (text.to_owned(), read));
        }
    }
    parts.into_values().collect()
}

/// Sets the value at a path, making maps on the way.
pub(super) fn set_path<S: AsRef<str>>(target: &mut Value, path: &[S], value: Value) {
    let Some((last, way)) = path.split_last() else { return };
    let mut here = target;
    for name in way {
        here = as_map(here).entry(name.as_ref()).or_insert(Value::Null);
    }
    as_map(here).insert(last.as_ref().to_owned(), value);
}

/// Makes the value at a path null when nothing is there.
pub(super) fn null_path(target: &mut Value, path: &[String]) {
    let Some((last, way)) = path.split_last() else { return };
    let mut here = target;
    for name in way {
        if !here.is_object() {
            return;
        }
        here = as_map(here).entry(name.as_str()).or_insert_with(|| Value::Object(Map::new()));
    }
    if let Some(map) = here.as_object_mut() {
        map.entry(last.as_str()).or_insert(Value::Null);
    }
}

/// The value at a path of keys.
pub(super) fn at_path<'v, S: AsRef<str>>(value: &'v Value, path: &[S]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| value.get(name.as_ref()))
}

/// Writes the keys of `over` onto `base`, map by map.
fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key.as_str()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

fn as_map(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("BUG: the value has just been made a map")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
