//! A screen that nothing leads to.

use std::collections::{BTreeMap, BTreeSet};

use crate::action::UseKind;
use crate::app::FileKind;
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::lint::Cx;
use crate::lint::rule::{Check, Rule};
use crate::syntax::{Kind, Node};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unreachable-jig",
        group: Group::Layout,
        severity: Severity::Info,
        summary: "a screen that no tab and no link leads to",
        docs: PAGE,
    },
    checks: &[Check::App(check)],
};

const PAGE: &str = "\
Finds jigs that cannot be reached from the index file: no tab shows them, and no link of a reachable screen
leads to them. Notifications and other apps may still open them; otherwise they are dead weight.

Apps in which some link is an expression are not checked, as it may lead anywhere.

```yaml wrong
# index.jigx
title: Tasks
tabs:
  home: { jigId: tasks, icon: home-apps-logo }
# jigs/tasks.jigx
title: Tasks
type: jig.default
# jigs/old-tasks.jigx
title: Old tasks
type: jig.default
```

```yaml right
# index.jigx
title: Tasks
tabs:
  home: { jigId: tasks, icon: home-apps-logo }
  old: { jigId: old-tasks, icon: archive }
# jigs/tasks.jigx
title: Tasks
type: jig.default
# jigs/old-tasks.jigx
title: Old tasks
type: jig.default
```
";

fn check(cx: &mut Cx<'_>) {
    let starts = ["tabs", "widgets"].iter().any(|key| home(cx).is_some_and(|home| home.get(key).is_some()));
    if !starts || cx.has_hidden_links() || cx.has_dynamic_links() {
        return;
    }
    let links = links(cx);
    let mut reached = BTreeSet::new();
    reach(&links, "", &mut reached);
    // A start screen that is not known, or a link with a slip, may be meant to lead to any of them.
    let exists = |id: &&str| id.is_empty() || cx.project.jigs.contains_key(id);
    if links.get("").is_none_or(BTreeSet::is_empty) || !reached.iter().all(exists) {
        return;
    }
    for id in cx.project.jigs.keys().filter(|id| cx.may_be_used(id)) {
        reach(&links, id, &mut reached);
    }
    let lost: Vec<&str> = cx.project.jigs.keys().filter(|id| !reached.contains(id)).collect();
    // What is only reached from a lost screen is not told: first those that nothing at all leads to.
    let linked: BTreeSet<&str> = lost.iter().flat_map(|id| others(&links, id)).collect();
    let (inner, outer): (Vec<&str>, Vec<&str>) = lost.into_iter().partition(|id| linked.contains(id));
    for id in outer.into_iter().chain(inner) {
        if !reached.contains(id) {
            if is_read(cx, id) {
                report(cx, id);
            }
            reach(&links, id, &mut reached);
        }
    }
}

/// Whether the screen could be read and is one: what is wrong with it is told already.
fn is_read(cx: &Cx<'_>, id: &str) -> bool {
    let place = cx.project.index.definitions(UseKind::Jig, id).first();
    let source = place.and_then(|place| cx.source(place.span.file));
    let jig = source.and_then(|source| match source.kind {
        FileKind::SingleFile => source.tree.root.get("jigs")?.get(id),
        _ => Some(&source.tree.root),
    });
    jig.is_some_and(|jig| matches!(jig.kind, Kind::Object(_)) && cx.is_read(jig.span))
}

fn report(cx: &mut Cx<'_>, id: &str) {
    let Some(place) = cx.project.index.definitions(UseKind::Jig, id).first() else { return };
    let title = cx.source(place.span.file).and_then(|source| match source.kind {
        FileKind::SingleFile => source.tree.root.get("jigs")?.entry(id).map(|entry| entry.key_span),
        _ => source.tree.root.entries().first().map(|entry| entry.key_span),
    });
    let span: Span = title.unwrap_or(place.span);
    let finding = cx
        .finding(span, format!("no tab and no link leads to the screen `{id}`"))
        .help("link to it, or remove it");
    cx.report(finding);
}

fn home<'a>(cx: &Cx<'a>) -> Option<&'a Node> {
    let root = &cx.source(cx.project.home.file?)?.tree.root;
    Some(root.get("index").unwrap_or(root))
}

/// The screens that each screen leads to. What belongs to no screen counts as the index's, whose id is empty.
fn links<'a>(cx: &Cx<'a>) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut links: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for used in cx.project.index.uses(UseKind::Jig) {
        let from = used.screen.as_deref().filter(|id| cx.project.jigs.contains_key(id)).unwrap_or_default();
        links.entry(from).or_default().insert(&used.id);
    }
    // Before there were tabs, the index named its screens under other keys too.
    let old = ["widgets", "stories", "home"].iter().filter_map(|key| home(cx)?.get(key));
    let starts = links.entry("").or_default();
    old.for_each(|node| named(cx, node, starts));
    links
}

fn named<'a>(cx: &Cx<'_>, node: &'a Node, found: &mut BTreeSet<&'a str>) {
    found.extend(node.as_str().filter(|id| cx.project.jigs.contains_key(id)));
    let values = node.entries().iter().map(|entry| &entry.value);
    values.chain(node.items()).for_each(|inner| named(cx, inner, found));
}

fn reach<'a>(links: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &'a str, reached: &mut BTreeSet<&'a str>) {
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        if reached.insert(id) {
            open.extend(links.get(id).into_iter().flatten());
        }
    }
}

/// The screens besides itself that a screen leads to.
fn others<'a>(links: &BTreeMap<&'a str, BTreeSet<&'a str>>, id: &'a str) -> impl Iterator<Item = &'a str> {
    links.get(id).into_iter().flatten().copied().filter(move |other| *other != id)
}
