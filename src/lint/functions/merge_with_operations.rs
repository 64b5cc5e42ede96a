//! A way of writing that operations replace.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "merge-with-operations",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "`forRowsWithMatchingIds` has no effect beside `operations`",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds `forRowsWithMatchingIds: true` in a function with `operations`.

Operations replace the usual way of writing. Rows are merged only when an operation says so.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
useLocalCall: true
forRowsWithMatchingIds: true
operations:
  - type: operation.execute-sql
    tables: [tasks]
    statements:
      - statement: DELETE FROM [tasks]
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
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let merge = file.entry("forRowsWithMatchingIds").filter(|_| file.is_true("forRowsWithMatchingIds"));
    let Some((merge, (operations, _))) = merge.zip(file.operations()) else { return };
    let finding = cx
        .finding(merge.key_span, "`forRowsWithMatchingIds` has no effect, because operations write the rows")
        .label(operations.key_span, "replace the usual way of writing")
        .help("remove it; `operation.upsert-merge` merges rows by id");
    cx.report(finding);
}
