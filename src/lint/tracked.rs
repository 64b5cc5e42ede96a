//! What expressions and queries ask of the tables that follow syncs, `_syncScope` and `_syncStatus`.

use std::collections::HashMap;
use std::ops::Range;

use super::doubt;
use super::known::ALL;
use super::table::{Add, Sight};
use super::{Cx, Place};
use crate::app::{Datasource, FileKind, Found, Holds, Origin, Part};
use crate::diag::Span;
use crate::expr::{ExprKind, ExprNode, Operator};
use crate::syntax::Node;

/// A table that follows syncs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tracked {
    Scope,
    Status,
}

impl Tracked {
    /// The states that a row can have (sync.md §5, §6).
    pub const STATES: [&str; 4] = ["syncing", "synced", "failed", "interrupted"];

    const ALL: [Self; 2] = [Self::Scope, Self::Status];

    /// The table's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scope => "_syncScope",
            Self::Status => "_syncStatus",
        }
    }

    /// The table of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name().eq_ignore_ascii_case(name))
    }

    /// The columns that the format documents.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Scope => &[
                "id",
                "state",
                "notStarted",
                "syncing",
                "failed",
                "synced",
                "lastStartedAt",
                "lastFailedAt",
                "lastSyncedAt",
                "details",
                "timestamp",
            ],
            Self::Status => &["id", "provider", "entity", "functionId", "state", "timestamp", "error"],
        }
    }
}

/// A column of such a table that is compared with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compared {
    /// The datasource that reads the table; empty in a query.
    pub datasource: String,
    pub table: Tracked,
    pub column: String,
    /// The text.
    pub text: String,
    /// Where it stands, without quotes.
    pub range: Range<usize>,
    /// What takes care of rows with another value.
    pub others: Others,
}

/// What takes care of rows whose value is another one than the text they are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Others {
    /// Nothing.
    Nothing,
    /// Another branch.
    Branch,
    /// A predicate, a call, or what is not followed.
    All,
}

/// The table that a query reads, when it reads one of these and no other, with its columns as they are.
pub(super) fn tracked(cx: &Cx<'_>, place: &Place<'_>, id: &str) -> Option<Tracked> {
    let mut datasource: &Datasource = cx.datasource(place, id)?;
    if let Origin::Reference { id, .. } = &datasource.origin {
        datasource = cx.project.datasources.get(&id.value)?;
    }
    let Origin::Sqlite(sqlite) = &datasource.origin else { return None };
    let [only] = sqlite.entities.as_slice() else { return None };
    let query = sqlite.query.as_ref()?.value.to_ascii_lowercase();
    let computes = ["case", " as state", " as [state]", " as \"state\"", " as id", " join "];
    let is_plain = !computes.iter().any(|word| query.contains(word));
    Tracked::of(&only.entity.value).filter(|_| is_plain)
}

/// The texts that an expression compares with columns of these tables.
pub(super) fn compared(cx: &Cx<'_>, place: &Place<'_>, found: &Found) -> Vec<Compared> {
    if !cx.follows_syncs() {
        return Vec::new();
    }
    let mut walk = Walk { cx, place, span: found.span, bound: HashMap::new(), found: Vec::new() };
    walk.node(found.expression.root(), None, Others::Nothing);
    walk.found
}

/// The texts that a query on one of these tables compares with a column of it.
pub(super) fn compared_in_sql(table: Tracked, column: &str, sql: &str) -> Vec<Compared> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let lower = sql.to_ascii_lowercase();
    let mut found = Vec::new();
    for (at, name) in lower.match_indices(column) {
        let end = at + name.len();
        if lower[..at].ends_with(is_name) || lower[end..].starts_with(is_name) {
            continue;
        }
        let rest = &lower[end..];
        let rest = rest.strip_prefix([']', '"', '`']).unwrap_or(rest).trim_start();
        for range in values(rest) {
            let start = lower.len() - rest.len();
            let range = start + range.start..start + range.end;
            let Some(text) = sql.get(range.clone()).map(str::to_owned) else { continue };
            let (datasource, column) = (String::new(), column.to_owned());
            found.push(Compared { datasource, table, column, text, range, others: Others::All });
        }
    }
    found
}

/// The texts that what stands before `rest` is compared with.
fn values(rest: &str) -> Vec<Range<usize>> {
    if let Some(list) = rest.strip_prefix("in").map(str::trim_start).filter(|list| list.starts_with('(')) {
        let (start, end) = (rest.len() - list.len(), list.find(')').unwrap_or_default());
        return texts(&list[..end]).into_iter().map(|text| start + text.start..start + text.end).collect();
    }
    let value = rest.trim_start_matches(['=', '<', '>', '!']);
    if value.len() == rest.len() {
        return Vec::new();
    }
    let value = value.trim_start();
    let start = rest.len() - value.len();
    quoted(value).map(|length| start + 1..start + length - 1).into_iter().collect()
}

/// The length of a quoted text at the beginning.
fn quoted(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].find(quote).map(|length| length + 2)
}

/// The insides of the quoted texts of a list.
fn texts(list: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = list[at..].find(['\'', '"']).map(|open| at + open) {
        let Some(length) = quoted(&list[open..]) else { break };
        found.push(open + 1..open + length - 1);
        at = open + length;
    }
    found
}

/// Names of the steps below `@ctx`.
type Steps = Vec<String>;

struct Walk<'c, 'a, 'e> {
    cx: &'c Cx<'a>,
    place: &'c Place<'c>,
    /// Where the expression stands.
    span: Span,
    /// What variables stand for.
    bound: HashMap<&'e str, Option<Steps>>,
    found: Vec<Compared>,
}

impl<'e> Walk<'_, '_, 'e> {
    /// Looks at a node whose bare names are fields of `base`.
    fn node(&mut self, node: &'e ExprNode, base: Option<&Steps>, others: Others) {
        match &node.kind {
            ExprKind::Binary { op: Operator::Equal, left, right } => {
                self.pair(left, right, base, others);
                self.pair(right, left, base, others);
            }
            ExprKind::Binary { op: Operator::NotEqual, left, right } => {
                self.pair(left, right, base, Others::All);
                self.pair(right, left, base, Others::All);
            }
            ExprKind::Binary { op: Operator::In, left, right } => self.pair(left, right, base, others),
            ExprKind::Condition { test, then, otherwise } => {
                let is_asked = matches!(
                    (&then.kind, otherwise.as_deref().map(|other| &other.kind)),
                    (ExprKind::True, None | Some(ExprKind::False))
                );
                let branch =
                    if is_asked || otherwise.is_none() { others } else { others.max(Others::Branch) };
                self.node(test, base, branch);
                self.node(then, base, others);
                otherwise.iter().for_each(|other| self.node(other, base, others));
            }
            ExprKind::Path(left, right) => {
                self.node(left, base, others);
                let steps = self.steps(left, base);
                self.node(right, steps.as_ref(), others);
            }
            ExprKind::Filter(of, predicate) => {
                self.node(of, base, others);
                let steps = self.steps(of, base);
                self.node(predicate, steps.as_ref(), Others::All);
            }
            ExprKind::Bind(name, value) => {
                self.node(value, base, others);
                let steps = self.steps(value, base);
                self.bound.insert(name, steps);
            }
            ExprKind::Call(_, arguments) => self.call(arguments, base),
            _ => node.for_each_child(&mut |child| self.node(child, base, others)),
        }
    }

    /// A function with a list and a callback gives the callback its items.
    fn call(&mut self, arguments: &'e [ExprNode], base: Option<&Steps>) {
        for argument in arguments {
            if let ExprKind::Lambda { params, .. } = &argument.kind
                && let Some(item) = params.first()
            {
                let list = self.steps(&arguments[0], base);
                self.bound.insert(item, list);
            }
            self.node(argument, base, Others::All);
        }
    }

    fn pair(&mut self, subject: &'e ExprNode, with: &'e ExprNode, base: Option<&Steps>, others: Others) {
        match &with.kind {
            ExprKind::Text(text) => self.compare(subject, text, with, base, others),
            ExprKind::Array(items) => {
                for item in items {
                    if let ExprKind::Text(text) = &item.kind {
                        self.compare(subject, text, item, base, others);
                    }
                }
            }
            // The other side is looked at when the sides are swapped.
            _ => self.node(with, base, others),
        }
    }

    fn compare(
        &mut self,
        subject: &ExprNode,
        text: &str,
        at: &ExprNode,
        base: Option<&Steps>,
        others: Others,
    ) {
        let Some(steps) = self.steps(subject, base) else { return };
        let (id, column) = match steps.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["datasources", id, column] => ((*id).to_owned(), (*column).to_owned()),
            ["current", "item", column] => match self.cx.item_source(self.place, self.span) {
                Some(id) => (id.to_string(), (*column).to_owned()),
                None => return,
            },
            _ => return,
        };
        let Some(table) = tracked(self.cx, self.place, &id) else { return };
        let range = at.bytes.range();
        self.found.push(Compared {
            datasource: id,
            table,
            column,
            text: text.to_owned(),
            range: range.start + 1..range.end.saturating_sub(1),
            others,
        });
    }

    /// The path that a node is, through variables and shared expressions.
    fn steps(&self, node: &ExprNode, base: Option<&Steps>) -> Option<Steps> {
        steps(node, base, &|name| {
            let bound = self.bound.get(name).cloned();
            bound.unwrap_or_else(|| shared(self.cx, self.place, name, 0))
        })
    }
}

fn steps(node: &ExprNode, base: Option<&Steps>, variable: &dyn Fn(&str) -> Option<Steps>) -> Option<Steps> {
    let field = |name: &str| {
        let mut steps = base?.clone();
        steps.push(name.to_owned());
        Some(steps)
    };
    match &node.kind {
        ExprKind::Ctx => Some(Steps::new()),
        ExprKind::Name(name) | ExprKind::Text(name) => field(name),
        ExprKind::Variable(name) if name.is_empty() => base.cloned(),
        ExprKind::Variable(name) if &**name == "$" => Some(Steps::new()),
        ExprKind::Variable(name) => variable(name),
        ExprKind::Path(left, right) => {
            let left = steps(left, base, variable)?;
            steps(right, Some(&left), variable)
        }
        ExprKind::Filter(of, _)
        | ExprKind::KeepArray(of)
        | ExprKind::Sort(of, _)
        | ExprKind::Focus(of, _)
        | ExprKind::Index(of, _) => steps(of, base, variable),
        ExprKind::Block(items) => match items.as_slice() {
            [only] => steps(only, base, variable),
            _ => None,
        },
        _ => None,
    }
}

/// The path that a shared expression is.
fn shared(cx: &Cx<'_>, place: &Place<'_>, name: &str, depth: usize) -> Option<Steps> {
    const DEEPEST: usize = 8;
    let own = place.screen.filter(|_| place.kind != FileKind::Index);
    let own = own.and_then(|screen| screen.shared.get(name));
    let expression = own.or_else(|| cx.project.home.shared(name)).filter(|_| depth < DEEPEST)?;
    steps(expression.root(), None, &|inner| shared(cx, place, inner, depth + 1))
}

/// Adds a file that speaks of interrupted scopes.
pub(super) fn interruptions(file: Sight<'_>, add: Add<'_, ()>) {
    if file.text().contains("interrupted") && (says(&file.source.tree.root) || !doubt::is_whole(file)) {
        add(ALL, ());
    }
}

/// Whether a text or key has the word in it; a comment takes care of nothing.
fn says(node: &Node) -> bool {
    let is_it = |text: &str| text.contains("interrupted");
    node.as_str().is_some_and(is_it)
        || node.entries().iter().any(|entry| is_it(&entry.key.text) || says(&entry.value))
        || node.items().iter().any(says)
}

/// Adds a file with a datasource that reads a table that follows syncs.
pub(super) fn followers(file: Sight<'_>, add: Add<'_, ()>) {
    let follows = |datasource: &Datasource| match &datasource.origin {
        Origin::Sqlite(sqlite) => {
            sqlite.entities.iter().any(|used| Tracked::of(&used.entity.value).is_some())
        }
        _ => false,
    };
    let in_part = |part: &Part| match &part.holds {
        Holds::Screen(screen) => screen.datasources.values().any(|datasource| follows(datasource)),
        Holds::Datasource(datasource) => follows(datasource),
        _ => false,
    };
    if file.parts().any(in_part) {
        add(ALL, ());
    }
}

impl Cx<'_> {
    /// Whether some datasource reads a table that follows syncs.
    pub fn follows_syncs(&self) -> bool {
        !self.rows(|known| &known.followers, ALL).is_empty()
    }

    /// Whether something in the app takes care of interrupted scopes.
    pub fn knows_interruptions(&self) -> bool {
        !self.rows(|known| &known.interruptions, ALL).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Tracked, compared_in_sql};

    #[test]
    fn texts_in_a_query_are_found_beside_their_column() {
        let texts = |sql: &str| {
            let found = compared_in_sql(Tracked::Scope, "state", sql);
            found.into_iter().map(|found| found.text).collect::<Vec<_>>()
        };
        assert_eq!(
            texts("SELECT id FROM [_syncScope] WHERE state = 'Done' OR [state]<>\"x\""),
            ["Done", "x"]
        );
        assert_eq!(texts("SELECT s.state IN ('a', 'b''c') FROM [_syncScope] s"), ["a", "b", "c"]);
        assert_eq!(texts("SELECT state, lastState = 'a', state = @p, 'state' FROM x"), [""; 0]);
        assert_eq!(texts("state = 'ö"), [""; 0]);
        assert_eq!(texts("İstate = 'a'"), [""; 0]);
    }
}
