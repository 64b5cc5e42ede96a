//! `--baseline` and `--write-baseline`: findings that are known and not told again.
//!
//! The file keeps, for every file of the app, the fingerprints of its findings. It never grows but by
//! `--write-baseline`; what is mended is taken out of it by the next check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::failure::Failure;
use super::super::shell::Shell;
use super::super::units::counted;
use super::checked::{Finding, Seen};
use super::replace::store;
use crate::lint::{Fingerprint, is_about_reading};

const VERSION: u32 = 1;

/// How often each known finding of a file is there.
type Known = BTreeMap<String, BTreeMap<Fingerprint, usize>>;

/// The file, as it is written.
#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    /// By file, as seen from the folder of the baseline.
    findings: BTreeMap<String, Vec<Entry>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    at: String,
    message: String,
    #[serde(default = "once", skip_serializing_if = "is_once")]
    count: usize,
}

fn once() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_once(count: &usize) -> bool {
    *count == 1
}

/// A baseline and its place.
pub(super) struct Baseline {
    path: PathBuf,
    /// The path as the user gave it.
    shown: String,
    known: Known,
}

/// What may be done to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upkeep {
    /// What is mended is taken out.
    Shrink,
    /// What is mended is told and stays.
    Tell,
    /// It stays as it is: what is not found may be there all the same.
    Keep,
}

impl Baseline {
    /// Reads the file.
    pub(super) fn read(path: &Path, shell: &Shell) -> Result<Self, Failure> {
        let shown = path.display().to_string();
        let text = fs::read_to_string(shell.path(path)).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                let help = format!("`--write-baseline {shown}` writes it");
                Failure::usage(format!("there is no baseline `{shown}`")).help(Some(help))
            }
            _ => Failure::environment(format!("cannot read `{shown}`: {error}")),
        })?;
        let document: Document = serde_json::from_str(&text)
            .map_err(|error| Failure::usage(format!("`{shown}` is no baseline: {error}")))?;
        if document.version != VERSION {
            let version = document.version;
            return Err(Failure::usage(format!(
                "`{shown}` is a baseline of version {version}, not {VERSION}"
            )));
        }
        let mut known = Known::new();
        for (file, entries) in document.findings {
            let of_file = known.entry(file).or_default();
            for Entry { rule, at, message, count } in entries {
                if count > 0 {
                    *of_file.entry(Fingerprint { rule, at, message }).or_default() += count;
                }
            }
        }
        Ok(Self { path: shell.path(path), shown, known })
    }

    /// Writes all findings to a new file and takes them out of the list; what says that a file cannot be
    /// read stays, because nobody knows what else is in it.
    pub(super) fn write(path: &Path, found: &mut Vec<Finding>, shell: &Shell) -> Result<(), Failure> {
        let shown = path.display().to_string();
        let mut baseline = Self { path: shell.path(path), shown, known: Known::new() };
        let before = found.len();
        found.retain(|finding| {
            let stays = is_about_reading(finding.diagnostic.rule);
            if !stays {
                baseline.add(finding, shell);
            }
            stays
        });
        baseline.save()?;
        let count = counted((before - found.len()) as u64, "finding");
        shell.out.note(&format!("wrote {count} to `{}`", baseline.shown));
        Ok(())
    }

    /// Takes the known findings out of the list. What is not found any more is told, and taken out of
    /// the file.
    pub(super) fn apply(
        mut self,
        found: &mut Vec<Finding>,
        seen: &[Seen],
        upkeep: Upkeep,
        shell: &Shell,
    ) -> Result<(), Failure> {
        let old = std::mem::take(&mut self.known);
        let (mut left, mut total) = (old.clone(), 0);
        let mut known = vec![false; found.len()];
        // What stands where it stood goes first, then what was moved within its file.
        for take in [take_same, take_moved] {
            for (finding, known) in found.iter().zip(&mut known).filter(|(_, known)| !**known) {
                let print = redacted(&finding.print, shell);
                *known = left.get_mut(&self.name(&finding.path)).is_some_and(|of_file| take(of_file, &print));
                if *known {
                    self.add(finding, shell);
                    total += 1;
                }
            }
        }
        let mut flags = known.into_iter();
        found.retain(|_| !flags.next().unwrap_or(false));
        let mended = self.keep_what_was_not_seen(left, found, seen);
        if total > 0 {
            shell.out.detail(&format!("{} known from `{}`", counted(total, "finding"), self.shown));
        }
        self.shrink(&old, mended, upkeep, shell)
    }

    /// Adds what was known and may be there still; how many are mended.
    fn keep_what_was_not_seen(&mut self, left: Known, found: &[Finding], seen: &[Seen]) -> u64 {
        let unread: BTreeSet<String> = found
            .iter()
            .filter(|finding| is_about_reading(finding.diagnostic.rule))
            .map(|finding| self.name(&finding.path))
            .collect();
        let seen: Vec<Looked> = seen.iter().map(|seen| self.looked(seen)).collect();
        let mut mended = 0;
        for (file, prints) in left {
            let looked_at = !unread.contains(&file) && seen.iter().any(|seen| seen.covers(&file));
            for (print, count) in prints {
                if looked_at {
                    mended += count as u64;
                } else {
                    *self.known.entry(file.clone()).or_default().entry(print).or_default() += count;
                }
            }
        }
        mended
    }

    fn shrink(&self, old: &Known, mended: u64, upkeep: Upkeep, shell: &Shell) -> Result<(), Failure> {
        let (count, shown) = (counted(mended, "finding"), &self.shown);
        match upkeep {
            Upkeep::Shrink if mended > 0 => {
                shell.out.note(&format!("{count} mended and taken out of `{shown}`"));
            }
            Upkeep::Tell if mended > 0 => {
                shell.out.note(&format!(
                    "{count} mended but still in `{shown}`, a check outside of CI takes them out"
                ));
            }
            _ => {}
        }
        if upkeep == Upkeep::Shrink && self.known != *old { self.save() } else { Ok(()) }
    }

    fn add(&mut self, finding: &Finding, shell: &Shell) {
        let of_file = self.known.entry(self.name(&finding.path)).or_default();
        *of_file.entry(redacted(&finding.print, shell)).or_default() += 1;
    }

    fn save(&self) -> Result<(), Failure> {
        let entry = |(print, &count): (&Fingerprint, &usize)| {
            let Fingerprint { rule, at, message } = print.clone();
            Entry { rule, at, message, count }
        };
        let findings = self.known.iter().filter(|(_, prints)| !prints.is_empty());
        let findings = findings.map(|(file, prints)| (file.clone(), prints.iter().map(entry).collect()));
        let document = Document { version: VERSION, findings: findings.collect() };
        let text = serde_json::to_string_pretty(&document).expect("BUG: a baseline is no JSON");
        store(&self.path, &format!("{text}\n"))
            .map_err(|error| Failure::environment(format!("cannot write `{}`: {error}", self.shown)))
    }

    /// A file of an app as it is called in the baseline.
    fn name(&self, path: &Path) -> String {
        relative(path, self.path.parent().unwrap_or(Path::new("")))
    }

    fn looked(&self, seen: &Seen) -> Looked {
        let names = |paths: &[PathBuf]| paths.iter().map(|path| self.name(path)).collect();
        Looked { whole: seen.whole.as_ref().map(|root| self.name(root)), files: names(&seen.files) }
    }
}

/// What was checked, in the baseline's names.
struct Looked {
    /// The folder of which all was checked: what is not there any more is mended, too.
    whole: Option<String>,
    files: BTreeSet<String>,
}

impl Looked {
    fn covers(&self, file: &str) -> bool {
        let below = |root: &String| root.is_empty() || Path::new(file).starts_with(root);
        self.files.contains(file) || self.whole.as_ref().is_some_and(below)
    }
}

/// Secrets of the settings do not go into files.
fn redacted(print: &Fingerprint, shell: &Shell) -> Fingerprint {
    let Fingerprint { rule, at, message } = print;
    Fingerprint { rule: rule.clone(), at: shell.out.redacted(at), message: shell.out.redacted(message) }
}

/// Takes the finding out of those of its file, when it is among them.
fn take_same(of_file: &mut BTreeMap<Fingerprint, usize>, print: &Fingerprint) -> bool {
    let Some(count) = of_file.get_mut(print) else { return false };
    *count -= 1;
    if *count == 0 {
        of_file.remove(print);
    }
    true
}

/// Takes one out that says the same of another place.
fn take_moved(of_file: &mut BTreeMap<Fingerprint, usize>, print: &Fingerprint) -> bool {
    let says_the_same = |known: &&Fingerprint| (&known.rule, &known.message) == (&print.rule, &print.message);
    let there = of_file.keys().find(says_the_same).cloned();
    there.is_some_and(|known| take_same(of_file, &known))
}

/// `path` as seen from a folder, with `/`.
fn relative(path: &Path, folder: &Path) -> String {
    let (path, folder) = (without_dots(path), without_dots(folder));
    let common = path.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().count() - common;
    let down = path.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
    std::iter::repeat_n("..".to_owned(), up).chain(down).collect::<Vec<_>>().join("/")
}

fn without_dots(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_baseline() {
        let from = |path: &str, folder: &str| relative(Path::new(path), Path::new(folder));
        assert_eq!(from("/a/b/c.jigx", "/a"), "b/c.jigx");
        assert_eq!(from("/a/b/c.jigx", "/a/x/../d"), "../b/c.jigx");
        assert_eq!(from("/a", "/a"), "");
    }

    #[test]
    fn a_folder_covers_what_is_below_it() {
        let looked = |whole: Option<&str>| Looked {
            whole: whole.map(str::to_owned),
            files: ["a/b".to_owned()].into(),
        };
        assert!(looked(None).covers("a/b") && !looked(None).covers("a/c"));
        assert!(looked(Some("a")).covers("a/c") && !looked(Some("a")).covers("ab/c"));
        assert!(looked(Some("")).covers("x"));
    }
}
