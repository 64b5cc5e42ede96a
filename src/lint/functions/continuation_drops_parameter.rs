//! A parameter that further pages lose.

use crate::app::Function;
use crate::diag::{Fix, Group, RuleInfo, Severity, Span};
use crate::lint::function_file::{FunctionFile, Parameter};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::{Entry, Node};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "continuation-drops-parameter",
        group: Group::Functions,
        severity: Severity::Error,
        summary: "further pages are fetched without a parameter of the first",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds parameters for the header, the path and the query that `continuation.parameters` leaves out.

The parameters of the continuation replace all others. The second page is then fetched without access, or
without the filter of the first. Where the next address comes out of the answer it is usually complete, so
only access is checked there. A parameter that is not required gives a warning.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  accessToken:
    type: example.OAuth
    location: header
    required: true
  page:
    type: number
    location: query
    required: true
    value: 1
continuation:
  when: =$.more
  parameters:
    page:
      type: number
      location: query
      required: true
      value: =@ctx.parameters.page + 1
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  accessToken:
    type: example.OAuth
    location: header
    required: true
  page:
    type: number
    location: query
    required: true
    value: 1
continuation:
  when: =$.more
  parameters:
    accessToken:
      type: example.OAuth
      location: header
      required: true
    page:
      type: number
      location: query
      required: true
      value: =@ctx.parameters.page + 1
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    let Some((block, later)) = file.entry("continuation").zip(file.later_parameters()) else { return };
    let Some(entry) = block.value.entry("parameters") else { return };
    if cx.has_stray_key(&entry.value) || entry.value.entry("<<").is_some() {
        return;
    }
    let own = file.parameters();
    let dropped = own.iter().filter(|parameter| {
        let is_repeated = later.iter().any(|other| other.name == parameter.name);
        !is_repeated && is_needed(file, parameter)
    });
    let dropped: Vec<&Parameter<'_>> = dropped.collect();
    if dropped.is_empty() {
        return;
    }
    report(cx, entry, &dropped);
}

/// Whether a further page is another one without the parameter.
fn is_needed(file: FunctionFile<'_, '_>, parameter: &Parameter<'_>) -> bool {
    let access = parameter.is_credential() || parameter.name.eq_ignore_ascii_case("authorization");
    let first = file.node.get("url").and_then(Node::as_str);
    let next = file.node.at("/continuation/url");
    let is_same = next.is_none_or(|next| next.as_str() == first);
    match parameter.location {
        "header" | "credential" | "secret" if access => true,
        "header" | "query" => is_same,
        "path" => is_same && first.is_some_and(|url| url.contains(&format!("{{{}}}", parameter.name))),
        _ => false,
    }
}

fn report(cx: &mut Cx<'_>, entry: &Entry, dropped: &[&Parameter<'_>]) {
    let names = dropped.iter().map(|parameter| format!("`{}`", parameter.name)).collect::<Vec<_>>();
    let (word, them) = if names.len() == 1 { ("parameter", "it") } else { ("parameters", "them") };
    let message = format!("further pages are fetched without the {word} {}", names.join(", "));
    let mut finding = cx
        .finding(entry.key_span, message)
        .label(dropped[0].entry.key_span, "declared for the first page")
        .help(format!("these parameters replace the others, so repeat {them} here"));
    if !dropped.iter().any(|parameter| parameter.is_required()) {
        finding.severity = Severity::Warning;
    }
    let title = format!("repeat the {word} of the first page");
    finding.fix = repeated(cx.text(entry.key_span.file), &entry.value, dropped)
        .map(|(at, text)| Fix::risky(title, at, text));
    cx.report(finding);
}

/// The definitions as they stand in the file, for the place before the first of the later ones.
fn repeated(text: &str, later: &Node, dropped: &[&Parameter<'_>]) -> Option<(Span, String)> {
    let first = later.entries().first()?.key_span;
    let indent = indent_of(text, first)?;
    let mut added = String::new();
    for parameter in dropped {
        let (from, to) = (parameter.entry.key_span, parameter.entry.value.span);
        let own = indent_of(text, from)?;
        let written = text.get(from.start as usize..to.end as usize)?;
        for (n, line) in written.lines().enumerate() {
            let line = if n == 0 { line } else { line.strip_prefix(own).unwrap_or(line.trim_start()) };
            added.extend([line.trim_end(), "\n", indent]);
        }
    }
    Some((Span { end: first.start, ..first }, added))
}

/// The blanks before a key that begins its line.
fn indent_of(text: &str, key: Span) -> Option<&str> {
    let before = text.get(..key.start as usize)?;
    let indent = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    indent.chars().all(|c| c == ' ').then_some(indent)
}
