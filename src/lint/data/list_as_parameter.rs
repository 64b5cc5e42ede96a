//! A list that is bound to one parameter.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::function_file::FunctionFile;
use crate::lint::query::{Statement, name_of};
use crate::lint::rule::{Check, Rule};
use crate::lint::writes::gives_list;
use crate::lint::{Cx, Place};
use crate::syntax::{Kind, Node};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "list-as-parameter",
        group: Group::Data,
        severity: Severity::Error,
        summary: "a list or a map is compared with a column as if it were one value",
        docs: PAGE,
    },
    checks: &[Check::Statement(check), Check::Function(check_filter)],
};

const PAGE: &str = "\
Finds parameters of SQL statements whose value is a list or a map, where the statement compares them as one value:
`= @ids`, `IN (@ids)`. The values of `forRowsWithValues` and `forRowsInRange` of a function are looked at, too.

A parameter is one value. A list is bound as a whole, equals no column, and fails on some phones. Bound as JSON
text, `json_each` makes rows of it.

```yaml wrong
# datasources/some-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id FROM [tasks] WHERE id IN (@ids)
  queryParameters:
    ids: =$map(@ctx.jig.inputs.tasks, function($t) { $t.id })
```

```yaml right
# datasources/some-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id FROM [tasks] WHERE id IN (SELECT value FROM json_each(@ids))
  queryParameters:
    ids: =$string($map(@ctx.jig.inputs.tasks, function($t) { $t.id })[])
```
";

fn check(cx: &mut Cx<'_>, statement: &Statement<'_>) {
    let Some(given) = statement.given(cx).filter(|given| !given.is_empty()) else { return };
    let Some(compiled) = statement.compiled(cx) else { return };
    for entry in given {
        let name = name_of(entry);
        let mut uses = compiled.parameters.iter().filter(|used| used.is_compared && used.name == name);
        if let Some(used) = uses.next()
            && let Some(what) = several(&entry.value)
        {
            let finding = cx
                .finding(entry.value.span, format!("`{name}` is {what}, and is compared as one value"))
                .label(statement.part(cx, used.range.clone()), "compared here")
                .help(format!(
                    "bind `$string(…)` of it and write `IN (SELECT value FROM json_each(@{name}))`"
                ));
            cx.report(finding);
        }
    }
}

/// The rows that a function replaces are chosen by single values (functions.md §6.1). What is written as a list
/// is told by the schema.
fn check_filter(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    for key in ["forRowsWithValues", "forRowsInRange"] {
        let filters = file.node.get(key).map_or(&[][..], Node::entries).iter();
        let inside = filters.flat_map(|entry| {
            let bounds = entry.value.entries().iter().map(move |bound| (entry, &bound.value));
            bounds.chain([(entry, &entry.value)])
        });
        for (entry, value) in inside.filter(|(_, value)| value.as_str().is_some()) {
            let Some(what) = several(value) else { continue };
            let name = &entry.key.text;
            let finding = cx
                .finding(value.span, format!("`{name}` is {what}, and is compared as one value"))
                .help("choose the rows by an `operation.execute-sql` with `IN (SELECT value FROM json_each(…))`");
            cx.report(finding);
        }
    }
}

/// What a value is, when it is surely not a single one.
fn several(node: &Node) -> Option<&'static str> {
    match &node.kind {
        Kind::Array(_) => Some("a list"),
        Kind::Object(_) => Some("a map"),
        Kind::String(scalar) if is_expression(&scalar.text) && gives_list(&scalar.text) => Some("a list"),
        _ => None,
    }
}
