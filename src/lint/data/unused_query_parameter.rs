//! A parameter that no statement reads.

use std::collections::BTreeSet;

use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::Cx;
use crate::lint::query::{Language, Statement, name_of};
use crate::lint::rule::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unused-query-parameter",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "a parameter of a SQL statement is not used in it",
        docs: PAGE,
    },
    checks: &[Check::Statement(check)],
};

const PAGE: &str = "\
Finds entries under `queryParameters:` of a datasource, and under `parameters:` of the statements of
`action.execute-sql`, whose `@name` does not stand in the statement.

Most often the statement has lost a condition, and the list shows more than it should.

```yaml wrong
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id FROM [tasks]
  queryParameters:
    owner: =@ctx.user.id
```

```yaml right
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id FROM [tasks] WHERE '$.owner' = @owner
  queryParameters:
    owner: =@ctx.user.id
```
";

fn check(cx: &mut Cx<'_>, statement: &Statement<'_>) {
    // Procedures of a server may read parameters that their text does not name.
    let given =
        statement.given(cx).filter(|given| !given.is_empty() && statement.language != Language::Server);
    let Some(given) = given else { return };
    let known: BTreeSet<&str> = given.iter().map(name_of).collect();
    let names = statement.used_names();
    // A name that differs in the two places is one mistake, told at the statement.
    if !names.is_subset(&known) {
        return;
    }
    for entry in given.iter().filter(|entry| !names.contains(name_of(entry))) {
        let name = name_of(entry);
        if has_other_sign(cx, statement, name) {
            continue;
        }
        let finding = cx
            .finding(entry.key_span, format!("the statement does not use `@{name}`"))
            .label(statement.node.span, "the statement")
            .help("use it in the statement, or remove it");
        cx.report(finding);
    }
}

/// Whether it is used as `$name`, which is a mistake of its own.
fn has_other_sign(cx: &Cx<'_>, statement: &Statement<'_>, name: &str) -> bool {
    let compiled = statement.compiled(cx);
    compiled.is_some_and(|compiled| compiled.parameters.iter().any(|parameter| parameter.name == name))
}
