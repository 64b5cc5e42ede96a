//! The outermost border: what takes a request away and brings an answer back.

use std::fmt;
use std::sync::Arc;

use super::address::Address;
use super::tape::Tape;
use super::wire::{Answer, Wire};
use super::{HttpOptions, Request};
use crate::run::provider::{FetchError, Stop};

/// A way for requests: the network, the network with a recorder beside it, or a recording alone.
/// Each redirect and each further try is a request of its own here.
pub(super) trait Transport: Send + Sync {
    /// Begins to ask; nothing counts as asked before somebody waits for the answer.
    ///
    /// # Errors
    /// When the request cannot even be made.
    fn begin(&self, request: &Request, address: &Address, stop: &Stop) -> Result<Pending, FetchError>;
}

/// An answer that somebody may wait for.
pub(super) struct Pending(Box<dyn FnOnce(&Stop) -> Result<Answer, FetchError> + Send>);

impl Pending {
    pub(super) fn new(wait: impl FnOnce(&Stop) -> Result<Answer, FetchError> + Send + 'static) -> Self {
        Self(Box::new(wait))
    }

    /// Waits for the whole answer.
    ///
    /// # Errors
    /// When there is none, or it is time to stop.
    pub(super) fn wait(self, stop: &Stop) -> Result<Answer, FetchError> {
        (self.0)(stop)
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pending")
    }
}

/// The way that the options ask for.
pub(super) fn of(options: &HttpOptions, wire: Wire) -> Arc<dyn Transport> {
    match &options.tape {
        None => Arc::new(wire),
        Some(tape) if tape.is_played() => Arc::new(Player(Arc::clone(tape))),
        Some(tape) => Arc::new(Recorder { wire, tape: Arc::clone(tape) }),
    }
}

impl Transport for Wire {
    fn begin(&self, request: &Request, address: &Address, stop: &Stop) -> Result<Pending, FetchError> {
        let exchange = Wire::begin(self, request, address, stop)?;
        Ok(Pending::new(move |stop| exchange.wait(stop)))
    }
}

/// Asks the network, and keeps what it was answered.
struct Recorder {
    wire: Wire,
    tape: Arc<Tape>,
}

impl Transport for Recorder {
    fn begin(&self, request: &Request, address: &Address, stop: &Stop) -> Result<Pending, FetchError> {
        let pending = Transport::begin(&self.wire, request, address, stop)?;
        let (tape, request) = (Arc::clone(&self.tape), at(request, address));
        Ok(Pending::new(move |stop| {
            let answer = pending.wait(stop);
            // A run that is stopped has heard nothing.
            if !stop.is_asked() {
                tape.keep(&request, &answer)?;
            }
            answer
        }))
    }
}

/// Answers out of a recording and asks nobody.
struct Player(Arc<Tape>);

impl Transport for Player {
    fn begin(&self, request: &Request, address: &Address, _: &Stop) -> Result<Pending, FetchError> {
        let (tape, request) = (Arc::clone(&self.0), at(request, address));
        Ok(Pending::new(move |_| tape.answer(&request)))
    }
}

fn at(request: &Request, address: &Address) -> Request {
    Request { address: address.clone(), ..request.clone() }
}
