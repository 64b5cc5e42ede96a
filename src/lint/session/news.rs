//! Which questions have another answer after a change.

use std::collections::BTreeSet;

use crate::action::UseKind;
use crate::app::{FileKind, Loaded, Part, Reload, Screen};
use crate::diag::FileId;
use crate::lint::known::Known;
use crate::lint::log::{HomePart, News, Question};
use crate::lint::table::Sight;

/// The files that are not what they were: they have another text, or other files have another influence
/// on them.
pub(super) fn moved(before: &Loaded, now: &Reload) -> BTreeSet<FileId> {
    let mut moved = before.influenced_otherwise(&now.loaded);
    moved.extend(now.changes.iter().map(|change| change.file));
    moved
}

/// The questions with another answer; what is `known` follows the change.
pub(super) fn news(before: &Loaded, now: &Reload, moved: &BTreeSet<FileId>, known: &mut Known) -> News {
    let mut news = News::default();
    for file in moved {
        news.tell(Question::File(*file));
        let source = now.loaded.source(*file);
        let sight = source.map(|source| Sight { source, loaded: &now.loaded, files: &now.files });
        known.follow(*file, sight, &mut news);
        for loaded in [before, &now.loaded] {
            let parts = loaded.source(*file).into_iter().flat_map(|source| loaded.parts(source));
            parts.for_each(|part| of_part(part, before, &now.loaded, &mut news));
        }
    }
    scripts(before, &now.loaded, &mut news);
    emptiness(before, &now.loaded, &mut news);
    of_home(&before.project.home, &now.loaded.project.home, &mut news);
    if !moved.is_empty() || !news.is_empty() {
        news.tell(Question::Everything);
    }
    news
}

/// What a part that came, went or changed may answer.
fn of_part(part: &Part, before: &Loaded, now: &Loaded, news: &mut News) {
    news.tell(Question::Part(part.kind, part.own_id()));
    news.tell(Question::Parts(part.kind));
    if part.kind == FileKind::Database {
        // What is a table of Dynamic Data depends on the databases that there are.
        news.tell(Question::Uses(UseKind::Table));
    }
    for (kind, id) in part.definitions() {
        news.tell(Question::Definitions(kind, id));
        news.tell(Question::Defined(kind));
        let is_defined = |loaded: &Loaded| !loaded.project.index.definitions(kind, id).is_empty();
        if is_defined(before) != is_defined(now) {
            news.tell(Question::Ids(kind));
        }
    }
    part.references().iter().for_each(|used| news.tell(Question::Uses(used.kind)));
    if part.perhaps_tables().next().is_some() {
        news.tell(Question::Uses(UseKind::Table));
    }
}

/// Kinds of parts of which the first came or the last went.
fn emptiness(before: &Loaded, now: &Loaded, news: &mut News) {
    let counts = |loaded: &Loaded| {
        let project = &loaded.project;
        [
            (FileKind::Jig, project.jigs.len()),
            (FileKind::Component, project.components.len()),
            (FileKind::Action, project.actions.len()),
            (FileKind::Function, project.functions.len()),
            (FileKind::Datasource, project.datasources.len()),
            (FileKind::Database, project.databases.len()),
        ]
    };
    for ((kind, before), (_, now)) in counts(before).into_iter().zip(counts(now)) {
        if (before == 0) != (now == 0) {
            news.tell(Question::AnyPart(kind));
        }
    }
}

/// Names of which the index says something else.
fn of_home(before: &Screen, now: &Screen, news: &mut News) {
    for (one, other) in [(before, now), (now, before)] {
        let states = one.state.keys().filter(|name| !other.state.contains_key(*name));
        states.for_each(|name| news.tell(Question::OfHome(HomePart::State, name)));
        let datasources = one.datasources.keys().filter(|id| !other.datasources.contains_key(*id));
        datasources.for_each(|id| news.tell(Question::OfHome(HomePart::Datasource, id)));
        let shared = one.shared.iter().filter(|(name, shared)| other.shared.get(*name) != Some(shared));
        shared.for_each(|(name, _)| news.tell(Question::OfHome(HomePart::Shared, name)));
    }
}

fn scripts(before: &Loaded, now: &Loaded, news: &mut News) {
    let (before, now) = (&before.project.scripts, &now.project.scripts);
    for (one, other) in [(before, now), (now, before)] {
        for (name, _) in one.iter().filter(|(name, script)| other.get(*name) != Some(script)) {
            news.tell(Question::Script(name));
            news.tell(Question::Scripts);
        }
    }
}
