//! A name that no table may have.

use crate::app::FileKind;
use crate::diag::{Diagnostic, Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::{Entry, Node};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "table-name",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "a table's name has characters that no table of Dynamic Data may have",
        docs: PAGE,
    },
    checks: &[Check::File(check)],
};

const PAGE: &str = "\
Finds names under `tables:` of a database that do not begin with a letter, are longer than 50 characters, or have
other characters than letters, digits, `-` and `_`. Capital letters, and more than 30 characters, are worth a remark.

Such a table cannot be created in the cloud, or not everywhere.

```yaml wrong
# databases/default.jigx
databaseId: default
tables:
  open tasks: null
```

```yaml right
# databases/default.jigx
databaseId: default
tables:
  open-tasks: null
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>) {
    let root = &place.source.tree.root;
    let databases: Vec<&Node> = match place.kind {
        FileKind::Database => vec![root],
        FileKind::SingleFile => {
            let section = root.get("databases").map_or(&[][..], Node::entries);
            section.iter().map(|entry| &entry.value).collect()
        }
        _ => return,
    };
    for table in databases.iter().flat_map(|database| database.get("tables").map_or(&[][..], Node::entries)) {
        if let Some(finding) = finding(cx, table) {
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_>, table: &Entry) -> Option<Diagnostic> {
    let name = &*table.key.text;
    let small: String =
        name.to_lowercase().chars().map(|c| if c.is_whitespace() { '-' } else { c }).collect();
    let length = name.chars().count();
    let strange = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let wrong = if name.contains(strange) {
        "has other characters than letters, digits, `-` and `_`"
    } else if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        "does not begin with a letter"
    } else if !(2..=50).contains(&length) {
        "has to have 2 to 50 characters"
    } else if name.ends_with(['-', '_']) {
        "does not end with a letter or digit"
    } else if name.contains(|c: char| c.is_ascii_uppercase()) {
        "has capital letters"
    } else if length > 30 {
        "has more than 30 characters"
    } else {
        return None;
    };
    let finding = cx.finding(table.key_span, format!("the table name `{name}` {wrong}"));
    let is_style = wrong == "has capital letters" || wrong == "has more than 30 characters";
    let finding = if is_style { Diagnostic { severity: Severity::Info, ..finding } } else { finding };
    let better = small != name && !small.contains(strange);
    Some(if better {
        finding.help(format!("name it `{small}`, here and wherever it is used"))
    } else {
        finding
    })
}
