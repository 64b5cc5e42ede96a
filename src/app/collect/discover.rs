//! Which apps paths belong to.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::WalkBuilder;

use super::{AppPath, ENDINGS, FOLDERS, LoadError, SETTINGS, has_ending, kind_of, walk_error, walker};

/// The apps that `paths` belong to, each once, in order of their folders. A path inside an app
/// selects that part of it; a folder above apps gives all apps below it.
///
/// # Errors
/// When a path does not exist, or no app is there.
pub fn discover(paths: &[PathBuf], cwd: &Path) -> Result<Vec<AppPath>, LoadError> {
    let mut apps: BTreeMap<(PathBuf, Option<PathBuf>), AppPath> = BTreeMap::new();
    for path in paths {
        for found in discover_one(path, cwd)? {
            let key = (found.root.clone(), found.single.clone());
            match apps.get_mut(&key) {
                Some(app) => merge_selection(app, found),
                None => {
                    apps.insert(key, found);
                }
            }
        }
    }
    Ok(apps.into_values().collect())
}

/// The app that a file belongs to which may not be on disk yet: the one whose folder it would lie in.
/// The file is what is selected.
///
/// # Errors
/// When none of the folders above it is an app's.
pub fn discover_new(path: &Path, cwd: &Path) -> Result<AppPath, LoadError> {
    let absolute = without_dots(&cwd.join(path));
    let root = absolute.parent().and_then(root_above).ok_or_else(|| LoadError::NoApp(path.to_path_buf()))?;
    Ok(AppPath { root, single: None, selected: vec![absolute], shown_from: cwd.to_path_buf() })
}

/// A path that names the whole app wins over one that names a part.
fn merge_selection(app: &mut AppPath, found: AppPath) {
    if app.selected.is_empty() || found.selected.is_empty() {
        app.selected.clear();
        return;
    }
    for path in found.selected {
        if !app.selected.contains(&path) {
            app.selected.push(path);
        }
    }
}

fn discover_one(path: &Path, cwd: &Path) -> Result<Vec<AppPath>, LoadError> {
    let absolute = without_dots(&cwd.join(path));
    let metadata = std::fs::metadata(&absolute).map_err(|error| unreadable(path, error))?;
    let app = |root, single, selected| AppPath { root, single, selected, shown_from: cwd.to_path_buf() };
    if metadata.is_dir() {
        return in_folder(path, absolute, &app);
    }
    if !metadata.is_file() {
        return Err(LoadError::NoApp(path.to_path_buf()));
    }
    let folder = absolute.parent().unwrap_or(&absolute).to_path_buf();
    match root_above(&folder) {
        Some(root) if is_index(&absolute) && root == folder => Ok(vec![app(root, None, vec![])]),
        Some(root) if kind_of(absolute.strip_prefix(&root).unwrap_or(&absolute)).is_some() => {
            Ok(vec![app(root, None, vec![absolute])])
        }
        _ if is_single_file(&absolute) => Ok(vec![app(folder, Some(absolute), vec![])]),
        Some(root) => Err(LoadError::NoAppFile(path.to_path_buf(), root)),
        None => Err(LoadError::NoApp(path.to_path_buf())),
    }
}

fn in_folder(
    path: &Path,
    folder: PathBuf,
    app: &dyn Fn(PathBuf, Option<PathBuf>, Vec<PathBuf>) -> AppPath,
) -> Result<Vec<AppPath>, LoadError> {
    match root_above(&folder) {
        Some(root) if root != folder => return Ok(vec![app(root, None, vec![folder])]),
        Some(root) if has_index(&root) => return Ok(vec![app(root, None, vec![])]),
        _ => {}
    }
    let below = roots_below(&folder)?;
    match (below.is_empty(), has_settings(&folder)) {
        (true, true) => Err(LoadError::NoIndex(path.to_path_buf())),
        (true, false) => Err(LoadError::NoApp(path.to_path_buf())),
        (false, _) => Ok(below.into_iter().map(|root| app(root, None, vec![])).collect()),
    }
}

fn unreadable(path: &Path, error: io::Error) -> LoadError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => LoadError::Missing(path.to_path_buf()),
        _ => LoadError::Unreadable(path.to_path_buf(), error),
    }
}

/// The nearest folder at or above that holds an `index.*` or the settings file (interface.md §1).
fn root_above(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|dir| has_index(dir) || has_settings(dir)).map(Path::to_path_buf)
}

fn has_settings(dir: &Path) -> bool {
    SETTINGS.iter().any(|name| dir.join(name).is_file())
}

fn has_index(dir: &Path) -> bool {
    let is_there = |ending: &str| dir.join(format!("index.{ending}")).is_file();
    ENDINGS.iter().any(|ending| is_there(ending) && (*ending != "json" || is_apps_own(dir)))
}

/// Projects of other kinds have an `index.json` too; our settings, folders that only apps have, or
/// keys that only an app's index has tell them apart.
fn is_apps_own(dir: &Path) -> bool {
    const FOLDERS: [&str; 3] = ["jigs", "databases", "datasources"];
    const KEYS: [&str; 9] = [
        "onLoad",
        "onFocus",
        "onRefresh",
        "onTableChanged",
        "onAppActivated",
        "tabs",
        "jigs",
        "databases",
        "datasources",
    ];
    if has_settings(dir) || FOLDERS.iter().any(|folder| dir.join(folder).is_dir()) {
        return true;
    }
    let text = std::fs::read_to_string(dir.join("index.json")).unwrap_or_default();
    KEYS.iter().any(|key| text.contains(&format!("\"{key}\"")))
}

fn roots_below(dir: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let mut roots = BTreeSet::new();
    let last = Arc::new(Mutex::new(PathBuf::new()));
    for entry in index_first(dir, &last).build() {
        match entry {
            Ok(entry) if is_index(entry.path()) => {
                if let Some(root) = entry.path().parent().filter(|dir| has_index(dir)) {
                    root.clone_into(&mut last.lock().unwrap_or_else(PoisonError::into_inner));
                    roots.insert(root.to_path_buf());
                }
            }
            Ok(_) => {}
            Err(error) => walk_error(dir, error)?,
        }
    }
    let nested = |root: &PathBuf| root.ancestors().skip(1).any(|above| roots.contains(above));
    Ok(roots.iter().filter(|root| !nested(root)).cloned().collect())
}

/// Walks the index of a folder before all else in it, and goes no deeper below the root that was found last:
/// what lies in an app is the app's.
fn index_first(dir: &Path, last: &Arc<Mutex<PathBuf>>) -> WalkBuilder {
    let mut builder = walker(dir);
    let last = Arc::clone(last);
    let is_in_root = move |path: &Path| {
        path.parent() == Some(last.lock().unwrap_or_else(PoisonError::into_inner).as_path())
    };
    builder.sort_by_file_path(|a, b| (!is_index(a)).cmp(&!is_index(b)));
    builder.filter_entry(move |entry| {
        entry.file_type().is_none_or(|kind| !kind.is_dir()) || !is_in_root(entry.path())
    });
    builder
}

pub(super) fn is_index(path: &Path) -> bool {
    path.file_stem() == Some(OsStr::new("index")) && has_ending(path)
}

fn is_single_file(path: &Path) -> bool {
    if !has_ending(path) {
        return false;
    }
    // A look at the text is enough: the file is read and parsed in full later.
    let Ok(text) = std::fs::read_to_string(path) else { return true };
    FOLDERS.iter().any(|(section, _)| {
        let is_key = |line: &str| line.strip_prefix(section).is_some_and(|rest| rest.starts_with(':'));
        text.lines().any(is_key) || text.contains(&format!("\"{section}\""))
    })
}

/// The path without `.` and `..`; what stands before a `..` is a link's target, not its place.
fn without_dots(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if out.is_symlink()
                    && let Ok(target) = out.canonicalize()
                {
                    out = target;
                }
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
