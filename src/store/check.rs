//! Statements checked without data: compiled against empty tables in memory, for the linter.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::Range;

use super::dialect::{self, Dialect, ParameterUse, Rewritten};
use super::entity;
use super::error::{StoreError, translate, words};
use super::explain::{MistakeKind, SqlMistake, explain};
use super::open::{self, OpenOptions, Place};
use super::query::{missing_table, prepare};
use super::session::{Access, Guarded, Mode};

/// What was found out about a statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Parameters in the order of the text.
    pub parameters: Vec<ParameterUse>,
    /// Tables it reads or writes, in order of name; empty when it does not compile.
    pub tables: Vec<TableUse>,
    /// Columns of its result; empty when it does not compile.
    pub columns: Vec<String>,
    /// Every table that it names, also when it does not compile.
    pub named: Vec<String>,
    /// Why it does not compile.
    pub mistake: Option<SqlMistake>,
}

/// A table in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableUse {
    /// Its name, as the author wrote it.
    pub name: String,
    /// Where the author first wrote it.
    pub range: Option<Range<usize>>,
    /// Whether the statement changes its rows.
    pub is_written: bool,
}

/// Compiles statements against empty tables; every table that a statement names is taken to exist.
pub struct Checker {
    guarded: Guarded,
    /// Names of the tables that were made, in lower case.
    made: RefCell<HashSet<String>>,
    /// Names, in lower case, of the tables of other solutions that the statement at hand names.
    foreign: RefCell<HashSet<String>>,
    /// The quoted names of other solutions' databases that stand beside ours.
    attached: RefCell<Vec<String>>,
    /// Keeps the database in memory alive.
    _place: Place,
}

/// More unknown tables than this in one statement are not made.
const MAX_TABLES: usize = 64;
/// SQLite's own limit is ten.
const MAX_ATTACHED: usize = 8;

/// The tables of the system that an app may read (datasources.md §4).
const SYSTEM_NAMES: [&str; 4] = ["_commandqueue", "_filestatus", "_syncscope", "_syncstatus"];

impl Checker {
    /// An empty database in memory with the system tables.
    ///
    /// # Errors
    /// Only when SQLite itself cannot work.
    pub fn new() -> Result<Self, StoreError> {
        let place = Place::memory();
        let guarded = open::writer(&place, &OpenOptions::default())?;
        // Other solutions' databases are attached by us alone: authors may not.
        let room = i32::try_from(MAX_ATTACHED).unwrap_or_default();
        let limit = rusqlite::limits::Limit::SQLITE_LIMIT_ATTACHED;
        guarded.conn.set_limit(limit, room).map_err(|error| translate(&error, place.path()))?;
        let made = RefCell::new(SYSTEM_NAMES.map(str::to_owned).into());
        let (foreign, attached) = (RefCell::default(), RefCell::default());
        Ok(Self { guarded, made, foreign, attached, _place: place })
    }

    /// Whether so many tables were made that a new one is better.
    #[must_use]
    pub fn is_worn(&self) -> bool {
        const MANY: usize = 2000;
        self.made.borrow().len() > MANY
    }

    /// Checks a datasource's query.
    #[must_use]
    pub fn check_query(&self, sql: &str, dialect: &Dialect<'_>) -> Checked {
        self.check(&dialect::rewrite(sql, dialect), Mode::Read)
    }

    /// Checks a statement of `execute-sql`.
    #[must_use]
    pub fn check_statement(&self, sql: &str) -> Checked {
        self.check(&dialect::rewrite(sql, &Dialect { shorthand: false, package: None }), Mode::Write)
    }

    fn check(&self, text: &Rewritten, mode: Mode) -> Checked {
        let (parameters, named) = (text.parameters(), text.tables_named());
        let mut checked = Checked { parameters, named, ..Checked::default() };
        if dialect::first_word(&text.sql).is_some_and(|word| word.eq_ignore_ascii_case("CREATE")) {
            checked.named.iter().for_each(|name| _ = self.unmake(name));
        }
        for _ in 0..MAX_TABLES {
            let (result, access) = self.guarded.as_author(mode, None, |conn| {
                let statement = prepare(conn, &text.sql)?;
                Ok(statement.column_names().map(str::to_owned).collect())
            });
            match result {
                Ok(columns) => {
                    checked.columns = columns;
                    checked.tables = self.tables(text, &access);
                    break;
                }
                Err(error) if self.learn(&error, text) || self.unlearn(&error) => {}
                Err(error) => {
                    checked.mistake = Some(mistake(&error, text, &access));
                    break;
                }
            }
        }
        self.forget_foreign();
        checked
    }

    /// Tables only: what SQLite reads besides them are rows of functions and of inner queries.
    fn tables(&self, text: &Rewritten, access: &Access) -> Vec<TableUse> {
        let (made, foreign) = (self.made.borrow(), self.foreign.borrow());
        let is_table = |name: &&String| {
            let name = name.to_ascii_lowercase();
            made.contains(&name) || foreign.contains(&name)
        };
        let names = access.read.union(&access.written).filter(is_table);
        names.map(|name| table_use(text, name, access.written.contains(name))).collect()
    }

    /// Makes the table that was missing; whether it is worth another try.
    fn learn(&self, error: &rusqlite::Error, text: &Rewritten) -> bool {
        let message = words(error);
        let Some(name) = missing_table(&message) else { return false };
        let name = name.strip_prefix("main.").unwrap_or(name);
        if let Some((package, table)) = qualified(text, name) {
            return self.learn_foreign(package, table);
        }
        let usable = !name.contains(|c: char| c.is_control() || matches!(c, '"' | '[' | ']' | '`'));
        let made = usable && entity::create(&self.guarded.conn, "", name).is_ok();
        // Without the name in the text, the same message would come for ever.
        made && self.made.borrow_mut().insert(name.to_ascii_lowercase()) && text.find_name(name).is_some()
    }

    /// Takes away a table that was made for another statement and that this one makes itself: what is found
    /// out about a statement must not depend on the others. Whether it is worth another try.
    fn unlearn(&self, error: &rusqlite::Error) -> bool {
        let message = words(error);
        let Some(name) = message.strip_prefix("table ").and_then(|rest| rest.strip_suffix(" already exists"))
        else {
            return false;
        };
        self.unmake(name.trim_matches(['"', '[', ']', '`']))
    }

    fn unmake(&self, name: &str) -> bool {
        let is_ours = !SYSTEM_NAMES.contains(&name.to_ascii_lowercase().as_str());
        is_ours
            && self.made.borrow_mut().remove(&name.to_ascii_lowercase())
            && self.guarded.conn.execute_batch(&format!("DROP TABLE {}", entity::quote(name))).is_ok()
    }

    /// A table of another solution, whose database stands beside ours (datasources.md §2.2).
    fn learn_foreign(&self, package: &str, table: &str) -> bool {
        let conn = &self.guarded.conn;
        let quoted = entity::quote(package);
        let columns = "(id TEXT PRIMARY KEY NOT NULL, data TEXT, timestamp, file TEXT)";
        let create = format!("CREATE TABLE {quoted}.{} {columns}", entity::quote(table));
        let attach = || {
            let room = self.attached.borrow().len() < MAX_ATTACHED;
            let done = room && conn.execute_batch(&format!("ATTACH ':memory:' AS {quoted}")).is_ok();
            if done {
                self.attached.borrow_mut().push(quoted.clone());
            }
            done
        };
        let made = conn.execute_batch(&create).is_ok() || (attach() && conn.execute_batch(&create).is_ok());
        self.foreign.borrow_mut().insert(table.to_ascii_lowercase());
        made
    }

    /// Lets go of all other solutions' databases: a name that stands alone must not be found in them by
    /// the next statement.
    fn forget_foreign(&self) {
        for database in self.attached.borrow_mut().drain(..) {
            _ = self.guarded.conn.execute_batch(&format!("DETACH {database}"));
        }
        self.foreign.borrow_mut().clear();
    }
}

impl std::fmt::Debug for Checker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checker").finish_non_exhaustive()
    }
}

fn mistake(error: &rusqlite::Error, text: &Rewritten, access: &Access) -> SqlMistake {
    if let Some(refused) = &access.refused {
        let first = text.tokens.first().map_or(0..0, |token| token.range.clone());
        return SqlMistake {
            kind: MistakeKind::Refused,
            range: first,
            message: refused.clone(),
            help: None,
            repair: None,
        };
    }
    let offset = match error {
        rusqlite::Error::SqlInputError { offset, .. } => usize::try_from(*offset).ok(),
        _ => None,
    };
    explain(&words(error), offset.map(|at| text.origin(at)), text)
}

/// Package and table of `[package].[table]`, when the author wrote SQLite's `package.table` like this.
fn qualified<'n>(text: &Rewritten, name: &'n str) -> Option<(&'n str, &'n str)> {
    let (package, table) = name.split_once('.')?;
    let is_name = |at: usize, wanted: &str| {
        text.tokens.get(at).is_some_and(|token| token.unquoted(&text.original).eq_ignore_ascii_case(wanted))
    };
    let mut dots = text.tokens.iter().enumerate().filter(|(_, token)| token.is(&text.original, "."));
    dots.any(|(at, _)| at > 0 && is_name(at - 1, package) && is_name(at + 1, table))
        .then_some((package, table))
}

fn table_use(text: &Rewritten, name: &str, is_written: bool) -> TableUse {
    let range = text.find_name(name);
    let written = range
        .clone()
        .and_then(|range| text.original.get(range))
        .map(|written| written.trim_matches(|c| matches!(c, '[' | ']' | '"' | '`')).to_owned());
    TableUse { name: written.unwrap_or_else(|| name.to_owned()), range, is_written }
}
