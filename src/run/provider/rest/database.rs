//! A call whose exchange is a statement in a database, in place of a request to a server.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::http::{Address, Request, Response, Tried};
use super::parameters::Values;
use super::scope::Scope;
use crate::action::ProviderKind;
use crate::app::{Function, Location};
use crate::expr::Template;
use crate::run::provider::sql::{Connections, SqlAnswer, SqlCall, SqlDriver, SqlKind};
use crate::run::provider::{FetchError, Stop};

/// A statement that may be performed more than once.
pub(super) struct Statement {
    function: String,
    connection: String,
    driver: Arc<dyn SqlDriver>,
    kind: SqlKind,
    text: String,
    parameters: Map<String, Value>,
    /// What stands for it where exchanges are told.
    request: Request,
}

/// Whether a function's exchange is a statement.
pub(super) fn is_one(function: &Function) -> bool {
    function.provider == Some(ProviderKind::Sql)
}

impl Statement {
    /// What a function asks its database.
    pub(super) fn of(
        function: &Function,
        scope: &Scope<'_>,
        values: &Values,
        connections: &Connections,
    ) -> Result<Self, FetchError> {
        let connection = text(function, "connection", function.connection.as_ref(), scope)?;
        let (kind, key, method) = match function.method.as_str() {
            "EXECUTE" => (SqlKind::Procedure, "procedure", "EXECUTE"),
            "QUERY" => (SqlKind::Statement, "query", "QUERY"),
            other => {
                let message = format!(
                    "the function `{}` has the method `{}`; expected `query` or `execute`",
                    function.id,
                    other.to_ascii_lowercase()
                );
                return Err(FetchError::lasting("config.method", message));
            }
        };
        let statement = text(function, key, function.statement.as_ref(), scope)?;
        let goes_in = |name: &String| {
            function.parameters.iter().any(|p| p.name.value == *name && p.location != Location::Output)
        };
        let parameters = values.iter().filter(|(name, _)| goes_in(name));
        Ok(Self {
            function: function.id.clone(),
            driver: connections.get(&connection).map_err(|error| of_function(&function.id, error))?,
            kind,
            text: statement,
            parameters: parameters.map(|(name, value)| (name.clone(), value.clone())).collect(),
            request: Request {
                method: method.to_owned(),
                address: Address::of_connection(&connection, &function.id),
                headers: Vec::new(),
                body: None,
            },
            connection,
        })
    }

    /// What stands for it where exchanges are told.
    pub(super) fn request(&self) -> &Request {
        &self.request
    }

    /// What tells it from others in a recording.
    pub(super) fn recorded(&self) -> Request {
        let asked = json!({ "statement": self.text, "parameters": self.parameters });
        Request { body: Some(asked.to_string().into_bytes()), ..self.request.clone() }
    }

    /// Performs it; the rows are the answer's body, as a list.
    pub(super) fn perform(&self, stop: &Stop) -> Result<Tried, FetchError> {
        let call = SqlCall { kind: self.kind, text: &self.text, parameters: &self.parameters };
        let answered = self.driver.ask(&call, stop);
        let SqlAnswer { rows } = answered.map_err(|error| {
            let asks = format!("`{}` on the connection `{}`", self.function, self.connection);
            of_function(&asks, error)
        })?;
        let (status, reason) = if rows.is_some() { (200, "OK") } else { (204, "No Content") };
        let body = rows.map(|rows| Value::Array(rows.into_iter().map(Value::Object).collect()));
        let response = Response {
            status,
            reason,
            headers: Vec::new(),
            body: body.map_or_else(Vec::new, |body| body.to_string().into_bytes()),
            address: self.request.address.clone(),
        };
        Ok(Tried { response, refusal: None })
    }
}

fn of_function(asks: &str, error: FetchError) -> FetchError {
    if error.code == "interrupted" {
        return error;
    }
    let asks = if asks.starts_with('`') { asks.to_owned() } else { format!("`{asks}`") };
    FetchError { message: format!("the function {asks}: {}", error.message), ..error }
}

fn text(
    function: &Function,
    key: &str,
    template: Option<&Template>,
    scope: &Scope<'_>,
) -> Result<String, FetchError> {
    let value = template.map(|template| scope.value(key, template)).transpose()?.flatten();
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text),
        _ => {
            let message = format!("the function `{}` has no text under `{key}`", function.id);
            Err(FetchError::lasting("config.function", message))
        }
    }
}
