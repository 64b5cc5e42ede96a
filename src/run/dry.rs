//! The honest plan: what a trigger would do now, without doing it.

use serde::Serialize;
use serde_json::Value;

/// What a trigger would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Planned {
    /// Its actions in order.
    pub actions: Vec<PlannedAction>,
}

/// What one action would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedAction {
    /// Its instance id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// `file#/json/pointer`.
    pub path: String,
    /// Whether it would run: `run`, `skip`, `unsupported`, `unknown` or `error`.
    pub verdict: Verdicts,
    /// Why, when it is not `run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What its guards read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Reading>,
    /// What it would do, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// Its options, evaluated; values that earlier actions of the plan would change are listed
    /// in `unknown` instead.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub options: Value,
    /// What cannot be known before the actions above have run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// The actions inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<PlannedAction>,
}

/// Whether an action would run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdicts {
    /// It would.
    Run,
    /// A guard does not hold.
    Skip,
    /// This runtime cannot perform its type.
    Unsupported,
    /// It depends on what earlier actions do.
    Unknown,
    /// Its guard or options cannot be evaluated.
    Error,
}

/// One value that a guard read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    /// What was read: a path of the context, or a fact of a scope or status.
    pub what: String,
    /// Its value; absent when it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}
