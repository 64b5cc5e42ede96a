//! What a function does with local rows: operations and parts of tables (functions.md §6).

use serde_json::{Map, Value};

use super::convert::Converter;
use super::lacking;
use super::page;
use super::plain;
use super::queries::arguments;
use super::scope::{Lack, Roots, Scope};
use crate::app::{Function, Partition, RowOperation, RowOperationKind, Rows};
use crate::expr::{Expression, Leading, Start, Template, is_truthy};
use crate::run::provider::{FetchError, Part, Row, Write, WriteMode};

/// One page's worth of context for operations.
pub(super) struct Given<'g> {
    /// What `$` is.
    pub(super) roots: &'g Roots,
    /// The values of the function's parameters.
    pub(super) values: &'g Map<String, Value>,
    /// The table that is meant where none is named.
    pub(super) table: &'g str,
    /// The pages before this one; rows are only removed for the first.
    pub(super) page: u64,
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
            let mode = match given.page {
                0 => WriteMode::Replace(part(function, partition, scope, given.values)?),
                _ => WriteMode::Upsert,
            };
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
    let records = records(function, operation, &mode, scope, given.roots)?;
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
    for (at, mut item) in items.into_iter().enumerate() {
        given.converter.incoming(&operation.conversions, &mut item)?;
        check_id(function, operation, &item, at, given)?;
        rows.push(row(function, operation, item, scope, given)?);
    }
    Ok(Write::Rows { table, mode, rows, timestamp })
}

/// What an operation writes. That an answer lacks it is a failure where rows are expected; who expects nothing
/// says so by `when`.
fn records(
    function: &Function,
    operation: &RowOperation,
    mode: &WriteMode,
    scope: &Scope<'_>,
    roots: &Roots,
) -> Result<Value, FetchError> {
    let is_needed = match roots.lack {
        Lack::NoRows => false,
        Lack::FailsToReplace => matches!(mode, WriteMode::Replace(_)),
        Lack::Fails => true,
    };
    if let Some(records) = operation.records.as_ref().filter(|_| is_needed)
        && let Some(path) = lacking::by_records(function, records, roots)
    {
        return Err(no_records(function, &format!("has no `{}`", path.join("."))));
    }
    let found = match &operation.records {
        None => Some(roots.result.clone()),
        Some(records) => scope.transform("operations.records", records, &roots.result)?,
    };
    let is_answer = operation.records.as_ref().is_none_or(is_all);
    let found = match found {
        Some(Value::Null) if !is_answer => Value::Null,
        Some(found) if is_needed => {
            if let Some(what) = lacking::scalar(&found) {
                return Err(no_records(function, &format!("has {what}")));
            }
            if lacking::is_only_nothing(&found, None) {
                return Err(no_records(function, "has only empty rows"));
            }
            found
        }
        found => found.unwrap_or(Value::Null),
    };
    Ok(found)
}

fn is_all(records: &Expression) -> bool {
    plain::path(records).is_some_and(|(_, names)| names.is_empty())
}

fn no_records(function: &Function, what: &str) -> FetchError {
    let message = format!(
        "the answer {what}, where an operation of the function `{}` looks for its rows; if it may be so, give \
         the operation a `when`, such as `=$exists($.items)`",
        function.id
    );
    FetchError::lasting("decode.transform", message)
}

/// Rows that are put beside others need an id, or they come again and again.
fn check_id(
    function: &Function,
    operation: &RowOperation,
    item: &Value,
    at: usize,
    given: &Given<'_>,
) -> Result<(), FetchError> {
    let key = match &operation.kind {
        RowOperationKind::UpsertReplace => "operation.upsert-replace",
        RowOperationKind::UpsertMerge => "operation.upsert-merge",
        _ => return Ok(()),
    };
    let is_exempt = given.roots.lack != Lack::Fails || operation.primary_key.is_some();
    if is_exempt || is_usable(item.get("id")) {
        return Ok(());
    }
    Err(lacking::no_id(function, key, given.page, at))
}

fn is_usable(id: Option<&Value>) -> bool {
    match id {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Number(_)) => true,
        _ => false,
    }
}

fn row(
    function: &Function,
    operation: &RowOperation,
    item: Value,
    scope: &mut Scope<'_>,
    given: &Given<'_>,
) -> Result<Row<'static>, FetchError> {
    let key = match &operation.primary_key {
        None => return Ok(page::owned(&item, &given.roots.numbers, given.new_id)),
        Some(Template::Literal(Value::String(column))) => item.get(column.as_str()).cloned(),
        Some(template) => {
            scope.put("record", item.clone());
            scope.value_after("operations.primaryKey", template, given.roots)?
        }
    };
    let Some(key) = key.filter(|key| is_usable(Some(key))) else {
        let message = format!(
            "a row for an operation of the function `{}` has no usable `primaryKey`, expected a text or a number",
            function.id
        );
        return Err(FetchError::lasting("decode.transform", message));
    };
    Ok(page::owned(&with_key(item, key), &given.roots.numbers, given.new_id))
}

/// A row whose `id` is its key.
fn with_key(item: Value, key: Value) -> Value {
    let mut row = Map::new();
    row.insert("id".to_owned(), key);
    match item {
        Value::Object(members) => row.extend(members.into_iter().filter(|(name, _)| name != "id")),
        other => row.extend([("value".to_owned(), other)]),
    }
    Value::Object(row)
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

/// The parameter that a value is taken from.
fn named(function: &Function, template: &Template) -> Option<String> {
    match template {
        Template::Literal(Value::String(name)) => {
            let is_declared = function.parameters.iter().any(|parameter| parameter.name.value == *name);
            is_declared.then(|| name.clone())
        }
        Template::Expression(expression) => {
            let Leading { from, mut names } = expression.leading()?;
            let last = names.pop()?;
            let above = names.last().is_some_and(|name| name == "parameters");
            (from == Start::Ctx && above).then_some(last)
        }
        _ => None,
    }
}

fn part(
    function: &Function,
    partition: &Partition,
    scope: &Scope<'_>,
    values: &Map<String, Value>,
) -> Result<Part, FetchError> {
    let bound = |what: String, template: &Template| -> Result<Value, FetchError> {
        let parameter = named(function, template);
        let value = match parameter.as_ref().filter(|_| matches!(template, Template::Literal(_))) {
            Some(name) => values.get(name).cloned(),
            None => scope.value(&what, template)?,
        };
        let value = value.unwrap_or(Value::Null);
        if value.is_null() {
            let why =
                parameter.map_or_else(String::new, |name| format!(": the parameter `{name}` is missing"));
            let message = format!(
                "`{what}` of the function `{}` has no value{why}, so that it is not known which rows to replace",
                function.id
            );
            return Err(FetchError::lasting("config.parameter", message));
        }
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
