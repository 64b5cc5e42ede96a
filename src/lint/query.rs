//! Statements with the parameters that they are given.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::rule::Branch;
use super::{Cx, Place};
use crate::action::{ProviderKind, canonical_alias};
use crate::app::FileKind;
use crate::diag::Span;
use crate::expr::is_expression;
use crate::store::Checked;
use crate::syntax::{Entry, Kind, Node, Scalar, Style};

/// One SQL statement of the app.
pub(super) struct Statement<'a> {
    /// The map that it stands in.
    pub owner: &'a Node,
    /// The node of the text.
    pub node: &'a Node,
    /// The text.
    pub scalar: &'a Scalar,
    /// What reads it.
    pub language: Language,
    /// The key that its parameters stand under.
    pub key: &'static str,
    /// The map that lists the tables it uses, and the key of that list.
    pub lister: (&'a Node, &'static str),
    /// What compiling it shows, once it is asked for.
    compiled: OnceCell<Option<Arc<Checked>>>,
}

/// What reads a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Language {
    /// The phone, to read rows.
    Query {
        /// Whether `'$.path'` is understood.
        shorthand: bool,
    },
    /// The phone, to change rows.
    Change,
    /// A server, in its own dialect.
    Server,
}

impl<'a> Statement<'a> {
    /// The statements whose text stands in this map, or in a list of it.
    pub fn within(cx: &Cx<'_>, place: &Place<'_>, branch: &Branch<'a>) -> Vec<Self> {
        let node = branch.node;
        let Some(type_node) = branch.declared_type() else {
            return Self::in_function(cx, place, branch).into_iter().collect();
        };
        match type_node {
            "datasource.sqlite" => Self::of_query(cx, node).into_iter().collect(),
            "operation.execute-sql" | "operation.execute_sql" => Self::listed(cx, node, "tables"),
            written if is_execute_sql(written) => {
                node.get("options").map_or_else(Vec::new, |options| Self::listed(cx, options, "entities"))
            }
            _ => Vec::new(),
        }
    }

    /// The query of a datasource, which has to be a `datasource.sqlite`.
    pub fn of_query(cx: &Cx<'_>, datasource: &'a Node) -> Option<Self> {
        let options = datasource.get("options")?;
        let shorthand = options.get("rewriteQuery").and_then(Node::as_bool) != Some(false);
        let language = Language::Query { shorthand };
        Self::read(cx, options, ["query", "queryParameters"], language, (options, "entities"))
    }

    fn listed(cx: &Cx<'_>, owner: &'a Node, tables: &'static str) -> Vec<Self> {
        let items = owner.get("statements").map_or(&[][..], Node::items).iter();
        let keys = ["statement", "parameters"];
        items.filter_map(|item| Self::read(cx, item, keys, Language::Change, (owner, tables))).collect()
    }

    /// The query of a function for a SQL server, or one under `queries:` of a function.
    fn in_function(cx: &Cx<'_>, place: &Place<'_>, branch: &Branch<'a>) -> Option<Self> {
        let around = branch.outer.last().and_then(|(key, _)| *key);
        let is_part = matches!(place.kind, FileKind::Function | FileKind::SingleFile);
        if !is_part {
            return None;
        }
        if around == Some("queries") {
            let (keys, language) = (["statement", "parameters"], Language::Query { shorthand: true });
            return Self::read(cx, branch.node, keys, language, (branch.node, "tables"));
        }
        let is_whole = branch.outer.is_empty() || around == Some("functions");
        let is_sql = branch.node.get("provider").and_then(Node::as_str) == Some(ProviderKind::Sql.constant());
        if !(is_whole && is_sql) {
            return None;
        }
        Self::read(cx, branch.node, ["query", "parameters"], Language::Server, (branch.node, "tables"))
    }

    fn read(
        cx: &Cx<'_>,
        owner: &'a Node,
        [text, key]: [&str; 2],
        language: Language,
        lister: (&'a Node, &'static str),
    ) -> Option<Self> {
        let node = owner.get(text).filter(|node| cx.is_read(node.span))?;
        let scalar = node.as_scalar().filter(|scalar| !is_expression(&scalar.text))?;
        let key = if key == "queryParameters" { "queryParameters" } else { "parameters" };
        Some(Self { owner, node, scalar, language, key, lister, compiled: OnceCell::new() })
    }

    /// What compiling it shows; `None` for one that a server understands and not the phone.
    pub fn compiled(&self, cx: &Cx<'_>) -> Option<Arc<Checked>> {
        let compiled = self.compiled.get_or_init(|| cx.compiled(&self.scalar.text, self.language));
        compiled.clone()
    }

    /// The place of a part of its text.
    pub fn part(&self, cx: &Cx<'_>, range: Range<usize>) -> Span {
        self.scalar.span_of(self.node.span, range, cx.text(self.node.span.file))
    }

    /// Another text in the place of a part of it, in the notation that it stands in.
    pub fn edit(&self, cx: &Cx<'_>, range: Range<usize>, text: &str) -> (Span, String) {
        let text = match self.scalar.style {
            Style::SingleQuoted => text.replace('\'', "''"),
            Style::DoubleQuoted | Style::Json => text.replace('\\', "\\\\").replace('"', "\\\""),
            Style::Plain | Style::Literal | Style::Folded => text.to_owned(),
        };
        (self.part(cx, range), text)
    }

    /// The parameters given; `None` when they are not known without running.
    pub fn given(&self, cx: &Cx<'_>) -> Option<&'a [Entry]> {
        if !cx.is_read(self.owner.span) || cx.has_stray_key(self.owner) {
            return None;
        }
        match self.owner.get(self.key) {
            None => Some(&[]),
            Some(given) if matches!(given.kind, Kind::Object(_)) => Some(given.entries()),
            Some(_) => None,
        }
    }

    /// Whether a name may be one that the statement declares itself, as procedures of a server do.
    pub fn may_declare(&self) -> bool {
        self.language == Language::Server && self.scalar.text.to_ascii_lowercase().contains("declare")
    }

    /// The names that the statement uses.
    pub fn used_names(&self) -> BTreeSet<&'a str> {
        bind_names(&self.scalar.text).into_iter().map(|(name, _)| name).collect()
    }
}

fn is_execute_sql(written: &str) -> bool {
    const NAME: &str = "action.execute-sql";
    written == NAME || (written.ends_with("sql") && canonical_alias(written) == Some(NAME))
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
        // Most letters begin nothing of interest.
        let plain = sql.as_bytes()[at..].iter().position(|byte| b"@'\"`[-/".contains(byte));
        at += plain.unwrap_or(sql.len() - at);
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
            at += 1;
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
