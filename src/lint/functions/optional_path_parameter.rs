//! A path parameter that a call may leave out.

use crate::app::Function;
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::lint::function_file::{FunctionFile, Parameter};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Kind;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "optional-path-parameter",
        group: Group::Functions,
        severity: Severity::Error,
        summary: "a path parameter is not required",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds parameters with `location: path` that are not `required: true`.

A part of the address cannot be left out, and the phone refuses the function. The fix makes the parameter
required.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/{region}/tasks
parameters:
  region:
    type: string
    location: path
    required: false
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/{region}/tasks
parameters:
  region:
    type: string
    location: path
    required: true
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let later = file.later_parameters().unwrap_or_default();
    for parameter in file.parameters().iter().chain(&later).filter(|found| found.location == "path") {
        check_parameter(cx, parameter);
    }
}

fn check_parameter(cx: &mut Cx<'_>, parameter: &Parameter<'_>) {
    let definition = &parameter.entry.value;
    let message = format!("the path parameter `{}` must be required", parameter.name);
    match definition.get("required") {
        Some(written) if matches!(written.kind, Kind::Bool(false)) => {
            let fix = Fix::safe("make it required", written.span, "true");
            let finding = cx.finding(written.span, message).help("write `required: true`").fix(fix);
            cx.report(finding);
        }
        None if parameter.value().is_none() && !cx.has_stray_key(definition) => {
            let finding = cx.finding(parameter.entry.key_span, message).help("add `required: true`");
            cx.report(finding);
        }
        _ => {}
    }
}
