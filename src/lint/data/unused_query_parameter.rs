//! A parameter that no statement reads.

use crate::action::ActionNode;
use crate::app::Datasource;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::query::{Statement, name_of};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unused-query-parameter",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "a parameter of a SQL statement is not used in it",
        docs: PAGE,
    },
    checks: &[Check::Datasource(datasource), Check::Action(action)],
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

fn datasource(cx: &mut Cx<'_>, _: &Place<'_>, datasource: &Datasource) {
    if let Some(statement) = Statement::of_datasource(cx, datasource) {
        check(cx, &statement);
    }
}

fn action(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    for statement in Statement::of_action(cx, action) {
        check(cx, &statement);
    }
}

fn check(cx: &mut Cx<'_>, statement: &Statement<'_>) {
    if statement.given.is_empty() {
        return;
    }
    let given = statement.given_names();
    let names = statement.used_names();
    // A name that differs in the two places is one mistake, told at the statement.
    if !names.is_subset(&given) {
        return;
    }
    for entry in statement.given.iter().filter(|entry| !names.contains(name_of(entry))) {
        let name = name_of(entry);
        let finding = cx
            .finding(entry.key_span, format!("the statement does not use `@{name}`"))
            .label(statement.node.span, "the statement")
            .help("use it in the statement, or remove it");
        cx.report(finding);
    }
}
