//! What a session knows, for its views.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::app::Project;
use crate::cli::units::{counted, time_of_day};
use crate::diag::Severity;
use crate::run::Trigger;
use crate::watch::{Finding, Means, Outcome, State, Trouble, Update};

/// What a session knows.
#[derive(Default)]
pub(super) struct Model {
    pub(super) apps: Vec<AppNow>,
    /// How changes are noticed, once that is known.
    pub(super) means: Option<Means>,
    /// What can be run; `None` when nothing is to be run here.
    pub(super) runs: Option<Choices>,
    /// Since when a run goes on, in epoch milliseconds.
    pub(super) running: Option<i64>,
    /// Whether the last run that has ended failed.
    pub(super) has_failed: bool,
    /// When the apps were read last, in epoch milliseconds, and how long that took.
    pub(super) read: Option<(i64, Duration)>,
    /// Since when they are being read.
    pub(super) reading: Option<Instant>,
}

/// One app.
#[derive(Default)]
pub(super) struct AppNow {
    /// As it was when it could be read last.
    pub(super) state: Option<Arc<State>>,
    /// Why it cannot be read now.
    pub(super) trouble: Option<Trouble>,
    /// When the last good version came to be, in epoch milliseconds.
    pub(super) version: Option<i64>,
    /// Whether what is on disk is that version.
    pub(super) is_good: bool,
}

/// What can be triggered.
pub(super) struct Choices {
    /// What runs.
    pub(super) chosen: Trigger,
    /// What could be chosen: the first nine.
    pub(super) others: Vec<Trigger>,
}

/// Findings by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) infos: usize,
}

impl Model {
    /// Takes over what was read of an app; `now` in epoch milliseconds.
    pub(super) fn take(&mut self, at: usize, update: &Update, now: i64) {
        let app = &mut self.apps[at];
        app.state.clone_from(&update.state);
        match &update.outcome {
            Outcome::Unchanged => {}
            Outcome::Accepted => {
                (app.version, app.is_good, app.trouble) = (Some(now), true, None);
            }
            Outcome::Rejected => (app.is_good, app.trouble) = (false, None),
            Outcome::Unreadable(trouble) => {
                (app.is_good, app.trouble) = (false, Some(trouble.clone()));
            }
        }
    }

    /// What runs, `onLoad` or the like; empty when nothing is to be run here.
    pub(super) fn trigger(&self) -> String {
        self.runs.as_ref().map(|choices| words(&choices.chosen)).unwrap_or_default()
    }

    pub(super) fn counts(&self) -> Counts {
        let states = || self.apps.iter().filter_map(|app| app.state.as_ref());
        let count = |severity| states().map(|state| state.count(severity)).sum();
        Counts {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
        }
    }

    /// The app's name, or of the first of several.
    pub(super) fn name(&self) -> String {
        let state = self.apps.iter().find_map(|app| app.state.as_ref());
        let name = state.map(|state| state.checked.loaded.project.name.clone()).unwrap_or_default();
        match self.apps.len() {
            0 | 1 => name,
            count => counted(count as u64, "app"),
        }
    }

    /// How many files were checked.
    pub(super) fn files(&self) -> usize {
        let states = self.apps.iter().filter_map(|app| app.state.as_ref());
        states.map(|state| state.checked.loaded.sources.len()).sum()
    }

    /// Every finding with the state that it is of: errors first, then what is newest.
    pub(super) fn findings(&self) -> Vec<(&State, Finding<'_>)> {
        let states = self.apps.iter().filter_map(|app| app.state.as_deref());
        let mut all: Vec<_> =
            states.flat_map(|state| state.findings().map(move |finding| (state, finding))).collect();
        all.sort_by_key(|(_, finding)| std::cmp::Reverse((finding.diagnostic.severity, finding.since)));
        all
    }

    /// Whether every app is good as it is on disk.
    pub(super) fn is_good(&self) -> bool {
        self.apps.iter().all(|app| app.is_good)
    }

    /// `running the version of 12:03:11, 1 error`, as long as that is not what is on disk.
    pub(super) fn old_version(&self) -> Option<String> {
        let app = self.apps.iter().find(|app| !app.is_good)?;
        let why = match &app.trouble {
            Some(trouble) => trouble.message.clone(),
            None => counted(self.counts().errors as u64, "error"),
        };
        match (app.version, &self.runs) {
            (_, None) => app.trouble.as_ref().map(|trouble| trouble.message.clone()),
            (Some(version), _) => Some(format!("running the version of {}, {why}", time_of_day(version))),
            (None, _) => Some(format!("nothing can run yet, {why}")),
        }
    }
}

impl Counts {
    /// `1 error, 2 warnings`, or `no problems`.
    pub(super) fn text(self) -> String {
        let parts = [(self.errors, "error"), (self.warnings, "warning"), (self.infos, "info")];
        let told: Vec<String> =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| counted(*n as u64, word)).collect();
        if told.is_empty() { "no problems".to_owned() } else { told.join(", ") }
    }
}

impl Choices {
    pub(super) fn new(chosen: Trigger) -> Self {
        Self { chosen, others: Vec::new() }
    }

    /// What the app has: events of the index, global actions, events of jigs.
    pub(super) fn offer(&mut self, project: &Project) {
        const MOST: usize = 9;
        let event = |name: &str, jig: Option<&str>| Trigger::Event {
            name: name.to_owned(),
            jig: jig.map(str::to_owned),
        };
        let home = project.home.events().into_iter().map(|name| event(name, None));
        let actions = project.actions.keys().map(|id| Trigger::Action { id: id.clone() });
        let jigs = project.jigs.values().flat_map(|jig| {
            jig.events().into_iter().map(|name| event(name, Some(&jig.id))).collect::<Vec<_>>()
        });
        self.others = home.chain(actions).chain(jigs).take(MOST).collect();
    }
}

/// `onLoad`, `onFocus of home`, `action refresh-visits`
pub(super) fn words(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Event { name, jig: None } => name.clone(),
        Trigger::Event { name, jig: Some(jig) } => format!("{name} of {jig}"),
        Trigger::Action { id } => format!("action {id}"),
    }
}
