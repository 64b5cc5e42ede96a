//! A path parameter without a place in the address.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity, closest};
use crate::lint::function_file::{FunctionFile, has_word};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unused-path-parameter",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "a path parameter has no `{name}` in the address",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds parameters with `location: path` whose `{name}` is not in `url`, when nothing else in the function reads
them. An address that is an expression is not checked.

Callers must give the value, and it goes nowhere.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  region:
    type: string
    location: path
    required: true
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
    let Some(url) = file.literal("/url") else { return };
    let tokens = url.tokens();
    // Old apps also fill `:name`.
    let is_used = |name: &str| has_word(url.text(), name) || file.mentions(name);
    for parameter in file.parameters().iter().filter(|parameter| parameter.location == "path") {
        let name = parameter.name;
        // A misspelt token is told where it stands.
        let is_misspelt = tokens.iter().any(|(token, _)| closest(token, [name]).is_some());
        if is_used(name) || is_misspelt || cx.has_stray_key(file.node) {
            continue;
        }
        let message = format!("the address has no place for the path parameter `{name}`");
        let finding = cx
            .finding(parameter.entry.key_span, message)
            .label(url.node.span, "the address")
            .help(format!("write `{{{name}}}` where it belongs in `url`, or remove the parameter"));
        cx.report(finding);
    }
}
