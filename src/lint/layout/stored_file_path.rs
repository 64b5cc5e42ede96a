//! The path of a file on this device, stored where others read it.

use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "stored-file-path",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "the path of a file on this device is stored in shared data",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds actions that save the value of a `component.media-field` or `component.avatar-field` to Dynamic Data
without `conversions` and without `file`.

The value of such a field is a path on this device. Other devices cannot open it, and neither can this one when
the app is installed anew. Convert the file, or upload it with `file`.

```yaml wrong
# databases/default.jigx
databaseId: default
tables:
  people: null
# jigs/photo.jigx
title: Photo
type: jig.default
children:
  - type: component.media-field
    instanceId: photo
onRefresh:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entity: default/people
    method: save
    data:
      id: me
      photo: =@ctx.components.photo.state.value
```

```yaml right
# databases/default.jigx
databaseId: default
tables:
  people: null
# jigs/photo.jigx
title: Photo
type: jig.default
children:
  - type: component.media-field
    instanceId: photo
onRefresh:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entity: default/people
    method: save
    data:
      id: me
    file:
      localPath: =@ctx.components.photo.state.value
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    let Some(options) = cx.node(action).and_then(|node| node.get("options")) else { return };
    if !is_stored(options) || cx.has_stray_key(options) {
        return;
    }
    let found = match action.type_name.value.as_str() {
        "action.execute-entity" => written(cx, place, options),
        "action.submit-form" => submitted(cx, place, options),
        _ => None,
    };
    let Some((span, id)) = found else { return };
    let finding = cx
        .finding(
            span,
            format!("`{id}` holds the path of a file on this device, which means nothing elsewhere"),
        )
        .help("add `conversions` from `local-uri`, or upload the file with `file`");
    cx.report(finding);
}

/// Whether rows go to Dynamic Data as they are.
fn is_stored(options: &Node) -> bool {
    let word = |key: &str| options.get(key).and_then(Node::as_str).unwrap_or_default();
    word("provider") == "DATA_PROVIDER_DYNAMIC"
        && matches!(word("method"), "create" | "update" | "save")
        && options.get("conversions").is_none()
        && options.get("file").is_none()
}

/// A column that is given the value of a field with a file.
fn written<'a>(cx: &Cx<'a>, place: &Place<'_>, options: &'a Node) -> Option<(Span, &'a str)> {
    let forms = cx.forms(place)?;
    options.get("data")?.entries().iter().find_map(|entry| {
        let id = field_of(entry.value.as_str()?)?;
        let type_name = forms.components.get(id)?;
        matches!(*type_name, "component.media-field" | "component.avatar-field")
            .then_some((entry.value.span, id))
    })
}

/// The field whose value alone an expression is.
fn field_of(text: &str) -> Option<&str> {
    let path = text.trim().strip_prefix('=')?.trim_start();
    let rest = path.strip_prefix("@ctx.components.").or_else(|| path.strip_prefix("@ctx.jig.components."))?;
    rest.strip_suffix(".state.value").filter(|id| !id.contains(['.', '[', ' ']))
}

/// The form that is submitted, when it has a field with a file that `data` does not replace.
fn submitted<'a>(cx: &Cx<'a>, place: &Place<'_>, options: &'a Node) -> Option<(Span, &'a str)> {
    let id = options.get("formId")?;
    let forms = cx.forms(place)?;
    let form = forms.by_id.get(id.as_str()?)?;
    let replaced = |field: &str| options.get("data").is_some_and(|data| data.get(field).is_some());
    let plain = options.get("data").is_none_or(|data| data.as_str().is_none());
    let field = form.files.iter().copied().find(|field| !replaced(field)).filter(|_| plain)?;
    Some((id.span, field))
}
