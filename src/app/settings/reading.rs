//! Reads the settings file; every mistake in it has its place.

mod credentials;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::placeholder::{
    is_shell_name, is_variable, meant_placeholder, no_variable, placeholders, without_default,
};
use super::{
    BACKEND, DynamicSettings, HistorySettings, HttpSettings, LintSettings, Renewal, Secret, Settings,
    SqlConnection,
};
use crate::action::{OnEmpty, Protect, percent};
use crate::app::pages::{INVALID_SETTINGS, MISSING_ENVIRONMENT_VARIABLE};
use crate::app::{FileKind, FilePattern, Inputs, Source, collect, schema};
use crate::diag::{Diagnostic, Files, Fix, Severity, Span, Spanned};
use crate::syntax::{Entry, Kind, Node};

/// How a variable of the environment begins.
const VARIABLE: &str = "${env:";

pub(in crate::app) fn lower(
    inputs: &Inputs<'_>,
    sources: &[Arc<Source>],
    files: &Files,
    diagnostics: &mut Vec<Diagnostic>,
) -> Settings {
    let root = &inputs.app.root;
    let mut settings = Settings { database: root.join(".syncscope/app.db"), ..Settings::default() };
    let mut written = sources.iter().filter(|source| source.kind == FileKind::Settings);
    let Some(source) = written.next() else { return settings };
    diagnostics.extend(written.map(|other| unread(other, source)));
    if source.tree.root.is_null() {
        return settings;
    }
    schema::check_file(FileKind::Settings, &source.tree.root, &source.tree, diagnostics);
    let text = files.get(source.file).text();
    let has_backend = source.tree.root.get("backend").is_some();
    let mut reading = Reading { env: inputs.env, text, diagnostics, secrets: Vec::new(), has_backend };
    reading.all(root, &source.tree.root, &mut settings);
    settings.secrets.append(&mut reading.secrets);
    settings.secrets.extend(settings.credentials.values().cloned());
    settings.secrets.extend(settings.renewals.values().flat_map(Renewal::secrets).cloned());
    settings.secrets.extend(settings.dynamic.api_key.clone());
    settings.secrets.retain(|secret| !secret.expose().is_empty());
    settings
}

fn unread(other: &Source, read: &Source) -> Diagnostic {
    let (span, first) = (other.tree.root.span, read.tree.root.span);
    let start = |span: Span| Span { end: span.start, ..span };
    let message = "an app has one settings file, and this one is not read";
    Diagnostic::error(INVALID_SETTINGS, start(span), message)
        .label(start(first), "the settings that are read")
        .help("put everything into one of them, and remove the other")
}

struct Reading<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    text: &'a str,
    diagnostics: &'a mut Vec<Diagnostic>,
    secrets: Vec<Secret>,
    /// Whether there is a folder behind `${backend}`.
    has_backend: bool,
}

impl Reading<'_> {
    fn all(&mut self, root: &Path, node: &Node, settings: &mut Settings) {
        // An empty one is told by the schema, or comes from a variable and means the default.
        let database = self.parsed(node, "database", "a file", |text| file_name(root, text));
        if let Some(path) = database.filter(|path| !path.trim().is_empty()) {
            settings.database = root.join(path);
        }
        settings.backend = self.backend(root, node);
        settings.dynamic = self.dynamic(node.at("/providers/dynamic"));
        settings.sql = self.connections(root, node.at("/providers/sql/connections"));
        self.credentials(node.get("credentials"), settings);
        settings.custom = self.map(node.at("/solution/settings/custom"));
        settings.user = self.map(node.get("user"));
        settings.system = self.map(node.get("system"));
        if let Some(http) = node.get("http") {
            self.http(http, &mut settings.http);
        }
        if let Some(sync) = node.get("sync") {
            settings.sync = Protect {
                on_empty: self.parsed(sync, "onEmpty", "`keep` or `replace`", OnEmpty::from_word),
                max_shrink: self.parsed(sync, "maxShrink", "a part such as `50%`", percent),
            };
        }
        if let Some(history) = node.get("history") {
            self.history(history, &mut settings.history);
        }
        if let Some(lint) = node.get("lint") {
            settings.lint = lint_settings(lint);
            settings.lint.per_file = self.per_file(root, lint);
        }
    }

    /// The served folder. Only `run` and `dev` need it to be there, and something else may make it until then.
    fn backend(&mut self, root: &Path, node: &Node) -> Option<PathBuf> {
        let entry = node.get("backend")?;
        let path = self.string(Some(entry)).filter(|path| !path.trim().is_empty())?;
        let folder = root.join(&path);
        if !collect::is_folder(&folder) {
            let written = entry.as_str().unwrap_or_default();
            let message = format!("there is no folder `{written}` whose tables could be served");
            let help = "name the folder with the tables, seen from the folder of the settings";
            self.diagnostics.push(Diagnostic::warning(INVALID_SETTINGS, entry.span, message).help(help));
        }
        Some(folder)
    }

    fn dynamic(&mut self, node: Option<&Node>) -> DynamicSettings {
        let key = |key: &str| node.and_then(|n| n.get(key));
        DynamicSettings {
            url: self.string(key("url")),
            organization: self.string(key("organization")),
            solution: self.string(key("solution")),
            api_key: self
                .string(key("apiKey"))
                .filter(|key| !key.is_empty())
                .map(|key| Secret::new(key).named("providers.dynamic.apiKey")),
        }
    }

    /// Connections that only a phone can reach are no mistake, but not reached here.
    fn connections(&mut self, root: &Path, node: Option<&Node>) -> BTreeMap<String, SqlConnection> {
        let mut connections = BTreeMap::new();
        for entry in node.map_or(&[][..], Node::entries) {
            let Some(text) = self.string(Some(&entry.value)) else { continue };
            let connection = SqlConnection::parse(root, &text);
            if let Some(what) = connection.unsupported().filter(|_| !text.is_empty()) {
                // Passwords stand in such texts, and the line is shown.
                let rest = text.split_once(':').map_or(text.as_str(), |(_, rest)| rest);
                self.secrets
                    .push(Secret::new(rest.to_owned()).named(format!("connection:{}", entry.key.text)));
                let message = format!("{what} is not supported by this runtime");
                let help = "`sqlite:FILE` is; functions that use this connection fail when they run";
                self.diagnostics
                    .push(Diagnostic::warning(INVALID_SETTINGS, entry.key_span, message).help(help));
            }
            connections.insert(String::from(&*entry.key.text), connection);
        }
        connections
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
        if let Some(limit) = count(node, "concurrency") {
            http.concurrency = limit.clamp(1, 64);
        }
        if let Some(deadline) = self.parsed(node, "deadline", "a duration such as `5m`", |text| {
            humantime::parse_duration(text).ok().filter(|d| !d.is_zero())
        }) {
            http.deadline = deadline;
        }
        if let Some(spacing) = self.parsed(node, "rate", "a rate such as `10/s`", spacing) {
            http.spacing = Some(spacing);
        }
        if let Some(bytes) = self.parsed(node, "maxHeaderBytes", "a size such as `64KiB`", bytes) {
            http.max_header_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        }
        if let Some(pages) = node.get("maxPages").and_then(whole) {
            http.max_pages = Some(pages.max(1));
        }
        http.max_redirects = count(node, "maxRedirects").unwrap_or(http.max_redirects);
        http.max_headers = count(node, "maxHeaders").unwrap_or(http.max_headers);
        if let Some(allow) = node.get("allow") {
            let hosts = std::iter::once(allow).chain(allow.items());
            http.allow = hosts.filter_map(|host| self.string(Some(host))).collect();
        }
    }

    fn history(&mut self, node: &Node, history: &mut HistorySettings) {
        if let Some(runs) = node.get("runs").and_then(whole) {
            history.runs = u32::try_from(runs).unwrap_or(u32::MAX).max(1);
        }
        history.age = self.parsed(node, "age", "a duration such as `30d`", |text| {
            humantime::parse_duration(text).ok().filter(|age| !age.is_zero())
        });
    }

    fn parsed<T>(
        &mut self,
        node: &Node,
        key: &str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = node.get(key)?;
        let found = read(&self.string(Some(value))?);
        // A number is told by the schema. What is written is told, and not what came from the environment.
        if let (None, Some(written)) = (&found, value.as_str()) {
            let message = format!("`{written}` is not {expected}");
            self.diagnostics.push(Diagnostic::error(INVALID_SETTINGS, value.span, message));
        }
        found
    }

    fn strings(&mut self, node: Option<&Node>) -> BTreeMap<String, String> {
        let entries = node.map_or(&[][..], Node::entries);
        let mut read = |e: &Entry| Some((String::from(&*e.key.text), self.string(Some(&e.value))?));
        entries.iter().filter_map(&mut read).collect()
    }

    /// The text; `None` as well when a variable in it is missing, which is told.
    fn string(&mut self, node: Option<&Node>) -> Option<String> {
        let node = node?;
        match &node.kind {
            Kind::String(_) => self.expand(node),
            Kind::Number(number) => Some(number.value.to_string()),
            _ => None,
        }
    }

    /// A map, empty when there is none.
    fn map(&mut self, node: Option<&Node>) -> Value {
        let map = node.filter(|node| matches!(node.kind, Kind::Object(_)));
        map.map_or_else(|| json!({}), |node| self.value(node))
    }

    fn value(&mut self, node: &Node) -> Value {
        match &node.kind {
            Kind::String(_) => Value::String(self.expand(node).unwrap_or_default()),
            Kind::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Kind::Object(entries) => {
                let mut pair = |e: &Entry| (String::from(&*e.key.text), self.value(&e.value));
                Value::Object(entries.iter().map(&mut pair).collect::<Map<_, _>>())
            }
            _ => node.to_value(),
        }
    }

    /// Placeholders that nobody fills stay as they are, so one that is misspelt would go unnoticed.
    fn check_placeholders(&mut self, node: &Node, written: &str) {
        for (at, range) in placeholders(written) {
            let inner = &written[range.clone()];
            let Some(meant) = meant_placeholder(inner) else { continue };
            let (span, place) = (self.place(node, at..range.end + 1), self.place(node, range));
            let message = format!("`${{{}}}` is no placeholder and stays as it is", without_default(inner));
            let help = format!("did you mean `${{{}}}`?", without_default(&meant));
            let title = format!("write `${{{}}}`", without_default(&meant));
            // Other programs fill `${NAME}`, so a text for one of them may be meant.
            let finding = if is_shell_name(inner) {
                Diagnostic::warning(INVALID_SETTINGS, span, message).fix(Fix::risky(title, place, meant))
            } else {
                Diagnostic::error(INVALID_SETTINGS, span, message).fix(Fix::safe(title, place, meant))
            };
            let finding = finding.help(help);
            self.diagnostics.push(finding);
        }
    }

    /// Replaces `${env:NAME}` and `${env:NAME:-default}`; `None` when a variable is missing.
    fn expand(&mut self, node: &Node) -> Option<String> {
        let written = node.as_str().unwrap_or_default();
        self.check_backend(node, written);
        self.check_placeholders(node, written);
        let mut out = Some(String::new());
        let mut rest = written;
        while let Some(start) = rest.find(VARIABLE) {
            let at = written.len() - rest.len() + start;
            let Some(length) = rest[start..].find('}') else {
                self.report(
                    INVALID_SETTINGS,
                    node,
                    at..written.len(),
                    "`${env:` has no `}` that ends it",
                    None,
                );
                return None;
            };
            let value =
                self.variable(&rest[start + VARIABLE.len()..start + length], node, at..at + length + 1);
            out = out.zip(value).map(|(out, value)| out + &rest[..start] + &value);
            rest = &rest[start + length + 1..];
        }
        out.map(|out| out + rest)
    }

    fn check_backend(&mut self, node: &Node, written: &str) {
        if let Some(at) = written.find(BACKEND).filter(|_| !self.has_backend) {
            let message = "`${backend}` is the address of the served folder, and no `backend:` names one";
            let help = "add `backend:` with a folder of tables, or write the address";
            self.report(INVALID_SETTINGS, node, at..at + BACKEND.len(), message, Some(help.to_owned()));
        }
    }

    /// The value of `NAME` or `NAME:-default`; as in a shell, the default also stands for an empty value.
    fn variable(&mut self, inner: &str, node: &Node, range: Range<usize>) -> Option<String> {
        let (name, default) =
            inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default)));
        if !is_variable(name) {
            let (message, help) = no_variable(name);
            self.report(INVALID_SETTINGS, node, range, message, Some(help));
            return None;
        }
        match ((self.env)(name), default) {
            (Some(value), None) => Some(self.secret(name, value)),
            (Some(value), Some(_)) if !value.is_empty() => Some(self.secret(name, value)),
            (_, Some(default)) => Some(default.to_owned()),
            (None, None) => {
                let message = format!("the environment variable `{name}` is not set");
                let help = format!("set it, or give a default: `${{env:{name}:-}}`");
                self.report(MISSING_ENVIRONMENT_VARIABLE, node, range, message, Some(help));
                None
            }
        }
    }

    fn secret(&mut self, name: &str, value: String) -> String {
        self.secrets.push(Secret::new(value.clone()).named(format!("env:{name}")));
        value
    }

    fn report(
        &mut self,
        rule: &'static str,
        node: &Node,
        range: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let span = self.place(node, range);
        self.diagnostics.push(Diagnostic::error(rule, span, message).maybe_help(help));
    }

    /// The place of some bytes of a text.
    fn place(&self, node: &Node, range: Range<usize>) -> Span {
        node.as_scalar().map_or(node.span, |scalar| scalar.span_of(node.span, range, self.text))
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
}

fn lint_settings(node: &Node) -> LintSettings {
    let list = |key: &str| node.get(key).map(places).unwrap_or_default();
    let entries = |key: &str| node.get(key).map_or(&[][..], Node::entries);
    let key = |entry: &Entry| Spanned::new(String::from(&*entry.key.text), entry.key_span);
    let severity =
        entries("severity").iter().filter_map(|e| Some((key(e), Severity::from_word(e.value.as_str()?)?)));
    LintSettings {
        select: list("select"),
        ignore: list("ignore"),
        severity: severity.collect(),
        per_file: Vec::new(),
    }
}

/// One text or a list of them, with their places.
fn places(node: &Node) -> Vec<Spanned<String>> {
    let nodes = std::iter::once(node).chain(node.items());
    nodes.filter_map(|n| Some(Spanned::new(n.as_str()?.to_owned(), n.span))).collect()
}

fn whole(node: &Node) -> Option<u64> {
    if let Kind::Number(number) = &node.kind { number.value.as_u64() } else { None }
}

fn count(node: &Node, key: &str) -> Option<usize> {
    node.get(key).and_then(whole).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
}

/// `10/s`, `600/min`, `1000/h`: the time from one to the next.
fn spacing(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_once('/')?;
    let number: u32 = number.trim().parse().ok().filter(|number| *number > 0)?;
    let seconds = match unit.trim() {
        "s" | "sec" | "second" => 1,
        "m" | "min" | "minute" => 60,
        "h" | "hour" => 3600,
        _ => return None,
    };
    Some(Duration::from_secs(seconds) / number)
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

/// A path that can name a file.
fn file_name(root: &Path, path: &str) -> Option<String> {
    let is_folder = || !path.trim().is_empty() && collect::is_folder(&root.join(path));
    (!path.ends_with(['/', '\\']) && !is_folder()).then(|| path.to_owned())
}
