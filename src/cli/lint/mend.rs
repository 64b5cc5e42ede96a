//! `--fix` and `--diff`: mends an app in memory and writes its files back, each at once.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::super::app::read;
use super::super::failure::Failure;
use super::super::shell::Shell;
use crate::app::AppPath;
use crate::diag::Files;
use crate::lint::{Mending, Reach, Request, check};

/// What fixes made of an app.
pub(super) struct Mended {
    /// How many mistakes are mended.
    pub(super) fixed: usize,
    /// The changed files by their place on disk.
    pub(super) changes: BTreeMap<PathBuf, Change>,
}

/// A file that is no longer as it was.
pub(super) struct Change {
    shown: String,
    before: String,
    pub(super) after: String,
}

/// Applies fixes in memory, until there is nothing more to fix.
pub(super) fn mend(
    place: &AppPath,
    overlay: &BTreeMap<PathBuf, String>,
    request: &Request,
    reach: Reach,
    shell: &Shell,
) -> Result<Mended, Failure> {
    let mut texts = overlay.clone();
    let mut changes = BTreeMap::new();
    let mut mending = Mending::new(reach);
    loop {
        let mut files = Files::new();
        let loaded = read(place, texts.clone(), &mut files, shell)?;
        let rewrites = mending.next(&loaded, &check(&loaded, &files, request), &files);
        if rewrites.is_empty() {
            break;
        }
        for rewrite in rewrites {
            let Some(source) = loaded.sources.iter().find(|source| source.file == rewrite.file) else {
                continue;
            };
            let old = files.get(rewrite.file);
            let change = changes.entry(source.path.clone()).or_insert_with(|| Change {
                shown: old.path().to_owned(),
                before: old.text().to_owned(),
                after: String::new(),
            });
            change.after.clone_from(&rewrite.text);
            texts.insert(source.path.clone(), rewrite.text);
        }
    }
    changes.retain(|_, change| change.before != change.after);
    Ok(Mended { fixed: mending.fixed(), changes })
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
                .map_err(|error| Failure::environment(format!("cannot fix `{}`: {error}", change.shown)))
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

/// Puts a new text in the place of a file's old one: at any moment, also after a crash, the file
/// has the one or the other. A link stays a link, its target changes.
fn replace(path: &Path, before: &str, after: &str) -> io::Result<()> {
    let target = fs::canonicalize(path)?;
    if fs::read(&target)? != before.as_bytes() {
        return Err(io::Error::other("it was changed meanwhile"));
    }
    let permissions = fs::metadata(&target)?.permissions();
    if permissions.readonly() {
        return Err(ErrorKind::PermissionDenied.into());
    }
    let (temporary, file) = beside(&target)?;
    let written = fill(file, after, permissions).and_then(|()| fs::rename(&temporary, &target));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn fill(mut file: fs::File, text: &str, permissions: fs::Permissions) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.set_permissions(permissions)?;
    file.sync_all()
}

/// A new file in the same folder, under a name that nobody takes for a file of the app.
fn beside(target: &Path) -> io::Result<(PathBuf, fs::File)> {
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for attempt in 0..100 {
        let path = target.with_file_name(format!(".{name}.{}-{attempt}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(file) => return Ok((path, file)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::{PermissionsExt, symlink};

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

    #[test]
    fn a_file_is_replaced_with_its_permissions_behind_its_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file", &link).unwrap();
        replace(&link, "old", "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_somebody_else_wrote_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "theirs").unwrap();
        assert!(replace(&file, "old", "new").unwrap_err().to_string().contains("changed meanwhile"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(replace(&file, "theirs", "new").is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
