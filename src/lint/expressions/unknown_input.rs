//! An input that is given and not declared.

use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::inputs::Passing;
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-input",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "a jig, component or datasource is given an input that it does not declare",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds inputs that are passed to a jig, custom component or datasource which declares others, but not this one,
and does not read it either.

The value goes nowhere. A jig that declares no inputs at all takes any.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.go-to
  options:
    linkTo: order
    inputs:
      order: '17'
# jigs/order.jigx
title: =@ctx.jig.inputs.orderId
type: jig.default
inputs:
  orderId:
    type: string
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.go-to
  options:
    linkTo: order
    inputs:
      orderId: '17'
# jigs/order.jigx
title: =@ctx.jig.inputs.orderId
type: jig.default
inputs:
  orderId:
    type: string
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, branch: &Branch<'_>) {
    let Some(passing) = Passing::of(cx, branch) else { return };
    for entry in &passing.given {
        let name = &*entry.key.text;
        let is_known =
            passing.declared.contains_key(name) || cx.may_read_input(passing.kind, passing.id, name);
        if is_known {
            continue;
        }
        let help = cx.did_you_mean(name, passing.declared.keys().map(String::as_str));
        let finding = cx
            .finding(entry.key_span, format!("{} `{}` declares no input `{name}`", passing.what, passing.id))
            .maybe_help(help);
        cx.report(finding);
    }
}
