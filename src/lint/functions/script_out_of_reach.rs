//! A call of a script where the runtime cannot run one.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{Call, CallForm, Expression};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "script-out-of-reach",
        group: Group::Functions,
        severity: Severity::Error,
        summary: "a script is called where no script can run",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds `$file.function()` in `url`, in the `when`, `result` and `parameters` of a guard, and in the `when`, the
row filters and the SQL of operations.

These are evaluated without the app's scripts. The call fails, the value is missing, and a guard that should
protect from a wrong write lets it through or blocks every write.

```yaml wrong
# scripts/expressions/rules.js
export function isOpen() { return true }
# functions/ask.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/ask
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
guard:
  function: ask
  result: =$rules.isOpen(@ctx.guard.output)
```

```yaml right
# scripts/expressions/rules.js
export function isOpen() { return true }
# functions/ask.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/ask
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
guard:
  function: ask
  result: =@ctx.guard.output.state = 'open'
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    file.each_expression(|expression| scripts(expression).next().is_some(), &mut |keys, found| {
        let Some(where_) = out_of_reach(keys) else { return };
        for call in scripts(&found.expression) {
            let CallForm::Script { file } = &call.form else { continue };
            let message = format!("`${file}.{}` is a script, and no script can run in {where_}", call.name);
            let finding = cx
                .finding(cx.part(place, found.span, call.range.clone()), message)
                .help("write it as an expression, without the script");
            cx.report(finding);
        }
    });
}

fn scripts(expression: &Expression) -> impl Iterator<Item = &Call> {
    expression.references().calls.iter().filter(|call| matches!(call.form, CallForm::Script { .. }))
}

/// Where the runtime knows no scripts (expressions.md §7).
fn out_of_reach(keys: &[&str]) -> Option<&'static str> {
    match keys {
        ["url"] | ["continuation", "url"] => return Some("an address"),
        ["guard", "when" | "result" | "parameters", ..] => return Some("a guard"),
        _ => {}
    }
    let operations = keys.iter().rposition(|key| *key == "operations")?;
    match *keys.get(operations + 1)? {
        "when" => Some("the `when` of an operation"),
        "forRowsWithValues" | "forRowsInRange" => Some("a row filter"),
        "statements" => Some("the SQL of an operation"),
        _ => None,
    }
}
