//! A guard with a gap between looking and starting.

use crate::action::{ActionNode, SyncRole};
use crate::app::{Origin, Placed};
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::expr::Template;
use crate::lint::edit::with_key;
use crate::lint::guards::{looks_itself, way};
use crate::lint::rule::{Check, Rule};
use crate::lint::sequence::scope_name;
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "racy-guard",
        group: Group::Sync,
        severity: Severity::Info,
        summary: "two quick taps can both pass the guard of a scope",
        docs: PAGE,
    },
    checks: &[Check::RootAction(check)],
};

const PAGE: &str = "\
Finds scopes that are guarded by a `when` over a datasource that reads `_syncScope`.

The guard is right, and still has a gap: it is evaluated before the scope starts, so two quick taps, or two
processes, can both find the scope idle. `ifRunning: skip` at the start, an addition of syncscope, looks and
starts in one step. `onLoad` runs once and is not reported.

```yaml wrong
# datasources/scopes.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [_syncScope]
  query: SELECT id, state, timestamp FROM [_syncScope]
# index.jigx
title: Tasks
onRefresh:
  type: action.action-list
  when: =@ctx.datasources.scopes[id = 'morning-load'].state = 'syncing' ? false :true
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
# datasources/scopes.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [_syncScope]
  query: SELECT id, state, timestamp FROM [_syncScope]
# index.jigx
title: Tasks
onRefresh:
  type: action.action-list
  when: =@ctx.datasources.scopes[id = 'morning-load'].state = 'syncing' ? false :true
  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: morning-load
        options:
          ifRunning: skip
          instanceIds: [pull-tasks]
      - type: action.sync-entities
        instanceId: pull-tasks
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/tasks]
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, root: &Placed) {
    if root.event.as_deref() == Some("onLoad") {
        return;
    }
    let mut path = Vec::new();
    guarded(cx, place, root, &root.action, &mut path);
}

/// Follows the actions down to the starts, with the guards on the way.
fn guarded<'r>(
    cx: &mut Cx<'_>,
    place: &Place<'_>,
    root: &Placed,
    action: &'r ActionNode,
    path: &mut Vec<&'r ActionNode>,
) {
    path.push(action);
    if matches!(action.body.sync(), Some(SyncRole::Scope(_)))
        && let Some(guard) = path.iter().find(|outer| reads_scopes(cx, place, outer))
    {
        report(cx, root, action, guard);
    }
    let inside = action.body.children().into_iter().chain(action.success.as_deref()).chain(&action.others);
    inside.for_each(|inner| guarded(cx, place, root, inner, path));
    path.pop();
}

fn report(cx: &mut Cx<'_>, root: &Placed, start: &ActionNode, guard: &ActionNode) {
    let options = way(cx, root, start).and_then(|way| way.last()?.get("options"));
    let (Some(options), Some(when)) = (options, &guard.guard.when) else { return };
    if looks_itself(options) || cx.has_stray_key(options) {
        return;
    }
    let message = format!("two quick taps can both pass this guard and start `{}` twice", scope_name(start));
    let finding = cx
        .finding(when.span, message)
        .label(start.type_name.span, "started here")
        .help("add `ifRunning: skip` to the options of the start, which looks and starts in one step");
    cx.report(match with_key(options, "ifRunning", "skip", cx.text(start.span.file)) {
        Some((span, text)) => finding.fix(Fix::risky("add `ifRunning: skip`", span, text)),
        None => finding,
    });
}

/// Whether the guard of an action reads a datasource over the scopes.
fn reads_scopes(cx: &Cx<'_>, place: &Place<'_>, action: &ActionNode) -> bool {
    let Some(Template::Expression(when)) = action.guard.when.as_ref().map(|when| &when.value) else {
        return false;
    };
    let references = when.references();
    let mut ids = references.below(&["datasources"]).filter_map(|path| path.segments.get(1)?.name.as_deref());
    ids.any(|id| {
        cx.datasource(place, id).is_some_and(|found| match &found.origin {
            Origin::Sqlite(sqlite) => sqlite.entities.iter().any(|used| used.entity.value == "_syncScope"),
            _ => false,
        })
    })
}
