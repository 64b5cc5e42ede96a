//! Conversions that operations do not take over.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "conversions-not-in-operations",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "conversions of the function do not reach its operations",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds functions that read and have both `conversions` and `operations`, when an operation that writes rows has
no `conversions` of its own.

Conversions of the function are for the usual way of writing only. The operation stores the files as they came.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
useLocalCall: true
conversions:
  - property: photo
    from: base64
    to: local-uri
operations:
  - type: operation.upsert-merge
    records: =$.items
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
useLocalCall: true
operations:
  - type: operation.upsert-merge
    records: =$.items
    conversions:
      - property: photo
        from: base64
        to: local-uri
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    // In a function that sends, conversions are about the request.
    if !matches!(function.method.as_str(), "GET" | "QUERY") || cx.has_stray_key(file.node) {
        return;
    }
    let Some((conversions, (_, operations))) = file.entry("conversions").zip(file.operations()) else {
        return;
    };
    let without = operations.iter().find(|operation| {
        let type_name = operation.get("type").and_then(Node::as_str).unwrap_or_default();
        let writes = type_name.contains("upsert") || type_name.contains("insert");
        writes && operation.get("conversions").is_none() && !cx.has_stray_key(operation)
    });
    let Some(written) = without.and_then(|operation| operation.get("type")) else { return };
    let finding = cx
        .finding(conversions.key_span, "these conversions do not reach the operations")
        .label(written.span, "stores the files as they came")
        .help("put `conversions` into the operation");
    cx.report(finding);
}
