//! A state that is set where no state is.

use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{Expression, is_expression};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "state-target",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "`state` of an action does not lead to a state",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds `action.set-state` and `action.reset-state` whose option `state` is not a path to a state. It says which
state is meant and is not evaluated: `=@ctx.solution.state.city`, `=@ctx.components.city.state.value`. Anything
else has no effect.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.set-state
  options:
    state: =@ctx.solution.city
    value: Oslo
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.set-state
  options:
    state: =@ctx.solution.state.city
    value: Oslo
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    if !matches!(action.type_name.value.as_str(), "action.set-state" | "action.reset-state") {
        return;
    }
    let Some(state) = cx.node(action).and_then(|node| node.at("/options/state")) else { return };
    let Some(text) = state.as_str().filter(|text| is_expression(text)) else { return };
    let Ok(expression) = Expression::parse(text) else { return };
    if leads_to_state(&expression) || has_unknown_root(&expression) {
        return;
    }
    let finding = cx
        .finding(state.span, format!("`{}` leads to no state", shown(text)))
        .help("write the path of a state, such as `=@ctx.solution.state.city`");
    cx.report(finding);
}

/// Whether a state is among the places that an expression names; what it does with them is not judged.
fn leads_to_state(expression: &Expression) -> bool {
    let references = expression.references();
    let is_state = |name: &Option<String>| name.as_deref().is_none_or(|name| name == "state");
    let mut paths = references.paths.iter();
    !references.variables.is_empty()
        || paths.any(|path| path.segments.iter().any(|step| is_state(&step.name)))
}

/// A root that does not exist is told where it stands.
fn has_unknown_root(expression: &Expression) -> bool {
    const HOLDERS: [&str; 6] = ["solution", "components", "component", "jig", "jigs", "current"];
    let root = |path: &crate::expr::ContextPath| path.segments.first().and_then(|step| step.name.clone());
    let mut roots = expression.references().paths.iter().filter_map(root);
    roots.any(|root| crate::diag::closest(&root, HOLDERS).is_some_and(|holder| holder != root))
}

fn shown(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default()
}
