//! What is known of the whole app besides its index. Another piece of such knowledge is one line in the
//! list below, a function that says what one file adds to it, and a method of [`super::Cx`] that is
//! named after the question.

use super::log::News;
use super::table::{Follow, Sight, Table};
use super::tally::Tally;
use super::{callers, doubt, fetched, ids, sql, texts, tracked, triggers, wiring, writes};
use crate::action::UseKind;
use crate::app::FileKind;
use crate::diag::FileId;

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident: $value:ty = $of:path,)*) => {
        /// What is known of the whole app, found when it is first asked for.
        pub(super) struct Known {
            $($(#[$doc])* pub $name: Table<$value>,)*
            /// The words of all texts.
            pub words: Tally,
        }

        impl Known {
            pub fn new() -> Self {
                Self {
                    $($name: Table::new(stringify!($name), $of),)*
                    words: Tally::new(ids::words),
                }
            }

            /// Follows the change of one file; `now` is what it is now, if it is still there.
            pub fn follow(&mut self, file: FileId, now: Option<Sight<'_>>, news: &mut News) {
                $(self.$name.follow(file, now, news);)*
                self.words.follow(file, now, news);
            }
        }
    };
}

tables! {
    /// Everything with an `instanceId`, by that id.
    named: ids::Named = ids::named,
    /// Ids that scopes list.
    members: () = ids::members,
    /// Names of shared expressions, with the kinds of the screens that have them.
    shared: FileKind = ids::shared,
    /// Files by the id that their name gives.
    files: FileKind = ids::files,
    /// What may define ids where it could not be read.
    torn: doubt::Torn = doubt::torn,
    /// Files that could not be read in full, all under one key.
    damaged: FileKind = doubt::damaged,
    /// Values of keys that nobody knows: the key is most likely misspelt, and the value an id.
    misplaced: () = doubt::misplaced,
    /// Kinds of ids of which some are expressions.
    computed_ids: () = doubt::computed_ids,
    /// Calls of global actions, by the called action's id.
    calls: triggers::CallRow = triggers::calls,
    /// Where syncs stand, by their instance ids.
    syncs: triggers::RootRow = triggers::syncs,
    /// What syncs fetch, by table.
    fetches: fetched::Fetch = fetched::fetches,
    /// How functions are called, by function.
    callers: callers::Caller = callers::callers,
    /// Names in lower case of the tables that the app's own statements make or alter.
    shaped_by_sql: () = sql::shaped_tables,
    /// What actions set: states by their keys, jigs within others.
    wires: wiring::Wire = wiring::wires,
    /// The jigs that the app shows first.
    shown_first: () = wiring::shown_first,
    /// Files with links that only running tells, all under one key.
    dynamic_links: () = wiring::dynamic_links,
    /// Files with mistakes that may hide links, all under one key.
    hidden_links: () = wiring::hidden_links,
    /// The actions that write to a table, by its name.
    writers: writes::Writer = writes::writers,
    /// Files that speak of interrupted scopes, all under one key.
    interruptions: () = tracked::interruptions,
    /// Files with a datasource that reads a table that follows syncs, all under one key.
    followers: () = tracked::followers,
    /// The inputs that jigs, components and datasources read.
    inputs_read: Option<String> = wiring::inputs_read,
    /// Words of files that could not be read in full.
    damaged_words: () = doubt::damaged_words,
    /// Kinds of ids of which some use may be missing because of an error, all under one key.
    hidden_uses: Option<UseKind> = doubt::hidden_uses,
    /// What files name, with the kinds that are meant.
    named_ids: UseKind = ids::named_ids,
    /// The files that have a text, by its id.
    texts: () = texts::texts,
    /// The files with the texts of a whole language, all under one key.
    languages: () = texts::languages,
}

/// The key of a table whose rows are not told apart.
pub(super) const ALL: &str = "";
