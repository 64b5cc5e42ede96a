//! What makes an action run: which events, and which calls of global actions.

use std::collections::{BTreeSet, HashSet};

use super::known::ALL;
use super::table::{Add, Sight};
use super::{Cx, Place};
use crate::action::{ActionNode, SyncRole, UseKind};
use crate::app::{FileKind, Holds, Part, Placed};
use crate::diag::Span;

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

/// The same, to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RootRow {
    Screen(Moment),
    Global(String),
}

/// A call of a global action.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CallRow {
    from: RootRow,
    /// The calling action.
    action: Span,
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
        match place.screen {
            None => Self::Global(place.id),
            Some(_) => Self::Screen(moment(place.kind, placed)),
        }
    }
}

impl RootRow {
    pub fn as_root(&self) -> Root<'_> {
        match self {
            Self::Screen(moment) => Root::Screen(*moment),
            Self::Global(id) => Root::Global(id),
        }
    }
}

fn moment(kind: FileKind, placed: &Placed) -> Moment {
    match (placed.event.as_deref(), kind) {
        (None, _) => Moment::Tap,
        (Some("onLoad"), FileKind::Index) => Moment::Load,
        (Some(_), FileKind::Index) => Moment::Home,
        (Some(_), _) => Moment::Screen,
    }
}

/// The actions of a part of the app that are not inside another one, with where they stand.
pub(super) fn roots(part: &Part) -> impl Iterator<Item = (&Placed, RootRow)> {
    let roots: &[Placed] = match &part.holds {
        Holds::Screen(screen) => &screen.actions,
        Holds::Action(global) => std::slice::from_ref(&global.placed),
        _ => &[],
    };
    roots.iter().map(|placed| match &part.holds {
        Holds::Action(_) => (placed, RootRow::Global(part.id.clone())),
        _ => (placed, RootRow::Screen(moment(part.kind, placed))),
    })
}

/// Adds the calls of global actions; those whose action an expression chooses stand under no id.
pub(super) fn calls(file: Sight<'_>, add: Add<'_, CallRow>) {
    for (root, from) in file.parts().flat_map(roots) {
        root.action.visit(&mut |action| {
            if action.type_name.value != "action.execute-action" {
                return;
            }
            let mut called = action.uses.iter().filter(|used| used.kind == UseKind::Action).peekable();
            if called.peek().is_none() {
                add(ALL, CallRow { from: from.clone(), action: action.span });
            }
            called.for_each(|used| add(&used.id, CallRow { from: from.clone(), action: action.span }));
        });
    }
}

/// Adds where the syncs stand that have an instance id.
pub(super) fn syncs(file: Sight<'_>, add: Add<'_, RootRow>) {
    for (root, from) in file.parts().flat_map(roots) {
        root.action.visit(&mut |action| {
            if let (Some(SyncRole::Member), Some(id)) = (action.body.sync(), &action.instance_id) {
                add(&id.value, from.clone());
            }
        });
    }
}

/// What makes the actions of an app run.
pub(super) struct Triggers<'c, 'a> {
    cx: &'c Cx<'a>,
}

impl<'a> Cx<'a> {
    /// Who calls which global action, and when.
    pub fn triggers(&self) -> Triggers<'_, 'a> {
        Triggers { cx: self }
    }
}

impl<'a> Triggers<'_, 'a> {
    /// The calls of a global action, in order of the app.
    pub fn calls(&self, id: &str) -> Vec<Call<'a>> {
        self.rows(id).filter_map(|row| self.call(row)).collect()
    }

    /// When a root runs; `None` when that is not known, because expressions choose what is called.
    pub fn moments(&self, root: Root<'_>) -> Option<BTreeSet<Moment>> {
        let id = match root {
            Root::Screen(moment) => return Some(BTreeSet::from([moment])),
            Root::Global(id) => id,
        };
        let computed = self.rows(ALL).next().is_some();
        if computed { None } else { self.callers_moments(id) }
    }

    /// Where the syncs with this instance id stand.
    pub fn syncs(&self, id: &str) -> Vec<Root<'a>> {
        self.cx.rows(|known| &known.syncs, id).iter().map(|(_, root)| root.as_root()).collect()
    }

    /// When the callers of a global action run, and theirs; `None` when there are too many to look at.
    fn callers_moments(&self, id: &str) -> Option<BTreeSet<Moment>> {
        const MOST: usize = 1000;
        let mut moments = BTreeSet::new();
        let mut seen = HashSet::from([id.to_owned()]);
        let mut waiting = vec![id.to_owned()];
        while let Some(id) = waiting.pop() {
            for row in self.rows(&id) {
                match &row.from {
                    RootRow::Screen(moment) => _ = moments.insert(*moment),
                    RootRow::Global(outer) if seen.insert(outer.clone()) => waiting.push(outer.clone()),
                    RootRow::Global(_) => {}
                }
            }
            if seen.len() > MOST {
                return None;
            }
        }
        Some(moments)
    }

    fn rows(&self, id: &str) -> impl Iterator<Item = &'a CallRow> + use<'a> {
        self.cx.rows(|known| &known.calls, id).iter().map(|(_, row)| row)
    }

    fn call(&self, row: &'a CallRow) -> Option<Call<'a>> {
        let sight = self.cx.sight(row.action.file)?;
        let (root, _) =
            sight.parts().flat_map(roots).find(|(root, _)| root.action.span.contains(row.action))?;
        let mut found = None;
        root.action.visit(&mut |action| {
            if action.span == row.action {
                found.get_or_insert(action);
            }
        });
        let inside = if let RootRow::Global(id) = &row.from { Some(id.as_str()) } else { None };
        Some(Call { root, action: found?, inside })
    }
}
