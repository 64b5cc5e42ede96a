//! A request out of a function and the values of its parameters (functions.md §1, §2).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::convert::{Converter, LocalFiles};
use super::http::{Address, Header, Request};
use super::parameters::{Auth, Secrets, Values, auth};
use super::scope::Scope;
use crate::app::{Continuation, Format, Function, Location, Parameter};
use crate::expr::Template;
use crate::run::provider::FetchError;

/// What stands for itself in any part of an address (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Names such as `$filter` are kept readable.
const IN_NAME: &AsciiSet = &RESERVED.remove(b'$');

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

/// A text as a part of an address.
pub(in crate::run::provider) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The parameters of one request.
pub(super) struct Draft<'a> {
    pub(super) function: &'a Function,
    pub(super) definitions: &'a [Parameter],
    pub(super) values: &'a Values,
    pub(super) secrets: &'a Secrets,
    pub(super) files: &'a dyn LocalFiles,
}

/// Which query an address has when there are query parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Query {
    /// That of the parameters; one written in the address is removed (functions.md §1).
    Parameters,
    /// Both; a parameter stands in place of what the address says.
    ParametersFirst,
    /// Both; what the address says stands.
    AddressFirst,
}

impl Query {
    /// That of a next page.
    pub(super) fn of(block: &Continuation) -> Self {
        match (&block.url, &block.parameters) {
            (Some(Template::Expression(_)), Some(_)) => Self::ParametersFirst,
            (Some(Template::Expression(_)), None) => Self::AddressFirst,
            _ => Self::Parameters,
        }
    }
}

impl Draft<'_> {
    /// The address with its `{name}`s filled in; as text, it may be relative.
    pub(super) fn fill(&self, url: &str) -> Result<String, FetchError> {
        let mut out = String::with_capacity(url.len());
        let mut rest = url;
        while let Some((before, name, after)) = token(rest) {
            out.push_str(before);
            let value = self.path_value(name)?;
            // In place of the host, or of the whole base, a value is part of the address itself.
            out.push_str(&if in_base(&out) { value } else { encoded(&value) });
            rest = after;
        }
        out.push_str(rest);
        self.stays_below(url, &out)?;
        Ok(out)
    }

    /// Refuses values that make a step up or none at all of a part of the path: `/a/../b` is `/b` (RFC 3986 §5.2.4),
    /// which is not what the author wrote.
    fn stays_below(&self, url: &str, filled: &str) -> Result<(), FetchError> {
        let parts = |text: &'_ str| {
            text.split(['?', '#']).next().map(|path| path.rsplit('/').map(str::to_owned).collect::<Vec<_>>())
        };
        let (written, filled) = (parts(url).unwrap_or_default(), parts(filled).unwrap_or_default());
        let steps = |(written, filled): &(&String, &String)| written.contains('{') && is_step(filled);
        let Some((written, filled)) = written.iter().zip(&filled).find(steps) else { return Ok(()) };
        let message = format!(
            "`{written}` in the `url` of the function `{}`: the value makes it `{filled}`, which stands for another \
             address, expected a name",
            self.function.id
        );
        Err(FetchError::lasting("config.parameter", message))
    }

    fn path_value(&self, name: &str) -> Result<String, FetchError> {
        let refused = |why: &str| {
            let message = format!("`{{{name}}}` in the `url` of the function `{}`: {why}", self.function.id);
            FetchError::lasting("config.parameter", message)
        };
        let parameter = self.at(Location::Path).find(|parameter| parameter.name.value == name);
        let parameter =
            parameter.ok_or_else(|| refused("there is no parameter of this name with `location: path`"))?;
        let text = self.text(parameter).filter(|text| !text.is_empty());
        text.ok_or_else(|| refused("the parameter has no value"))
    }

    /// The request to an address.
    pub(super) fn request(
        &self,
        address: Address,
        query: Query,
        scope: &Scope<'_>,
    ) -> Result<Request, FetchError> {
        let method = self.method()?;
        let body = self.body(&method, scope)?;
        let headers = self.headers(body.as_ref());
        let pairs = self.pairs();
        let written = address.query().map(str::to_owned);
        let query = merged(written.as_deref(), &pairs, query);
        Ok(Request { method, address: address.with_query(query), headers, body: body.map(|body| body.bytes) })
    }

    fn method(&self) -> Result<String, FetchError> {
        let method = &self.function.method;
        if method.is_empty() {
            return Ok("GET".to_owned());
        }
        if METHODS.contains(&method.as_str()) {
            return Ok(method.clone());
        }
        let message = format!(
            "the function `{}` has the method `{method}`; expected one of {}",
            self.function.id,
            METHODS.join(", ")
        );
        Err(FetchError::lasting("config.method", message))
    }

    fn at(&self, location: Location) -> impl Iterator<Item = &Parameter> {
        self.definitions.iter().filter(move |parameter| parameter.location == location)
    }

    /// What is sent for a parameter: the secret behind a credential's name, else its value.
    fn value(&self, parameter: &Parameter) -> Option<Value> {
        match auth(parameter) {
            Some(_) => self.secrets.get(parameter).map(Value::from),
            None => self.values.get(&parameter.name.value).cloned(),
        }
    }

    fn text(&self, parameter: &Parameter) -> Option<String> {
        self.value(parameter).as_ref().and_then(text)
    }

    /// The query parameters, encoded; a list is sent as one pair for each item.
    fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for parameter in self.at(Location::Query) {
            let name = utf8_percent_encode(&parameter.name.value, IN_NAME).to_string();
            let items = match self.value(parameter) {
                Some(Value::Array(items)) => items,
                value => value.into_iter().collect(),
            };
            pairs.extend(items.iter().filter_map(text).map(|value| (name.clone(), encoded(&value))));
        }
        pairs
    }

    fn headers(&self, body: Option<&Body>) -> Vec<Header> {
        let mut headers: Vec<Header> = self
            .at(Location::Header)
            .chain(self.at(Location::Credential))
            .filter_map(|parameter| {
                let name = match auth(parameter) {
                    Some(Auth::Bearer | Auth::Basic) => "Authorization".to_owned(),
                    _ => parameter.name.value.clone(),
                };
                Some(Header { name, value: self.text(parameter)? })
            })
            .collect();
        let mut default = |name: &str, value: &str| {
            if !headers.iter().any(|header| header.name.eq_ignore_ascii_case(name)) {
                headers.push(Header { name: name.to_owned(), value: value.to_owned() });
            }
        };
        default("Accept", accepted(self.function.format));
        if let Some(body) = body {
            default("Content-Type", body.kind);
        }
        headers
    }

    fn body(&self, method: &str, scope: &Scope<'_>) -> Result<Option<Body>, FetchError> {
        let has_parameters = self.at(Location::Body).next().is_some();
        if matches!(method, "GET" | "HEAD") {
            if has_parameters && self.function.input_transform.is_none() {
                let message = format!(
                    "the function `{}` has body parameters, but a {method} request has no body",
                    self.function.id
                );
                return Err(FetchError::lasting("config.parameter", message));
            }
            return Ok(None);
        }
        // Only a body that is JSON is made by the transform (functions.md §1).
        let transform = self.function.input_transform.as_ref();
        if let Some(transform) = transform.filter(|_| self.function.format == Format::Json) {
            let focus = Value::Object(self.inputs());
            let value =
                scope.transform("inputTransform", transform, &focus).map_err(|error| self.untold(error))?;
            let value = value.ok_or_else(|| {
                let message =
                    format!("`inputTransform` of the function `{}` gives no value to send", self.function.id);
                FetchError::lasting("decode.transform", message)
            })?;
            return self.json(value).map(Some);
        }
        if !has_parameters {
            return Ok(None);
        }
        match self.raw_body() {
            Some(body) => Ok(Some(body)),
            None => self.json(Value::Object(self.members())).map(Some),
        }
    }

    /// A body with the properties converted that the function names.
    fn json(&self, mut value: Value) -> Result<Body, FetchError> {
        let converter = Converter { function: &self.function.id, files: self.files };
        converter.outgoing(&self.function.conversions, &mut value)?;
        Ok(Body::json(&value))
    }

    /// An error of the transform without its words, when they may quote a part of a secret.
    fn untold(&self, error: FetchError) -> FetchError {
        if !self.at(Location::Body).any(|parameter| auth(parameter).is_some()) {
            return error;
        }
        let message = format!(
            "`inputTransform` of the function `{}` failed; the reason is not shown, because the transform is given a secret",
            self.function.id
        );
        FetchError { message, ..error }
    }

    /// A parameter named `body` or `file` is the body itself.
    fn raw_body(&self) -> Option<Body> {
        let is_raw = |parameter: &&Parameter| matches!(parameter.name.value.as_str(), "body" | "file");
        let parameter = self.at(Location::Body).find(is_raw)?;
        Some(match self.value(parameter)? {
            Value::String(text) => Body::text(text),
            value => Body::json(&value),
        })
    }

    /// The body parameters by name.
    fn members(&self) -> Map<String, Value> {
        let members = self.at(Location::Body);
        members.filter_map(|parameter| Some((parameter.name.value.clone(), self.value(parameter)?))).collect()
    }

    /// What `inputTransform` sees: all parameters but headers and credentials.
    fn inputs(&self) -> Map<String, Value> {
        let hidden = |parameter: &Parameter| {
            matches!(parameter.location, Location::Header | Location::Credential)
                || (auth(parameter).is_some() && parameter.location != Location::Body)
        };
        let shown = self.definitions.iter().filter(|parameter| !hidden(parameter));
        shown.filter_map(|parameter| Some((parameter.name.value.clone(), self.value(parameter)?))).collect()
    }
}

fn accepted(format: Format) -> &'static str {
    match format {
        Format::Json => "application/json",
        Format::Text => "text/plain, */*;q=0.5",
        Format::Xml => "application/xml, text/xml, */*;q=0.5",
        Format::Binary => "*/*",
    }
}

struct Body {
    kind: &'static str,
    bytes: Vec<u8>,
}

impl Body {
    fn json(value: &Value) -> Self {
        Self { kind: "application/json", bytes: value.to_string().into_bytes() }
    }

    fn text(text: String) -> Self {
        let is_json = text.trim_start().starts_with(['{', '[']);
        Self {
            kind: if is_json { "application/json" } else { "text/plain; charset=utf-8" },
            bytes: text.into_bytes(),
        }
    }
}

/// The first `{name}` with what stands before and after it.
fn token(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find('{')?;
    let end = start + text[start..].find('}')?;
    Some((&text[..start], text[start + 1..end].trim(), &text[end + 1..]))
}

/// Whether a part of a path is not a name but a step: `.` or `..`, written in whichever way.
fn is_step(part: &str) -> bool {
    let plain = part.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

/// Whether what follows is still the scheme or host of an address.
fn in_base(before: &str) -> bool {
    match before.split_once("://") {
        Some((_, authority)) => !authority.contains('/'),
        None => before.is_empty(),
    }
}

/// A value as it stands in an address or header; nothing for `null`.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(whole(number)),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    }
}

/// `2.0`, which evaluators make of `2`, is written `2`.
fn whole(number: &serde_json::Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn merged(written: Option<&str>, pairs: &[(String, String)], query: Query) -> Option<String> {
    let join = |pairs: &[(String, String)]| {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
    };
    let (Some(written), false) = (written.filter(|_| query != Query::Parameters), pairs.is_empty()) else {
        return if pairs.is_empty() { written.map(str::to_owned) } else { Some(join(pairs).join("&")) };
    };
    let key = |pair: &str| {
        percent_decode_str(pair.split('=').next().unwrap_or_default()).decode_utf8_lossy().into_owned()
    };
    let in_address: Vec<&str> = written.split('&').filter(|pair| !pair.is_empty()).collect();
    let names: Vec<String> = in_address.iter().map(|pair| key(pair)).collect();
    let (kept, added): (Vec<&str>, Vec<(String, String)>) = if query == Query::AddressFirst {
        (in_address, pairs.iter().filter(|(name, _)| !names.contains(&key(name))).cloned().collect())
    } else {
        let given: Vec<String> = pairs.iter().map(|(name, _)| key(name)).collect();
        (in_address.into_iter().filter(|pair| !given.contains(&key(pair))).collect(), pairs.to_vec())
    };
    let all: Vec<String> = kept.into_iter().map(str::to_owned).chain(join(&added)).collect();
    Some(all.join("&"))
}
