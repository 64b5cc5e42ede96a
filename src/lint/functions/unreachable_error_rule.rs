//! Error rules behind one that always counts.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::{Kind, Node};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unreachable-error-rule",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "an error rule is never reached",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds rules under `error` that stand behind a rule without `when`.

The first rule that fits counts, and one without `when` always fits. It belongs at the end.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
useLocalCall: true
error:
  - title: Something went wrong
  - when: =@ctx.response.status = 404
    title: There is no such task
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
useLocalCall: true
error:
  - when: =@ctx.response.status = 404
    title: There is no such task
  - title: Something went wrong
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let rules = file.node.get("error").map_or(&[][..], Node::items);
    let Some(always) = rules.iter().position(|rule| counts_always(rule) && !cx.has_stray_key(rule)) else {
        return;
    };
    let (Some(first), Some(next)) = (rules[always].entries().first(), rules.get(always + 1)) else { return };
    let Some(entry) = next.entries().first() else { return };
    let span = next.entry("when").map_or(entry.key_span, |when| when.value.span);
    let finding = cx
        .finding(span, "this error rule is never reached")
        .label(first.key_span, "a rule without a condition always counts")
        .help("put the rule without `when` at the end");
    cx.report(finding);
}

fn counts_always(rule: &Node) -> bool {
    let is_map = matches!(&rule.kind, Kind::Object(entries) if !entries.is_empty());
    is_map && rule.get("when").is_none_or(|when| when.as_bool() == Some(true))
}
