//! A member of a scope that does not run any more when the scope has started.

use std::collections::BTreeSet;

use crate::action::{ActionNode, SyncRole, UseKind};
use crate::app::{DefinedBy, Placed};
use crate::diag::{Group, RuleInfo, Severity, Spanned};
use crate::lint::rule::{Check, Rule};
use crate::lint::sequence::scope_name;
use crate::lint::triggers::{Moment, Root};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "member-never-runs",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a scope waits for a sync that is over, or never called, once the scope starts",
        docs: PAGE,
    },
    checks: &[Check::RootAction(check)],
};

const PAGE: &str = "\
Finds members of a scope whose sync never runs after the scope was started: the sync stands in a global action
that nothing calls, or only under `onLoad` of the index while the scope is started later.

Starting a scope runs nothing. It waits for its members, and one that does not run leaves it `syncing` for
ever; a guard that waits for it blocks every later sync.

```yaml wrong
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  instanceId: pull-tasks
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: [default/tasks]
onRefresh:
  type: action.start-sync-scope
  instanceId: morning-load
  condition: { scope: { id: morning-load, isNot: syncing } }
  options:
    instanceIds: [pull-tasks]
```

```yaml right
# index.jigx
title: Tasks
onRefresh:
  type: action.action-list
  condition: { scope: { id: morning-load, isNot: syncing } }
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

An app in which an expression chooses the action to call is not checked.
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, root: &Placed) {
    let mut starts = Vec::new();
    let mut syncs = BTreeSet::new();
    root.action.visit(&mut |action| match (action.body.sync(), &action.instance_id) {
        (Some(SyncRole::Scope(members)), _) => starts.push((action, members)),
        (Some(SyncRole::Member), Some(id)) => _ = syncs.insert(id.value.as_str()),
        _ => {}
    });
    if starts.is_empty() {
        return;
    }
    let Some(started) = cx.triggers().moments(Root::of(place, root)).filter(|moments| !moments.is_empty())
    else {
        return;
    };
    for (start, members) in starts {
        for member in members.iter().filter(|member| !syncs.contains(member.value.as_str())) {
            look(cx, start, member, &started);
        }
    }
}

/// Looks when the syncs of a member run that do not stand beside the start.
fn look(cx: &mut Cx<'_>, start: &ActionNode, member: &Spanned<String>, started: &BTreeSet<Moment>) {
    let id = member.value.as_str();
    let definitions = cx.project.index.definitions(UseKind::Member, id);
    let is_action = |by: DefinedBy| by == DefinedBy::InstanceId;
    let Some(first) = definitions.first().filter(|_| definitions.iter().all(|found| is_action(found.by)))
    else {
        return;
    };
    let triggers = cx.triggers();
    let known: Option<Vec<_>> = triggers.syncs(id).iter().map(|root| triggers.moments(*root)).collect();
    let Some(moments) = known.map(|moments| moments.into_iter().flatten().collect::<BTreeSet<_>>()) else {
        return;
    };
    let message = if moments.is_empty() {
        format!("nothing runs the sync `{id}`, so `{}` waits for it for ever", scope_name(start))
    } else if moments == BTreeSet::from([Moment::Load]) && !started.contains(&Moment::Load) {
        format!(
            "the sync `{id}` runs at the start of the app only, before `{}` waits for it",
            scope_name(start)
        )
    } else {
        return;
    };
    if cx.may_be_defined(UseKind::Member, id) {
        return;
    }
    let finding = cx
        .finding(member.span, message)
        .label(first.span, "the sync")
        .help("run the sync after the scope's start, in the same list");
    cx.report(finding);
}
