//! A `{name}` in an address that no path parameter fills.

use std::ops::Range;

use crate::app::Function;
use crate::diag::{Fix, Group, RuleInfo, Severity, closest};
use crate::expr::{ExprKind, ExprNode, Operator};
use crate::lint::function_file::{FunctionFile, Parameter, tokens};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "undeclared-path-parameter",
        group: Group::Functions,
        severity: Severity::Error,
        summary: "the address has a `{name}` that no parameter fills",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds `{name}` in `url` and in `continuation.url` when no parameter of that name with `location: path` is
declared. Parameters of the continuation replace the others, so its address is filled from them.

The braces are sent as they stand, and the server knows no such address.

Of an address that an expression puts together, the texts that go into it as they stand are looked at.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/{region}/tasks
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/{region}/tasks
parameters:
  region:
    type: string
    location: path
    required: true
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let own = file.parameters();
    if let Some(url) = Address::read(file, "/url") {
        check_address(cx, place, file, &url, &own);
    }
    if let Some(url) = Address::read(file, "/continuation/url") {
        check_address(cx, place, file, &url, &file.later_parameters().unwrap_or(own));
    }
}

/// An address, with the `{name}`s that it surely has.
struct Address<'a> {
    node: &'a Node,
    /// Their names and the bytes of the braces.
    tokens: Vec<(&'a str, Range<usize>)>,
}

impl<'a> Address<'a> {
    fn read(file: FunctionFile<'a, 'a>, pointer: &str) -> Option<Self> {
        if let Some(url) = file.literal(pointer) {
            return Some(Self { node: url.node, tokens: url.tokens() });
        }
        let (node, expression) = file.expression_at(pointer)?;
        let mut tokens = Vec::new();
        texts(expression.root(), expression.text(), &mut tokens);
        Some(Self { node, tokens })
    }
}

/// Finds the `{name}`s of texts that become part of the value as they stand. What a call makes of a text is
/// not known, and a text with escapes has other bytes than its value.
fn texts<'e>(node: &'e ExprNode, source: &str, found: &mut Vec<(&'e str, Range<usize>)>) {
    match &node.kind {
        ExprKind::Text(text) => {
            let start = node.bytes.range().start + 1;
            if source.get(start..start + text.len()) == Some(&**text) {
                let moved = |range: Range<usize>| start + range.start..start + range.end;
                found.extend(tokens(text).into_iter().map(|(name, range)| (name, moved(range))));
            }
        }
        ExprKind::Binary { op: Operator::Concat, left, right } => {
            texts(left, source, found);
            texts(right, source, found);
        }
        ExprKind::Condition { then, otherwise, .. } => {
            texts(then, source, found);
            otherwise.iter().for_each(|other| texts(other, source, found));
        }
        ExprKind::Block(items) => items.last().into_iter().for_each(|last| texts(last, source, found)),
        _ => {}
    }
}

fn check_address(
    cx: &mut Cx<'_>,
    place: &Place<'_>,
    file: FunctionFile<'_, '_>,
    url: &Address<'_>,
    declared: &[Parameter<'_>],
) {
    let tokens = &url.tokens;
    let part = |cx: &Cx<'_>, range: Range<usize>| cx.part(place, url.node.span, range);
    let misspelt = file.entry("parameters").is_none() && cx.has_stray_key(file.node);
    for (name, range) in tokens.iter().filter(|_| !misspelt) {
        let found = declared.iter().find(|parameter| parameter.name == *name);
        // Where an unwritten or a secret value goes is not known for sure.
        if found.is_some_and(|found| matches!(found.location, "path" | "" | "credential" | "secret")) {
            continue;
        }
        let inside = part(cx, range.start + 1..range.end - 1);
        let span = part(cx, range.clone());
        // A place that does not exist is told already.
        let is_told = |found: &&Parameter<'_>| {
            found.entry.value.get("location").is_some_and(|location| cx.is_told(location.span))
        };
        if found.as_ref().is_some_and(is_told) {
            continue;
        }
        if let Some(found) = found {
            let message = format!("`{{{name}}}` in the address stays as it is: `{name}` goes elsewhere");
            let finding = cx
                .finding(span, message)
                .label(found.entry.key_span, format!("declared with `location: {}`", found.location))
                .help("declare it with `location: path`");
            cx.report(finding);
            continue;
        }
        let free = declared.iter().filter(|parameter| {
            parameter.location == "path" && tokens.iter().all(|(token, _)| *token != parameter.name)
        });
        let message = format!("no parameter fills `{{{name}}}` in the address");
        let finding = match closest(name, free.map(|parameter| parameter.name)) {
            Some(meant) => cx
                .finding(span, message)
                .help(format!("did you mean `{{{meant}}}`?"))
                .fix(Fix::safe(format!("write `{{{meant}}}`"), inside, meant)),
            None => cx.finding(span, message).help(format!(
                "declare `{name}` under `parameters` with `location: path` and `required: true`"
            )),
        };
        cx.report(finding);
    }
}
