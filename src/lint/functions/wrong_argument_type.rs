//! An argument of another kind than the function declares.

use crate::action::ActionNode;
use crate::app::{Datasource, Function};
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::arguments::{Call, of_action, of_datasource, of_function};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::{Kind, Node};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "wrong-argument-type",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "an argument is of another type than the parameter",
        docs: PAGE,
    },
    checks: &[Check::Action(action), Check::Datasource(datasource), Check::Function(function)],
};

const PAGE: &str = "\
Finds literal arguments that cannot become what the parameter's `type` says: a word for a number, a single
value for a list. A literal `value` in the function's own file is checked too. Texts such as
`\"12\"` are fine for a number, and expressions are not checked.

The server gets something that it does not expect.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  limit:
    type: number
    location: query
    required: false
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
        parameters:
          limit: all
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  limit:
    type: number
    location: query
    required: false
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
        parameters:
          limit: 50
```
";

fn action(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    of_action(cx, action).iter().for_each(|call| check(cx, call));
}

fn datasource(cx: &mut Cx<'_>, _: &Place<'_>, datasource: &Datasource) {
    of_datasource(cx, datasource).iter().for_each(|call| check(cx, call));
}

fn function(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    of_function(cx, function).iter().for_each(|call| check(cx, call));
    let Some(file) = FunctionFile::read(cx, function) else { return };
    for parameter in file.parameters().into_iter().chain(file.later_parameters().unwrap_or_default()) {
        let Some(value) = parameter.value().filter(|_| !parameter.is_credential()) else { continue };
        if let Some(wanted) = mismatch(value, parameter.type_name()) {
            let message =
                format!("the value of `{}` should be {wanted}, not {}", parameter.name, told(value));
            let finding = cx.finding(value.span, message);
            cx.report(finding.help(format!("the parameter has `type: {}`", parameter.type_name())));
        }
    }
}

fn check(cx: &mut Cx<'_>, call: &Call<'_>) {
    for argument in &call.arguments {
        let name = &*argument.key.text;
        let Some(declared) = call.declared.iter().find(|declared| declared.name == name) else { continue };
        let Some(wanted) = mismatch(&argument.value, declared.type_name) else { continue };
        let message = format!("`{name}` of {} `{}` should be {wanted}", call.what, call.id);
        let finding = cx
            .finding(argument.value.span, format!("{message}, not {}", told(&argument.value)))
            .label(declared.span, format!("declared with `type: {}`", declared.type_name));
        cx.report(finding);
    }
}

/// What the type asks for, when the value cannot become it.
fn mismatch(value: &Node, type_name: &str) -> Option<&'static str> {
    let text = value.as_str();
    if value.is_null() || text.is_some_and(is_expression) {
        return None;
    }
    let is_number = |text: &str| text.trim().parse::<f64>().is_ok();
    let is_truth =
        |text: &str| matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "false" | "0" | "1");
    let is_json = |text: &str| text.trim_start().starts_with(['[', '{']);
    let single = !matches!(value.kind, Kind::Array(_) | Kind::Object(_));
    let (fits, wanted) = match type_name {
        "number" | "int" | "integer" => {
            (matches!(value.kind, Kind::Number(_)) || text.is_none_or(is_number) && single, "a number")
        }
        "boolean" => (single && text.is_none_or(is_truth), "true or false"),
        "array" => (matches!(value.kind, Kind::Array(_)) || text.is_some_and(is_json), "a list"),
        "object" => (matches!(value.kind, Kind::Object(_)) || text.is_some_and(is_json), "a map"),
        _ => return None,
    };
    (!fits).then_some(wanted)
}

/// The value in words, or as it is written when it is short.
fn told(value: &Node) -> String {
    const SHORT: usize = 40;
    match value.as_str().filter(|text| text.len() <= SHORT) {
        Some(text) => format!("`{text}`"),
        None => value.kind_word().to_owned(),
    }
}
