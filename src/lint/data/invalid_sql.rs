//! A statement that SQLite cannot compile, whatever the tables look like.

use crate::diag::{Edit, Fix, Group, RuleInfo, Safety, Severity};
use crate::lint::Cx;
use crate::lint::query::{Language, Statement};
use crate::lint::rule::{Check, Rule};
use crate::store::{MistakeKind, Repair, SqlMistake};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "invalid-sql",
        group: Group::Data,
        severity: Severity::Error,
        summary: "a SQL statement has a mistake that keeps it from running",
        docs: PAGE,
    },
    checks: &[Check::Statement(check)],
};

const PAGE: &str = "\
Finds mistakes in the queries of datasources and functions, and in the statements of `action.execute-sql` and
`operation.execute-sql`: a comma too many, a name that needs brackets, a function that SQL does not have. Each
statement is compiled as the phone compiles it, against empty tables in memory. Statements for a SQL server are
looked at only where the settings put a SQLite file in its place (`providers.sql.connections`).

The phone shows an error in place of the screen, or does not run the action.

```yaml wrong
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: |
    SELECT
      id,
      '$.title',
    FROM [tasks]
```

```yaml right
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: |
    SELECT
      id,
      '$.title'
    FROM [tasks]
```
";

fn check(cx: &mut Cx<'_>, statement: &Statement<'_>) {
    let compiled = statement.compiled(cx).or_else(|| cx.compiled_for_connection(statement));
    let Some(compiled) = compiled else { return };
    if let Some(mistake) = compiled.mistake.as_ref().filter(|mistake| is_ours(mistake, statement)) {
        report(cx, statement, mistake);
    }
}

/// Whether it is a mistake for sure. What may be changed is the phone's to say; a query changes nothing.
fn is_ours(mistake: &SqlMistake, statement: &Statement<'_>) -> bool {
    match mistake.kind {
        MistakeKind::Sql => true,
        MistakeKind::Refused => matches!(statement.language, Language::Query { .. }),
        MistakeKind::Column(_) | MistakeKind::Shorthand | MistakeKind::Unsure => false,
    }
}

fn report(cx: &mut Cx<'_>, statement: &Statement<'_>, mistake: &SqlMistake) {
    let span = statement.part(cx, mistake.range.clone());
    let help = match mistake.kind {
        MistakeKind::Refused => {
            Some("a datasource only reads: use `action.execute-sql` to change rows".to_owned())
        }
        _ => mistake.help.clone(),
    };
    let finding = cx.finding(span, mistake.message.clone()).maybe_help(help);
    cx.report(match &mistake.repair {
        Some(repair) => finding.fix(fix(cx, statement, repair)),
        None => finding,
    });
}

fn fix(cx: &Cx<'_>, statement: &Statement<'_>, repair: &Repair) -> Fix {
    let (span, text) = statement.edit(cx, repair.range.clone(), &repair.text);
    let title = if repair.text.is_empty() {
        format!("remove the `{}`", &statement.scalar.text[repair.range.clone()])
    } else {
        format!("write `{}`", repair.text)
    };
    let safety = if repair.is_certain { Safety::Safe } else { Safety::Unsafe };
    Fix { title, safety, edits: vec![Edit { span, text }] }
}
