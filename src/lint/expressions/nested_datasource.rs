//! A datasource that is searched once for each row of another.

use crate::app::Found;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{ExprKind, ExprNode};
use crate::lint::formula::{called, plain_path};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "nested-datasource",
        group: Group::Expressions,
        severity: Severity::Info,
        summary: "a datasource is searched for each row of another one",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds expressions that go through the rows of one datasource and look for rows of another with `[…]` in each.

With a thousand rows in both, that is a million comparisons, each time one of them changes. A query that joins
the tables gives the same at once.

```yaml wrong
# jigs/home.jigx
title: =$count(@ctx.datasources.orders[$count(@ctx.datasources.customers[id = '1']) > 0])
type: jig.default
datasources:
  orders: { type: datasource.static, options: { data: [{ id: 1, customer: 1 }] } }
  customers: { type: datasource.static, options: { data: [{ id: 1 }] } }
```

```yaml right
# jigs/home.jigx
title: =( $found := $count(@ctx.datasources.customers[id = '1']) > 0; $count(@ctx.datasources.orders[$found]) )
type: jig.default
datasources:
  orders: { type: datasource.static, options: { data: [{ id: 1, customer: 1 }] } }
  customers: { type: datasource.static, options: { data: [{ id: 1 }] } }
```
";

/// Functions that call another one for each item.
const EACH: [&str; 5] = ["map", "filter", "reduce", "sift", "single"];

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    let references = found.expression.references();
    if references.below(&["datasources"]).nth(1).is_none() {
        return;
    }
    let mut inner = None;
    found.expression.root().visit(&mut |node| {
        if inner.is_none() {
            inner = repeated(found, node).into_iter().find_map(search);
        }
    });
    if let Some(search) = inner {
        let message = "this search in a datasource is done again for each row of another one";
        let finding = cx
            .finding(cx.part(place, found.span, search.bytes.range()), message)
            .help("join the tables in the query of a datasource");
        cx.report(finding);
    }
}

/// What is evaluated for each row of a datasource.
fn repeated<'a>(found: &Found, node: &'a ExprNode) -> Vec<&'a ExprNode> {
    match &node.kind {
        ExprKind::Path(left, right) if is_datasources(left) => searches(right),
        ExprKind::Path(left, right) if is_rows(left) => vec![right],
        ExprKind::Call(callee, arguments) => {
            let is_each = called(found, callee).is_some_and(|name| EACH.contains(&name));
            match &arguments[..] {
                [rows, function, ..] if is_each && is_rows(rows) => vec![function],
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// Whether it gives the rows of a datasource or something of each, perhaps many.
fn is_rows(node: &ExprNode) -> bool {
    match &node.kind {
        ExprKind::Path(left, right) => (is_datasources(left) && !picks_one(right)) || is_rows(left),
        _ => false,
    }
}

/// `@ctx.datasources`
fn is_datasources(node: &ExprNode) -> bool {
    matches!(plain_path(node).as_deref(), Some(["datasources"]))
}

/// The predicates of a step that compare something.
fn searches(step: &ExprNode) -> Vec<&ExprNode> {
    match &step.kind {
        ExprKind::Filter(of, predicate) => {
            let mut all = searches(of);
            all.extend((!is_number(predicate)).then_some(&**predicate));
            all
        }
        ExprKind::KeepArray(of) | ExprKind::Index(of, _) | ExprKind::Focus(of, _) | ExprKind::Sort(of, _) => {
            searches(of)
        }
        _ => Vec::new(),
    }
}

/// Whether a step ends in a number as predicate.
fn picks_one(step: &ExprNode) -> bool {
    matches!(&step.kind, ExprKind::Filter(_, predicate) if is_number(predicate))
}

fn is_number(predicate: &ExprNode) -> bool {
    matches!(predicate.kind, ExprKind::Number(_) | ExprKind::Negate(_))
}

/// The first search in a datasource within.
fn search(node: &ExprNode) -> Option<&ExprNode> {
    let mut first = None;
    node.visit(&mut |inner| {
        if let ExprKind::Path(left, right) = &inner.kind
            && is_datasources(left)
            && !searches(right).is_empty()
        {
            first = first.or(Some(inner));
        }
    });
    first
}
