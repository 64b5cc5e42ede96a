//! A state that nobody thinks of.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::action::{ActionNode, SyncRole, UseKind};
use crate::app::{Found, GlobalAction, Placed, Screen};
use crate::diag::{Diagnostic, Group, RuleInfo, Severity, Span};
use crate::lint::rule::{Check, Rule};
use crate::lint::tracked::{Compared, Others, Tracked, compared};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "interrupted-not-handled",
        group: Group::Sync,
        severity: Severity::Info,
        summary: "a screen or action knows some states of a scope, but not that it was interrupted",
        docs: PAGE,
    },
    checks: &[Check::Screen(check), Check::RootAction(check_global)],
};

const PAGE: &str = "\
Finds screens and global actions that compare the state of a scope with several words, when neither they nor anything
else in the app knows `interrupted`. What the global actions ask that a screen calls counts as the screen's. A screen
is not reported when `onAppActivated`, its own or that of the index, starts the scope again.

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
    let mut looks = looks_at(cx, place, &screen.expressions);
    if looks.is_empty() || cx.knows_interruptions() || starts_again(cx, screen) {
        return;
    }
    for global in called(cx, screen) {
        let Some(source) = cx.source(global.placed.file) else { continue };
        let inside = Place { source, id: place.id, screen: Some(screen), kind: place.kind };
        for (datasource, look) in looks_at(cx, &inside, &global.expressions) {
            if let Some(known) = looks.get_mut(&datasource) {
                known.others = known.others.max(look.others);
            }
        }
    }
    report(cx, looks, ("shown as", "show something for"));
}

/// Looks at the file of a global action.
fn check_global(cx: &mut Cx<'_>, place: &Place<'_>, placed: &Placed) {
    let global = cx.project.actions.get(place.id).filter(|_| place.screen.is_none());
    let Some(global) = global.filter(|global| global.placed.action.span == placed.action.span) else {
        return;
    };
    let looks = looks_at(cx, place, &global.expressions);
    if !looks.is_empty() && !cx.knows_interruptions() {
        report(cx, looks, ("asked for", "take care of"));
    }
}

/// How expressions look at each datasource.
fn looks_at(cx: &Cx<'_>, place: &Place<'_>, expressions: &[Found]) -> BTreeMap<String, Look> {
    let mut looks: BTreeMap<String, Look> = BTreeMap::new();
    for found in expressions.iter().filter(|found| may_compare(found.expression.text())) {
        for (datasource, look) in looks_of(cx, place, found) {
            match looks.entry(datasource) {
                Entry::Vacant(new) => drop(new.insert(look)),
                Entry::Occupied(mut known) => known.get_mut().join(look),
            }
        }
    }
    looks
}

/// The global actions that a screen calls itself.
fn called<'a>(cx: &Cx<'a>, screen: &Screen) -> Vec<&'a GlobalAction> {
    let mut found = Vec::new();
    for placed in &screen.actions {
        placed.action.visit(&mut |action| found.extend(called_by(cx, action)));
    }
    found
}

fn called_by<'a>(cx: &Cx<'a>, action: &ActionNode) -> Option<&'a GlobalAction> {
    let used = action.uses.iter().find(|used| used.kind == UseKind::Action)?;
    cx.project.actions.get(&used.id)
}

/// Whether a scope is started, here or in global actions, whenever the app comes to the front again.
fn starts_again(cx: &Cx<'_>, screen: &Screen) -> bool {
    let mut all = screen.on("onAppActivated").chain(cx.project.home.screen().on("onAppActivated"));
    all.any(|placed| starts(cx, &placed.action, 0))
}

fn starts(cx: &Cx<'_>, action: &ActionNode, depth: usize) -> bool {
    const DEEPEST: usize = 4;
    let mut found = false;
    action.visit(&mut |inner| {
        let called = called_by(cx, inner).filter(|_| !found && depth < DEEPEST);
        found = found
            || matches!(inner.body.sync(), Some(SyncRole::Scope(_)))
            || called.is_some_and(|global| starts(cx, &global.placed.action, depth + 1));
    });
    found
}

fn report(cx: &mut Cx<'_>, looks: BTreeMap<String, Look>, words: (&str, &str)) {
    for (datasource, look) in looks {
        if let Some(finding) = finding(cx, &datasource, &look, words) {
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

fn finding(cx: &Cx<'_>, datasource: &str, look: &Look, (how, ask): (&str, &str)) -> Option<Diagnostic> {
    let shown: Vec<String> = look.states.iter().map(|state| format!("`{state}`")).collect();
    let (span, message) = match (look.others, look.chain) {
        (Others::Nothing, _) if look.states.len() > 1 => {
            (look.last, format!("`{datasource}` is {how} {}, but not `interrupted`", shown.join(" and ")))
        }
        (_, Some(span)) => (
            span,
            format!("an interrupted `{datasource}` is shown by the last branch, as if it had never run"),
        ),
        _ => return None,
    };
    let help = format!("{ask} `interrupted` too: the app was closed while the scope ran");
    Some(cx.finding(span, message).help(help))
}
