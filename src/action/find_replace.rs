//! `action.find-replace`: a text in the place of another, in ids and data (actions.md §9).

use std::sync::Arc;

use serde_json::Value;

use super::evaluate::{list, optional, required_text, truthy};
use super::{Action, Effect, Fill, Lowering, Plan, PlanError};
use crate::expr::Template;

#[derive(Debug)]
struct FindReplace {
    find: Option<Template>,
    replace: Option<Template>,
    tables: Option<Template>,
    queue: Option<Template>,
    options: Template,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    Arc::new(FindReplace {
        find: lowering.template("find"),
        replace: lowering.template("replace"),
        tables: lowering.template("tables"),
        queue: lowering.template("includeCommandQueue"),
        options: lowering.options(),
    })
}

impl Action for FindReplace {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let tables = list(fill, self.tables.as_ref())?;
        let replace = match optional(fill, self.replace.as_ref())? {
            // Nothing in the place of a text takes it away.
            None | Some(Value::Null) => String::new(),
            Some(_) => required_text(fill, "replace", self.replace.as_ref())?,
        };
        Ok(Plan::Perform(Effect::FindReplace {
            find: required_text(fill, "find", self.find.as_ref())?,
            replace,
            tables: tables.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            queue: self.queue.as_ref().map_or(Ok(true), |queue| truthy(fill, queue))?,
        }))
    }

    fn options(&self) -> &Template {
        &self.options
    }
}
