//! A parameter whose name begins another one.

use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::Cx;
use crate::lint::query::{Statement, name_of};
use crate::lint::rule::{Check, Rule};
use crate::syntax::Entry;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "prefix-parameter",
        group: Group::Data,
        severity: Severity::Info,
        summary: "a parameter's name is the beginning of another one's",
        docs: PAGE,
    },
    checks: &[Check::Statement(check)],
};

const PAGE: &str = "\
Finds parameters of a datasource's query whose name is the beginning of another one, such as `id` and `idx`.

Apps from before 2025.5 replaced `@id` in `@idx`, too, and the query was another one. Newer ones bind each name.

```yaml wrong
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id FROM [tasks] WHERE '$.owner' = @owner OR '$.team' = @ownerTeam
  queryParameters:
    owner: =@ctx.user.id
    ownerTeam: =@ctx.solution.settings.custom.team
```

```yaml right
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id FROM [tasks] WHERE '$.owner' = @owner OR '$.team' = @team
  queryParameters:
    owner: =@ctx.user.id
    team: =@ctx.solution.settings.custom.team
```
";

fn check(cx: &mut Cx<'_>, statement: &Statement<'_>) {
    if statement.key != "queryParameters" {
        return;
    }
    let given = statement.given(cx).unwrap_or_default();
    let mut sorted: Vec<&Entry> = given.iter().collect();
    sorted.sort_by_key(|entry| name_of(entry));
    // What begins with a name follows it directly.
    for pair in sorted.windows(2) {
        let (short, long) = (name_of(pair[0]), name_of(pair[1]));
        if !short.is_empty() && short != long && long.starts_with(short) {
            let finding = cx
                .finding(pair[0].key_span, format!("`{short}` is the beginning of `{long}`"))
                .label(pair[1].key_span, "the longer name")
                .help("give it another name: apps from before 2025.5 mix them up");
            cx.report(finding);
        }
    }
}
