//! Joins what happens at about the same time into one change. Pure: the time is handed in.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long nothing must have happened before a change is looked at.
const QUIET: Duration = Duration::from_millis(20);
/// How long a change may be kept waiting by others that follow it.
const MOST: Duration = Duration::from_millis(100);
/// How much longer a file may take that looks as if it were just being written.
const EXTRA: Duration = Duration::from_millis(100);
/// More paths than this are not worth telling apart.
const MOST_PATHS: usize = 10_000;

/// What the file system told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noticed {
    /// Something happened at these paths, as the app names them.
    Paths(Vec<PathBuf>),
    /// Something happened, and nobody knows where: events were lost.
    Anywhere,
}

/// Where something may have changed since the last look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Files and folders, as the app names them; a folder stands for everything in it.
    pub paths: BTreeSet<PathBuf>,
    /// Whether any other place may have changed as well.
    pub anywhere: bool,
}

impl Change {
    /// Everything may have changed.
    #[must_use]
    pub fn anywhere() -> Self {
        Self { paths: BTreeSet::new(), anywhere: true }
    }

    /// Whether there is nothing to look at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && !self.anywhere
    }

    /// Takes over what another change names.
    pub fn join(&mut self, other: Self) {
        self.paths.extend(other.paths);
        self.anywhere |= other.anywhere;
        if self.paths.len() > MOST_PATHS {
            *self = Self::anywhere();
        }
    }
}

impl From<Noticed> for Change {
    fn from(noticed: Noticed) -> Self {
        match noticed {
            Noticed::Paths(paths) => Self { paths: paths.into_iter().collect(), anywhere: false },
            Noticed::Anywhere => Self::anywhere(),
        }
    }
}

/// A change that is still growing.
#[derive(Debug, Default)]
pub struct Settle {
    growing: Change,
    /// When the first and the last of it came.
    since: Option<(Instant, Instant)>,
    /// Until when it waits once more, since it looked unfinished.
    extra: Option<Instant>,
}

impl Settle {
    /// Takes what was noticed at a moment.
    pub fn note(&mut self, noticed: impl Into<Change>, now: Instant) {
        let noticed = noticed.into();
        if noticed.is_empty() {
            return;
        }
        self.growing.join(noticed);
        let first = self.since.map_or(now, |(first, _)| first);
        self.since = Some((first, now));
    }

    /// When the change will have settled, unless more comes; `None` when there is none.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.since.map(|(first, last)| (last + QUIET).min(first + MOST).max(self.extra.unwrap_or(first)))
    }

    /// The same as [`Settle::take`]; but a change that looks unfinished waits once more for a short time.
    pub fn take_finished(
        &mut self,
        now: Instant,
        is_unfinished: impl FnOnce(&Change) -> bool,
    ) -> Option<Change> {
        let may_wait = self.extra.is_none();
        let since = self.since;
        let change = self.take(now)?;
        if may_wait && is_unfinished(&change) {
            (self.growing, self.since, self.extra) = (change, since, Some(now + EXTRA));
            return None;
        }
        Some(change)
    }

    /// The change, once it has settled; the next one begins.
    pub fn take(&mut self, now: Instant) -> Option<Change> {
        if self.due().is_none_or(|due| now < due) {
            return None;
        }
        (self.since, self.extra) = (None, None);
        Some(std::mem::take(&mut self.growing))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn at(path: &str) -> Noticed {
        Noticed::Paths(vec![path.into()])
    }

    fn names(change: &Change) -> Vec<&str> {
        change.paths.iter().map(|path| path.to_str().unwrap()).collect()
    }

    #[test]
    fn a_lone_change_settles_after_a_short_quiet() {
        let (mut settle, t) = (Settle::default(), Instant::now());
        assert_eq!((settle.due(), settle.take(t)), (None, None));
        settle.note(at("a"), t);
        assert_eq!(settle.due(), Some(t + ms(20)));
        assert_eq!(settle.take(t + ms(19)), None);
        assert_eq!(names(&settle.take(t + ms(20)).unwrap()), ["a"]);
        assert_eq!(settle.take(t + ms(90)), None, "it is given out once");
    }

    #[test]
    fn a_burst_is_one_change_and_is_not_put_off_for_ever() {
        let (mut settle, t) = (Settle::default(), Instant::now());
        for n in 0..10 {
            settle.note(at(&format!("f{n}")), t + ms(n * 10));
            assert_eq!(settle.take(t + ms(n * 10)), None);
        }
        assert_eq!(settle.due(), Some(t + ms(100)));
        assert_eq!(settle.take(t + ms(100)).unwrap().paths.len(), 10);
    }

    #[test]
    fn what_looks_unfinished_waits_once_more() {
        let (mut settle, t) = (Settle::default(), Instant::now());
        settle.note(at("a"), t);
        assert_eq!(settle.take_finished(t + ms(20), |_| true), None);
        assert_eq!(settle.due(), Some(t + ms(120)));
        settle.note(at("b"), t + ms(60));
        assert_eq!(settle.take_finished(t + ms(119), |_| true), None);
        assert_eq!(names(&settle.take_finished(t + ms(120), |_| true).unwrap()), ["a", "b"]);
        settle.note(at("c"), t + ms(200));
        assert_eq!(names(&settle.take_finished(t + ms(220), |_| false).unwrap()), ["c"]);
    }

    #[test]
    fn what_comes_while_nobody_looks_waits_as_one() {
        let (mut settle, t) = (Settle::default(), Instant::now());
        for (n, path) in (0..).zip(["a", "b", "a", "c", "a"]) {
            settle.note(at(path), t + ms(n * 500));
        }
        assert_eq!(names(&settle.take(t + ms(5_000)).unwrap()), ["a", "b", "c"]);
    }

    #[test]
    fn lost_events_and_floods_mean_everywhere() {
        let (mut settle, t) = (Settle::default(), Instant::now());
        settle.note(at("a"), t);
        settle.note(Noticed::Anywhere, t);
        let change = settle.take(t + ms(50)).unwrap();
        assert!(change.anywhere && names(&change) == ["a"]);
        settle.note(Noticed::Paths((0..20_000).map(|n| n.to_string().into()).collect()), t);
        assert_eq!(settle.take(t + ms(50)).unwrap(), Change::anywhere());
        settle.note(Noticed::Paths(vec![]), t);
        assert_eq!(settle.due(), None);
    }

    proptest! {
        /// Whatever comes and whenever somebody looks: every path is given out after it came, within
        /// the promised time of somebody looking, and never twice for one coming.
        #[test]
        fn nothing_is_lost_or_given_twice(steps in proptest::collection::vec((0_u64..60, 0_u8..6, any::<bool>()), 1..80)) {
            let (mut settle, start) = (Settle::default(), Instant::now());
            let mut now = start;
            let mut waiting: BTreeSet<PathBuf> = BTreeSet::new();
            let mut oldest: Option<Instant> = None;
            for (pause, path, look) in steps {
                now += ms(pause);
                if look {
                    match settle.take(now) {
                        Some(change) => {
                            prop_assert_eq!(&change.paths, &waiting);
                            waiting.clear();
                            oldest = None;
                        }
                        None => prop_assert!(oldest.is_none_or(|first| now < first + MOST)),
                    }
                }
                let path = PathBuf::from(path.to_string());
                settle.note(Noticed::Paths(vec![path.clone()]), now);
                waiting.insert(path);
                oldest.get_or_insert(now);
            }
            let last = settle.take(now + MOST);
            prop_assert_eq!(last.map(|change| change.paths), Some(waiting));
        }
    }
}
