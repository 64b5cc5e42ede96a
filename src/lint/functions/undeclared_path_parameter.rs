//! A `{name}` in an address that no path parameter fills.

use crate::app::Function;
use crate::diag::{Fix, Group, RuleInfo, Severity, closest};
use crate::lint::function_file::{FunctionFile, Literal, Parameter};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "undeclared-path-parameter",
        group: Group::Functions,
        severity: Severity::Error,
        summary: "the address has a `{name}` that no parameter fills",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds `{name}` in `url` and in `continuation.url` when no parameter of that name with `location: path` is
declared. Parameters of the continuation replace the others, so its address is filled from them.

The braces are sent as they stand, and the server knows no such address.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/{region}/tasks
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

fn check(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let own = file.parameters();
    if let Some(url) = file.literal("/url") {
        check_address(cx, place, file, url, &own);
    }
    if let Some(url) = file.literal("/continuation/url") {
        check_address(cx, place, file, url, &file.later_parameters().unwrap_or(own));
    }
}

fn check_address(
    cx: &mut Cx<'_>,
    place: &Place<'_>,
    file: FunctionFile<'_, '_>,
    url: Literal<'_>,
    declared: &[Parameter<'_>],
) {
    let tokens = url.tokens();
    let misspelt = file.entry("parameters").is_none() && cx.has_stray_key(file.node);
    for (name, range) in tokens.iter().filter(|_| !misspelt) {
        let found = declared.iter().find(|parameter| parameter.name == *name);
        // Where an unwritten or a secret value goes is not known for sure.
        if found.is_some_and(|found| matches!(found.location, "path" | "" | "credential" | "secret")) {
            continue;
        }
        let inside = url.part(cx, place, range.start + 1..range.end - 1);
        let span = url.part(cx, place, range.clone());
        if let Some(found) = found {
            let message = format!("`{{{name}}}` in the address stays as it is: `{name}` goes elsewhere");
            let finding = cx
                .finding(span, message)
                .label(found.entry.key_span, format!("declared with `location: {}`", found.location))
                .help("declare it with `location: path`");
            cx.report(finding);
            continue;
        }
        let free = declared.iter().filter(|parameter| {
            parameter.location == "path" && tokens.iter().all(|(token, _)| *token != parameter.name)
        });
        let message = format!("no parameter fills `{{{name}}}` in the address");
        let finding = match closest(name, free.map(|parameter| parameter.name)) {
            Some(meant) => cx
                .finding(span, message)
                .help(format!("did you mean `{{{meant}}}`?"))
                .fix(Fix::safe(format!("write `{{{meant}}}`"), inside, meant)),
            None => cx.finding(span, message).help(format!(
                "declare `{name}` under `parameters` with `location: path` and `required: true`"
            )),
        };
        cx.report(finding);
    }
}
