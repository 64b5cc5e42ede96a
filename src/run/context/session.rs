//! What changes while a run goes on.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use crate::app::Screen;
use crate::expr::SharedExpressions;
use crate::run::Engine;

/// State and outputs of a run, shared by its threads.
pub(in crate::run) struct Session {
    state: Mutex<State>,
    shared: BTreeMap<String, SharedExpressions>,
}

#[derive(Default)]
struct State {
    /// What actions did to slots of `@ctx`, in order; the newest last.
    changes: Vec<(Vec<String>, Slot)>,
    /// `@ctx.actions`.
    actions: Map<String, Value>,
}

#[derive(Clone)]
enum Slot {
    Set(Value),
}

impl Session {
    pub(in crate::run) fn new(engine: &Engine<'_>) -> Self {
        let home = &engine.project.home.shared;
        let of = |screen: &Screen| {
            let mut shared = home.clone();
            shared.extend(screen.shared.clone());
            (screen.id.clone(), shared)
        };
        Self { state: Mutex::default(), shared: engine.project.screens().map(of).collect() }
    }

    /// Sets a slot.
    pub(in crate::run) fn set(&self, path: Vec<String>, value: Value) {
        let changes = &mut self.lock().changes;
        changes.retain(|(other, _)| !other.starts_with(&path));
        changes.push((path, Slot::Set(value)));
    }

    /// Forgets what was set at a slot and below, so that initial values count again.
    pub(in crate::run) fn reset(&self, path: &[String]) {
        self.lock().changes.retain(|(other, _)| !other.starts_with(path));
    }

    /// Keeps what an action with an instance id has come to.
    pub(in crate::run) fn keep_output(&self, id: &str, output: Value) {
        self.lock().actions.insert(id.to_owned(), output);
    }

    pub(super) fn actions(&self) -> Value {
        Value::Object(self.lock().actions.clone())
    }

    /// Writes all set slots over `ctx`.
    pub(super) fn overlay(&self, ctx: &mut Value) {
        for (path, Slot::Set(value)) in &self.lock().changes {
            set_path(ctx, path, value.clone());
        }
    }

    pub(super) fn shared(&self, screen: Option<&Screen>) -> &SharedExpressions {
        static NONE: SharedExpressions = BTreeMap::new();
        self.shared.get(screen.map_or("", |screen| &screen.id)).unwrap_or(&NONE)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        let map = as_map(here);
        here = map.entry(name.as_str()).or_insert_with(|| Value::Object(Map::new()));
        if !here.is_object() {
            return;
        }
    }
    as_map(here).entry(last.as_str()).or_insert(Value::Null);
}

/// Writes the keys of `over` onto `base`, map by map.
pub(super) fn merge(base: &mut Value, over: &Value) {
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
