//! A scope that a second tap starts again while it runs.

use std::collections::BTreeSet;

use crate::action::{ActionNode, SyncRole};
use crate::app::Placed;
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::lint::guards::{is_open, looks_itself};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unguarded-scope",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a scope can be started while it is running",
        docs: PAGE,
    },
    checks: &[Check::RootAction(check)],
};

const PAGE: &str = "\
Finds `action.start-sync-scope` that a user can trigger at any time, with nothing on the way that could
hold it back: no `when`, no `condition`, no `ifRunning: skip`, no button that is hidden or disabled
meanwhile. A guard that asks for the network or the user only does not hold back a second start. `onLoad` runs
once and is not reported.

Two quick taps, or returning to the screen, start the scope again over the syncs that still run: the same
tables are fetched twice at once and the counters no longer fit.

```yaml wrong
# databases/default.jigx
tables:
  tasks: null
# jigs/home.jigx
title: Home
type: jig.default
onRefresh:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: morning-load
        options:
          instanceIds: [pull-tasks]
      - type: action.sync-entities
        instanceId: pull-tasks
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/tasks]
```

```yaml right
# databases/default.jigx
tables:
  tasks: null
# jigs/home.jigx
title: Home
type: jig.default
onRefresh:
  type: action.action-list
  condition:
    scope: { id: morning-load, isNot: syncing }
  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: morning-load
        options:
          instanceIds: [pull-tasks]
      - type: action.sync-entities
        instanceId: pull-tasks
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/tasks]
```

The guard of the format itself is
`when: =@ctx.datasources.scopes[id = 'morning-load'].state = 'syncing' ? false : true` with a datasource
that reads `_syncScope`.
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, root: &Placed) {
    let global = place.screen.is_none().then_some(place.id);
    let mut starts = Vec::new();
    root.action.visit(&mut |action| {
        if matches!(action.body.sync(), Some(SyncRole::Scope(_))) {
            starts.push(action);
        }
    });
    for start in starts {
        let free = match global {
            Some(id) if is_free(cx, root, start) => free_call(cx, id, &mut BTreeSet::new()).map(Some),
            None if is_free(cx, root, start) => Some(None),
            _ => None,
        };
        if let Some(call) = free {
            report(cx, start, call);
        }
    }
}

fn report(cx: &mut Cx<'_>, start: &ActionNode, call: Option<Span>) {
    let id = start.instance_id.as_ref().map_or("the scope", |id| id.value.as_str());
    let help = format!(
        "add `condition: {{ scope: {{ id: {id}, isNot: syncing }} }}` to the list, or `ifRunning: skip`"
    );
    let finding = cx
        .finding(start.type_name.span, format!("`{id}` can be started again while it is still running"))
        .help(help);
    cx.report(match call {
        Some(call) => finding.label(call, "called from here, without a guard"),
        None => finding,
    });
}

/// A call of a global action that nothing holds back.
fn free_call<'a>(cx: &Cx<'a>, id: &str, seen: &mut BTreeSet<&'a str>) -> Option<Span> {
    for call in cx.triggers().calls(id) {
        if !is_free(cx, call.root, call.action) {
            continue;
        }
        match call.inside {
            None => return Some(call.action.type_name.span),
            Some(outer) if seen.insert(outer) && free_call(cx, outer, seen).is_some() => {
                return Some(call.action.type_name.span);
            }
            Some(_) => {}
        }
    }
    None
}

/// Whether nothing between the root and the action can hold it back.
fn is_free(cx: &Cx<'_>, root: &Placed, action: &ActionNode) -> bool {
    if root.event.as_deref() == Some("onLoad") {
        return false;
    }
    let options = cx.node(action).and_then(|node| node.get("options"));
    is_open(cx, root, action) && !options.is_some_and(looks_itself)
}
