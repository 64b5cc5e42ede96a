//! Sends what is queued, oldest first, one at a time: each command is claimed, carried to its back
//! end, and settled with what the answer says.

mod carry;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::Network;
use super::interpret::{Worker, lock};
use super::provider::{FetchError, NO_ADDRESS, Sent};
use crate::store::{Claim, Claimed, CommandState, Ending, StoreError};

/// How long this process waits before it looks again whether another one has sent its command.
const PAUSE: Duration = Duration::from_millis(20);

/// What the threads of a run share about sending.
#[derive(Default)]
pub(super) struct Sending {
    /// Held by the thread that sends.
    turn: Mutex<()>,
    /// Queues whose back end has no address here, and what is to be set.
    closed: Mutex<BTreeMap<String, String>>,
    /// Whether a command was refused.
    failed: Mutex<bool>,
    /// Whether a fetch has queued something.
    more: Mutex<bool>,
}

impl Sending {
    /// Whether a command was refused in this run.
    pub(super) fn has_failed(&self) -> bool {
        *lock(&self.failed)
    }

    /// A fetch may queue something.
    pub(super) fn expect_more(&self) {
        *lock(&self.more) = true;
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        lock(&self.turn)
    }

    fn closed(&self) -> BTreeMap<String, String> {
        lock(&self.closed).clone()
    }
}

impl Worker<'_> {
    /// Sends what waits from earlier runs, before anything else happens: what is read afterwards has
    /// heard of it.
    pub(super) fn send_left(&self) {
        if self.is_online() && self.run.engine.store.has_commands().unwrap_or(true) {
            self.send_queued();
        }
    }

    /// Sends what operations of a fetch have changed in tables of Dynamic Data (actions.md §5.4).
    pub(super) fn send_tracked(&self) {
        let is_due = std::mem::take(&mut *lock(&self.run.sending.more));
        if is_due && !self.run.is_over() {
            self.send_queued();
        }
    }

    /// Sends all commands that can be sent; returns when none is left, or it is time to stop.
    pub(super) fn send_queued(&self) {
        if !self.is_online() {
            return;
        }
        let _turn = self.run.sending.turn();
        let mut after = 0;
        while !self.run.is_over() {
            match self.claim_next(after) {
                Ok(Claim::Taken(claimed)) => {
                    after = claimed.ordinal;
                    self.settle(&claimed);
                }
                Ok(Claim::Busy) => self.wait_for_another(),
                Ok(Claim::Empty) | Err(()) => break,
            }
        }
        self.hold_closed();
    }

    /// What has no address here waits, and says what to set.
    fn hold_closed(&self) {
        let now = self.run.engine.clock.now();
        for (queue, message) in self.run.sending.closed() {
            let ending = Ending { state: CommandState::Waiting, code: NO_ADDRESS, message: &message };
            let held = self.run.commit(|store| Ok(((), store.hold_queue(&queue, &ending, now)?)));
            if let Err(error) = held {
                drop(self.run.store_failure(error));
            }
        }
    }

    fn is_online(&self) -> bool {
        self.run.engine.options.network == Network::Online
    }

    fn claim_next(&self, after: i64) -> Result<Claim, ()> {
        let closed: Vec<String> = self.run.sending.closed().into_keys().collect();
        let now = self.run.engine.clock.now();
        let claim = self.run.commit(|store| store.claim_command(after, &closed, now));
        claim.map_err(|error| drop(self.run.store_failure(error)))
    }

    /// Another process sends a command just now; when it is dead, its command is given back.
    fn wait_for_another(&self) {
        std::thread::sleep(PAUSE);
        // A failure is remembered, and ends the run.
        let _ = self.run.recover_for_guard();
    }

    fn settle(&self, claimed: &Claimed) {
        let kept = match self.carry(claimed) {
            Ok((sent, operations)) => self.accept(claimed, &sent, &operations),
            Err(error) => self.refuse(claimed, &error),
        };
        match kept {
            // It was given to somebody else meanwhile, whose answer counts.
            Ok(()) | Err(StoreError::Stale) => {}
            Err(error) => drop(self.run.store_failure(error)),
        }
    }

    fn accept(
        &self,
        claimed: &Claimed,
        sent: &Sent,
        operations: &carry::Operations,
    ) -> Result<(), StoreError> {
        let now = self.run.engine.clock.now();
        let answer = carry::answer(claimed, sent, operations);
        let finished = self.with_tracked(operations.cloud(), |tracked| {
            self.run.commit(|store| {
                let report = operations
                    .with(|changes| store.finish_command(claimed, &answer.settled(changes, tracked), now))?;
                Ok(((), report.changes))
            })
        });
        match finished {
            Err(error)
                if error.fault() == crate::store::Fault::App && !matches!(error, StoreError::Stale) =>
            {
                let message = format!("the back end said yes, but what follows here failed: {error}");
                self.refuse(claimed, &FetchError::lasting(error.code(), message))
            }
            finished => finished,
        }
    }

    fn refuse(&self, claimed: &Claimed, error: &FetchError) -> Result<(), StoreError> {
        let state = if error.code == NO_ADDRESS {
            lock(&self.run.sending.closed).insert(claimed.queue.clone(), error.message.clone());
            CommandState::Waiting
        } else if self.run.engine.stop.is_asked() {
            CommandState::Queued
        } else {
            *lock(&self.run.sending.failed) = true;
            CommandState::Failed
        };
        let now = self.run.engine.clock.now();
        let ending = Ending { state, code: &error.code, message: &error.message };
        self.run.commit(|store| Ok(((), store.end_command(claimed, &ending, now)?)))
    }
}
