//! The id of a customer in an address.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::secret::tenant_in;
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "hard-coded-tenant",
        group: Group::Functions,
        severity: Severity::Info,
        summary: "the id of an organisation or a tenant is written in an address",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds ids such as `0f8fad5b-d9cb-469f-a165-70867728950e` behind `organizations/`, `tenants/` and the like in the
addresses and parameters of functions.

The app then works for one customer only, and shows everybody whose it is. A setting of the solution can
differ from one to the next.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/organizations/0f8fad5b-d9cb-469f-a165-70867728950e/tasks
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/organizations/{organization}/tasks
parameters:
  organization:
    type: string
    location: path
    required: true
    value: =@ctx.solution.settings.custom.organization
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    for pointer in ["/url", "/continuation/url"] {
        if let Some(node) = file.node.at(pointer) {
            look(cx, place, node, "");
        }
    }
    for parameter in file.parameters().into_iter().chain(file.later_parameters().unwrap_or_default()) {
        if let Some(value) = parameter.value() {
            look(cx, place, value, parameter.name);
        }
    }
}

fn look(cx: &mut Cx<'_>, place: &Place<'_>, node: &Node, name: &str) {
    let Some(range) = node.as_str().and_then(|text| tenant_in(name, text)) else { return };
    let finding = cx
        .finding(cx.part(place, node.span, range), "the id of one customer is written in the app")
        .help("read it from a setting: `=@ctx.solution.settings.custom.<name>`");
    cx.report(finding);
}
