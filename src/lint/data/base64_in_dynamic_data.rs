//! A file within a row of Dynamic Data.

use crate::action::{ActionNode, ProviderKind};
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::writes::Write;
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "base64-in-dynamic-data",
        group: Group::Data,
        severity: Severity::Info,
        summary: "a file is stored as text in a row of Dynamic Data",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds writes to Dynamic Data with `conversions:` that make text of a file: `to: base64`, `to: data-uri` or
`to: buffer`.

A row of Dynamic Data holds at most 350 KB, and a photo easily is more: then the row is not saved. The option `file:`
uploads a file of any size beside its row.

```yaml wrong
# databases/default.jigx
tables:
  photos: null
# jigs/photo.jigx
title: Photo
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entity: default/photos
    method: create
    data:
      image: =@ctx.jig.inputs.uri
    conversions:
      - property: image
        from: local-uri
        to: base64
```

```yaml right
# databases/default.jigx
tables:
  photos: null
# jigs/photo.jigx
title: Photo
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entity: default/photos
    method: create
    data:
      title: A photo
    file:
      localPath: =@ctx.jig.inputs.uri
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    let Some(write) = Write::of(cx, action) else { return };
    if write.provider() != Some(ProviderKind::Dynamic) {
        return;
    }
    for conversion in write.options.get("conversions").map_or(&[][..], Node::items) {
        let Some(to) = conversion.get("to") else { continue };
        let Some(form) = to.as_str().filter(|form| ["base64", "data-uri", "buffer"].contains(form)) else {
            continue;
        };
        let property = conversion.get("property").and_then(Node::as_str).unwrap_or("the file");
        let finding = cx
            .finding(to.span, format!("`{property}` is stored as `{form}`, and a row holds at most 350 KB"))
            .help("upload the file with `file: { localPath: … }` beside `data`");
        cx.report(finding);
    }
}
