//! `action.execute-entity` and `action.execute-entities`: writes rows of one table (actions.md §5).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::evaluate::{list, optional, required_text, unusable};
use super::{Action, Effect, Fill, Lowering, Method, Plan, PlanError, ProviderKind, UseKind, WriteRows};
use crate::expr::Template;

#[derive(Debug)]
struct ExecuteEntity {
    many: Rows,
    provider: Option<Template>,
    entity: Option<Template>,
    method: Option<Template>,
    data: Option<Template>,
    function: Option<Template>,
    options: Template,
}

/// How many rows the type takes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rows {
    One,
    Many,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    if lowering.text("provider").is_some_and(|p| p.value == ProviderKind::Dynamic.constant()) {
        lowering.note(UseKind::Table, "entity");
    }
    lowering.note(UseKind::Function, "function");
    let many = if lowering.type_name == "action.execute-entities" { Rows::Many } else { Rows::One };
    Arc::new(ExecuteEntity {
        many,
        provider: lowering.template("provider"),
        entity: lowering.template("entity"),
        method: lowering.template("method"),
        data: lowering.template("data"),
        function: lowering.template("function"),
        options: lowering.options(),
    })
}

impl Action for ExecuteEntity {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let constant = required_text(fill, "provider", self.provider.as_ref())?;
        let provider = ProviderKind::from_constant(&constant)
            .ok_or_else(|| unusable("provider", "a `DATA_PROVIDER_…` constant", Some(&constant.into())))?;
        let word = required_text(fill, "method", self.method.as_ref())?;
        let method = Method::ALL.iter().find(|(name, _)| *name == word).map(|(_, method)| *method);
        let function = optional(fill, self.function.as_ref())?;
        Ok(Plan::Perform(Effect::WriteRows(WriteRows {
            provider,
            entity: required_text(fill, "entity", self.entity.as_ref())?,
            method: method
                .ok_or_else(|| unusable("method", "a known method", Some(&word.as_str().into())))?,
            rows: self.rows(fill, &word)?,
            function: function.and_then(|value| value.as_str().map(str::to_owned)),
        })))
    }

    fn options(&self) -> &Template {
        &self.options
    }
}

impl ExecuteEntity {
    fn rows(&self, fill: &mut dyn Fill, method: &str) -> Result<Vec<Map<String, Value>>, PlanError> {
        let rows = list(fill, self.data.as_ref())?;
        let writes = ["create", "update", "save", "delete"].contains(&method);
        if self.many == Rows::One && writes && rows.is_empty() {
            return Err(unusable("data", "a map of columns", None));
        }
        if self.many == Rows::One && rows.len() > 1 {
            let found = Value::String(format!("a list of {} rows", rows.len()));
            return Err(unusable("data", "one row; several take `action.execute-entities`", Some(&found)));
        }
        rows.into_iter().map(row).collect()
    }
}

fn row(value: Value) -> Result<Map<String, Value>, PlanError> {
    match value {
        Value::Object(row) => Ok(row),
        other => Err(unusable("data", "a map of columns", Some(&other))),
    }
}
