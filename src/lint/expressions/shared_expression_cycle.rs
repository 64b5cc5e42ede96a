//! Shared expressions that need one another.

use std::collections::HashMap;

use crate::app::Screen;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{ExprKind, Expression};
use crate::lint::cycles::circles;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "shared-expression-cycle",
        group: Group::Expressions,
        severity: Severity::Error,
        summary: "a shared expression is made from itself",
        docs: PAGE,
    },
    checks: &[Check::Screen(check)],
};

const PAGE: &str = "\
Finds shared expressions that read themselves, directly or through others. Functions may call themselves.

None of them can have a value: what uses them is missing.

```yaml wrong
# index.jigx
title: Tasks
expressions:
  total: =$sum($prices)
  prices: =[$total, 1]
```

```yaml right
# index.jigx
title: Tasks
expressions:
  total: =$sum($prices)
  prices: =[2, 1]
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, screen: &Screen) {
    let names: Vec<&str> = screen.shared.keys().map(String::as_str).collect();
    let numbers: HashMap<&str, usize> = names.iter().enumerate().map(|(n, name)| (*name, n)).collect();
    let next: Vec<Vec<usize>> =
        screen.shared.values().map(|expression| needs(expression, &numbers)).collect();
    for circle in circles(&next) {
        let circle: Vec<&str> = circle.into_iter().map(|n| names[n]).collect();
        report(cx, screen, &circle);
    }
}

/// The shared expressions of the same screen that one needs for its value. The index knows no others, and
/// what a jig takes from the index leads back to no jig.
fn needs(expression: &Expression, numbers: &HashMap<&str, usize>) -> Vec<usize> {
    if matches!(expression.root().kind, ExprKind::Lambda { .. }) {
        return Vec::new();
    }
    let references = expression.references();
    let variables = references.variables.iter().map(|variable| variable.name.as_str());
    let paths = references.below(&["expressions"]).filter_map(|path| path.segments.get(1)?.name.as_deref());
    variables.chain(paths).filter_map(|name| numbers.get(name).copied()).collect()
}

fn report(cx: &mut Cx<'_>, screen: &Screen, circle: &[&str]) {
    let Some((first, span)) =
        circle.first().and_then(|name| Some((*name, *screen.shared_places.get(*name)?)))
    else {
        return;
    };
    let others: Vec<String> = circle[1..].iter().map(|name| format!("`{name}`")).collect();
    let message = if others.is_empty() {
        format!("the shared expression `{first}` reads itself")
    } else {
        format!(
            "the shared expression `{first}` needs itself for its value, through {}",
            others.join(" and ")
        )
    };
    let mut finding = cx.finding(span, message).help("take one of them out of the circle");
    for name in &circle[1..] {
        if let Some(place) = screen.shared_places.get(*name) {
            finding = finding.label(*place, "part of the circle");
        }
    }
    cx.report(finding);
}
