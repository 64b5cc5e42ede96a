//! An expression without its `=`.

use crate::diag::{Fix, Group, RuleInfo, Severity, Span};
use crate::expr::{Expression, FUNCTIONS};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::{Node, Scalar};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "missing-equals",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "a text is an expression but does not begin with `=`",
        docs: PAGE,
    },
    checks: &[Check::Text(check)],
};

const PAGE: &str = "\
Finds texts that are correct expressions and read `@ctx` or call a function of JSONata, but do not begin
with `=`. Places that take an expression without `=` (the transforms of functions) and SQL are not checked.

The user sees the expression itself instead of its value. The fix adds the `=`.

```yaml wrong
# jigs/home.jigx
title: \"@ctx.user.displayName\"
type: jig.default
```

```yaml right
# jigs/home.jigx
title: =@ctx.user.displayName
type: jig.default
```
";

/// Keys whose text is read as an expression without `=`, or as something else altogether.
const OTHER_LANGUAGES: [&str; 10] = [
    "inputTransform",
    "outputTransform",
    "errorTransform",
    "output",
    "records",
    "transform",
    "query",
    "statement",
    "condition",
    "expr",
];

fn check(cx: &mut Cx<'_>, _: &Place<'_>, key: Option<&str>, node: &Node, scalar: &Scalar) {
    let text = scalar.text.trim();
    if key.is_some_and(|key| OTHER_LANGUAGES.contains(&key)) || !looks_like_code(text) {
        return;
    }
    let Ok(expression) = Expression::parse(text) else { return };
    if !is_certain(&expression, text) || !cx.is_sound(node.span) {
        return;
    }
    let blanks = scalar.text.len() - scalar.text.trim_start().len();
    let written = scalar.span_of(node.span, blanks..blanks + text.len(), cx.text(node.span.file));
    let finding = cx
        .finding(
            written,
            format!("`{}` is shown as it stands, because it does not begin with `=`", clipped(text)),
        )
        .help("put a `=` before it")
        .fix(Fix::safe("add the `=`", Span { end: written.start, ..written }, "="));
    cx.report(finding);
}

fn looks_like_code(text: &str) -> bool {
    text.contains("@ctx.") || (text.starts_with('$') && text.ends_with(')'))
}

/// A price or a name in a sentence may begin like an expression; a path below `@ctx` or a known
/// function does not come about by chance.
fn is_certain(expression: &Expression, text: &str) -> bool {
    let references = expression.references();
    let is_function = |name: &str| FUNCTIONS.iter().any(|function| function.name == name);
    let calls = references.calls.iter().any(|call| is_function(&call.name) && call.range.start == 0);
    !references.paths.is_empty() || (text.starts_with('$') && calls)
}

fn clipped(text: &str) -> String {
    const MOST: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= MOST {
        return line.to_owned();
    }
    line.chars().take(MOST).chain(['…']).collect()
}
