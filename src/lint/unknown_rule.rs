//! A name in the settings or in a comment that is no rule's.

use super::select::closest_rule;
use crate::diag::{Diagnostic, Group, RuleInfo, Severity, Span, Spanned};

pub(super) static INFO: RuleInfo = RuleInfo {
    id: "unknown-rule",
    group: Group::Settings,
    severity: Severity::Error,
    summary: "the settings or a comment name a rule that does not exist",
    docs: PAGE,
};

const PAGE: &str = "\
Finds names under `lint:` in `syncscope.yaml`, and in comments such as `# syncscope: ignore[…]`, that are
no rule's. `syncscope explain` lists the rules.

A misspelt name turns nothing on or off, and nobody would notice. In the settings it is an error, in a
comment a warning.

```yaml wrong
# syncscope.yaml
lint:
  ignore: [unknown-jigs]
```

```yaml right
# syncscope.yaml
lint:
  ignore: [unknown-jig]
```
";

/// For a name in the settings.
pub(super) fn in_settings(name: &Spanned<String>) -> Diagnostic {
    let message = format!("there is no rule `{}`", name.value);
    Diagnostic::error(INFO.id, name.span, message).help(help(&name.value))
}

/// For a name in a comment.
pub(super) fn in_comment(id: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(INFO.id, span, format!("there is no rule `{id}`")).help(help(id))
}

/// For a comment that begins like a request for silence and is none.
pub(super) fn unreadable(span: Span) -> Diagnostic {
    let message = "this comment silences nothing, because it names no rule in brackets";
    let help =
        "write `# syncscope: ignore[rule]`, or `# syncscope: ignore-file[rule]` at the top of the file";
    Diagnostic::warning(INFO.id, span, message).help(help)
}

fn help(id: &str) -> String {
    match closest_rule(id) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "`syncscope explain` lists the rules".to_owned(),
    }
}
