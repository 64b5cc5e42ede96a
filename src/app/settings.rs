//! `syncscope.yaml`: how an app is checked and run here (interface.md §2).

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::pages::{INVALID_SETTINGS, MISSING_ENVIRONMENT_VARIABLE};
use super::{FileKind, FilePattern, Inputs, Source, schema};
use crate::diag::{Diagnostic, Files, Severity, Span, Spanned};
use crate::syntax::{Entry, Kind, Node};

/// The settings of an app, every key with its default.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The app's SQLite file.
    pub database: PathBuf,
    /// Folder of tables served on loopback while a command works.
    pub backend: Option<PathBuf>,
    /// Dynamic Data.
    pub dynamic: DynamicSettings,
    /// Named SQL connections.
    pub sql: BTreeMap<String, String>,
    /// Credential names with their secrets.
    pub credentials: BTreeMap<String, Secret>,
    /// `@ctx.solution.settings.custom`.
    pub custom: Value,
    /// `@ctx.user`.
    pub user: Value,
    /// `@ctx.system`, over the defaults.
    pub system: Value,
    /// Limits of requests.
    pub http: HttpSettings,
    /// Which rules are on.
    pub lint: LintSettings,
    /// Values that came from the environment and must never be shown.
    pub secrets: Vec<Secret>,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being shown.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where Dynamic Data is found.
#[derive(Debug, Clone, Default)]
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
    /// Requests at a time.
    pub concurrency: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            max_body: 64 * 1024 * 1024,
            retries: 3,
            allow: vec!["*".to_owned()],
            concurrency: 8,
        }
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
            custom: json!({}),
            user: json!({}),
            system: json!({}),
            http: HttpSettings::default(),
            lint: LintSettings::default(),
            secrets: Vec::new(),
        }
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
        self.dynamic.url = Some(address.replace(BACKEND, url));
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

pub(super) fn lower(
    inputs: &Inputs<'_>,
    sources: &[Source],
    files: &Files,
    diagnostics: &mut Vec<Diagnostic>,
) -> Settings {
    let root = &inputs.app.root;
    let mut settings = Settings { database: root.join(".syncscope/app.db"), ..Settings::default() };
    let Some(source) = sources.iter().find(|source| source.kind == FileKind::Settings) else {
        return settings;
    };
    if source.tree.root.is_null() {
        return settings;
    }
    schema::check_file(FileKind::Settings, &source.tree.root, &source.tree, diagnostics);
    let text = files.get(source.file).text();
    let mut reading = Reading { env: inputs.env, text, diagnostics, secrets: Vec::new() };
    reading.all(root, &source.tree.root, &mut settings);
    settings.secrets.append(&mut reading.secrets);
    settings.secrets.extend(settings.credentials.values().cloned());
    settings.secrets.extend(settings.dynamic.api_key.clone());
    settings.secrets.retain(|secret| !secret.expose().is_empty());
    settings
}

struct Reading<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    text: &'a str,
    diagnostics: &'a mut Vec<Diagnostic>,
    secrets: Vec<Secret>,
}

impl Reading<'_> {
    fn all(&mut self, root: &Path, node: &Node, settings: &mut Settings) {
        if let Some(path) = self.string(node.get("database")) {
            settings.database = root.join(path);
        }
        settings.backend = self.string(node.get("backend")).map(|path| root.join(path));
        settings.dynamic = self.dynamic(node.at("/providers/dynamic"));
        settings.sql = self.strings(node.at("/providers/sql/connections"));
        settings.credentials = self.secrets(node.get("credentials"));
        settings.custom = self.value(node.at("/solution/settings/custom"));
        settings.user = self.value(node.get("user"));
        settings.system = self.value(node.get("system"));
        if let Some(http) = node.get("http") {
            self.http(http, &mut settings.http);
        }
        if let Some(lint) = node.get("lint") {
            settings.lint = lint_settings(lint);
            settings.lint.per_file = self.per_file(root, lint);
        }
    }

    fn dynamic(&mut self, node: Option<&Node>) -> DynamicSettings {
        let key = |key: &str| node.and_then(|n| n.get(key));
        DynamicSettings {
            url: self.string(key("url")),
            organization: self.string(key("organization")),
            solution: self.string(key("solution")),
            api_key: self.string(key("apiKey")).filter(|key| !key.is_empty()).map(Secret::new),
        }
    }

    fn http(&mut self, node: &Node, http: &mut HttpSettings) {
        if let Some(timeout) = self.parsed(node, "timeout", "a duration such as `30s`", |text| {
            humantime::parse_duration(text).ok().filter(|d| !d.is_zero())
        }) {
            http.timeout = timeout;
        }
        if let Some(bytes) = self.parsed(node, "maxBody", "a size such as `64MiB`", bytes) {
            http.max_body = bytes;
        }
        if let Some(retries) = node.get("retries").and_then(whole) {
            http.retries = u32::try_from(retries).unwrap_or(u32::MAX);
        }
        if let Some(limit) = node.get("concurrency").and_then(whole) {
            http.concurrency = usize::try_from(limit).unwrap_or(usize::MAX).clamp(1, 64);
        }
        if let Some(allow) = node.get("allow") {
            http.allow = texts(allow);
        }
    }

    fn parsed<T>(
        &mut self,
        node: &Node,
        key: &str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = node.get(key)?;
        let written = self.string(Some(value))?;
        let found = read(&written);
        if found.is_none() {
            let message = format!("`{written}` is not {expected}");
            self.diagnostics.push(Diagnostic::error(INVALID_SETTINGS, value.span, message));
        }
        found
    }

    fn strings(&mut self, node: Option<&Node>) -> BTreeMap<String, String> {
        let entries = node.map_or(&[][..], Node::entries);
        let mut read =
            |e: &crate::syntax::Entry| Some((e.key.text.to_string(), self.string(Some(&e.value))?));
        entries.iter().filter_map(&mut read).collect()
    }

    fn secrets(&mut self, node: Option<&Node>) -> BTreeMap<String, Secret> {
        self.strings(node).into_iter().map(|(name, text)| (name, Secret::new(text))).collect()
    }

    fn string(&mut self, node: Option<&Node>) -> Option<String> {
        let node = node?;
        match &node.kind {
            Kind::String(_) => Some(self.expand(node)),
            Kind::Number(number) => Some(number.value.to_string()),
            _ => None,
        }
    }

    fn value(&mut self, node: Option<&Node>) -> Value {
        let Some(node) = node else { return json!({}) };
        match &node.kind {
            Kind::String(_) => Value::String(self.expand(node)),
            Kind::Array(items) => items.iter().map(|item| self.value(Some(item))).collect(),
            Kind::Object(entries) => {
                let mut pair =
                    |e: &crate::syntax::Entry| (e.key.text.to_string(), self.value(Some(&e.value)));
                Value::Object(entries.iter().map(&mut pair).collect::<Map<_, _>>())
            }
            _ => node.to_value(),
        }
    }

    /// Replaces `${env:NAME}` and `${env:NAME:-default}`.
    fn expand(&mut self, node: &Node) -> String {
        let written = node.as_str().unwrap_or_default();
        let mut out = String::new();
        let mut rest = written;
        while let Some(start) = rest.find("${env:") {
            out.push_str(&rest[..start]);
            let Some(length) = rest[start..].find('}') else { break };
            let at = written.len() - rest.len() + start;
            out.push_str(&self.variable(&rest[start + 6..start + length], node, at..at + length + 1));
            rest = &rest[start + length + 1..];
        }
        out.push_str(rest);
        out
    }

    fn variable(&mut self, inner: &str, node: &Node, range: std::ops::Range<usize>) -> String {
        let (name, default) =
            inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default)));
        if let Some(value) = (self.env)(name) {
            self.secrets.push(Secret::new(value.clone()));
            return value;
        }
        if let Some(default) = default {
            return default.to_owned();
        }
        let span = self.place(node, range);
        let message = format!("the environment variable `{name}` is not set");
        let help = format!("set it, or give a default: `${{env:{name}:-}}`");
        self.diagnostics.push(Diagnostic::error(MISSING_ENVIRONMENT_VARIABLE, span, message).help(help));
        String::new()
    }

    fn per_file(&mut self, root: &Path, lint: &Node) -> Vec<(FilePattern, Vec<Spanned<String>>)> {
        let mut per_file = Vec::new();
        for entry in lint.get("perFile").map_or(&[][..], Node::entries) {
            let Some(pattern) = FilePattern::parse(root, &entry.key.text) else {
                let message = format!("`{}` is not a pattern of files", entry.key.text);
                let help = "write a path inside the app; `*` stands for a name and `**` for any folders";
                self.diagnostics
                    .push(Diagnostic::error(INVALID_SETTINGS, entry.key_span, message).help(help));
                continue;
            };
            per_file.push((pattern, places(&entry.value)));
        }
        per_file
    }

    fn place(&self, node: &Node, range: std::ops::Range<usize>) -> Span {
        node.as_scalar().map_or(node.span, |scalar| scalar.span_of(node.span, range, self.text))
    }
}

fn lint_settings(node: &Node) -> LintSettings {
    let list = |key: &str| node.get(key).map(places).unwrap_or_default();
    let entries = |key: &str| node.get(key).map_or(&[][..], Node::entries);
    let key = |entry: &Entry| Spanned::new(entry.key.text.to_string(), entry.key_span);
    let severity =
        entries("severity").iter().filter_map(|e| Some((key(e), Severity::from_word(e.value.as_str()?)?)));
    LintSettings {
        select: list("select"),
        ignore: list("ignore"),
        severity: severity.collect(),
        per_file: Vec::new(),
    }
}

fn texts(node: &Node) -> Vec<String> {
    places(node).into_iter().map(|text| text.value).collect()
}

/// One text or a list of them, with their places.
fn places(node: &Node) -> Vec<Spanned<String>> {
    let nodes = std::iter::once(node).chain(node.items());
    nodes.filter_map(|n| Some(Spanned::new(n.as_str()?.to_owned(), n.span))).collect()
}

fn whole(node: &Node) -> Option<u64> {
    if let Kind::Number(number) = &node.kind { number.value.as_u64() } else { None }
}

/// `64MiB`, `10MB`, `512k`, `1000`.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let number: u64 = digits.trim().parse().ok()?;
    let unit = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "kib" => 1 << 10,
        "m" | "mb" => 1_000_000,
        "mib" => 1 << 20,
        "g" | "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(unit).filter(|bytes| *bytes > 0)
}
