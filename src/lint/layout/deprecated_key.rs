//! Keys and types that apps no longer use.

use crate::app::FileKind;
use crate::diag::{Diagnostic, Fix, Group, RuleInfo, Severity};
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::{Entry, Node};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "deprecated-key",
        group: Group::Layout,
        severity: Severity::Info,
        summary: "a key or a type that newer apps no longer have",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds what newer versions of the format have removed or renamed (app-layout.md §3): `widgets`, `stories` and
`home` in the index file, `isDuotone`, `component.story-group`, and names that begin with `@jigx/`.

Phones still read most of it for old apps, but it is documented nowhere any more, and editors mark it as a
mistake.

```yaml wrong
# index.jigx
title: Tasks
widgets:
  - jigId: tasks
    size: 2x2
# jigs/tasks.jigx
title: Tasks
type: jig.default
```

```yaml right
# index.jigx
title: Tasks
tabs:
  home:
    jigId: tasks
    icon: home-apps-logo
# jigs/tasks.jigx
title: Tasks
type: jig.default
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, branch: &Branch<'_>) {
    let part = branch.part(place);
    for entry in branch.node.entries() {
        let found = match (&*entry.key.text, part) {
            ("widgets" | "stories" | "home", Some(FileKind::Index)) => start_screen(cx, branch.node, entry),
            ("stories", Some(FileKind::Jig)) => Some(removed(cx, entry, "use a `jig.list` or a `jig.grid`")),
            ("isDuotone", _) => duotone(cx, branch.node, entry),
            ("type", _) if !is_in_stories(branch) => old_type(cx, part, entry),
            _ => None,
        };
        found.into_iter().for_each(|found| cx.report(found));
    }
}

/// What stands in something that is told is not told again.
fn is_in_stories(branch: &Branch<'_>) -> bool {
    let keys = branch.outer.iter().filter_map(|(key, _)| *key);
    keys.chain(branch.key).any(|key| key == "stories")
}

fn removed(cx: &Cx<'_>, entry: &Entry, instead: &str) -> Diagnostic {
    cx.finding(entry.key_span, format!("`{}` is no longer used", entry.key.text)).help(instead)
}

/// What an index shows instead of tabs; one of the old keys is told for all.
fn start_screen(cx: &Cx<'_>, index: &Node, entry: &Entry) -> Option<Diagnostic> {
    let first =
        index.entries().iter().find(|entry| matches!(&*entry.key.text, "widgets" | "stories" | "home"))?;
    let is_first = first.key_span == entry.key_span;
    is_first.then(|| {
        removed(
            cx,
            entry,
            "list the screens under `tabs`, each with `jigId` and `icon`; the first is the home screen",
        )
    })
}

fn duotone(cx: &Cx<'_>, owner: &Node, entry: &Entry) -> Option<Diagnostic> {
    // In data of the author's own it may be anything.
    owner.get("icon")?;
    let finding = removed(cx, entry, "write `type: duotone` instead");
    let plain = entry.value.as_bool() == Some(true) && owner.get("type").is_none();
    let span = crate::diag::Span { end: entry.value.span.end, ..entry.key_span };
    let written = cx.text(span.file).get(span.range()).unwrap_or_default();
    let text = if written.starts_with('"') { "\"type\": \"duotone\"" } else { "type: duotone" };
    Some(if plain { finding.fix(Fix::safe("write `type: duotone`", span, text)) } else { finding })
}

fn old_type(cx: &Cx<'_>, part: Option<FileKind>, entry: &Entry) -> Option<Diagnostic> {
    let name = entry.value.as_str()?;
    let instead = match name {
        "component.story-group" => "use a `component.list` or a `component.carousel`".to_owned(),
        _ if part != Some(FileKind::Jig) => return None,
        _ => format!("write `{}`", current(name.strip_prefix("@jigx/jig/")?)),
    };
    Some(cx.finding(entry.value.span, format!("the type `{name}` is no longer used")).help(instead))
}

/// The kind of screen that an old one has become.
fn current(old: &str) -> String {
    match old {
        "form" => "jig.default".to_owned(),
        other => format!("jig.{other}"),
    }
}
