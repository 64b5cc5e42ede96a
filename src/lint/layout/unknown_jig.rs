//! A jig that no file defines.

use crate::action::UseKind;
use crate::app::Reference;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::Cx;
use crate::lint::rule::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-jig",
        group: Group::Layout,
        severity: Severity::Error,
        summary: "a link, tab or widget names a jig that does not exist",
        docs: PAGE,
    },
    checks: &[Check::Reference(check)],
};

const PAGE: &str = "\
Finds `linkTo:` and `jigId:` whose text is no file under `jigs/`. Jigs of another solution (`package:`) and
expressions are not checked.

The link is dead: the phone shows an error instead of the screen.

```yaml wrong
# jigs/task-details.jigx
title: Details
type: jig.default
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.go-to
  options:
    linkTo: task-detail
```

```yaml right
# jigs/task-details.jigx
title: Details
type: jig.default
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.go-to
  options:
    linkTo: task-details
```
";

fn check(cx: &mut Cx<'_>, reference: &Reference) {
    if reference.kind == UseKind::Jig {
        cx.unknown(reference, "jig");
    }
}
