//! The tables that a statement names, told by where their names stand. SQLite tells them too, but only up to
//! the first mistake, and only those that it does not know already.

use super::Rewritten;
use super::token::{Kind, Token};

/// Words behind which a table stands.
const BEFORE_TABLE: [&str; 5] = ["FROM", "JOIN", "INTO", "UPDATE", "TABLE"];
/// Words between these and the table.
const BETWEEN: [&str; 8] = ["IF", "NOT", "EXISTS", "OR", "REPLACE", "ROLLBACK", "ABORT", "IGNORE"];
/// Words that end a list of tables.
const AFTER_TABLES: [&str; 11] = [
    "WHERE",
    "GROUP",
    "ORDER",
    "LIMIT",
    "SET",
    "SELECT",
    "VALUES",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "RETURNING",
];

impl Rewritten {
    /// The tables that it names, each once, as the author wrote them, without those that it makes itself by
    /// `WITH`.
    pub(in crate::store) fn tables_named(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let own = self.own_names();
        for name in self.in_table_places() {
            let is_own = own.iter().any(|own| own.eq_ignore_ascii_case(&name));
            if !is_own && !found.contains(&name) {
                found.push(name);
            }
        }
        found
    }

    fn in_table_places(&self) -> Vec<String> {
        let mut found = Vec::new();
        // Whether a list of tables is being read, for each bracket that is open.
        let mut lists = vec![false];
        let mut is_expected = false;
        for (at, token) in self.tokens.iter().enumerate() {
            let is = |what: &[&str]| what.iter().any(|what| token.is(&self.original, what));
            let in_list = lists.last().copied().unwrap_or_default();
            if is(&BEFORE_TABLE) {
                is_expected = true;
                set(&mut lists, is(&["FROM", "JOIN"]));
            } else if is(&AFTER_TABLES) {
                is_expected = false;
                set(&mut lists, false);
            } else if is(&["("]) {
                lists.push(is_expected);
            } else if is(&[")"]) {
                lists.pop();
                is_expected = false;
            } else if is(&[","]) {
                is_expected = in_list;
            } else if is_expected && is_name(token) && !is(&BETWEEN) && !self.is_next(at, ".") {
                is_expected = false;
                if !self.is_next(at, "(") || self.is_made_here(at) {
                    found.push(token.unquoted(&self.original));
                }
            }
        }
        found
    }

    /// Whether the columns of a table follow its name, not the arguments of a function.
    fn is_made_here(&self, at: usize) -> bool {
        let before = self.tokens.get(..at).unwrap_or_default().iter().rev();
        let mut words = before.filter(|token| token.kind == Kind::Word && !token.is(&self.original, "main"));
        words
            .next()
            .is_some_and(|word| ["INTO", "TABLE", "EXISTS"].iter().any(|what| word.is(&self.original, what)))
    }

    /// Names that `WITH` gives: `name AS (…)`, `name (column, …) AS (…)`.
    fn own_names(&self) -> Vec<String> {
        let is = |at: Option<usize>, what: &str| {
            at.and_then(|at| self.tokens.get(at)).is_some_and(|token| token.is(&self.original, what))
        };
        let named = (0..self.tokens.len()).filter(|at| is(Some(*at), "AS"));
        let named = named.filter(|at| {
            is(Some(at + 1), "(") || is(Some(at + 1), "MATERIALIZED") || is(Some(at + 1), "NOT")
        });
        named.filter_map(|at| self.name_before(at)).collect()
    }

    fn name_before(&self, at: usize) -> Option<String> {
        let mut depth = 0;
        for token in self.tokens.get(..at)?.iter().rev() {
            if token.is(&self.original, ")") {
                depth += 1;
            } else if token.is(&self.original, "(") {
                depth -= 1;
            } else if depth == 0 {
                return is_name(token).then(|| token.unquoted(&self.original));
            }
        }
        None
    }

    fn is_next(&self, at: usize, what: &str) -> bool {
        self.tokens.get(at + 1).is_some_and(|next| next.is(&self.original, what))
    }
}

fn set(lists: &mut [bool], value: bool) {
    if let Some(last) = lists.last_mut() {
        *last = value;
    }
}

fn is_name(token: &Token) -> bool {
    matches!(token.kind, Kind::Word | Kind::Bracketed | Kind::DoubleQuoted)
}

#[cfg(test)]
mod tests {
    use crate::store::dialect::{Dialect, rewrite};

    #[test]
    fn tables_are_told_by_their_places() {
        let table: [(&str, &[&str]); 14] = [
            ("SELECT a FROM [default/tasks]", &["default/tasks"]),
            (
                "SELECT a FROM t1, t2 AS b, (SELECT 1 FROM t3) c WHERE x IN (SELECT y FROM t4)",
                &["t1", "t2", "t3", "t4"],
            ),
            ("SELECT a FROM t1 LEFT JOIN \"t 2\" ON f(a, b) = 1, t3 ORDER BY x, y", &["t1", "t 2", "t3"]),
            ("WITH c AS (SELECT 1 FROM a), d (x, y) AS (SELECT 2) SELECT * FROM c, d, e", &["a", "e"]),
            ("SELECT value FROM t, json_each(t.data, '$.x')", &["t"]),
            ("SELECT a FROM [pack].[t]", &["t"]),
            ("INSERT INTO t (id, data) VALUES (1, 2)", &["t"]),
            ("INSERT OR REPLACE INTO t SELECT * FROM s", &["t", "s"]),
            ("UPDATE OR IGNORE t SET a = 1 WHERE b", &["t"]),
            ("INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 2", &["t"]),
            ("DELETE FROM main.t", &["t"]),
            ("CREATE TABLE IF NOT EXISTS t (a, b)", &["t"]),
            ("DROP TABLE IF EXISTS t", &["t"]),
            ("SELECT (SELECT max(a, b) FROM (t1, t2))", &["t1", "t2"]),
        ];
        for (sql, expected) in table {
            assert_eq!(rewrite(sql, &Dialect::default()).tables_named(), expected, "{sql}");
        }
    }
}
