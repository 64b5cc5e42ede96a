//! `graph`: what in an app refers to what.

mod build;
mod formats;

use clap::ValueEnum;

use super::Exit;
use super::app::{App, AppArg};
use super::failure::Failure;
use super::shell::Shell;
use crate::diag::did_you_mean;

/// Shows what in an app refers to what: events, actions, scopes, instances, functions, tables,
/// datasources and jigs.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    app: AppArg,
    /// How the graph is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Show only what leads to this id and what it leads to
    #[arg(long, value_name = "ID")]
    focus: Option<String>,
}

/// How the graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// An indented tree.
    Text,
    /// A Mermaid flowchart.
    Mermaid,
    /// Graphviz.
    Dot,
    /// Nodes and edges.
    Json,
}

pub(super) fn run(args: &Args, shell: &Shell) -> Result<Exit, Failure> {
    let app = App::open(&args.app.app, shell)?;
    app.warn_of_errors(shell);
    let whole = build::graph(app.project(), &app.files);
    let graph = match &args.focus {
        None => whole,
        Some(id) => whole.around(id).ok_or_else(|| unknown(id, &whole))?,
    };
    match args.format {
        Format::Text => shell.out.print(&formats::text(&graph, shell.out.paint))?,
        Format::Mermaid => shell.out.print(&formats::mermaid(&graph))?,
        Format::Dot => shell.out.print(&formats::dot(&graph))?,
        Format::Json => shell.out.json(&graph)?,
    }
    Ok(Exit::Clean)
}

fn unknown(id: &str, graph: &build::Graph) -> Failure {
    let help = did_you_mean(id, graph.nodes.iter().map(|node| node.name.as_str()));
    Failure::usage(format!("nothing in this app is called `{id}`")).help(help)
}
