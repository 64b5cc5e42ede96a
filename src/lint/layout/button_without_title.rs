//! A button without a text.

use super::buttons::{buttons, groups};
use crate::app::Screen;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "button-without-title",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "a button of a screen has no text",
        docs: PAGE,
    },
    checks: &[Check::Screen(check)],
};

const PAGE: &str = "\
Finds actions under `actions:` of a screen that have neither a `title` nor an `icon` in their options. They
are shown as empty buttons.

```yaml wrong
# jigs/task.jigx
title: Task
type: jig.default
actions:
  - children:
      - type: action.go-back
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
    for button in groups(place).iter().flat_map(buttons) {
        let Some(written) = button.get("type").filter(|_| is_empty(button)) else { continue };
        let misspelt = [Some(button), button.get("options")].into_iter().flatten();
        if !cx.is_read(button.span) || misspelt.into_iter().any(|node| cx.has_stray_key(node)) {
            continue;
        }
        let name = written.as_str().unwrap_or_default();
        let finding = cx
            .finding(written.span, format!("the button for `{name}` has no text"))
            .help("give it a `title` under `options`");
        cx.report(finding);
    }
}

fn is_empty(button: &Node) -> bool {
    const SHOWN: [&str; 3] = ["title", "icon", "isHidden"];
    let options = button.get("options");
    let hidden = button.get("when").is_some_and(|when| when.as_bool() == Some(false));
    !hidden && !options.is_some_and(|options| SHOWN.iter().any(|key| options.get(key).is_some()))
}
