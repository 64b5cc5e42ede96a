//! A language without texts that the others have.

use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::texts::is_language;
use crate::lint::{Cx, Place};

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
    let source = place.source;
    if !is_language(source) || !cx.is_sound(source.tree.root.span) {
        return;
    }
    let (count, first) = cx.texts().lacking(source);
    let Some(start) = source.tree.root.entries().first().filter(|_| count > 0) else { return };
    let what = if count == 1 { "a text" } else { "texts" };
    let names: Vec<String> = first.iter().map(|id| format!("`{id}`")).collect();
    let more = if count > first.len() { format!(" and {} more", count - first.len()) } else { String::new() };
    let message =
        format!("`{}` lacks {what} that other languages have: {}{more}", place.id, names.join(", "));
    let finding = cx.finding(start.key_span, message);
    cx.report(finding);
}
