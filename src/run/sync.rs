//! Performs `sync-entities`: one instance, one operation per table (sync-semantics.md §1).

#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

use super::context::world;
use super::event::{Event, Failure, Outcome};
use super::interpret::{Spot, Worker};
use super::perform::Done;
use super::provider::{CURSOR_EXPIRED, Fetch, FetchError, Fetched, Page, Provider, Sink, Stop};
use super::{Network, Run};
use crate::action::{ActionNode, EntityRequest, ProviderKind};
use crate::app::{Function, Rows};
use crate::store::{self, BeginInstance, Mode, Operation, StoreError, Work, Writer};

impl Worker<'_> {
    /// Fetches the tables of one instance, in order, when a permit is free.
    pub(super) fn sync(
        &self,
        node: &ActionNode,
        spot: &Spot<'_>,
        provider: ProviderKind,
        force: bool,
        entities: &[EntityRequest],
    ) -> Done {
        let id = match self.instance_id(node, spot) {
            Ok(id) => id,
            Err(error) => return Done::fail("expression", error.message),
        };
        self.run.permits.with(|| match self.instance(id.as_deref(), provider, force, entities) {
            Ok(done) => done,
            Err(error) => Done::store(&error),
        })
    }

    fn instance(
        &self,
        id: Option<&str>,
        provider: ProviderKind,
        force: bool,
        entities: &[EntityRequest],
    ) -> Result<Done, StoreError> {
        let engine = self.run.engine;
        let digests: Vec<String> = entities.iter().map(digest).collect();
        let pairs = entities.iter().zip(&digests);
        let operations: Vec<Operation<'_>> =
            pairs.map(|(entity, digest)| operation(provider, entity, digest)).collect();
        let begin = BeginInstance { instance_id: id, operations: &operations, now: engine.clock.now() };
        let begun = engine.store.begin_instance(&begin)?;
        self.run.tell(begun.changes);
        let deadline = engine.options.instance_timeout.map(|limit| Instant::now() + limit);
        let stop = engine.stop.within(deadline);
        let mut first = None;
        for (ordinal, entity) in entities.iter().enumerate() {
            let operation = &operations[ordinal];
            let job = Job { work: &begun.work, ordinal, operation, provider, force, entity, stop: &stop };
            if let Err(error) = self.operation(&job)? {
                first.get_or_insert(error);
            }
        }
        self.end(&begun.work, first)
    }

    fn end(&self, work: &Work, failure: Option<FetchError>) -> Result<Done, StoreError> {
        let engine = self.run.engine;
        let now = engine.clock.now();
        if engine.stop.is_asked() {
            let changes = engine.store.interrupt_own(now)?;
            self.run.tell(changes);
            return Ok(Done { failure: failure.map(told), ..Done::of(Outcome::Interrupted) });
        }
        let outcome = failure.as_ref().map_or(store::Outcome::Ok, failed);
        let changes = engine.store.finish_instance(work, &outcome, now)?;
        self.run.tell(changes);
        Ok(failure.map_or_else(Done::ok, |error| Done::failed(told(error))))
    }

    /// Fetches one table; the inner result is how the operation ended.
    fn operation(&self, job: &Job<'_>) -> Result<Result<(), FetchError>, StoreError> {
        let engine = self.run.engine;
        let fetched = self.fetch(job);
        let now = engine.clock.now();
        let Err(error) = &fetched else { return Ok(fetched) };
        if engine.stop.is_asked() {
            return Ok(fetched);
        }
        match engine.store.finish_operation(job.work, job.ordinal, &failed(error), now) {
            Ok(changes) => self.run.tell(changes),
            // Somebody else ended it meanwhile; what it was told then stands.
            Err(StoreError::Stale) => {}
            Err(error) => return Err(error),
        }
        Ok(fetched)
    }

    fn fetch(&self, job: &Job<'_>) -> Result<(), FetchError> {
        let engine = self.run.engine;
        job.stop.check()?;
        if engine.options.network == Network::Offline {
            return Err(FetchError::lasting("net.offline", "the run is offline"));
        }
        let provider = engine.providers.get(job.provider).ok_or_else(|| {
            let constant = job.provider.constant();
            FetchError::lasting(
                "config.unsupported",
                format!("`{constant}` is not supported by this runtime"),
            )
        })?;
        let function = match &job.entity.function {
            None if job.provider.needs_function() => {
                let message = format!("the table `{}` names no `function` to fetch it", job.entity.entity);
                return Err(FetchError::lasting("config.function", message));
            }
            None => None,
            Some(id) => Some(engine.project.functions.get(id).ok_or_else(|| {
                FetchError::lasting("config.function", format!("there is no function `{id}`"))
            })?),
        };
        let cursor = if job.force { None } else { engine.store.sync_token(job.operation).map_err(kept)? };
        match self.fetch_since(job, provider.as_ref(), function, cursor.as_deref()) {
            // Nothing has been written yet; all rows replace what is there.
            Err(error) if error.code == CURSOR_EXPIRED && cursor.is_some() => {
                self.fetch_since(job, provider.as_ref(), function, None)
            }
            ended => ended,
        }
    }

    /// Fetches what changed since a cursor, or all.
    fn fetch_since(
        &self,
        job: &Job<'_>,
        provider: &dyn Provider,
        function: Option<&Function>,
        cursor: Option<&str>,
    ) -> Result<(), FetchError> {
        let engine = self.run.engine;
        let mode = match function.map(|function| &function.rows) {
            _ if cursor.is_some() => Mode::Upsert,
            // Top-level properties that do not arrive stay (functions.md §6.1).
            Some(Rows::Merge) => Mode::Merge,
            _ => Mode::Replace,
        };
        let writer = engine.store.rows_writer(job.work, job.ordinal, mode).map_err(kept)?;
        let mut sink = TableSink { run: self.run, entity: &job.entity.entity, writer };
        let world = world(engine);
        let request = Fetch {
            entity: &job.entity.entity,
            function,
            parameters: &job.entity.parameters,
            world: &world,
            cursor,
            stop: job.stop,
        };
        let fetched = provider.fetch(&request, &mut sink)?;
        job.stop.check()?;
        if fetched.skipped {
            let now = engine.clock.now();
            let changes = engine
                .store
                .finish_operation(job.work, job.ordinal, &store::Outcome::Ok, now)
                .map_err(kept)?;
            self.run.tell(changes);
            return Ok(());
        }
        sink.finish(&fetched)
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
    run: &'s Run<'s>,
    entity: &'s str,
    writer: Writer,
}

impl TableSink<'_> {
    fn finish(self, fetched: &Fetched) -> Result<(), FetchError> {
        let now = self.run.engine.clock.now();
        let finished = self.writer.finish(fetched.cursor.as_deref(), now).map_err(kept)?;
        self.run.tell(finished.changes);
        Ok(())
    }
}

impl Sink for TableSink<'_> {
    fn page(&mut self, page: &Page<'_>) -> Result<(), FetchError> {
        let now = self.run.engine.clock.now();
        let rows: Vec<store::Row<'_>> =
            page.rows.iter().map(|row| store::Row { id: &row.id, data: &row.data }).collect();
        let deleted: Vec<&str> = page.deleted.iter().map(String::as_str).collect();
        let page = store::Page { rows: &rows, deleted: &deleted, bytes: page.bytes, cursor: None, now };
        let report = self.writer.page(&page).map_err(kept)?;
        self.run.note_changed(report.changed);
        self.run.emitter.emit(Event::EntityProgress {
            entity: self.entity.to_owned(),
            rows: report.rows.unsigned_abs(),
            pages: report.pages.unsigned_abs(),
            bytes: report.bytes.unsigned_abs(),
        });
        Ok(())
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
fn digest(request: &EntityRequest) -> String {
    if request.parameters.is_empty() {
        return String::new();
    }
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(&request.parameters).unwrap_or_default().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// A database error as the end of a fetch.
fn kept(error: StoreError) -> FetchError {
    FetchError::lasting(error.code(), error.to_string())
}

fn told(error: FetchError) -> Failure {
    Failure { code: error.code, message: error.message }
}

fn failed(error: &FetchError) -> store::Outcome {
    store::Outcome::Failed(store::sync::Failure::new(error.code.clone(), error.message.clone()))
}
