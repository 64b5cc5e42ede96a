//! A continuation that waits for a field that the transform leaves out.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::Shape;
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "continuation-reads-missing-field",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "the continuation reads a field that the transform leaves out",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds fields that `continuation.when` or `continuation.url` reads of `$` when `outputTransform` writes an
object without them.

The continuation starts from what the transform gives. The field is missing, so the first page stays the only
one, and nobody is told.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
outputTransform: '={ \"rows\": $.items }'
records: =$.rows
continuation:
  when: =$.next
  url: =$.next
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
outputTransform: '={ \"rows\": $.items, \"next\": $.next }'
records: =$.rows
continuation:
  when: =$.next
  url: =$.next
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let Some((transform, written)) = file.expression_at("/outputTransform") else { return };
    // What is written for each of several values hides the answer's own fields less surely.
    let Shape::Object(fields) = written.shape() else { return };
    let read = ["/continuation/when", "/continuation/url"];
    let read = read.into_iter().filter_map(|pointer| {
        let (node, expression) = file.expression_at(pointer)?;
        let reads = expression.focus_reads().fields.into_iter();
        let mut missing = reads.filter(|(name, _)| fields.iter().all(|field| field.name != *name));
        missing.next().map(|(name, range)| (node, name, range))
    });
    // One field that is missing in both is one mistake.
    let mut told: Vec<String> = Vec::new();
    for (node, name, range) in read {
        if told.contains(&name) {
            continue;
        }
        let message = format!("the transform leaves out `{name}`, so it is always missing here");
        let help = cx.did_you_mean(&name, fields.iter().map(|field| field.name.as_str()));
        let finding = cx
            .finding(cx.part(place, node.span, range), message)
            .label(transform.span, "what the continuation starts from")
            .help(format!("add `\"{name}\"` to what `outputTransform` gives"))
            .maybe_help(help);
        cx.report(finding);
        told.push(name);
    }
}
