//! A write that nobody asks for.

use crate::action::{ActionNode, Method, ProviderKind};
use crate::app::Placed;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::triggers::{Moment, Root};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "hidden-remote-write",
        group: Group::Sync,
        severity: Severity::Info,
        summary: "a remote write happens by itself, without anybody asking for it",
        docs: PAGE,
    },
    checks: &[Check::RootAction(check)],
};

const PAGE: &str = "\
Finds writes to a remote service, and retries of queued ones, under `onLoad`, `onFocus`, `onRefresh` and
`onAppActivated`, there or in a global action that is called from there.

Nobody sees that something is sent, nobody can hold it back, and it is sent again whenever the screen appears.
Reading may happen by itself; sending is better a button that says so.

```yaml wrong
# functions/save-task.jigx
provider: DATA_PROVIDER_REST
method: POST
url: https://example.com/tasks
parameters:
  id: { type: string, location: body, required: true }
error:
  - title: The task was not saved
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_REST
    entity: tasks
    method: functionCall
    function: save-task
    parameters: { id: one }
```

```yaml right
# functions/save-task.jigx
provider: DATA_PROVIDER_REST
method: POST
url: https://example.com/tasks
parameters:
  id: { type: string, location: body, required: true }
error:
  - title: The task was not saved
# jigs/home.jigx
title: Home
type: jig.default
actions:
  - children:
      - type: action.execute-entity
        options:
          title: Submit
          provider: DATA_PROVIDER_REST
          entity: tasks
          method: functionCall
          function: save-task
          parameters: { id: one }
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, root: &Placed) {
    let by_itself = match (place.screen, root.event.as_deref()) {
        (Some(_), event) => {
            matches!(event, Some("onLoad" | "onFocus" | "onRefresh" | "onAppActivated"))
        }
        // A button anywhere makes it something that people ask for.
        (None, _) => cx
            .triggers()
            .moments(Root::Global(place.id))
            .is_some_and(|moments| !moments.is_empty() && !moments.contains(&Moment::Tap)),
    };
    if by_itself {
        unasked(cx, &root.action);
    }
}

/// Looks at what runs without a tap on the way.
fn unasked(cx: &mut Cx<'_>, action: &ActionNode) {
    if action.type_name.value == "action.confirm" {
        return;
    }
    if let Some(what) = sent(cx, action) {
        let finding = cx
            .finding(action.type_name.span, format!("{what} without anybody asking for it"))
            .help("send it from a button, so that people see what is sent and when");
        cx.report(finding);
    }
    let inside = action.body.children().into_iter().chain(action.success.as_deref());
    inside.for_each(|inner| unasked(cx, inner));
}

fn sent(cx: &Cx<'_>, action: &ActionNode) -> Option<String> {
    let options = cx.node(action)?.get("options")?;
    let text = |key: &str| options.get(key).and_then(Node::as_str);
    match action.type_name.value.as_str() {
        "action.retry-queue-command" => Some("queued writes are sent again".to_owned()),
        "action.execute-entity" | "action.execute-entities" => {
            let provider = ProviderKind::from_constant(text("provider")?)?;
            let remote = !matches!(provider, ProviderKind::Local | ProviderKind::Dynamic);
            let entity = text("entity")?;
            (remote && is_write(cx, text("method")?, text("function")))
                .then(|| format!("a change of `{entity}` is sent to the service"))
        }
        _ => None,
    }
}

/// Whether a method changes something on the other side.
fn is_write(cx: &Cx<'_>, method: &str, function: Option<&str>) -> bool {
    const READS: [&str; 3] = ["GET", "HEAD", "QUERY"];
    if method == Method::FunctionCall.word() {
        let called = function.and_then(|id| cx.project.functions.get(id));
        return called.is_some_and(|function| !READS.contains(&function.method.as_str()));
    }
    method != Method::Download.word()
}
