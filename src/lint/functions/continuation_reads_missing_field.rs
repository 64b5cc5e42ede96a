//! A continuation that waits for a field that the transform leaves out.

use crate::app::Function;
use crate::diag::{Diagnostic, Group, RuleInfo, Severity, Span};
use crate::expr::{ExprKind, ExprNode, Expression, Field, Shape};
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
object without them. When it gives the rows alone, a field that is missing is looked for in the answer itself, and
this is only a remark.

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
    let Some(left) = Left::of(written) else { return };
    let read = ["/continuation/when", "/continuation/url"];
    let read = read.into_iter().filter_map(|pointer| {
        let (node, expression) = file.expression_at(pointer)?;
        let reads = expression.focus_reads().fields.into_iter();
        let mut missing = reads.filter(|(name, _)| left.lacks(name));
        missing.next().map(|(name, range)| (node, name, range))
    });
    // One field that is missing in both is one mistake.
    let mut told: Vec<String> = Vec::new();
    for (node, name, range) in read {
        if told.contains(&name) {
            continue;
        }
        let help = cx.did_you_mean(&name, left.fields.iter().map(|field| field.name.as_str()));
        let finding = left
            .finding(cx, cx.part(place, node.span, range), &name)
            .label(transform.span, "what the continuation starts from")
            .maybe_help(help);
        cx.report(finding);
        told.push(name);
    }
}

/// What a transform leaves of an answer.
struct Left {
    fields: Vec<Field>,
    is_list: bool,
}

impl Left {
    /// `None` when it may leave anything.
    fn of(transform: &Expression) -> Option<Self> {
        let shape = transform.shape();
        if let Some(fields) = shape.fields() {
            let is_list = !matches!(shape, Shape::Object(_));
            return Some(Self { fields: fields.to_vec(), is_list });
        }
        // A part of the answer, which may have any fields.
        is_part(transform.root()).then(|| Self { fields: Vec::new(), is_list: true })
    }

    fn lacks(&self, name: &str) -> bool {
        // The link to the next page stands beside the rows, never in them.
        let is_link = name == "@odata.nextLink";
        if self.fields.is_empty() { is_link } else { self.fields.iter().all(|field| field.name != *name) }
    }

    /// What rows lack is looked for in the answer as it came (functions.md §5), so with a list it may work.
    fn finding(&self, cx: &Cx<'_>, place: Span, name: &str) -> Diagnostic {
        if !self.is_list {
            let message = format!("the transform leaves out `{name}`, so it is always missing here");
            return cx
                .finding(place, message)
                .help(format!("add `\"{name}\"` to what `outputTransform` gives"));
        }
        let help = format!(
            "let the transform keep `\"{name}\"` beside the rows, and take the rows out by `records`"
        );
        let message = format!("the transform gives the rows alone, and they have no `{name}`");
        Diagnostic::info(cx.rule.id, place, message).help(help)
    }
}

/// Whether a transform takes out one field of the answer: `$.value`.
fn is_part(node: &ExprNode) -> bool {
    match &node.kind {
        ExprKind::Name(_) => true,
        ExprKind::KeepArray(of) => is_part(of),
        ExprKind::Path(left, right) => {
            let is_field = matches!(right.kind, ExprKind::Name(_) | ExprKind::Text(_));
            is_field && (is_part(left) || is_focus(left))
        }
        _ => false,
    }
}

fn is_focus(node: &ExprNode) -> bool {
    matches!(&node.kind, ExprKind::Variable(name) if name.is_empty() || &**name == "$")
}
