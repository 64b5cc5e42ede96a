//! A column that no table of the statement has.

use crate::action::ProviderKind;
use crate::diag::{Diagnostic, Fix, Group, RuleInfo, Severity};
use crate::lint::Cx;
use crate::lint::query::{Language, Statement};
use crate::lint::rule::{Check, Rule};
use crate::store::{Checked, MistakeKind, SqlMistake};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-column",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "a SQL statement names a column that its tables do not have",
        docs: PAGE,
    },
    checks: &[Check::Statement(check)],
};

const PAGE: &str = "\
Finds names in SQL statements that are no columns. A table has the columns `id`, `data`, `timestamp` and `file`;
the properties of a row stand as JSON text in `data`, and `'$.name'` reads one of them. Tables that the app makes
itself with `CREATE TABLE` are not checked.

The phone shows an error in place of the screen.

```yaml wrong
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id, title FROM [tasks]
```

```yaml right
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id, '$.title' FROM [tasks]
```
";

fn check(cx: &mut Cx<'_>, statement: &Statement<'_>) {
    let Some(compiled) = statement.compiled(cx) else { return };
    let Some(mistake) = &compiled.mistake else { return };
    if let MistakeKind::Column(column) = &mistake.kind
        && is_known(cx, statement, &compiled)
    {
        let finding = finding(cx, statement, &compiled, mistake, column);
        cx.report(finding);
    }
}

/// Whether the columns of all its tables are known: those of the system have a rule of their own, and
/// providers that bring their own tables may bring columns.
fn is_known(cx: &Cx<'_>, statement: &Statement<'_>, compiled: &Checked) -> bool {
    let open = |table: &String| table.starts_with('_') || cx.is_shaped_by_sql(table);
    let provider = statement.lister.0.get("provider").and_then(Node::as_str);
    let provider = provider.and_then(ProviderKind::from_constant);
    let brings = matches!(provider, Some(ProviderKind::Salesforce | ProviderKind::OneDrive));
    !brings && !compiled.named.iter().any(open)
}

fn finding(
    cx: &Cx<'_>,
    statement: &Statement<'_>,
    compiled: &Checked,
    mistake: &SqlMistake,
    column: &str,
) -> Diagnostic {
    const COLUMNS: [&str; 4] = ["id", "data", "timestamp", "file"];
    let span = statement.part(cx, mistake.range.clone());
    let finding = cx.finding(span, mistake.message.clone());
    if let Some(help) = cx.did_you_mean(column, COLUMNS) {
        return finding.help(help);
    }
    let path = format!("'$.{column}'");
    match statement.language {
        Language::Query { shorthand: true } if compiled.named.len() == 1 => {
            let help = format!("properties of a row are JSON: write `{path}`");
            let whole = statement.scalar.text.get(mistake.range.clone()) == Some(column);
            let bare = whole && mistake.message.contains(&format!("`{column}`"));
            let (span, text) = statement.edit(cx, mistake.range.clone(), &path);
            let finding = finding.help(help);
            if bare { finding.fix(Fix::risky(format!("write `{path}`"), span, text)) } else { finding }
        }
        Language::Query { .. } => {
            finding.help(format!("properties of a row are JSON: write `json_extract(t.data, {path})`"))
        }
        _ => finding.help("a row has `id` and `data`; its properties are JSON text in `data`"),
    }
}
