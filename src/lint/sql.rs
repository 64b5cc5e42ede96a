//! Statements compiled against empty tables, each text once.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use foldhash::HashMap;

use super::Cx;
use super::query::{Language, Statement};
use super::table::{Add, Sight};
use crate::store::{Checked, Checker, Dialect};
use crate::syntax::Node;

/// What was found out about texts, by their language, the app's name and the text.
type Known = HashMap<(Language, Box<str>, Box<str>), Arc<Checked>>;

/// What was found out last. It depends on the key alone: that an app is checked again, as after a fix, or
/// that another one has the same statement, changes nothing.
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// Databases that nobody uses at the moment; making one costs as much as checking many statements.
static IDLE: Mutex<Vec<Checker>> = Mutex::new(Vec::new());

/// So many texts are remembered; while an author edits, there are always new ones.
const MOST_KNOWN: usize = 20_000;

fn compile(text: &str, language: Language, package: &str) -> Option<Arc<Checked>> {
    if language == Language::Server {
        return None;
    }
    let key = (language, package.into(), text.into());
    if let Some(known) = locked(&KNOWN).get(&key) {
        return Some(Arc::clone(known));
    }
    let idle = locked(&IDLE).pop();
    let checker = idle.or_else(|| Checker::new().ok())?;
    let checked = Arc::new(match language {
        Language::Query { shorthand } => {
            checker.check_query(text, &Dialect { shorthand, package: Some(package) })
        }
        Language::Change => checker.check_statement(text),
        Language::Server => return None,
    });
    if !checker.is_worn() {
        locked(&IDLE).push(checker);
    }
    let mut known = locked(&KNOWN);
    if known.len() >= MOST_KNOWN {
        known.clear();
    }
    known.insert(key, Arc::clone(&checked));
    Some(checked)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cx<'_> {
    /// What compiling a text shows; `None` for one that a server understands and not the phone.
    pub fn compiled(&self, text: &str, language: Language) -> Option<Arc<Checked>> {
        compile(text, language, self.project.name)
    }

    /// What compiling a function's statement for a named connection shows, where that is a SQLite file here;
    /// only the mistakes that no table can mend count. `None` for several statements in one text as well.
    pub fn compiled_for_connection(&self, statement: &Statement<'_>) -> Option<Arc<Checked>> {
        let connection = statement.owner.get("connection").and_then(Node::as_str)?;
        let text = statement.scalar.text.trim_end().trim_end_matches(';');
        if statement.language != Language::Server || !self.project.is_sqlite(connection) || text.contains(';')
        {
            return None;
        }
        compile(&statement.scalar.text, Language::Change, self.project.name)
    }

    /// Whether some statement of the app makes or alters a table of this name, so that its columns are the
    /// author's own.
    pub fn is_shaped_by_sql(&self, table: &str) -> bool {
        !self.rows(|known| &known.shaped_by_sql, &table.to_ascii_lowercase()).is_empty()
    }
}

/// Adds the tables that the statements of a file make or alter.
pub(super) fn shaped_tables(file: Sight<'_>, add: Add<'_, ()>) {
    file.source.tree.root.visit_maps(&mut |node| {
        if let Some(statement) = node.get("statement").and_then(Node::as_str) {
            shaped(statement).iter().for_each(|name| add(name, ()));
        }
    });
}

/// The names, in lower case, that a statement may give a table that it makes or alters; a few words more do
/// no harm.
pub(super) fn shaped(statement: &str) -> Vec<String> {
    let begins =
        |word: &str| statement.trim_start().get(..word.len()).is_some_and(|s| s.eq_ignore_ascii_case(word));
    if !["create", "alter"].iter().any(|word| begins(word)) {
        return Vec::new();
    }
    let head = statement.split('(').next().unwrap_or_default();
    // An index and a trigger leave the columns as they are.
    let what = head.split_whitespace().skip(1).find(|word| !word.eq_ignore_ascii_case("unique"));
    if what.is_some_and(|what| ["index", "trigger"].iter().any(|word| what.eq_ignore_ascii_case(word))) {
        return Vec::new();
    }
    let names = head.split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '"' | '`' | '.'));
    names.filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::shaped;

    #[test]
    fn tables_of_the_author_s_own_making_are_known() {
        let made = |sql| shaped(sql).contains(&"my-table".to_owned());
        assert!(made("CREATE TABLE IF NOT EXISTS [my-table] (a, b)"));
        assert!(made(" create view \"my-table\" AS SELECT 1"));
        assert!(made("ALTER TABLE main.[my-table] ADD COLUMN c"));
        assert!(!made("CREATE INDEX IF NOT EXISTS ix ON [my-table] (a)"));
        assert!(!made("create unique index ix on [my-table](a)"));
        assert!(!made("INSERT INTO [my-table] VALUES (1)"));
        assert!(!made("é"));
    }
}
