//! `action.execute-entity`, `action.execute-entities` and `action.submit-form`: writes rows of one
//! table, and carries the write to where the table lives (actions.md §5, §6).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::evaluate::{list, map, optional, required_text, unusable};
use super::{
    Action, Arguments, Effect, Fill, Lowering, Method, Plan, PlanError, ProviderKind, QueueOperation,
    UseKind, WriteRows,
};
use crate::expr::Template;

#[derive(Debug)]
struct ExecuteEntity {
    rows: Rows,
    provider: Option<Template>,
    entity: Option<Template>,
    method: Option<Template>,
    data: Option<Template>,
    function: Option<Template>,
    parameters: Option<Template>,
    /// The old name, whose values are part of the row too.
    function_parameters: Option<Template>,
    queue: Option<Template>,
    form: Option<Template>,
    record: Option<Template>,
    file: Option<Template>,
    authorized: Option<Template>,
    conversions: Option<Template>,
    options: Template,
}

/// Where the rows come from.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rows {
    One,
    Many,
    Form,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    let rows = match lowering.type_name {
        "action.execute-entities" => Rows::Many,
        "action.submit-form" => Rows::Form,
        _ => Rows::One,
    };
    if rows == Rows::Form {
        lowering.note(UseKind::Form, "formId");
    }
    if lowering.text("provider").is_some_and(|p| p.value == ProviderKind::Dynamic.constant()) {
        lowering.note(UseKind::Table, "entity");
    }
    lowering.note(UseKind::Function, "function");
    Arc::new(ExecuteEntity {
        rows,
        provider: lowering.template("provider"),
        entity: lowering.template("entity"),
        method: lowering.template("method"),
        data: lowering.template("data"),
        function: lowering.template("function"),
        parameters: lowering.template("parameters"),
        function_parameters: lowering.template("functionParameters"),
        queue: lowering.template("queueOperation"),
        form: lowering.template("formId").filter(|_| rows == Rows::Form),
        record: lowering.template("recordId").filter(|_| rows == Rows::Form),
        file: lowering.template("file"),
        authorized: lowering.template("authorized"),
        conversions: lowering.template("conversions"),
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
        let method = method.ok_or_else(|| unusable("method", "a known method", Some(&word.into())))?;
        let function = optional(fill, self.function.as_ref())?;
        self.check_unsupported(fill, provider)?;
        let form = self.form.as_ref().map(|form| required_text(fill, "formId", Some(form))).transpose()?;
        Ok(Plan::Perform(Effect::WriteRows(WriteRows {
            provider,
            entity: required_text(fill, "entity", self.entity.as_ref())?,
            method,
            rows: self.rows(fill, method)?,
            function: function.and_then(|value| value.as_str().map(str::to_owned)),
            arguments: self.arguments(fill)?,
            queue: self.queue_operation(fill)?,
            form,
        })))
    }

    fn options(&self) -> &Template {
        &self.options
    }
}

impl ExecuteEntity {
    fn rows(&self, fill: &mut dyn Fill, method: Method) -> Result<Vec<Map<String, Value>>, PlanError> {
        if self.rows == Rows::Form {
            return self.form_row(fill).map(|row| vec![row]);
        }
        let rows = list(fill, self.data.as_ref())?;
        let writes = !matches!(method, Method::FunctionCall | Method::Download);
        let is_remote_only = self.data.is_none() && self.function.is_some();
        if self.rows == Rows::One && writes && rows.is_empty() && !is_remote_only {
            return Err(unusable("data", "a map of columns", None));
        }
        if self.rows == Rows::One && rows.len() > 1 {
            let found = Value::String(format!("a list of {} rows", rows.len()));
            return Err(unusable("data", "one row; several take `action.execute-entities`", Some(&found)));
        }
        let old = map(fill, "functionParameters", self.old_parameters())?;
        let mut rows: Vec<Map<String, Value>> = rows.into_iter().map(row).collect::<Result<_, _>>()?;
        for row in &mut rows {
            for (name, value) in &old {
                row.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        Ok(rows)
    }

    /// What would be lost if the row was written without it: its file, who may see it, the form of its data.
    fn check_unsupported(&self, fill: &mut dyn Fill, provider: ProviderKind) -> Result<(), PlanError> {
        let file = optional(fill, self.file.as_ref())?;
        // Without a place, and with `null` in place of a file, there is nothing to send.
        let path = file.as_ref().and_then(|file| file.get("localPath"));
        let authorized = optional(fill, self.authorized.as_ref())?;
        let conversions = optional(fill, self.conversions.as_ref())?;
        // The first two are of Dynamic Data (actions.md §5.1).
        let is_dynamic = matches!(provider, ProviderKind::Dynamic | ProviderKind::Local);
        let asked = [
            ("file", path.filter(|_| is_dynamic)),
            ("authorized", authorized.as_ref().filter(|_| is_dynamic)),
            ("conversions", conversions.as_ref()),
        ];
        let is_given = |value: &Value| !value.is_null() && !value.as_array().is_some_and(Vec::is_empty);
        match asked.into_iter().find(|(_, value)| value.is_some_and(is_given)) {
            Some((option, _)) => Err(PlanError::Unsupported { option }),
            None => Ok(()),
        }
    }

    /// What stands beside the fields of the form.
    fn form_row(&self, fill: &mut dyn Fill) -> Result<Map<String, Value>, PlanError> {
        let mut row = map(fill, "data", self.data.as_ref())?;
        if let Some(id) = optional(fill, self.record.as_ref())?.filter(|id| !id.is_null()) {
            row.entry("id").or_insert(id);
        }
        Ok(row)
    }

    /// `functionParameters`, where they mean more than `parameters` do.
    fn old_parameters(&self) -> Option<&Template> {
        self.function_parameters.as_ref().filter(|_| self.parameters.is_none())
    }

    fn arguments(&self, fill: &mut dyn Fill) -> Result<Arguments, PlanError> {
        let given = self.parameters.as_ref().or(self.function_parameters.as_ref());
        Ok(match optional(fill, given)? {
            None | Some(Value::Null) => Arguments::OfRow,
            Some(Value::Object(arguments)) => Arguments::Same(arguments),
            Some(Value::Array(items)) => {
                Arguments::Each(items.into_iter().map(argument).collect::<Result<_, _>>()?)
            }
            other => return Err(unusable("parameters", "a map or a list of maps", other.as_ref())),
        })
    }

    fn queue_operation(&self, fill: &mut dyn Fill) -> Result<QueueOperation, PlanError> {
        match optional(fill, self.queue.as_ref())? {
            None | Some(Value::Null) => Ok(QueueOperation::Add),
            Some(Value::String(word)) if word == "add" => Ok(QueueOperation::Add),
            Some(Value::String(word)) if word == "replace" => Ok(QueueOperation::Replace),
            other => Err(unusable("queueOperation", "`add` or `replace`", other.as_ref())),
        }
    }
}

fn row(value: Value) -> Result<Map<String, Value>, PlanError> {
    match value {
        Value::Object(row) => Ok(row),
        other => Err(unusable("data", "a map of columns", Some(&other))),
    }
}

fn argument(value: Value) -> Result<Map<String, Value>, PlanError> {
    match value {
        Value::Object(arguments) => Ok(arguments),
        other => Err(unusable("parameters", "a map or a list of maps", Some(&other))),
    }
}
