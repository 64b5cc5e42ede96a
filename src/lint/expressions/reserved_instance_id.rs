//! An `instanceId` that means something else.

use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "reserved-instance-id",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "an `instanceId` is a word that the app format keeps for itself",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds components and actions whose `instanceId` is `component`, `components`, `jig`, `state`, `data` or `item`.

These words have a meaning in paths below `@ctx`. An expression that names such a component ends in
\"Expression is not valid\".

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
children:
  - type: component.text-field
    instanceId: state
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
children:
  - type: component.text-field
    instanceId: state-of-residence
```
";

/// Words of `@ctx` that cannot be an id (expressions.md §2).
const RESERVED: [&str; 6] = ["component", "components", "jig", "state", "data", "item"];

fn check(cx: &mut Cx<'_>, _: &Place<'_>, branch: &Branch<'_>) {
    let is_part = branch.type_name().starts_with("component.") || branch.type_name().starts_with("action.");
    let Some(id) = branch.node.get("instanceId").filter(|_| is_part) else { return };
    if let Some(word) = id.as_str().filter(|word| RESERVED.contains(word)) {
        let finding = cx
            .finding(id.span, format!("`{word}` cannot be an `instanceId`, because paths use the word"))
            .help("choose another name, and use it in the expressions that read it");
        cx.report(finding);
    }
}

/// Whether an id is one of these.
pub(super) fn is_reserved(id: &Node) -> bool {
    id.as_str().is_some_and(|word| RESERVED.contains(&word))
}
