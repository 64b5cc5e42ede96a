//! A session as one JSON object a line.

use serde_json::{Map, Value, json};

use super::lines;
use super::model::{Model, words};
use super::tables::TablesNews;
use super::view::{News, View};
use super::work::{Broke, Done};
use crate::cli::failure::Failure;
use crate::cli::findings::{Findings, Format};
use crate::cli::output::Output;
use crate::cli::paint::Paint;
use crate::diag::{Diagnostic, Files};
use crate::run::{Clock, Record, SystemClock};
use crate::watch::{Means, Outcome, Update};

/// Writes events. Their numbers count the lines of the whole session, those of runs among them.
pub(super) struct Events<'a> {
    out: &'a Output,
    written: u64,
}

impl<'a> Events<'a> {
    pub(super) fn new(out: &'a Output) -> Self {
        Self { out, written: 0 }
    }

    fn write(&mut self, name: &str, rest: Value) -> Result<(), Failure> {
        self.written += 1;
        let mut event = Map::new();
        event.insert("seq".to_owned(), self.written.into());
        event.insert("at".to_owned(), SystemClock.now().into());
        event.insert("event".to_owned(), name.into());
        if let Value::Object(rest) = rest {
            event.extend(rest.into_iter().filter(|(_, value)| !value.is_null()));
        }
        self.out.json_line(&event)?;
        self.out.flush()
    }

    fn record(&mut self, record: &Record) -> Result<(), Failure> {
        self.written += 1;
        self.out.json_line(&Record { seq: self.written, ..record.clone() })?;
        self.out.flush()
    }

    fn read(&mut self, update: &Update, ms: u64, model: &Model) -> Result<(), Failure> {
        let running = model.apps.iter().find_map(|app| app.version);
        let crashes: Vec<Value> = update
            .crashes
            .iter()
            .map(|crash| match &crash.file {
                Some(file) => json!({"file": file, "message": crash.message}),
                None => json!({"message": crash.message}),
            })
            .collect();
        let crashes = if crashes.is_empty() { Value::Null } else { crashes.into() };
        let name = match &update.outcome {
            Outcome::Unchanged => return Ok(()),
            Outcome::Unreadable(trouble) => {
                let rest = json!({
                    "message": trouble.message, "help": trouble.help, "crashes": crashes, "running": running,
                });
                return self.write("dev.unreadable", rest);
            }
            Outcome::Accepted => "dev.loaded",
            Outcome::Rejected => "dev.rejected",
        };
        let found = |found: &[Diagnostic], files: Option<&Files>| {
            files.map_or(json!([]), |files| diagnostics(found, files))
        };
        let counts = model.counts();
        let rest = json!({
            "reload": update.number,
            "changed": update.changed,
            "summary": {
                "files": model.files(),
                "errors": counts.errors, "warnings": counts.warnings, "infos": counts.infos,
            },
            "new": found(&update.fresh, update.state.as_ref().map(|state| &state.checked.files)),
            "fixed": found(&update.fixed, update.before.as_ref().map(|state| &state.checked.files)),
            "still": update.still,
            "crashes": crashes,
            "running": running,
            "durationMs": ms,
        });
        self.write(name, rest)
    }

    /// A run that has ended well has told so itself.
    fn done(&mut self, done: &Done) -> Result<(), Failure> {
        match &done.result {
            Err(Broke::Failure(Failure::Told(told))) => {
                self.write("dev.failed", json!({"message": told.message, "help": told.help}))
            }
            Err(broke) => {
                self.write("dev.failed", json!({"message": lines::broken(broke, Paint::Plain).trim_end()}))
            }
            Ok(_) => Ok(()),
        }
    }
}

impl View for Events<'_> {
    fn tell(&mut self, news: &News<'_>, model: &Model) -> Result<(), Failure> {
        match news {
            News::Started => {
                let trigger = model.runs.as_ref().map(|choices| words(&choices.chosen));
                self.write("dev.started", json!({"trigger": trigger}))
            }
            News::Means(Means::Events) => self.write("dev.watching", json!({"by": "events"})),
            News::Means(Means::Polling(reason)) => {
                self.write("dev.watching", json!({"by": "polling", "reason": reason.to_string()}))
            }
            News::Read { updates, took } => {
                let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                updates.iter().try_for_each(|update| self.read(update, ms, model))
            }
            News::Tables(TablesNews::Served { url, tables, .. }) => {
                self.write("dev.tables", json!({"url": url, "tables": tables}))
            }
            News::Tables(TablesNews::Broken { message, still }) => {
                self.write("dev.tables", json!({"error": message, "servingOf": still}))
            }
            News::Ran(record) => self.record(record),
            News::Done(done) => self.done(done),
            News::Differs(differences) => self.write("dev.inputs", json!({"changes": differences})),
            News::Suspended => self.write("dev.suspended", json!({})),
            News::Ended => self.write("dev.ended", json!({})),
            News::Note(text) => self.write("dev.failed", json!({"message": text})),
            // A run tells itself that it has begun; only keys bring the others, and there are none.
            News::Begins | News::Same | News::Status(_) => Ok(()),
        }
    }
}

/// As `lint --format json` writes them.
fn diagnostics(found: &[Diagnostic], files: &Files) -> Value {
    let findings = Findings { files, found, checked: 0, fixed: 0, most: None, identities: &[] };
    let report: Value = serde_json::from_str(&findings.text(Format::Json, Paint::Plain)).unwrap_or_default();
    report.get("diagnostics").cloned().unwrap_or_else(|| json!([]))
}
