//! The old form of error rules.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "deprecated-error-transform",
        group: Group::Functions,
        severity: Severity::Info,
        summary: "`errorTransform` is the old form of `error`",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds `errorTransform`.

It still works, but it cannot look at the status, tell the user or try again. `error` is a list of rules that
can.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
errorTransform: '={ \"error\": \"No tasks\" }'
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
useLocalCall: true
error:
  - when: =@ctx.response.status >= 400
    title: No tasks
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let Some(old) = file.entry("errorTransform") else { return };
    let finding = match file.entry("error") {
        Some(new) => cx
            .finding(old.key_span, "`errorTransform` is the old form of `error`, and both are here")
            .label(new.key_span, "the new form")
            .help("remove `errorTransform`"),
        None => cx
            .finding(old.key_span, "`errorTransform` is the old form of `error`")
            .help("write a list of rules under `error`"),
    };
    cx.report(finding);
}
