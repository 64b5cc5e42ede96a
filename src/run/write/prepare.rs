//! What a write comes to: rows with their ids, and the commands for the back end.

use serde_json::{Map, Value, json};

use super::{Around, first_state, is_cloud, sealed};
use crate::action::{Arguments, Method, ProviderKind, QueueOperation, WriteRows};
use crate::run::event::Failure;
use crate::store::{self, Enqueue, NewCommand, RowChange, temp_id};

/// A write that is ready to be done.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::run) struct Prepared {
    /// The table.
    pub(in crate::run) entity: String,
    /// What is done with the rows here; nothing for a call that only the back end hears.
    pub(in crate::run) method: Option<store::Method>,
    /// The rows by id.
    pub(in crate::run) rows: Vec<(String, Map<String, Value>)>,
    /// What the back end is to hear.
    pub(in crate::run) commands: Vec<NewCommand>,
}

impl Prepared {
    /// The id of the record, when there is just one.
    pub(super) fn single(&self) -> Option<&str> {
        match self.rows.as_slice() {
            [(id, _)] if self.method.is_some() => Some(id),
            _ => None,
        }
    }
}

/// How a write reaches its back end.
enum Carrier<'w> {
    /// Not at all.
    None,
    /// By the row API of Dynamic Data.
    Rows,
    /// By a function.
    Function(&'w str),
}

/// Gives rows their ids and makes the commands.
///
/// # Errors
/// When this runtime does not perform such writes, the app has no such function, or a row lacks the
/// `id` that it needs.
pub(in crate::run) fn prepare(around: Around<'_>, mut write: WriteRows) -> Result<Prepared, Failure> {
    let method = local_method(&write)?;
    if write.rows.is_empty() && matches!(method, Some(store::Method::Update | store::Method::Delete)) {
        write.rows.extend(id_of_arguments(&write));
    }
    check_ids(&write)?;
    let carrier = carrier(around, &write)?;
    let calls = calls(&write);
    let mut prepared =
        Prepared { entity: write.entity.clone(), method, rows: Vec::new(), commands: Vec::new() };
    for n in 0..calls.max(write.rows.len()) {
        let is_local = matches!(carrier, Carrier::None);
        let command = if is_local { String::new() } else { around.engine.clock.uuid() };
        let given = write.rows.get(n);
        let arguments = arguments(&write, n);
        let written = given.filter(|_| method.is_some());
        let row = written.map(|row| keyed(around, row.clone(), &command, &carrier));
        if n < calls && !is_local {
            let one = One { write: &write, carrier: &carrier, given, row: row.as_ref(), arguments };
            prepared.commands.push(one.command(around, command)?);
        }
        prepared.rows.extend(row);
    }
    Ok(prepared)
}

/// The command for a row that a statement changed.
pub(super) fn command_of(around: Around<'_>, change: RowChange) -> NewCommand {
    let method = match change.method {
        store::Method::Create => Method::Create,
        store::Method::Update => Method::Update,
        store::Method::Save => Method::Save,
        store::Method::Delete => Method::Delete,
    };
    let provider = ProviderKind::Dynamic.constant();
    let mut payload = json!({
        "provider": provider, "entity": change.entity, "method": method.word(), "id": change.id,
    });
    if method != Method::Delete {
        payload["data"] = Value::Object(change.data);
    }
    NewCommand {
        id: around.engine.clock.uuid(),
        queue: provider.to_owned(),
        kind: method.word().to_owned(),
        entity: change.entity,
        record: Some(change.id),
        payload: sealed(around, payload),
        state: first_state(around.engine),
        enqueue: Enqueue::Add,
    }
}

/// One call of a back end.
struct One<'o> {
    write: &'o WriteRows,
    carrier: &'o Carrier<'o>,
    /// The row as it is given, also for a call that writes none.
    given: Option<&'o Map<String, Value>>,
    row: Option<&'o (String, Map<String, Value>)>,
    arguments: Map<String, Value>,
}

impl One<'_> {
    fn command(self, around: Around<'_>, id: String) -> Result<NewCommand, Failure> {
        let write = self.write;
        let given = || self.given.and_then(key).or_else(|| key(&self.arguments));
        let record = self.row.map(|(id, _)| id.clone()).or_else(given);
        let (provider, function) = match self.carrier {
            Carrier::Function(function) => (write.provider.constant(), Some(*function)),
            Carrier::Rows | Carrier::None => (ProviderKind::Dynamic.constant(), None),
        };
        let enqueue = match (write.queue, write.method) {
            (QueueOperation::Add, _) => Enqueue::Add,
            (QueueOperation::Replace, _) if record.is_none() => return Err(replace_without_id()),
            (QueueOperation::Replace, Method::Delete) => Enqueue::DropAll,
            (QueueOperation::Replace, _) => Enqueue::Replace,
        };
        let mut payload =
            json!({ "provider": provider, "entity": write.entity, "method": write.method.word() });
        if let Some(function) = function {
            payload["functionId"] = function.into();
            payload["parameters"] = Value::Object(self.arguments);
        }
        if let Some(record) = &record {
            payload["id"] = record.as_str().into();
        }
        if let (None, Some((_, data)), false) = (function, self.row, write.method == Method::Delete) {
            payload["data"] = Value::Object(data.clone());
        }
        Ok(NewCommand {
            id,
            queue: provider.to_owned(),
            kind: write.method.word().to_owned(),
            entity: write.entity.clone(),
            record,
            payload: sealed(around, payload),
            state: first_state(around.engine),
            enqueue,
        })
    }
}

fn carrier<'w>(around: Around<'_>, write: &'w WriteRows) -> Result<Carrier<'w>, Failure> {
    let is_call = matches!(write.method, Method::FunctionCall | Method::Download);
    match write.provider {
        _ if write.method == Method::Download => Err(unsupported(write)),
        ProviderKind::Local | ProviderKind::Dynamic if is_call => Err(unsupported(write)),
        ProviderKind::Dynamic => Ok(Carrier::Rows),
        // What is written to a table of Dynamic Data goes there, whoever writes it (actions.md §5.4).
        ProviderKind::Local if is_cloud(around.engine.project, &write.entity) => Ok(Carrier::Rows),
        ProviderKind::Local => Ok(Carrier::None),
        ProviderKind::Rest | ProviderKind::Sql => function(around, write).map(Carrier::Function),
        ProviderKind::Salesforce | ProviderKind::OneDrive | ProviderKind::Soap => Err(unsupported(write)),
    }
}

fn function<'w>(around: Around<'_>, write: &'w WriteRows) -> Result<&'w str, Failure> {
    let failure = |message| Failure { code: "config.function".to_owned(), message };
    let Some(id) = &write.function else {
        return Err(failure(format!(
            "to `{}` in `{}`, `{}` needs a `function`",
            write.method.word(),
            write.entity,
            write.provider.constant()
        )));
    };
    let known = around.engine.project.functions.contains_key(id);
    if known { Ok(id) } else { Err(failure(format!("there is no function `{id}`"))) }
}

fn local_method(write: &WriteRows) -> Result<Option<store::Method>, Failure> {
    Ok(Some(match write.method {
        Method::Create => store::Method::Create,
        Method::Update => store::Method::Update,
        Method::Save => store::Method::Save,
        Method::Delete => store::Method::Delete,
        Method::FunctionCall => return Ok(None),
        Method::Download => return Err(unsupported(write)),
    }))
}

fn check_ids(write: &WriteRows) -> Result<(), Failure> {
    let needs_id = matches!(write.method, Method::Update | Method::Delete);
    if !needs_id || write.rows.iter().all(|row| key(row).is_some()) {
        return Ok(());
    }
    let message = format!("to `{}` a row, its `data` needs an `id`", write.method.word());
    Err(Failure { code: "config.option".to_owned(), message })
}

/// The rows that only the arguments name.
fn id_of_arguments(write: &WriteRows) -> Vec<Map<String, Value>> {
    let given: &[Map<String, Value>] = match &write.arguments {
        Arguments::OfRow => &[],
        Arguments::Same(arguments) => std::slice::from_ref(arguments),
        Arguments::Each(list) => list,
    };
    let row = |arguments: &Map<String, Value>| arguments.get("id").map(|id| json!({ "id": id }));
    given.iter().filter_map(row).filter_map(|row| row.as_object().cloned()).collect()
}

/// How many calls there are: one for each row, or for each set of arguments.
fn calls(write: &WriteRows) -> usize {
    match &write.arguments {
        Arguments::Each(list) => list.len(),
        Arguments::Same(_) => write.rows.len().max(1),
        Arguments::OfRow if write.method == Method::FunctionCall => write.rows.len().max(1),
        Arguments::OfRow => write.rows.len(),
    }
}

/// What the `n`th call is given, before the row has an id of our making.
fn arguments(write: &WriteRows, n: usize) -> Map<String, Value> {
    match &write.arguments {
        Arguments::OfRow => write.rows.get(n).cloned().unwrap_or_default(),
        Arguments::Same(arguments) => arguments.clone(),
        Arguments::Each(list) => list.get(n).cloned().unwrap_or_default(),
    }
}

/// The key of a row; null counts as none.
fn key(row: &Map<String, Value>) -> Option<String> {
    match row.get("id") {
        Some(Value::String(id)) if !id.is_empty() => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    }
}

/// A row with its key; one without gets a new one, which is temporary where a function's answer gives
/// the real one (actions.md §5.3).
fn keyed(
    around: Around<'_>,
    mut row: Map<String, Value>,
    command: &str,
    carrier: &Carrier<'_>,
) -> (String, Map<String, Value>) {
    let id = key(&row).unwrap_or_else(|| {
        let id = match carrier {
            Carrier::Function(_) => temp_id(command),
            Carrier::Rows | Carrier::None => around.engine.clock.uuid(),
        };
        row.insert("id".to_owned(), Value::String(id.clone()));
        id
    });
    (id, row)
}

fn replace_without_id() -> Failure {
    let message = "`queueOperation: replace` needs an `id` in `data` or `parameters`, to know the record";
    Failure { code: "config.option".to_owned(), message: message.to_owned() }
}

fn unsupported(write: &WriteRows) -> Failure {
    let (method, provider) = (write.method.word(), write.provider.constant());
    let message = format!(
        "writing `{}` to `{provider}` with `{method}` is not supported by this runtime",
        write.entity
    );
    Failure { code: "config.unsupported".to_owned(), message }
}
