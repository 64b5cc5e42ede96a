//! Writes to Dynamic Data. A row has its final id before it is sent, so every write may be repeated:
//! what was done twice is as if it was done once.

use serde_json::{Map, Value, json};

use super::{Dynamic, encoded};
use crate::action::Method;
use crate::run::provider::rest::{Address, Header, Redactor, Request, Response, Tried};
use crate::run::provider::{FetchError, Outgoing, Sent, Stop};

/// One row of a table at the back end.
struct Target<'t> {
    dynamic: &'t Dynamic,
    redactor: &'t Redactor,
    stop: &'t Stop,
    entity: &'t str,
    id: &'t str,
    rows: Address,
}

/// Carries a write to the row API.
pub(super) fn send(
    dynamic: &Dynamic,
    outgoing: &Outgoing<'_>,
    redactor: &Redactor,
) -> Result<Sent, FetchError> {
    let entity = outgoing.call.entity;
    let Some(id) = outgoing.record else {
        let message = format!("a write of `{entity}` has no `id`");
        return Err(FetchError::lasting("config.option", message));
    };
    let rows = dynamic.address(entity)?;
    let target = Target { dynamic, redactor, stop: outgoing.call.stop, entity, id, rows };
    match outgoing.method {
        Method::Create => target.create(outgoing.data),
        Method::Update => target.change("PATCH", outgoing.data),
        Method::Save => target.change("PUT", outgoing.data),
        Method::Delete => target.delete(),
        Method::FunctionCall | Method::Download => Err(unsupported(outgoing)),
    }?;
    Ok(Sent::default())
}

impl Target<'_> {
    fn create(&self, data: &Map<String, Value>) -> Result<(), FetchError> {
        let body = json!({ "rid": self.id, "content": data });
        match self.exchange("POST", &self.rows, Some(&body)) {
            Err(error) if error.code == "http.409" && self.is_there(data)? => Ok(()),
            answered => answered.and_then(|answer| check_row(&answer)),
        }
    }

    fn change(&self, method: &str, data: &Map<String, Value>) -> Result<(), FetchError> {
        let answered = self.exchange(method, &self.row(), Some(&json!({ "content": data })));
        let answer = answered.map_err(|error| match error.code.as_str() {
            "http.404" => {
                let message = format!("{error}; is the row `{}` of `{}` still there?", self.id, self.entity);
                FetchError { message, ..error }
            }
            _ => error,
        })?;
        check_row(&answer)
    }

    /// A row that is not there any more is as good as deleted, when its table is there.
    fn delete(&self) -> Result<(), FetchError> {
        let one = self.rows.clone().with_query(Some("limit=1".to_owned()));
        match self.exchange("DELETE", &self.row(), None) {
            Err(error) if matches!(error.code.as_str(), "http.404" | "http.410") => {
                self.exchange("GET", &one, None).map(drop).map_err(|_| error)
            }
            answered => answered.map(drop),
        }
    }

    /// Whether the row is there just as it was to be made, because an earlier try arrived.
    fn is_there(&self, data: &Map<String, Value>) -> Result<bool, FetchError> {
        let answer = self.exchange("GET", &self.row(), None)?;
        let item: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        Ok(item.get("content").and_then(Value::as_object) == Some(data))
    }

    fn row(&self) -> Address {
        self.rows.clone().below(&encoded(self.id))
    }

    fn exchange(
        &self,
        method: &str,
        address: &Address,
        body: Option<&Value>,
    ) -> Result<Response, FetchError> {
        let http = &self.dynamic.options.http;
        let mut headers = self.dynamic.headers();
        if body.is_some() {
            headers.push(Header { name: "Content-Type".to_owned(), value: "application/json".to_owned() });
        }
        let body = body.map(|body| body.to_string().into_bytes());
        let request = Request { method: method.to_owned(), address: address.clone(), headers, body };
        let mut failures = 0;
        loop {
            let error = match http.once(http.begin(request.clone(), self.stop), self.redactor, self.stop) {
                Ok(Tried { response, refusal: None }) => return Ok(response),
                Ok(Tried { refusal: Some(error), .. }) | Err(error) => error,
            };
            if !http.waits_for_retry(&error, failures, None, self.stop)? {
                return Err(error);
            }
            failures += 1;
        }
    }
}

/// A page of a proxy or a sign-in with status 200 is no yes.
fn check_row(answer: &Response) -> Result<(), FetchError> {
    if answer.body.is_empty() || serde_json::from_slice::<Map<String, Value>>(&answer.body).is_ok() {
        return Ok(());
    }
    let message = format!(
        "the answer of `{}` is no row, so it is not known whether the row was written",
        answer.address.shown()
    );
    Err(FetchError::lasting("decode.json", message))
}

fn unsupported(outgoing: &Outgoing<'_>) -> FetchError {
    let (method, entity) = (outgoing.method.word(), outgoing.call.entity);
    let message = format!("writing `{entity}` with `{method}` is not supported by this runtime");
    FetchError::lasting("config.unsupported", message)
}
