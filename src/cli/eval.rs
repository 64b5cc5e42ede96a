//! `eval`: the value of an expression or a condition in an app's context.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::Exit;
use super::app::App;
use super::failure::Failure;
use super::output::Format;
use super::run::{Assignment, Silent, assignment};
use super::session::{Database, DatabaseArg, open_recovered};
use super::shell::Shell;
use crate::expr::{Condition, EvalExpr, Expression, is_expression};
use crate::run::{Clock, Engine, Providers, RunError, RunOptions, Stop, SystemClock};
use crate::store::Store;

/// Evaluates an expression, which begins with `=`, or else a condition such as
/// `scope::state("load") == "synced"`, on the app's current database.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The app, and the expression or condition; `-` reads it from standard input
    #[arg(value_names = ["APP", "EXPR"], num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// Evaluate it on this jig
    #[arg(long, value_name = "ID")]
    jig: Option<String>,
    /// An input of the jig, read as `@ctx.jig.inputs.KEY`; VALUE is JSON or text
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    input: Vec<Assignment>,
    /// A state of the solution, read as `@ctx.solution.state.KEY`; VALUE is JSON or text
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    state: Vec<Assignment>,
    /// How the value is written
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    database: DatabaseArg,
}

/// What is to be evaluated.
enum Wanted {
    Expression(Expression),
    Condition(Condition),
}

/// What it comes to.
#[derive(Debug, Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reads: Vec<Read>,
}

/// What a condition read.
#[derive(Debug, Serialize)]
struct Read {
    what: String,
    value: Value,
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let (path, text) = match args.words.as_slice() {
        [text] => (".", text.clone()),
        [path, text, ..] => (path.as_str(), text.clone()),
        [] => return Err(Failure::usage("an expression is missing")),
    };
    let text = if text == "-" { shell.read_stdin()?.trim_end().to_owned() } else { text };
    let wanted = parse(&text)?;
    let app = App::open(path.as_ref(), shell)?;
    app.warn_of_errors(shell);
    let store = match open_recovered(&Database::new(&app, &args.database, shell), SystemClock.now())? {
        Some(store) => store,
        None => Store::open_in_memory()?,
    };
    let answer = evaluate(&wanted, args, &app, &store).map_err(|error| failed(error, &text))?;
    show(&answer, args.format, shell)?;
    Ok(Exit::Clean)
}

fn parse(text: &str) -> Result<Wanted, Failure> {
    if is_expression(text) {
        let parsed = Expression::parse(text);
        return parsed.map(Wanted::Expression).map_err(|errors| {
            let told = errors.iter().map(|error| pointed(text, &error.range, &error.message));
            let help = errors.iter().find_map(|error| error.help.clone());
            Failure::usage(told.collect::<Vec<_>>().join("\n")).help(help)
        });
    }
    let parsed = EvalExpr::parse(text).map(|expr| Wanted::Condition(Condition::Expr(expr)));
    parsed.map_err(|error| {
        let begins = || "an expression of the app format begins with `=`".to_owned();
        Failure::usage(pointed(text, &error.range, &error.message))
            .help(Some(error.help.unwrap_or_else(begins)))
    })
}

/// The message, and below it the line with the place marked.
pub(super) fn pointed(text: &str, range: &std::ops::Range<usize>, message: &str) -> String {
    let start = text[..floor(text, range.start)].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let before = line.char_indices().take_while(|(at, _)| start + at < range.start).count();
    let marked = line.char_indices().filter(|(at, _)| range.contains(&(start + at))).count().max(1);
    format!("{message}\n  {line}\n  {}{}", " ".repeat(before), "^".repeat(marked))
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// An error of the expression shows its place.
fn failed(error: RunError, text: &str) -> Failure {
    match error {
        RunError::Eval(error) => {
            let range = error.range.unwrap_or(0..text.len());
            Failure::problem(pointed(text, &range, &error.message))
        }
        other => other.into(),
    }
}

fn evaluate(wanted: &Wanted, args: &Args, app: &App, store: &Store) -> Result<Answer, RunError> {
    let options = RunOptions {
        inputs: args.input.iter().cloned().collect(),
        state: args.state.iter().cloned().collect(),
        ..RunOptions::default()
    };
    let engine = Engine {
        project: app.project(),
        files: &app.files,
        store,
        providers: Providers::new(),
        clock: Arc::new(SystemClock),
        observer: &Silent,
        stop: Stop::new(None),
        options,
    };
    match wanted {
        Wanted::Expression(expression) => {
            let value = engine.evaluate(expression, args.jig.as_deref())?;
            Ok(Answer { value, reads: Vec::new() })
        }
        Wanted::Condition(condition) => {
            let verdict = engine.check(condition)?;
            let reads =
                verdict.reads.into_iter().map(|read| Read { what: read.what, value: read.value }).collect();
            Ok(Answer { value: Some(verdict.holds.into()), reads })
        }
    }
}

fn show(answer: &Answer, format: Format, shell: &Shell) -> Result<(), Failure> {
    if format == Format::Json {
        return shell.out.json(answer);
    }
    match &answer.value {
        None => shell.out.note("the expression has no value"),
        Some(Value::String(text)) => shell.out.line(text)?,
        Some(value) => shell.out.json(value)?,
    }
    for read in &answer.reads {
        let line = format!("  {} = {}", read.what, read.value);
        shell.out.line(&shell.out.paint.dim(&line))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_the_place_of_a_mistake() {
        assert_eq!(pointed("=a..b", &(2..4), "wrong"), "wrong\n  =a..b\n    ^^");
        assert_eq!(pointed("=ä\n+ ö!", &(6..8), "wrong"), "wrong\n  + ö!\n    ^");
    }

    #[test]
    fn a_place_past_the_end_is_after_the_text() {
        assert_eq!(pointed("=a", &(99..120), "wrong"), "wrong\n  =a\n    ^");
        assert_eq!(pointed("", &(0..0), "wrong"), "wrong\n  \n  ^");
    }
}
