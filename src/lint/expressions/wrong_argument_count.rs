//! A function of the language with too few or too many arguments.

use crate::app::Found;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{Call, CallForm, FUNCTIONS, Function};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "wrong-argument-count",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "a function is called with too few or too many arguments",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds calls of functions of JSONata, and of those that the app format adds, with fewer or more arguments than
they take.

The whole expression fails, and its value is missing.

```yaml wrong
# jigs/home.jigx
title: =$join(@ctx.user.displayName, ', ', @ctx.user.email)
type: jig.default
```

```yaml right
# jigs/home.jigx
title: =$join([@ctx.user.displayName, @ctx.user.email], ', ')
type: jig.default
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    let references = found.expression.references();
    for call in references.calls.iter().filter(|call| call.form == CallForm::Function) {
        let Some(function) = FUNCTIONS.iter().find(|function| function.name == call.name) else { continue };
        if let Some(limit) = limit(function, call) {
            let given = if call.arguments == 0 { "none".to_owned() } else { call.arguments.to_string() };
            let message = format!("`${}` takes {limit}, but gets {given}", call.name);
            let finding = cx.finding(cx.part(place, found.span, call.range.clone()), message);
            cx.report(finding);
        }
    }
}

/// What the function takes, when the call does not keep to it. A value that comes in front of the call
/// may stand for the first argument.
fn limit(function: &Function, call: &Call) -> Option<String> {
    let most = call.arguments + usize::from(call.chained);
    if most < function.min {
        let word = if function.min == function.max { "" } else { "at least " };
        return Some(format!("{word}{}", arguments(function.min)));
    }
    if call.arguments > function.max {
        let word = if function.min == function.max || function.max == 0 { "" } else { "at most " };
        return Some(format!("{word}{}", arguments(function.max)));
    }
    None
}

fn arguments(count: usize) -> String {
    match count {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        more => format!("{more} arguments"),
    }
}
