//! What a function does with local rows: operations and parts of tables (functions.md §6).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::convert::Converter;
use super::page;
use super::queries::arguments;
use super::scope::{Roots, Scope};
use crate::app::{Function, Partition, RowOperation, RowOperationKind, Rows};
use crate::expr::{Template, is_truthy};
use crate::run::provider::{FetchError, Part, Row, Write, WriteMode};

/// One page's worth of context for operations.
pub(super) struct Given<'g> {
    /// What `$` is.
    pub(super) roots: &'g Roots,
    /// The values of the function's parameters.
    pub(super) values: &'g Map<String, Value>,
    /// The table that is meant where none is named.
    pub(super) table: &'g str,
    /// Whether rows may be removed: only before the first page.
    pub(super) is_first: bool,
    /// Makes ids for rows without one.
    pub(super) new_id: &'g dyn Fn() -> String,
    pub(super) converter: &'g Converter<'g>,
}

/// What the operations do, in order; those whose `when` is false are left out.
pub(super) fn writes(
    function: &Function,
    operations: &[RowOperation],
    scope: &mut Scope<'_>,
    given: &Given<'_>,
) -> Result<Vec<Write<'static>>, FetchError> {
    let mut writes = Vec::new();
    for operation in operations {
        if let Some(when) = &operation.when
            && !scope.value_after("operations.when", when, given.roots)?.as_ref().is_some_and(is_truthy)
        {
            continue;
        }
        write(function, operation, scope, given, &mut writes)?;
    }
    Ok(writes)
}

fn write(
    function: &Function,
    operation: &RowOperation,
    scope: &mut Scope<'_>,
    given: &Given<'_>,
    writes: &mut Vec<Write<'static>>,
) -> Result<(), FetchError> {
    match &operation.kind {
        RowOperationKind::DeleteInsert(partition) => {
            let part = part(function, partition, scope, given.values)?;
            let mode = if given.is_first { WriteMode::Replace(part) } else { WriteMode::Upsert };
            writes.push(rows(function, operation, mode, scope, given)?);
        }
        RowOperationKind::UpsertReplace => {
            writes.push(rows(function, operation, WriteMode::Upsert, scope, given)?);
        }
        RowOperationKind::UpsertMerge => {
            writes.push(rows(function, operation, WriteMode::Merge, scope, given)?);
        }
        RowOperationKind::ExecuteSql { statements, tables } => {
            for (statement, parameters) in statements {
                let text = scope.value_after("operations.statements", statement, given.roots)?;
                let statement = required(function, "operations.statements", text)?;
                let parameters = arguments("operations.parameters", parameters, scope)?;
                writes.push(Write::Sql { statement, parameters, tables: tables.clone() });
            }
        }
        RowOperationKind::FindReplace { find, replace, tables, queue } => {
            let value = |what: &str, template: &Template| {
                let value = scope.value_after(what, template, given.roots)?;
                required(function, what, value)
            };
            let (find, replace) = (value("operations.find", find)?, value("operations.replace", replace)?);
            let tables = if tables.is_empty() { vec![given.table.to_owned()] } else { tables.clone() };
            writes.push(Write::FindReplace { find, replace, tables, queue: *queue });
        }
        RowOperationKind::Unknown(name) => {
            let message = format!(
                "the function `{}` has an operation of the unknown type `{name}`; known are \
                 `operation.delete-insert`, `operation.upsert-replace`, `operation.upsert-merge`, \
                 `operation.execute-sql` and `operation.find-replace`",
                function.id
            );
            return Err(FetchError::lasting("config.operation", message));
        }
    }
    Ok(())
}

fn rows(
    function: &Function,
    operation: &RowOperation,
    mode: WriteMode,
    scope: &mut Scope<'_>,
    given: &Given<'_>,
) -> Result<Write<'static>, FetchError> {
    let table = match &operation.table {
        None => given.table.to_owned(),
        Some(table) => {
            let name = scope.value_after("operations.table", table, given.roots)?;
            required(function, "operations.table", name)?
        }
    };
    let records = match &operation.records {
        None => given.roots.result.clone(),
        Some(records) => {
            let found = scope.transform("operations.records", records, &given.roots.result)?;
            found.unwrap_or(Value::Null)
        }
    };
    let timestamp = match &operation.timestamp {
        None => None,
        Some(template) => scope.value_after("operations.timestamp", template, given.roots)?,
    };
    let items = match records {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        item => vec![item],
    };
    let mut rows = Vec::with_capacity(items.len());
    for mut item in items {
        given.converter.incoming(&operation.conversions, &mut item)?;
        rows.push(row(function, operation, &item, scope, given)?);
    }
    Ok(Write::Rows { table, mode, rows, timestamp })
}

fn row(
    function: &Function,
    operation: &RowOperation,
    item: &Value,
    scope: &mut Scope<'_>,
    given: &Given<'_>,
) -> Result<Row<'static>, FetchError> {
    let row = page::owned(item, &given.roots.numbers, given.new_id);
    let key = match &operation.primary_key {
        None => return Ok(row),
        Some(Template::Literal(Value::String(column))) => {
            item.get(column.as_str()).cloned().map(|value| given.roots.numbers.restored(value))
        }
        Some(template) => {
            scope.put("record", item.clone());
            scope.value_after("operations.primaryKey", template, given.roots)?
        }
    };
    let id = match key {
        Some(Value::String(text)) if !text.is_empty() => text,
        Some(Value::Number(number)) => {
            let text = number.to_string();
            text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
        }
        _ => {
            let message = format!(
                "a row for an operation of the function `{}` has no usable `primaryKey`, expected a text or a number",
                function.id
            );
            return Err(FetchError::lasting("decode.transform", message));
        }
    };
    Ok(Row { id: Cow::Owned(id), ..row })
}

fn required(function: &Function, what: &str, value: Option<Value>) -> Result<String, FetchError> {
    match value {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => {
            let message = format!("`{what}` of the function `{}` gives no text", function.id);
            Err(FetchError::lasting("decode.transform", message))
        }
    }
}

/// The part of the table that the function's default writing replaces.
pub(super) fn default_part(
    function: &Function,
    scope: &Scope<'_>,
    values: &Map<String, Value>,
) -> Result<Part, FetchError> {
    match &function.rows {
        Rows::Part(partition) => part(function, partition, scope, values),
        Rows::Replace | Rows::Merge => Ok(Part::default()),
    }
}

fn part(
    function: &Function,
    partition: &Partition,
    scope: &Scope<'_>,
    values: &Map<String, Value>,
) -> Result<Part, FetchError> {
    let bound = |what: String, template: &Template| -> Result<Value, FetchError> {
        let named = match template {
            Template::Literal(Value::String(name)) => values.get(name).cloned(),
            _ => None,
        };
        let value = match named {
            Some(value) => value,
            None => scope.value(&what, template)?.unwrap_or(Value::Null),
        };
        if value.is_array() || value.is_object() {
            let message = format!(
                "`{what}` of the function `{}` is a list or an object, expected one value",
                function.id
            );
            return Err(FetchError::lasting("config.parameter", message));
        }
        Ok(value)
    };
    let mut part = Part::default();
    for (property, template) in &partition.values {
        let value = bound(format!("forRowsWithValues.{property}"), template)?;
        part.values.push((property.clone(), value));
    }
    for (property, from, to) in &partition.ranges {
        let from = bound(format!("forRowsInRange.{property}.from"), from)?;
        let to = bound(format!("forRowsInRange.{property}.to"), to)?;
        part.ranges.push((property.clone(), from, to));
    }
    Ok(part)
}
