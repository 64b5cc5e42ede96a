//! Rows that are to be merged by an id that they do not have.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{Expression, Field};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "merge-without-id",
        group: Group::Functions,
        severity: Severity::Error,
        summary: "rows are merged by `id`, but the transform gives no `id`",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds functions with `forRowsWithMatchingIds: true` whose transform writes objects without the key `id`.

Every row gets a new id, so nothing matches: each sync adds all rows once more.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
outputTransform: '=$.items.{ \"key\": key, \"name\": name }'
forRowsWithMatchingIds: true
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
outputTransform: '=$.items.{ \"id\": key, \"name\": name }'
forRowsWithMatchingIds: true
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let Some(merge) = file.entry("forRowsWithMatchingIds").filter(|_| file.is_true("forRowsWithMatchingIds"))
    else {
        return;
    };
    if file.operations().is_some() {
        return;
    }
    let Some((node, fields)) = rows(file) else { return };
    if fields.is_empty() || fields.iter().any(|field| field.name == "id") {
        return;
    }
    let first = fields[0].range.clone();
    let near = fields.iter().find(|field| field.name.eq_ignore_ascii_case("id"));
    let help = near.map(|field| format!("write `id` in place of `{}`", field.name));
    let finding = cx
        .finding(cx.part(place, node.span, near.map_or(first, |field| field.range.clone())), MESSAGE)
        .label(merge.key_span, "asks for it")
        .help("give every row an `\"id\"` in the transform")
        .maybe_help(help);
    cx.report(finding);
}

const MESSAGE: &str = "rows are merged by `id`, and the transform writes rows without it";

/// The fields of the rows, with the text that writes them.
fn rows<'a>(file: FunctionFile<'a, '_>) -> Option<(&'a Node, Vec<Field>)> {
    let transform = file.expression_at("/outputTransform");
    let Some(records) = file.node.get("records") else {
        let (node, expression) = transform?;
        return Some((node, expression.shape().fields()?.to_vec()));
    };
    let expression = file.expression(records)?;
    if let Some(fields) = expression.shape().fields() {
        return Some((records, fields.to_vec()));
    }
    let (node, result) = transform?;
    let (shape, name) = (result.shape(), only_field(expression)?);
    let rows = shape.fields()?.iter().find(|field| field.name == name)?;
    Some((node, rows.shape.fields()?.to_vec()))
}

/// The field that `=$.field` reads.
fn only_field(expression: &Expression) -> Option<String> {
    let reads = expression.focus_reads();
    let [(name, range)] = reads.fields.as_slice() else { return None };
    let text = expression.text().trim_end_matches([' ', '\n']);
    let plain = text[..range.start.min(text.len())].trim_start_matches(['=', ' ', '$', '.']).is_empty();
    (plain && !reads.open && range.end == text.len()).then(|| name.clone())
}
