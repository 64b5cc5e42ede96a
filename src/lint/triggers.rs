//! What makes an action run: which events, and which calls of global actions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Place;
use crate::action::{ActionNode, SyncRole, UseKind};
use crate::app::{FileKind, Placed, Project};

/// When an action runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Moment {
    /// Once, at the cold start of the app.
    Load,
    /// At another event of the index.
    Home,
    /// At an event of a jig or component itself: it appears, it is pulled down.
    Screen,
    /// At whatever a user does with a part of a screen.
    Tap,
}

/// Where an action stands that is not inside another one.
#[derive(Clone, Copy)]
pub(super) enum Root<'a> {
    /// On a screen.
    Screen(Moment),
    /// In the file of a global action.
    Global(&'a str),
}

/// What makes the actions of an app run.
pub(super) struct Triggers<'a> {
    calls: BTreeMap<&'a str, Vec<Call<'a>>>,
    moments: HashMap<&'a str, BTreeSet<Moment>>,
    members: HashMap<&'a str, Vec<Root<'a>>>,
    /// Whether an expression says which action is called, somewhere.
    computed: bool,
}

/// One `action.execute-action`.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// The action it stands in.
    pub root: &'a Placed,
    /// The calling action.
    pub action: &'a ActionNode,
    /// The global action that `root` is, when it is one.
    pub inside: Option<&'a str>,
}

impl<'a> Root<'a> {
    /// Where `placed` stands, which was found at `place`.
    pub fn of(place: &Place<'a>, placed: &Placed) -> Self {
        match (place.screen, place.kind) {
            (None, _) => Self::Global(place.id),
            (Some(_), FileKind::Index) => Self::Screen(at_home(placed)),
            (Some(_), _) => Self::Screen(elsewhere(placed)),
        }
    }
}

fn at_home(placed: &Placed) -> Moment {
    match placed.event.as_deref() {
        Some("onLoad") => Moment::Load,
        Some(_) => Moment::Home,
        None => Moment::Tap,
    }
}

fn elsewhere(placed: &Placed) -> Moment {
    if placed.event.is_some() { Moment::Screen } else { Moment::Tap }
}

/// Every action that is not inside another one, with where it stands.
pub(super) fn roots(project: &Project) -> impl Iterator<Item = (&Placed, Root<'_>)> {
    let home = project.home.actions.iter().map(|root| (root, Root::Screen(at_home(root))));
    let others = project.screens().skip(1).flat_map(|screen| &screen.actions);
    let others = others.map(|root| (root, Root::Screen(elsewhere(root))));
    let globals = project.actions.iter().map(|(id, global)| (&global.placed, Root::Global(id)));
    home.chain(others).chain(globals)
}

impl<'a> Triggers<'a> {
    pub fn of(project: &'a Project) -> Self {
        let mut triggers = Self {
            calls: BTreeMap::new(),
            moments: HashMap::new(),
            members: HashMap::new(),
            computed: false,
        };
        roots(project).for_each(|(root, place)| triggers.add(root, place));
        triggers.spread();
        triggers
    }

    /// The calls of a global action, in order of the app.
    pub fn calls(&self, id: &str) -> &[Call<'a>] {
        self.calls.get(id).map_or(&[], Vec::as_slice)
    }

    /// When a root runs; `None` when that is not known, because expressions choose what is called.
    pub fn moments(&self, root: Root<'_>) -> Option<BTreeSet<Moment>> {
        match root {
            Root::Screen(moment) => Some(BTreeSet::from([moment])),
            Root::Global(_) if self.computed => None,
            Root::Global(id) => Some(self.moments.get(id).cloned().unwrap_or_default()),
        }
    }

    /// Where the syncs with this instance id stand.
    pub fn syncs(&self, id: &str) -> &[Root<'a>] {
        self.members.get(id).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, root: &'a Placed, place: Root<'a>) {
        root.action.visit(&mut |action| {
            if action.type_name.value == "action.execute-action" {
                self.call(root, action, place);
            }
            if action.body.sync() == Some(SyncRole::Member)
                && let Some(id) = &action.instance_id
            {
                self.members.entry(&id.value).or_default().push(place);
            }
        });
    }

    fn call(&mut self, root: &'a Placed, action: &'a ActionNode, place: Root<'a>) {
        let mut called = action.uses.iter().filter(|used| used.kind == UseKind::Action).peekable();
        self.computed |= called.peek().is_none();
        for used in called {
            let inside = match place {
                Root::Global(id) => Some(id),
                Root::Screen(moment) => {
                    self.moments.entry(&used.id).or_default().insert(moment);
                    None
                }
            };
            self.calls.entry(&used.id).or_default().push(Call { root, action, inside });
        }
    }

    /// What a global action calls runs when the action does.
    fn spread(&mut self) {
        let mut called_by: HashMap<&str, Vec<&'a str>> = HashMap::new();
        for (id, calls) in &self.calls {
            for outer in calls.iter().filter_map(|call| call.inside) {
                called_by.entry(outer).or_default().push(id);
            }
        }
        let known = self.moments.iter().flat_map(|(id, moments)| moments.iter().map(|moment| (*id, *moment)));
        let mut waiting: Vec<(&'a str, Moment)> = known.collect();
        while let Some((id, moment)) = waiting.pop() {
            for called in called_by.get(id).into_iter().flatten() {
                if self.moments.entry(called).or_default().insert(moment) {
                    waiting.push((called, moment));
                }
            }
        }
    }
}
