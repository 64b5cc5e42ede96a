//! The REST provider against real servers on loopback.
#![allow(clippy::unwrap_used)]

mod database;
mod faults;
mod fresh;
mod network;
mod pages;
mod renewal;
mod requests;
mod rows;
mod secrets;

use serde_json::json;

use super::super::testing::{Scripted, Trial, json_answer};

/// A server that answers every request with one row.
fn one_row() -> Scripted {
    Scripted::start(|_, _| json_answer(&json!([{ "id": "a" }])))
}

/// A function with nothing but an address.
fn plain(server: &Scripted) -> Trial {
    Trial::of("method: GET\nurl: ${url}/x\n", &server.url())
}
