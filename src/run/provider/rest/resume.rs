//! Where a fetch that was cut off goes on: at an address or token that the server gave for the next page.
//! Pages that the author counts are begun anew: what was inserted or removed meanwhile has moved them.

use serde::{Deserialize, Serialize};

use super::http::{Address, Http};
use super::parameters::Values;
use super::redact::Redactor;
use crate::app::Continuation;
use crate::expr::{Expression, Template};
use crate::run::provider::{CURSOR_EXPIRED, FetchError};

/// The next page, as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Place {
    url: String,
    /// Parameters that have other values than on the first page.
    pub(super) values: Values,
}

impl Place {
    /// The place as text, if another fetch can go on there and it holds no secret.
    pub(super) fn text(
        block: &Continuation,
        address: &Address,
        (first, now): (&Values, &Values),
        http: &Http,
        redactor: &Redactor,
    ) -> Option<String> {
        if !is_given(block) {
            return None;
        }
        let other = now.iter().filter(|(name, value)| first.get(*name) != Some(value));
        let values = other.map(|(name, value)| (name.clone(), value.clone())).collect();
        let place = Self { url: http.unlocated(&address.text()), values };
        let text = serde_json::to_string(&place).ok()?;
        (redactor.clean(&text) == text).then_some(text)
    }

    pub(super) fn parse(text: &str) -> Result<Self, FetchError> {
        serde_json::from_str(text).map_err(|_| expired())
    }

    pub(super) fn address(&self, http: &Http) -> Result<Address, FetchError> {
        Address::parse(&http.located(&self.url)).map_err(|_| expired())
    }
}

/// Whether the server gives the way to the next page, and nobody counts.
fn is_given(block: &Continuation) -> bool {
    let values = block.parameters.iter().flatten().filter_map(|parameter| parameter.value.as_ref());
    let mut expressions: Vec<&Expression> = Vec::new();
    for template in values.chain(&block.url) {
        let template: &Template = template;
        template.expressions(&mut |expression| expressions.push(expression));
    }
    !expressions.is_empty() && expressions.iter().all(|expression| !expression.text().contains("parameters"))
}

/// What the first error after going on means: the server does not know the place any more.
pub(super) fn explained(error: FetchError) -> FetchError {
    let stays = ["http.401", "http.403", "http.408", "http.425", "http.429"].contains(&error.code.as_str());
    if error.code.starts_with("http.4") && !stays { expired() } else { error }
}

fn expired() -> FetchError {
    FetchError::passing(CURSOR_EXPIRED, "the pages that were cut off cannot be gone on with")
}
