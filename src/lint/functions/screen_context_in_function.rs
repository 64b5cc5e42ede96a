//! A default value that reads the screen.

use crate::app::{Found, Function};
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "screen-context-in-function",
        group: Group::Functions,
        severity: Severity::Error,
        summary: "the value of a parameter reads the screen, which a function cannot see",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds `value` of a function's parameter that reads `@ctx.datasources`, `@ctx.components`, `@ctx.jig` or
another part of the screen.

A function runs without a screen, often much later from the queue; there the value is missing. What the
screen knows is given by the caller as an argument.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  region:
    type: string
    location: query
    required: false
    value: =@ctx.jig.inputs.region
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
    value: =@ctx.solution.settings.custom.region
```
";

/// What only a screen has (functions.md §2).
const SCREEN: [&str; 8] =
    ["datasources", "components", "component", "jig", "jigs", "current", "inputs", "actions"];

fn check(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    file.each_expression(
        |expression| SCREEN.iter().any(|root| expression.references().below(&[*root]).next().is_some()),
        &mut |keys, found| {
            let is_value = matches!(keys, [.., "parameters", _, "value"]) && !keys.contains(&"error");
            if is_value || matches!(keys, ["parameters", _]) {
                check_value(cx, place, found);
            }
        },
    );
}

fn check_value(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    let paths = &found.expression.references().paths;
    let first = paths.iter().find_map(|path| {
        let root = path.segments.first()?;
        let name = root.name.as_deref().filter(|name| SCREEN.contains(name))?;
        Some((name, path.range.start..root.range.end))
    });
    let Some((root, range)) = first else { return };
    let span = cx.part(place, found.span, range);
    let finding = cx
        .finding(span, format!("a function sees no screen, so `@ctx.{root}` is missing here"))
        .help("remove `value` and let every call give it under `parameters`");
    cx.report(finding);
}
