//! Which tables are fetched, by which functions, and when.

use std::collections::BTreeSet;

use super::Cx;
use super::entries::entries_in;
use super::known::ALL;
use super::table::{Add, Sight};
use super::triggers::{Moment, RootRow, roots};
use crate::action::SyncRole;
use crate::app::{Datasource, Holds, Origin};
use crate::expr::is_expression;
use crate::syntax::{Kind, Node};

/// How a table is fetched once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fetch {
    by: By,
    /// Where the sync stands; `None` for a datasource that fetches by itself.
    from: Option<RootRow>,
}

#[derive(Debug, Clone, PartialEq)]
enum By {
    Nothing,
    Function(String),
    /// The sync computes its function.
    Expression,
}

/// Adds what syncs and datasources fetch; what an expression chooses stands under no table.
pub(super) fn fetches(file: Sight<'_>, add: Add<'_, Fetch>) {
    for part in file.parts() {
        for (root, from) in roots(part) {
            root.action.visit(&mut |action| {
                if action.body.sync() != Some(SyncRole::Member) {
                    return;
                }
                let node = file.source.tree.root.at(&action.pointer);
                let Some(list) = node.and_then(|node| node.at("/options/entities")) else { return };
                let mut add = |table: Option<&str>, by: By| {
                    add(table.unwrap_or(ALL), Fetch { by, from: Some(from.clone()) });
                };
                if !matches!(list.kind, Kind::Array(_)) {
                    add(None, By::Expression);
                }
                entries_in(list).for_each(|entry| add(entry.table(), by(entry.node)));
            });
        }
        match &part.holds {
            Holds::Screen(screen) => screen.datasources.values().for_each(|found| own(found, add)),
            Holds::Datasource(datasource) => own(datasource, add),
            _ => {}
        }
    }
}

fn by(entry: &Node) -> By {
    match entry.get("function").map(Node::as_str) {
        None => By::Nothing,
        Some(Some(id)) if !is_expression(id) => By::Function(id.to_owned()),
        Some(_) => By::Expression,
    }
}

/// Adds what a datasource fetches by itself.
fn own(datasource: &Datasource, add: Add<'_, Fetch>) {
    let Origin::Sqlite(sqlite) = &datasource.origin else { return };
    for entity in &sqlite.entities {
        if let Some(function) = &entity.function {
            add(&entity.entity.value, Fetch { by: By::Function(function.value.clone()), from: None });
        }
    }
}

/// What the syncs of an app fetch.
pub(super) struct Fetched<'c, 'a> {
    cx: &'c Cx<'a>,
}

impl<'a> Cx<'a> {
    /// What syncs fetch, by table.
    pub fn fetched(&self) -> Fetched<'_, 'a> {
        Fetched { cx: self }
    }
}

impl<'a> Fetched<'_, 'a> {
    /// Whether something may fetch a table.
    pub fn has(&self, table: &str) -> bool {
        self.is_computed() || self.rows(table).next().is_some()
    }

    /// Whether something may fetch a table by a function.
    pub fn has_by(&self, table: &str, function: &str) -> bool {
        let fits = |by: &By| match by {
            By::Function(id) => id == function,
            By::Expression => true,
            By::Nothing => false,
        };
        self.is_computed() || self.rows(table).any(|fetch| fits(&fetch.by))
    }

    /// Whether something may fetch a table when the app starts.
    pub fn at_start(&self, table: &str) -> bool {
        let is_start =
            |moments: BTreeSet<Moment>| moments.contains(&Moment::Load) || moments.contains(&Moment::Home);
        let moments = |root: &'a RootRow| self.cx.triggers().moments(root.as_root());
        let mut roots = self.rows(table).filter_map(|fetch| fetch.from.as_ref());
        self.is_computed() || roots.any(|root| moments(root).is_none_or(is_start))
    }

    /// All tables that are fetched.
    pub fn tables(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.cx.keys(|known| &known.fetches).filter(|table| *table != ALL)
    }

    /// The functions that fetch a table, sorted.
    pub fn functions(&self, table: &str) -> BTreeSet<&'a str> {
        let function =
            |fetch: &'a Fetch| if let By::Function(id) = &fetch.by { Some(id.as_str()) } else { None };
        self.rows(table).filter_map(function).collect()
    }

    fn is_computed(&self) -> bool {
        self.rows(ALL).next().is_some()
    }

    fn rows(&self, table: &str) -> impl Iterator<Item = &'a Fetch> + use<'a> {
        self.cx.rows(|known| &known.fetches, table).iter().map(|(_, fetch)| fetch)
    }
}
