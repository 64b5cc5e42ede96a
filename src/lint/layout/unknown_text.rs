//! A text that no translation has.

use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-text",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "a text is named that no translation has",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds `{ id: … }` in place of a text when no file under `translations/` has that id and there is no
`defaultMessage`. Nothing is shown there. Apps without translations are not checked.

```yaml wrong
# translations/en.jigx
greeting: Hello
# jigs/home.jigx
title: { id: greetings }
type: jig.default
```

```yaml right
# translations/en.jigx
greeting: Hello
# jigs/home.jigx
title: { id: greeting }
type: jig.default
```
";

/// Keys whose values are shown to users.
const TEXTS: [&str; 12] = [
    "title",
    "subtitle",
    "description",
    "label",
    "text",
    "message",
    "placeholder",
    "helperText",
    "errorText",
    "buttonText",
    "confirm",
    "cancel",
];

/// Keys below which maps are data of the author's own.
const DATA: [&str; 6] = ["data", "datasources", "inputs", "parameters", "state", "expressions"];

fn check(cx: &mut Cx<'_>, _: &Place<'_>, branch: &Branch<'_>) {
    let Some(id) = branch.node.get("id").filter(|_| names_text(branch)) else { return };
    let Some(name) = id.as_str().filter(|name| !is_expression(name)) else { return };
    let texts = cx.texts();
    if texts.is_empty() || texts.has(name) || !cx.knows_all_texts() {
        return;
    }
    let help = cx.did_you_mean(name, texts.ids());
    let finding = cx.finding(id.span, format!("no translation has the text `{name}`")).maybe_help(help);
    cx.report(finding);
}

fn names_text(branch: &Branch<'_>) -> bool {
    let shown = branch.key.is_some_and(|key| TEXTS.contains(&key));
    let only = |node: &Node| node.entries().iter().all(|entry| matches!(&*entry.key.text, "id" | "values"));
    let in_data = branch.outer.iter().any(|(key, _)| key.is_some_and(|key| DATA.contains(&key)));
    shown && only(branch.node) && !in_data
}
