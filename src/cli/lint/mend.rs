//! `--fix`, `--add-ignores` and `--diff`: changes an app in memory and writes its files back, each at once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use similar::TextDiff;

use super::super::app::read;
use super::super::failure::Failure;
use super::super::shell::Shell;
use super::replace::replace;
use crate::app::{AppPath, Loaded};
use crate::diag::Files;
use crate::lint::{Mending, Reach, Request, Rewrite, add_ignores, check};

/// What became of an app.
#[derive(Default)]
pub(super) struct Mended {
    /// How many mistakes are mended, or no longer told.
    pub(super) count: usize,
    /// The changed files by their place on disk.
    pub(super) changes: BTreeMap<PathBuf, Change>,
}

/// A file that is no longer as it was.
pub(super) struct Change {
    shown: String,
    before: String,
    pub(super) after: String,
}

/// What is to be done to an app.
#[derive(Debug, Clone, Copy)]
pub(super) enum Task<'a> {
    /// Fixes are applied.
    Fix(Reach),
    /// Findings are silenced by comments, with a reason.
    Silence(Option<&'a str>),
}

/// Changes an app in memory, until there is nothing more to do.
pub(super) fn mend(
    place: &AppPath,
    overlay: &BTreeMap<PathBuf, String>,
    request: &Request,
    task: Task<'_>,
    shell: &Shell,
) -> Result<Mended, Failure> {
    let mut work = Work { place, texts: overlay.clone(), request, shell, mended: Mended::default() };
    match task {
        Task::Fix(reach) => work.fix(reach)?,
        Task::Silence(reason) => work.silence(reason)?,
    }
    work.mended.changes.retain(|_, change| change.before != change.after);
    Ok(work.mended)
}

struct Work<'a> {
    place: &'a AppPath,
    texts: BTreeMap<PathBuf, String>,
    request: &'a Request,
    shell: &'a Shell,
    mended: Mended,
}

impl Work<'_> {
    fn fix(&mut self, reach: Reach) -> Result<(), Failure> {
        let mut mending = Mending::new(reach);
        loop {
            let (loaded, files) = self.load()?;
            let rewrites = mending.next(&loaded, &check(&loaded, &files, self.request), &files);
            if rewrites.is_empty() {
                self.mended.count = mending.fixed();
                return Ok(());
            }
            self.take(rewrites, &loaded, &files);
        }
    }

    /// Comments go only into files in which they silence something and do no harm.
    fn silence(&mut self, reason: Option<&str>) -> Result<(), Failure> {
        let (loaded, files) = self.load()?;
        let before = check(&loaded, &files, self.request);
        let rewrites = add_ignores(&loaded, &before, &files, reason).rewrites;
        let rewritten: Vec<_> =
            rewrites.iter().map(|rewrite| files.get(rewrite.file).path().to_owned()).collect();
        self.take(rewrites, &loaded, &files);
        let (loaded, now) = self.load()?;
        let after = check(&loaded, &now, self.request);
        for path in rewritten {
            let before = before.iter().filter(|one| files.get(one.span.file).path() == path).count();
            let after = after.iter().filter(|one| now.get(one.span.file).path() == path).count();
            if after < before {
                self.mended.count += before - after;
            } else {
                self.mended.changes.retain(|_, change| change.shown != path);
            }
        }
        Ok(())
    }

    fn load(&self) -> Result<(Loaded, Files), Failure> {
        let mut files = Files::new();
        let loaded = read(self.place, self.texts.clone(), &mut files, self.shell)?;
        Ok((loaded, files))
    }

    fn take(&mut self, rewrites: Vec<Rewrite>, loaded: &Loaded, files: &Files) {
        for rewrite in rewrites {
            let Some(source) = loaded.sources.iter().find(|source| source.file == rewrite.file) else {
                continue;
            };
            let old = files.get(rewrite.file);
            let change = self.mended.changes.entry(source.path.clone()).or_insert_with(|| Change {
                shown: old.path().to_owned(),
                before: old.text().to_owned(),
                after: String::new(),
            });
            change.after.clone_from(&rewrite.text);
            self.texts.insert(source.path.clone(), rewrite.text);
        }
    }
}

impl Mended {
    /// What would change, as a unified diff.
    pub(super) fn diff(&self) -> String {
        self.changes.values().map(Change::diff).collect()
    }

    /// Writes the changed files.
    pub(super) fn write(&self) -> Result<(), Failure> {
        self.changes.iter().try_for_each(|(path, change)| {
            replace(path, &change.before, &change.after)
                .map_err(|error| Failure::environment(format!("cannot write `{}`: {error}", change.shown)))
        })
    }
}

impl Change {
    /// Lines end at `\n` alone, as `patch` and `git apply` understand it.
    fn diff(&self) -> String {
        let lines = |text: &'_ str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
        let (before, after) = (lines(&self.before), lines(&self.after));
        let (old, new): (Vec<&str>, Vec<&str>) =
            (before.iter().map(String::as_str).collect(), after.iter().map(String::as_str).collect());
        let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
        let (from, to) = (format!("a/{}", self.shown), format!("b/{}", self.shown));
        diff.unified_diff().header(&from, &to).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: &str, after: &str) -> Change {
        Change { shown: "a.yaml".into(), before: before.into(), after: after.into() }
    }

    #[test]
    fn a_diff_is_one_that_patch_reads() {
        let diff = change("a\r\nb\rc\nlast", "a\r\nB\rc\nlast").diff();
        assert_eq!(
            diff,
            "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,3 +1,3 @@\n a\r\n-b\rc\n+B\rc\n last\n\\ No newline at end of file\n"
        );
    }
}
