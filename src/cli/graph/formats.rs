//! The graph as text, Mermaid and Graphviz.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{Graph, Kind, Node};
use crate::cli::paint::Paint;

/// An indented tree for every thing that nothing leads to; what was shown above is not unfolded
/// again.
pub(super) fn text(graph: &Graph, paint: Paint) -> String {
    let targets: BTreeSet<&str> = graph.edges.iter().map(|edge| edge.to.as_str()).collect();
    let mut tree = Tree { graph, paint, shown: BTreeSet::new(), out: String::new() };
    let roots = graph.nodes.iter().filter(|node| !targets.contains(node.id.as_str()));
    for root in roots {
        tree.node(root, "", 0);
    }
    // What is left goes round in circles.
    for node in &graph.nodes {
        if !tree.shown.contains(node.id.as_str()) {
            tree.node(node, "", 0);
        }
    }
    tree.out
}

struct Tree<'g> {
    graph: &'g Graph,
    paint: Paint,
    shown: BTreeSet<&'g str>,
    out: String,
}

impl<'g> Tree<'g> {
    fn node(&mut self, node: &'g Node, label: &str, depth: usize) {
        let first = self.shown.insert(&node.id);
        let leads: Vec<_> = self.graph.edges.iter().filter(|edge| edge.from == node.id).collect();
        let again = if first || leads.is_empty() { "" } else { "  (above)" };
        let label = if label.is_empty() { String::new() } else { format!("{} ", self.paint.dim(label)) };
        let name = self.paint.bold(&node.name);
        let line = format!("{}{label}{} {name}{again}\n", "  ".repeat(depth), node.kind.word());
        self.out.push_str(&line);
        if !first {
            return;
        }
        for edge in leads {
            if let Some(next) = self.graph.nodes.iter().find(|node| node.id == edge.to) {
                self.node(next, edge.label, depth + 1);
            }
        }
    }
}

/// A flowchart for Markdown pages.
pub(super) fn mermaid(graph: &Graph) -> String {
    let ids = numbers(graph);
    let mut out = String::from("flowchart LR\n");
    for node in &graph.nodes {
        let name = node.name.replace('"', "#quot;");
        let (open, close) = shape(node.kind);
        out.push_str(&format!("  {}{open}\"{}: {name}\"{close}\n", ids[node.id.as_str()], node.kind.word()));
    }
    for edge in &graph.edges {
        let (from, to) = (&ids[edge.from.as_str()], &ids[edge.to.as_str()]);
        out.push_str(&format!("  {from} -->|{}| {to}\n", edge.label));
    }
    out
}

/// A graph for Graphviz.
pub(super) fn dot(graph: &Graph) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut out = String::from("digraph app {\n  rankdir=LR;\n  node [shape=box];\n");
    for node in &graph.nodes {
        let label = quoted(&format!("{}: {}", node.kind.word(), node.name));
        out.push_str(&format!("  {} [label={label}];\n", quoted(&node.id)));
    }
    for edge in &graph.edges {
        out.push_str(&format!("  {} -> {} [label={}];\n", quoted(&edge.from), quoted(&edge.to), quoted(edge.label)));
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
    use super::super::build::Edge;
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
        assert_eq!(text(&graph(&[("a", "b"), ("b", "a")]), Paint::Plain), "table a\n  to table b\n    to table a  (above)\n");
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
