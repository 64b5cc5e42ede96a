//! Performs `sync-entities`: one instance, one operation per table (sync-semantics.md §1).

mod changes;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use super::done::Done;
use super::event::{Event, Failure};
use super::interpret::{Run, Worker};
use super::provider::{CURSOR_EXPIRED, Fetch, FetchError, Fetched, Page, Provider, Sink, Stop, Write};
use super::tables::StoreTables;
use super::{Engine, Network, depth, digest};
use crate::action::{self, EntityRequest, Protect, ProviderKind};
use crate::app::{Function, Rows};
use crate::store::sync::ScopeState;
use crate::store::{
    self, BeginInstance, Mode, OnEmpty, Operation, Percent, Protection, StoreError, Work, Writer,
};
use changes::Writes;

/// The code of an error: the work was overtaken.
const STALE: &str = "stale";
/// The code of an error: somebody wrote to the table that was being compared.
const OVERLAP: &str = "apply.overlap";

impl Worker<'_> {
    /// Fetches the tables of one instance, in order, when a permit is free.
    pub(super) fn sync(
        &self,
        id: Option<&str>,
        provider: ProviderKind,
        force: bool,
        entities: &[EntityRequest],
    ) -> Done {
        let _permit = self.run.syncs.take();
        if self.run.is_over() {
            return Done::interrupted(None);
        }
        self.instance(id, provider, force, entities).unwrap_or_else(|error| self.broken(error))
    }

    fn instance(
        &self,
        id: Option<&str>,
        provider: ProviderKind,
        force: bool,
        entities: &[EntityRequest],
    ) -> Result<Done, StoreError> {
        let engine = self.run.engine;
        let digests: Vec<String> = entities.iter().map(arguments).collect();
        let operations: Vec<Operation<'_>> = entities
            .iter()
            .zip(&digests)
            .map(|(entity, digest)| operation(provider, entity, digest))
            .collect();
        let begin = BeginInstance { instance_id: id, operations: &operations, now: engine.clock.now() };
        let work = self.run.commit(|store| {
            let begun = store.begin_instance(&begin)?;
            Ok((begun.work, begun.changes))
        })?;
        let deadline = engine.options.instance_timeout.map(|limit| Instant::now() + limit);
        let stop = engine.stop.within(deadline);
        let mut first = None;
        for (ordinal, entity) in entities.iter().enumerate() {
            let operation = &operations[ordinal];
            let job = Job { work: &work, ordinal, operation, provider, force, entity, stop: &stop };
            match self.operation(&job)? {
                Ok(()) => {}
                Err(error) if error.code == STALE => return self.overtaken(&work),
                Err(error) => {
                    first.get_or_insert(error);
                }
            }
        }
        self.end(&work, first)
    }

    /// The work is not current any more: because somebody started the scope anew or deleted it, which
    /// is nobody's fault, or because the run was stopped or taken for lost.
    fn overtaken(&self, work: &Work) -> Result<Done, StoreError> {
        if self.run.engine.stop.is_asked() {
            return self.interrupted(None);
        }
        let cut_off = self.was_cut_off(work)?;
        self.finish(work, &store::Outcome::Ok)?;
        Ok(if cut_off { Done::interrupted(Some(stale())) } else { Done::overtaken(stale()) })
    }

    fn was_cut_off(&self, work: &Work) -> Result<bool, StoreError> {
        for token in work.tokens() {
            let row = self.run.engine.store.scope(&token.scope)?;
            let same_run =
                row.is_some_and(|row| row.epoch == token.epoch && row.state == ScopeState::Interrupted);
            if same_run {
                return Ok(true);
            }
        }
        Ok(work.tokens().is_empty())
    }

    fn end(&self, work: &Work, failure: Option<FetchError>) -> Result<Done, StoreError> {
        let Some(failure) = failure else {
            self.finish(work, &store::Outcome::Ok)?;
            return Ok(Done::ok());
        };
        if self.run.engine.stop.is_asked() {
            return self.interrupted(Some(told(failure)));
        }
        self.finish(work, &failed(&failure))?;
        Ok(Done::failed_later(told(failure)))
    }

    fn interrupted(&self, failure: Option<Failure>) -> Result<Done, StoreError> {
        let now = self.run.engine.clock.now();
        self.run.commit(|store| Ok(((), store.interrupt_own(now)?)))?;
        Ok(Done::interrupted(failure))
    }

    fn finish(&self, work: &Work, outcome: &store::Outcome) -> Result<(), StoreError> {
        let now = self.run.engine.clock.now();
        self.run.commit(|store| Ok(((), store.finish_instance(work, outcome, now)?)))
    }

    /// Fetches one table; the inner result is how the operation ended.
    fn operation(&self, job: &Job<'_>) -> Result<Result<(), FetchError>, StoreError> {
        let fetched = self.fetch(job);
        let Err(error) = &fetched else { return Ok(fetched) };
        if self.run.is_over() || error.code == STALE {
            return Ok(fetched);
        }
        match self.finish_operation(job, &failed(error)) {
            Ok(()) => Ok(fetched),
            // Somebody else ended it meanwhile; what it was told then stands.
            Err(error @ StoreError::Stale) => Ok(Err(self.kept(error))),
            Err(error) => Err(error),
        }
    }

    fn finish_operation(&self, job: &Job<'_>, outcome: &store::Outcome) -> Result<(), StoreError> {
        let now = self.run.engine.clock.now();
        self.run.commit(|store| Ok(((), store.finish_operation(job.work, job.ordinal, outcome, now)?)))
    }

    fn fetch(&self, job: &Job<'_>) -> Result<(), FetchError> {
        let store = self.run.engine.store;
        job.stop.check()?;
        let (provider, function) = way(self.run.engine, job.provider, job.entity)?;
        if !store.is_current(job.work).map_err(|error| self.kept(error))? {
            return Err(self.kept(StoreError::Stale));
        }
        let cursor =
            if job.force { None } else { store.sync_token(job.operation).map_err(|e| self.kept(e))? };
        let heeded = match self.pages(job, &*provider, function, cursor.as_deref()) {
            // Nothing has been written yet; all rows replace what is there.
            Err(error) if error.code == CURSOR_EXPIRED && cursor.is_some() => false,
            ended => ended?,
        };
        if cursor.is_some() && !heeded {
            // The back end gave everything in place of what is new, so what is gone is not known.
            self.pages(job, &*provider, function, None)?;
        }
        Ok(())
    }

    /// Fetches all pages and keeps them; gives whether the cursor, if there was one, was heeded.
    fn pages(
        &self,
        job: &Job<'_>,
        provider: &dyn Provider,
        function: Option<&Function>,
        cursor: Option<&str>,
    ) -> Result<bool, FetchError> {
        let writer = || {
            let writer = self.run.engine.store.rows_writer(job.work, job.ordinal, mode(function, cursor));
            let writer = writer.map_err(|error| self.kept(error))?;
            Ok(writer.protected(protection(job.entity.protect.or(self.run.engine.project.settings.sync))))
        };
        match self.attempt(job, provider, function, cursor, writer()?) {
            Err(error) if error.code == OVERLAP => {
                let again = self.run.engine.store.restart_operation(job.work, job.ordinal);
                again.map_err(|error| self.kept(error))?;
                self.attempt(job, provider, function, cursor, writer()?.staging_all())
            }
            ended => ended,
        }
    }

    fn attempt(
        &self,
        job: &Job<'_>,
        provider: &dyn Provider,
        function: Option<&Function>,
        cursor: Option<&str>,
        writer: Writer,
    ) -> Result<bool, FetchError> {
        let store = self.run.engine.store;
        let mut sink = TableSink { worker: self, entity: &job.entity.entity, writer };
        let request = Fetch {
            entity: &job.entity.entity,
            function,
            parameters: &job.entity.parameters,
            world: self.run.session.base(),
            cursor,
            stop: job.stop,
            functions: &self.run.engine.project.functions,
            tables: &StoreTables(store),
        };
        let fetched = provider.fetch(&request, &mut sink)?;
        job.stop.check()?;
        if fetched.skipped {
            let ended = self.finish_operation(job, &store::Outcome::Ok);
            return ended.map(|()| true).map_err(|error| self.kept(error));
        }
        if cursor.is_some() && !fetched.incremental {
            return Ok(false);
        }
        sink.finish(&fetched)?;
        Ok(true)
    }

    /// A database error as the end of a fetch.
    fn kept(&self, error: StoreError) -> FetchError {
        let failure = self.run.store_failure(error);
        FetchError::lasting(failure.code, failure.message)
    }
}

/// Who fetches a table, by which function.
///
/// # Errors
/// When the run is offline, or the app or this runtime has no such way.
pub(super) fn way<'e>(
    engine: &Engine<'e>,
    kind: ProviderKind,
    entity: &EntityRequest,
) -> Result<(Arc<dyn Provider>, Option<&'e Function>), FetchError> {
    let function = described(engine, kind, entity)?;
    let unsupported = || {
        let message = format!("`{}` is not supported by this runtime", kind.constant());
        FetchError::lasting("config.unsupported", message)
    };
    Ok((Arc::clone(engine.providers.get(kind).ok_or_else(unsupported)?), function))
}

/// The function that fetches a table, where one is needed or named; the network must be there.
///
/// # Errors
/// When the run is offline, or the app has no such function.
pub(super) fn described<'e>(
    engine: &Engine<'e>,
    kind: ProviderKind,
    entity: &EntityRequest,
) -> Result<Option<&'e Function>, FetchError> {
    if engine.options.network == Network::Offline {
        return Err(FetchError::lasting("net.offline", "the run is offline"));
    }
    match &entity.function {
        None if kind.needs_function() => {
            let message = format!("the table `{}` names no `function` to fetch it", entity.entity);
            Err(FetchError::lasting("config.function", message))
        }
        None => Ok(None),
        Some(id) => {
            let unknown = || FetchError::lasting("config.function", format!("there is no function `{id}`"));
            Ok(Some(engine.project.functions.get(id).ok_or_else(unknown)?))
        }
    }
}

fn mode(function: Option<&Function>, cursor: Option<&str>) -> Mode {
    let has_operations = function.is_some_and(|function| function.operations.is_some());
    match function.map(|function| &function.rows) {
        _ if cursor.is_some() => Mode::Upsert,
        _ if has_operations => Mode::Changes,
        Some(Rows::Part(_)) => Mode::Part,
        // Top-level properties that do not arrive stay (functions.md §6.1).
        Some(Rows::Merge) => Mode::Merge,
        _ => Mode::Replace,
    }
}

/// The protection of a table in the words of the database.
fn protection(protect: Protect) -> Protection {
    Protection {
        on_empty: protect.on_empty.map(|on_empty| match on_empty {
            action::OnEmpty::Keep => OnEmpty::Keep,
            action::OnEmpty::Replace => OnEmpty::Replace,
        }),
        max_shrink: protect.max_shrink.map(Percent::new),
    }
}

/// One operation of an instance.
struct Job<'j> {
    work: &'j Work,
    ordinal: usize,
    operation: &'j Operation<'j>,
    provider: ProviderKind,
    force: bool,
    entity: &'j EntityRequest,
    stop: &'j Stop,
}

/// Writes pages to the table of an operation.
struct TableSink<'s> {
    worker: &'s Worker<'s>,
    entity: &'s str,
    writer: Writer,
}

impl TableSink<'_> {
    fn finish(self, fetched: &Fetched) -> Result<(), FetchError> {
        let Self { worker, writer, entity } = self;
        let now = worker.run.engine.clock.now();
        let finished = worker.run.commit(|_| {
            let finished = writer.finish(fetched.cursor.as_deref(), now)?;
            Ok((finished.tally, finished.changes))
        });
        let tally = finished.map_err(|error| worker.kept(error))?;
        worker.run.emitter.emit(Event::EntityFinished {
            entity: entity.to_owned(),
            inserted: tally.inserted.unsigned_abs(),
            updated: tally.updated.unsigned_abs(),
            unchanged: tally.unchanged.unsigned_abs(),
            deleted: tally.deleted.unsigned_abs(),
        });
        Ok(())
    }
}

impl Sink for TableSink<'_> {
    fn page(&mut self, page: &Page<'_>) -> Result<(), FetchError> {
        depth::check(&page.rows)?;
        let run: &Run<'_> = self.worker.run;
        let now = run.engine.clock.now();
        let rows: Vec<store::Row<'_>> =
            page.rows.iter().map(|row| store::Row { id: &row.id, data: &row.data }).collect();
        let deleted: Vec<&str> = page.deleted.iter().map(String::as_str).collect();
        let writes = Writes::of(page.writes.as_deref().unwrap_or_default())?;
        let changes = writes.changes();
        let part = changes::part(&page.part);
        let page = store::Page {
            rows: &rows,
            deleted: &deleted,
            bytes: page.bytes,
            cursor: None,
            now,
            part: Some(&part),
            changes: &changes,
        };
        let report = self.writer.page(&page).map_err(|error| self.worker.kept(error))?;
        run.note_changed(report.changed);
        run.emitter.emit(Event::EntityProgress {
            entity: self.entity.to_owned(),
            rows: report.rows.unsigned_abs(),
            pages: report.pages.unsigned_abs(),
            bytes: report.bytes.unsigned_abs(),
        });
        Ok(())
    }

    fn aside(&mut self, writes: &[Write<'_>]) -> Result<(), FetchError> {
        if writes.is_empty() {
            return Ok(());
        }
        let writes = Writes::of(writes)?;
        let run: &Run<'_> = self.worker.run;
        let now = run.engine.clock.now();
        let done = run.commit(|store| {
            let report = store.change(&writes.changes(), now)?;
            Ok(((), report.changes))
        });
        done.map_err(|error| self.worker.kept(error))
    }
}

fn operation<'o>(provider: ProviderKind, request: &'o EntityRequest, digest: &'o str) -> Operation<'o> {
    Operation {
        provider: provider.constant(),
        entity: &request.entity,
        function: request.function.as_deref(),
        arguments: digest,
    }
}

/// A digest of the arguments, which tells two calls of one function for one table apart; they may
/// hold secrets, so they are not kept themselves.
fn arguments(request: &EntityRequest) -> String {
    if request.parameters.is_empty() {
        return String::new();
    }
    format!("{:016x}", digest::of(&request.parameters))
}

fn stale() -> Failure {
    Failure { code: STALE.to_owned(), message: StoreError::Stale.to_string() }
}

fn told(error: FetchError) -> Failure {
    Failure { code: error.code, message: error.message }
}

fn failed(error: &FetchError) -> store::Outcome {
    store::Outcome::Failed(store::sync::Failure::new(error.code.clone(), error.message.clone()))
}
