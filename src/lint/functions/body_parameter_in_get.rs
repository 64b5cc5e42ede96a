//! A body for a request that has none.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "body-parameter-in-get",
        group: Group::Functions,
        severity: Severity::Error,
        summary: "a GET function has a parameter for a body",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds parameters with `location: body` in functions with `method: GET` or `HEAD` and without `inputTransform`.

Such requests have no body, and making the request fails. A value that only expressions of the function read
belongs to `location: output`.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  region:
    type: string
    location: body
    required: false
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  region:
    type: string
    location: query
    required: false
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let Some(method) = file.node.get("method").filter(|_| matches!(function.method.as_str(), "GET" | "HEAD"))
    else {
        return;
    };
    if file.entry("inputTransform").is_some() || cx.has_stray_key(file.node) {
        return;
    }
    for parameter in file.parameters().iter().filter(|parameter| parameter.location == "body") {
        let Some(location) = parameter.entry.value.get("location") else { continue };
        let message =
            format!("a {} request has no body, so `{}` cannot go there", function.method, parameter.name);
        let finding = cx
            .finding(location.span, message)
            .label(method.span, "the method")
            .help("use `location: query`, or `output` when only expressions of the function read it");
        cx.report(finding);
    }
}
