//! `--since REV`: tells only what the changes since a revision may have caused. Runs `git`.
//!
//! What stands in a changed file is told; what stands elsewhere is told when the app as it was then did
//! not have it. The app of then is checked with the settings of now.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::super::app::read;
use super::super::failure::Failure;
use super::super::shell::Shell;
use super::checked::Finding;
use crate::app::AppPath;
use crate::diag::Files;
use crate::lint::{Fingerprint, Request, check, fingerprints};

/// The files of an app that are not as they were.
pub(super) struct Since<'a> {
    place: &'a AppPath,
    changed: BTreeSet<PathBuf>,
    /// The texts of then, empty for files that were not there.
    texts: BTreeMap<PathBuf, String>,
}

impl<'a> Since<'a> {
    /// Asks git what has changed; a text from standard input counts as a change.
    pub(super) fn new(
        place: &'a AppPath,
        revision: &str,
        overlay: &BTreeMap<PathBuf, String>,
        shell: &Shell,
    ) -> Result<Self, Failure> {
        let git = Git { folder: &place.root };
        let commit = git.commit(revision, shell)?;
        let mut names =
            git.list(&["diff", "--name-only", "--no-renames", "--relative", "-z", &commit, "--", "."])?;
        names.extend(git.list(&["ls-files", "--others", "--exclude-standard", "-z"])?);
        let stdin = overlay.keys().filter_map(|path| path.strip_prefix(&place.root).ok());
        names.extend(stdin.map(|path| path.to_string_lossy().replace('\\', "/")));
        let names: Vec<String> = names.into_iter().collect();
        let texts = names.iter().zip(git.texts(&commit, &names)?);
        let texts = texts.map(|(name, text)| (place.root.join(name), text.unwrap_or_default())).collect();
        let changed = names.iter().map(|name| place.root.join(name)).collect();
        Ok(Self { place, changed, texts })
    }

    /// Which of these findings the changes may have caused.
    pub(super) fn caused(
        &self,
        findings: &[Finding],
        request: &Request,
        shell: &Shell,
    ) -> Result<Vec<bool>, Failure> {
        let elsewhere = findings.iter().any(|finding| !self.changed.contains(&finding.path));
        let mut then = if elsewhere { self.then(request, shell)? } else { BTreeMap::new() };
        let mut was_there = |finding: &Finding| {
            let count =
                then.get_mut(&(finding.path.clone(), finding.print.clone())).filter(|count| **count > 0);
            count.map(|count| *count -= 1).is_some()
        };
        Ok(findings.iter().map(|one| self.changed.contains(&one.path) || !was_there(one)).collect())
    }

    /// How often each finding was there.
    fn then(
        &self,
        request: &Request,
        shell: &Shell,
    ) -> Result<BTreeMap<(PathBuf, Fingerprint), usize>, Failure> {
        let mut counts = BTreeMap::new();
        let mut files = Files::new();
        let overlay = self.texts.iter().filter(|(path, _)| !is_settings(path));
        let overlay = overlay.map(|(path, text)| (path.clone(), text.clone())).collect();
        let loaded = read(self.place, overlay, &mut files, shell)?;
        let found = check(&loaded, &files, request);
        let paths: BTreeMap<_, _> = loaded.sources.iter().map(|source| (source.file, &source.path)).collect();
        for (finding, print) in found.iter().zip(fingerprints(&loaded, &found)) {
            let shown = || shell.cwd.join(files.get(finding.span.file).path());
            let path = paths.get(&finding.span.file).map_or_else(shown, |path| (*path).clone());
            *counts.entry((path, print)).or_default() += 1;
        }
        Ok(counts)
    }
}

fn is_settings(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "syncscope")
}

/// Runs git in a folder.
struct Git<'a> {
    folder: &'a Path,
}

impl Git<'_> {
    /// The commit that a revision names.
    fn commit(&self, revision: &str, shell: &Shell) -> Result<String, Failure> {
        if !self.run(&["rev-parse", "--is-inside-work-tree"])?.status.success() {
            let folder = shell.relative(&format!("`{}`", self.folder.display()));
            return Err(Failure::usage(format!("`--since` needs git, and {folder} is in no git repository")));
        }
        let wanted = format!("{revision}^{{commit}}");
        let output = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
        if !output.status.success() {
            let help = "for example a branch, a tag, `HEAD~1` or the hash of a commit".to_owned();
            return Err(Failure::usage(format!("git knows no revision `{revision}`")).help(Some(help)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Names that git lists, ended by zeros.
    fn list(&self, arguments: &[&str]) -> Result<BTreeSet<String>, Failure> {
        let output = self.run(arguments)?;
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Failure::environment(format!("`git {}` failed: {told}", arguments[0])));
        }
        let names = output.stdout.split(|&byte| byte == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
    }

    /// The texts of files in a commit; none for a file that is not in it.
    fn texts(&self, commit: &str, names: &[String]) -> Result<Vec<Option<String>>, Failure> {
        let failed = |error: std::io::Error| Failure::environment(format!("cannot run `git`: {error}"));
        let mut child =
            self.command(&["cat-file", "--batch"]).stdin(Stdio::piped()).spawn().map_err(failed)?;
        // A name over several lines would be taken for several names.
        let asked: String =
            names.iter().map(|name| format!("{commit}:./{}\n", name.replace('\n', " "))).collect();
        let mut stdin = child.stdin.take().expect("BUG: git was started without an input");
        let output = std::thread::scope(|scope| {
            scope.spawn(move || {
                // When git goes away early, its answer tells why.
                let _ = stdin.write_all(asked.as_bytes());
            });
            child.wait_with_output()
        });
        Ok(answers(&output.map_err(failed)?.stdout, names.len()))
    }

    fn run(&self, arguments: &[&str]) -> Result<Output, Failure> {
        self.command(arguments)
            .output()
            .map_err(|error| Failure::environment(format!("cannot run `git`: {error}")))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.folder).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// Reads what `git cat-file --batch` answers: `<hash> blob <size>`, the bytes, a line break; or
/// `<name> missing`.
fn answers(mut bytes: &[u8], count: usize) -> Vec<Option<String>> {
    let mut texts = Vec::with_capacity(count);
    while texts.len() < count {
        let end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        bytes = bytes.get(end + 1..).unwrap_or_default();
        let mut words = head.rsplit(' ');
        let size = words.next().and_then(|size| size.parse::<usize>().ok());
        let (Some(size), Some(kind @ ("blob" | "tree"))) = (size, words.next()) else {
            texts.push(None);
            continue;
        };
        let size = size.min(bytes.len());
        let text = (kind == "blob").then(|| String::from_utf8_lossy(&bytes[..size]).into_owned());
        texts.push(text);
        bytes = bytes.get(size + 1..).unwrap_or_default();
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_git_are_read_one_by_one() {
        let bytes = b"aaaa blob 3\na\nb\ncommit:./gone missing\nbbbb blob 0\n\n";
        assert_eq!(answers(bytes, 3), [Some("a\nb".to_owned()), None, Some(String::new())]);
        assert_eq!(answers(b"aaaa blob 99\nabc", 2), [Some("abc".to_owned()), None]);
        assert_eq!(answers(b"", 1), [None]);
    }
}
