//! Features that only a direct call has.

use crate::action::ProviderKind;
use crate::app::Function;
use crate::diag::{Fix, Group, RuleInfo, Severity, Span};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "missing-local-call",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "queries and operations need `useLocalCall: true`",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds REST functions with `queries` or `operations`, or with an expression that reads `@ctx.response`, that do not
say `useLocalCall`.

Without it the call goes through the platform's proxy, which knows little of these. They are left out without
a word. `useLocalCall: false` is taken as meant.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
operations:
  - type: operation.upsert-merge
    records: =$.items
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
useLocalCall: true
operations:
  - type: operation.upsert-merge
    records: =$.items
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    if function.provider != Some(ProviderKind::Rest) {
        return;
    }
    let Some(file) = FunctionFile::read(cx, function) else { return };
    if file.entry("useLocalCall").is_some() || cx.has_stray_key(file.node) {
        return;
    }
    let Some((span, what)) = feature(cx, place, function, file) else { return };
    let finding = cx
        .finding(span, format!("{what} only in calls that the phone makes itself"))
        .help("add `useLocalCall: true` to the function");
    let text = cx.text(function.file);
    cx.report(match file.entry("method").and_then(|method| line_start(text, method.key_span)) {
        Some((at, indent)) => {
            finding.fix(Fix::risky("let the phone call", at, format!("useLocalCall: true\n{indent}")))
        }
        None => finding,
    });
}

/// The first thing that needs a direct call.
fn feature(
    cx: &Cx<'_>,
    place: &Place<'_>,
    function: &Function,
    file: FunctionFile<'_, '_>,
) -> Option<(Span, &'static str)> {
    let key = |key: &str| file.entry(key).map(|entry| entry.key_span);
    let operations = file.operations().map(|(entry, _)| entry.key_span);
    let listed = key("queries").map(|span| (span, "`queries` work"));
    listed.or_else(|| operations.map(|span| (span, "`operations` work"))).or_else(|| {
        function.expressions.iter().find_map(|found| {
            let path = found.expression.references().below(&["response"]).next()?;
            let end = path.segments.first()?.range.end;
            let span = cx.part(place, found.span, path.range.start..end);
            Some((span, "`@ctx.response` can be read"))
        })
    })
}

/// The place and the indent of a key that begins its line.
fn line_start(text: &str, key: Span) -> Option<(Span, &str)> {
    let before = text.get(..key.start as usize)?;
    let indent = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    indent.chars().all(|c| c == ' ').then_some((Span { end: key.start, ..key }, indent))
}
