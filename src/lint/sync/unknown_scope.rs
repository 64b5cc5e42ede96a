//! A scope that nothing starts.

use crate::action::{ActionNode, UseKind};
use crate::app::Found;
use crate::diag::{Diagnostic, Group, RuleInfo, Severity, Span};
use crate::lint::rule::{Check, Rule};
use crate::lint::tracked::{Tracked, compared};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-scope",
        group: Group::Sync,
        severity: Severity::Error,
        summary: "a condition or an action names a scope that nothing starts",
        docs: PAGE,
    },
    checks: &[Check::Action(check), Check::Expression(check_expression)],
};

const PAGE: &str = "\
Finds scope ids in `condition:` blocks, in `action.delete-sync-scope` and in expressions that look for a row of
`_syncScope` (`[id = 'morning-load']`), that are not the `instanceId` of any `action.start-sync-scope` of the app.

Such a scope has no row, so its state is always `none`: a guard that asks whether it is syncing lets
everything through. Deleting a scope that nothing starts is a warning.

```yaml wrong
# index.jigx
title: Tasks
onFocus:
  type: action.action-list
  condition:
    scope: { id: morning, isNot: syncing }
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
# index.jigx
title: Tasks
onFocus:
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

An app in which a scope is started under an id that is an expression is not checked.
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    for scope in &action.guard.scopes {
        if let Some(finding) = unknown(cx, &scope.value, scope.span) {
            let why =
                "a scope that nothing starts has the state `none`, so the condition does not guard anything";
            let finding = if finding.help.is_none() { finding.help(why) } else { finding };
            cx.report(finding);
        }
    }
    for used in action.uses.iter().filter(|used| used.kind == UseKind::Scope) {
        // The scope may be one of an earlier version of the app, and deleting nothing does no harm.
        if let Some(finding) = unknown(cx, &used.id, used.span) {
            cx.report(Diagnostic { severity: Severity::Warning, ..finding });
        }
    }
}

fn check_expression(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    // The part of a file that is not there yet may start the scope.
    if !found.expression.text().contains("id") || !cx.is_all_read() {
        return;
    }
    for compared in compared(cx, place, found) {
        if compared.table != Tracked::Scope || compared.column != "id" {
            continue;
        }
        let span = cx.part(place, found.span, compared.range.clone());
        if let Some(finding) = unknown(cx, &compared.text, span) {
            let why = "a scope that nothing starts has no row, so this finds nothing";
            let finding = if finding.help.is_none() { finding.help(why) } else { finding };
            cx.report(finding);
        }
    }
}

fn unknown(cx: &Cx<'_>, id: &str, span: Span) -> Option<Diagnostic> {
    let misspelt = || cx.named(id).iter().any(|named| named.may_be("action.start-sync-scope"));
    cx.unknown_id(UseKind::Scope, id, span, "sync scope").filter(|_| !misspelt())
}
