//! A datasource that nothing defines.

use crate::action::UseKind;
use crate::app::{FileKind, Found, Reference};
use crate::diag::{Diagnostic, Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-datasource",
        group: Group::Data,
        severity: Severity::Error,
        summary: "an expression or a reference names a datasource that does not exist",
        docs: PAGE,
    },
    checks: &[Check::Reference(check_reference), Check::Expression(check_expression)],
};

const PAGE: &str = "\
Finds `@ctx.datasources.<id>` in expressions, and `datasourceId:` of references, when `<id>` is neither a
datasource of the same jig nor a file under `datasources/`. A jig that reads a datasource of another jig
gets a warning: datasources of a jig are visible in it alone.

The phone shows an error in place of the screen.

```yaml wrong
# jigs/tasks.jigx
title: Tasks
type: jig.list
datasources:
  my-tasks:
    type: datasource.static
    options:
      data: [{ id: 1 }]
data: =@ctx.datasources.mytasks
item:
  type: component.list-item
  options:
    title: =@ctx.current.item.id
```

```yaml right
# jigs/tasks.jigx
title: Tasks
type: jig.list
datasources:
  my-tasks:
    type: datasource.static
    options:
      data: [{ id: 1 }]
data: =@ctx.datasources.my-tasks
item:
  type: component.list-item
  options:
    title: =@ctx.current.item.id
```
";

fn check_reference(cx: &mut Cx<'_>, reference: &Reference) {
    if reference.kind == UseKind::Datasource {
        cx.unknown(reference, "datasource");
    }
}

fn check_expression(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    // Functions see no datasources at all, which is another mistake (functions.md §2).
    if place.kind == FileKind::Function {
        return;
    }
    for path in found.expression.references().below(&["datasources"]) {
        let Some(segment) = path.segments.get(1) else { continue };
        let Some(id) = segment.name.as_deref() else { continue };
        if cx.datasource(place, id).is_none()
            && let Some(finding) = finding(cx, place, id, found, segment.range.clone())
        {
            cx.report(finding);
        }
    }
}

fn finding(
    cx: &Cx<'_>,
    place: &Place<'_>,
    id: &str,
    found: &Found,
    range: std::ops::Range<usize>,
) -> Option<Diagnostic> {
    if cx.may_be_defined(UseKind::Datasource, id) || cx.may_be_key(place, "datasources", id) {
        return None;
    }
    let elsewhere = cx.project.index.definitions(UseKind::Datasource, id).first();
    let span = cx.part(place, found.span, range);
    match elsewhere {
        None => {
            let help = cx.suggestion(UseKind::Datasource, id);
            Some(cx.finding(span, format!("there is no datasource `{id}`")).maybe_help(help))
        }
        // What stands in no jig is evaluated for whichever uses it.
        Some(definition) if place.kind == FileKind::Jig && !cx.project.home.has_datasource(id) => {
            let message = format!("the datasource `{id}` belongs to another jig, which alone can read it");
            let finding = cx
                .finding(span, message)
                .label(definition.span, "the datasource")
                .help("move the datasource to a file under `datasources/`");
            Some(Diagnostic { severity: Severity::Warning, ..finding })
        }
        Some(_) => None,
    }
}
