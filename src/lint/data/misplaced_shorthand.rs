//! `'$.path'` where it does not read one table.

use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::Cx;
use crate::lint::query::Statement;
use crate::lint::rule::{Check, Rule};
use crate::store::MistakeKind;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "misplaced-shorthand",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "the shorthand `'$.path'` is used over several tables, or over none",
        docs: PAGE,
    },
    checks: &[Check::Statement(check)],
};

const PAGE: &str = "\
Finds `'$.path'` in a query that joins tables. The shorthand stands for `json_extract(data, '$.path')`, and each of
the tables has a column `data`. The same goes for a query over an inner query that gives no `data`.

The phone cannot tell which table is meant, and shows an error in place of the screen.

```yaml wrong
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks, people]
  query: SELECT t.id, '$.title' FROM [tasks] t JOIN [people] p ON p.id = t.id
```

```yaml right
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks, people]
  query: SELECT t.id, json_extract(t.data, '$.title') AS title FROM [tasks] t JOIN [people] p ON p.id = t.id
```
";

fn check(cx: &mut Cx<'_>, statement: &Statement<'_>) {
    let Some(compiled) = statement.compiled(cx) else { return };
    let open = |table: &String| cx.is_shaped_by_sql(table);
    let mistake = compiled.mistake.as_ref().filter(|mistake| mistake.kind == MistakeKind::Shorthand);
    let Some(mistake) = mistake.filter(|_| !compiled.named.iter().any(open)) else { return };
    let span = statement.part(cx, mistake.range.clone());
    let finding = cx.finding(span, mistake.message.clone()).maybe_help(mistake.help.clone());
    cx.report(finding);
}
