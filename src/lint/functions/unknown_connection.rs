//! A SQL connection that the settings do not name.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-connection",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "a function uses a SQL connection that the settings do not name",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds functions of `DATA_PROVIDER_SQL` whose `connection` is not under `providers.sql.connections` of
`syncscope.yaml`, while other connections are.

`run` and `dev` do not know which database is meant, and the function fails. An app whose settings name no connection
at all is not reported: its connections are known where it is managed, and nowhere else.

```yaml wrong
# syncscope.yaml
providers:
  sql:
    connections:
      crm: sqlite:crm.db
# functions/get-customers.jigx
provider: DATA_PROVIDER_SQL
connection: crn
method: query
query: SELECT id, name FROM customers
```

```yaml right
# syncscope.yaml
providers:
  sql:
    connections:
      crm: sqlite:crm.db
# functions/get-customers.jigx
provider: DATA_PROVIDER_SQL
connection: crm
method: query
query: SELECT id, name FROM customers
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let Some(node) = file.node.get("connection") else { return };
    let Some(name) = node.as_str().filter(|name| !name.is_empty() && !is_expression(name)) else { return };
    let known: Vec<&str> = cx.project.connections().collect();
    if known.is_empty() || known.contains(&name) {
        return;
    }
    let near = cx.did_you_mean(name, known);
    let help = near.unwrap_or_else(|| {
        format!("set it under `providers.sql.connections` in `syncscope.yaml`, for example `{name}: sqlite:data.db`")
    });
    let finding =
        cx.finding(node.span, format!("there is no SQL connection `{name}` in the settings")).help(help);
    cx.report(finding);
}
