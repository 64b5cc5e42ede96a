//! A column that the tables of syncs do not have.

use crate::diag::{Fix, Group, RuleInfo, Severity, closest};
use crate::lint::Cx;
use crate::lint::query::Statement;
use crate::lint::rule::{Check, Rule};
use crate::lint::tracked::Tracked;
use crate::store::MistakeKind;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-sync-column",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a query names a column that `_syncScope` or `_syncStatus` does not have",
        docs: PAGE,
    },
    checks: &[Check::Statement(check)],
};

const PAGE: &str = "\
Finds names in queries on `_syncScope` and `_syncStatus` that are no columns of theirs.

These tables have real columns and no JSON. `_syncScope`: id, state, notStarted, syncing, failed, synced,
lastStartedAt, lastFailedAt, lastSyncedAt, details, timestamp. `_syncStatus`: id, provider, entity, functionId, state,
timestamp, error. The phone shows an error in place of the screen.

```yaml wrong
# datasources/scopes.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [_syncScope]
  query: SELECT id, state, lastSynced FROM [_syncScope]
```

```yaml right
# datasources/scopes.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [_syncScope]
  query: SELECT id, state, lastSyncedAt FROM [_syncScope]
```
";

fn check(cx: &mut Cx<'_>, statement: &Statement<'_>) {
    let Some(compiled) = statement.compiled(cx) else { return };
    let Some(mistake) = &compiled.mistake else { return };
    let MistakeKind::Column(column) = &mistake.kind else { return };
    let tables: Vec<Tracked> = compiled.named.iter().filter_map(|name| Tracked::of(name)).collect();
    let open = compiled.named.iter().any(|name| Tracked::of(name).is_none() && name.starts_with('_'));
    let Some(first) = tables.first().filter(|_| !open) else { return };
    let span = statement.part(cx, mistake.range.clone());
    let columns = || tables.iter().flat_map(|table| table.columns().iter().copied());
    let message = match (tables.len(), compiled.named.len()) {
        (1, 1) => format!("`{}` has no column `{column}`", first.name()),
        _ => mistake.message.clone(),
    };
    let finding = cx.finding(span, message);
    cx.report(match closest(column, columns()) {
        Some(near) => {
            let (span, text) = statement.edit(cx, mistake.range.clone(), near);
            let whole = statement.scalar.text.get(mistake.range.clone()) == Some(column);
            let finding = finding.help(format!("did you mean `{near}`?"));
            if whole { finding.fix(Fix::risky(format!("write `{near}`"), span, text)) } else { finding }
        }
        None => finding.help(format!("it has {}", columns().collect::<Vec<_>>().join(", "))),
    });
}
