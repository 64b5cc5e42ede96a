//! A query in an address whose query comes from parameters.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "query-string-in-url",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "the query written in the address is thrown away",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds `?name=value` in the `url` of a function that has parameters with `location: query`.

The query of the address is replaced by the one made of the parameters, so what is written there is never
sent. A lone `?` at the end does no harm.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks?sort=name
parameters:
  region:
    type: string
    location: query
    required: false
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  sort:
    type: string
    location: query
    required: false
    value: name
  region:
    type: string
    location: query
    required: false
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let Some(url) = file.literal("/url") else { return };
    let Some(from) = url.text().find('?') else { return };
    let to = url.text().find('#').filter(|to| *to > from).unwrap_or(url.text().len());
    let parameters = file.parameters();
    let Some(first) = parameters.iter().find(|parameter| parameter.location == "query") else { return };
    if !url.text()[from..to].contains('=') {
        return;
    }
    let finding = cx
        .finding(url.part(cx, place, from..to), "this query is never sent, because parameters replace it")
        .label(first.entry.key_span, "a parameter of the query")
        .help("declare each of its names under `parameters` with `location: query` and a `value`");
    cx.report(finding);
}
