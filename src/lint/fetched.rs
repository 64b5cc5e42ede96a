//! Which tables are fetched, by which functions, and when.

use std::collections::{BTreeSet, HashMap};

use super::Cx;
use super::entries::entries;
use super::triggers::{Moment, roots};
use crate::action::SyncRole;
use crate::app::Origin;
use crate::syntax::{Kind, Node};

/// What the syncs of an app fetch.
#[derive(Default)]
pub(super) struct Fetched<'a> {
    tables: HashMap<&'a str, Fetch<'a>>,
    /// Whether a sync somewhere computes its tables.
    computed: bool,
}

/// How a table is fetched.
#[derive(Default)]
struct Fetch<'a> {
    functions: BTreeSet<&'a str>,
    /// Whether some sync of the table computes its function.
    computed: bool,
    at_start: bool,
}

impl<'a> Fetched<'a> {
    pub fn of(cx: &Cx<'a>) -> Self {
        let mut fetched = Self::default();
        for (root, place) in roots(cx.project) {
            let moments = cx.triggers().moments(place);
            let at_start = moments
                .is_none_or(|moments| moments.contains(&Moment::Load) || moments.contains(&Moment::Home));
            root.action.visit(&mut |action| {
                if action.body.sync() == Some(SyncRole::Member) {
                    let list = cx.node(action).and_then(|node| node.at("/options/entities"));
                    fetched.computed |= list.is_some_and(|list| !matches!(list.kind, Kind::Array(_)));
                    for entry in entries(cx, action) {
                        fetched.add(entry.table(), entry.node.get("function"), at_start);
                    }
                }
            });
        }
        let local = cx.project.screens().flat_map(|screen| screen.datasources.values());
        for datasource in local.chain(cx.project.datasources.values()) {
            let Origin::Sqlite(sqlite) = &datasource.origin else { continue };
            for entity in sqlite.entities.iter().filter(|entity| entity.function.is_some()) {
                let found = fetched.tables.entry(&entity.entity.value).or_default();
                found.functions.extend(entity.function.as_ref().map(|function| function.value.as_str()));
            }
        }
        fetched
    }

    fn add(&mut self, table: Option<&'a str>, function: Option<&'a Node>, at_start: bool) {
        let Some(table) = table else {
            self.computed = true;
            return;
        };
        let found = self.tables.entry(table).or_default();
        found.at_start |= at_start;
        match function.map(|node| node.as_str().filter(|text| !crate::expr::is_expression(text))) {
            Some(Some(id)) => _ = found.functions.insert(id),
            Some(None) => found.computed = true,
            None => {}
        }
    }

    /// Whether something may fetch a table.
    pub fn has(&self, table: &str) -> bool {
        self.computed || self.tables.contains_key(table)
    }

    /// Whether something may fetch a table by a function.
    pub fn has_by(&self, table: &str, function: &str) -> bool {
        let found = self.tables.get(table);
        self.computed || found.is_some_and(|found| found.computed || found.functions.contains(function))
    }

    /// Whether something may fetch a table when the app starts.
    pub fn at_start(&self, table: &str) -> bool {
        self.computed || self.tables.get(table).is_some_and(|found| found.at_start)
    }

    /// All tables that are fetched.
    pub fn tables(&self) -> impl Iterator<Item = &'a str> {
        self.tables.keys().copied()
    }

    /// The functions that fetch a table.
    pub fn functions(&self, table: &str) -> impl Iterator<Item = &'a str> {
        self.tables.get(table).into_iter().flat_map(|found| found.functions.iter().copied())
    }
}
