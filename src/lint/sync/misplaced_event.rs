//! An event where it does not happen.

use crate::app::FileKind;
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::lint::edit::renamed;
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Entry;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "misplaced-event",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "an event stands in a file in which it does not happen",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds `onTableChanged` and `onLoad` in jigs and components. Both are events of the index file.

Changes of tables are told to the index only, so the handler in a jig never runs. `onLoad` of a jig is
deprecated since 2023: what shall happen whenever a screen appears stands under `onFocus`, what shall happen at
the start of the app under `onLoad` of the index.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
onTableChanged:
  - table: tasks
    action: { type: action.go-back }
```

```yaml right
# index.jigx
title: Tasks
onTableChanged:
  - table: tasks
    action: { type: action.go-back }
# jigs/home.jigx
title: Home
type: jig.default
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, branch: &Branch<'_>) {
    if !matches!(branch.part(place), Some(FileKind::Jig | FileKind::Component)) {
        return;
    }
    for entry in branch.node.entries() {
        match &*entry.key.text {
            "onTableChanged" | "onTableChange" => table_event(cx, entry),
            "onLoad" => load_event(cx, entry, branch),
            _ => {}
        }
    }
}

fn table_event(cx: &mut Cx<'_>, entry: &Entry) {
    let message = format!("`{}` never happens here: only the index hears of changed tables", entry.key.text);
    let help = "move it to `onTableChanged` in the index file";
    let finding = cx.finding(entry.key_span, message).help(help);
    cx.report(finding);
}

fn load_event(cx: &mut Cx<'_>, entry: &Entry, branch: &Branch<'_>) {
    let message = "`onLoad` of a screen is deprecated: it belongs into the index file";
    let help = "use `onFocus` here, or `onLoad` in the index file";
    let finding = cx.finding(entry.key_span, message).help(help);
    let (span, text) = renamed(entry, "onFocus", cx.text(entry.key_span.file));
    cx.report(match branch.node.get("onFocus") {
        None => finding.fix(Fix::risky("rename it to `onFocus`", span, text)),
        Some(_) => finding,
    });
}
