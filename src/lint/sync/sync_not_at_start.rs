//! A table that is not there when the app starts.

use std::collections::BTreeSet;

use crate::action::{ActionNode, ProviderKind};
use crate::app::Placed;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{Expression, is_expression};
use crate::lint::entries::{Entry, entries};
use crate::lint::rule::{Check, Rule};
use crate::lint::triggers::{Moment, Root};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "sync-not-at-start",
        group: Group::Sync,
        severity: Severity::Info,
        summary: "a table is fetched only when a certain screen is opened",
        docs: PAGE,
    },
    checks: &[Check::RootAction(check)],
};

const PAGE: &str = "\
Finds syncs under `onFocus` of a jig whose tables are not fetched by any event of the index, and whose arguments
do not depend on the screen.

Who opens the screen for the first time without a network sees nothing. What can be fetched at the start of the
app, under `onLoad` or `onFocus` of the index, is there when it is needed. The first tab and the widgets of the
home screen are a start, too, and Dynamic Data comes by itself.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
# jigs/tasks.jigx
title: Tasks
type: jig.default
onFocus:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
```

```yaml right
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
# jigs/tasks.jigx
title: Tasks
type: jig.default
onFocus:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, root: &Placed) {
    let focus = root.event.as_deref() == Some("onFocus") && !cx.is_shown_first(place.id);
    let moments = cx.triggers().moments(Root::of(place, root));
    if !focus || !cx.is_all_read() || moments != Some(BTreeSet::from([Moment::Screen])) {
        return;
    }
    let mut syncs = Vec::new();
    root.action.visit(&mut |action| syncs.push(action));
    syncs.into_iter().for_each(|action| sync(cx, action));
}

fn sync(cx: &mut Cx<'_>, action: &ActionNode) {
    let provider = cx.node(action).and_then(|node| node.at("/options/provider")).and_then(Node::as_str);
    if provider == Some(ProviderKind::Dynamic.constant()) {
        return;
    }
    let entries = entries(cx, action);
    let tables: Option<Vec<&str>> = entries.iter().map(Entry::table).collect();
    let Some(tables) = tables.filter(|tables| !tables.is_empty()) else { return };
    let known = tables.iter().any(|table| cx.fetched().at_start(table));
    if known || entries.iter().any(|entry| depends_on_screen(entry.node)) {
        return;
    }
    let mut names: Vec<String> = tables.into_iter().map(|table| format!("`{table}`")).collect();
    names.dedup();
    let verb = if names.len() == 1 { "is" } else { "are" };
    let finding = cx
        .finding(
            action.type_name.span,
            format!("{} {verb} fetched only when this screen opens", names.join(", ")),
        )
        .help("fetch it at `onLoad` of the index as well, so that it is there without a network");
    cx.report(finding);
}

/// Whether a value in an entry is known on this screen only.
fn depends_on_screen(node: &Node) -> bool {
    const EVERYWHERE: [&str; 4] = ["user", "system", "organization", "solution"];
    let text = node.as_str().filter(|text| is_expression(text));
    let here = text.is_some_and(|text| {
        Expression::parse(text).map_or(true, |expression| {
            let read = expression.references();
            let first = |path: &crate::expr::ContextPath| {
                path.segments.first().and_then(|segment| segment.name.clone()).unwrap_or_default()
            };
            !read.variables.is_empty()
                || read.paths.iter().any(|path| !EVERYWHERE.contains(&first(path).as_str()))
        })
    });
    let values = node.entries().iter().map(|entry| &entry.value).chain(node.items());
    here || values.into_iter().any(depends_on_screen)
}
