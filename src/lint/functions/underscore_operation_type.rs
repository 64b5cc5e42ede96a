//! An operation spelt with underscores.

use crate::app::FileKind;
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Style;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "underscore-operation-type",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "the type of an operation is written with underscores",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds types of operations such as `operation.upsert_merge`.

All samples of the format write hyphens, and not every phone knows the other spelling. The fix writes hyphens.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
useLocalCall: true
operations:
  - type: operation.upsert_merge
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
```
";

/// The spellings of the reference table (functions.md §6.2).
const SPELLINGS: [&str; 5] = [
    "operation.delete_insert",
    "operation.upsert_replace",
    "operation.upsert_merge",
    "operation.execute_sql",
    "operation.find_replace",
];

fn check(cx: &mut Cx<'_>, place: &Place<'_>, branch: &Branch<'_>) {
    let written = branch.type_name();
    if !SPELLINGS.contains(&written) || !matches!(place.kind, FileKind::Function | FileKind::SingleFile) {
        return;
    }
    let Some(node) = branch.node.get("type") else { return };
    let meant = written.replace('_', "-");
    let message = format!("`{written}` is written with underscores");
    let finding = cx.finding(node.span, message).help(format!("write `{meant}`"));
    let quoted = match node.as_scalar().map(|scalar| scalar.style) {
        Some(Style::Plain) => Some(meant.clone()),
        Some(Style::SingleQuoted) => Some(format!("'{meant}'")),
        Some(Style::DoubleQuoted | Style::Json) => Some(format!("\"{meant}\"")),
        _ => None,
    };
    cx.report(match quoted {
        Some(text) => finding.fix(Fix::safe(format!("write `{meant}`"), node.span, text)),
        None => finding,
    });
}
