//! A datasource that fetches by itself.

use crate::action::ProviderKind;
use crate::app::{Datasource, Origin};
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "fetching-datasource",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a datasource calls a function by itself",
        docs: PAGE,
    },
    checks: &[Check::Datasource(check)],
};

const PAGE: &str = "\
Finds `datasource.sqlite` with a remote provider and a `function` in its `entities`.

Such a datasource calls the function whenever it loads: nobody can hold it back, refresh it or show how far it
is, and offline it fails. This form is deprecated since 2022. Fetch the table with `action.sync-entities`, and
let the datasource read it with `DATA_PROVIDER_LOCAL`.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
# datasources/tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_REST
  entities:
    - entity: tasks
      function: get-tasks
  query: SELECT id, '$.title' FROM [tasks]
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
# datasources/tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id, '$.title' FROM [tasks]
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, datasource: &Datasource) {
    let Origin::Sqlite(sqlite) = &datasource.origin else { return };
    if !sqlite.provider.is_some_and(ProviderKind::needs_function) {
        return;
    }
    let Some(fetched) = sqlite.entities.iter().find(|entity| entity.function.is_some()) else { return };
    let Some(function) = &fetched.function else { return };
    let table = &fetched.entity.value;
    let message = format!("the datasource calls `{}` by itself, whenever it loads", function.value);
    let help = format!(
        "fetch `{table}` with `action.sync-entities` and read it here with `{}`",
        ProviderKind::Local.constant()
    );
    let place = cx.node_at(datasource.span).and_then(|node| node.at("/options/provider"));
    let span = place.map_or(function.span, |node| node.span);
    let finding = cx.finding(span, message).help(help);
    cx.report(finding);
}
