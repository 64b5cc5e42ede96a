//! An error rule that also fits an answer without error.

use std::time::Duration;

use serde_json::json;

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{Evaluator, Expression, Host, Limits, SharedExpressions, World, is_truthy};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "error-rule-matches-success",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "an error rule also counts for successful answers",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds rules under `error` whose `when` only looks at `@ctx.response.status` or `@ctx.response.ok` and holds for a
successful answer, too. The condition is evaluated for the statuses 200, 201 and 204; for a `GET` only for 200, as
nothing else is expected of it.

Error rules see every answer. A call that went well is then reported as failed, and its rows are not written.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
useLocalCall: true
error:
  - when: =@ctx.response.status != 404
    title: Something went wrong
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
useLocalCall: true
error:
  - when: =@ctx.response.status >= 400 and @ctx.response.status != 404
    title: Something went wrong
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    // What only reads makes nothing new.
    let successes = if function.method == "GET" { &SUCCESSES[..1] } else { &SUCCESSES };
    for rule in file.node.get("error").map_or(&[][..], Node::items) {
        let Some(when) = rule.get("when") else { continue };
        let Some(status) = file.expression(when).and_then(|when| matched_success(when, successes)) else {
            continue;
        };
        let finding = cx
            .finding(when.span, format!("this error rule also counts for an answer with the status {status}"))
            .help("ask for what is an error, such as `@ctx.response.status >= 400`");
        cx.report(finding);
    }
}

const SUCCESSES: [u16; 3] = [200, 201, 204];

/// The first of the successful statuses that the condition holds for.
fn matched_success(when: &Expression, successes: &[u16]) -> Option<u16> {
    if !is_about_status(when) {
        return None;
    }
    let evaluator = Evaluator::new(Nowhere, Limits { time: PATIENCE, ..Limits::default() });
    successes.iter().copied().find(|status| {
        let ctx = json!({ "response": { "ok": true, "status": status } });
        let world = World { ctx: &ctx, focus: None, shared: &SharedExpressions::new() };
        evaluator.evaluate(when, &world).is_ok_and(|value| value.is_some_and(|value| is_truthy(&value)))
    })
}

/// Whether the condition depends on nothing else than whether the answer is a good one.
fn is_about_status(when: &Expression) -> bool {
    let (read, focus) = (when.references(), when.focus_reads());
    let status = |name: Option<&str>| matches!(name, Some("status" | "ok"));
    let is_status = read.paths.iter().all(|path| match path.segments.as_slice() {
        [response, field] => response.name.as_deref() == Some("response") && status(field.name.as_deref()),
        _ => false,
    });
    let is_plain = read.functions.iter().all(|name| matches!(name.as_str(), "not" | "boolean" | "number"));
    let is_closed = read.variables.is_empty() && focus.fields.is_empty() && !focus.open;
    is_status && !read.paths.is_empty() && is_plain && is_closed
}

const PATIENCE: Duration = Duration::from_millis(20);

/// Conditions that are evaluated here read neither the clock nor ids.
struct Nowhere;

impl Host for Nowhere {
    fn now_ms(&self) -> i64 {
        0
    }

    fn uuid(&self) -> String {
        String::new()
    }
}
