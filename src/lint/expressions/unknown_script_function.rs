//! `$file.function()` with a file that is not there, or a function that it does not export.

use crate::app::{FileKind, Found};
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::CallForm;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-script-function",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "an expression calls a script that is not there, or a function that it does not export",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds `$file.name(…)` when there is no `scripts/expressions/file.js`, or when it exports no `name`. Scripts that
export everything of another one, or a single object, are not checked.

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
        let Some(script) = cx.project.scripts.get(file) else {
            no_script(cx, place, found, file, call.range.start);
            continue;
        };
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

fn no_script(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found, file: &str, call: usize) {
    let variables = &found.expression.references().variables;
    let named = variables.iter().find(|variable| variable.range.start == call && !variable.called);
    let Some(named) = named.filter(|_| place.source.kind != FileKind::SingleFile) else { return };
    let help = cx.did_you_mean(file, cx.project.scripts.keys());
    let message = format!("there is no script `{file}` under `scripts/expressions/`");
    let span = cx.part(place, found.span, named.range.clone());
    cx.report(cx.finding(span, message).maybe_help(help));
}
