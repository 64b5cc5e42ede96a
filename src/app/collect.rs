//! Which files make up an app, and their texts. Reads the file system.

mod discover;
mod pattern;
mod reach;
mod stray;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use super::{FileKind, Inputs};

use crate::syntax;

use discover::is_index;
pub use discover::{discover, discover_new};
pub use pattern::FilePattern;
pub(super) use stray::Remark;

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
    /// Only the settings of an app are there.
    #[error("`{}` has settings but no `index.jigx` (or `.yaml`, `.yml`, `.json`), so it is no app", .0.display())]
    NoIndex(PathBuf),
    /// A file that no app has.
    #[error("`{}` is not a file of the app in `{}`", .0.display(), .1.display())]
    NoAppFile(PathBuf, PathBuf),
    /// The file system refused.
    #[error("cannot read `{}`: {}", .0.display(), .1)]
    Unreadable(PathBuf, #[source] io::Error),
}

/// A file below an app's folder and what it is to the app.
pub(super) struct Listed {
    pub(super) path: PathBuf,
    pub(super) role: Role,
}

/// What a file is to an app.
pub(super) enum Role {
    /// A part of it.
    Part(Entry),
    /// A script.
    Script { name: String },
    /// No part of it, although it seems meant to be.
    Stray { shown: String, remark: Remark },
}

/// A file that is part of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The path that messages show.
    pub(super) shown: String,
    pub(super) kind: FileKind,
    pub(super) id: String,
}

const ENDINGS: [&str; 4] = ["jigx", "yaml", "yml", "json"];
const OWN_IGNORE: &str = ".syncscopeignore";
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

/// What the file at this path, relative to its app, holds; `None` when it is no file of an app.
fn kind_of(relative: &Path) -> Option<FileKind> {
    if relative.components().count() == 1 {
        let name = relative.to_str()?;
        if SETTINGS.contains(&name) {
            return Some(FileKind::Settings);
        }
        return is_index(relative).then_some(FileKind::Index);
    }
    let kind = folder_kind(relative)?;
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

/// What the files below the first folder of this path hold.
fn folder_kind(relative: &Path) -> Option<FileKind> {
    let first = relative.components().next()?.as_os_str().to_str()?;
    FOLDERS.iter().find(|(folder, _)| *folder == first).map(|(_, kind)| *kind)
}

fn has_ending(path: &Path) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|ending| ENDINGS.contains(&ending))
}

/// Files found, in order of their paths.
pub(super) struct Listing {
    pub(super) files: Vec<Listed>,
    /// The links among them and above them. What lies behind changes where nobody looks.
    pub(super) links: Vec<PathBuf>,
}

/// All files of the app.
pub(super) fn list(inputs: &Inputs<'_>) -> Result<Listing, LoadError> {
    let Some(single) = &inputs.app.single else { return walk(inputs, &Places::default()) };
    let settings = SETTINGS.iter().map(|name| inputs.app.root.join(name));
    let paths: BTreeSet<PathBuf> = settings.filter(|path| path.is_file()).chain([single.clone()]).collect();
    let files = paths.into_iter().filter_map(|path| listed(inputs.app, path)).collect();
    Ok(Listing { files, links: Vec::new() })
}

/// The files of the app at and below some places. What `is_known` to be part of it stays part of it
/// as long as it is there, so only for other files the folders are walked.
pub(super) fn list_below(
    inputs: &Inputs<'_>,
    places: &Places,
    is_known: &dyn Fn(&Path) -> bool,
) -> Result<Listing, LoadError> {
    let overlay = &inputs.overlay;
    let is_file = |path: &Path| overlay.contains_key(path) || path.is_file();
    let is_clear =
        |path: &Path| if is_known(path) { is_file(path) } else { !path.exists() && !is_file(path) };
    let all: Vec<&PathBuf> = places.all.iter().flatten().collect();
    let mut listing = if inputs.app.single.is_some() {
        list(inputs)?
    } else if all.iter().all(|path| is_clear(path)) {
        let there = all.into_iter().filter(|path| is_file(path)).cloned();
        Listing { files: there.filter_map(|path| listed(inputs.app, path)).collect(), links: Vec::new() }
    } else {
        walk(inputs, places)?
    };
    listing.files.retain(|listed| places.hold(&listed.path));
    Ok(listing)
}

/// Whether a folder is there.
pub(super) fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Whether a change of this file changes which other files are part of an app.
pub(super) fn rules_over_others(path: &Path) -> bool {
    path.file_name().is_some_and(|name| reach::IGNORE_FILES.iter().any(|own| name == *own))
}

/// Some files and folders with all that is in them.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// `None` for every place there is.
    pub(super) all: Option<BTreeSet<PathBuf>>,
}

impl Places {
    /// Whether a path is one of them, or lies below one.
    pub(super) fn hold(&self, path: &Path) -> bool {
        self.all.as_ref().is_none_or(|all| path.ancestors().any(|above| all.contains(above)))
    }

    /// Whether one of them lies at or below a path.
    fn lie_below(&self, path: &Path) -> bool {
        let first = |all: &BTreeSet<PathBuf>| {
            all.range(path.to_path_buf()..).next().is_some_and(|place| place.starts_with(path))
        };
        self.all.as_ref().is_none_or(first)
    }
}

/// The files of the app's folders on the way to the places and in them, those that an editor or the
/// user names among them.
fn walk(inputs: &Inputs<'_>, places: &Places) -> Result<Listing, LoadError> {
    let app = inputs.app;
    let named = inputs.overlay.keys().chain(app.selected.iter().filter(|path| path.is_file()));
    let mut paths: BTreeSet<PathBuf> = named.filter(|path| path.starts_with(&app.root)).cloned().collect();
    let mut links = Vec::new();
    for entry in walker(&app.root).filter_entry(is_wanted(app, places)).build() {
        match entry {
            Ok(entry) => {
                if entry.depth() > 0 && entry.path_is_symlink() {
                    links.push(entry.path().to_path_buf());
                }
                if entry.file_type().is_some_and(|kind| kind.is_file()) {
                    paths.insert(entry.into_path());
                }
            }
            Err(error) => walk_error(&app.root, error)?,
        }
    }
    let files = paths.into_iter().filter_map(|path| listed(app, path)).collect();
    Ok(Listing { files, links })
}

fn is_wanted(app: &AppPath, places: &Places) -> impl Fn(&DirEntry) -> bool + Send + Sync + 'static {
    let (root, places) = (app.root.clone(), places.clone());
    let is_folder_of_app = move |path: &Path| {
        let relative = path.strip_prefix(&root).unwrap_or(path);
        relative.starts_with("scripts") || folder_kind(relative).is_some()
    };
    move |entry| {
        let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
        let path = entry.path();
        (!is_dir || entry.depth() == 0 || is_folder_of_app(path))
            && (places.hold(path) || places.lie_below(path))
    }
}

/// What a file is to the app; `None` when it is nothing.
fn listed(app: &AppPath, path: PathBuf) -> Option<Listed> {
    let relative = path.strip_prefix(&app.root).ok()?;
    let kind =
        if app.single.as_ref() == Some(&path) { Some(FileKind::SingleFile) } else { kind_of(relative) };
    let shown = relative_to(&path, &app.shown_from);
    let id = stem(&path).unwrap_or_default();
    let role = if let Some(kind) = kind {
        Role::Part(Entry { shown, kind, id })
    } else if relative.starts_with("scripts") && path.extension() == Some(OsStr::new("js")) {
        Role::Script { name: id }
    } else {
        Role::Stray { shown, remark: stray::remark(relative, folder_kind(relative)?)? }
    };
    Some(Listed { path, role })
}

/// The text of a file with the mistake in its bytes.
pub(super) fn read(
    overlay: &BTreeMap<PathBuf, String>,
    path: &Path,
) -> Result<(String, Option<syntax::DecodeError>), LoadError> {
    match overlay.get(path) {
        Some(text) => Ok((text.clone(), None)),
        None => text(path).map_err(|error| LoadError::Unreadable(path.to_path_buf(), error)),
    }
}

/// The text of a file; one that is too large is not read.
fn text(path: &Path) -> io::Result<(String, Option<syntax::DecodeError>)> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > syntax::MAX_FILE_BYTES as u64 {
        return Ok((String::new(), Some(syntax::too_large(length))));
    }
    // Its length is known, and need not be asked for again.
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(u64::MAX).read_to_end(&mut bytes)?;
    Ok(syntax::decode(bytes))
}

/// Files that version control ignores are not part of the app; links are followed, loops are not.
/// What only this machine's user ignores counts, or two machines would see two apps.
fn walker(dir: &Path) -> WalkBuilder {
    let mut builder = WalkBuilder::new(dir);
    builder.follow_links(true).require_git(false).git_global(false).git_exclude(false);
    builder.add_custom_ignore_filename(OWN_IGNORE);
    builder
}

/// A link that leads back to itself or nowhere is passed over; all else stops the reading.
fn walk_error(dir: &Path, error: ignore::Error) -> Result<(), LoadError> {
    if is_loop(&error) || error.io_error().is_some_and(|io| leads_nowhere(&error, io)) {
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

/// Whether what could not be looked at is gone, or is a link without a target. The kind of error for a
/// link to itself has no stable name, so all that stops a link counts, except that it is forbidden.
fn leads_nowhere(error: &ignore::Error, io: &io::Error) -> bool {
    match io.kind() {
        io::ErrorKind::NotFound => true,
        io::ErrorKind::PermissionDenied => false,
        _ => place_of(error).is_some_and(Path::is_symlink),
    }
}

fn place_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } => place_of(err),
        _ => None,
    }
}

fn stem(path: &Path) -> Option<String> {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
}

/// `path` as seen from `base`, with `/`.
fn relative_to(path: &Path, base: &Path) -> String {
    let common = path.components().zip(base.components()).take_while(|(a, b)| a == b).count();
    let up = base.components().count() - common;
    let down = path.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
    std::iter::repeat_n("..".to_owned(), up).chain(down).collect::<Vec<_>>().join("/")
}
