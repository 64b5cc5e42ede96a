//! A path parameter that a call may leave out.

use crate::app::Function;
use crate::diag::{Fix, Group, RuleInfo, Severity, closest};
use crate::lint::function_file::{FunctionFile, Literal, Parameter};
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
    for parameter in file.parameters().iter().chain(&later) {
        // One that is not in the address is told as such.
        if parameter.location == "path" && is_in_address(file, parameter.name) {
            check_parameter(cx, parameter);
        }
    }
}

/// Whether an address has a place for the parameter, misspelt perhaps, or may have.
fn is_in_address(file: FunctionFile<'_, '_>, name: &str) -> bool {
    ["/url", "/continuation/url"].into_iter().filter_map(|at| file.node.at(at)).any(|url| {
        let tokens = Literal::of(url).map(|url| url.tokens());
        tokens.is_none_or(|tokens| {
            tokens.iter().any(|(token, _)| *token == name || closest(token, [name]).is_some())
        })
    })
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
