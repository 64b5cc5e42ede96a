//! A toast that takes the queue for the service.

use crate::action::{ActionNode, ProviderKind};
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "toast-before-answer",
        group: Group::Sync,
        severity: Severity::Info,
        summary: "a toast says that a service has a change which may still be waiting",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds a toast under `onSuccess` of `action.execute-entity`, `action.execute-entities` and `action.submit-form` that
speaks of the server, or says that something was sent or uploaded, when the provider is a remote one.

Such an action succeeds when the change is written on the device and queued. It is sent later, and may be refused.
Say what has happened, and show from the queue or from a value that the service gives what has arrived.

```yaml wrong
# databases/default.jigx
tables:
  tasks:
# jigs/home.jigx
title: Home
type: jig.default
actions:
  - children:
      - type: action.execute-entity
        options:
          title: Save
          provider: DATA_PROVIDER_DYNAMIC
          entity: default/tasks
          method: create
          data: { title: Call }
          onSuccess: { title: Saved on the server }
```

```yaml right
# databases/default.jigx
tables:
  tasks:
# jigs/home.jigx
title: Home
type: jig.default
actions:
  - children:
      - type: action.execute-entity
        options:
          title: Save
          provider: DATA_PROVIDER_DYNAMIC
          entity: default/tasks
          method: create
          data: { title: Call }
          onSuccess: { title: Saved }
```
";

const WRITES: [&str; 3] = ["action.execute-entity", "action.execute-entities", "action.submit-form"];
/// Words that claim an arrival; whole words, in lower case.
const CLAIMS: [&str; 8] =
    ["server", "backend", "cloud", "sent", "submitted", "uploaded", "synced", "synchronized"];

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    if action.toast.is_none() || !WRITES.contains(&action.type_name.value.as_str()) {
        return;
    }
    let Some(options) = cx.node(action).and_then(|node| node.get("options")) else { return };
    let provider = options.get("provider").and_then(Node::as_str).and_then(ProviderKind::from_constant);
    if provider.is_none_or(|provider| provider == ProviderKind::Local) {
        return;
    }
    let toast = |key: &str| options.get("onSuccess").and_then(|toast| toast.get(key));
    for text in ["title", "description"].into_iter().filter_map(toast) {
        if let Some(word) = text.as_str().and_then(claim) {
            let finding = cx
                .finding(
                    text.span,
                    format!("`{word}` is said when the change is queued, before the service has it"),
                )
                .help("say that it is saved; whether it has arrived is seen in the queue of writes");
            cx.report(finding);
        }
    }
}

/// The word of a text that says that something has arrived; nothing of an expression.
fn claim(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    let mut words = text.split(|letter: char| !letter.is_alphanumeric());
    let found = words.find_map(|word| CLAIMS.into_iter().find(|claim| *claim == word));
    found.filter(|_| !text.starts_with('='))
}
