//! Databases of Dynamic Data: the tables that an app declares (app-layout.md §2).

use crate::diag::{FileId, Spanned};
use crate::syntax::Node;

/// One file under `databases/`.
#[derive(Debug, Clone)]
pub struct Database {
    /// Its file.
    pub file: FileId,
    /// The declared tables, without prefix.
    pub tables: Vec<Spanned<String>>,
}

pub(super) fn lower(file: FileId, node: &Node) -> Database {
    let entries = node.get("tables").map_or(&[][..], Node::entries);
    let tables = entries.iter().map(|e| Spanned::new(String::from(&*e.key.text), e.key_span)).collect();
    Database { file, tables }
}
