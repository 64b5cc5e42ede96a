//! Rules: what is wrong with an app that loads.
//!
//! [`check`] joins what the loader found with what the rules find, applies the settings and the
//! comments that ask for silence, and puts all of it in order. A rule is one file below this one
//! in the folder of its group, and one line in that group's list; it keeps nothing and walks nothing: [`walk`] brings it what it asks
//! for, [`Cx`] knows the whole app. The mistakes come from `spec/pitfalls.md`.

mod arguments;
mod callers;
mod changes;
mod columns;
mod cx;
mod cycles;
mod doubt;
mod edit;
mod entries;
mod facts;
mod fetched;
mod fingerprint;
mod finish;
mod fix;
mod forms;
mod formula;
mod function_file;
mod guards;
mod ids;
mod inputs;
mod known;
mod log;
mod members;
mod names;
mod profile;
mod query;
mod reads;
mod rule;
mod secret;
mod select;
mod sequence;
mod session;
mod sql;
mod suppress;
mod table;
mod tally;
mod texts;
mod tracked;
mod triggers;
mod view;
mod walk;
mod wiring;
mod writes;

mod data;
mod expressions;
mod functions;
mod layout;
mod sync;
mod unknown_rule;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::LazyLock;

use crate::app::Loaded;
use crate::diag::{Diagnostic, Files, RuleInfo};

pub use crate::app::{Changes, Environment};
pub use fingerprint::{Fingerprint, fingerprints};
pub use fix::{Mending, Reach, Rewrite};
pub use profile::profile;
pub use select::is_about_reading;
pub use session::{Checked, Crash, Session};
pub use suppress::{Added, add_ignores};

use cx::{Cx, Place};
use facts::Facts;
use known::Known;
use log::Log;
use rule::Rule;
use select::Selection;
use walk::Walker;

/// The rules of this room.
static RULES: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let groups = [sync::RULES, data::RULES, functions::RULES, expressions::RULES, layout::RULES];
    groups.concat()
});

/// What to report, besides what the app's own settings say.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Files and folders that findings must lie in, absolute; nothing means everywhere.
    pub paths: Vec<PathBuf>,
    /// Rules that are on, in place of the settings' own choice; nothing means that choice.
    pub select: Vec<String>,
    /// Rules that are off, besides those that the settings turn off.
    pub ignore: Vec<String>,
}

/// A name that is no rule's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{id}`{}", closest.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default())]
pub struct UnknownRule {
    /// The name.
    pub id: String,
    /// The rule that is probably meant.
    pub closest: Option<&'static str>,
}

impl Request {
    /// Whether every name in it is a rule's.
    ///
    /// # Errors
    /// The first name that is not.
    pub fn validate(&self) -> Result<(), UnknownRule> {
        let unknown = self.select.iter().chain(&self.ignore).find(|id| !select::is_known(id));
        unknown.map_or(Ok(()), |id| Err(UnknownRule { id: id.clone(), closest: select::closest_rule(id) }))
    }
}

/// Everything wrong with an app, each mistake once, in order of path, offset and rule.
#[must_use]
pub fn check(loaded: &Loaded, files: &Files, request: &Request) -> Vec<Diagnostic> {
    let known = Known::new();
    let mut found = Vec::new();
    let selection = Selection::new(loaded, request, &mut found);
    let walker = Walker::new(selection.rules());
    let facts = Facts::new(loaded, files, &known, &walker.rules);
    let looks = walker.look(&facts, &walker.units(loaded), Log::default);
    found.extend(looks.into_iter().flat_map(|look| look.found));
    finish::all(found, loaded, files, &selection)
}

/// The names under `lint:` in the settings that are no rule's.
pub fn unknown_rules(loaded: &Loaded) -> impl Iterator<Item = Diagnostic> {
    select::unknown_names(loaded)
}

/// Every rule there is, the loader's included, by id.
#[must_use]
pub fn rules() -> &'static [RuleInfo] {
    static ALL: LazyLock<Vec<RuleInfo>> = LazyLock::new(|| {
        let own = RULES.iter().map(|rule| &rule.info).chain([&unknown_rule::INFO, &suppress::UNUSED_IGNORE]);
        let loader = crate::syntax::RULES.iter().chain(crate::action::RULES).chain(crate::app::rules());
        let mut all: Vec<RuleInfo> = own.chain(loader).copied().collect();
        all.sort_by_key(|rule| rule.id);
        all
    });
    &ALL
}

/// The rule with this id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static RuleInfo> {
    let rules = rules();
    rules.binary_search_by_key(&id, |rule| rule.id).ok().map(|at| &rules[at])
}
