//! The server as a client sees it, over real sockets.
#![allow(clippy::unwrap_used)]

mod bad;
mod example;
mod fault;
mod mishap;
mod rest;
mod rows;

use std::time::Duration;

use serde_json::Value;

use super::{Options, Server, Table};

/// A server and a client that keeps its connection.
struct Site {
    server: Server,
    agent: ureq::Agent,
}

/// What came back.
struct Reply {
    status: u16,
    headers: ureq::http::HeaderMap,
    text: String,
}

impl Site {
    fn open(options: &Options) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build();
        Self { server: Server::start(options).unwrap(), agent: config.into() }
    }

    /// `products` with three rows, `tasks` of the database `default` with two, `many` with 25.
    fn small() -> Self {
        Self::open(&Options { tables: small_tables(), ..Options::default() })
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with("http:") { path.to_owned() } else { format!("{}{path}", self.server.url()) }
    }

    fn get(&self, path: &str) -> Reply {
        Reply::of(self.agent.get(self.url(path)).call().unwrap())
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Reply {
        let request = ureq::http::Request::builder().method(method).uri(self.url(path));
        Reply::of(self.agent.run(request.body(body.to_owned()).unwrap()).unwrap())
    }

    fn delete(&self, path: &str) -> Reply {
        Reply::of(self.agent.delete(self.url(path)).call().unwrap())
    }
}

impl Reply {
    fn of(mut response: ureq::http::Response<ureq::Body>) -> Self {
        let text = response.body_mut().with_config().limit(u64::MAX).read_to_string().unwrap();
        Self { status: response.status().as_u16(), headers: response.headers().clone(), text }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of an error, checked to have a message.
    fn code(&self) -> String {
        let value = self.json();
        assert!(value["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
        value["error"]["code"].as_str().unwrap().to_owned()
    }
}

fn small_tables() -> Vec<Table> {
    let products = [
        r#"{"id":1,"name":"Hammer","group":"tools","price":12.50}"#,
        r#"{"id":2,"name":"Ä & B / C","group":"tools","price":9007199254740993}"#,
        r#"{"id":3,"name":"Glue","group":"chemicals","price":null}"#,
    ];
    let tasks = [r#"{"id":"t-1","title":"Call"}"#, r#"{"id":"t-2","title":"Visit"}"#];
    let many = (1..=25).map(|n| format!(r#"{{"id":{n},"odd":{}}}"#, n % 2 == 1));
    vec![
        Table::from_rows("products", products).unwrap(),
        Table::from_rows("default/tasks", tasks).unwrap(),
        Table::from_rows("many", many).unwrap(),
    ]
}

fn ids(rows: &Value) -> Vec<u64> {
    rows.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
}
