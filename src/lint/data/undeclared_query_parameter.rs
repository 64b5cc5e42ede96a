//! `@name` in a statement that is given no value.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::Cx;
use crate::lint::query::{Statement, bind_names, name_of};
use crate::lint::rule::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "undeclared-query-parameter",
        group: Group::Data,
        severity: Severity::Error,
        summary: "a SQL statement uses an `@name` that is given no value",
        docs: PAGE,
    },
    checks: &[Check::Statement(check)],
};

const PAGE: &str = "\
Finds `@name` in the `query:` of a datasource without an entry of that name under `queryParameters:`, and
the same in the statements of `action.execute-sql` and of functions, whose values stand under `parameters:`.

The name stands for nothing (`NULL`), and comparing with nothing is never true: the list stays empty.

```yaml wrong
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id FROM [tasks] WHERE '$.owner' = @ownerId
  queryParameters:
    owner: =@ctx.user.id
```

```yaml right
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id FROM [tasks] WHERE '$.owner' = @ownerId
  queryParameters:
    ownerId: =@ctx.user.id
```
";

fn check(cx: &mut Cx<'_>, statement: &Statement<'_>) {
    let Some(given) = statement.given(cx).filter(|_| !statement.may_declare()) else { return };
    let given: BTreeSet<&str> = given.iter().map(name_of).collect();
    let used = statement.used_names();
    for (name, ranges) in by_name(&statement.scalar.text) {
        // A path into the app has its own, plainer words.
        if given.contains(name) || name == "ctx" {
            continue;
        }
        let mut unused = given.difference(&used);
        let help = match (unused.next(), unused.next()) {
            (Some(other), None) => {
                Some(format!("`{other}` is given a value but not used: is it the one that is meant?"))
            }
            _ => cx.did_you_mean(name, given.iter().copied()),
        };
        let help = help.unwrap_or_else(|| format!("add `{name}:` under `{}`", statement.key));
        let mut places = ranges.into_iter().take(MOST_PLACES).map(|range| statement.part(cx, range));
        let Some(first) = places.next() else { continue };
        let message = format!("`@{name}` is given no value under `{}`", statement.key);
        let finding = cx.finding(first, message).help(help);
        cx.report(places.fold(finding, |finding, again| finding.label(again, "and here")));
    }
}

/// So many places of one name are shown.
const MOST_PLACES: usize = 5;

/// The places of every `@name`, in order of the first.
fn by_name(sql: &str) -> Vec<(&str, Vec<Range<usize>>)> {
    let mut found: Vec<(&str, Vec<Range<usize>>)> = Vec::new();
    let mut at: HashMap<&str, usize> = HashMap::new();
    for (name, range) in bind_names(sql) {
        let at = *at.entry(name).or_insert_with(|| {
            found.push((name, Vec::new()));
            found.len() - 1
        });
        found[at].1.push(range);
    }
    found
}
