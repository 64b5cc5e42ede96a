//! A call of a function that does not exist.

use crate::app::Found;
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::expr::{Call, CallForm, FUNCTIONS};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-function-call",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "an expression calls a function that does not exist",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds `$name(…)` in expressions when `name` is no function of JSONata, none that the app format adds, and no
shared expression; and functions of JSONata that are called without their `$`.

The whole expression fails, and its value is missing.

```yaml wrong
# jigs/home.jigx
title: =$upperCase(@ctx.user.displayName)
type: jig.default
```

```yaml right
# jigs/home.jigx
title: =$uppercase(@ctx.user.displayName)
type: jig.default
```

`$formatDateTime`, which some pages mention, does not exist: write
`$fromMillis($toMillis(x), '[Y0001]-[M01]-[D01]')`.
";

/// Names that people expect, and what to write in their place.
const EXPECTED: [(&str, &str); 4] = [
    ("formatDateTime", "write `$fromMillis($toMillis(x), picture)`"),
    ("dateDiff", "subtract milliseconds: `$toMillis(a) - $toMillis(b)`"),
    ("if", "write `condition ? value : other`"),
    ("concat", "join texts with `&`"),
];

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    let references = found.expression.references();
    for variable in references.variables.iter().filter(|variable| variable.called) {
        unknown(cx, place, found, &variable.name, variable.range.clone());
    }
    for call in references.calls.iter().filter(|call| call.form == CallForm::Bare) {
        without_dollar(cx, place, found, call);
    }
}

fn unknown(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found, name: &str, range: std::ops::Range<usize>) {
    if cx.is_shared(place, name) || cx.may_be_key(place, "expressions", name) {
        return;
    }
    let expected = EXPECTED.iter().find(|(wrong, _)| *wrong == name).map(|(_, right)| (*right).to_owned());
    let known = FUNCTIONS.iter().map(|function| function.name).chain(cx.shared(place));
    let help = expected.or_else(|| cx.did_you_mean(name, known).map(|help| help.replacen('`', "`$", 1)));
    let finding = cx
        .finding(cx.part(place, found.span, range), format!("there is no function `${name}`"))
        .maybe_help(help);
    cx.report(finding);
}

fn without_dollar(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found, call: &Call) {
    let in_path = |path: &crate::expr::ContextPath| {
        path.range.start <= call.range.start && call.range.end <= path.range.end
    };
    let is_function = FUNCTIONS.iter().any(|function| function.name == call.name);
    if !is_function || found.expression.references().paths.iter().any(in_path) {
        return;
    }
    let name = &call.name;
    let span = cx.part(place, found.span, call.range.clone());
    let finding = cx
        .finding(span, format!("the function `{name}` is called without its `$`"))
        .help(format!("write `${name}(…)`"))
        .fix(Fix::safe("add the `$`", span, format!("${name}")));
    cx.report(finding);
}
