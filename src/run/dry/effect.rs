//! What one effect would do, in words, and what it would change.

use serde_json::{Map, Value, json};

use super::planner::{Planner, Spot};
use super::{PlannedAction, Verdicts};
use crate::action::{Effect, EntityRequest, IfRunning, ProviderKind, WriteRows};
use crate::run::context::Tables;
use crate::run::guard::clip;
use crate::run::perform::{local_method, undeclared};
use crate::run::sync::described;
use crate::store::sync::ScopeState;

impl Planner<'_> {
    pub(super) fn effect(&self, effect: Effect, spot: Spot<'_>, planned: &mut PlannedAction) {
        match effect {
            Effect::StartScope { instance_ids, if_running } => {
                self.start_scope(&instance_ids, if_running, planned);
            }
            Effect::Sync { provider, entities, .. } => self.sync(provider, entities, planned),
            Effect::DeleteScope { id } => {
                self.touch_scope(&id);
                planned.effect = Some(format!("deletes the scope `{id}`"));
            }
            Effect::DeleteStatus { id } => {
                let mut touched = self.touched.borrow_mut();
                touched.tables.insert("_syncStatus".to_owned());
                touched.any_status = true;
                planned.effect = Some(format!("deletes the status `{id}`"));
            }
            Effect::Evaluate { value } => self.evaluate(&value, planned),
            Effect::SetState { changes } => self.set_state(changes, spot, planned),
            Effect::ResetState { paths } => self.reset_state(paths, planned),
            Effect::WriteRows(write) => self.write_rows(write, planned),
            Effect::ExecuteSql { statements, entities } => {
                self.touched.borrow_mut().tables.extend(entities);
                planned.options = statements.into_iter().map(statement).collect();
                planned.effect = Some("executes SQL".to_owned());
            }
        }
    }

    fn evaluate(&self, value: &Value, planned: &mut PlannedAction) {
        planned.effect = Some(format!("evaluates to {}", clip(value)));
        if let Some(id) = planned.id.as_ref().filter(|_| planned.unknown.is_empty()) {
            let state = json!({"isPending": false, "isSuccess": true, "error": null});
            self.session.keep_action(id, json!({"state": state, "outputs": {"value": value}}));
            self.touched.borrow_mut().actions.remove(id);
        }
    }

    fn reset_state(&self, paths: Vec<Vec<String>>, planned: &mut PlannedAction) {
        let shown: Vec<String> = paths.iter().map(|path| path.join(".")).collect();
        planned.effect = Some(format!("resets {}", shown.join(", ")));
        self.touched.borrow_mut().slots.retain(|slot| !paths.iter().any(|path| slot.starts_with(path)));
        for path in paths {
            self.session.reset(path);
        }
    }

    fn write_rows(&self, write: WriteRows, planned: &mut PlannedAction) {
        if let Err(failure) = local_method(&write) {
            return planned.fail(failure.message);
        }
        let rows =
            if write.rows.len() == 1 { "1 row".to_owned() } else { format!("{} rows", write.rows.len()) };
        planned.effect = Some(format!("{} {rows} of `{}`", write.method.word(), write.entity));
        planned.options = write.rows.into_iter().map(Value::Object).collect();
        self.touched.borrow_mut().tables.insert(write.entity);
    }

    fn start_scope(&self, members: &[String], if_running: IfRunning, planned: &mut PlannedAction) {
        let Some(id) = planned.id.clone() else { return planned.fail("a scope needs an `instanceId`") };
        let row = self.database.scope(&id).unwrap_or_default();
        let is_running = row.is_some_and(|row| row.state == ScopeState::Syncing);
        let busy = || format!("the scope `{id}` is syncing already");
        let is_sure = !self.touched().scopes.contains(&id);
        match if_running {
            IfRunning::Skip if is_running && is_sure => return planned.end(Verdicts::Skip, busy()),
            IfRunning::Error if is_running && is_sure => return planned.fail(busy()),
            _ => {}
        }
        self.touch_scope(&id);
        let verb = if is_running { "restarts" } else { "starts" };
        planned.effect = Some(format!("{verb} the scope `{id}` over {}", quoted(members)));
    }

    fn touch_scope(&self, id: &str) {
        let mut touched = self.touched.borrow_mut();
        touched.tables.insert("_syncScope".to_owned());
        touched.scopes.insert(id.to_owned());
    }

    fn sync(&self, provider: ProviderKind, entities: Vec<EntityRequest>, planned: &mut PlannedAction) {
        // Background work that fails does not stop a list.
        if let Some(error) = entities.iter().find_map(|entity| described(self.engine, provider, entity).err())
        {
            planned.end(Verdicts::Error, error.message);
        }
        let mut touched = self.touched.borrow_mut();
        touched.tables.extend(["_syncScope".to_owned(), "_syncStatus".to_owned()]);
        touched.tables.extend(entities.iter().map(|entity| entity.entity.clone()));
        touched.statuses.extend(entities.iter().map(|entity| entity.entity.clone()));
        planned.options = entities.iter().map(request).collect();
        let names: Vec<String> = entities.into_iter().map(|entity| entity.entity).collect();
        planned.effect = Some(format!("fetches {} from {}", quoted(&names), provider.constant()));
    }

    fn set_state(&self, changes: Vec<(Vec<String>, Value)>, spot: Spot<'_>, planned: &mut PlannedAction) {
        if let Some(failure) = changes.iter().find_map(|(path, _)| undeclared(path, spot.place)) {
            return planned.fail(failure.message);
        }
        let shown: Vec<String> =
            changes.iter().map(|(p, v)| format!("{} = {}", p.join("."), clip(v))).collect();
        planned.effect = Some(format!("sets {}", shown.join(", ")));
        for (path, value) in changes {
            let unknown = &mut self.touched.borrow_mut().slots;
            unknown.retain(|slot| !slot.starts_with(&path));
            if planned.unknown.is_empty() {
                self.session.set(path, value);
            } else {
                unknown.push(path);
            }
        }
    }
}

fn statement((statement, parameters): (String, Map<String, Value>)) -> Value {
    if parameters.is_empty() {
        return Value::String(statement);
    }
    json!({"statement": statement, "parameters": parameters})
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
    if names.is_empty() {
        return "nothing".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
