//! Two ways to choose rows that exclude each other.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "merge-with-row-filter",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "`forRowsWithMatchingIds` stands beside another choice of rows",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds `forRowsWithMatchingIds: true` beside `forRowsWithValues` or `forRowsInRange`.

The first merges by id and deletes nothing, the others delete the chosen rows before they insert. Together
they are not allowed, and which of them counts is not said.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
forRowsWithMatchingIds: true
forRowsWithValues:
  state: open
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
forRowsWithValues:
  state: open
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let Some(merge) = file.entry("forRowsWithMatchingIds").filter(|_| file.is_true("forRowsWithMatchingIds"))
    else {
        return;
    };
    let filters = ["forRowsWithValues", "forRowsInRange"];
    let Some(filter) = filters.iter().find_map(|key| file.entry(key)) else { return };
    let message = format!("`forRowsWithMatchingIds` and `{}` exclude each other", filter.key.text);
    let finding = cx
        .finding(merge.key_span, message)
        .label(filter.key_span, "the other choice of rows")
        .help("keep one of them: merging by id deletes nothing, the other replaces the chosen rows");
    cx.report(finding);
}
