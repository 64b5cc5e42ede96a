//! What one effect would do, in words, and what it would change.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::planner::{Planner, Spot};
use super::{PlannedAction, Verdicts};
use crate::action::{Effect, EntityRequest, IfRunning, ProviderKind, QueueChange, WriteRows};
use crate::app::{Project, RowOperationKind};
use crate::expr::Template;
use crate::run::context::Tables;
use crate::run::guard::clip;
use crate::run::perform::undeclared;
use crate::run::sync::described;
use crate::run::write::{Around, Prepared, add_form, cloud_tables, prepare};
use crate::store::Enqueue;
use crate::store::sync::ScopeState;

impl Planner<'_> {
    pub(super) fn effect(&self, effect: Effect, spot: Spot<'_>, planned: &mut PlannedAction) {
        match effect {
            Effect::StartScope { instance_ids, if_running } => {
                self.start_scope(&instance_ids, if_running, planned);
            }
            Effect::Sync { provider, entities, .. } => self.sync(provider, &entities, planned),
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
            Effect::WriteRows(write) => self.write_rows(write, spot, planned),
            Effect::ExecuteSql { statements, entities } => {
                let texts = statements.iter().map(|(sql, _)| sql.as_str());
                let queued = self.queued_changes(&cloud_tables(self.engine.project, &entities, texts));
                self.touched.borrow_mut().tables.extend(entities);
                planned.options = statements.into_iter().map(statement).collect();
                planned.effect = Some(format!("executes SQL{queued}"));
            }
            Effect::FindReplace { find, replace, tables, queue } => {
                let queued =
                    self.queued_changes(&cloud_tables(self.engine.project, &tables, std::iter::empty()));
                let also = if queue { " and in queued commands" } else { "" };
                planned.effect = Some(format!(
                    "puts `{replace}` in the place of `{find}` in {}{also}{queued}",
                    quoted(&tables)
                ));
                let mut touched = self.touched.borrow_mut();
                touched.tables.extend(tables);
                touched.tables.extend(queue.then(|| "_commandQueue".to_owned()));
            }
            Effect::Queue(change) => self.change_queue(&change, planned),
        }
    }

    fn change_queue(&self, change: &QueueChange, planned: &mut PlannedAction) {
        self.touched.borrow_mut().tables.insert("_commandQueue".to_owned());
        planned.effect = Some(match change {
            QueueChange::Retry { ids } => format!("sends {} again", quoted(ids)),
            QueueChange::Delete { id } => format!("drops the command `{id}`"),
            QueueChange::Clear { record } => format!("drops the commands of the record `{record}`"),
        });
    }

    /// What statements on tables of Dynamic Data mean besides.
    fn queued_changes(&self, tables: &BTreeSet<String>) -> String {
        if tables.is_empty() {
            return String::new();
        }
        self.touched.borrow_mut().tables.insert("_commandQueue".to_owned());
        let tables: Vec<String> = tables.iter().cloned().collect();
        format!(", queues what changes in {} for Dynamic Data", quoted(&tables))
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

    fn write_rows(&self, mut write: WriteRows, spot: Spot<'_>, planned: &mut PlannedAction) {
        let around = Around { engine: self.engine, world: self.session.base() };
        let formed = add_form(&mut write, spot.place, &self.view(spot.place));
        let prepared = formed.and_then(|()| prepare(around, write.clone()));
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(failure) => return planned.fail(failure.message),
        };
        let mut parts = Vec::new();
        if prepared.method.is_some() && !prepared.rows.is_empty() {
            parts.push(format!("{} {} of `{}`", write.method.word(), rows(write.rows.len()), write.entity));
        }
        parts.extend(queued(&write, &prepared));
        planned.effect = Some(parts.join(", "));
        planned.options = write.rows.into_iter().map(Value::Object).collect();
        let mut touched = self.touched.borrow_mut();
        touched.tables.insert(write.entity);
        touched.tables.extend((!prepared.commands.is_empty()).then(|| "_commandQueue".to_owned()));
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

    fn sync(&self, provider: ProviderKind, entities: &[EntityRequest], planned: &mut PlannedAction) {
        // Background work that fails does not stop a list.
        if let Some(error) = entities.iter().find_map(|entity| described(self.engine, provider, entity).err())
        {
            planned.end(Verdicts::Error, error.message);
        }
        let mut touched = self.touched.borrow_mut();
        touched.tables.extend(["_syncScope".to_owned(), "_syncStatus".to_owned()]);
        touched.tables.extend(entities.iter().map(|entity| entity.entity.clone()));
        touched.statuses.extend(entities.iter().map(|entity| entity.entity.clone()));
        let written: Vec<Written> =
            entities.iter().map(|entity| written(self.engine.project, entity)).collect();
        let more: BTreeSet<&String> = written.iter().flatten().map(|(table, _)| table).collect();
        touched.tables.extend(more.iter().map(|table| (*table).clone()));
        let names: Vec<String> = entities.iter().map(|entity| entity.entity.clone()).collect();
        let more: Vec<String> = more.into_iter().filter(|table| !names.contains(table)).cloned().collect();
        let more = if more.is_empty() { String::new() } else { format!(", writes {}", quoted(&more)) };
        planned.effect = Some(format!("fetches {} from {}{more}", quoted(&names), provider.constant()));
        planned.options =
            entities.iter().zip(&written).map(|(entity, written)| request(entity, written)).collect();
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

fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// What a write puts into the queue.
fn queued(write: &WriteRows, prepared: &Prepared) -> Option<String> {
    let command = prepared.commands.first()?;
    let count = prepared.commands.len();
    let commands = if count == 1 { "1 command".to_owned() } else { format!("{count} commands") };
    let by = match (&write.function, command.queue.as_str()) {
        (Some(function), queue) if queue != ProviderKind::Dynamic.constant() => format!("`{function}`"),
        _ => "Dynamic Data".to_owned(),
    };
    let instead = match command.enqueue {
        Enqueue::Add => "",
        Enqueue::Replace => " in the place of queued ones",
        Enqueue::DropAll => return Some("drops the queued commands of the record".to_owned()),
    };
    Some(format!("queues {commands} for {by}{instead}"))
}

fn statement((statement, parameters): (String, Map<String, Value>)) -> Value {
    if parameters.is_empty() {
        return Value::String(statement);
    }
    json!({"statement": statement, "parameters": parameters})
}

fn request(entity: &EntityRequest, written: &Written) -> Value {
    let mut map = Map::new();
    map.insert("entity".to_owned(), entity.entity.clone().into());
    map.extend(entity.function.clone().map(|function| ("function".to_owned(), function.into())));
    if !entity.parameters.is_empty() {
        map.insert("parameters".to_owned(), Value::Object(entity.parameters.clone()));
    }
    if !written.is_empty() {
        let pairs = written.iter().map(|(table, how)| (table.clone(), Value::from(how.as_str())));
        map.insert("writes".to_owned(), Value::Object(pairs.collect()));
    }
    Value::Object(map)
}

/// Tables with what the operations of a function do to them.
type Written = Vec<(String, String)>;

/// What the operations of an entry's function write; nothing without operations, when the rows simply
/// go to the entry's own table.
fn written(project: &Project, entity: &EntityRequest) -> Written {
    let function = entity.function.as_ref().and_then(|id| project.functions.get(id));
    let operations = function.and_then(|function| function.operations.as_deref()).unwrap_or_default();
    let mut written: Written = Vec::new();
    for operation in operations {
        let own = || match &operation.table {
            None => entity.entity.clone(),
            Some(Template::Literal(Value::String(table))) => table.clone(),
            Some(Template::Expression(expression)) => expression.text().trim().to_owned(),
            Some(_) => String::new(),
        };
        let (tables, how) = match &operation.kind {
            RowOperationKind::DeleteInsert(_) => (vec![own()], "delete-insert"),
            RowOperationKind::UpsertReplace => (vec![own()], "upsert-replace"),
            RowOperationKind::UpsertMerge => (vec![own()], "upsert-merge"),
            RowOperationKind::ExecuteSql { tables, .. } => (tables.clone(), "execute-sql"),
            RowOperationKind::FindReplace { tables, .. } if tables.is_empty() => {
                (vec![own()], "find-replace")
            }
            RowOperationKind::FindReplace { tables, .. } => (tables.clone(), "find-replace"),
            RowOperationKind::Unknown(_) => continue,
        };
        for table in tables {
            match written.iter_mut().find(|(known, _)| *known == table) {
                Some((_, all)) => all.extend([", ", how]),
                None => written.push((table, how.to_owned())),
            }
        }
    }
    written
}

fn quoted(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
