//! `action.execute-sql`: statements on the local database (actions.md §8).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::evaluate::{list, unusable};
use super::{Action, Effect, Fill, Lowering, Plan, PlanError, UseKind};
use crate::expr::Template;

#[derive(Debug)]
struct ExecuteSql {
    statements: Option<Template>,
    entities: Option<Template>,
    options: Template,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    for table in lowering.texts("entities") {
        lowering.note_at(UseKind::Table, table);
    }
    Arc::new(ExecuteSql {
        statements: lowering.template("statements"),
        entities: lowering.template("entities"),
        options: lowering.options(),
    })
}

impl Action for ExecuteSql {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let statements = list(fill, self.statements.as_ref())?;
        let entities = list(fill, self.entities.as_ref())?;
        Ok(Plan::Perform(Effect::ExecuteSql {
            statements: statements.iter().map(statement).collect::<Result<_, _>>()?,
            entities: entities.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        }))
    }

    fn options(&self) -> &Template {
        &self.options
    }
}

fn statement(value: &Value) -> Result<(String, Map<String, Value>), PlanError> {
    let text = value.get("statement").and_then(Value::as_str).map(str::to_owned);
    let parameters = value.get("parameters").and_then(Value::as_object).cloned();
    let text = text.ok_or_else(|| unusable("statements", "a list of `statement`s", Some(value)))?;
    Ok((text, parameters.unwrap_or_default()))
}
