//! Which folders an app can change in, as the disk has them and as the app names them. Reads the
//! file system.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::links::turns;
use super::settle::Change;
use crate::app::AppPath;

/// Deeper folders are not followed; nobody has an app like that, and a file system may have loops.
const DEEPEST: usize = 32;
/// What a table may be written as.
const TABLES: [&str; 3] = ["json", "ndjson", "csv"];

/// What is to be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The app; it need not exist.
    pub app: AppPath,
    /// The folder of tables that is served, if there is one.
    pub tables: Option<PathBuf>,
}

/// The folders to watch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// Real folders, with the names that lead to them.
    folders: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// Real places, there or not, that decide where the app's links lead, with the names of the links.
    linked: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// Folders above the app.
    above: BTreeSet<PathBuf>,
    wanted: Vec<Wanted>,
}

impl Places {
    /// Looks at the disk.
    pub(super) fn of(wanted: &[Wanted]) -> Self {
        let mut places = Self { wanted: wanted.to_vec(), ..Self::default() };
        for one in wanted {
            places.add_above(&one.app.root);
            places.add(&one.app.root);
            places.link(&one.app.root);
            for folder in one.app.folders() {
                places.add_all_below(&folder, DEEPEST);
            }
            places.follow_links(&one.app.root);
            if let Some(tables) = &one.tables {
                places.add_above(tables);
                places.link(tables);
                places.add_all_below(tables, 2);
            }
        }
        places
    }

    /// The real folders.
    pub(super) fn folders(&self) -> impl Iterator<Item = &PathBuf> {
        self.folders.keys()
    }

    /// The names that lead to a real folder.
    pub(super) fn names_of(&self, folder: &Path) -> impl Iterator<Item = &PathBuf> {
        self.folders.get(folder).into_iter().flatten()
    }

    /// Whether these are the places for that.
    pub(super) fn is_for(&self, wanted: &[Wanted]) -> bool {
        self.wanted == wanted
    }

    /// Whether it depends on this place where a link among the app's files leads.
    pub(super) fn is_linked(&self, path: &Path) -> bool {
        self.linked.contains_key(path)
    }

    /// The app's names for a place on disk, those that matter to it.
    pub(super) fn named(&self, real: &Path) -> Vec<PathBuf> {
        let mut names: BTreeSet<PathBuf> = self.names_of(real).cloned().collect();
        if let (Some(folder), Some(name)) = (real.parent(), real.file_name()) {
            names.extend(self.names_of(folder).map(|folder| folder.join(name)));
        }
        names.extend(self.linked.get(real).into_iter().flatten().cloned());
        names.retain(|name| self.matters(name));
        names.into_iter().collect()
    }

    /// Whether something that happens under this name can matter.
    pub(super) fn matters(&self, name: &Path) -> bool {
        self.wanted.iter().any(|wanted| {
            wanted.app.is_touched_by(name) || wanted.tables.as_ref().is_some_and(|dir| is_table(dir, name))
        })
    }

    /// The folders above that exist: what is missing comes to be in the nearest, and each of them may be
    /// moved, of which only the folder around it tells.
    fn add_above(&mut self, path: &Path) {
        for above in path.ancestors().skip(1).filter(|folder| folder.is_dir()) {
            if self.add(above) {
                self.above.extend(fs::canonicalize(above));
            }
        }
    }

    /// Whether a folder only stands above what is watched, so that it may be one that we may not look at.
    pub(super) fn is_above(&self, folder: &Path) -> bool {
        self.above.contains(folder)
    }

    /// Whether a place, or something below it, is watched or waited for.
    pub(super) fn concern(&self, real: &Path) -> bool {
        let first = self.folders.range(real.to_path_buf()..).next();
        first.is_some_and(|(folder, _)| folder.starts_with(real))
            || self.is_linked(real)
            || !self.named(real).is_empty()
    }

    /// One folder; false when it is none, or has been added under this name before.
    fn add(&mut self, name: &Path) -> bool {
        let Ok(real) = fs::canonicalize(name) else { return false };
        real.is_dir() && self.folders.entry(real).or_default().insert(name.to_path_buf())
    }

    fn add_all_below(&mut self, folder: &Path, depth: usize) {
        if !self.add(folder) || self.leads_back(folder) {
            return;
        }
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            if kind.is_symlink() {
                self.link(&path);
            }
            if depth > 0 && (kind.is_dir() || kind.is_symlink() && path.is_dir()) && !is_hidden(&path) {
                self.add_all_below(&path, depth - 1);
            }
        }
    }

    /// Whether a folder is one of those above it, by a link.
    fn leads_back(&self, folder: &Path) -> bool {
        let Ok(real) = fs::canonicalize(folder) else { return true };
        let above: BTreeSet<&Path> = folder.ancestors().skip(1).collect();
        self.names_of(&real).any(|name| above.contains(name.as_path()))
    }

    /// Links right in a folder, such as to an index or to settings that several apps share.
    fn follow_links(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_symlink()) && self.matters(&entry.path()) {
                self.link(&entry.path());
            }
        }
    }

    /// What a link leads to is written where it really is, and may go and come there.
    fn link(&mut self, link: &Path) {
        let turns = turns(link);
        if !turns.first().is_some_and(|turn| turn.is_symlink()) {
            return;
        }
        for turn in turns.into_iter().filter(|turn| turn != link) {
            let Some(folder) = turn.parent() else { continue };
            self.folders.entry(folder.to_path_buf()).or_default();
            // A folder that goes tells of itself; what is above it is no business of the link.
            for place in [folder, &turn] {
                self.linked.entry(place.to_path_buf()).or_default().insert(link.to_path_buf());
            }
        }
    }
}

/// Whether a file has no text yet, or went a moment ago: many editors write it anew then.
#[must_use]
pub fn looks_unfinished(change: &Change) -> bool {
    let is_unfinished =
        |path: &PathBuf| fs::metadata(path).map_or(true, |found| found.is_file() && found.len() == 0);
    change.paths.iter().any(is_unfinished)
}

/// Whether a path is a table, or a folder on the way to one.
pub(super) fn is_table(dir: &Path, path: &Path) -> bool {
    let Ok(relative) = path.strip_prefix(dir) else { return dir.starts_with(path) };
    if relative.components().any(|part| is_hidden(Path::new(part.as_os_str()))) {
        return false;
    }
    let ending = path.extension().and_then(OsStr::to_str);
    ending.is_none_or(|ending| TABLES.contains(&ending))
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with('.'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    struct Disk(tempfile::TempDir);

    impl Disk {
        fn new(files: &[&str]) -> Self {
            let disk = Self(tempfile::tempdir().unwrap());
            for file in files {
                let path = disk.at(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            }
            disk
        }

        fn at(&self, path: &str) -> PathBuf {
            fs::canonicalize(self.0.path()).unwrap().join(path)
        }

        fn places(&self) -> Places {
            let root = self.at("app");
            let app = AppPath { shown_from: root.clone(), root, single: None, selected: vec![] };
            Places::of(&[Wanted { app, tables: Some(self.at("data")) }])
        }

        fn named(&self, places: &Places, path: &str) -> Vec<String> {
            let base = self.at("");
            let shown = |name: PathBuf| name.strip_prefix(&base).unwrap().to_str().unwrap().to_owned();
            places.named(&self.at(path)).into_iter().map(shown).collect()
        }
    }

    fn folders(disk: &Disk, places: &Places) -> Vec<String> {
        let base = disk.at("");
        let below = places.folders().filter_map(|folder| folder.strip_prefix(&base).ok());
        let found = below.map(|folder| folder.to_str().unwrap().to_owned()).collect();
        assert!(base.ancestors().skip(1).all(|above| places.is_above(above)), "each of them may be moved");
        found
    }

    #[test]
    fn the_folders_of_the_app_and_those_above_are_watched_and_no_others() {
        let disk = Disk::new(&[
            "app/index.jigx",
            "app/jigs/a/b.jigx",
            "app/.git/HEAD",
            "app/node_modules/x/y.json",
            "app/jigs/.cache/x",
            "data/default/tasks.json",
        ]);
        let places = disk.places();
        assert_eq!(folders(&disk, &places), ["", "app", "app/jigs", "app/jigs/a", "data", "data/default"]);
        assert_eq!(disk.named(&places, "app/jigs/a/b.jigx"), ["app/jigs/a/b.jigx"]);
        assert_eq!(disk.named(&places, "data/default/tasks.json"), ["data/default/tasks.json"]);
        assert_eq!(disk.named(&places, "app"), ["app"]);
        for idle in [
            "other",
            "app/app.db",
            "app/jigs/.b.swp",
            "data/.x.csv",
            "data/readme.md",
            "elsewhere/jigs/x.jigx",
        ] {
            assert_eq!(disk.named(&places, idle), Vec::<String>::new(), "{idle}");
        }
    }

    #[test]
    fn what_is_missing_is_awaited_where_it_will_appear() {
        let disk = Disk::new(&["x"]);
        assert_eq!(folders(&disk, &disk.places()), [""]);
        assert_eq!(disk.named(&disk.places(), "app"), ["app"]);
        let gone = Wanted {
            app: AppPath {
                root: disk.at("no/such/app"),
                single: None,
                selected: vec![],
                shown_from: disk.at(""),
            },
            tables: None,
        };
        let places = Places::of(&[gone]);
        assert_eq!(folders(&disk, &places), [""]);
        assert_eq!(disk.named(&places, "no"), ["no"], "the first part of the way");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_seen_under_the_names_that_the_app_has_for_them() {
        use std::os::unix::fs::symlink;
        let disk =
            Disk::new(&["app/index.jigx", "app/jigs/home.jigx", "shared/deep/x.jigx", "one/settings.yaml"]);
        symlink(disk.at("shared"), disk.at("app/jigs/shared")).unwrap();
        symlink(disk.at("shared"), disk.at("app/actions")).unwrap();
        symlink(disk.at("one/settings.yaml"), disk.at("app/syncscope.yaml")).unwrap();
        symlink(disk.at("app/jigs"), disk.at("app/jigs/loop")).unwrap();
        symlink(disk.at("nowhere"), disk.at("app/jigs/dead.jigx")).unwrap();
        let places = disk.places();
        assert_eq!(folders(&disk, &places), ["", "app", "app/jigs", "one", "shared", "shared/deep"]);
        assert_eq!(disk.named(&places, "nowhere"), ["app/jigs/dead.jigx"], "it may come");
        assert_eq!(
            disk.named(&places, "shared/deep/x.jigx"),
            ["app/actions/deep/x.jigx", "app/jigs/shared/deep/x.jigx"]
        );
        assert_eq!(disk.named(&places, "one/settings.yaml"), ["app/syncscope.yaml"]);
        assert_eq!(disk.named(&places, "one/other.yaml"), Vec::<String>::new());
        let home = disk.named(&places, "app/jigs/home.jigx");
        assert!(home.contains(&"app/jigs/home.jigx".to_owned()) && home.len() <= 2, "{home:?}");
    }
}
