//! `syncscope.yaml`: how an app is checked and run here (interface.md §2).

mod connection;
mod placeholder;
mod reading;
mod renewal;
mod secret;
mod sought;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::FilePattern;
use crate::action::Protect;
use crate::diag::{Severity, Spanned};

pub use connection::SqlConnection;
pub(super) use reading::lower;
pub use renewal::Renewal;
pub use secret::Secret;
pub use sought::Sought;

/// The settings of an app, every key with its default.
#[derive(Clone)]
pub struct Settings {
    /// The app's SQLite file.
    pub database: PathBuf,
    /// Folder of tables served on loopback while a command works.
    pub backend: Option<PathBuf>,
    /// Dynamic Data.
    pub dynamic: DynamicSettings,
    /// Named SQL connections.
    pub sql: BTreeMap<String, SqlConnection>,
    /// Credential names with their secrets.
    pub credentials: BTreeMap<String, Secret>,
    /// How some of them are renewed, by the same names.
    pub renewals: BTreeMap<String, Renewal>,
    /// `@ctx.solution.settings.custom`.
    pub custom: Value,
    /// `@ctx.user`.
    pub user: Value,
    /// `@ctx.system`, over the defaults.
    pub system: Value,
    /// Limits of requests.
    pub http: HttpSettings,
    /// What protects tables from fetches that bring too few rows.
    pub sync: Protect,
    /// What the history of runs keeps.
    pub history: HistorySettings,
    /// Which rules are on.
    pub lint: LintSettings,
    /// Values that came from the environment and must never be shown.
    pub secrets: Vec<Secret>,
    /// The address of the served folder, once it is served.
    pub served: Option<String>,
}

/// Where Dynamic Data is found.
#[derive(Clone, Default)]
pub struct DynamicSettings {
    /// Address of the service; the served backend when absent.
    pub url: Option<String>,
    /// Part of the row API's path.
    pub organization: Option<String>,
    /// Part of the row API's path.
    pub solution: Option<String>,
    /// Sent as `x-api-key`.
    pub api_key: Option<Secret>,
}

/// Limits of requests.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// For one request, from connecting to the last byte.
    pub timeout: Duration,
    /// Largest body, in bytes.
    pub max_body: u64,
    /// How often a failed request that may succeed later is tried again.
    pub retries: u32,
    /// Hosts that may be asked; `*` stands for any run of characters.
    pub allow: Vec<String>,
    /// Requests to one host at a time, and sync actions at a time.
    pub concurrency: usize,
    /// The least time between the beginnings of two requests to one host.
    pub spacing: Option<Duration>,
    /// For one sync action with everything that belongs to it.
    pub deadline: Duration,
    /// The most pages of one table; each provider has its own usual limit.
    pub max_pages: Option<u64>,
    /// How often an answer may send a request on.
    pub max_redirects: usize,
    /// The most headers of an answer.
    pub max_headers: usize,
    /// Largest head of an answer, in bytes.
    pub max_header_bytes: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            max_body: 64 * 1024 * 1024,
            retries: 3,
            allow: vec!["*".to_owned()],
            concurrency: 8,
            spacing: None,
            deadline: Duration::from_secs(300),
            max_pages: None,
            max_redirects: 10,
            max_headers: 100,
            max_header_bytes: 64 * 1024,
        }
    }
}

/// What the history of a scope's runs keeps; what neither of both keeps goes when the next run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistorySettings {
    /// How many of the newest runs of a scope, at least 1.
    pub runs: u32,
    /// For how long after its end a run is kept; the newest run stays for longer.
    pub age: Option<Duration>,
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self { runs: 100, age: None }
    }
}

/// Which rules are on and how grave they are.
#[derive(Debug, Clone, Default)]
pub struct LintSettings {
    /// Rules that are on; all when empty.
    pub select: Vec<Spanned<String>>,
    /// Rules that are off.
    pub ignore: Vec<Spanned<String>>,
    /// Severities that differ from a rule's own.
    pub severity: Vec<(Spanned<String>, Severity)>,
    /// Rules that are off for files that match a pattern.
    pub per_file: Vec<(FilePattern, Vec<Spanned<String>>)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            database: PathBuf::from(".syncscope/app.db"),
            backend: None,
            dynamic: DynamicSettings::default(),
            sql: BTreeMap::new(),
            credentials: BTreeMap::new(),
            renewals: BTreeMap::new(),
            custom: json!({}),
            user: json!({}),
            system: json!({}),
            http: HttpSettings::default(),
            sync: Protect::default(),
            history: HistorySettings::default(),
            lint: LintSettings::default(),
            secrets: Vec::new(),
            served: None,
        }
    }
}

impl fmt::Debug for Settings {
    /// Without anything that may hold a value from the environment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Settings");
        shown
            .field("database", &self.database)
            .field("backend", &self.backend)
            .field("dynamic", &self.dynamic);
        shown.field("sql", &self.sql.keys()).field("credentials", &self.credentials);
        shown
            .field("http", &self.http)
            .field("sync", &self.sync)
            .field("history", &self.history)
            .field("lint", &self.lint)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for DynamicSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicSettings").field("api_key", &self.api_key).finish_non_exhaustive()
    }
}

impl Settings {
    /// The settings with `${backend}` replaced by the address of the served folder.
    #[must_use]
    pub fn with_backend(mut self, url: &str) -> Self {
        for value in [&mut self.custom, &mut self.user, &mut self.system] {
            replace(value, url);
        }
        let address = self.dynamic.url.take().unwrap_or_else(|| BACKEND.to_owned());
        for renewal in self.renewals.values_mut() {
            renewal.url = renewal.url.replace(BACKEND, url);
        }
        self.dynamic.url = Some(address.replace(BACKEND, url));
        self.served = Some(url.to_owned());
        self
    }
}

const BACKEND: &str = "${backend}";

fn replace(value: &mut Value, url: &str) {
    match value {
        Value::String(text) if text.contains(BACKEND) => *text = text.replace(BACKEND, url),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, url)),
        Value::Object(map) => map.values_mut().for_each(|item| replace(item, url)),
        _ => {}
    }
}
