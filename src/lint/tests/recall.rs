//! Recall: each mistake is planted in each app that we have, and has to be found there, alone.
//!
//! # How to add a plant
//! In the file of your rule's group (`recall/<group>.rs`) add one entry to `PLANTS`:
//! ```text
//! Plant {
//!     rule: "unknown-jig",
//!     sites: |soil| soil.actions("action.go-to").filter_map(|go| go.at("/options/linkTo")?.replace("«nowhere»")).collect(),
//! },
//! ```
//! then take the rule's line out of `WITHOUT`, run `UPDATE_RECALL=1 cargo test --lib recall` and look at
//! the table `recall/<group>.txt`: a cell is `caught/planted`, `-` says that the app has no site, and each
//! miss stands below the table with what was found in its stead. The table is pinned.
//!
//! A site is a set of edits and the place where the finding has to be. The place is put between `«` and
//! `»` in a new text, or named with [`Site::expect`] when it is an old one. [`Soil`] finds spots in an
//! app, [`Spot`] makes sites of them. Offer every site there is: the harness tries some, spread evenly.
//! A rule may have several plants, one for each kind of mistake; they are counted together.
//!
//! The app is checked before and after, in memory. Exactly one finding has to be new, of that rule and
//! at that place, and none that was there before may go away, but for those at the bytes that changed, and
//! those that a mistake of syntax or of a schema makes doubtful.

mod bed;
mod harness;
mod table;

mod data;
mod expressions;
mod functions;
mod layout;
mod schema;
mod sync;

use std::path::Path;

use crate::diag::Group;
use crate::lint::rules;

use bed::{Site, Soil};
use harness::{apps, sow};
use table::Table;

/// A mistake and where in an app it can be made.
#[derive(Clone, Copy)]
struct Plant {
    /// The rule that has to find it.
    rule: &'static str,
    /// Where it can be made in this app, and how.
    sites: fn(&Soil<'_>) -> Vec<Site>,
}

/// The plants of some groups of rules, whose table is `recall/<file>.txt`.
struct Patch<'a> {
    file: &'static str,
    groups: &'static [Group],
    plants: &'a [Plant],
    /// Rules that are not planted, with the reason.
    without: &'static [(&'static str, &'static str)],
}

impl Patch<'_> {
    fn check(&self) {
        self.has_a_plant_for_each_rule();
        let mut table = Table::new(apps().iter().map(|app| app.name.clone()).collect());
        for app in apps() {
            let fields = app.fields();
            for plant in self.plants {
                table.add(plant.rule, &app.name, sow(plant, &fields));
            }
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src/lint/tests/recall")
            .join(format!("{}.txt", self.file));
        table.compare(&path);
    }

    fn has_a_plant_for_each_rule(&self) {
        let mut wrong = Vec::new();
        let own = rules().iter().filter(|rule| self.groups.contains(&rule.group));
        for rule in own {
            let planted = self.plants.iter().any(|plant| plant.rule == rule.id);
            let excused = self.without.iter().any(|(id, _)| *id == rule.id);
            match (planted, excused) {
                (false, false) => wrong.push(format!("`{}` has no plant", rule.id)),
                (true, true) => wrong.push(format!("`{}` has a plant, take it out of WITHOUT", rule.id)),
                _ => {}
            }
        }
        let foreign =
            |id: &str| rules().iter().all(|rule| rule.id != id || !self.groups.contains(&rule.group));
        let named = self.plants.iter().map(|plant| plant.rule).chain(self.without.iter().map(|(id, _)| *id));
        wrong.extend(named.filter(|id| foreign(id)).map(|id| format!("`{id}` is no rule of these groups")));
        assert!(wrong.is_empty(), "recall/{}.rs:\n{}", self.file, wrong.join("\n"));
    }
}
