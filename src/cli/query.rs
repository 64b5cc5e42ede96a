//! `query`: the rows of a datasource, or of a statement of one's own.

use std::sync::Arc;

use clap::ValueEnum;
use serde_json::{Map, Value};

use super::Exit;
use super::app::App;
use super::eval::pointed;
use super::failure::Failure;
use super::run::{Assignment, Silent, assignment};
use super::session::{Database, DatabaseArg, open_recovered};
use super::shell::Shell;
use super::table::{Cell, Table};
use super::units::counted;
use crate::diag::did_you_mean;
use crate::run::{Clock, Engine, Providers, RunOptions, Stop, SystemClock};
use crate::store::{Dialect, Query, SqlError, Store, StoreError};

/// Prints the rows of a datasource, or of a SELECT of your own in the app format's dialect, from the
/// app's database. Reads only.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The app, and the datasource (which is left out with `--sql`)
    #[arg(value_names = ["APP", "DATASOURCE"], num_args = 0..=2)]
    words: Vec<String>,
    /// A SELECT in the app format's dialect, in place of a datasource
    #[arg(long, value_name = "SELECT")]
    sql: Option<String>,
    /// A value for `@KEY` in the statement of `--sql`; VALUE is JSON or text
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment, requires = "sql")]
    param: Vec<Assignment>,
    /// Use the datasource as this jig sees it
    #[arg(long, value_name = "ID", conflicts_with = "sql")]
    jig: Option<String>,
    /// An input of the jig, read as `@ctx.jig.inputs.KEY`; VALUE is JSON or text
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    input: Vec<Assignment>,
    /// A state of the solution, read as `@ctx.solution.state.KEY`; VALUE is JSON or text
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    state: Vec<Assignment>,
    /// How the rows are written
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    database: DatabaseArg,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns for people.
    Table,
    /// JSON.
    Json,
    /// CSV with a header.
    Csv,
}

/// What is asked, and of which app.
struct Asked<'a> {
    app: &'a str,
    what: What<'a>,
}

enum What<'a> {
    Datasource(&'a str),
    Sql(&'a str),
}

pub(super) fn run(args: &Args, shell: &Shell) -> Result<Exit, Failure> {
    let asked = asked(args)?;
    let app = App::open(asked.app.as_ref(), shell)?;
    app.warn_of_errors(shell);
    let database = Database::new(&app, &args.database, shell);
    let store = if let Some(store) = open_recovered(&database, SystemClock.now())? {
        store
    } else {
        shell.out.note("there is no database yet, `syncscope run` makes it");
        Store::open_in_memory()?
    };
    let answer = match asked.what {
        What::Datasource(id) => datasource(id, args, &app, &store)?,
        What::Sql(sql) => statement(sql, args, &store)?,
    };
    write(&answer, args.format, shell)?;
    Ok(Exit::Clean)
}

fn asked(args: &Args) -> Result<Asked<'_>, Failure> {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    match (words.as_slice(), &args.sql) {
        ([], Some(sql)) => Ok(Asked { app: ".", what: What::Sql(sql) }),
        ([app], Some(sql)) => Ok(Asked { app, what: What::Sql(sql) }),
        ([id], None) => Ok(Asked { app: ".", what: What::Datasource(id) }),
        ([app, id], None) => Ok(Asked { app, what: What::Datasource(id) }),
        ([], None) => {
            let help = "`syncscope query APP DATASOURCE`, or `--sql \"SELECT …\"`".to_owned();
            Err(Failure::usage("a datasource is missing").help(Some(help)))
        }
        _ => Err(Failure::usage("a datasource and `--sql` exclude each other")),
    }
}

/// Rows, the names of their columns where those are known, and the value as a whole.
struct Answer {
    columns: Vec<String>,
    value: Value,
}

fn datasource(id: &str, args: &Args, app: &App, store: &Store) -> Result<Answer, Failure> {
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
    let value = engine.rows(id, args.jig.as_deref())?;
    Ok(Answer { columns: columns(&value), value })
}

fn statement(sql: &str, args: &Args, store: &Store) -> Result<Answer, Failure> {
    let query = Query::new(sql, &Dialect::default());
    let parameters: Map<String, Value> = args.param.iter().cloned().collect();
    let rows = store.query(&query, &parameters).map_err(|error| match error {
        StoreError::Sql(error) => refused(sql, error, store),
        other => other.into(),
    })?;
    Ok(Answer { columns: rows.columns.clone(), value: rows.into_value() })
}

/// A statement that the database does not take, with the place where it stops.
fn refused(sql: &str, error: SqlError, store: &Store) -> Failure {
    let unknown = error.message.strip_prefix("no such table: ").map(|name| nearest_table(name, store));
    let message = match error.offset {
        Some(at) => pointed(sql, &(at..at + word_length(sql, at)), &error.message),
        None => error.message,
    };
    Failure::usage(message).help(error.help.or(unknown.flatten()))
}

fn word_length(sql: &str, at: usize) -> usize {
    let rest = sql.get(at..).unwrap_or_default();
    rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()).max(1)
}

fn nearest_table(name: &str, store: &Store) -> Option<String> {
    let query = Query::new("SELECT name FROM sqlite_schema WHERE type = 'table'", &Dialect::default());
    let names = store.query(&query, &Map::new()).ok()?.into_value();
    did_you_mean(name, rows(&names).iter().filter_map(|row| row["name"].as_str()))
}

/// The keys of all rows in order of their first use.
fn columns(value: &Value) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for row in rows(value) {
        let keys = row.as_object().into_iter().flat_map(Map::keys);
        for key in keys {
            if !columns.contains(key) {
                columns.push(key.clone());
            }
        }
    }
    columns
}

/// A list is its rows, nothing has none, and anything else is one row.
fn rows(value: &Value) -> &[Value] {
    match value {
        Value::Array(rows) => rows,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

fn write(answer: &Answer, format: Format, shell: &Shell) -> Result<(), Failure> {
    match format {
        Format::Json => shell.out.json(&answer.value),
        Format::Csv => shell.out.print(&csv_text(answer)?),
        Format::Table => {
            shell.out.print(&table(answer, shell))?;
            shell.out.note(&counted(rows(&answer.value).len() as u64, "row"));
            Ok(())
        }
    }
}

fn table(answer: &Answer, shell: &Shell) -> String {
    let mut table = Table::new();
    table.row(answer.columns.iter().map(|name| Cell::text(name).painted(|name| shell.out.paint.dim(name))));
    for row in rows(&answer.value) {
        table.row(cells(row, &answer.columns).into_iter().map(|cell| match cell {
            Value::Number(number) => Cell::number(number.to_string()),
            other => Cell::text(one_line(&plain(&other))),
        }));
    }
    table.render("")
}

fn csv_text(answer: &Answer) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let broken = |error: &dyn std::fmt::Display| Failure::environment(format!("cannot write CSV: {error}"));
    if !answer.columns.is_empty() {
        writer.write_record(&answer.columns).map_err(|error| broken(&error))?;
    }
    for row in rows(&answer.value) {
        let cells = cells(row, &answer.columns);
        writer.write_record(cells.iter().map(plain)).map_err(|error| broken(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| broken(&error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The row's values in the order of the columns; a row that is no object is a single cell.
fn cells(row: &Value, columns: &[String]) -> Vec<Value> {
    match row {
        Value::Object(map) => columns.iter().map(|name| map.get(name).cloned().unwrap_or_default()).collect(),
        other => vec![other.clone()],
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn one_line(text: &str) -> String {
    const LONGEST: usize = 60;
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if flat.chars().count() <= LONGEST {
        flat
    } else {
        flat.chars().take(LONGEST - 1).chain(['…']).collect()
    }
}
