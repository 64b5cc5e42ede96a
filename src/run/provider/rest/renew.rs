//! Tokens that are given out anew (RFC 6749 §6, §4.4): after a server refused one, and before the first
//! request where the settings have none.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::http::{Address, Header, Http, Request};
use super::redact::Redactor;
use super::request::encoded;
use crate::app::{Renewal, Secret};
use crate::run::provider::{FetchError, Stop};

/// Code of an error: a credential could not be renewed.
pub(super) const REFUSED: &str = "credential.refused";
/// What stands for a token in a run that is answered from a recording.
const STAND_IN: &str = "renewed-token";

/// The tokens that were given out in this process. They are kept nowhere else.
#[derive(Default)]
pub(super) struct Renewed {
    by_name: Mutex<BTreeMap<String, Token>>,
}

#[derive(Clone)]
struct Token {
    access: Secret,
    /// Takes the place of the one in the settings, where the server gave another one out.
    refresh: Option<Secret>,
}

/// What is to be renewed.
pub(super) struct Wanted<'w> {
    /// The name of the credential.
    pub(super) name: &'w str,
    pub(super) renewal: &'w Renewal,
    /// The secret that was refused; empty when there was none.
    pub(super) refused: &'w str,
}

impl Renewed {
    /// The newest token of that name.
    pub(super) fn get(&self, name: &str) -> Option<Secret> {
        self.tokens().get(name).map(|token| token.access.clone())
    }

    /// A token in place of the refused one; of several calls that were refused, one asks for it.
    ///
    /// # Errors
    /// [`REFUSED`] with the reason; when it is time to stop.
    pub(super) fn renew(
        &self,
        wanted: &Wanted<'_>,
        http: &Http,
        redactor: &mut Redactor,
        stop: &Stop,
    ) -> Result<Secret, FetchError> {
        let mut tokens = self.tokens();
        let known = tokens.get(wanted.name).cloned();
        if let Some(token) = known.as_ref().filter(|token| token.access.expose() != wanted.refused) {
            redactor.add(token.access.expose());
            return Ok(token.access.clone());
        }
        let refresh = known.and_then(|token| token.refresh).or_else(|| wanted.renewal.token.clone());
        let token = ask(wanted, refresh, http, redactor, stop)?;
        let access = token.access.clone();
        tokens.insert(wanted.name.to_owned(), token);
        Ok(access)
    }

    fn tokens(&self) -> MutexGuard<'_, BTreeMap<String, Token>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ask(
    wanted: &Wanted<'_>,
    refresh: Option<Secret>,
    http: &Http,
    redactor: &mut Redactor,
    stop: &Stop,
) -> Result<Token, FetchError> {
    let failed = |error: FetchError, redactor: &Redactor| {
        if stop.is_asked() {
            return error;
        }
        let why = redactor.clean(&error.message);
        let message = format!("the credential `{}` could not be renewed: {why}", wanted.name);
        FetchError { code: REFUSED.to_owned(), message, ..error }
    };
    for secret in refresh.iter().chain(&wanted.renewal.token).chain(&wanted.renewal.client_secret) {
        redactor.add(secret.expose());
    }
    let request = request(wanted.renewal, refresh.as_ref()).map_err(|error| failed(error, redactor))?;
    let answered = http.confide(&request, redactor, stop).map_err(|error| failed(error, redactor))?;
    let Some(body) = answered else {
        return Ok(Token { access: Secret::new(STAND_IN.to_owned()), refresh });
    };
    let token = |key: &str| {
        let given: Option<Value> = serde_json::from_slice(&body).ok();
        let text = given?.get(key)?.as_str().filter(|text| !text.is_empty())?.to_owned();
        Some(Secret::new(text).named(format!("renewed:{}.{key}", wanted.name)))
    };
    let Some(access) = token("access_token") else {
        let shown = request.address.shown();
        let message = format!("the answer of `{shown}` has no `access_token`");
        return Err(failed(FetchError::lasting(REFUSED, message), redactor));
    };
    let given = token("refresh_token");
    for secret in std::iter::once(&access).chain(&given) {
        redactor.add(secret.expose());
        http.hide(secret);
    }
    Ok(Token { access, refresh: given.or(refresh) })
}

fn request(renewal: &Renewal, refresh: Option<&Secret>) -> Result<Request, FetchError> {
    let grant = if refresh.is_some() { "refresh_token" } else { "client_credentials" };
    let fields = [
        ("grant_type", Some(grant)),
        ("refresh_token", refresh.map(Secret::expose)),
        ("client_id", renewal.client_id.as_deref()),
        ("client_secret", renewal.client_secret.as_ref().map(Secret::expose)),
        ("scope", renewal.scope.as_deref()),
    ];
    let pairs: Vec<String> =
        fields.iter().filter_map(|(name, value)| Some(format!("{name}={}", encoded((*value)?)))).collect();
    let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
    Ok(Request {
        method: "POST".to_owned(),
        address: Address::parse(&renewal.url)?,
        headers: vec![
            header("Accept", "application/json"),
            header("Content-Type", "application/x-www-form-urlencoded"),
        ],
        body: Some(pairs.join("&").into_bytes()),
    })
}
