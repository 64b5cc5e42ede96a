//! The graph as text, Mermaid and Graphviz.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::build::{Edge, Graph, Kind, Node};
use crate::cli::paint::Paint;

/// An indented tree: first the events, then whatever no tree has shown. What was shown above is not
/// unfolded again, and neither is a screen on which something is shown.
pub(super) fn text(graph: &Graph, paint: Paint) -> String {
    let mut tree = Tree { graph, paint, shown: BTreeSet::new(), out: String::new() };
    for node in graph.nodes.iter().filter(|node| node.kind == Kind::Event) {
        tree.root(node);
    }
    for node in
        graph.nodes.iter().filter(|node| node.kind == Kind::Jig && tree_leads(graph, node).next().is_some())
    {
        tree.root(node);
    }
    let targets: BTreeSet<&str> = graph.edges.iter().map(|edge| edge.to.as_str()).collect();
    let (inner, outer): (Vec<_>, Vec<_>) =
        graph.nodes.iter().partition(|node| targets.contains(node.id.as_str()));
    // The inner ones that are left go round in circles.
    for node in outer.into_iter().chain(inner) {
        tree.root(node);
    }
    tree.out
}

/// What a node leads to in the tree, where events stand on their own.
fn tree_leads<'g>(graph: &'g Graph, node: &Node) -> impl Iterator<Item = &'g Edge> {
    graph.edges.iter().filter(move |edge| edge.from == node.id && edge.label != "has")
}

struct Tree<'g> {
    graph: &'g Graph,
    paint: Paint,
    shown: BTreeSet<&'g str>,
    out: String,
}

impl<'g> Tree<'g> {
    fn root(&mut self, node: &'g Node) {
        if self.shown.insert(&node.id) {
            self.line(node, "", 0, "");
            self.leads(node, 0);
        }
    }

    fn leads(&mut self, node: &'g Node, depth: usize) {
        for edge in tree_leads(self.graph, node) {
            if let Some(next) = self.graph.nodes.iter().find(|node| node.id == edge.to) {
                self.node(next, edge.label, depth + 1);
            }
        }
    }

    fn node(&mut self, node: &'g Node, label: &str, depth: usize) {
        let unfolds = node.kind != Kind::Jig && tree_leads(self.graph, node).next().is_some();
        let first = node.kind == Kind::Jig || self.shown.insert(&node.id);
        self.line(node, label, depth, if unfolds && !first { "  (above)" } else { "" });
        if unfolds && first {
            self.leads(node, depth);
        }
    }

    fn line(&mut self, node: &Node, label: &str, depth: usize, again: &str) {
        let label = if label.is_empty() { String::new() } else { format!("{} ", self.paint.dim(label)) };
        let name = self.paint.bold(&node.name);
        let _ = writeln!(self.out, "{}{label}{} {name}{again}", "  ".repeat(depth), node.kind.word());
    }
}

/// A flowchart for Markdown pages.
pub(super) fn mermaid(graph: &Graph) -> String {
    let ids = numbers(graph);
    let mut out = String::from("flowchart LR\n");
    for node in &graph.nodes {
        let name = node.name.replace('"', "#quot;");
        let (open, close) = shape(node.kind);
        let _ = writeln!(out, "  {}{open}\"{}: {name}\"{close}", ids[node.id.as_str()], node.kind.word());
    }
    for edge in &graph.edges {
        let (from, to) = (&ids[edge.from.as_str()], &ids[edge.to.as_str()]);
        let _ = writeln!(out, "  {from} -->|{}| {to}", edge.label);
    }
    out
}

/// A graph for Graphviz.
pub(super) fn dot(graph: &Graph) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut out = String::from("digraph app {\n  rankdir=LR;\n  node [shape=box];\n");
    for node in &graph.nodes {
        let label = quoted(&format!("{}: {}", node.kind.word(), node.name));
        let _ = writeln!(out, "  {} [label={label}];", quoted(&node.id));
    }
    for edge in &graph.edges {
        let _ =
            writeln!(out, "  {} -> {} [label={}];", quoted(&edge.from), quoted(&edge.to), quoted(edge.label));
    }
    out.push_str("}\n");
    out
}

fn numbers(graph: &Graph) -> BTreeMap<&str, String> {
    graph.nodes.iter().enumerate().map(|(n, node)| (node.id.as_str(), format!("n{n}"))).collect()
}

fn shape(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Event => ("([", "])"),
        Kind::Table => ("[(", ")]"),
        Kind::Scope => ("{{", "}}"),
        Kind::Datasource => ("[/", "/]"),
        _ => ("[", "]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for (from, to) in edges {
            for name in [from, to] {
                if graph.nodes.iter().all(|node| node.name != **name) {
                    let id = format!("table:{name}");
                    graph.nodes.push(Node { id, kind: Kind::Table, name: (*name).to_owned(), place: None });
                }
            }
            let edge = Edge { from: format!("table:{from}"), to: format!("table:{to}"), label: "to" };
            graph.edges.push(edge);
        }
        graph
    }

    #[test]
    fn text_unfolds_everything_once() {
        let shown = text(&graph(&[("a", "b"), ("a", "c"), ("c", "b"), ("b", "d")]), Paint::Plain);
        let expected = "table a\n  to table b\n    to table d\n  to table c\n    to table b  (above)\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn circles_end() {
        assert_eq!(
            text(&graph(&[("a", "b"), ("b", "a")]), Paint::Plain),
            "table a\n  to table b\n    to table a  (above)\n"
        );
    }

    #[test]
    fn focus_keeps_what_leads_there_and_on() {
        let focused = graph(&[("a", "b"), ("b", "c"), ("x", "c"), ("a", "y")]).around("b");
        let names = focused.map(|graph| graph.nodes.into_iter().map(|node| node.name).collect::<Vec<_>>());
        assert_eq!(names, Some(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]));
        assert!(graph(&[("a", "b")]).around("z").is_none());
    }

    #[test]
    fn names_are_quoted() {
        let mut quoted = graph(&[("a", "b")]);
        quoted.nodes[0].name = "say \"x\"".to_owned();
        assert!(dot(&quoted).contains(r#"label="table: say \"x\"""#));
        assert!(mermaid(&quoted).contains("n0[(\"table: say #quot;x#quot;\")]"));
    }
}
