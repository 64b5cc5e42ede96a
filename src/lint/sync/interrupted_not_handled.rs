//! A state that nobody thinks of.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::Screen;
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::lint::rule::{Check, Rule};
use crate::lint::tracked::{Compared, Tracked, compared};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "interrupted-not-handled",
        group: Group::Sync,
        severity: Severity::Info,
        summary: "a screen shows some states of a scope, but not that it was interrupted",
        docs: PAGE,
    },
    checks: &[Check::Screen(check)],
};

const PAGE: &str = "\
Finds screens that compare the state of a scope with several words, when neither they nor anything else in the app
knows `interrupted`.

A scope is interrupted when the app is closed or goes to the background while it runs. Nothing starts it again by
itself: a screen that waits for `synced` or `failed` waits for ever.

```yaml wrong
# datasources/scopes.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [_syncScope]
  query: SELECT id, state, timestamp FROM [_syncScope]
# jigs/home.jigx
title: Home
type: jig.default
children:
  - type: component.entity-field
    when: =@ctx.datasources.scopes.state = 'syncing'
    options: { label: Loading, value: Please wait }
  - type: component.entity-field
    when: =@ctx.datasources.scopes.state = 'synced'
    options: { label: Loaded, value: Up to date }
```

```yaml right
# datasources/scopes.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [_syncScope]
  query: SELECT id, state, timestamp FROM [_syncScope]
# jigs/home.jigx
title: Home
type: jig.default
children:
  - type: component.entity-field
    when: =@ctx.datasources.scopes.state = 'syncing'
    options: { label: Loading, value: Please wait }
  - type: component.entity-field
    when: =@ctx.datasources.scopes.state = 'synced'
    options: { label: Loaded, value: Up to date }
  - type: component.entity-field
    when: =@ctx.datasources.scopes.state = 'interrupted'
    options: { label: Interrupted, value: Pull down to load again }
```

A comparison with another branch behind it takes care of all other states and is not reported.
";

/// How a screen looks at one datasource.
#[derive(Default)]
struct Look {
    states: BTreeSet<String>,
    last: Option<Span>,
    is_covered: bool,
}

fn check(cx: &mut Cx<'_>, place: &Place<'_>, screen: &Screen) {
    let mut looks: BTreeMap<String, Look> = BTreeMap::new();
    for found in screen.expressions.iter().filter(|found| {
        found.expression.text().contains("'sync")
            || found.expression.text().contains("\"sync")
            || found.expression.text().contains("failed")
    }) {
        for Compared { datasource, table, column, text, range, is_covered } in compared(cx, place, found) {
            if table == Tracked::Scope && column == "state" {
                let look = looks.entry(datasource).or_default();
                look.is_covered |= is_covered;
                look.states.insert(text);
                look.last = Some(cx.part(place, found.span, range));
            }
        }
    }
    for (datasource, look) in looks {
        let Look { states, last: Some(span), is_covered: false } = look else { continue };
        if states.len() < 2 || cx.knows_interruptions() {
            continue;
        }
        let shown: Vec<String> = states.iter().map(|state| format!("`{state}`")).collect();
        let message = format!("`{datasource}` is shown as {}, but not as `interrupted`", shown.join(" and "));
        let finding = cx
            .finding(span, message)
            .help("show something for `interrupted` too: the app was closed while the scope ran");
        cx.report(finding);
    }
}
