//! Writes of rows: the local part now, the remote part as commands (actions.md §5, §6).

mod prepare;
mod secret;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::context::{Place, View};
use super::done::Done;
use super::event::Failure;
use super::interpret::{Spot, Worker, plan_failure};
use super::{Engine, Network};
use crate::action::{QueueChange, WriteRows};
use crate::app::Project;
use crate::expr::Expression;
use crate::store::{self, Change, CommandState, Head, LocalRow, LocalWrite, Submission, Tracked};

pub(super) use prepare::{Prepared, prepare};
pub(super) use secret::{sealed, unsealed};

/// What the writer needs to know of its surroundings.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) engine: &'a Engine<'a>,
    /// What every expression sees.
    pub(super) world: &'a Value,
}

impl Worker<'_> {
    /// Writes rows and queues what their back end is to hear, which is then sent if there is a network.
    pub(super) fn write_rows(&self, mut write: WriteRows, spot: &Spot<'_>) -> Done {
        if let Err(failure) = add_form(&mut write, spot.place, &self.view(spot.place)) {
            return Done::failed(failure);
        }
        let prepared = match prepare(self.around(), write) {
            Ok(prepared) => prepared,
            Err(failure) => return Done::failed(failure),
        };
        if let Err(error) = self.submit(&prepared) {
            return self.broken(error);
        }
        if !prepared.commands.is_empty() {
            self.send_queued();
        }
        match prepared.single() {
            None => Done::ok(),
            Some(id) => match self.run.engine.store.known_id(id) {
                Ok(id) => Done::ok().with_output("recordId", Value::String(id)),
                Err(error) => self.broken(error),
            },
        }
    }

    fn submit(&self, prepared: &Prepared) -> Result<(), store::StoreError> {
        let now = self.run.engine.clock.now();
        let rows: Vec<LocalRow<'_>> = prepared.rows.iter().map(|(id, data)| LocalRow { id, data }).collect();
        let local = prepared.method.filter(|_| !rows.is_empty());
        let local = local.map(|method| LocalWrite { entity: &prepared.entity, method, rows: &rows });
        let submission = Submission { local, commands: &prepared.commands, now };
        self.run.commit(|store| Ok(((), store.submit(&submission)?.changes)))
    }

    /// Statements on local tables; what they change in tables of Dynamic Data is queued.
    pub(super) fn execute_sql(
        &self,
        statements: &[(String, Map<String, Value>)],
        entities: &[String],
    ) -> Done {
        let now = self.run.engine.clock.now();
        let texts = || statements.iter().map(|(sql, _)| sql.as_str());
        let tables = cloud_tables(self.run.engine.project, entities, texts());
        let statements: Vec<_> =
            statements.iter().map(|(sql, parameters)| store::Statement { sql, parameters }).collect();
        if tables.is_empty() {
            return self.committed(|store| store.execute_sql(&statements, entities));
        }
        self.tracked(&tables, |store, tracked| store.execute_sql_tracked(&statements, entities, tracked, now))
    }

    /// A text in the place of another; what that changes in tables of Dynamic Data is queued.
    pub(super) fn find_replace(&self, head: &Head, tables: &[String]) -> Done {
        let now = self.run.engine.clock.now();
        let change = [Change { head, rows: &[] }];
        let cloud = cloud_tables(self.run.engine.project, tables, std::iter::empty());
        if cloud.is_empty() {
            return self.committed(|store| Ok(store.change(&change, now)?.changes));
        }
        self.tracked(&cloud, |store, tracked| store.change_tracked(&change, tracked, now))
    }

    fn tracked(
        &self,
        tables: &BTreeSet<String>,
        work: impl FnOnce(&store::Store, &Tracked<'_>) -> Result<store::Changes, store::StoreError>,
    ) -> Done {
        let around = self.around();
        let command = |change| prepare::command_of(around, change);
        let done = self.committed(|store| work(store, &Tracked { tables, command: &command }));
        if done.failure.is_none() {
            self.send_queued();
        }
        done
    }

    /// Does something whose changes of these tables are queued for their back end.
    pub(super) fn with_tracked<T>(
        &self,
        tables: &BTreeSet<String>,
        work: impl FnOnce(Option<&Tracked<'_>>) -> T,
    ) -> T {
        if tables.is_empty() {
            return work(None);
        }
        let around = self.around();
        let command = |change| prepare::command_of(around, change);
        self.run.sending.expect_more();
        work(Some(&Tracked { tables, command: &command }))
    }

    /// Changes the queue; commands that are to be sent again are.
    pub(super) fn change_queue(&self, change: &QueueChange) -> Done {
        let now = self.run.engine.clock.now();
        let done = self.committed(|store| match change {
            QueueChange::Retry { ids } => store.retry_commands(ids, now),
            QueueChange::Delete { id } => store.delete_command(id),
            QueueChange::Clear { record } => store.clear_commands(record),
        });
        if done.failure.is_none() {
            self.send_queued();
        }
        done
    }

    fn around(&self) -> Around<'_> {
        Around { engine: self.run.engine, world: self.run.session.base() }
    }
}

/// Adds the fields of the form: what actions set in them, else what the run was given as inputs.
///
/// # Errors
/// When the screen has no such form.
pub(super) fn add_form(write: &mut WriteRows, place: &Place<'_>, view: &View<'_>) -> Result<(), Failure> {
    let Some(form) = &write.form else { return Ok(()) };
    let fields = place.jig().and_then(|jig| jig.forms.get(form)).ok_or_else(|| {
        let message = format!("there is no form `{form}` where this action stands");
        Failure { code: "config.form".to_owned(), message }
    })?;
    let read = Expression::parse("=@ctx.components").expect("BUG: a path is an expression");
    let components = view.value(&read).map_err(|error| plan_failure(&error.into()))?.unwrap_or_default();
    let set = |field: &String| components.get(field)?.get("state")?.get("value").cloned();
    for row in &mut write.rows {
        for field in fields {
            let value = set(field).or_else(|| place.inputs.get(field).cloned());
            if let Some(value) = value.filter(|_| !row.contains_key(field)) {
                row.insert(field.clone(), value);
            }
        }
    }
    Ok(())
}

/// Whether a table lives in Dynamic Data: its prefix is a database (sync.md §0).
pub(super) fn is_cloud(project: &Project, table: &str) -> bool {
    let database = table.split_once('/').map(|(database, _)| database);
    database.is_some_and(|database| database == "default" || project.databases.contains_key(database))
}

/// The tables of Dynamic Data that are named as changed, or in the texts.
pub(super) fn cloud_tables<'t>(
    project: &Project,
    named: &[String],
    texts: impl Iterator<Item = &'t str>,
) -> BTreeSet<String> {
    let declared = |(id, database): (&String, &std::sync::Arc<crate::app::Database>)| {
        database.tables.iter().map(|table| format!("{id}/{}", table.value)).collect::<Vec<_>>()
    };
    let all: Vec<String> = project.databases.iter().flat_map(declared).collect();
    let texts: Vec<&str> = texts.collect();
    let written = all.into_iter().filter(|table| texts.iter().any(|text| text.contains(table.as_str())));
    named.iter().filter(|table| is_cloud(project, table)).cloned().chain(written).collect()
}

/// Where a new command stands.
fn first_state(engine: &Engine<'_>) -> CommandState {
    if engine.options.network == Network::Online { CommandState::Queued } else { CommandState::Waiting }
}
