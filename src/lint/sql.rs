//! Statements compiled against empty tables: one database in memory for all of an app, and each text once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Cx;
use super::query::{Language, Statement};
use super::table::{Add, Sight};
use crate::store::{Checked, Checker, Dialect};
use crate::syntax::Node;

/// The database, and what was found out about each text.
#[derive(Default)]
pub(super) struct Desk {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Made for the first statement, and tried again for the next when SQLite cannot work.
    checker: Option<Checker>,
    known: HashMap<(Language, Box<str>), Arc<Checked>>,
}

impl Desk {
    fn check(&self, text: &str, language: Language, package: &str) -> Option<Arc<Checked>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = inner.known.get(&(language, text.into())) {
            return Some(Arc::clone(known));
        }
        if inner.checker.is_none() {
            inner.checker = Checker::new().ok();
        }
        let checker = inner.checker.as_ref()?;
        let checked = Arc::new(match language {
            Language::Query { shorthand } => {
                checker.check_query(text, &Dialect { shorthand, package: Some(package) })
            }
            Language::Change => checker.check_statement(text),
            Language::Server => return None,
        });
        inner.known.insert((language, text.into()), Arc::clone(&checked));
        Some(checked)
    }
}

impl Cx<'_> {
    /// What compiling a statement shows; `None` for one that a server understands and not the phone.
    pub fn compiled(&self, statement: &Statement<'_>) -> Option<Arc<Checked>> {
        self.known().sql.check(&statement.scalar.text, statement.language, self.project.name)
    }

    /// Whether some statement of the app makes or alters a table of this name, so that its columns are the
    /// author's own.
    pub fn is_shaped_by_sql(&self, table: &str) -> bool {
        !self.rows(|known| &known.shaped_by_sql, &table.to_ascii_lowercase()).is_empty()
    }
}

/// Adds the tables that the statements of a file make or alter.
pub(super) fn shaped_tables(file: Sight<'_>, add: Add<'_, ()>) {
    gather_shaped(&file.source.tree.root, add);
}

fn gather_shaped(node: &Node, add: Add<'_, ()>) {
    if let Some(statement) = node.get("statement").and_then(Node::as_str) {
        shaped(statement).iter().for_each(|name| add(name, ()));
    }
    node.entries().iter().for_each(|entry| gather_shaped(&entry.value, add));
    node.items().iter().for_each(|item| gather_shaped(item, add));
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
        assert!(!made("INSERT INTO [my-table] VALUES (1)"));
        assert!(!made("é"));
    }
}
