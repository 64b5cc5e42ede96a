//! `condition ? value` where a value is needed.

use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{ExprKind, ExprNode, Expression, is_expression};
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "choice-without-else",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "an option that an action needs has a value in one case only",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds `condition ? value` without `: other` at options that an action cannot do without, such as `linkTo`.
Actions with a `when` or `isHidden`, of their own or of something around them, are not checked.

Without the condition the option has no value, and the action fails or does nothing.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.open-url
  options:
    url: =@ctx.user.isVerified ? 'https://example.com/news'
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.open-url
  options:
    url: =@ctx.user.isVerified ? 'https://example.com/news' :'https://example.com/verify'
```
";

/// Options that actions of these types need (actions.md).
const NEEDED: [(&str, &[&str]); 8] = [
    ("action.go-to", &["linkTo"]),
    ("action.execute-action", &["action"]),
    ("action.execute-entity", &["provider", "entity", "method"]),
    ("action.execute-entities", &["provider", "entity", "method"]),
    ("action.submit-form", &["formId", "provider", "entity", "method"]),
    ("action.open-url", &["url"]),
    ("action.open-map", &["address"]),
    ("action.set-active-tab", &["id"]),
];

fn check(cx: &mut Cx<'_>, _: &Place<'_>, branch: &Branch<'_>) {
    let Some((_, keys)) = NEEDED.iter().find(|(name, _)| *name == branch.type_name()) else { return };
    let Some(options) = branch.node.get("options") else { return };
    let around = branch.outer.iter().map(|(_, node)| *node).chain([branch.node, options]);
    if { around }.any(is_conditional) {
        return;
    }
    for key in *keys {
        let Some(node) = options.get(key) else { continue };
        let Some(text) = node.as_str().filter(|text| is_expression(text) && text.contains('?')) else {
            continue;
        };
        if Expression::parse(text).is_ok_and(|expression| lacks_else(expression.root())) {
            let finding = cx
                .finding(node.span, format!("`{key}` has no value when the condition does not hold"))
                .help("add `: other`, or put the condition into `when` of the action");
            cx.report(finding);
        }
    }
}

fn is_conditional(node: &Node) -> bool {
    node.get("when").is_some() || node.get("isHidden").is_some()
}

fn lacks_else(node: &ExprNode) -> bool {
    match &node.kind {
        ExprKind::Condition { otherwise: None, .. } => true,
        ExprKind::Condition { otherwise: Some(otherwise), .. } => lacks_else(otherwise),
        ExprKind::Block(items) => items.last().is_some_and(lacks_else),
        _ => false,
    }
}
