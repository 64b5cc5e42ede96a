//! A function that is switched off.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "function-never-runs",
        group: Group::Functions,
        severity: Severity::Info,
        summary: "a function is switched off, and its callers see success",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds functions with `when: false`.

Such a function sends nothing, and every call counts as done. A write that should be stopped looks as if it
had been saved; a guard whose `result` is false stops it visibly.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
when: false
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
when: =@ctx.system.isOnline
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let Some(when) = file.node.get("when").filter(|when| when.as_bool() == Some(false)) else { return };
    let finding = cx
        .finding(when.span, "the function never runs, and every call of it counts as done")
        .help("remove `when`, or stop calls with a `guard`");
    cx.report(finding);
}
