//! Operations in an order that leaves a row twice.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "find-replace-after-merge",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "a temporary id is replaced after the row was merged",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds `operation.find-replace` that stands after `operation.upsert-merge` or `operation.upsert-replace` in the
same list.

A row that was made on the phone has a temporary id. When the answer is merged first, its real id is new and a
second row appears. First the id is replaced, then the row is merged.

```yaml wrong
# functions/create-task.jigx
provider: DATA_PROVIDER_REST
method: POST
url: https://example.com/tasks
useLocalCall: true
error:
  - title: The task was not saved
parameters:
  id:
    type: string
    location: output
    required: true
operations:
  - type: operation.upsert-merge
    records: =$
  - type: operation.find-replace
    find: =@ctx.parameters.id
    replace: =$.id
    tables: [tasks]
    includeCommandQueue: true
```

```yaml right
# functions/create-task.jigx
provider: DATA_PROVIDER_REST
method: POST
url: https://example.com/tasks
useLocalCall: true
error:
  - title: The task was not saved
parameters:
  id:
    type: string
    location: output
    required: true
operations:
  - type: operation.find-replace
    find: =@ctx.parameters.id
    replace: =$.id
    tables: [tasks]
    includeCommandQueue: true
  - type: operation.upsert-merge
    records: =$
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let Some((_, operations)) = file.operations() else { return };
    let is_plain = |operation: &&Node| operation.get("when").is_none();
    let merge = operations.iter().filter(is_plain).position(|operation| {
        matches!(type_of(operation).as_str(), "operation.upsert-merge" | "operation.upsert-replace")
    });
    let Some(merge) = merge else { return };
    let plain: Vec<&Node> = operations.iter().filter(is_plain).collect();
    let is_replace = |operation: &&&Node| type_of(operation) == "operation.find-replace";
    if plain[..merge].iter().any(|operation| is_replace(&operation)) {
        return;
    }
    let Some(replace) = plain[merge..].iter().find(is_replace) else { return };
    let (Some(late), Some(early)) = (replace.get("type"), plain[merge].get("type")) else { return };
    let finding = cx
        .finding(late.span, "the id is replaced after the row was written, which leaves the row twice")
        .label(early.span, "writes the row under its new id")
        .help("put `operation.find-replace` before it");
    cx.report(finding);
}

/// The type with hyphens.
fn type_of(operation: &Node) -> String {
    operation.get("type").and_then(Node::as_str).unwrap_or_default().replace('_', "-")
}
