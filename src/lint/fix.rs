//! Applies the fixes that findings carry, round by round, to texts in memory.

mod edits;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::app::Loaded;
use crate::diag::{Diagnostic, FileId, Files, Fix, Safety, Severity};
use crate::syntax;

use edits::Edits;

/// Rounds after which no further fix is begun. Fixes that wait for others need a few; the limit
/// only ends what would go round in circles.
const MOST_ROUNDS: usize = 50;

/// Which fixes are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those that keep what the author meant.
    Safe,
    /// Those that a person should look at, too.
    Unsafe,
}

/// A file's next text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// The file.
    pub file: FileId,
    /// Its whole new text.
    pub text: String,
}

/// Fixing in progress.
///
/// Each round takes what was found in the texts as they are and answers with new texts, until
/// there are none. Of fixes that touch the same place the first is applied and the others wait
/// for the next round. A file whose fixes made its syntax worse or left their mistake as it was
/// gets its former text back, and the fix to blame is not tried again.
#[derive(Debug)]
pub struct Mending {
    reach: Reach,
    rounds: usize,
    fixed: usize,
    refused: BTreeSet<Mistake>,
    /// Files that take one fix in a round, to find the one to blame.
    careful: BTreeSet<String>,
    /// The last round, by path.
    trials: BTreeMap<String, Trial>,
}

/// What was done to a file, and how the file was before.
#[derive(Debug)]
struct Trial {
    before: String,
    health: Health,
    /// How often each mistake was mended, and how often it was there.
    mended: BTreeMap<Mistake, (usize, usize)>,
}

/// A mistake, told by what stays when other parts of its file change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Mistake {
    path: String,
    rule: &'static str,
    message: String,
    text: String,
    edits: Vec<String>,
}

/// How many mistakes of syntax a file has.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Health {
    file: usize,
    expressions: usize,
}

impl Mending {
    /// Nothing done yet.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            rounds: 0,
            fixed: 0,
            refused: BTreeSet::new(),
            careful: BTreeSet::new(),
            trials: BTreeMap::new(),
        }
    }

    /// How many mistakes are mended for good.
    #[must_use]
    pub fn fixed(&self) -> usize {
        self.fixed
    }

    /// The next texts; none when all is done. `found` is what [`check`](super::check) says of
    /// `loaded`, which was read with the texts of all rounds before.
    pub fn next(&mut self, loaded: &Loaded, found: &[Diagnostic], files: &Files) -> Vec<Rewrite> {
        let round = Round { loaded, found, files, counts: counts(found, files) };
        let mut rewrites = self.judge(&round);
        self.rounds += 1;
        if self.rounds <= MOST_ROUNDS {
            let returned: BTreeSet<FileId> = rewrites.iter().map(|rewrite| rewrite.file).collect();
            rewrites.extend(self.attempt(&round, &returned));
        }
        rewrites
    }

    /// Looks at what the last round came to, and takes back what did harm or no good.
    fn judge(&mut self, round: &Round<'_>) -> Vec<Rewrite> {
        let mut back = Vec::new();
        for (path, trial) in std::mem::take(&mut self.trials) {
            let Some(file) = round.file(&path) else { continue };
            let idle: Vec<_> = trial.without_effect(round).cloned().collect();
            let harmful = trial.did_harm(round.health(file));
            if idle.is_empty() && !harmful {
                self.fixed += trial.mended.values().map(|&(mended, _)| mended).sum::<usize>();
                continue;
            }
            if harmful && trial.mended.len() == 1 {
                self.refused.extend(trial.mended.into_keys());
            } else if harmful {
                self.careful.insert(path);
            }
            self.refused.extend(idle);
            back.push(Rewrite { file, text: trial.before });
        }
        back
    }

    /// Applies as many fixes as go together. Files just given back must be read again first.
    fn attempt(&mut self, round: &Round<'_>, returned: &BTreeSet<FileId>) -> Vec<Rewrite> {
        let mut edits = Edits::default();
        let broken = round.unreadable();
        for finding in round.found {
            let Some(fix) = finding.fix.as_ref().filter(|fix| self.is_wanted(fix)) else { continue };
            let mistake = mistake(finding, fix, round.files);
            let touches =
                |files: &BTreeSet<FileId>| fix.edits.iter().any(|edit| files.contains(&edit.span.file));
            if self.refused.contains(&mistake)
                || touches(returned)
                || touches(&broken)
                || !self.has_room(fix, round)
            {
                continue;
            }
            if edits.take(fix, round.files) {
                self.remember(mistake, fix, round);
            }
        }
        edits.apply(round.files)
    }

    fn is_wanted(&self, fix: &Fix) -> bool {
        self.reach == Reach::Unsafe || fix.safety == Safety::Safe
    }

    /// A fix of one file goes into any round, but a careful file takes only one.
    fn has_room(&self, fix: &Fix, round: &Round<'_>) -> bool {
        let Some(first) = fix.edits.first() else { return false };
        let path = round.files.get(first.span.file).path();
        // Half of a fix cannot be taken back, so it must not reach over several files.
        let one_file = fix.edits.iter().all(|edit| edit.span.file == first.span.file);
        one_file && !(self.careful.contains(path) && self.trials.contains_key(path))
    }

    fn remember(&mut self, mistake: Mistake, fix: &Fix, round: &Round<'_>) {
        let file = fix.edits[0].span.file;
        let source = round.files.get(file);
        let trial = self.trials.entry(source.path().to_owned()).or_insert_with(|| Trial {
            before: source.text().to_owned(),
            health: round.health(file),
            mended: BTreeMap::new(),
        });
        let there = round.counts.get(&mistake).copied().unwrap_or_default();
        trial.mended.entry(mistake).or_insert((0, there)).0 += 1;
    }
}

impl Trial {
    fn without_effect<'a>(&'a self, round: &'a Round<'_>) -> impl Iterator<Item = &'a Mistake> {
        let left = |mistake: &Mistake| round.counts.get(mistake).copied().unwrap_or_default();
        let idle =
            self.mended.iter().filter(move |&(mistake, &(mended, before))| left(mistake) + mended > before);
        idle.map(|(mistake, _)| mistake)
    }

    /// When the syntax of the file itself was mended, expressions come to light that were not
    /// seen before; their mistakes are no harm done.
    fn did_harm(&self, now: Health) -> bool {
        let syntax_mended = self.mended.keys().any(|mistake| is_syntax(mistake.rule));
        now.file > self.health.file || (!syntax_mended && now.expressions > self.health.expressions)
    }
}

/// The app as it is in this round.
struct Round<'a> {
    loaded: &'a Loaded,
    found: &'a [Diagnostic],
    files: &'a Files,
    counts: BTreeMap<Mistake, usize>,
}

impl Round<'_> {
    fn file(&self, path: &str) -> Option<FileId> {
        let mut files = self.loaded.sources.iter().map(|source| source.file);
        files.find(|&file| self.files.get(file).path() == path)
    }

    fn health(&self, file: FileId) -> Health {
        let mut health = Health::default();
        for found in self.loaded.diagnostics().filter(|d| d.span.file == file) {
            if found.severity == Severity::Error && is_syntax(found.rule) {
                health.file += 1;
            } else if matches!(found.rule, "expression-syntax" | "condition-syntax") {
                health.expressions += 1;
            }
        }
        health
    }

    /// Files whose text is not what stands in them byte by byte.
    fn unreadable(&self) -> BTreeSet<FileId> {
        let undecoded = |d: &&Diagnostic| matches!(d.rule, "not-utf8" | "file-too-large");
        self.loaded.diagnostics().filter(undecoded).map(|d| d.span.file).collect()
    }
}

fn is_syntax(rule: &str) -> bool {
    syntax::RULES.iter().any(|info| info.id == rule)
}

fn counts(found: &[Diagnostic], files: &Files) -> BTreeMap<Mistake, usize> {
    let mut counts = BTreeMap::new();
    for finding in found {
        if let Some(fix) = &finding.fix {
            *counts.entry(mistake(finding, fix, files)).or_default() += 1;
        }
    }
    counts
}

fn mistake(finding: &Diagnostic, fix: &Fix, files: &Files) -> Mistake {
    let file = files.get(finding.span.file);
    Mistake {
        path: file.path().to_owned(),
        rule: finding.rule,
        message: finding.message.clone(),
        text: file.text().get(finding.span.range()).unwrap_or_default().to_owned(),
        edits: fix.edits.iter().map(|edit| edit.text.clone()).collect(),
    }
}
