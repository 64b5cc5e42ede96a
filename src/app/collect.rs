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

use ignore::WalkBuilder;

use super::{FileKind, Inputs, Script};
use crate::diag::{Diagnostic, FileId, Files, Span};
use crate::syntax;

pub use discover::discover;
use discover::is_index;
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

/// The texts of an app.
pub(super) struct Collected {
    pub(super) root: PathBuf,
    pub(super) entries: Vec<Collect>,
    pub(super) scripts: BTreeMap<String, Script>,
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

/// Reads the app's files into `files`, in order of their paths.
pub(super) fn read(inputs: &Inputs<'_>, files: &mut Files) -> Result<Collected, LoadError> {
    let app = inputs.app;
    let mut collected = Collected {
        root: app.root.clone(),
        entries: Vec::new(),
        scripts: BTreeMap::new(),
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
        let root = &self.inputs.app.root;
        for path in self.paths()? {
            let Ok(relative) = path.strip_prefix(root) else { continue };
            if let Some(kind) = kind_of(relative) {
                self.file(&path, kind)?;
            } else if relative.starts_with("scripts") && path.extension() == Some(OsStr::new("js")) {
                self.script(&path)?;
            } else if let Some(kind) = folder_kind(relative)
                && let Some(remark) = stray::remark(relative, kind)
            {
                let file = self.files.add(self.shown(&path), "");
                self.collected.diagnostics.push(remark.at(file));
            }
        }
        Ok(())
    }

    /// The files of the app's folders, those that an editor or the user names among them.
    fn paths(&self) -> Result<BTreeSet<PathBuf>, LoadError> {
        let app = self.inputs.app;
        let named = self.inputs.overlay.keys().chain(app.selected.iter().filter(|path| path.is_file()));
        let mut paths: BTreeSet<PathBuf> =
            named.filter(|path| path.starts_with(&app.root)).cloned().collect();
        let root = app.root.clone();
        let is_ours = move |entry: &ignore::DirEntry| {
            let relative = entry.path().strip_prefix(&root).unwrap_or(entry.path());
            let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
            !is_dir
                || entry.depth() == 0
                || relative.starts_with("scripts")
                || folder_kind(relative).is_some()
        };
        for entry in walker(&app.root).filter_entry(is_ours).build() {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    paths.insert(entry.into_path());
                }
                Ok(_) => {}
                Err(error) => walk_error(&app.root, error)?,
            }
        }
        Ok(paths)
    }

    fn file(&mut self, path: &Path, kind: FileKind) -> Result<(), LoadError> {
        let (text, mistake) = match self.inputs.overlay.get(path) {
            Some(text) => (text.clone(), None),
            None => text(path).map_err(|error| LoadError::Unreadable(path.to_path_buf(), error))?,
        };
        let file = self.files.add(self.shown(path), text);
        if let Some(mistake) = mistake {
            let span = Span::new(file, mistake.offset, mistake.offset);
            let diagnostic = Diagnostic::error(mistake.rule, span, mistake.message).help(mistake.help);
            self.collected.diagnostics.push(diagnostic);
        }
        let id = stem(path).unwrap_or_default();
        self.collected.entries.push(Collect { file, path: path.to_path_buf(), kind, id });
        Ok(())
    }

    fn script(&mut self, path: &Path) -> Result<(), LoadError> {
        let read = || text(path).map_err(|error| LoadError::Unreadable(path.to_path_buf(), error));
        let script = match self.inputs.overlay.get(path) {
            Some(text) => Script::read(text),
            None => match read()? {
                (text, None) => Script::read(&text),
                (_, Some(_)) => Script::default(),
            },
        };
        self.collected.scripts.extend(stem(path).map(|name| (name, script)));
        Ok(())
    }

    fn shown(&self, path: &Path) -> String {
        relative_to(path, &self.inputs.app.shown_from)
    }
}

/// The text of a file; one that is too large is not read.
fn text(path: &Path) -> io::Result<(String, Option<syntax::DecodeError>)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > syntax::MAX_FILE_BYTES as u64 {
        return Ok((String::new(), Some(syntax::too_large(length))));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(syntax::decode(bytes))
}

/// Files that version control ignores are not part of the app; links are followed, loops are not.
/// What only this machine's user ignores counts, or two machines would see two apps.
fn walker(dir: &Path) -> WalkBuilder {
    let mut builder = WalkBuilder::new(dir);
    builder.follow_links(true).require_git(false).git_global(false).git_exclude(false);
    builder.add_custom_ignore_filename(".syncscopeignore");
    builder
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

/// `path` as seen from `base`, with `/`.
fn relative_to(path: &Path, base: &Path) -> String {
    let common = path.components().zip(base.components()).take_while(|(a, b)| a == b).count();
    let up = base.components().count() - common;
    let down = path.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
    std::iter::repeat_n("..".to_owned(), up).chain(down).collect::<Vec<_>>().join("/")
}
