//! A global action that no file defines.

use crate::action::UseKind;
use crate::app::Reference;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::Cx;
use crate::lint::rule::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-action",
        group: Group::Layout,
        severity: Severity::Error,
        summary: "`action.execute-action` names an action that does not exist",
        docs: PAGE,
    },
    checks: &[Check::Reference(check)],
};

const PAGE: &str = "\
Finds `action.execute-action` whose `action:` is neither a file under `actions/` nor one of the actions
that a child of tabs offers. Actions of another solution (`package:`) and expressions are not checked.

On the phone the button shows an error and nothing happens.

```yaml wrong
# actions/load-all.jigx
action:
  type: action.go-back
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.execute-action
  options:
    action: loadAll
```

```yaml right
# actions/load-all.jigx
action:
  type: action.go-back
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.execute-action
  options:
    action: load-all
```
";

fn check(cx: &mut Cx<'_>, reference: &Reference) {
    if reference.kind == UseKind::Action {
        cx.unknown(reference, "action");
    }
}
