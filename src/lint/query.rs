//! Statements with the parameters that they are given.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Cx;
use crate::action::ActionNode;
use crate::app::{Datasource, Function, Origin};
use crate::expr::is_expression;
use crate::syntax::{Entry, Kind, Node, Scalar};

/// One statement whose parameters are all known without running.
pub(super) struct Statement<'a> {
    /// The node of the text.
    pub node: &'a Node,
    /// The text.
    pub scalar: &'a Scalar,
    /// The parameters given.
    pub given: &'a [Entry],
    /// The key they stand under.
    pub key: &'static str,
}

impl<'a> Statement<'a> {
    fn read(cx: &Cx<'a>, owner: &'a Node, text: &str, key: &'static str) -> Option<Self> {
        let node = owner.get(text).filter(|_| cx.is_read(owner.span) && !cx.has_stray_key(owner))?;
        let scalar = node.as_scalar().filter(|scalar| !is_expression(&scalar.text))?;
        let given = match owner.get(key) {
            None => &[],
            Some(given) if matches!(given.kind, Kind::Object(_)) => given.entries(),
            Some(_) => return None,
        };
        Some(Self { node, scalar, given, key })
    }

    /// The statement of a datasource.
    pub fn of_datasource(cx: &Cx<'a>, datasource: &Datasource) -> Option<Self> {
        if !matches!(datasource.origin, Origin::Sqlite(_)) {
            return None;
        }
        Self::read(cx, cx.node_at(datasource.span)?.get("options")?, "query", "queryParameters")
    }

    /// The statements of an action.
    pub fn of_action(cx: &Cx<'a>, action: &ActionNode) -> Vec<Self> {
        if action.type_name.value != "action.execute-sql" {
            return Vec::new();
        }
        let statements = cx.node(action).and_then(|node| node.at("/options/statements"));
        let items = statements.map_or(&[][..], Node::items);
        items.iter().filter_map(|item| Self::read(cx, item, "statement", "parameters")).collect()
    }

    /// The statement of a function; procedures of a server may declare names of their own.
    pub fn of_function(cx: &Cx<'a>, function: &Function) -> Option<Self> {
        let statement = Self::read(cx, cx.node_at(function.span)?, "query", "parameters")?;
        let declares = statement.scalar.text.to_ascii_lowercase().contains("declare");
        (!declares).then_some(statement)
    }

    /// The names that the statement uses.
    pub fn used_names(&self) -> BTreeSet<&'a str> {
        bind_names(&self.scalar.text).into_iter().map(|(name, _)| name).collect()
    }

    /// The names given, without `@`.
    pub fn given_names(&self) -> BTreeSet<&'a str> {
        self.given.iter().map(name_of).collect()
    }
}

/// A parameter's name, without the `@` that some authors write.
pub(super) fn name_of(entry: &Entry) -> &str {
    entry.key.text.trim_start_matches('@')
}

/// Every `@name` of a statement with its bytes, outside of texts, names in brackets and comments.
pub(super) fn bind_names(sql: &str) -> Vec<(&str, Range<usize>)> {
    let mut names = Vec::new();
    let mut at = 0;
    while at < sql.len() {
        let rest = &sql[at..];
        if let Some(length) = quoted(rest) {
            at += length;
        } else if let Some(tail) = rest.strip_prefix('@') {
            let length = tail.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(tail.len());
            if length > 0 && !sql[..at].ends_with('@') {
                names.push((&tail[..length], at..at + 1 + length));
            }
            at += 1 + length;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    names
}

/// The length of a text, a quoted name or a comment that `rest` begins with.
fn quoted(rest: &str) -> Option<usize> {
    const PAIRS: [(&str, &str); 6] =
        [("'", "'"), ("\"", "\""), ("`", "`"), ("[", "]"), ("--", "\n"), ("/*", "*/")];
    let (open, close) = PAIRS.iter().find(|(open, _)| rest.starts_with(open))?;
    let inside = &rest[open.len()..];
    Some(inside.find(close).map_or(rest.len(), |length| open.len() + length + close.len()))
}

#[cfg(test)]
mod tests {
    use super::bind_names;

    #[test]
    fn names_are_found_where_sql_means_them() {
        let names = |sql| bind_names(sql).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(
            names("SELECT id FROM [a@b] WHERE x = @one AND y LIKE '%'||@two_2||'%'"),
            ["one", "two_2"]
        );
        assert_eq!(names("SELECT '@a', \"@b\", `@c` -- @d\n, @e /* @f */ FROM t"), ["e"]);
        assert_eq!(names("SELECT 'it''s @a', @b, @@rowcount, @"), ["b"]);
        assert_eq!(names("SELECT 'open @a"), [""; 0]);
        assert_eq!(names("SELECT 'ü', @größe"), ["größe"]);
    }
}
