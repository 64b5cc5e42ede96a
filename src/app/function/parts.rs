//! The larger blocks of a function.

use super::{
    Conversion, ErrorRule, Format, Guard, LocalQuery, Partition, Reader, ResultType, RowOperation,
    RowOperationKind, Rows, literal, transform,
};
use crate::action::template;
use crate::diag::Spanned;
use crate::expr::{Template, is_expression};
use crate::syntax::{Entry, Node};

pub(super) fn queries(node: Option<&Node>, reader: &mut Reader<'_>) -> Vec<LocalQuery> {
    let entries = node.map_or(&[][..], Node::entries);
    entries.iter().map(|entry| query(entry, reader)).collect()
}

fn query(entry: &Entry, reader: &mut Reader<'_>) -> LocalQuery {
    let block = &entry.value;
    let result = match block.get("resultType").and_then(Node::as_str) {
        Some("record") => ResultType::Record,
        Some("scalar") => ResultType::Scalar,
        _ => ResultType::Records,
    };
    LocalQuery {
        name: Spanned::new(String::from(&*entry.key.text), entry.key_span),
        statement: reader.template_or_null(block.get("statement")),
        parameters: pairs(block.get("parameters"), reader),
        tables: names(block.get("tables")),
        json_columns: names(block.get("jsonColumns")),
        result,
        dependencies: names(block.get("dependencies")),
        on_continuation: flag(block, "onContinuation"),
    }
}

pub(super) fn guard(block: &Node, reader: &mut Reader<'_>) -> Option<Guard> {
    Some(Guard {
        function: block.get("function").and_then(literal)?,
        parameters: pairs(block.get("parameters"), reader),
        when: optional(block, "when", reader),
        on_initial: flag(block, "onInitial"),
        on_continuation: flag(block, "onContinuation"),
        on_retry: flag(block, "onRetry"),
        result: optional(block, "result", reader),
        operations: block.get("operations").map(|list| operations(list, reader)).unwrap_or_default(),
        perform: optional(block, "performOperations", reader),
    })
}

/// Which rows a sync replaces; merging excludes the parts (functions.md §6.1).
pub(super) fn rows(node: &Node, reader: &mut Reader<'_>) -> Rows {
    if node.get("forRowsWithMatchingIds").and_then(Node::as_bool) == Some(true) {
        return Rows::Merge;
    }
    let part = partition(node, reader);
    if part.values.is_empty() && part.ranges.is_empty() { Rows::Replace } else { Rows::Part(part) }
}

fn partition(node: &Node, reader: &mut Reader<'_>) -> Partition {
    let range = |entry: &Entry, reader: &mut Reader<'_>| {
        let end = |key: &str, reader: &mut Reader<'_>| reader.template_or_null(entry.value.get(key));
        (String::from(&*entry.key.text), end("from", reader), end("to", reader))
    };
    let ranges = node.get("forRowsInRange").map_or(&[][..], Node::entries);
    Partition {
        values: pairs(node.get("forRowsWithValues"), reader),
        ranges: ranges.iter().map(|entry| range(entry, reader)).collect(),
    }
}

pub(super) fn operations(list: &Node, reader: &mut Reader<'_>) -> Vec<RowOperation> {
    list.items().iter().map(|item| operation(item, reader)).collect()
}

fn operation(item: &Node, reader: &mut Reader<'_>) -> RowOperation {
    let type_node = item.get("type");
    let stamp = ["timestamp", "timeStamp"].into_iter().find_map(|key| item.get(key));
    RowOperation {
        kind: kind(item, type_node.and_then(Node::as_str).unwrap_or_default(), reader),
        span: type_node.map_or(item.span, |node| node.span),
        when: optional(item, "when", reader),
        table: optional(item, "table", reader),
        records: transform(item, "records", reader),
        primary_key: optional(item, "primaryKey", reader),
        timestamp: stamp.map(|node| template(node, reader.parse)),
        conversions: conversions(item.get("conversions")),
    }
}

/// Both spellings of the types are in use (functions.md §6.2).
fn kind(item: &Node, type_name: &str, reader: &mut Reader<'_>) -> RowOperationKind {
    let word = type_name.strip_prefix("operation.").unwrap_or(type_name).replace('_', "-");
    match word.as_str() {
        "delete-insert" => RowOperationKind::DeleteInsert(partition(item, reader)),
        "upsert-replace" => RowOperationKind::UpsertReplace,
        "upsert-merge" => RowOperationKind::UpsertMerge,
        "execute-sql" => RowOperationKind::ExecuteSql {
            statements: item
                .get("statements")
                .map_or(&[][..], Node::items)
                .iter()
                .map(|part| {
                    let parameters = pairs(part.get("parameters"), reader);
                    (reader.template_or_null(part.get("statement")), parameters)
                })
                .collect(),
            tables: names(item.get("tables")),
        },
        "find-replace" => RowOperationKind::FindReplace {
            find: reader.template_or_null(item.get("find")),
            replace: reader.template_or_null(item.get("replace")),
            tables: names(item.get("tables")),
            queue: item.get("includeCommandQueue").and_then(Node::as_bool) == Some(true),
        },
        _ => RowOperationKind::Unknown(type_name.to_owned()),
    }
}

pub(super) fn format(word: Option<&str>) -> Format {
    match word {
        Some("text") => Format::Text,
        Some("xml") => Format::Xml,
        Some("pdf" | "binary") => Format::Binary,
        _ => Format::Json,
    }
}

pub(super) fn conversions(node: Option<&Node>) -> Vec<Conversion> {
    let items = node.map_or(&[][..], Node::items);
    let text = |item: &Node, key: &str| item.get(key).and_then(Node::as_str).map(str::to_owned);
    items
        .iter()
        .filter_map(|item| {
            Some(Conversion {
                property: text(item, "property")?,
                from: text(item, "from").unwrap_or_default(),
                to: text(item, "to").unwrap_or_default(),
                is_made_jpg: item.get("convertHeicToJpg").and_then(Node::as_bool) == Some(true),
            })
        })
        .collect()
}

/// Blocks that may be one expression in the app format, and are read as maps and lists only.
pub(super) fn unsupported(node: &Node) -> Vec<String> {
    let mut found = Vec::new();
    let mut look = |block: &Node, key: &str, at: &str| {
        if block.get(key).and_then(Node::as_str).is_some_and(is_expression) {
            found.push(format!("an expression for all of `{at}{key}`"));
        }
    };
    for key in ["parameters", "queries", "conversions", "operations", "error"] {
        look(node, key, "");
    }
    for query in node.get("queries").map_or(&[][..], Node::entries) {
        for key in ["parameters", "tables", "jsonColumns", "dependencies"] {
            look(&query.value, key, &format!("queries.{}.", query.key.text));
        }
    }
    if let Some(guard) = node.get("guard") {
        look(guard, "parameters", "guard.");
        look(guard, "operations", "guard.");
    }
    for operation in node.get("operations").map_or(&[][..], Node::items) {
        for key in ["conversions", "statements", "tables", "forRowsWithValues", "forRowsInRange"] {
            look(operation, key, "operations.");
        }
        for part in operation.get("statements").map_or(&[][..], Node::items) {
            look(part, "parameters", "operations.statements.");
        }
    }
    found
}

pub(super) fn errors(rules: &Node, reader: &mut Reader<'_>) -> Vec<ErrorRule> {
    rules.items().iter().map(|rule| error(rule, reader)).collect()
}

fn error(rule: &Node, reader: &mut Reader<'_>) -> ErrorRule {
    let retry = rule
        .get("retry")
        .map(|block| (optional(block, "delay", reader), optional(block, "maxRetries", reader)));
    let row = (rule.get("table").is_some() || rule.get("transform").is_some())
        .then(|| (optional(rule, "table", reader), transform(rule, "transform", reader)));
    ErrorRule {
        when: optional(rule, "when", reader),
        title: optional(rule, "title", reader),
        description: optional(rule, "description", reader),
        details: optional(rule, "details", reader),
        alert: optional(rule, "alert", reader),
        notification: optional(rule, "notification", reader),
        operations: rule.get("operations").map(|list| operations(list, reader)).unwrap_or_default(),
        retry,
        row,
    }
}

/// A value that is an expression with or without `=` (functions.md §4).
pub(super) fn bare(node: &Node, key: &str, reader: &mut Reader<'_>) -> Option<Template> {
    match node.get(key).and_then(Node::as_str) {
        Some(text) => (reader.parse)(text).map(Template::Expression),
        None => optional(node, key, reader),
    }
}

fn optional(node: &Node, key: &str, reader: &mut Reader<'_>) -> Option<Template> {
    node.get(key).map(|value| template(value, reader.parse))
}

fn pairs(node: Option<&Node>, reader: &mut Reader<'_>) -> Vec<(String, Template)> {
    let entries = node.map_or(&[][..], Node::entries);
    entries.iter().map(|e| (String::from(&*e.key.text), template(&e.value, reader.parse))).collect()
}

fn names(node: Option<&Node>) -> Vec<String> {
    let items = node.map_or(&[][..], Node::items);
    items.iter().filter_map(Node::as_str).filter(|name| !is_expression(name)).map(str::to_owned).collect()
}

/// A switch that is on unless it is turned off.
fn flag(node: &Node, key: &str) -> bool {
    node.get(key).and_then(Node::as_bool) != Some(false)
}
