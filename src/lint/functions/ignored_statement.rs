//! A query for a function that runs a procedure, or the other way round.

use crate::action::ProviderKind;
use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "ignored-statement",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "a function has both `query` and `procedure`, and one of them has no effect",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds SQL functions with `method: execute` and a `query`, and with `method: query` and a `procedure`.

The method says which of the two runs. The other one is never looked at.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_SQL
connection: crm
method: execute
procedure: get_tasks
query: SELECT id, name FROM tasks
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_SQL
connection: crm
method: query
query: SELECT id, name FROM tasks
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    if function.provider != Some(ProviderKind::Sql) {
        return;
    }
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let (needed, other) = match function.method.as_str() {
        "EXECUTE" => ("procedure", "query"),
        "QUERY" => ("query", "procedure"),
        _ => return,
    };
    // Without the one that is needed, its absence is the mistake.
    let Some((ignored, method)) = file.entry(other).zip(file.node.get("method")) else { return };
    if file.entry(needed).is_none() {
        return;
    }
    let finding = cx
        .finding(ignored.key_span, format!("`{other}` has no effect, because `{needed}` runs"))
        .label(method.span, "says which of them runs")
        .help(format!("remove `{other}`, or change the method"));
    cx.report(finding);
}
