//! A body parameter that the body leaves out.

use std::ops::Range;

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity, closest};
use crate::expr::Expression;
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unused-body-parameter",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "a body parameter is not used by `inputTransform`",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds parameters with `location: body` that `inputTransform` does not read, nor any other expression of the
function.

The transform makes the whole body. What it does not name is never sent.

```yaml wrong
# functions/create-task.jigx
provider: DATA_PROVIDER_REST
method: POST
url: https://example.com/tasks
inputTransform: '{ \"name\": name }'
parameters:
  name:
    type: string
    location: body
    required: true
  region:
    type: string
    location: body
    required: false
error:
  - title: The task was not saved
```

```yaml right
# functions/create-task.jigx
provider: DATA_PROVIDER_REST
method: POST
url: https://example.com/tasks
inputTransform: '{ \"name\": name, \"region\": region }'
parameters:
  name:
    type: string
    location: body
    required: true
  region:
    type: string
    location: body
    required: false
error:
  - title: The task was not saved
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let Some((node, transform)) = file.expression_at("/inputTransform") else { return };
    let Some(read) = fields_read(transform) else { return };
    for parameter in file.parameters().iter().filter(|parameter| parameter.location == "body") {
        // A raw body goes around the transform.
        let is_raw = matches!(parameter.name, "body" | "file");
        let is_read = read.iter().any(|(name, _)| name == parameter.name)
            || transform.references().below(&["parameters", parameter.name]).next().is_some();
        if is_raw || is_read || file.mentions_beside(parameter.name, node) {
            continue;
        }
        let message = format!("`inputTransform` does not use the body parameter `{}`", parameter.name);
        let mut finding = cx.finding(parameter.entry.key_span, message);
        // A misspelt field of the transform is the more likely mistake.
        let declared = file.parameters();
        let strangers = read.iter().filter(|(name, _)| declared.iter().all(|other| other.name != name));
        let mut near = strangers.filter(|(name, _)| closest(name, [parameter.name]).is_some());
        if let Some((name, range)) = near.next() {
            finding = finding
                .label(cx.part(place, node.span, range.clone()), "no parameter has this name")
                .help(format!("did you mean `{}` in place of `{name}`?", parameter.name));
        } else {
            finding = finding
                .label(node.span, "makes the whole body")
                .help("put it into the transform, or remove the parameter");
        }
        cx.report(finding);
    }
}

/// The parameters that the transform reads; `None` when it may read any.
fn fields_read(transform: &Expression) -> Option<Vec<(String, Range<usize>)>> {
    let reads = transform.focus_reads();
    // `@ctx` and `@ctx.parameters` as a whole.
    let whole = transform.references().paths.iter().any(|path| {
        let root = path.segments.first().and_then(|segment| segment.name.as_deref());
        root.is_none() || (root == Some("parameters") && path.segments.len() == 1)
    });
    (!reads.open && !whole).then_some(reads.fields)
}
