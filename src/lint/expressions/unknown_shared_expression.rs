//! A `$name` that nothing defines.

use std::ops::Range;

use crate::app::Found;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{CallForm, FUNCTIONS, References};
use crate::lint::names::before_hyphens;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-shared-expression",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "an expression uses a `$name` that nothing defines",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds `$name` and `@ctx.expressions.name` when neither the jig nor the index has `name` under
`expressions:`.

The app does not complain: the value is simply missing, so a text stays empty and a condition is false.

```yaml wrong
# index.jigx
title: Tasks
expressions:
  today: =$substring($now(), 0, 10)
# jigs/home.jigx
title: =$todays
type: jig.default
```

```yaml right
# index.jigx
title: Tasks
expressions:
  today: =$substring($now(), 0, 10)
# jigs/home.jigx
title: =$today
type: jig.default
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    let references = found.expression.references();
    for variable in references.variables.iter().filter(|variable| !variable.called) {
        let name = variable.name.as_str();
        // A script's function is looked for by a rule of its own.
        if !is_script(references, &variable.range) {
            let is_shared = |left: &str| cx.is_shared(place, left);
            let minus = (variable.looks_like_minus || before_hyphens(name).any(is_shared))
                .then_some("for a subtraction, put a blank before and after the `-`");
            shared(cx, place, found, name, variable.range.clone(), minus);
        }
    }
    for path in references.below(&["expressions"]) {
        if let Some((Some(name), range)) =
            path.segments.get(1).map(|step| (step.name.as_deref(), step.range.clone()))
        {
            shared(cx, place, found, name, range, None);
        }
    }
}

fn shared(
    cx: &mut Cx<'_>,
    place: &Place<'_>,
    found: &Found,
    name: &str,
    range: Range<usize>,
    minus: Option<&str>,
) {
    if cx.is_shared(place, name) || cx.may_be_key(place, "expressions", name) {
        return;
    }
    let of_jsonata = || {
        let known = FUNCTIONS.iter().map(|function| function.name);
        cx.did_you_mean(name, known).map(|help| help.replacen('`', "`$", 1))
    };
    let help = minus.map(str::to_owned);
    let help = help.or_else(|| cx.did_you_mean(name, cx.shared(place))).or_else(of_jsonata);
    let finding = cx
        .finding(cx.part(place, found.span, range), format!("there is no shared expression `{name}`"))
        .maybe_help(help);
    cx.report(finding);
}

/// Whether the name stands before the dot of a script's function.
fn is_script(references: &References, name: &Range<usize>) -> bool {
    let mut calls = references.calls.iter();
    calls.any(|call| matches!(call.form, CallForm::Script { .. }) && call.range.start == name.start)
}
