//! A state that nobody thinks of.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::app::{Found, Screen};
use crate::diag::{Diagnostic, Group, RuleInfo, Severity, Span};
use crate::lint::rule::{Check, Rule};
use crate::lint::tracked::{Compared, Others, Tracked, compared};
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

A branch behind the comparisons takes care of all other states and is not reported, as in
`state = 'syncing' ? 'Loading' : 'Ready'`. But when `syncing`, `synced` and `failed` all have branches of their own,
the last one is meant for a scope that never ran, and shows an interrupted one as if it had not.
";

/// The states besides `interrupted`.
const REST: [&str; 3] = ["syncing", "synced", "failed"];

/// How a screen looks at one datasource.
struct Look {
    states: BTreeSet<String>,
    last: Span,
    others: Others,
    /// The place in an expression that has a branch for each of the other states.
    chain: Option<Span>,
}

fn check(cx: &mut Cx<'_>, place: &Place<'_>, screen: &Screen) {
    let mut looks: BTreeMap<String, Look> = BTreeMap::new();
    for found in screen.expressions.iter().filter(|found| may_compare(found.expression.text())) {
        for (datasource, look) in looks_of(cx, place, found) {
            match looks.entry(datasource) {
                Entry::Vacant(new) => drop(new.insert(look)),
                Entry::Occupied(mut known) => known.get_mut().join(look),
            }
        }
    }
    if cx.knows_interruptions() {
        return;
    }
    for (datasource, look) in looks {
        if let Some(finding) = finding(cx, &datasource, &look) {
            cx.report(finding);
        }
    }
}

/// Whether an expression has a word in it that a state is.
fn may_compare(text: &str) -> bool {
    ["'sync", "\"sync", "failed"].iter().any(|word| text.contains(word))
}

/// How one expression looks at each datasource.
fn looks_of(cx: &Cx<'_>, place: &Place<'_>, found: &Found) -> BTreeMap<String, Look> {
    let mut looks: BTreeMap<String, Look> = BTreeMap::new();
    let compared = compared(cx, place, found).into_iter();
    for Compared { datasource, text, range, others, .. } in
        compared.filter(|of| of.table == Tracked::Scope && of.column == "state")
    {
        let last = cx.part(place, found.span, range);
        let one = Look { states: BTreeSet::from([text]), last, others, chain: None };
        match looks.entry(datasource) {
            Entry::Vacant(new) => drop(new.insert(one)),
            Entry::Occupied(mut known) => known.get_mut().join(one),
        }
    }
    for look in looks.values_mut() {
        let has_all = REST.iter().all(|state| look.states.contains(*state));
        look.chain = (has_all && look.others == Others::Branch).then_some(look.last);
    }
    looks
}

impl Look {
    fn join(&mut self, other: Self) {
        self.states.extend(other.states);
        self.others = self.others.max(other.others);
        self.last = other.last;
        self.chain = self.chain.or(other.chain);
    }
}

fn finding(cx: &Cx<'_>, datasource: &str, look: &Look) -> Option<Diagnostic> {
    let shown: Vec<String> = look.states.iter().map(|state| format!("`{state}`")).collect();
    let (span, message) = match (look.others, look.chain) {
        (Others::Nothing, _) if look.states.len() > 1 => (
            look.last,
            format!("`{datasource}` is shown as {}, but not as `interrupted`", shown.join(" and ")),
        ),
        (_, Some(span)) => (
            span,
            format!("an interrupted `{datasource}` is shown by the last branch, as if it had never run"),
        ),
        _ => return None,
    };
    let help = "show something for `interrupted` too: the app was closed while the scope ran";
    Some(cx.finding(span, message).help(help))
}
