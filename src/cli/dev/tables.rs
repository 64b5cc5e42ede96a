//! The folder of tables that the settings name, served as long as the session lives. Changed tables
//! are served anew; a run that is under way keeps those that it began with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::run::{Clock, SystemClock};
use crate::serve::{Options, Server};
use crate::watch::Change;

/// What is served now.
#[derive(Default)]
pub(super) struct Tables {
    folder: Option<PathBuf>,
    served: Option<Served>,
    /// Why the tables as they are now cannot be served.
    trouble: Option<String>,
}

/// A server that runs as long as somebody holds this.
#[derive(Clone)]
pub(super) struct Served {
    server: Arc<Server>,
    /// Since when, in epoch milliseconds.
    since: i64,
}

impl Served {
    /// What `${backend}` stands for.
    pub(super) fn url(&self) -> String {
        self.server.url()
    }
}

/// What happened to the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TablesNews {
    /// They are served, for the first time or after a change.
    Served {
        /// Where.
        url: String,
        /// Their names.
        tables: Vec<String>,
        /// Whether others were served before.
        again: bool,
    },
    /// They cannot be served; those before are, if there were any.
    Broken {
        /// Why.
        message: String,
        /// Since when those before are served, in epoch milliseconds.
        still: Option<i64>,
    },
}

impl Tables {
    /// The server for a run that starts now.
    pub(super) fn served(&self) -> Option<Served> {
        self.served.clone()
    }

    /// Serves what is in the folder now; tells when that is something else than before.
    pub(super) fn follow(&mut self, folder: Option<&Path>, change: &Change) -> Option<TablesNews> {
        let Some(folder) = folder else {
            *self = Self::default();
            return None;
        };
        let is_other = self.folder.as_deref() != Some(folder);
        let is_touched = change.anywhere || change.paths.iter().any(|path| may_touch(path, folder));
        if !is_other && !is_touched {
            return None;
        }
        if is_other {
            *self = Self { folder: Some(folder.to_path_buf()), ..Self::default() };
        }
        match Server::start(&Options { dir: Some(folder.to_path_buf()), ..Options::default() }) {
            Ok(server) => self.take(server),
            Err(error) => self.fail(error.to_string()),
        }
    }

    fn take(&mut self, server: Server) -> Option<TablesNews> {
        let is_same = |served: &Served| served.server.fingerprint() == server.fingerprint();
        if self.trouble.take().is_none() && self.served.as_ref().is_some_and(is_same) {
            return None;
        }
        let (url, tables) = (server.url(), server.tables());
        let again =
            self.served.replace(Served { server: Arc::new(server), since: SystemClock.now() }).is_some();
        Some(TablesNews::Served { url, tables, again })
    }

    fn fail(&mut self, message: String) -> Option<TablesNews> {
        let is_known = self.trouble.as_ref() == Some(&message);
        self.trouble = Some(message.clone());
        let still = self.served.as_ref().map(|served| served.since);
        (!is_known).then_some(TablesNews::Broken { message, still })
    }
}

fn may_touch(path: &Path, folder: &Path) -> bool {
    path.starts_with(folder) || folder.starts_with(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;

    fn at(path: PathBuf) -> Change {
        Change { paths: [path].into(), anywhere: false }
    }

    #[test]
    fn tables_are_served_anew_when_a_row_changes_and_only_then() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path();
        fs::write(folder.join("a.csv"), "id\n1\n").unwrap();
        let mut tables = Tables::default();
        assert_eq!(tables.follow(None, &Change::anywhere()), None);
        let first = tables.follow(Some(folder), &Change::default());
        assert!(matches!(first, Some(TablesNews::Served { again: false, .. })), "{first:?}");
        let url = tables.served().unwrap().url();

        assert_eq!(tables.follow(Some(folder), &Change::default()), None);
        assert_eq!(tables.follow(Some(folder), &at(folder.join("a.csv"))), None, "no row has changed");
        assert_eq!(tables.served().unwrap().url(), url);

        let kept = tables.served().unwrap();
        fs::write(folder.join("a.csv"), "id\n2\n").unwrap();
        let changed = tables.follow(Some(folder), &at(folder.join("a.csv")));
        assert!(matches!(changed, Some(TablesNews::Served { again: true, .. })), "{changed:?}");
        assert_ne!(tables.served().unwrap().url(), kept.url(), "a run under way keeps its own");
    }

    #[test]
    fn broken_tables_leave_the_last_good_ones_and_are_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.json");
        fs::write(&file, "[]").unwrap();
        let mut tables = Tables::default();
        tables.follow(Some(dir.path()), &Change::default());
        fs::write(&file, "[{").unwrap();
        let broken = tables.follow(Some(dir.path()), &at(file.clone()));
        assert!(matches!(broken, Some(TablesNews::Broken { still: Some(_), .. })), "{broken:?}");
        assert_eq!(tables.follow(Some(dir.path()), &at(file.clone())), None);
        assert!(tables.served().is_some());
        fs::write(&file, "[]").unwrap();
        let repaired = tables.follow(Some(dir.path()), &at(file));
        assert!(matches!(repaired, Some(TablesNews::Served { .. })), "it says that it is well again");
    }
}
