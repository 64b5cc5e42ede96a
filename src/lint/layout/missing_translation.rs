//! A language without texts that the others have.

use crate::diag::{Diagnostic, Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::texts::languages_in;
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "missing-translation",
        group: Group::Layout,
        severity: Severity::Info,
        summary: "a language lacks texts that other languages have",
        docs: PAGE,
    },
    checks: &[Check::File(check)],
};

const PAGE: &str = "\
Finds files under `translations/` without texts that files of other languages have. Users of that language see
another one, or nothing. Files of regions, such as `pt-br`, are not compared.

```yaml wrong
# translations/en.jigx
greeting: Hello
farewell: Goodbye
# translations/fr.jigx
greeting: Bonjour
```

```yaml right
# translations/en.jigx
greeting: Hello
farewell: Goodbye
# translations/fr.jigx
greeting: Bonjour
farewell: Au revoir
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>) {
    for (language, texts) in languages_in(place.source) {
        if let Some(finding) = finding(cx, language, texts) {
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_>, language: &str, texts: &Node) -> Option<Diagnostic> {
    let (count, first) = cx.texts().lacking(texts);
    let start = texts.entries().first().filter(|_| count > 0 && cx.is_sound(texts.span))?;
    let what = if count == 1 { "a text" } else { "texts" };
    let names: Vec<String> = first.iter().map(|id| format!("`{id}`")).collect();
    let more = if count > first.len() { format!(" and {} more", count - first.len()) } else { String::new() };
    let message = format!("`{language}` lacks {what} that other languages have: {}{more}", names.join(", "));
    Some(cx.finding(start.key_span, message))
}
