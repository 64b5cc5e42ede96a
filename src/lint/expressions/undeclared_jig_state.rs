//! A key of a jig's state that the jig does not declare.

use crate::action::ActionNode;
use crate::app::FileKind;
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::expr::is_expression;
use crate::lint::names::JIG_STATES;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "undeclared-jig-state",
        group: Group::Expressions,
        severity: Severity::Error,
        summary: "an action sets a state that its jig does not declare",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds keys under `changes:` of `action.set-jig-state` and `action.reset-jig-state` in a jig whose `state:` has
no such key.

The phone refuses to set a state that the jig does not declare.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
state:
  step:
    initialValue: 1
onFocus:
  type: action.set-jig-state
  options:
    changes:
      stage: 2
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
state:
  step:
    initialValue: 1
onFocus:
  type: action.set-jig-state
  options:
    changes:
      step: 2
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    let is_ours = matches!(&*action.type_name.value, "action.set-jig-state" | "action.reset-jig-state");
    let node = cx.node(action).filter(|_| is_ours);
    let Some(changes) = node.and_then(|node| node.at("/options/changes")) else { return };
    let keys = changes.entries().iter().map(|entry| (&*entry.key.text, entry.key_span));
    let names = changes.items().iter().filter_map(|item| Some((item.as_str()?, item.span)));
    for (key, span) in keys.chain(names).filter(|(key, _)| !is_expression(key)) {
        undeclared(cx, place, key, span);
    }
}

fn undeclared(cx: &mut Cx<'_>, place: &Place<'_>, key: &str, span: Span) {
    // Elsewhere it is not known whose state is meant.
    let Some(screen) = place.screen.filter(|_| place.kind == FileKind::Jig) else { return };
    let declared = screen.state.contains_key(key) || JIG_STATES.contains(&key);
    if declared || cx.may_be_key(place, "state", key) {
        return;
    }
    let help = cx
        .did_you_mean(key, screen.state.keys().map(String::as_str))
        .unwrap_or_else(|| format!("declare it: `state:` with `{key}:` and `initialValue:`"));
    let finding = cx.finding(span, format!("the jig does not declare the state `{key}`")).help(help);
    cx.report(finding);
}
