//! The actions of a run as a tree, and the lines that tell of it in the order of the app.
//!
//! Events of actions that run side by side come mixed. A line is given out only when everything
//! above it has been told, so that the report reads like the app and two runs of it read alike.

use crate::run::{ActionRef, Event, Failure, Outcome, SkipReason};

/// What has been seen of a run so far.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    roots: Vec<usize>,
}

/// One action of the run.
#[derive(Debug)]
struct Node {
    action: ActionRef,
    guard: Option<String>,
    children: Vec<usize>,
    end: Option<End>,
    effect: bool,
    tables: Vec<Arrived>,
    told: Told,
}

/// How an action ended.
#[derive(Debug, Clone)]
pub(super) enum End {
    /// It was performed.
    Finished { outcome: Outcome, error: Option<Failure>, ms: u64 },
    /// It was not.
    Skipped { reason: SkipReason, detail: Option<String> },
}

impl End {
    /// Whether it failed or was skipped.
    pub(super) fn is_trouble(&self) -> bool {
        matches!(self, Self::Finished { outcome: Outcome::Failed, .. } | Self::Skipped { .. })
    }
}

/// Rows of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrived {
    pub(super) entity: String,
    pub(super) rows: u64,
    pub(super) pages: u64,
    pub(super) bytes: u64,
    /// What is to be said in place of the numbers.
    pub(super) note: Option<String>,
    /// Rows inserted, updated, unchanged and deleted; known at the end.
    pub(super) outcome: Option<[u64; 4]>,
}

/// How much of a node has been given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Opening,
    All,
}

/// A line of the report.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) depth: usize,
    pub(super) action: ActionRef,
    /// Why its guards let it through.
    pub(super) guard: Option<String>,
    pub(super) what: What,
}

/// What a line tells of its action.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// It holds the lines that follow.
    Opens,
    /// It has ended.
    Ended { end: End, effect: bool, tables: Vec<Arrived> },
    /// It held the lines before and did not end well.
    Closes(End),
}

impl Tree {
    /// Takes an event and gives the lines that can be told now.
    pub(super) fn take(&mut self, event: &Event) -> Vec<Line> {
        match event {
            Event::ActionStarted { action, guard } => {
                self.add(action, guard.clone(), None);
            }
            Event::ActionSkipped { action, reason, detail } => {
                let end = End::Skipped { reason: *reason, detail: detail.clone() };
                // A start may turn out not to be allowed after it has begun.
                match self.open(|node| node.action.path == action.path && node.children.is_empty()) {
                    Some(at) => self.nodes[at].end = Some(end),
                    None => self.add(action, None, Some(end)),
                }
            }
            Event::ActionFinished { action, outcome, error, duration_ms } => {
                let end = End::Finished { outcome: *outcome, error: error.clone(), ms: *duration_ms };
                if let Some(at) = self.open(|node| node.action.path == action.path) {
                    self.nodes[at].end = Some(end);
                }
            }
            Event::Effect { type_name, .. } => {
                if let Some(at) = self.open(|node| node.action.type_name == *type_name) {
                    self.nodes[at].effect = true;
                }
            }
            _ => {}
        }
        let mut lines = Vec::new();
        self.advance(&self.roots.clone(), 0, &mut lines);
        lines
    }

    /// Rows that have arrived for a table of the instance, or of the action that began last.
    pub(super) fn arrived(&mut self, instance: Option<&str>, arrived: Arrived) {
        let Some(at) = self.syncing(instance) else { return };
        let tables = &mut self.nodes[at].tables;
        match tables.iter_mut().find(|table| table.entity == arrived.entity) {
            // A second fetch into the same table of the same action begins again at few rows.
            Some(table) if table.rows <= arrived.rows && table.outcome.is_none() => *table = arrived,
            _ => tables.push(arrived),
        }
    }

    /// What has become of the rows of a table.
    pub(super) fn filled(&mut self, instance: Option<&str>, entity: &str, outcome: [u64; 4]) {
        let Some(at) = self.syncing(instance) else { return };
        let tables = &mut self.nodes[at].tables;
        // What came twice is one row.
        let [inserted, updated, unchanged, _] = outcome;
        let rows = inserted + updated + unchanged;
        match tables.iter_mut().rev().find(|table| table.entity == entity && table.outcome.is_none()) {
            Some(table) => {
                table.rows = rows;
                table.outcome = Some(outcome);
            }
            // Without pages there is something to tell only when rows are gone.
            None if outcome == [0; 4] => {}
            None => {
                let entity = entity.to_owned();
                tables.push(Arrived { entity, rows, pages: 0, bytes: 0, note: None, outcome: Some(outcome) });
            }
        }
    }

    /// The sync of the instance that is at work, or the one that began last.
    fn syncing(&self, instance: Option<&str>) -> Option<usize> {
        let syncs = |node: &Node| node.action.type_name == "action.sync-entities";
        let named =
            instance.and_then(|id| self.open(|node| syncs(node) && node.action.id.as_deref() == Some(id)));
        named.or_else(|| self.open(syncs))
    }

    fn add(&mut self, action: &ActionRef, guard: Option<String>, end: Option<End>) {
        let parent = self.parent_of(&action.path);
        let at = self.nodes.len();
        self.nodes.push(Node {
            action: action.clone(),
            guard,
            children: Vec::new(),
            end,
            effect: false,
            tables: Vec::new(),
            told: Told::Nothing,
        });
        match parent {
            Some(parent) => self.nodes[parent].children.push(at),
            None => self.roots.push(at),
        }
    }

    /// The action around it in the file, or the call that led to another file.
    fn parent_of(&self, path: &str) -> Option<usize> {
        let inside =
            |node: &Node| path.strip_prefix(&node.action.path).is_some_and(|rest| rest.starts_with('/'));
        let nearest = self
            .open_nodes()
            .filter(|at| inside(&self.nodes[*at]))
            .max_by_key(|at| self.nodes[*at].action.path.len());
        nearest.or_else(|| self.open(|node| node.action.type_name == "action.execute-action"))
    }

    /// The action that began last among those that have not ended.
    fn open(&self, is_it: impl Fn(&Node) -> bool) -> Option<usize> {
        self.open_nodes().rev().find(|at| is_it(&self.nodes[*at]))
    }

    fn open_nodes(&self) -> impl DoubleEndedIterator<Item = usize> {
        (0..self.nodes.len()).filter(|at| self.nodes[*at].end.is_none())
    }

    /// Tells what can be told of these; true when all of it is told.
    fn advance(&mut self, nodes: &[usize], depth: usize, lines: &mut Vec<Line>) -> bool {
        nodes.iter().all(|at| self.nodes[*at].told == Told::All || self.tell(*at, depth, lines))
    }

    fn tell(&mut self, at: usize, depth: usize, lines: &mut Vec<Line>) -> bool {
        if self.nodes[at].children.is_empty() {
            return self.tell_leaf(at, depth, lines);
        }
        if self.nodes[at].told == Told::Nothing {
            self.nodes[at].told = Told::Opening;
            lines.push(self.line(at, depth, What::Opens));
        }
        let children = self.nodes[at].children.clone();
        if !self.advance(&children, depth + 1, lines) {
            return false;
        }
        let Some(end) = self.nodes[at].end.clone() else { return false };
        self.nodes[at].told = Told::All;
        // What failed inside has been told there.
        if matches!(end, End::Finished { error: Some(_), .. }) {
            lines.push(self.line(at, depth, What::Closes(end)));
        }
        true
    }

    fn tell_leaf(&mut self, at: usize, depth: usize, lines: &mut Vec<Line>) -> bool {
        let node = &mut self.nodes[at];
        let Some(end) = node.end.clone() else { return false };
        node.told = Told::All;
        let what = What::Ended { end, effect: node.effect, tables: node.tables.clone() };
        lines.push(self.line(at, depth, what));
        true
    }

    fn line(&self, at: usize, depth: usize, what: What) -> Line {
        let node = &self.nodes[at];
        Line { depth, action: node.action.clone(), guard: node.guard.clone(), what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(type_name: &str, path: &str) -> ActionRef {
        ActionRef { id: None, type_name: format!("action.{type_name}"), path: path.to_owned() }
    }

    fn started(type_name: &str, path: &str) -> Event {
        Event::ActionStarted { action: action(type_name, path), guard: None }
    }

    fn finished(type_name: &str, path: &str) -> Event {
        let action = action(type_name, path);
        Event::ActionFinished { action, outcome: Outcome::Ok, error: None, duration_ms: 1 }
    }

    fn told(tree: &mut Tree, event: &Event) -> Vec<String> {
        let lines = tree.take(event);
        lines.iter().map(|line| format!("{}{}", "  ".repeat(line.depth), line.action.path)).collect()
    }

    #[test]
    fn tells_what_runs_side_by_side_in_the_order_of_its_start() {
        let mut tree = Tree::default();
        assert_eq!(told(&mut tree, &started("action-list", "a#/x")), [""; 0]);
        assert_eq!(told(&mut tree, &started("sync-entities", "a#/x/1")), ["a#/x"]);
        assert_eq!(told(&mut tree, &started("sync-entities", "a#/x/2")), [""; 0]);
        assert_eq!(told(&mut tree, &finished("sync-entities", "a#/x/2")), [""; 0]);
        assert_eq!(told(&mut tree, &finished("sync-entities", "a#/x/1")), ["  a#/x/1", "  a#/x/2"]);
        assert_eq!(told(&mut tree, &finished("action-list", "a#/x")), [""; 0]);
    }

    #[test]
    fn a_called_action_stands_below_its_call() {
        let mut tree = Tree::default();
        tree.take(&started("execute-action", "index#/onLoad"));
        tree.take(&started("evaluate", "refresh#/action"));
        assert_eq!(told(&mut tree, &finished("evaluate", "refresh#/action")), ["  refresh#/action"]);
    }

    #[test]
    fn the_same_action_can_run_twice() {
        let mut tree = Tree::default();
        for _ in 0..2 {
            assert!(tree.take(&started("evaluate", "a#/x")).is_empty());
            assert_eq!(told(&mut tree, &finished("evaluate", "a#/x")), ["a#/x"]);
        }
    }

    #[test]
    fn paths_are_compared_by_their_parts() {
        let mut tree = Tree::default();
        tree.take(&started("action-list", "a#/x/1"));
        tree.take(&finished("action-list", "a#/x/1"));
        tree.take(&started("action-list", "a#/x/10"));
        assert_eq!(told(&mut tree, &finished("action-list", "a#/x/10")), ["a#/x/10"]);
    }

    #[test]
    fn rows_belong_to_the_instance_that_they_arrived_for() {
        let mut tree = Tree::default();
        let sync = |id: &str, path: &str| ActionRef { id: Some(id.into()), ..action("sync-entities", path) };
        tree.take(&Event::ActionStarted { action: sync("one", "a#/1"), guard: None });
        tree.take(&Event::ActionStarted { action: sync("two", "a#/2"), guard: None });
        tree.arrived(
            Some("one"),
            Arrived { entity: "t".into(), rows: 5, pages: 1, bytes: 9, note: None, outcome: None },
        );
        tree.arrived(
            Some("one"),
            Arrived { entity: "t".into(), rows: 9, pages: 2, bytes: 18, note: None, outcome: None },
        );
        let lines = tree.take(&finished("sync-entities", "a#/1"));
        let What::Ended { tables, .. } = &lines[0].what else { panic!("{lines:?}") };
        assert_eq!(tables.iter().map(|table| table.rows).collect::<Vec<_>>(), [9]);
    }
}
