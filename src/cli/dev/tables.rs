//! The folder of tables that the settings name, served as long as the session lives. Changed tables
//! are served at the same address, so that what a database knows of its back end stays true.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::run::{Clock, SystemClock};
use crate::serve::{Options, ServeError, Server};
use crate::watch::Change;

/// What is served now.
#[derive(Default)]
pub(super) struct Tables {
    folder: Option<PathBuf>,
    served: Option<Served>,
    /// Whether that was told.
    is_served: bool,
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
        let options = Options { dir: Some(folder.to_path_buf()), ..Options::default() };
        match self.serve(&options) {
            Ok(differs) => self.take(differs),
            Err(error) => self.fail(error.to_string()),
        }
    }

    /// Serves what is there now; whether that is something else than before.
    fn serve(&mut self, options: &Options) -> Result<bool, ServeError> {
        let since = SystemClock.now();
        match &mut self.served {
            Some(served) => {
                let differs = served.server.renew(options)?;
                served.since = if differs { since } else { served.since };
                Ok(differs)
            }
            none => {
                *none = Some(Served { server: Arc::new(Server::start(options)?), since });
                Ok(true)
            }
        }
    }

    fn take(&mut self, differs: bool) -> Option<TablesNews> {
        let was_broken = self.trouble.take().is_some();
        let again = std::mem::replace(&mut self.is_served, true);
        let server = &self.served.as_ref()?.server;
        let news = TablesNews::Served { url: server.url(), tables: server.tables(), again };
        (differs || was_broken).then_some(news)
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

        fs::write(folder.join("a.csv"), "id\n2\n").unwrap();
        let changed = tables.follow(Some(folder), &at(folder.join("a.csv")));
        assert!(matches!(changed, Some(TablesNews::Served { again: true, .. })), "{changed:?}");
        assert_eq!(tables.served().unwrap().url(), url, "at the address that is known");
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
