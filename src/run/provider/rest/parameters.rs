//! The parameters of a call: what the caller gives, what the function defines (functions.md §2).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::scope::{Roots, Scope};
use crate::app::{Function, Location, Parameter, Secret};
use crate::expr::Template;
use crate::run::provider::FetchError;

/// The value of each parameter that has one; credentials by their names, never their secrets.
pub(super) type Values = Map<String, Value>;

/// The values of the first page: an argument before the function's own `value`.
pub(super) fn first(
    function: &Function,
    arguments: &Map<String, Value>,
    scope: &mut Scope<'_>,
) -> Result<Values, FetchError> {
    let mut values = Values::new();
    for parameter in &function.parameters {
        let own = parameter.value.as_ref().and_then(literal);
        if let Some(value) = argument(parameter, arguments).or(own) {
            values.insert(parameter.name.value.clone(), typed(parameter, value));
        }
    }
    // Expressions see arguments, literals and the expressions above them.
    for parameter in &function.parameters {
        let name = &parameter.name.value;
        let Some(template) = parameter.value.as_ref().filter(|_| !values.contains_key(name)) else {
            continue;
        };
        expose(scope, function, &values);
        if let Some(value) = scope.value(&format!("parameters.{name}.value"), template)? {
            values.insert(name.clone(), typed(parameter, value));
        }
    }
    check(function, &function.parameters, &values)?;
    expose(scope, function, &values);
    Ok(values)
}

/// The values of the next page, by definitions that replace all others (functions.md §5): an
/// expression is evaluated anew, so that it can count on; then come the values of the page before.
pub(super) fn next(
    function: &Function,
    definitions: &[Parameter],
    before: &Values,
    scope: &mut Scope<'_>,
    roots: &Roots,
) -> Result<Values, FetchError> {
    let mut values = Values::new();
    for parameter in definitions {
        let name = &parameter.name.value;
        let own = parameter.value.as_ref().and_then(literal);
        let what = format!("continuation.parameters.{name}.value");
        let anew = match &parameter.value {
            Some(template) if own.is_none() => scope.value_after(&what, template, roots)?,
            _ => None,
        };
        if let Some(value) = anew.or_else(|| before.get(name).cloned()).or(own) {
            values.insert(name.clone(), typed(parameter, value));
        }
    }
    check(function, definitions, &values)?;
    expose(scope, function, &values);
    Ok(values)
}

/// The values of a page with which a fetch goes on: those that are kept, then those of the first page.
pub(super) fn resumed(
    function: &Function,
    definitions: &[Parameter],
    first: &Values,
    kept: &Values,
    scope: &mut Scope<'_>,
) -> Result<Values, FetchError> {
    let names = definitions.iter().map(|parameter| &parameter.name.value);
    let value = |name: &String| Some((name.clone(), kept.get(name).or_else(|| first.get(name))?.clone()));
    let values: Values = names.filter_map(value).collect();
    check(function, definitions, &values)?;
    expose(scope, function, &values);
    Ok(values)
}

fn literal(template: &Template) -> Option<Value> {
    if let Template::Literal(value) = template { Some(value.clone()) } else { None }
}

/// The value as the type that its definition names, where a text is nothing but such a value; lists, inputs of
/// forms and addresses bring numbers as texts. Everything else is left alone (functions.md §2).
fn typed(parameter: &Parameter, value: Value) -> Value {
    let Value::String(text) = &value else { return value };
    if auth(parameter).is_some() {
        return value;
    }
    let typed = match parameter.type_name.to_ascii_lowercase().as_str() {
        // The same number in another spelling, such as `007` or `1.50`, is another text in an address.
        "number" | "int" | "integer" => {
            let number = text.parse::<serde_json::Number>().ok().filter(|number| number.to_string() == *text);
            number.map(Value::Number)
        }
        "boolean" | "bool" => text.parse::<bool>().ok().map(Value::Bool),
        _ => None,
    };
    typed.unwrap_or(value)
}

/// A `null` counts as an argument only where it can be sent as one.
fn argument(parameter: &Parameter, arguments: &Map<String, Value>) -> Option<Value> {
    let value = arguments.get(&parameter.name.value)?;
    let sendable = matches!(parameter.location, Location::Body | Location::Output);
    (sendable || !value.is_null()).then(|| value.clone())
}

fn check(function: &Function, definitions: &[Parameter], values: &Values) -> Result<(), FetchError> {
    let is_missing = |parameter: &&Parameter| {
        parameter.required && values.get(&parameter.name.value).is_none_or(Value::is_null)
    };
    let Some(parameter) = definitions.iter().find(is_missing) else { return Ok(()) };
    let message = format!(
        "the function `{}` needs its parameter `{}`: pass it under `parameters`, or give it a `value` there",
        function.id, parameter.name.value
    );
    Err(FetchError::lasting("config.parameter", message))
}

/// Both spellings of expressions.md §2.
fn expose(scope: &mut Scope<'_>, function: &Function, values: &Values) {
    scope.put("parameters", Value::Object(values.clone()));
    scope.put("function", serde_json::json!({ "id": function.id, "parameters": values }));
}

/// The secrets of a call: by parameter, ready to be sent.
#[derive(Default)]
pub(super) struct Secrets {
    by_parameter: BTreeMap<String, String>,
}

/// How a credential is sent (functions.md §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Auth {
    /// `Authorization: Bearer …`
    Bearer,
    /// `Authorization: Basic …`
    Basic,
    /// As it is, in the parameter's own place.
    Plain,
}

/// Whether a parameter's value is the name of a credential.
pub(super) fn auth(parameter: &Parameter) -> Option<Auth> {
    let carries = matches!(parameter.location, Location::Header | Location::Credential);
    match parameter.name.value.as_str() {
        "accessToken" if carries => Some(Auth::Bearer),
        "basicAuth" if carries => Some(Auth::Basic),
        _ if parameter.type_name == "secret" || parameter.location == Location::Credential => {
            Some(Auth::Plain)
        }
        _ => None,
    }
}

impl Secrets {
    /// Looks up the credentials that the parameters name; `look` gives the secret of a name, which it has told
    /// the redactor.
    pub(super) fn find(
        definitions: &[Parameter],
        values: &Values,
        mut look: impl FnMut(&str) -> Result<Option<Secret>, FetchError>,
    ) -> Result<Self, FetchError> {
        let mut secrets = Self::default();
        for parameter in definitions {
            let Some((auth, value)) = auth(parameter).zip(values.get(&parameter.name.value)) else {
                continue;
            };
            let name = credential_name(parameter, value)?;
            let secret = look(name)?.ok_or_else(|| unknown(parameter, name))?;
            if !secret.expose().is_empty() {
                secrets.by_parameter.insert(parameter.name.value.clone(), ready(auth, secret.expose()));
            }
        }
        Ok(secrets)
    }

    /// What is sent for a parameter; `None` for a credential that is empty here.
    pub(super) fn get(&self, parameter: &Parameter) -> Option<&str> {
        self.by_parameter.get(&parameter.name.value).map(String::as_str)
    }
}

/// The credentials that are sent as headers or in the query, by name.
pub(super) fn named<'v>(definitions: &[Parameter], values: &'v Values) -> Vec<&'v str> {
    let sent = definitions.iter().filter(|parameter| {
        auth(parameter).is_some() && !matches!(parameter.location, Location::Path | Location::Output)
    });
    sent.filter_map(|parameter| values.get(&parameter.name.value)?.as_str()).map(str::trim).collect()
}

fn credential_name<'v>(parameter: &Parameter, value: &'v Value) -> Result<&'v str, FetchError> {
    value.as_str().map(str::trim).filter(|name| !name.is_empty()).ok_or_else(|| {
        let message = format!("the parameter `{}` must be the name of a credential", parameter.name.value);
        FetchError::lasting("config.credential", message)
    })
}

fn unknown(parameter: &Parameter, name: &str) -> FetchError {
    let message = format!(
        "there is no credential `{name}`, which the parameter `{}` names; \
         set it under `credentials` in `syncscope.yaml`",
        parameter.name.value
    );
    FetchError::lasting("config.credential", message)
}

fn ready(auth: Auth, secret: &str) -> String {
    let has = |scheme: &str| secret.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    match auth {
        Auth::Bearer if !has("bearer ") => format!("Bearer {secret}"),
        Auth::Basic if !has("basic ") => format!("Basic {}", STANDARD.encode(secret)),
        Auth::Bearer | Auth::Basic | Auth::Plain => secret.to_owned(),
    }
}
