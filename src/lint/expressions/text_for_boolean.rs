//! `'false'` where true or false belongs.

use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::{Entry, Style};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "text-for-boolean",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "an option that is true or false has a text in quotes",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds `'true'` and `'false'` in quotes at options of components that are true or false: those that begin with
`is` or `has`, such as `isHidden`, and `when`.

Every text that is not empty counts as true, `'false'` too. The fix removes the quotes.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
children:
  - type: component.text-field
    instanceId: note
    options:
      label: Note
      isRequired: 'false'
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
children:
  - type: component.text-field
    instanceId: note
    options:
      label: Note
      isRequired: false
```
";

/// Keys below which authors choose the names.
const OWN_NAMES: [&str; 13] = [
    "body",
    "changes",
    "data",
    "expressions",
    "functionParameters",
    "initialValues",
    "inputs",
    "outputs",
    "parameters",
    "properties",
    "queryParameters",
    "state",
    "values",
];

fn check(cx: &mut Cx<'_>, _: &Place<'_>, branch: &Branch<'_>) {
    let outer = branch.outer.iter().filter_map(|(key, _)| *key).chain(branch.key);
    let mut candidates = branch.node.entries().iter().filter(|entry| is_flag(&entry.key.text)).peekable();
    if candidates.peek().is_none() || { outer }.any(|key| OWN_NAMES.contains(&key)) {
        return;
    }
    for entry in candidates {
        if let Some(text) = quoted_truth(entry).filter(|_| !cx.is_mistake(entry.value.span)) {
            let key = &entry.key.text;
            let message = format!("`{key}` has the text `{text}`, and every text counts as true");
            let span = entry.value.span;
            let finding = cx
                .finding(span, message)
                .help(format!("write `{text}` without quotes"))
                .fix(Fix::safe("remove the quotes", span, text));
            cx.report(finding);
        }
    }
}

fn is_flag(key: &str) -> bool {
    let behind = |prefix: &str| {
        key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    key == "when" || behind("is") || behind("has")
}

/// `true` or `false` in quotes.
fn quoted_truth(entry: &Entry) -> Option<&str> {
    let scalar = entry.value.as_scalar()?;
    let is_quoted = matches!(scalar.style, Style::SingleQuoted | Style::DoubleQuoted | Style::Json);
    (is_quoted && matches!(&*scalar.text, "true" | "false")).then_some(&*scalar.text)
}
