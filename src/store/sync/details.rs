//! `_syncScope.details`: who stands where, for people and for apps that look closer.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Failure, Member, Scope, ScopeState};

/// One operation of an instance, as `details` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityDetail {
    /// The table.
    pub entity: String,
    /// The function that fills it, where the provider needs one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_id: Option<String>,
    /// Where it stands.
    pub state: ScopeState,
    /// Rows received so far.
    pub rows: i64,
    /// Rows that were new; known at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inserted: Option<i64>,
    /// Rows that were replaced by different ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<i64>,
    /// Rows that were there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unchanged: Option<i64>,
    /// Rows that are gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<i64>,
    /// What is to be said beside the numbers, such as `unchanged (304)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why it ended badly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// The `details` of a scope: one entry per member in the order of the start, and `reason` when interrupted.
/// `entities` gives the operations of a member's newest attempt.
#[must_use]
pub fn details<'a>(scope: &Scope, entities: impl Fn(&str) -> &'a [EntityDetail]) -> Value {
    let mut map = Map::new();
    for member in &scope.members {
        map.insert(member.id.clone(), member_detail(member, entities(&member.id)));
    }
    if let Some(reason) = scope.reason {
        map.entry("reason").or_insert_with(|| Value::from(reason.code()));
    }
    Value::Object(map)
}

fn member_detail(member: &Member, entities: &[EntityDetail]) -> Value {
    let mut map = Map::new();
    map.insert("state".into(), json!(member.state.word()));
    if let Some(at) = member.started_at {
        map.insert("startedAt".into(), json!(at));
    }
    if let Some(at) = member.ended_at {
        map.insert("endedAt".into(), json!(at));
    }
    map.insert("attempt".into(), json!(member.attempt));
    if let Some(failure) = &member.failure {
        map.insert("error".into(), json!({"code": failure.code, "message": failure.message}));
    }
    map.insert("entities".into(), json!(entities));
    Value::Object(map)
}
