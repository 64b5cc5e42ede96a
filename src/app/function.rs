//! Functions: how a remote service is called (functions.md).

mod parts;

use super::Found;
use super::walk::Reader;
use crate::action::{ProviderKind, template};
use crate::diag::{FileId, Span, Spanned};
use crate::expr::{Expression, Template, is_expression};
use crate::syntax::{Entry, Kind, Node};

/// One file under `functions/`.
#[derive(Debug)]
pub struct Function {
    /// `functionId`, or the file's base name.
    pub id: String,
    /// Its file.
    pub file: FileId,
    /// The whole function.
    pub span: Span,
    /// The provider, when it is a known one.
    pub provider: Option<ProviderKind>,
    /// `GET`, `POST`, … or `query`, `execute`; upper case.
    pub method: String,
    /// The address, with `{name}` for path parameters.
    pub url: Option<Template>,
    /// What a call takes.
    pub parameters: Vec<Parameter>,
    /// Whether to call at all.
    pub when: Option<Template>,
    /// Makes the request's body from the parameters.
    pub input_transform: Option<Expression>,
    /// Makes rows from the response's body.
    pub output_transform: Option<Expression>,
    /// The part of the transform's result that is the rows.
    pub records: Option<Expression>,
    /// How the next page is found.
    pub continuation: Option<Continuation>,
    /// Questions to local tables that are asked before a call, in the order in which they are written.
    pub queries: Vec<LocalQuery>,
    /// What is asked first whether to call this function.
    pub guard: Option<Guard>,
    /// Which rows a sync replaces.
    pub rows: Rows,
    /// Whether rows that have only a temporary id survive a replace.
    pub keep_temp_ids: bool,
    /// What is done with an answer in place of [`Self::rows`]; `None` when the key is missing.
    pub operations: Option<Vec<RowOperation>>,
    /// What the call gives to its caller; the transform's result when it is missing.
    pub output: Option<Template>,
    /// How the answer is read.
    pub format: Format,
    /// Which properties change their form on the way out or in.
    pub conversions: Vec<Conversion>,
    /// What counts as an error; the first that fits is taken. `None` when the key is missing.
    pub errors: Option<Vec<ErrorRule>>,
    /// Makes the row for the table of errors (deprecated).
    pub error_transform: Option<Expression>,
    /// What in it this runtime does not do, in words; a call of it is refused.
    pub unsupported: Vec<String>,
    /// Whether a token that is refused is looked up anew.
    pub token_refresh: bool,
    /// For SQL: the named connection.
    pub connection: Option<Template>,
    /// For SQL: the statement, or the call of a procedure.
    pub statement: Option<Template>,
    /// All of it as JSON: two functions with the same text do the same.
    pub definition: String,
    /// All expressions in it, for checks.
    pub expressions: Vec<Found>,
}

/// One parameter of a function (functions.md §2).
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: Spanned<String>,
    /// Where it goes.
    pub location: Location,
    /// `type`, as written.
    pub type_name: String,
    /// Whether a call without it is refused.
    pub required: bool,
    /// Its value when the caller gives none.
    pub value: Option<Template>,
}

/// Where a parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// Into `{name}` of the address.
    Path,
    /// Into the query string.
    Query,
    /// Into a header.
    Header,
    /// Into the body.
    Body,
    /// Nowhere; kept for expressions.
    Output,
    /// A credential's name.
    Credential,
}

/// How the next page is found (functions.md §5).
#[derive(Debug, Clone)]
pub struct Continuation {
    /// Goes on while this is true.
    pub when: Option<Template>,
    /// The next address.
    pub url: Option<Template>,
    /// Replaces all parameters when it is there.
    pub parameters: Option<Vec<Parameter>>,
}

/// Which rows a sync replaces (functions.md §6.1).
#[derive(Debug, Clone)]
pub enum Rows {
    /// All rows of the table.
    Replace,
    /// Rows with the ids that arrive; none is removed.
    Merge,
    /// Rows of a part of the table.
    Part(Partition),
}

/// A part of a table: rows for which all of it holds. Without anything it is the whole table.
#[derive(Debug, Clone, Default)]
pub struct Partition {
    /// `forRowsWithValues`: the property and the value that it must have; a text that is the name of a
    /// parameter stands for that parameter's value.
    pub values: Vec<(String, Template)>,
    /// `forRowsInRange`: the property and the values between which it must lie, both included.
    pub ranges: Vec<(String, Template, Template)>,
}

/// A question to local tables (functions.md §3.2), answered as `@ctx.queries.<name>`.
#[derive(Debug, Clone)]
pub struct LocalQuery {
    /// Its name.
    pub name: Spanned<String>,
    /// The SELECT.
    pub statement: Template,
    /// The statement's parameters, with or without their `@`.
    pub parameters: Vec<(String, Template)>,
    /// Tables that must be there.
    pub tables: Vec<String>,
    /// Columns whose JSON text becomes a value.
    pub json_columns: Vec<String>,
    /// What of the rows is the answer.
    pub result: ResultType,
    /// Names of queries that are asked before.
    pub dependencies: Vec<String>,
    /// Whether it is asked again for every page.
    pub on_continuation: bool,
}

/// What of a query's rows is its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultType {
    /// All rows, a list.
    Records,
    /// The first row, or `null`.
    Record,
    /// The first column of the first row, or `null`.
    Scalar,
}

/// What is asked first whether to call a function (functions.md §7).
#[derive(Debug, Clone)]
pub struct Guard {
    /// The function that is called.
    pub function: Spanned<String>,
    /// Its arguments.
    pub parameters: Vec<(String, Template)>,
    /// Whether to ask at all; without an answer the call goes on.
    pub when: Option<Template>,
    /// Whether it is asked before the first page.
    pub on_initial: bool,
    /// Whether it is asked before every later page.
    pub on_continuation: bool,
    /// Whether it is asked before a call is tried again.
    pub on_retry: bool,
    /// Whether the call may go on; the truth of the output when it is missing.
    pub result: Option<Template>,
    /// What is done with local rows; see [`Self::perform`].
    pub operations: Vec<RowOperation>,
    /// When the operations are done: missing, when the call may not go on.
    pub perform: Option<Template>,
}

/// One thing done to local rows with an answer (functions.md §6.2).
#[derive(Debug, Clone)]
pub struct RowOperation {
    /// What is done.
    pub kind: RowOperationKind,
    /// The place of its `type`.
    pub span: Span,
    /// Whether it is done at all.
    pub when: Option<Template>,
    /// The table; the table of the sync when it is missing.
    pub table: Option<Template>,
    /// The rows; the output when it is missing.
    pub records: Option<Expression>,
    /// The property that is the key, or an expression over `@ctx.record`; `id` when it is missing.
    pub primary_key: Option<Template>,
    /// The time that rows carry.
    pub timestamp: Option<Template>,
    /// Which properties change their form.
    pub conversions: Vec<Conversion>,
}

/// What an operation does.
#[derive(Debug, Clone)]
pub enum RowOperationKind {
    /// Removes the rows of a part of the table, before the first page only, and inserts.
    DeleteInsert(Partition),
    /// Inserts rows or puts them in the place of those with their ids.
    UpsertReplace,
    /// Inserts rows or merges their top-level properties into those with their ids.
    UpsertMerge,
    /// Runs statements on local tables.
    ExecuteSql {
        /// The statements with their parameters.
        statements: Vec<(Template, Vec<(String, Template)>)>,
        /// Tables that must be there, and have changed afterwards.
        tables: Vec<String>,
    },
    /// Replaces a text by another, wherever it stands in the rows of some tables.
    FindReplace {
        /// The text.
        find: Template,
        /// The text in its place.
        replace: Template,
        /// The tables.
        tables: Vec<String>,
        /// Whether commands that wait to be sent are changed too.
        queue: bool,
    },
    /// A `type` that nobody knows; performing it is an error.
    Unknown(String),
}

/// How an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As JSON.
    Json,
    /// As text.
    Text,
    /// As XML, which is kept as text.
    Xml,
    /// As bytes, kept in base64.
    Binary,
}

/// A property that changes its form (functions.md §8).
#[derive(Debug, Clone)]
pub struct Conversion {
    /// The property; parts of a path are joined by dots.
    pub property: String,
    /// The form that it has: `buffer`, `base64`, `data-uri` or `local-uri`.
    pub from: String,
    /// The form that it gets.
    pub to: String,
    /// Whether a photograph in HEIC is to become a JPEG.
    pub is_made_jpg: bool,
}

/// One rule about what counts as an error (functions.md §9).
#[derive(Debug, Clone)]
pub struct ErrorRule {
    /// Whether it fits; a rule without it always does.
    pub when: Option<Template>,
    /// What people are told.
    pub title: Option<Template>,
    /// More of it.
    pub description: Option<Template>,
    /// More still, for those who mend it.
    pub details: Option<Template>,
    /// What a phone shows over its screen.
    pub alert: Option<Template>,
    /// Whether a phone shows the words of the rule.
    pub notification: Option<Template>,
    /// What is done with local rows; tables default to `<table>_error`.
    pub operations: Vec<RowOperation>,
    /// How often and when to try again: milliseconds, and the number of times.
    pub retry: Option<(Option<Template>, Option<Template>)>,
    /// The older form of an operation: the table of errors and the row for it.
    pub row: Option<(Option<Template>, Option<Expression>)>,
}

pub(super) fn lower(id: &str, node: &Node, reader: &mut Reader<'_>) -> Function {
    let text = |key: &str| node.get(key).and_then(Node::as_str);
    Function {
        id: text("functionId").unwrap_or(id).to_owned(),
        file: reader.file,
        span: node.span,
        provider: text("provider").and_then(ProviderKind::from_constant),
        method: text("method").unwrap_or_default().to_ascii_uppercase(),
        url: node.get("url").map(|url| template(url, reader.parse)),
        parameters: parameters(node.get("parameters"), reader),
        when: node.get("when").map(|when| template(when, reader.parse)),
        input_transform: transform(node, "inputTransform", reader),
        output_transform: transform(node, "outputTransform", reader),
        records: transform(node, "records", reader),
        continuation: node.get("continuation").map(|block| continuation(block, reader)),
        queries: parts::queries(node.get("queries"), reader),
        guard: node.get("guard").and_then(|block| parts::guard(block, reader)),
        rows: parts::rows(node, reader),
        keep_temp_ids: node.get("keepTempIds").and_then(Node::as_bool) == Some(true),
        operations: node.get("operations").map(|list| parts::operations(list, reader)),
        output: parts::bare(node, "output", reader),
        format: parts::format(text("format")),
        conversions: parts::conversions(node.get("conversions")),
        errors: node.get("error").map(|rules| parts::errors(rules, reader)),
        error_transform: transform(node, "errorTransform", reader),
        unsupported: parts::unsupported(node),
        token_refresh: node.get("disableTokenRefresh").and_then(Node::as_bool) != Some(true),
        connection: node.get("connection").map(|name| template(name, reader.parse)),
        statement: node
            .get("query")
            .or_else(|| node.get("procedure"))
            .map(|text| template(text, reader.parse)),
        definition: node.to_value().to_string(),
        expressions: Vec::new(),
    }
}

fn literal(node: &Node) -> Option<Spanned<String>> {
    let text = node.as_str().filter(|text| !is_expression(text))?;
    Some(Spanned::new(text.to_owned(), node.span))
}

/// Transforms are expressions with or without `=` (functions.md §4).
fn transform(node: &Node, key: &str, reader: &mut Reader<'_>) -> Option<Expression> {
    node.get(key).and_then(Node::as_str).and_then(|text| (reader.parse)(text))
}

fn continuation(block: &Node, reader: &mut Reader<'_>) -> Continuation {
    Continuation {
        when: block.get("when").map(|when| template(when, reader.parse)),
        url: block.get("url").map(|url| template(url, reader.parse)),
        parameters: block.get("parameters").map(|node| parameters(Some(node), reader)),
    }
}

fn parameters(node: Option<&Node>, reader: &mut Reader<'_>) -> Vec<Parameter> {
    let entries = node.map_or(&[][..], Node::entries);
    entries.iter().map(|entry| parameter(entry, reader)).collect()
}

fn parameter(entry: &Entry, reader: &mut Reader<'_>) -> Parameter {
    let name = Spanned::new(String::from(&*entry.key.text), entry.key_span);
    if !matches!(entry.value.kind, Kind::Object(_)) {
        let value = Some(template(&entry.value, reader.parse));
        return Parameter {
            name,
            location: Location::Query,
            type_name: String::new(),
            required: false,
            value,
        };
    }
    let text = |key: &str| entry.value.get(key).and_then(Node::as_str);
    Parameter {
        name,
        location: location(text("location").unwrap_or_default()),
        type_name: text("type").unwrap_or_default().to_owned(),
        required: entry.value.get("required").and_then(Node::as_bool) == Some(true),
        value: entry.value.get("value").map(|value| template(value, reader.parse)),
    }
}

fn location(word: &str) -> Location {
    match word {
        "path" => Location::Path,
        "header" => Location::Header,
        "body" => Location::Body,
        "output" => Location::Output,
        "credential" | "secret" => Location::Credential,
        _ => Location::Query,
    }
}
