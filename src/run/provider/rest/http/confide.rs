//! Exchanges beside the usual way: those whose answers are secret, and those with databases.

use super::refusal::{is_refusal, refused};
use super::wire::Answer;
use super::{Http, Redactor, Request, Response, Tried};
use crate::app::Secret;
use crate::run::provider::{FetchError, Stop};

impl Http {
    /// Asks for a secret, once; no redirect is followed. A recording keeps how it ended, and of a good end
    /// nothing else; a run that is answered from one gets nothing.
    ///
    /// # Errors
    /// As those of every request.
    pub(in crate::run::provider) fn confide(
        &self,
        request: &Request,
        redactor: &Redactor,
        stop: &Stop,
    ) -> Result<Option<Vec<u8>>, FetchError> {
        self.hosts.check(&request.address)?;
        let told = Request { headers: Vec::new(), body: None, ..request.clone() };
        let is_played = self.tape.as_ref().is_some_and(|tape| tape.is_played());
        let came = match &self.tape {
            Some(tape) if is_played => tape.answer(&told),
            _ => self.bare.begin(request, &request.address, stop).and_then(|asked| asked.wait(stop)),
        };
        if let Some(tape) = self.tape.as_ref().filter(|_| !stop.is_asked()) {
            tape.keep(&told, &came.as_ref().map(ending).map_err(Clone::clone))?;
        }
        let answer = came?;
        if is_refusal(answer.status) {
            return Err(refused(&answer, request, redactor));
        }
        Ok((!is_played).then_some(answer.body))
    }

    /// Performs something that is no request to a server, or takes its end from a recording.
    ///
    /// # Errors
    /// Its own, and those of the recording.
    pub(in crate::run::provider) fn beside(
        &self,
        request: &Request,
        stop: &Stop,
        perform: impl FnOnce() -> Result<Tried, FetchError>,
    ) -> Result<Tried, FetchError> {
        let Some(tape) = &self.tape else { return perform() };
        if tape.is_played() {
            return tape.answer(request).map(|answer| tried(answer, request));
        }
        let came = perform();
        if !stop.is_asked() {
            tape.keep(request, &came.as_ref().map(answer_of).map_err(Clone::clone))?;
        }
        came
    }

    /// Keeps a secret that has become known out of a recording.
    pub(in crate::run::provider) fn hide(&self, secret: &Secret) {
        if let Some(tape) = &self.tape {
            tape.hide(secret);
        }
    }
}

fn tried(answer: Answer, request: &Request) -> Tried {
    let Answer { status, reason, headers, body } = answer;
    let (reason, address) = (reason.unwrap_or_default(), request.address.clone());
    Tried { response: Response { status, reason, headers, body, address }, refusal: None }
}

fn answer_of(tried: &Tried) -> Answer {
    let Response { status, reason, headers, body, .. } = &tried.response;
    Answer { status: *status, reason: Some(*reason), headers: headers.clone(), body: body.clone() }
}

/// What may be told of an answer: what a refusal says, and nothing of what is given out.
fn ending(answer: &Answer) -> Answer {
    let body = if is_refusal(answer.status) { answer.body.clone() } else { Vec::new() };
    Answer { status: answer.status, reason: answer.reason, headers: Vec::new(), body }
}
