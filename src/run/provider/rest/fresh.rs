//! Asks a server whether its last answer still holds (RFC 9110 §13), where that says all: one request, whose
//! answer and nothing else makes the rows.
//!
//! Of several pages, an unchanged first one says nothing of the others, so they are always fetched.

use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::{Map, Value};

use super::http::{Header, Http, Request, Response};
use super::redact::Redactor;
use crate::app::Function;
use crate::expr::Expression;
use crate::run::digest;
use crate::run::provider::{FetchError, Validator};

/// What makes other values of the same answer.
const FICKLE: [&str; 5] = ["$now", "$millis", "$random", "$shuffle", "$uuid"];

/// The first request of a fetch.
#[derive(Debug)]
pub(super) struct Asked {
    digest: String,
    url: String,
    is_conditional: bool,
}

impl Asked {
    /// The request with its conditions, where an earlier answer to the same request is known.
    pub(super) fn of(
        request: Request,
        function: &Function,
        known: Option<&Validator>,
        http: &Http,
    ) -> (Request, Option<Self>) {
        if !is_enough(function) || names_condition(&request) {
            return (request, None);
        }
        let digest = digest_of(&request, http);
        let url = request.address.text();
        let known = known.filter(|known| known.request == digest);
        let conditions = known.map(conditions).unwrap_or_default();
        let asked = Self { digest, url, is_conditional: !conditions.is_empty() };
        let headers = [request.headers, conditions].concat();
        (Request { headers, ..request }, Some(asked))
    }

    /// Whether an error is the answer that nothing is new.
    pub(super) fn is_unchanged(&self, error: &FetchError) -> bool {
        self.is_conditional && error.code == "http.304"
    }

    /// What the server said of its answer; nothing that is secret, or that another address has said.
    pub(super) fn validator(&self, response: &Response, redactor: &Redactor) -> Option<Validator> {
        let header = |name: &str| {
            let found = response.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            found.filter(|text| !text.is_empty() && redactor.clean(text) == **text).map(str::to_owned)
        };
        let may_be_kept = !header("cache-control").is_some_and(|text| text.contains("no-store"));
        if !may_be_kept || response.status != 200 || response.address.text() != self.url {
            return None;
        }
        let etag = header("etag");
        let last_modified =
            header("last-modified").filter(|modified| is_settled(modified, header("date").as_deref()));
        (etag.is_some() || last_modified.is_some()).then(|| Validator {
            request: self.digest.clone(),
            etag,
            last_modified,
        })
    }
}

/// A time tells of changes by the second: within the second of the answer there may have been more.
fn is_settled(modified: &str, date: Option<&str>) -> bool {
    let seconds = |text: &str| Some(DateTimeParser::new().parse_timestamp(text).ok()?.as_second());
    let known = seconds(modified).zip(date.and_then(seconds));
    known.is_some_and(|(modified, date)| modified < date)
}

/// Whether the rows are made of one answer alone.
fn is_enough(function: &Function) -> bool {
    let reads = matches!(function.method.as_str(), "" | "GET");
    let other = function.operations.is_some()
        || function.guard.is_some()
        || !function.queries.is_empty()
        || !function.conversions.is_empty();
    let transforms = [&function.output_transform, &function.records].into_iter().flatten();
    let is_fickle = |text: &str| FICKLE.iter().any(|name| text.contains(name));
    reads && !other && !transforms.map(Expression::text).any(is_fickle)
}

fn names_condition(request: &Request) -> bool {
    request.headers.iter().any(|header| header.name.to_ascii_lowercase().starts_with("if-"))
}

fn conditions(known: &Validator) -> Vec<Header> {
    let header =
        |name: &str, value: &Option<String>| Some(Header { name: name.to_owned(), value: value.clone()? });
    let both = [header("If-None-Match", &known.etag), header("If-Modified-Since", &known.last_modified)];
    both.into_iter().flatten().collect()
}

fn digest_of(request: &Request, http: &Http) -> String {
    let mut parts: Map<String, Value> = request
        .headers
        .iter()
        .map(|header| (header.name.clone(), Value::from(header.value.as_str())))
        .collect();
    parts.insert(String::new(), Value::from(http.unlocated(&request.address.text())));
    format!("{:016x}", digest::of(&parts))
}
