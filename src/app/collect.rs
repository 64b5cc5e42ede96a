//! Which files make up an app, and their texts. Reads the file system.

mod pattern;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};

use ignore::WalkBuilder;

use super::{FileKind, Inputs};
use crate::diag::{Diagnostic, FileId, Files, Span};
use crate::syntax;

pub use pattern::FilePattern;

/// An app on disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AppPath {
    /// The app's folder.
    pub root: PathBuf,
    /// The single file that holds the whole app, when it is one.
    pub single: Option<PathBuf>,
    /// What the user named inside it; nothing means the whole app.
    pub selected: Vec<PathBuf>,
    /// The folder that shown paths are relative to.
    pub shown_from: PathBuf,
}

/// Why an app cannot be read. The user's path or the file system is at fault.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Nothing is there.
    #[error("`{}` does not exist", .0.display())]
    Missing(PathBuf),
    /// There is no app at the path, below it or above it.
    #[error("no app found at `{}`: an app is a folder with an `index.jigx` (or `.yaml`, `.yml`, `.json`), or one file with `jigs:` or `actions:` at its top", .0.display())]
    NoApp(PathBuf),
    /// A file that no app has.
    #[error("`{}` is not a file of the app in `{}`", .0.display(), .1.display())]
    NoAppFile(PathBuf, PathBuf),
    /// The file system refused.
    #[error("cannot read `{}`: {}", .0.display(), .1)]
    Unreadable(PathBuf, #[source] io::Error),
}

/// The texts of an app.
pub(super) struct Collected {
    pub(super) root: PathBuf,
    pub(super) entries: Vec<Collect>,
    pub(super) scripts: Vec<String>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// One text of an app.
pub(super) struct Collect {
    pub(super) file: FileId,
    pub(super) path: PathBuf,
    pub(super) kind: FileKind,
    pub(super) id: String,
}

const ENDINGS: [&str; 4] = ["jigx", "yaml", "yml", "json"];
const SETTINGS: [&str; 2] = ["syncscope.yaml", "syncscope.yml"];
const FOLDERS: [(&str, FileKind); 8] = [
    ("jigs", FileKind::Jig),
    ("actions", FileKind::Action),
    ("functions", FileKind::Function),
    ("datasources", FileKind::Datasource),
    ("databases", FileKind::Database),
    ("components", FileKind::Component),
    ("translations", FileKind::Translation),
    ("assets", FileKind::Icons),
];

/// The apps that `paths` belong to, each once, in order of their folders. A path inside an app
/// selects that part of it; a folder above apps gives all apps below it.
///
/// # Errors
/// When a path does not exist, or no app is there.
pub fn discover(paths: &[PathBuf], cwd: &Path) -> Result<Vec<AppPath>, LoadError> {
    let mut apps: BTreeMap<(PathBuf, Option<PathBuf>), AppPath> = BTreeMap::new();
    for path in paths {
        for found in discover_one(path, cwd)? {
            let app = apps.entry((found.root.clone(), found.single.clone())).or_insert_with(|| found.clone());
            merge_selection(app, &found);
        }
    }
    Ok(apps.into_values().collect())
}

/// A path that names the whole app wins over one that names a part.
fn merge_selection(app: &mut AppPath, found: &AppPath) {
    if app.selected.is_empty() || found.selected.is_empty() {
        app.selected.clear();
    } else {
        let more = found.selected.iter().filter(|path| !app.selected.contains(path)).cloned();
        let more: Vec<_> = more.collect();
        app.selected.extend(more);
    }
}

fn discover_one(path: &Path, cwd: &Path) -> Result<Vec<AppPath>, LoadError> {
    let absolute = normal(&cwd.join(path));
    let metadata = std::fs::metadata(&absolute).map_err(|error| unreadable(path, error))?;
    let app =
        |root: PathBuf, single, selected| AppPath { root, single, selected, shown_from: cwd.to_path_buf() };
    if metadata.is_dir() {
        if let Some(root) = root_above(&absolute) {
            let whole = root == absolute;
            return Ok(vec![app(root, None, if whole { vec![] } else { vec![absolute] })]);
        }
        let below = roots_below(&absolute)?;
        if below.is_empty() {
            return Err(LoadError::NoApp(path.to_path_buf()));
        }
        return Ok(below.into_iter().map(|root| app(root, None, vec![])).collect());
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

fn unreadable(path: &Path, error: io::Error) -> LoadError {
    if error.kind() == io::ErrorKind::NotFound {
        return LoadError::Missing(path.to_path_buf());
    }
    LoadError::Unreadable(path.to_path_buf(), error)
}

/// The nearest folder at or above that holds an `index.*` or the settings file.
fn root_above(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|dir| is_root(dir)).map(Path::to_path_buf)
}

fn is_root(dir: &Path) -> bool {
    let index = ENDINGS.iter().map(|ending| format!("index.{ending}"));
    // A web project has an `index.json` too; a folder of the app's layout or our settings tell them apart.
    index
        .chain(SETTINGS.map(str::to_owned))
        .any(|name| dir.join(&name).is_file() && (name != "index.json" || has_layout(dir)))
}

fn has_layout(dir: &Path) -> bool {
    FOLDERS.iter().any(|(folder, _)| dir.join(folder).is_dir())
}

fn roots_below(dir: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let mut roots = BTreeSet::new();
    for entry in walker(dir) {
        match entry {
            Ok(entry) if is_index(entry.path()) && entry.path().parent().is_some_and(is_root) => {
                roots.extend(entry.path().parent().map(Path::to_path_buf));
            }
            Ok(_) => {}
            Err(error) => walk_error(dir, error)?,
        }
    }
    let nested = |root: &PathBuf| root.ancestors().skip(1).any(|above| roots.contains(above));
    Ok(roots.iter().filter(|root| !nested(root)).cloned().collect())
}

fn is_index(path: &Path) -> bool {
    path.file_stem() == Some(OsStr::new("index")) && has_ending(path)
}

fn has_ending(path: &Path) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|ending| ENDINGS.contains(&ending))
}

fn is_single_file(path: &Path) -> bool {
    if !has_ending(path) {
        return false;
    }
    // A look at the text is enough: the file is read and parsed in full later.
    let Ok(text) = std::fs::read_to_string(path) else { return true };
    FOLDERS.iter().any(|(section, _)| {
        let yaml =
            text.lines().any(|line| line.strip_prefix(section).is_some_and(|rest| rest.starts_with(':')));
        yaml || text.contains(&format!("\"{section}\""))
    })
}

/// What the file at this path, relative to its app, holds; `None` when it is no file of an app.
fn kind_of(relative: &Path) -> Option<FileKind> {
    if relative.components().count() == 1 {
        let name = relative.to_str()?;
        if SETTINGS.contains(&name) {
            return Some(FileKind::Settings);
        }
        return is_index(relative).then_some(FileKind::Index);
    }
    let first = relative.components().next()?.as_os_str().to_str()?;
    let kind = FOLDERS.iter().find(|(folder, _)| *folder == first).map(|(_, kind)| *kind)?;
    if !has_ending(relative) {
        return None;
    }
    if kind != FileKind::Icons {
        return Some(kind);
    }
    match relative.file_stem()?.to_str()? {
        "icons" => Some(FileKind::Icons),
        "images" => Some(FileKind::Images),
        _ => None,
    }
}

/// Reads the app's files into `files`, in order of their paths.
pub(super) fn read(inputs: &Inputs<'_>, files: &mut Files) -> Result<Collected, LoadError> {
    let app = inputs.app;
    let mut collected = Collected {
        root: app.root.clone(),
        entries: Vec::new(),
        scripts: Vec::new(),
        diagnostics: Vec::new(),
    };
    let mut reading = Reading { inputs, files, collected: &mut collected };
    if let Some(single) = &app.single {
        reading.file(single, FileKind::SingleFile)?;
        for name in SETTINGS.iter().map(|name| app.root.join(name)).filter(|path| path.is_file()) {
            reading.file(&name, FileKind::Settings)?;
        }
    } else {
        reading.folder()?;
    }
    Ok(collected)
}

struct Reading<'a, 'b> {
    inputs: &'a Inputs<'b>,
    files: &'a mut Files,
    collected: &'a mut Collected,
}

impl Reading<'_, '_> {
    fn folder(&mut self) -> Result<(), LoadError> {
        let root = self.inputs.app.root.clone();
        let mut paths: BTreeSet<PathBuf> =
            self.inputs.overlay.keys().filter(|p| p.starts_with(&root)).cloned().collect();
        for entry in walker(&root) {
            match entry {
                Ok(entry) => {
                    if entry.file_type().is_some_and(|kind| kind.is_file()) {
                        paths.insert(entry.into_path());
                    }
                }
                Err(error) => walk_error(&root, error)?,
            }
        }
        for path in paths {
            let Ok(relative) = path.strip_prefix(&root) else { continue };
            if let Some(kind) = kind_of(relative) {
                self.file(&path, kind)?;
            } else if relative.starts_with("scripts") && path.extension() == Some(OsStr::new("js")) {
                self.collected.scripts.extend(stem(&path));
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, kind: FileKind) -> Result<(), LoadError> {
        let shown = relative_to(path, &self.inputs.app.shown_from);
        let (text, mistake) = match self.inputs.overlay.get(path) {
            Some(text) => (text.clone(), None),
            None => syntax::decode(
                std::fs::read(path).map_err(|error| LoadError::Unreadable(path.to_path_buf(), error))?,
            ),
        };
        let file = self.files.add(shown, text);
        if let Some(mistake) = mistake {
            let span = Span::new(file, mistake.offset, mistake.offset);
            self.collected
                .diagnostics
                .push(Diagnostic::error(mistake.rule, span, mistake.message).help(mistake.help));
        }
        let id = stem(path).unwrap_or_default();
        self.collected.entries.push(Collect { file, path: path.to_path_buf(), kind, id });
        Ok(())
    }
}

/// Files that version control ignores are not part of the app; links are followed, loops are not.
fn walker(dir: &Path) -> ignore::Walk {
    WalkBuilder::new(dir)
        .follow_links(true)
        .require_git(false)
        .add_custom_ignore_filename(".syncscopeignore")
        .build()
}

/// A link that leads back to itself or nowhere is passed over; all else stops the reading.
fn walk_error(dir: &Path, error: ignore::Error) -> Result<(), LoadError> {
    let is_link = is_loop(&error) || error.io_error().is_some_and(|e| e.kind() == io::ErrorKind::NotFound);
    if is_link {
        return Ok(());
    }
    let text = error.to_string();
    let error = error.into_io_error().unwrap_or_else(|| io::Error::other(text));
    Err(LoadError::Unreadable(dir.to_path_buf(), error))
}

fn is_loop(error: &ignore::Error) -> bool {
    match error {
        ignore::Error::Loop { .. } => true,
        ignore::Error::WithPath { err, .. } | ignore::Error::WithDepth { err, .. } => is_loop(err),
        _ => false,
    }
}

fn stem(path: &Path) -> Option<String> {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
}

/// The path without `.` and `..`, without asking the file system.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut out, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
        out
    })
}

/// `path` as seen from `base`, with `/`.
fn relative_to(path: &Path, base: &Path) -> String {
    let common = path.components().zip(base.components()).take_while(|(a, b)| a == b).count();
    let up = base.components().count() - common;
    let down = path.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
    std::iter::repeat_n("..".to_owned(), up).chain(down).collect::<Vec<_>>().join("/")
}
