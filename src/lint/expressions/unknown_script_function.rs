//! `$file.function()` with a function that the file does not export.

use crate::app::Found;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::CallForm;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-script-function",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "an expression calls a function that its script does not export",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds `$file.name(…)` when `scripts/expressions/file.js` exports no `name`. Scripts that export everything of
another one, or a single object, are not checked.

The whole expression fails, and its value is missing.

```yaml wrong
# scripts/expressions/text.js
export function initials(name) { return name[0]; }
# jigs/home.jigx
title: =$text.initial(@ctx.user.displayName)
type: jig.default
```

```yaml right
# scripts/expressions/text.js
export function initials(name) { return name[0]; }
# jigs/home.jigx
title: =$text.initials(@ctx.user.displayName)
type: jig.default
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    for call in &found.expression.references().calls {
        let CallForm::Script { file } = &call.form else { continue };
        let Some(script) = cx.project.scripts.get(file) else { continue };
        let Some(exports) = script.exports.as_ref().filter(|names| !names.contains(&call.name)) else {
            continue;
        };
        let name = &call.name;
        let help = if script.functions.contains(name) {
            Some(format!("write `export` before `function {name}`"))
        } else {
            cx.did_you_mean(name, exports.iter().map(String::as_str))
        };
        let message = format!("the script `{file}` exports no function `{name}`");
        let finding = cx.finding(cx.part(place, found.span, call.range.clone()), message).maybe_help(help);
        cx.report(finding);
    }
}
