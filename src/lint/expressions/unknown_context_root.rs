//! `@ctx.<name>` with a name that is not there.

use crate::app::{FileKind, Found};
use crate::diag::{Diagnostic, Fix, Group, RuleInfo, Severity, Span, closest};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-context-root",
        group: Group::Expressions,
        severity: Severity::Error,
        summary: "an expression reads a part of `@ctx` that does not exist",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds `@ctx.<name>` whose name is none of the parts of `@ctx`, such as `@ctx.datasource` for
`@ctx.datasources`, and `ctx.` without the `@`. A name that resembles nothing known is a warning.

The value is missing, without a message.

```yaml wrong
# jigs/home.jigx
title: =@ctx.users.displayName
type: jig.default
```

```yaml right
# jigs/home.jigx
title: =@ctx.user.displayName
type: jig.default
```

The parts are `action`, `actions`, `component`, `components`, `current`, `datasources`, `expressions`,
`inputs`, `jig`, `jigs`, `organization`, `scripts`, `solution`, `system` and `user`; in functions also
`commandId`, `correlationId`, `entity`, `error`, `function`, `guard`, `output`, `parameters`, `queries`,
`record`, `request` and `response`.
";

/// Parts of `@ctx` by expressions.md §2; the last two only in apps from before 2022.
const ROOTS: [&str; 29] = [
    "action",
    "actions",
    "component",
    "components",
    "current",
    "datasources",
    "expressions",
    "inputs",
    "jig",
    "jigs",
    "organization",
    "scripts",
    "solution",
    "system",
    "user",
    "commandId",
    "correlationId",
    "entity",
    "error",
    "function",
    "guard",
    "output",
    "parameters",
    "queries",
    "record",
    "request",
    "response",
    "data",
    "parents",
];

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    for path in &found.expression.references().paths {
        let Some(segment) = path.segments.first() else { continue };
        if let Some(name) = segment.name.as_deref().filter(|name| !ROOTS.contains(name)) {
            let span = cx.part(place, found.span, segment.range.clone());
            let finding = unknown(cx, name, span);
            cx.report(finding);
        }
    }
    if let Some(at) = bare(found.expression.text()).filter(|_| place.kind != FileKind::Function) {
        let span = cx.part(place, found.span, at..at + 3);
        let finding = cx.finding(span, "`ctx` needs an `@` before it").help("write `@ctx`").fix(Fix::safe(
            "add the `@`",
            span,
            "@ctx",
        ));
        cx.report(finding);
    }
}

fn unknown(cx: &Cx<'_>, name: &str, span: Span) -> Diagnostic {
    let finding = cx.finding(span, format!("`@ctx` has no part `{name}`"));
    match closest(name, ROOTS) {
        Some(meant) => finding.help(format!("did you mean `@ctx.{meant}`?")),
        None => Diagnostic { severity: Severity::Warning, ..finding },
    }
}

/// Where `ctx.` stands without `@`, outside of quotes.
fn bare(text: &str) -> Option<usize> {
    let starts_path = |at: &usize| {
        let before = text[..*at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '@' | '$' | '.' | '_' | '-' | '`'))
    };
    let is_code = |at: &usize| {
        let quotes = |quote| text[..*at].matches(quote).count() % 2 == 0;
        quotes('"') && quotes('\'') && quotes('`')
    };
    text.match_indices("ctx.").map(|(at, _)| at).filter(starts_path).find(is_code)
}
