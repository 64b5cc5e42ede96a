//! The parts that the files give become one app. Whatever needs more than one file to be known is
//! found here, and it is little: this is done again after every change.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{FileKind, Holds, Index, Inputs, Loaded, Part, Project, Script, Source, pages, settings};
use crate::diag::{Diagnostic, FileId, Files, Span};

/// What else an app has besides its sources.
#[derive(Default)]
pub(super) struct Beside {
    /// Its script files by name.
    pub(super) scripts: BTreeMap<String, Arc<Script>>,
    /// Remarks on files that are no part of it.
    pub(super) remarks: Vec<Diagnostic>,
}

/// Joins the files of an app, which are in order of their paths.
pub(super) fn join(inputs: &Inputs<'_>, sources: Vec<Arc<Source>>, beside: Beside, files: &Files) -> Loaded {
    let mut joining = Joining::default();
    beside.remarks.into_iter().for_each(|remark| joining.tell(remark));
    let mut mistakes = Vec::new();
    let settings = settings::lower(inputs, &sources, files, &mut mistakes);
    mistakes.into_iter().for_each(|mistake| joining.tell(mistake));
    let mut project = Project { settings, ..Project::empty() };
    for source in &sources {
        joining.source(source, &mut project);
    }
    project.root.clone_from(&inputs.app.root);
    for source in sources.iter().filter(|source| !source.scripts.is_empty()) {
        project.scripts.extend(source.scripts.clone());
    }
    project.scripts.extend(beside.scripts);
    let folder = || project.root.file_name().map(|name| name.to_string_lossy().into_owned());
    project.name =
        project.home.name.clone().filter(|name| !name.is_empty()).or_else(folder).unwrap_or_default();
    project.index = Index::of(joining.parts, project.databases.keys().cloned().collect());
    let (joint, left_out) = (joining.joint, joining.left_out);
    Loaded { project, sources, joint, left_out }
}

#[derive(Default)]
struct Joining<'a> {
    first: HashMap<(FileKind, &'a str), Span>,
    parts: Vec<Arc<Part>>,
    joint: BTreeMap<FileId, Vec<Diagnostic>>,
    left_out: BTreeMap<FileId, Vec<usize>>,
}

impl<'a> Joining<'a> {
    fn tell(&mut self, mistake: Diagnostic) {
        self.joint.entry(mistake.span.file).or_default().push(mistake);
    }

    fn source(&mut self, source: &'a Source, project: &mut Project) {
        for (n, part) in source.parts.iter().enumerate() {
            if self.is_first(part) {
                add(part, project);
                self.parts.push(Arc::clone(part));
            } else {
                self.left_out.entry(source.file).or_default().push(n);
            }
        }
    }

    fn is_first(&mut self, part: &'a Part) -> bool {
        let first = self.is_new(part.kind, &part.id, part.span, "two files");
        // An id in the file stands for the file's name, and may be another file's.
        let renamed = part.renamed().filter(|_| first);
        first && renamed.is_none_or(|(id, span)| self.is_new(part.kind, id, span, "two functions"))
    }

    /// Whether nothing of this kind had the id before; if something had, that is told.
    fn is_new(&mut self, kind: FileKind, id: &'a str, span: Span, whose: &str) -> bool {
        let start = |span: Span| Span { end: span.start, ..span };
        let first = match self.first.entry((kind, id)) {
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
            FileKind::Jig => drop(project.jigs.insert(id(), Arc::clone(screen))),
            FileKind::Component => drop(project.components.insert(id(), Arc::clone(screen))),
            _ => project.home = Arc::clone(screen),
        },
        Holds::Action(action) => drop(project.actions.insert(id(), Arc::clone(action))),
        Holds::Function(function) => {
            drop(project.functions.insert(function.id.clone(), Arc::clone(function)));
        }
        Holds::Datasource(datasource) => drop(project.datasources.insert(id(), Arc::clone(datasource))),
        Holds::Database(database) => drop(project.databases.insert(id(), Arc::clone(database))),
        Holds::Other => {}
    }
}
