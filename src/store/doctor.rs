//! Looks a database over: the file, the tables, every invariant that can be seen in them, and what dead processes
//! left behind. [`examine`] only reads; [`mend`] repairs what can be repaired, after a backup.

mod mend;
mod questions;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::{StoreError, code_of, translate, words};
use super::open::{self, Kind, OpenOptions, Place};
use super::owner::Owner;
use super::session::{Guarded, Trouble};

pub use mend::{Mended, mend};
use questions::QUESTIONS;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Gravity {
    /// A promise is broken, or data may be lost.
    Problem,
    /// Good to know; the next run sees to it.
    Note,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// How grave it is.
    pub gravity: Gravity,
    /// A stable word for what was looked at, such as `counts`.
    pub check: &'static str,
    /// Where, such as ``scope `load` ``.
    pub place: String,
    /// What is wrong there, lower case, no full stop.
    pub message: String,
}

impl Finding {
    fn problem(check: &'static str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { gravity: Gravity::Problem, check, place: place.into(), message: message.into() }
    }

    fn note(check: &'static str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { gravity: Gravity::Note, ..Self::problem(check, place, message) }
    }
}

/// The file itself is damaged.
pub(super) const DAMAGE: &str = "damage";
/// What waits in a damaged file.
const UNSENT: &str = "unsent";
/// An index does not fit its table; it can be made anew.
pub(super) const INDEX: &str = "index";
/// A table of ours is missing or not as we make it.
pub(super) const SCHEMA: &str = "schema";
/// More lines of damage than this say nothing new.
const MOST_DAMAGE: i64 = 20;

/// How many kinds of questions are asked of a sound database.
#[must_use]
pub fn number_of_questions() -> usize {
    // Integrity, schema, owners, rows and the log are asked for in code.
    QUESTIONS.len() + 5
}

/// Looks a database over without changing it; findings in order of gravity and place.
///
/// # Errors
/// When there is no such file, it is no database of ours, or it cannot be read. A damaged file is a finding.
pub fn examine(path: &Path) -> Result<Vec<Finding>, StoreError> {
    let opened = open::lone_reader(path, &OpenOptions::default());
    let (place, guarded, kind) = match opened {
        Err(StoreError::Corrupt { detail, .. }) => return Ok(vec![damaged("file", &detail)]),
        opened => opened?,
    };
    let examination = Examination { place, guarded };
    examination.begin()?;
    let mut findings = examination.findings(kind)?;
    findings.extend(examination.log());
    findings.sort();
    Ok(findings)
}

struct Examination {
    place: Place,
    guarded: Guarded,
}

impl Examination {
    /// All questions are about one moment.
    fn begin(&self) -> Result<(), StoreError> {
        self.guarded.conn.execute_batch("BEGIN").map_err(|error| translate(&error, self.place.path()))
    }

    fn findings(&self, kind: Kind) -> Result<Vec<Finding>, StoreError> {
        let mut findings = Vec::new();
        self.ask(&mut findings, integrity)?;
        if findings.iter().any(|finding| finding.check == DAMAGE) {
            findings.push(self.unsent());
        }
        if kind == Kind::Older {
            let message = "it has no tables of this version yet, the next run makes them";
            findings.push(Finding::note(SCHEMA, "database", message));
            return Ok(findings);
        }
        let before = findings.len();
        self.ask(&mut findings, schema)?;
        if findings.len() > before {
            // Questions to tables that are not ours would only be misunderstood.
            return Ok(findings);
        }
        for question in QUESTIONS {
            self.ask(&mut findings, |guarded| question.ask(guarded))?;
        }
        self.ask(&mut findings, rows_without_json)?;
        self.ask(&mut findings, |guarded| self.owners(guarded))?;
        Ok(findings)
    }

    /// One look; damage that stops it is what it found.
    fn ask(
        &self,
        findings: &mut Vec<Finding>,
        look: impl FnOnce(&Guarded) -> Result<Vec<Finding>, Trouble>,
    ) -> Result<(), StoreError> {
        let error = match look(&self.guarded) {
            Ok(found) => {
                findings.extend(found);
                return Ok(());
            }
            Err(Trouble::Sqlite(error)) if is_damage(&error) => damaged("file", &words(&error)),
            Err(Trouble::Sqlite(error)) => return Err(translate(&error, self.place.path())),
            Err(Trouble::Store(error)) => return Err(error),
            Err(Trouble::Aborted) => return Ok(()),
        };
        if !findings.contains(&error) {
            findings.push(error);
        }
        Ok(())
    }

    /// What would be lost with a damaged file and cannot be fetched again.
    fn unsent(&self) -> Finding {
        let count = self.guarded.first("SELECT count(*) FROM _commandQueue", [], |row| row.get::<_, i64>(0));
        let message = match count.ok().flatten() {
            Some(0) => "no write waits to be sent, so a run can fetch everything again".to_owned(),
            Some(count) => format!(
                "writes that have not been sent: {count}; `syncscope status --format json` shows them"
            ),
            None => "whether writes wait that have not been sent cannot be read".to_owned(),
        };
        Finding::note(UNSENT, "table `_commandQueue`", message)
    }

    fn owners(&self, guarded: &Guarded) -> Result<Vec<Finding>, Trouble> {
        let owner = Owner::new(&self.place, OpenOptions::default().lease);
        let mut findings = Vec::new();
        for gone in owner.find_gone(guarded)? {
            let message =
                format!("{}, and what it had at work still says `syncing`", gone.reason.failure().message);
            findings.push(Finding::problem("owner", format!("process `{}`", gone.id), message));
        }
        for id in owner.idle_and_dead(guarded)? {
            let message = "it has ended and left its row, the next run removes it";
            findings.push(Finding::note("owner", format!("process `{id}`"), message));
        }
        Ok(findings)
    }

    /// A log beside the file is as good as the file; people who copy the file should know of it.
    fn log(&self) -> Option<Finding> {
        let log = open::log_path(self.place.path());
        let bytes = std::fs::metadata(log).ok().map(|data| data.len()).filter(|bytes| *bytes > 0)?;
        let message = format!(
            "the last changes ({bytes} bytes) stand in the `-wal` file beside it; copy both, the next run joins them"
        );
        Some(Finding::note("log", "database", message))
    }
}

fn damaged(place: &str, detail: &str) -> Finding {
    Finding::problem(DAMAGE, place, format!("it is damaged: {detail}"))
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode as Code;
    matches!(
        code_of(error),
        Some(Code::DatabaseCorrupt | Code::NotADatabase | Code::Unknown | Code::TypeMismatch | Code::TooBig)
    ) || matches!(
        error,
        rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
    )
}

fn integrity(guarded: &Guarded) -> Result<Vec<Finding>, Trouble> {
    let sql = format!("PRAGMA integrity_check({MOST_DAMAGE})");
    let lines: Vec<String> = guarded.all(&sql, [], |row| Ok(row.get_ref(0)?.as_str()?.to_owned()))?;
    let lines =
        lines.iter().flat_map(|text| text.lines()).filter(|line| *line != "ok" && !line.starts_with("***"));
    Ok(lines.map(told).collect())
}

fn told(line: &str) -> Finding {
    let line = line.trim_end_matches('.');
    let of_index = line.contains("missing from index") || line.contains("entries in index");
    if of_index {
        return Finding::problem(INDEX, "index", format!("it does not fit its table: {line}"));
    }
    if line.starts_with("CHECK constraint failed") || line.starts_with("NULL value in") {
        return Finding::problem("constraint", "table", format!("a row is not allowed there: {line}"));
    }
    damaged("file", line)
}

/// Our tables beside those that a new database gets.
fn schema(guarded: &Guarded) -> Result<Vec<Finding>, Trouble> {
    let fresh_place = Place::memory();
    let fresh = open::writer(&fresh_place, &OpenOptions::default())?;
    let (expected, found) = (ours(&fresh)?, ours(guarded)?);
    let mut findings = Vec::new();
    for (name, kind, sql) in &expected {
        let place = format!("{kind} `{name}`");
        match found.iter().find(|(known, ..)| known == name) {
            None => findings.push(Finding::problem(SCHEMA, place, "it is missing")),
            Some((_, _, other)) if other != sql => {
                findings.push(Finding::problem(SCHEMA, place, "it is not as syncscope makes it"));
            }
            Some(_) => {}
        }
    }
    let strangers = found.iter().filter(|(name, ..)| expected.iter().all(|(known, ..)| known != name));
    for (name, kind, _) in strangers.filter(|(name, ..)| !name.starts_with("_syncStage")) {
        let message = "it is none of syncscope's; names that begin with `_` are";
        findings.push(Finding::note(SCHEMA, format!("{kind} `{name}`"), message));
    }
    let problems = findings.iter().any(|finding| finding.gravity == Gravity::Problem);
    // Notes do not keep anybody from looking further.
    Ok(if problems { findings } else { Vec::new() })
}

/// Name, kind and text of everything whose name begins like ours.
fn ours(guarded: &Guarded) -> Result<Vec<(String, String, String)>, Trouble> {
    guarded.all(
        "SELECT name, type, ifnull(sql, '') FROM sqlite_schema WHERE substr(tbl_name, 1, 1) = '_' ORDER BY name",
        [],
        |row| {
            let text: String = row.get(2)?;
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            Ok((row.get(0)?, row.get(1)?, text))
        },
    )
}

/// Rows of the app's tables must be JSON objects, whatever a server sent.
fn rows_without_json(guarded: &Guarded) -> Result<Vec<Finding>, Trouble> {
    let tables: Vec<String> = guarded.all(
        "SELECT t.name FROM sqlite_schema t WHERE t.type = 'table' AND substr(t.name, 1, 1) <> '_'
           AND (SELECT count(*) FROM pragma_table_info(t.name) WHERE name IN ('id', 'data')) = 2 ORDER BY t.name",
        [],
        |row| row.get(0),
    )?;
    let mut findings = Vec::new();
    for table in tables {
        let quoted = super::entity::quote(&table);
        let sql = format!(
            "SELECT count(*) FROM {quoted} WHERE data IS NOT NULL AND (NOT json_valid(data) OR json_type(data) <> 'object')"
        );
        let bad = guarded.first(&sql, [], |row| row.get::<_, i64>(0))?.unwrap_or(0);
        if bad > 0 {
            let rows = if bad == 1 { "one row is" } else { "rows are" };
            let count = if bad == 1 { String::new() } else { format!("{bad} ") };
            let message = format!("{count}{rows} no JSON object; sync the table anew");
            findings.push(Finding::problem("rows", format!("table `{table}`"), message));
        }
    }
    Ok(findings)
}

/// Where the backup of a repair goes: beside the file, with the time in its name.
fn backup_path(path: &Path, stamp: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".backup-{stamp}"));
    name.into()
}

#[cfg(test)]
mod tests;
