//! Credentials of a call: looked up, and renewed when a server refuses them (functions.md §9).

use super::Call;
use super::paging::ChosenBy;
use super::turn::Turn;
use crate::app::Secret;
use crate::run::provider::rest::Rest;
use crate::run::provider::rest::errors::Ruled;
use crate::run::provider::rest::http::Request;
use crate::run::provider::rest::parameters::{self, Secrets};
use crate::run::provider::rest::redact::Redactor;
use crate::run::provider::rest::renew::{self, Wanted};
use crate::run::provider::{FetchError, Sink, Stop};

impl Rest {
    /// The secret behind a name: the newest one; where the settings have only a way to one, that.
    fn secret(&self, name: &str, redactor: &mut Redactor, stop: &Stop) -> Result<Option<Secret>, FetchError> {
        let credentials = &self.options.credentials;
        let known = self.renewed.get(name).or_else(|| credentials.secret(name));
        let renewal = || credentials.renewal(name).filter(|_| self.options.answers.is_none());
        match (known, renewal()) {
            (Some(secret), Some(renewal)) if secret.expose().is_empty() => {
                let wanted = Wanted { name, renewal: &renewal, refused: "" };
                self.renewed.renew(&wanted, &self.options.http, redactor, stop).map(Some)
            }
            (known, _) => Ok(known),
        }
    }
}

impl<'c> Call<'c> {
    /// The secrets for the page that is asked for.
    pub(super) fn secrets(&mut self) -> Result<Secrets, FetchError> {
        let (rest, stop, redactor) = (self.rest, self.fetch.stop, &mut self.redactor);
        let mut used = Vec::new();
        let secrets = Secrets::find(self.definitions, &self.values, |name| {
            let secret = rest.secret(name, redactor, stop)?;
            if let Some(secret) = &secret {
                redactor.add(secret.expose());
                used.push((name.to_owned(), secret.clone()));
            }
            Ok(secret)
        })?;
        self.used = used;
        Ok(secrets)
    }

    /// Whether a refused request may be sent again with another token.
    pub(super) fn is_renewable(&self) -> bool {
        let options = self.options;
        let has_way = |name: &&str| options.credentials.renewal(name).is_some();
        self.function.token_refresh
            && options.answers.is_none()
            && parameters::named(self.definitions, &self.values).iter().any(has_way)
    }

    /// The request once more, after its credentials were renewed; nothing when there is none to renew.
    pub(super) fn renewed(&mut self) -> Result<Option<Request>, FetchError> {
        let Some(target) = self.target.clone().filter(|_| self.is_renewable()) else { return Ok(None) };
        let there = target.address.origin();
        if target.chosen_by == ChosenBy::Server && self.origin.as_ref() != Some(&there) {
            return Ok(None);
        }
        for (name, secret) in std::mem::take(&mut self.used) {
            let Some(renewal) = self.options.credentials.renewal(&name) else { continue };
            let wanted = Wanted { name: &name, renewal: &renewal, refused: secret.expose() };
            let (http, redactor) = (&self.options.http, &mut self.redactor);
            self.rest.renewed.renew(&wanted, http, redactor, self.fetch.stop)?;
        }
        let request = self.drafted(&target)?;
        self.fit(request, &target).map(Some)
    }

    /// Begins; that a credential is missing is an error that the rules may know (functions.md §2.1).
    pub(super) fn begun(
        &mut self,
        begin: impl FnOnce(&mut Self) -> Result<Turn, FetchError>,
        sink: &mut dyn Sink,
    ) -> Result<Turn, FetchError> {
        match begin(self) {
            Err(error) if is_about_credentials(&error) => {
                let tried = Err(error.clone());
                let Some(Ruled { error, writes, told, .. }) = self.judged(None, &tried)? else {
                    return Err(error);
                };
                sink.aside(&self.redactor.clean_writes(writes))?;
                self.redactor.clean_told(told).iter().for_each(|told| sink.tell(told));
                Err(error)
            }
            begun => begun,
        }
    }
}

/// Whether an error says that there is no credential to send.
pub(in crate::run::provider::rest) fn is_about_credentials(error: &FetchError) -> bool {
    [renew::REFUSED, "config.credential"].contains(&error.code.as_str())
}
