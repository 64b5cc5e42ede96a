//! Performs `sync-entities`: one instance, one operation per table (sync-semantics.md §1).

mod changes;
mod known;
#[cfg(test)]
mod tests;
mod turn;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::done::Done;
use super::event::{Event, Failure};
use super::interpret::{Run, Worker};
use super::provider::{
    CURSOR_EXPIRED, Fetch, FetchError, Fetched, Known, Page, Provider, Sink, Stop, Told, Validator, Write,
};
use super::tables::StoreTables;
use super::{Engine, Network, Recall, depth, digest};
use crate::action::{self, EntityRequest, Protect, ProviderKind};
use crate::app::{Function, Rows};
use crate::store::sync::ScopeState;
use crate::store::{
    self, BeginInstance, Changes, Finish, Mode, OnEmpty, Operation, Percent, Protection, StoreError,
    Survivors, Tally, Work, Writer,
};
pub(super) use changes::Writes;

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
        let done = self.instance(id, provider, force, entities).unwrap_or_else(|error| self.broken(error));
        self.send_tracked();
        done
    }

    fn instance(
        &self,
        id: Option<&str>,
        provider: ProviderKind,
        force: bool,
        entities: &[EntityRequest],
    ) -> Result<Done, StoreError> {
        let engine = self.run.engine;
        let force = force || engine.options.recall == Recall::Nothing;
        let digests: Vec<String> = entities.iter().map(arguments).collect();
        let operations: Vec<Operation<'_>> = entities
            .iter()
            .zip(&digests)
            .map(|(entity, digest)| operation(provider, entity, digest))
            .collect();
        let begin = BeginInstance { instance_id: id, operations: &operations, now: engine.clock.now() };
        let runs = id.map(|id| self.run.runs_of(id)).unwrap_or_default();
        let begun = self.run.commit(|store| match store.begin_member(&begin, &runs)? {
            Some(begun) => Ok((Some(begun.work), begun.changes)),
            None => Ok((None, Changes::default())),
        })?;
        let Some(work) = begun else { return Ok(Done::overtaken(stale())) };
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
        let way = Way {
            provider: &*provider,
            function,
            definition: known::definition(self.run.engine, function, self.run.session.base()),
        };
        if self.is_brought_up_to_date(job, &way)? {
            return Ok(());
        }
        self.all(job, &way)
    }

    /// Fetches what is new since the last fetch, where that can be known; `false` when everything is to be
    /// fetched.
    fn is_brought_up_to_date(&self, job: &Job<'_>, way: &Way<'_>) -> Result<bool, FetchError> {
        if self.cursor(job)?.is_none() {
            return Ok(false);
        }
        // Its pages are seen one by one, so nobody else may write meanwhile.
        self.claim(job)?;
        let Some(cursor) = self.cursor(job)? else { return Ok(false) };
        match self.pages(job, way, Some(&cursor), Known::default()) {
            // Nothing has been written yet; all rows replace what is there.
            Err(error) if error.code == CURSOR_EXPIRED => Ok(false),
            // If the back end gave everything in place of what is new, what is gone is not known.
            ended => Ok(ended? == Ended::Kept),
        }
    }

    fn cursor(&self, job: &Job<'_>) -> Result<Option<String>, FetchError> {
        if job.force {
            return Ok(None);
        }
        let store = self.run.engine.store;
        let token = store.sync_token(job.operation).map_err(|error| self.kept(error))?;
        // A table that somebody emptied needs all rows again.
        let Some(token) = token else { return Ok(None) };
        let holds = store.has_rows(job.operation.entity).map_err(|error| self.kept(error))?;
        Ok(holds.then_some(token))
    }

    /// Fetches everything, unless the server says that it is as it was; goes on where an earlier fetch was
    /// cut off.
    fn all(&self, job: &Job<'_>, way: &Way<'_>) -> Result<(), FetchError> {
        if mode(way.function, None) == Mode::Merge {
            self.claim(job)?;
        }
        let resume = self.resume(job, (!job.force).then_some(way))?;
        let validator = if job.force || resume.is_some() { None } else { self.validator(job, way)? };
        let known = Known { validator: validator.as_ref(), resume: resume.as_deref() };
        match self.pages(job, way, None, known) {
            Err(error) if error.code == CURSOR_EXPIRED && resume.is_some() => {
                self.resume(job, None)?;
            }
            ended => match ended? {
                Ended::Unchanged if self.is_ended_unchanged(job)? => return Ok(()),
                Ended::Unchanged => {}
                Ended::Kept | Ended::Ignored => return Ok(()),
            },
        }
        self.pages(job, way, None, Known::default()).map(drop)
    }

    /// Where an earlier fetch was cut off; without a way, it is forgotten.
    fn resume(&self, job: &Job<'_>, way: Option<&Way<'_>>) -> Result<Option<String>, FetchError> {
        let Engine { store, clock, .. } = self.run.engine;
        let definition = way.filter(|way| mode(way.function, None) == Mode::Replace);
        let definition = definition.map(|way| way.definition.as_str());
        let found = store.resume(job.work, job.ordinal, job.operation, definition, clock.now());
        found.map_err(|error| self.kept(error))
    }

    fn validator(&self, job: &Job<'_>, way: &Way<'_>) -> Result<Option<Validator>, FetchError> {
        let found = self.run.engine.store.validator(job.operation, &way.definition);
        Ok(found.map_err(|error| self.kept(error))?.map(known::given))
    }

    /// Ends the operation with the rows as they are; `false` when somebody has changed them meanwhile.
    fn is_ended_unchanged(&self, job: &Job<'_>) -> Result<bool, FetchError> {
        let run = self.run;
        let now = run.engine.clock.now();
        let ended = run.commit(|store| {
            let finished = store.finish_unchanged(job.work, job.ordinal, job.operation, now)?;
            let (tally, changes) = finished.map(|finished| (finished.tally, finished.changes)).unzip();
            Ok((tally, changes.unwrap_or_default()))
        });
        let tally = ended.map_err(|error| self.kept(error))?;
        if let Some(tally) = tally {
            run.emitter.emit(Event::EntityProgress {
                entity: job.entity.entity.clone(),
                rows: 0,
                pages: 0,
                bytes: 0,
                note: Some(store::UNCHANGED.to_owned()),
            });
            run.emitter.emit(finished(&job.entity.entity, &tally));
        }
        Ok(tally.is_some())
    }

    /// Fetches all pages and keeps them.
    fn pages(
        &self,
        job: &Job<'_>,
        way: &Way<'_>,
        cursor: Option<&str>,
        known: Known<'_>,
    ) -> Result<Ended, FetchError> {
        match self.attempt(job, way, cursor, known, self.writer(job, way, cursor)?) {
            Err(error) if error.code == OVERLAP => {
                let again = self.run.engine.store.restart_operation(job.work, job.ordinal);
                again.map_err(|error| self.kept(error))?;
                let writer = self.writer(job, way, cursor)?.staging_all();
                self.attempt(job, way, cursor, Known::default(), writer)
            }
            ended => ended,
        }
    }

    fn writer(&self, job: &Job<'_>, way: &Way<'_>, cursor: Option<&str>) -> Result<Writer, FetchError> {
        let Engine { store, project, .. } = self.run.engine;
        let writer = store.rows_writer(job.work, job.ordinal, mode(way.function, cursor));
        let writer = writer.map_err(|error| self.kept(error))?;
        let protect = job.entity.protect.or(project.settings.sync);
        let survivors = match way.function {
            Some(function) if function.keep_temp_ids => Survivors::TemporaryIds,
            _ => Survivors::None,
        };
        Ok(writer.resumable(&way.definition).protected(protection(protect)).sparing(survivors))
    }

    fn attempt(
        &self,
        job: &Job<'_>,
        way: &Way<'_>,
        cursor: Option<&str>,
        known: Known<'_>,
        writer: Writer,
    ) -> Result<Ended, FetchError> {
        let store = self.run.engine.store;
        let mut sink = TableSink { worker: self, entity: &job.entity.entity, writer, cloud: BTreeSet::new() };
        let request = Fetch {
            entity: &job.entity.entity,
            function: way.function,
            parameters: &job.entity.parameters,
            world: self.run.session.base(),
            cursor,
            known,
            stop: job.stop,
            functions: &self.run.engine.project.functions,
            tables: &StoreTables(store),
        };
        let fetched = way.provider.fetch(&request, &mut sink)?;
        job.stop.check()?;
        if fetched.unchanged {
            return Ok(Ended::Unchanged);
        }
        if fetched.skipped {
            let ended = self.finish_operation(job, &store::Outcome::Ok);
            return ended.map(|()| Ended::Kept).map_err(|error| self.kept(error));
        }
        if cursor.is_some() && !fetched.incremental {
            return Ok(Ended::Ignored);
        }
        sink.finish(job, way, fetched)?;
        Ok(Ended::Kept)
    }

    /// Does at once what guards and error rules ask for.
    pub(super) fn aside(&self, writes: &[Write<'_>]) -> Result<(), FetchError> {
        if writes.is_empty() {
            return Ok(());
        }
        let writes = Writes::of(writes)?;
        let now = self.run.engine.clock.now();
        let done = self.with_tracked(&writes.cloud(self.run.engine.project), |tracked| {
            self.run.commit(|store| {
                let changes = match tracked {
                    None => store.change(&writes.changes(), now)?.changes,
                    Some(tracked) => store.change_tracked(&writes.changes(), tracked, now)?,
                };
                Ok(((), changes))
            })
        });
        done.map_err(|error| self.kept(error))
    }

    /// Reports what a phone would show.
    pub(super) fn tell(&self, told: &Told) {
        let (type_name, options) = (told.kind.to_owned(), told.options.clone());
        self.run.emitter.emit(Event::Effect { type_name, options });
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

/// How the pages of a fetch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// They are in the table, and the operation has ended.
    Kept,
    /// The cursor was not heeded; nothing was kept.
    Ignored,
    /// There were none: the server says that its last answer still holds.
    Unchanged,
}

/// Who fetches a table, and how.
struct Way<'w> {
    provider: &'w dyn Provider,
    function: Option<&'w Function>,
    /// A digest of what makes rows of answers.
    definition: String,
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
    /// Tables of Dynamic Data that operations change.
    cloud: BTreeSet<String>,
}

impl TableSink<'_> {
    /// Ends the operation, as soon as nobody else writes the table.
    fn finish(self, job: &Job<'_>, way: &Way<'_>, fetched: Fetched) -> Result<(), FetchError> {
        let Self { worker, writer, entity, cloud } = self;
        let validator = fetched.validator.map(|validator| known::stored(validator, &way.definition));
        let now = worker.run.engine.clock.now();
        let (sync_token, validator) = (fetched.cursor.as_deref(), validator.as_ref());
        let mut tally = Tally::default();
        worker.with_tracked(&cloud, |tracked| {
            let finish = Finish { sync_token, validator, tracked, now };
            worker.when_free(job, || {
                let finished = worker.run.commit(|_| {
                    let Some(finished) = writer.try_finish(&finish)? else {
                        return Ok((false, Changes::default()));
                    };
                    tally = finished.tally;
                    Ok((true, finished.changes))
                });
                finished.map_err(|error| worker.kept(error))
            })
        })?;
        worker.run.emitter.emit(finished(entity, &tally));
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
        self.cloud.append(&mut writes.cloud(run.engine.project));
        let changes = writes.changes();
        let part = changes::part(&page.part);
        let page = store::Page {
            rows: &rows,
            deleted: &deleted,
            bytes: page.bytes,
            cursor: page.resume.as_deref(),
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
            note: None,
        });
        Ok(())
    }

    fn aside(&mut self, writes: &[Write<'_>]) -> Result<(), FetchError> {
        self.worker.aside(writes)
    }

    fn tell(&mut self, told: &Told) {
        self.worker.tell(told);
    }
}

/// How many rows of a table were touched how.
fn finished(entity: &str, tally: &Tally) -> Event {
    Event::EntityFinished {
        entity: entity.to_owned(),
        inserted: tally.inserted.unsigned_abs(),
        updated: tally.updated.unsigned_abs(),
        unchanged: tally.unchanged.unsigned_abs(),
        deleted: tally.deleted.unsigned_abs(),
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
