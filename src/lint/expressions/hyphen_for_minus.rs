//! A `-` that became part of a name.

use crate::app::Found;
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::lint::names::{hyphen, minus};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "hyphen-for-minus",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "a subtraction without blanks is read as one name",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds names with a hyphen that nothing has, such as `@ctx.jig.state.count-1`, when what stands before the
hyphen is a known state or input.

A hyphen between letters or digits belongs to the name, so the value is missing. For a subtraction put a blank
on both sides of the `-`.

```yaml wrong
# index.jigx
title: Tasks
state:
  page:
    initialValue: 1
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.set-state
  options:
    state: =@ctx.solution.state.page
    value: =@ctx.solution.state.page-1
```

```yaml right
# index.jigx
title: Tasks
state:
  page:
    initialValue: 1
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.set-state
  options:
    state: =@ctx.solution.state.page
    value: =@ctx.solution.state.page - 1
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    if !found.expression.text().contains('-') || !cx.is_all_read() {
        return;
    }
    for path in &found.expression.references().paths {
        let Some(minus) = minus(cx, place, path) else { continue };
        let message = format!("`{}` is read as one name, and nothing has it", minus.name);
        let finding = cx
            .finding(cx.part(place, found.span, minus.range.clone()), message)
            .help(format!("to subtract from `{}`, put a blank before and after the `-`", minus.known));
        let fix =
            hyphen(cx, place, found, &minus).map(|span| Fix::risky("put blanks around the `-`", span, " - "));
        cx.report(match fix {
            Some(fix) => finding.fix(fix),
            None => finding,
        });
    }
}
