//! `$name` or `:name` in a statement, which nothing is bound to.

use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::lint::Cx;
use crate::lint::query::Statement;
use crate::lint::rule::{Check, Rule};
use crate::store::ParameterUse;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unbound-parameter",
        group: Group::Data,
        severity: Severity::Error,
        summary: "a SQL statement writes a parameter as `$name`, `:name` or `?` in place of `@name`",
        docs: PAGE,
    },
    checks: &[Check::Statement(check)],
};

const PAGE: &str = "\
Finds `$name`, `:name` and `?` in SQL statements. SQLite accepts them, but the app gives values to `@name` only.

The name stands for nothing (`NULL`), and comparing with nothing is never true: the list stays empty.

```yaml wrong
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id FROM [tasks] WHERE '$.owner' = $owner
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
    let Some(compiled) = statement.compiled(cx).filter(|compiled| compiled.mistake.is_none()) else {
        return;
    };
    for parameter in compiled.parameters.iter().filter(|parameter| parameter.sign != '@') {
        report(cx, statement, parameter);
    }
}

fn report(cx: &mut Cx<'_>, statement: &Statement<'_>, parameter: &ParameterUse) {
    let written = &statement.scalar.text[parameter.range.clone()];
    let span = statement.part(cx, parameter.range.clone());
    let finding = cx.finding(span, format!("nothing is bound to `{written}`"));
    if parameter.sign == '?' || parameter.name.is_empty() {
        let help = format!("write `@name`, and `name:` under `{}`", statement.key);
        return cx.report(finding.help(help));
    }
    let right = format!("@{}", parameter.name);
    let fix =
        Fix::safe(format!("write `{right}`"), statement.part(cx, parameter.range.clone()), right.clone());
    cx.report(finding.help(format!("write `{right}`")).fix(fix));
}
