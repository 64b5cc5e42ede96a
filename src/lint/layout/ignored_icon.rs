//! An icon on a button that shows none.

use super::buttons::{buttons, groups, visible};
use crate::app::Screen;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "ignored-icon",
        group: Group::Layout,
        severity: Severity::Info,
        summary: "a primary button has an icon, which is not shown",
        docs: PAGE,
    },
    checks: &[Check::Screen(check)],
};

const PAGE: &str = "\
Finds `icon` in the options of the first buttons of a screen. Primary buttons show their text only; icons
are for secondary buttons, for buttons in headers and behind the dots, and for swiping.

```yaml wrong
# jigs/task.jigx
title: Task
type: jig.default
actions:
  - children:
      - type: action.go-back
        options:
          title: Back
          icon: arrow-left
```

```yaml right
# jigs/task.jigx
title: Task
type: jig.default
actions:
  - children:
      - type: action.go-back
        options:
          title: Back
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, _: &Screen) {
    let shown = groups(place).iter().flat_map(|group| buttons(group).take(visible(group)));
    for options in shown.filter_map(|button| button.get("options")) {
        let Some(icon) = options.entry("icon").filter(|_| is_primary(options)) else { continue };
        let finding = cx
            .finding(icon.key_span, "a primary button shows no icon")
            .help("remove the icon, or make the button secondary: `style: { isSecondary: true }`");
        cx.report(finding);
    }
}

fn is_primary(options: &Node) -> bool {
    let Some(style) = options.get("style") else { return options.get("title").is_some() };
    let only = |key: &str| style.entries().iter().all(|entry| &*entry.key.text == key);
    only("isPrimary") && style.get("isPrimary").is_some_and(|primary| primary.as_bool() == Some(true))
}
