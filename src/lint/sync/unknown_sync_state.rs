//! A state that no row ever has.

use crate::action::ActionNode;
use crate::app::Found;
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::lint::query::{Language, Statement};
use crate::lint::rule::{Check, Rule};
use crate::lint::tracked::{Compared, Tracked, compared, compared_in_sql};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-sync-state",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a state is compared with a word that no scope or status ever has",
        docs: PAGE,
    },
    checks: &[Check::Expression(check), Check::Action(check_formula), Check::Statement(check_query)],
};

const PAGE: &str = "\
Finds texts that the `state` of `_syncScope` or `_syncStatus` is compared with and that are no state: in
expressions, in formulas of a `condition:` and in the queries that read these tables.

The states are `syncing`, `synced`, `failed` and `interrupted`; in a `condition:` also `none`, for a scope or table
without a row. Any other word is never equal, so the branch behind it is dead.

```yaml wrong
# databases/default.jigx
tables:
  tasks: null
# datasources/scopes.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [_syncScope]
  query: SELECT id, state, timestamp FROM [_syncScope]
# jigs/home.jigx
title: =@ctx.datasources.scopes[id = 'load'].state = 'done' ? 'Ready' :'Loading'
type: jig.default
# actions/load.jigx
action:
  type: action.start-sync-scope
  instanceId: load
  options:
    instanceIds: [pull]
# index.jigx
title: Tasks
onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.execute-action
        options: { action: load }
      - type: action.sync-entities
        instanceId: pull
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/tasks]
```

```yaml right
# databases/default.jigx
tables:
  tasks: null
# datasources/scopes.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [_syncScope]
  query: SELECT id, state, timestamp FROM [_syncScope]
# jigs/home.jigx
title: =@ctx.datasources.scopes[id = 'load'].state = 'synced' ? 'Ready' :'Loading'
type: jig.default
# actions/load.jigx
action:
  type: action.start-sync-scope
  instanceId: load
  options:
    instanceIds: [pull]
# index.jigx
title: Tasks
onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.execute-action
        options: { action: load }
      - type: action.sync-entities
        instanceId: pull
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/tasks]
```
";

/// The state of a scope or table without a row, in conditions only.
const NONE: &str = "none";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    if !found.expression.text().contains("state") {
        return;
    }
    for compared in compared(cx, place, found) {
        if is_no_state(&compared) {
            let span = cx.part(place, found.span, compared.range.clone());
            report(cx, span, &compared.text);
        }
    }
}

fn check_query(cx: &mut Cx<'_>, statement: &Statement<'_>) {
    let items = statement.lister.0.get(statement.lister.1).map_or(&[][..], Node::items);
    let [only] = items else { return };
    let Some(table) = only.as_str().and_then(Tracked::of) else { return };
    if statement.language == Language::Server {
        return;
    }
    for compared in compared_in_sql(table, "state", &statement.scalar.text) {
        if is_no_state(&compared) {
            let span = statement.part(cx, compared.range.clone());
            report(cx, span, &compared.text);
        }
    }
}

fn check_formula(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    for state in &action.guard.states {
        let text = state.value.as_str();
        if text != NONE && !Tracked::STATES.contains(&text) {
            report(cx, state.span, text);
        }
    }
}

fn is_no_state(compared: &Compared) -> bool {
    compared.column == "state" && !Tracked::STATES.contains(&compared.text.as_str())
}

fn report(cx: &mut Cx<'_>, span: Span, text: &str) {
    let finding = cx.finding(span, format!("no scope or status ever has the state `{text}`"));
    let known = format!("the states are `{}`", Tracked::STATES.join("`, `"));
    let help = if text == NONE {
        format!("without a row there is no state to compare; {known}")
    } else {
        cx.did_you_mean(text, Tracked::STATES).unwrap_or(known)
    };
    cx.report(finding.help(help));
}
