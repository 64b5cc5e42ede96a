//! Where the files of an app can be, for those who wait for them to change.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{AppPath, FOLDERS, OWN_IGNORE, SETTINGS, is_index};

/// Files that say which others are no part of the app.
pub(super) const IGNORE_FILES: [&str; 3] = [".gitignore", ".ignore", OWN_IGNORE];
const SCRIPTS: &str = "scripts";

impl AppPath {
    /// The folders below the app's own that its files are in, whether they exist or not.
    #[must_use]
    pub fn folders(&self) -> Vec<PathBuf> {
        if self.single.is_some() {
            return Vec::new();
        }
        let names = FOLDERS.iter().map(|(name, _)| *name).chain([SCRIPTS]);
        names.map(|name| self.root.join(name)).collect()
    }

    /// Whether something that happens at this absolute path can change what is read of the app.
    #[must_use]
    pub fn is_touched_by(&self, path: &Path) -> bool {
        let Ok(relative) = path.strip_prefix(&self.root) else { return self.root.starts_with(path) };
        let Some(first) = relative.components().next() else { return true };
        let is_ignore_file = path.file_name().is_some_and(|name| IGNORE_FILES.iter().any(|own| name == *own));
        if self.single.is_some() || relative.components().count() == 1 {
            return self.has_at_top(path, relative) || is_ignore_file;
        }
        let is_folder = self.folders().iter().any(|folder| path.starts_with(folder));
        is_folder && (is_ignore_file || !is_hidden(relative)) && !first.as_os_str().is_empty()
    }

    fn has_at_top(&self, path: &Path, relative: &Path) -> bool {
        let is_settings = relative.to_str().is_some_and(|name| SETTINGS.contains(&name));
        match &self.single {
            Some(single) => path == single || is_settings,
            None => is_settings || is_index(relative) || self.folders().iter().any(|folder| folder == path),
        }
    }
}

fn is_hidden(relative: &Path) -> bool {
    let dotted = |part: &OsStr| part.to_str().is_some_and(|name| name.starts_with('.'));
    relative.components().any(|part| dotted(part.as_os_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(single: Option<&str>) -> AppPath {
        let root = PathBuf::from("/apps/one");
        AppPath {
            single: single.map(|name| root.join(name)),
            root,
            selected: vec![],
            shown_from: PathBuf::from("/"),
        }
    }

    #[test]
    fn files_of_the_app_and_what_hides_them_count() {
        let app = app(None);
        for path in [
            "index.jigx",
            "index.yaml",
            "syncscope.yaml",
            "jigs",
            "jigs/home.jigx",
            "jigs/a/b.yaml",
            "scripts/a.js",
            ".gitignore",
            "jigs/.syncscopeignore",
            "translations/en",
            "",
        ] {
            assert!(app.is_touched_by(&Path::new("/apps/one").join(path)), "{path}");
        }
        assert!(
            app.is_touched_by(Path::new("/apps")) && app.is_touched_by(Path::new("/")),
            "folders above it"
        );
    }

    #[test]
    fn other_files_do_not() {
        let app = app(None);
        for path in [
            "app.db",
            "app.db-wal",
            ".syncscope/app.db",
            "README.md",
            "data/a.csv",
            "jigs/.home.jigx.swp",
            ".git/HEAD",
        ] {
            assert!(!app.is_touched_by(&Path::new("/apps/one").join(path)), "{path}");
        }
        assert!(!app.is_touched_by(Path::new("/apps/other")));
    }

    #[test]
    fn an_app_in_one_file_has_that_file_and_its_settings() {
        let app = app(Some("all.yaml"));
        let touched = |path: &str| app.is_touched_by(&Path::new("/apps/one").join(path));
        assert!(touched("all.yaml") && touched("syncscope.yml") && touched(""));
        assert!(!touched("index.jigx") && !touched("jigs/home.jigx"));
        assert!(app.folders().is_empty());
    }
}
