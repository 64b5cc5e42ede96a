//! A secret in the app itself.

use crate::action::ActionNode;
use crate::app::{Datasource, Function};
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::arguments::{Call, of_action, of_datasource, of_function};
use crate::lint::function_file::{FunctionFile, Parameter};
use crate::lint::rule::{Check, Rule};
use crate::lint::secret::{Secret, names_secret, secret_in, secret_value};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "hard-coded-secret",
        group: Group::Functions,
        severity: Severity::Error,
        summary: "a key, a token or a password is written in the app",
        docs: PAGE,
    },
    checks: &[Check::Action(action), Check::Datasource(datasource), Check::Function(function)],
};

const PAGE: &str = "\
Finds in the addresses and parameters of functions, and in the arguments given to them: keys with a known
beginning, `Bearer …` and `Basic …` with a value, a password in an address, and long random values where a key,
a token or a password belongs. Placeholders and names of credentials are fine. The secret itself is not printed.

The app is copied to every phone and to every person who may edit it, and so is the secret. Keep it as a
credential and write its name; then make a new one, because this one is known.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks?code=Zk3xT9qLw07vRb2NsY5uHd8eJf1mCg4a
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  x-functions-key:
    type: secret
    location: header
    required: true
    value: tasks.key
```
";

fn action(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    of_action(cx, action).iter().for_each(|call| arguments(cx, place, call));
}

fn datasource(cx: &mut Cx<'_>, place: &Place<'_>, datasource: &Datasource) {
    of_datasource(cx, datasource).iter().for_each(|call| arguments(cx, place, call));
}

fn function(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    of_function(cx, function).iter().for_each(|call| arguments(cx, place, call));
    let Some(file) = FunctionFile::read(cx, function) else { return };
    for pointer in ["/url", "/continuation/url"] {
        if let Some(node) = file.node.at(pointer) {
            look(cx, place, node, "");
        }
    }
    for parameter in file.parameters().into_iter().chain(file.later_parameters().unwrap_or_default()) {
        if let Some(value) = parameter.value() {
            look(cx, place, value, secret_name(&parameter));
        }
    }
}

/// The name of a parameter that holds a secret by its name or its type.
fn secret_name<'a>(parameter: &Parameter<'a>) -> &'a str {
    let by_type = parameter.type_name() == "secret" || parameter.is_credential();
    if by_type && !names_secret(parameter.name) { "secret" } else { parameter.name }
}

fn arguments(cx: &mut Cx<'_>, place: &Place<'_>, call: &Call<'_>) {
    call.arguments.iter().for_each(|argument| look(cx, place, &argument.value, &argument.key.text));
}

fn look(cx: &mut Cx<'_>, place: &Place<'_>, node: &Node, name: &str) {
    let Some(text) = node.as_str() else { return };
    let whole = || secret_value(name, text).then_some(Secret { what: "a secret", range: 0..text.len() });
    let Some(secret) = secret_in(text).or_else(whole) else { return };
    let finding = cx
        .finding(cx.part(place, node.span, secret.range), format!("{} is written in the app", secret.what))
        .help("keep it as a credential and write the credential's name here; then make a new secret")
        .concealed();
    cx.report(finding);
}
