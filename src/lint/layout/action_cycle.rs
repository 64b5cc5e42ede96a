//! Global actions that run each other without end.

use std::collections::BTreeMap;

use crate::action::{ActionNode, UseKind};
use crate::app::Placed;
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::lint::Cx;
use crate::lint::cycles::circles;
use crate::lint::guards::is_open;
use crate::lint::rule::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "action-cycle",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "global actions run each other without end",
        docs: PAGE,
    },
    checks: &[Check::App(check)],
};

const PAGE: &str = "\
Finds files under `actions/` that run each other in a circle, or themselves, with nothing on the way that could
end it: no `when`, no `condition`, no question. The app hangs, and what the actions fetch is fetched for ever.

```yaml wrong
# actions/load.jigx
action:
  type: action.execute-action
  options:
    action: refresh
# actions/refresh.jigx
action:
  type: action.execute-action
  options:
    action: load
```

```yaml right
# actions/load.jigx
action:
  type: action.execute-action
  options:
    action: refresh
# actions/refresh.jigx
action:
  type: action.go-back
```
";

fn check(cx: &mut Cx<'_>) {
    let ids: Vec<&str> = cx.project.actions.keys().collect();
    let number = |id: &str| ids.binary_search(&id).ok();
    let calls: Vec<Vec<Call<'_>>> =
        cx.project.actions.values().map(|action| calls(cx, &action.placed)).collect();
    let next: Vec<Vec<usize>> =
        calls.iter().map(|calls| calls.iter().filter_map(|call| number(call.id)).collect()).collect();
    for part in circles(&next) {
        let inside = |call: &&Call<'_>| number(call.id).is_some_and(|to| part.binary_search(&to).is_ok());
        let within: BTreeMap<&str, Call<'_>> =
            part.iter().filter_map(|n| Some((ids[*n], *calls[*n].iter().find(inside)?))).collect();
        report(cx, &way_round(&within));
    }
}

/// A circle among actions of which each has a call of another one.
fn way_round<'a>(calls: &BTreeMap<&'a str, Call<'a>>) -> Vec<Call<'a>> {
    let mut way: Vec<Call<'a>> = Vec::new();
    let mut met = BTreeMap::new();
    let mut next = calls.values().next();
    while let Some(call) = next {
        if let Some(start) = met.insert(call.id, way.len()) {
            return way.split_off(start + 1).into_iter().chain([*call]).collect();
        }
        way.push(*call);
        next = calls.get(call.id);
    }
    way
}

/// How many calls of a long circle are shown.
const SHOWN: usize = 8;

/// A call of a global action.
#[derive(Clone, Copy)]
struct Call<'a> {
    id: &'a str,
    span: Span,
}

fn report(cx: &mut Cx<'_>, cycle: &[Call<'_>]) {
    let Some((last, others)) = cycle.split_last() else { return };
    let message = match others {
        [] => format!("the action `{}` runs itself without end", last.id),
        _ => format!("the action `{}` ends up running itself", last.id),
    };
    let finding = cx.finding(last.span, message).help("give one of the calls a `when`, or leave it out");
    let labels = others.iter().take(SHOWN);
    let finding =
        labels.fold(finding, |finding, call| finding.label(call.span, format!("runs `{}`", call.id)));
    cx.report(finding);
}

/// The global actions that an action runs for sure.
fn calls<'a>(cx: &Cx<'a>, root: &'a Placed) -> Vec<Call<'a>> {
    let mut found = Vec::new();
    gather(cx, root, &root.action, &mut found);
    found
}

fn gather<'a>(cx: &Cx<'_>, root: &'a Placed, action: &'a ActionNode, found: &mut Vec<Call<'a>>) {
    let used = action.uses.iter().filter(|used| used.kind == UseKind::Action);
    if is_open(cx, root, action) {
        found.extend(used.map(|used| Call { id: &used.id, span: used.span }));
    }
    // What a person has to answer or to press ends the circle.
    if action.type_name.value == "action.action-list" {
        action.body.children().into_iter().for_each(|inner| gather(cx, root, inner, found));
    }
    if let Some(success) = &action.success {
        gather(cx, root, success, found);
    }
}
