//! One command on its way: from its payload to a call, and from the answer to local rows.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{Map, Value};

use crate::action::{Method, ProviderKind};
use crate::app::{Function, Project};
use crate::run::interpret::Worker;
use crate::run::provider::{Fetch, FetchError, Known, NO_ADDRESS, Outgoing, Page, Sent, Sink, Told, Write};
use crate::run::sync::Writes;
use crate::run::tables::StoreTables;
use crate::run::write::unsealed;
use crate::store::{Change, Claimed, Head, Row, Settled, Tracked, is_temp_id};

impl Worker<'_> {
    /// Carries a command to its back end.
    pub(super) fn carry(&self, claimed: &Claimed) -> Result<(Sent, Operations), FetchError> {
        let engine = self.run.engine;
        let world = self.world(claimed);
        let payload = unsealed(&world, claimed.payload.clone())?;
        let kind = ProviderKind::from_constant(&claimed.queue).ok_or_else(|| unreadable("queue"))?;
        let provider = engine.providers.get(kind).ok_or_else(|| {
            let message = format!("`{}` has no address here", kind.constant());
            FetchError::lasting(NO_ADDRESS, message)
        })?;
        let (parameters, data) = (map(&payload, "parameters"), map(&payload, "data"));
        let method = Method::ALL.iter().find(|(word, _)| *word == claimed.kind);
        let (_, method) = *method.ok_or_else(|| unreadable("type"))?;
        let deadline = engine.options.instance_timeout.map(|limit| Instant::now() + limit);
        let stop = engine.stop.within(deadline);
        let outgoing = Outgoing {
            call: Fetch {
                entity: &claimed.entity,
                function: self.function(&payload)?,
                parameters: &parameters,
                world: &world,
                cursor: None,
                known: Known::default(),
                stop: &stop,
                functions: &engine.project.functions,
                tables: &StoreTables(engine.store),
            },
            method,
            record: claimed.record.as_deref(),
            data: &data,
            is_repeated: claimed.attempts > 1,
        };
        let mut sink = Hearer { worker: self, operations: Operations::default() };
        sink.operations.replaces_row = outgoing.call.function.is_some_and(|f| f.operations.is_some());
        let sent = provider.send(&outgoing, &mut sink)?;
        Ok((sent, sink.operations))
    }

    /// What expressions in the function see: everybody's world, and the command (functions.md §9).
    fn world(&self, claimed: &Claimed) -> Value {
        let mut world = self.run.session.base().clone();
        if let Value::Object(world) = &mut world {
            world.insert("commandId".to_owned(), claimed.id.clone().into());
        }
        world
    }

    fn function(&self, payload: &Value) -> Result<Option<&Function>, FetchError> {
        let Some(id) = payload.get("functionId").and_then(Value::as_str) else { return Ok(None) };
        let function = self.run.engine.project.functions.get(id).map(AsRef::as_ref);
        let unknown =
            || FetchError::lasting("config.function", format!("there is no function `{id}` any more"));
        function.map(Some).ok_or_else(unknown)
    }
}

/// What a function's operations do to local rows once the back end has said yes.
#[derive(Default)]
pub(super) struct Operations {
    changes: Vec<(Head, Vec<(String, String)>)>,
    /// Whether the function says itself what becomes of the answer (functions.md §6.2).
    replaces_row: bool,
    /// Tables of Dynamic Data that they change.
    cloud: BTreeSet<String>,
}

impl Operations {
    /// Does something with the operations in the words of the database.
    pub(super) fn with<T>(&self, act: impl FnOnce(&[Change<'_>]) -> T) -> T {
        let rows: Vec<Vec<Row<'_>>> = self
            .changes
            .iter()
            .map(|(_, rows)| rows.iter().map(|(id, data)| Row { id, data }).collect())
            .collect();
        let changes: Vec<Change<'_>> =
            self.changes.iter().zip(&rows).map(|((head, _), rows)| Change { head, rows }).collect();
        act(&changes)
    }

    /// Tables of Dynamic Data that they change.
    pub(super) fn cloud(&self) -> &BTreeSet<String> {
        &self.cloud
    }

    fn add(&mut self, writes: &[Write<'_>], project: &Project) -> Result<(), FetchError> {
        let writes = Writes::of(writes)?;
        self.cloud.append(&mut writes.cloud(project));
        self.changes.extend(writes.changes().iter().map(|change| {
            let rows = change.rows.iter().map(|row| (row.id.to_owned(), row.data.to_owned()));
            (change.head.clone(), rows.collect())
        }));
        Ok(())
    }
}

/// Keeps operations for the end, and does at once what error rules and guards ask for.
struct Hearer<'h> {
    worker: &'h Worker<'h>,
    operations: Operations,
}

impl Sink for Hearer<'_> {
    fn page(&mut self, page: &Page<'_>) -> Result<(), FetchError> {
        let project = self.worker.run.engine.project;
        self.operations.add(page.writes.as_deref().unwrap_or_default(), project)
    }

    fn aside(&mut self, writes: &[Write<'_>]) -> Result<(), FetchError> {
        self.worker.aside(writes)
    }

    fn tell(&mut self, told: &Told) {
        self.worker.tell(told);
    }
}

/// What an answer says of the record.
pub(super) struct Answer {
    id: Option<String>,
    merge: Option<String>,
}

impl Answer {
    pub(super) fn settled<'a>(
        &'a self,
        changes: &'a [Change<'a>],
        tracked: Option<&'a Tracked<'a>>,
    ) -> Settled<'a> {
        Settled { id: self.id.as_deref(), merge: self.merge.as_deref(), changes, tracked }
    }
}

/// Reads the answer: a temporary id gives way to its `id`, the other properties are merged into the
/// row (functions.md §6.1). A record that has an id of its own keeps it.
pub(super) fn answer(claimed: &Claimed, sent: &Sent, operations: &Operations) -> Answer {
    let nothing = Answer { id: None, merge: None };
    let writes = matches!(claimed.kind.as_str(), "create" | "update" | "save");
    let (Some(record), Some(output)) = (&claimed.record, sent.output.as_ref().and_then(one)) else {
        return nothing;
    };
    if !writes || operations.replaces_row || sent.skipped {
        return nothing;
    }
    let given = match output.get("id") {
        Some(Value::String(id)) if !id.is_empty() => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    let id = given.filter(|_| is_temp_id(record));
    let mut merge = output.clone();
    if id.is_none() {
        merge.shift_remove("id");
    }
    let merge = (!merge.is_empty()).then(|| Value::Object(merge).to_string());
    Answer { id, merge }
}

/// The object, or the one object in a list.
fn one(output: &Value) -> Option<&Map<String, Value>> {
    match output {
        Value::Object(object) => Some(object),
        Value::Array(items) => items.first().filter(|_| items.len() == 1).and_then(Value::as_object),
        _ => None,
    }
}

fn map(payload: &Value, key: &str) -> Map<String, Value> {
    payload.get(key).and_then(Value::as_object).cloned().unwrap_or_default()
}

fn unreadable(what: &str) -> FetchError {
    FetchError::lasting("queue.unreadable", format!("the `{what}` of the command is none that is known here"))
}
