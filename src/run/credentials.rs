//! Secrets by name: what function files call `microsoft.OAuth` is a token that only this room sees.

use std::collections::BTreeMap;

use crate::app::{Renewal, Secret, Settings};

/// Gives the secrets behind the names that apps use.
pub trait Credentials: Send + Sync {
    /// The secret of that name; `None` when nobody set one. An empty secret means that the app is
    /// to run without it here.
    fn secret(&self, name: &str) -> Option<Secret>;

    /// How the secret of that name is renewed when a server refuses it; `None` when it cannot be.
    fn renewal(&self, _name: &str) -> Option<Renewal> {
        None
    }
}

/// The credentials of `syncscope.yaml` (interface.md §2).
#[derive(Debug, Clone, Default)]
pub struct SettingsCredentials {
    by_name: BTreeMap<String, Secret>,
    renewals: BTreeMap<String, Renewal>,
}

impl SettingsCredentials {
    /// The credentials that the settings name.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self { by_name: settings.credentials.clone(), renewals: settings.renewals.clone() }
    }
}

impl Credentials for SettingsCredentials {
    fn secret(&self, name: &str) -> Option<Secret> {
        self.by_name.get(name).cloned()
    }

    fn renewal(&self, name: &str) -> Option<Renewal> {
        self.renewals.get(name).cloned()
    }
}
