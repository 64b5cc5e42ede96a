//! Credentials that a server gives out anew (RFC 6749).

use super::Secret;

/// How a credential is renewed: with a refresh token (RFC 6749 §6), or without one by the name and secret
/// of the client alone (§4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// Where tokens are given out.
    pub url: String,
    /// The refresh token.
    pub token: Option<Secret>,
    /// Who asks.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<Secret>,
    /// What the new token is to be good for.
    pub scope: Option<String>,
}

impl Renewal {
    /// What is secret in it.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.token.iter().chain(&self.client_secret)
    }
}
