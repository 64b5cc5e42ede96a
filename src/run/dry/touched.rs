//! What the actions of a plan would change, and so what later ones cannot know yet.

use std::collections::BTreeSet;

use super::untouched::Untouched;
use crate::app::{Datasource, Origin, Sqlite};
use crate::expr::{Condition, Template};
use crate::run::context::View;

/// What the actions so far would change.
#[derive(Default, Clone)]
pub(super) struct Touched {
    /// Tables.
    pub(super) tables: BTreeSet<String>,
    /// Scopes.
    pub(super) scopes: BTreeSet<String>,
    /// Tables whose status rows change.
    pub(super) statuses: BTreeSet<String>,
    /// Whether status rows change of which nobody knows whose they are.
    pub(super) any_status: bool,
    /// Actions whose outputs come only when they have run.
    pub(super) actions: BTreeSet<String>,
    /// Slots of state that get values which are not known yet.
    pub(super) slots: Vec<Vec<String>>,
}

impl Touched {
    /// What a template reads that cannot be known yet, in words.
    pub(super) fn unknown(
        &self,
        template: &Template,
        view: &View<'_>,
        database: &Untouched<'_>,
    ) -> Vec<String> {
        let mut search = Search { touched: self, view, database, seen: BTreeSet::new(), found: Vec::new() };
        search.template(template);
        search.found
    }

    /// What a condition asks that cannot be known yet, in words.
    pub(super) fn unknown_facts(&self, condition: &Condition) -> Vec<String> {
        let scopes = condition.scopes().into_iter().filter(|id| self.scopes.contains(*id));
        let scopes = scopes.map(|id| format!("the state of the scope `{id}`, which an action above changes"));
        let status = |table: &&str| self.any_status || self.statuses.contains(*table);
        let statuses = condition.entities().into_iter().filter(status);
        let statuses =
            statuses.map(|table| format!("the status of `{table}`, which an action above changes"));
        scopes.chain(statuses).collect()
    }
}

struct Search<'s> {
    touched: &'s Touched,
    view: &'s View<'s>,
    database: &'s Untouched<'s>,
    /// Datasources that were looked at.
    seen: BTreeSet<String>,
    found: Vec<String>,
}

impl Search<'_> {
    fn template(&mut self, template: &Template) {
        for path in self.view.paths(template) {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            match names.as_slice() {
                [] | ["datasources"] => {
                    self.view.datasource_ids().into_iter().for_each(|id| self.datasource(id));
                }
                ["datasources", id, ..] => self.datasource(id),
                ["actions", id, ..] if self.touched.actions.contains(*id) => {
                    self.say(format!("`@ctx.actions.{id}` comes from an action above"));
                }
                _ => {}
            }
            self.slot(&names);
        }
    }

    fn slot(&mut self, path: &[&str]) {
        let overlaps = |slot: &Vec<String>| slot.iter().zip(path).all(|(slot, read)| slot == read);
        if path.contains(&"state") && self.touched.slots.iter().any(overlaps) {
            self.say(format!("`@ctx.{}` is set by an action above", path.join(".")));
        }
    }

    fn datasource(&mut self, id: &str) {
        if self.seen.insert(id.to_owned())
            && let Some(datasource) = self.view.find(id)
        {
            self.origin(id, datasource);
        }
    }

    fn origin(&mut self, id: &str, datasource: &Datasource) {
        match &datasource.origin {
            Origin::Sqlite(sqlite) => self.sqlite(id, sqlite),
            Origin::Static(data) => self.template(data),
            Origin::Reference { id: target, inputs } => {
                self.template(inputs);
                let target = self.view.engine.project.datasources.get(&target.value);
                if let Some(target) = target.filter(|target| self.seen.insert(format!("\0{}", target.id))) {
                    self.origin(id, target);
                }
            }
            Origin::System => {}
        }
    }

    fn sqlite(&mut self, id: &str, sqlite: &Sqlite) {
        for table in sqlite.entities.iter().map(|entity| &entity.entity.value) {
            if self.touched.tables.contains(table) {
                self.say(format!("`@ctx.datasources.{id}` reads `{table}`, which an action above changes"));
            } else if self.database.differs(table) {
                let why = "in which a run first ends what a process that is no more left behind";
                self.say(format!("`@ctx.datasources.{id}` reads `{table}`, {why}"));
            }
        }
        for (_, value) in &sqlite.parameters {
            self.template(value);
        }
    }

    fn say(&mut self, what: String) {
        if !self.found.contains(&what) {
            self.found.push(what);
        }
    }
}
