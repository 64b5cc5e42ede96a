//! What is new, fixed and still there between two states of an app. Findings are known by what they
//! say, not by their line: text that moves takes its findings along.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::diag::{Diagnostic, FileId, Files, Severity};
use crate::lint::Checked;

/// For the findings of every file, in their order, the number of the reload that first saw each.
pub(super) type Since = BTreeMap<FileId, Arc<[u64]>>;

/// Two states side by side.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Findings that were not there before.
    pub(super) fresh: Vec<Diagnostic>,
    /// Findings that are gone, of the state before.
    pub(super) fixed: Vec<Diagnostic>,
    /// How many were there before.
    pub(super) still: usize,
    pub(super) since: Since,
}

/// Compares with the state before, if there was one; `number` counts the reloads.
pub(super) fn compare(before: Option<(&Checked, &Since)>, now: &Checked, number: u64) -> Compared {
    let mut compared = Compared::default();
    let mut earlier: HashMap<&str, Group<'_>> =
        before.map(|(checked, since)| groups(checked, since)).unwrap_or_default();
    for (file, found) in now.by_file() {
        let old = earlier.remove(now.files.get(*file).path());
        let since = match old {
            Some(old) if Arc::ptr_eq(old.found, found) => {
                compared.still += found.len();
                Arc::clone(old.since)
            }
            old => compared.file(old.as_ref(), found, &now.files, number),
        };
        compared.since.insert(*file, since);
    }
    let mut gone: Vec<_> = earlier.into_iter().collect();
    gone.sort_unstable_by_key(|(path, _)| *path);
    compared.fixed.extend(gone.iter().flat_map(|(_, group)| group.found.iter().cloned()));
    compared
}

/// Findings about the app as a whole that a broken app does not show, with the reloads that first saw
/// them. They are neither fixed by a mistake nor made by its repair.
#[derive(Debug, Default)]
pub(super) struct Withheld(BTreeMap<(String, &'static str, String), u64>);

impl Withheld {
    /// Takes out of a comparison what only goes or comes because the app is broken now or was before.
    pub(super) fn settle(
        &mut self,
        compared: &mut Compared,
        before: Option<(&Checked, &Since)>,
        now: &Checked,
        is_broken: bool,
    ) {
        self.give_back(compared, now);
        if !is_broken {
            self.0.clear();
        } else if let Some((checked, since)) = before {
            compared.fixed.retain(|gone| gone.severity != Severity::Info || !self.take(gone, checked, since));
        }
    }

    /// Keeps a finding that is gone, when it was known.
    fn take(&mut self, gone: &Diagnostic, before: &Checked, since: &Since) -> bool {
        let file = gone.span.file;
        let groups = before.by_file();
        let Some((_, found)) = groups.iter().find(|(other, _)| *other == file) else { return false };
        let known = found.iter().position(|one| one == gone).and_then(|at| since.get(&file)?.get(at));
        self.0.extend(known.map(|since| (key(gone, &before.files), *since)));
        known.is_some()
    }

    fn give_back(&self, compared: &mut Compared, now: &Checked) {
        if self.0.is_empty() {
            return;
        }
        let all = compared.fresh.len();
        compared.fresh.retain(|fresh| !self.0.contains_key(&key(fresh, &now.files)));
        compared.still += all - compared.fresh.len();
        for (file, found) in now.by_file() {
            let known = |one: &Diagnostic| self.0.get(&key(one, &now.files)).copied();
            if found.iter().any(|one| known(one).is_some())
                && let Some(since) = compared.since.get_mut(file)
            {
                *since =
                    found.iter().zip(since.iter()).map(|(one, since)| known(one).unwrap_or(*since)).collect();
            }
        }
    }
}

fn key(found: &Diagnostic, files: &Files) -> (String, &'static str, String) {
    (files.get(found.span.file).path().to_owned(), found.rule, found.message.clone())
}

/// The findings of one file.
struct Group<'a> {
    found: &'a Arc<[Diagnostic]>,
    since: &'a Arc<[u64]>,
    files: &'a Files,
}

fn groups<'a>(checked: &'a Checked, since: &'a Since) -> HashMap<&'a str, Group<'a>> {
    let group = |(file, found): &'a (FileId, Arc<[Diagnostic]>)| {
        let since = since.get(file)?;
        Some((checked.files.get(*file).path(), Group { found, since, files: &checked.files }))
    };
    checked.by_file().iter().filter_map(group).collect()
}

impl Compared {
    /// Pairs the findings of a file: those on lines of the same text first, then the others in order.
    fn file(
        &mut self,
        old: Option<&Group<'_>>,
        found: &[Diagnostic],
        files: &Files,
        number: u64,
    ) -> Arc<[u64]> {
        let mut since: Vec<Option<u64>> = vec![None; found.len()];
        let mut left: Vec<Option<usize>> =
            old.map_or(Vec::new(), |old| (0..old.found.len()).map(Some).collect());
        if let Some(old) = old {
            for by_line in [true, false] {
                let mut known: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
                for at in left.iter().rev().copied().flatten() {
                    known.entry(Key::of(&old.found[at], old.files, by_line)).or_default().push(at);
                }
                for (at, diagnostic) in
                    found.iter().enumerate().filter(|(at, _)| since[*at].is_none()).collect::<Vec<_>>()
                {
                    let same = known.get_mut(&Key::of(diagnostic, files, by_line)).and_then(Vec::pop);
                    if let Some(same) = same {
                        since[at] = Some(old.since[same]);
                        left[same] = None;
                    }
                }
            }
            self.fixed.extend(left.iter().flatten().map(|at| old.found[*at].clone()));
        }
        let is_fresh = |at: &usize| since[*at].is_none();
        let fresh: Vec<usize> = (0..found.len()).filter(is_fresh).collect();
        self.still += found.len() - fresh.len();
        self.fresh.extend(fresh.into_iter().map(|at| found[at].clone()));
        since.into_iter().map(|since| since.unwrap_or(number)).collect()
    }
}

/// What makes two findings of a file the same.
#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    rule: &'a str,
    message: &'a str,
    line: &'a str,
}

impl<'a> Key<'a> {
    fn of(diagnostic: &'a Diagnostic, files: &'a Files, by_line: bool) -> Self {
        let text = files.get(diagnostic.span.file).text();
        let line = if by_line { line_at(text, diagnostic.span.start as usize) } else { "" };
        Self { rule: diagnostic.rule, message: &diagnostic.message, line }
    }
}

fn line_at(text: &str, offset: usize) -> &str {
    let Some((before, after)) = text.split_at_checked(offset.min(text.len())) else { return "" };
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = before.len() + after.find('\n').unwrap_or(after.len());
    text[start..end].trim()
}
