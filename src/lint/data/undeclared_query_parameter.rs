//! `@name` in a statement that is given no value.

use crate::action::ActionNode;
use crate::app::{Datasource, Function};
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::query::{Statement, bind_names};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "undeclared-query-parameter",
        group: Group::Data,
        severity: Severity::Error,
        summary: "a SQL statement uses an `@name` that is given no value",
        docs: PAGE,
    },
    checks: &[Check::Datasource(datasource), Check::Action(action), Check::Function(function)],
};

const PAGE: &str = "\
Finds `@name` in the `query:` of a datasource without an entry of that name under `queryParameters:`, and
the same in the statements of `action.execute-sql` and of functions, whose values stand under `parameters:`.

The name stands for nothing (`NULL`), and comparing with nothing is never true: the list stays empty.

```yaml wrong
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id FROM [tasks] WHERE '$.owner' = @ownerId
  queryParameters:
    owner: =@ctx.user.id
```

```yaml right
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id FROM [tasks] WHERE '$.owner' = @ownerId
  queryParameters:
    ownerId: =@ctx.user.id
```
";

fn datasource(cx: &mut Cx<'_>, place: &Place<'_>, datasource: &Datasource) {
    if let Some(statement) = Statement::of_datasource(cx, datasource) {
        check(cx, place, &statement);
    }
}

fn action(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    for statement in Statement::of_action(cx, action) {
        check(cx, place, &statement);
    }
}

fn function(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    if let Some(statement) = Statement::of_function(cx, function) {
        check(cx, place, &statement);
    }
}

fn check(cx: &mut Cx<'_>, place: &Place<'_>, statement: &Statement<'_>) {
    let given = statement.given_names();
    let used = statement.used_names();
    for (name, range) in bind_names(&statement.scalar.text) {
        if given.contains(name) {
            continue;
        }
        let mut unused = given.difference(&used);
        let help = match (unused.next(), unused.next()) {
            (Some(other), None) => {
                Some(format!("`{other}` is given a value but not used: is it the one that is meant?"))
            }
            _ => cx.did_you_mean(name, given.iter().copied()),
        };
        let help = help.unwrap_or_else(|| format!("add `{name}:` under `{}`", statement.key));
        let span = cx.part(place, statement.node.span, range);
        let finding =
            cx.finding(span, format!("`@{name}` is given no value under `{}`", statement.key)).help(help);
        cx.report(finding);
    }
}
