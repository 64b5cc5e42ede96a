//! Datasources: queries and fixed data that expressions read (datasources.md).

use super::walk::{Reader, declared};
use super::{Declared, Found};
use crate::action::{ProviderKind, template};
use crate::diag::{FileId, Span, Spanned};
use crate::expr::Template;
use crate::syntax::{Kind, Node};

/// One datasource, global or of a screen.
#[derive(Debug)]
pub struct Datasource {
    /// Its id: the file's base name or its key under `datasources:`.
    pub id: String,
    /// Its file.
    pub file: FileId,
    /// The whole datasource.
    pub span: Span,
    /// Where its data come from.
    pub origin: Origin,
    /// Declared inputs (global) or given ones are below `origin` (reference).
    pub inputs: std::collections::BTreeMap<String, Declared>,
    /// All expressions in it, for checks.
    pub expressions: Vec<Found>,
}

/// Where a datasource's data come from.
#[derive(Debug)]
pub enum Origin {
    /// A query on the local database.
    Sqlite(Sqlite),
    /// Data in the file itself.
    Static(Template),
    /// Another datasource, with inputs of its own.
    Reference {
        /// The global datasource.
        id: Spanned<String>,
        /// Its inputs.
        inputs: Template,
    },
    /// Data that only a phone has.
    System,
}

/// A query on the local database (datasources.md §2).
#[derive(Debug)]
pub struct Sqlite {
    /// The provider, when it is a known one.
    pub provider: Option<ProviderKind>,
    /// The tables used.
    pub entities: Vec<EntityRef>,
    /// The statement in the format's dialect.
    pub query: Option<Spanned<String>>,
    /// Values of `@name` in the statement, names without `@`.
    pub parameters: Vec<(String, Template)>,
    /// Whether the first row stands for the whole.
    pub document: bool,
    /// Columns that hold JSON text.
    pub json_properties: Vec<String>,
    /// Whether `'$.x'` is short for `json_extract(data, '$.x')`.
    pub rewrite: bool,
}

/// A table that a datasource uses.
#[derive(Debug, Clone)]
pub struct EntityRef {
    /// The table.
    pub entity: Spanned<String>,
    /// The function of a datasource that fetches by itself (sync.md §7).
    pub function: Option<Spanned<String>>,
    /// Whether the table is another solution's, whose databases are not known here (datasources.md §2.2).
    pub is_foreign: bool,
}

pub(super) fn lower(id: &str, node: &Node, reader: &mut Reader<'_>) -> Datasource {
    let inputs = declared(node.get("inputs"));
    let origin = origin(node, reader);
    Datasource {
        id: id.to_owned(),
        file: reader.file,
        span: node.span,
        origin,
        inputs,
        expressions: Vec::new(),
    }
}

fn origin(node: &Node, reader: &mut Reader<'_>) -> Origin {
    let options = node.get("options");
    let option = |key: &str| options.and_then(|o| o.get(key));
    match node.get("type").and_then(Node::as_str) {
        Some("datasource.static") => Origin::Static(reader.template_or_null(option("data"))),
        Some("datasource.sqlite") => Origin::Sqlite(sqlite(options, reader)),
        // One listing of the format omits the type (datasources.md §1.3).
        Some("datasource.reference") | None if node.get("datasourceId").is_some() => Origin::Reference {
            id: node
                .get("datasourceId")
                .and_then(text)
                .unwrap_or_else(|| Spanned::new(String::new(), node.span)),
            inputs: reader.template_or_null(node.get("inputs")),
        },
        _ => Origin::System,
    }
}

fn sqlite(options: Option<&Node>, reader: &mut Reader<'_>) -> Sqlite {
    let option = |key: &str| options.and_then(|o| o.get(key));
    let provider = option("provider").and_then(Node::as_str).and_then(ProviderKind::from_constant);
    let entities = option("entities").map_or(&[][..], Node::items);
    let parameters = option("queryParameters").map_or(&[][..], Node::entries);
    let json = option("jsonProperties").map_or(&[][..], Node::items);
    Sqlite {
        provider,
        entities: entities.iter().filter_map(entity).collect(),
        query: option("query").and_then(text),
        parameters: parameters
            .iter()
            .map(|e| (e.key.text.trim_start_matches('@').to_owned(), template(&e.value, reader.parse)))
            .collect(),
        document: option("isDocument").and_then(Node::as_bool) == Some(true),
        json_properties: json.iter().filter_map(Node::as_str).map(column).collect(),
        rewrite: option("rewriteQuery").and_then(Node::as_bool) != Some(false),
    }
}

fn entity(node: &Node) -> Option<EntityRef> {
    match &node.kind {
        Kind::Object(_) => Some(EntityRef {
            entity: text(node.get("entity")?)?,
            function: node.get("function").and_then(text),
            is_foreign: node.get("package").is_some(),
        }),
        _ => Some(EntityRef { entity: text(node)?, function: None, is_foreign: false }),
    }
}

/// Both `image` and `'$.image'` name the column `image` (datasources.md §2).
fn column(written: &str) -> String {
    written.trim_matches('\'').trim_start_matches("$.").to_owned()
}

fn text(node: &Node) -> Option<Spanned<String>> {
    node.as_str().map(|text| Spanned::new(text.to_owned(), node.span))
}
