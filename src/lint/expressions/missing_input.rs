//! An input that is required and not given.

use crate::diag::{Group, RuleInfo, Severity, closest};
use crate::lint::inputs::Passing;
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "missing-input",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "a jig, component or datasource is not given an input that it requires",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds links to jigs, jigs within jigs, custom components and references to datasources that lack an input which
is declared with `required: true` and without a default.

The phone refuses to open what lacks a required input.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.go-to
  options:
    linkTo: order
# jigs/order.jigx
title: =@ctx.jig.inputs.orderId
type: jig.default
inputs:
  orderId:
    type: string
    required: true
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
    required: true
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, branch: &Branch<'_>) {
    let Some(passing) = Passing::of(cx, branch).filter(|passing| !passing.again) else { return };
    let required =
        passing.declared.iter().filter(|(_, declared)| declared.required && declared.default.is_none());
    for (name, declared) in required {
        if passing.given.iter().any(|entry| *entry.key.text == **name) || is_misspelt(cx, &passing, name) {
            continue;
        }
        let finding = cx
            .finding(passing.span, format!("{} `{}` needs the input `{name}`", passing.what, passing.id))
            .label(declared.span, "declared as required")
            .help(format!("add `{name}:` under `inputs`"));
        cx.report(finding);
    }
}

/// Whether an input that is given and unknown is most likely this one: then its name is the mistake.
fn is_misspelt(cx: &Cx<'_>, passing: &Passing<'_, '_>, name: &str) -> bool {
    let names = || passing.declared.keys().map(String::as_str);
    let mut strangers = passing.given.iter().map(|entry| &*entry.key.text).filter(|given| {
        !passing.declared.contains_key(*given) && !cx.may_read_input(passing.kind, passing.id, given)
    });
    cx.is_on("unknown-input") && strangers.any(|given| closest(given, names()) == Some(name))
}
