//! A table that a statement uses and that is not listed beside it.

use super::unprefixed_table;
use crate::action::ProviderKind;
use crate::diag::{Diagnostic, Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::Cx;
use crate::lint::edit::with_item;
use crate::lint::query::{Language, Statement};
use crate::lint::rule::{Check, Rule};
use crate::store::TableUse;
use crate::syntax::{Kind, Node};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unlisted-table",
        group: Group::Data,
        severity: Severity::Error,
        summary: "a query reads a table, or a statement changes one, that is not listed beside it",
        docs: PAGE,
    },
    checks: &[Check::Statement(check)],
};

const PAGE: &str = "\
Finds tables in the query of a datasource that are not under its `entities:`. The same is a warning for tables that
a statement of `action.execute-sql` (`entities:`) or `operation.execute-sql` (`tables:`) changes.

The list says which tables have to exist, and which changes the screen has to follow: without it, a saved row is not
shown before the app is started again.

```yaml wrong
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT t.id FROM [tasks] t JOIN [people] p ON p.id = json_extract(t.data, '$.owner')
```

```yaml right
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks, people]
  query: SELECT t.id FROM [tasks] t JOIN [people] p ON p.id = json_extract(t.data, '$.owner')
```
";

fn check(cx: &mut Cx<'_>, statement: &Statement<'_>) {
    let Some(listed) = Listed::of(cx, statement) else { return };
    let Some(compiled) = statement.compiled(cx) else { return };
    let missing = |table: &&TableUse| is_followed(statement, table) && !listed.has(&table.name);
    for table in compiled.tables.iter().filter(missing) {
        if listed.lacks_database(cx, statement, &table.name) {
            continue;
        }
        let finding = finding(cx, statement, &listed, table);
        cx.report(finding);
    }
}

/// The tables that are listed beside a statement.
struct Listed<'a> {
    list: Option<&'a Node>,
    names: Vec<&'a str>,
}

impl<'a> Listed<'a> {
    /// `None` when they are not known without running.
    fn of(cx: &Cx<'_>, statement: &Statement<'a>) -> Option<Self> {
        let (owner, key) = statement.lister;
        let is_query = matches!(statement.language, Language::Query { .. });
        // The tables of a function's query are listed for another reason, and a datasource without any list
        // is told already.
        if is_query && (key == "tables" || owner.get(key).is_none()) {
            return None;
        }
        if !cx.is_read(owner.span) || cx.has_stray_key(owner) {
            return None;
        }
        let Some(list) = owner.get(key) else { return Some(Self { list: None, names: Vec::new() }) };
        let Kind::Array(items) = &list.kind else { return None };
        let name = |item: &'a Node| {
            let name = if item.as_str().is_some() { item } else { item.get("entity")? };
            name.as_str().filter(|name| !is_expression(name))
        };
        Some(Self { list: Some(list), names: items.iter().map(name).collect::<Option<_>>()? })
    }

    fn has(&self, table: &str) -> bool {
        self.names.iter().any(|name| name.eq_ignore_ascii_case(table))
    }

    /// Whether the list names the table without its database, which has a rule of its own.
    fn lacks_database(&self, cx: &Cx<'_>, statement: &Statement<'_>, table: &str) -> bool {
        let provider = statement.lister.0.get("provider").and_then(Node::as_str);
        let bare = table.split_once('/').map(|(_, bare)| bare);
        let told = cx.is_on("unprefixed-table") && provider == Some(ProviderKind::Dynamic.constant());
        told && bare.is_some_and(|bare| self.has(bare) && unprefixed_table::is_meant(cx, bare))
    }

    /// The table of the list that is probably meant: the same with or without its database, or misspelt.
    fn meant(&self, cx: &Cx<'_>, table: &str) -> Option<String> {
        let bare = |name: &str| name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let slashes = |name: &str| name.contains('/');
        let mut twins =
            self.names.iter().filter(|name| slashes(name) != slashes(table) && bare(name) == bare(table));
        let twin =
            twins.next().map(|twin| format!("`{}` lists `{twin}`: is it the one that is meant?", "entities"));
        twin.or_else(|| cx.did_you_mean(table, self.names.iter().copied()))
    }
}

/// Whether a list should name the table: all that a query reads, and the rows that a statement changes.
fn is_followed(statement: &Statement<'_>, table: &TableUse) -> bool {
    const ROWS: [&str; 5] = ["insert", "update", "delete", "replace", "with"];
    match statement.language {
        Language::Query { .. } => true,
        Language::Change => {
            let text = statement.scalar.text.trim_start();
            let first = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
            table.is_written && ROWS.iter().any(|word| first.eq_ignore_ascii_case(word))
        }
        Language::Server => false,
    }
}

fn finding(cx: &Cx<'_>, statement: &Statement<'_>, listed: &Listed<'_>, table: &TableUse) -> Diagnostic {
    let key = statement.lister.1;
    let name = &table.name;
    let span = table.range.clone().map_or(statement.node.span, |range| statement.part(cx, range));
    let is_query = matches!(statement.language, Language::Query { .. });
    let verb = if is_query { "read" } else { "changed" };
    let finding = cx.finding(span, format!("the table `{name}` is {verb} here but not listed under `{key}`"));
    let severity = if is_query { Severity::Error } else { Severity::Warning };
    let finding = Diagnostic { severity, ..finding };
    if let Some(help) = listed.meant(cx, name) {
        return finding.help(help);
    }
    let finding = finding.help(format!("add `{name}` to `{key}`"));
    let text = cx.text(statement.node.span.file);
    let item = if is_plain(name) { name.clone() } else { format!("'{}'", name.replace('\'', "''")) };
    let fix = listed.list.and_then(|list| with_item(list, &item, &format!("add `{name}` to `{key}`"), text));
    match fix {
        Some(fix) => finding.fix(fix),
        None => finding,
    }
}

/// Whether a name needs no quotes in YAML.
fn is_plain(name: &str) -> bool {
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    first && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '.'))
}
