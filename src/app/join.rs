//! The parts that the files give become one app. Whatever needs more than one file to be known is
//! found here, and it is little: this is done again after every change.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use foldhash::HashMap;

use super::{Change, FileKind, Holds, Inputs, Loaded, Part, Project, Script, Source, pages, settings};
use crate::diag::{Diagnostic, FileId, Files, Span};

/// What else an app has besides its sources.
#[derive(Default)]
pub(super) struct Beside {
    /// Its script files by name.
    pub(super) scripts: BTreeMap<String, Arc<Script>>,
    /// Remarks on files that are no part of it.
    pub(super) remarks: Vec<Diagnostic>,
}

/// Which ids are taken, and how often. Ids that are taken twice make a part depend on other files.
#[derive(Default)]
pub(super) struct Claims {
    by_id: HashMap<(FileKind, String), usize>,
}

/// Joins the files of an app, which are in order of their paths.
pub(super) fn join(
    inputs: &Inputs<'_>,
    sources: Vec<Arc<Source>>,
    beside: Beside,
    files: &Files,
) -> (Loaded, Claims) {
    let mut joining = Joining::default();
    beside.remarks.into_iter().for_each(|remark| joining.tell(remark));
    let mut mistakes = Vec::new();
    let settings = settings::lower(inputs, &sources, files, &mut mistakes);
    mistakes.into_iter().for_each(|mistake| joining.tell(mistake));
    let mut project = Project { settings: Arc::new(settings), ..Project::empty() };
    project.root.clone_from(&inputs.app.root);
    for source in &sources {
        joining.source(source, &mut project);
        project.scripts.extend(source.scripts.clone());
    }
    project.scripts.extend(beside.scripts);
    name(&mut project);
    let Joining { joint, left_out, claims, .. } = joining;
    (Loaded { project, sources, joint, left_out }, claims)
}

/// The app after a change of some files; `None` when more than these files have to be looked at: because
/// of the settings, of a whole app in one file, or of ids that are taken twice.
pub(super) fn rejoin(
    last: &Loaded,
    claims: &mut Claims,
    changes: &[Change],
    scripts: BTreeMap<String, Arc<Script>>,
) -> Option<Loaded> {
    let is_plain = |source: &Arc<Source>| !matches!(source.kind, FileKind::Settings | FileKind::SingleFile);
    let are_parts = changes.iter().all(|change| change.before.is_some() || change.after.is_some());
    let mut both = changes.iter().flat_map(|change| change.before.iter().chain(&change.after));
    let are_plain =
        both.all(is_plain) && last.sources.iter().all(|source| source.kind != FileKind::SingleFile);
    if !are_parts || !are_plain || !claims.follow(changes) {
        return None;
    }
    let (mut project, mut sources) = (last.project.clone(), last.sources.clone());
    for change in changes {
        let at = sources.binary_search_by_key(&change.file, |source| source.file);
        for part in change.before.iter().flat_map(|source| &source.parts) {
            take_away(part, &mut project);
            project.index.remove(change.file, part);
        }
        for part in change.after.iter().flat_map(|source| &source.parts) {
            add(part, &mut project);
            project.index.add(change.file, 0, part);
        }
        match (at, &change.after) {
            (Ok(at), Some(source)) => sources[at] = Arc::clone(source),
            (Ok(at), None) => _ = sources.remove(at),
            (Err(at), Some(source)) => sources.insert(at, Arc::clone(source)),
            (Err(_), None) => {}
        }
    }
    project.scripts = scripts;
    name(&mut project);
    Some(Loaded { project, sources, joint: last.joint.clone(), left_out: last.left_out.clone() })
}

/// The name of the index, or else of the folder.
fn name(project: &mut Project) {
    let own = project.home.name.clone().filter(|name| !name.is_empty());
    let folder = || project.root.file_name().map(|name| name.to_string_lossy().into_owned());
    project.name = own.or_else(folder).unwrap_or_default();
}

impl Claims {
    /// Follows a change; whether all ids of the files were, and are, taken once.
    fn follow(&mut self, changes: &[Change]) -> bool {
        let mut once = true;
        for part in changes.iter().flat_map(|change| &change.before).flat_map(|source| &source.parts) {
            for key in keys(part) {
                let count = self.by_id.remove(&key).unwrap_or_default();
                once &= count == 1;
            }
        }
        for part in changes.iter().flat_map(|change| &change.after).flat_map(|source| &source.parts) {
            for key in keys(part) {
                let count = self.by_id.entry(key).or_default();
                *count += 1;
                once &= *count == 1;
            }
        }
        once
    }
}

/// The ids that a part takes. An id in a function's file stands for the file's name, and may be another
/// file's.
fn keys(part: &Part) -> impl Iterator<Item = (FileKind, String)> {
    let own = part.renamed().map(|(id, _)| (part.kind, id.to_owned()));
    std::iter::once((part.kind, part.id.clone())).chain(own)
}

#[derive(Default)]
struct Joining {
    first: HashMap<(FileKind, String), Span>,
    claims: Claims,
    joint: BTreeMap<FileId, Vec<Diagnostic>>,
    left_out: BTreeMap<FileId, Vec<usize>>,
}

impl Joining {
    fn tell(&mut self, mistake: Diagnostic) {
        self.joint.entry(mistake.span.file).or_default().push(mistake);
    }

    fn source(&mut self, source: &Source, project: &mut Project) {
        for (n, part) in source.parts.iter().enumerate() {
            for key in keys(part) {
                *self.claims.by_id.entry(key).or_default() += 1;
            }
            if self.is_first(part) {
                add(part, project);
                project.index.add(source.file, n, part);
            } else {
                self.left_out.entry(source.file).or_default().push(n);
            }
        }
    }

    fn is_first(&mut self, part: &Part) -> bool {
        let first = self.is_new(part.kind, &part.id, part.span, "two files");
        // An id in the file stands for the file's name, and may be another file's.
        let renamed = part.renamed().filter(|_| first);
        first && renamed.is_none_or(|(id, span)| self.is_new(part.kind, id, span, "two functions"))
    }

    /// Whether nothing of this kind had the id before; if something had, that is told.
    fn is_new(&mut self, kind: FileKind, id: &str, span: Span, whose: &str) -> bool {
        let start = |span: Span| Span { end: span.start, ..span };
        let first = match self.first.entry((kind, id.to_owned())) {
            Entry::Vacant(place) => {
                place.insert(span);
                return true;
            }
            Entry::Occupied(first) => *first.get(),
        };
        let message = format!("`{id}` is the id of {whose}, and only the first is used");
        let diagnostic = Diagnostic::error(pages::DUPLICATE_FILE_ID, start(span), message)
            .label(start(first), "the file that is used")
            .help("give one of the files another name");
        self.tell(diagnostic);
        false
    }
}

fn add(part: &Part, project: &mut Project) {
    let id = || part.id.clone();
    match &part.holds {
        Holds::Screen(screen) => match part.kind {
            FileKind::Jig => project.jigs.insert(id(), Arc::clone(screen)),
            FileKind::Component => project.components.insert(id(), Arc::clone(screen)),
            _ => project.home = Arc::clone(screen),
        },
        Holds::Action(action) => project.actions.insert(id(), Arc::clone(action)),
        Holds::Function(function) => project.functions.insert(function.id.clone(), Arc::clone(function)),
        Holds::Datasource(datasource) => project.datasources.insert(id(), Arc::clone(datasource)),
        Holds::Database(database) => project.databases.insert(id(), Arc::clone(database)),
        Holds::Other => {}
    }
}

fn take_away(part: &Part, project: &mut Project) {
    match &part.holds {
        Holds::Screen(_) => match part.kind {
            FileKind::Jig => drop(project.jigs.remove(&part.id)),
            FileKind::Component => drop(project.components.remove(&part.id)),
            _ => project.home = Arc::default(),
        },
        Holds::Action(_) => drop(project.actions.remove(&part.id)),
        Holds::Function(function) => drop(project.functions.remove(&function.id)),
        Holds::Datasource(_) => drop(project.datasources.remove(&part.id)),
        Holds::Database(_) => drop(project.databases.remove(&part.id)),
        Holds::Other => {}
    }
}
