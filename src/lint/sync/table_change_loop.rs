//! A table whose changes change it again.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use crate::action::{ActionNode, UseKind};
use crate::app::Placed;
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::expr::Template;
use crate::lint::Cx;
use crate::lint::changes::changes;
use crate::lint::cycles::circles;
use crate::lint::rule::{Check, Rule};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "table-change-loop",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "the handler of a changed table changes the table again",
        docs: PAGE,
    },
    checks: &[Check::App(check)],
};

const PAGE: &str = "\
Finds handlers under `onTableChanged` that change the table they watch, themselves or through global actions
that they call or through the handlers of other tables. Syncing the table is a change too.

Each run sets off the next one, without end. Write to another table, or guard the action with a `when` or
`condition` that ends the circle; a guarded action is not reported.

```yaml wrong
# index.jigx
title: Tasks
onTableChanged:
  - table: tasks
    action:
      type: action.sync-entities
      options:
        provider: DATA_PROVIDER_DYNAMIC
        entities: [default/tasks]
```

```yaml right
# index.jigx
title: Tasks
onTableChanged:
  - table: tasks
    action:
      type: action.sync-entities
      options:
        provider: DATA_PROVIDER_DYNAMIC
        entities: [default/summaries]
```
";

fn check(cx: &mut Cx<'_>) {
    let handlers = cx.project.home.screen().actions.iter().filter(|placed| placed.table.is_some());
    let handlers: Vec<&Placed> = handlers.collect();
    if handlers.is_empty() {
        return;
    }
    let graph = Graph::of(cx, &handlers);
    for circle in circles(&graph.next) {
        report(cx, &graph, &handlers, &circle);
    }
}

/// What leads to what: tables to their handlers, handlers and actions to tables and actions.
struct Graph {
    /// The first nodes are the handlers, in their order.
    next: Vec<Vec<usize>>,
    /// The places of the changes, by the changing node and the table.
    changes: HashMap<(usize, usize), Span>,
    tables: HashMap<String, usize>,
    handlers: usize,
}

impl Graph {
    fn of(cx: &Cx<'_>, handlers: &[&Placed]) -> Self {
        let mut graph = Self {
            next: vec![Vec::new(); handlers.len()],
            changes: HashMap::new(),
            tables: HashMap::new(),
            handlers: handlers.len(),
        };
        let mut actions = HashMap::new();
        for id in cx.project.actions.keys() {
            actions.insert(id, graph.node());
        }
        for (at, handler) in handlers.iter().enumerate() {
            let table = graph.table(cx, handler.table.as_deref().unwrap_or_default());
            graph.next[table].push(at);
            graph.add(cx, at, &handler.action, &actions);
        }
        for (id, global) in cx.project.actions.iter() {
            graph.add(cx, actions[id], &global.placed.action, &actions);
        }
        graph
    }

    fn node(&mut self) -> usize {
        self.next.push(Vec::new());
        self.next.len() - 1
    }

    /// The node of a table, written with its database or without.
    fn table(&mut self, cx: &Cx<'_>, name: &str) -> usize {
        let bare =
            name.split_once('/').filter(|_| cx.project.is_dynamic(name)).map_or(name, |(_, bare)| bare);
        if let Some(known) = self.tables.get(bare) {
            return *known;
        }
        let node = self.node();
        self.tables.insert(bare.to_owned(), node);
        node
    }

    /// Adds what an action does without a guard and without a tap.
    fn add(&mut self, cx: &Cx<'_>, from: usize, action: &ActionNode, actions: &HashMap<&str, usize>) {
        if is_guarded(action) || action.type_name.value == "action.confirm" {
            return;
        }
        for write in changes(cx, action) {
            let table = self.table(cx, write.table);
            self.changes.entry((from, table)).or_insert(write.by);
            self.next[from].push(table);
        }
        let called = action.uses.iter().filter(|used| used.kind == UseKind::Action);
        self.next[from].extend(called.filter_map(|used| actions.get(used.id.as_str())));
        let inside = action.body.children().into_iter().chain(action.success.as_deref());
        inside.for_each(|inner| self.add(cx, from, inner, actions));
    }

    /// The shortest way within `circle` from a handler back to it, which stands at both ends.
    fn way_round(&self, circle: &[usize], handler: usize) -> Vec<usize> {
        let mut before: HashMap<usize, usize> = HashMap::new();
        let mut waiting = VecDeque::from([handler]);
        while let Some(node) = waiting.pop_front() {
            for to in self.next[node].iter().filter(|to| circle.binary_search(to).is_ok()) {
                if before.contains_key(to) {
                    continue;
                }
                before.insert(*to, node);
                waiting.push_back(*to);
            }
        }
        let mut way = vec![handler];
        let mut at = before.get(&handler);
        while let Some(node) = at.filter(|node| **node != handler) {
            way.push(*node);
            at = before.get(node);
        }
        way.push(handler);
        way.reverse();
        way
    }
}

fn is_guarded(action: &ActionNode) -> bool {
    let always = |when: &Template| matches!(when, Template::Literal(Value::Bool(true)));
    let when = action.guard.when.as_ref().is_some_and(|when| !always(&when.value));
    when || action.guard.condition.is_some()
}

fn report(cx: &mut Cx<'_>, graph: &Graph, handlers: &[&Placed], circle: &[usize]) {
    let Some(first) = circle.first().copied().filter(|node| *node < graph.handlers) else { return };
    let way = graph.way_round(circle, first);
    let watched = handlers[first].table.as_deref().unwrap_or_default();
    let others: Vec<&str> = way
        .iter()
        .filter(|node| **node < graph.handlers && **node != first)
        .filter_map(|node| handlers[*node].table.as_deref())
        .collect();
    let message = match others.as_slice() {
        [] => format!("the handler of `{watched}` changes `{watched}`, which runs it again without end"),
        several => format!(
            "the handlers of `{watched}` and `{}` set each other off without end",
            several.join("`, `")
        ),
    };
    let mut finding = cx.finding(table_place(cx, handlers[first]), message);
    for pair in way.windows(2) {
        if let Some(change) = graph.changes.get(&(pair[0], pair[1])) {
            finding = finding.label(*change, "changed here");
        }
    }
    let help = "write to another table, or guard the action with a `when` or a `condition`";
    cx.report(finding.help(help));
}

/// Where a handler names its table.
fn table_place(cx: &Cx<'_>, handler: &Placed) -> Span {
    let entry = handler.action.pointer.strip_suffix("/action");
    let node = entry.zip(cx.source(handler.file)).and_then(|(entry, source)| source.tree.root.at(entry));
    node.and_then(|node| node.get("table")).map_or(handler.action.span, |node: &Node| node.span)
}
