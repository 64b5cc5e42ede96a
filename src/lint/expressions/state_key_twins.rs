//! States whose names differ in case and hyphens only.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::lint::Cx;
use crate::lint::rule::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "state-key-twins",
        group: Group::Expressions,
        severity: Severity::Info,
        summary: "two states of the app have nearly the same name",
        docs: PAGE,
    },
    checks: &[Check::App(check)],
};

const PAGE: &str = "\
Finds states of the app whose names are the same but for upper and lower case, hyphens and underscores, when
both are set somewhere.

They are two states, and most likely one was meant: what one part of the app counts, another part does not see.

```yaml wrong
# index.jigx
title: Tasks
state:
  onPressKey:
    initialValue: 0
onFocus:
  type: action.set-state
  options:
    state: =@ctx.solution.state.on-press-key
    value: =@ctx.solution.state.onPressKey + 1
```

```yaml right
# index.jigx
title: Tasks
state:
  onPressKey:
    initialValue: 0
onFocus:
  type: action.set-state
  options:
    state: =@ctx.solution.state.onPressKey
    value: =@ctx.solution.state.onPressKey + 1
```
";

fn check(cx: &mut Cx<'_>) {
    let declared = &cx.project.home.screen().state;
    let mut twins: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for key in declared.keys().map(String::as_str).chain(cx.wiring().solution_keys()) {
        twins.entry(folded(key)).or_default().insert(key);
    }
    for names in twins.into_values().filter(|names| names.len() > 1) {
        // What the index declares is right; otherwise the first in the app.
        let set = |key| if declared.contains_key(key) { None } else { cx.wiring().solution_place(key) };
        let names: BTreeMap<&str, Option<Span>> = names.into_iter().map(|key| (key, set(key))).collect();
        let first = names.iter().min_by_key(|(_, span)| **span).map(|(name, _)| *name);
        for (name, span) in names.iter().filter_map(|(name, span)| Some((*name, (*span)?))) {
            let Some(other) = first.filter(|first| *first != name) else { continue };
            let finding = cx
                .finding(span, format!("the state `{name}` is another one than `{other}`"))
                .help(format!("if one state is meant, write `{other}`"));
            cx.report(finding);
        }
    }
}

fn folded(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}
