//! `serve`: a folder of tables as a back end for development.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::Exit;
use super::failure::Failure;
use super::output::Verbosity;
use super::shell::Shell;
use super::signals::Interrupts;
use super::units::{counted, parse_duration};
use crate::diag::did_you_mean;
use crate::serve::{Exchange, Mishap, Options, Planned, ServeError, Server};

/// Serves the tables of a folder (`*.json`, `*.ndjson`, `*.csv`) on loopback, as plain REST with
/// paging and as the Dynamic Data row API, until it is stopped. Changes live in memory only.
#[derive(Debug, clap::Args)]
#[command(after_long_help = kinds())]
pub(super) struct Args {
    /// The folder of tables
    dir: PathBuf,
    /// The port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 8420)]
    port: u16,
    /// Hold every answer back for so long
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "0s")]
    latency: Duration,
    /// Answer this share of the requests with 503
    #[arg(long, value_name = "PERCENT", value_parser = parse_share, default_value = "0%")]
    fail: f64,
    /// Answer no more requests than this, the others with 429
    #[arg(long, value_name = "N/s", value_parser = parse_rate)]
    rate_limit: Option<NonZeroU32>,
    /// Rows a page where a request names no number, and the most it may ask for
    #[arg(long, value_name = "N")]
    page_size: Option<NonZeroUsize>,
    /// Let an answer go wrong: KIND[@REQUESTS][:PATH], such as `cut-body@2:/tasks`; may be repeated.
    /// Requests count from 1 (`2`, `2-3`, `2-`), `*` in a path stands for anything; the kinds are
    /// listed below
    #[arg(long, value_name = "FAULT", value_parser = parse_fault)]
    fault: Vec<Planned>,
    /// A file of faults, each with `fault` and, where wanted, `method`, `path` and `requests`
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let (log, lines) = mpsc::channel();
    let options = Options {
        dir: Some(shell.path(&args.dir)),
        port: args.port,
        latency: args.latency,
        fail: args.fail,
        rate_limit: args.rate_limit,
        page_size: args.page_size,
        planned: args.fault.clone(),
        scenario: args.scenario.as_deref().map(|file| shell.path(file)),
        log: Some(logger(log.clone())),
        ..Options::default()
    };
    let server = Server::start(&options).map_err(Failure::from)?;
    let interrupts = Interrupts::listen(move || {
        // Without a reader the command has ended already.
        let _ = log.send(Told::Stop);
    })?;
    greet(&server, shell)?;
    for told in lines {
        match told {
            Told::Stop => break,
            Told::Answered(line) => shell.out.note(&line),
        }
    }
    drop(interrupts);
    Ok(Exit::Clean)
}

fn parse_fault(text: &str) -> Result<Planned, String> {
    text.parse().map_err(|error: String| {
        let kind = text.split(['@', ':']).next().unwrap_or_default();
        match did_you_mean(kind, Mishap::names().map(|(name, _)| name)) {
            Some(help) if error.starts_with("there is no") => format!("{error}, {help}"),
            _ => error,
        }
    })
}

/// The list of faults below the options.
fn kinds() -> String {
    let lines = Mishap::names().map(|(name, meaning)| format!("  {name:<20} {meaning}"));
    format!("Faults:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let message = error.to_string();
        match &error {
            ServeError::Folder { source, .. } | ServeError::File { source, .. }
                if source.kind() != std::io::ErrorKind::NotFound =>
            {
                Self::environment(message)
            }
            ServeError::Listen { .. } => Self::environment(message),
            _ => Self::usage(message),
        }
    }
}

/// What the serving threads tell.
enum Told {
    Answered(String),
    Stop,
}

fn logger(log: mpsc::Sender<Told>) -> crate::serve::Log {
    Arc::new(move |exchange: &Exchange| {
        let _ = log.send(Told::Answered(exchange.to_string()));
    })
}

/// The first line is the address, for scripts that wait for it.
fn greet(server: &Server, shell: &Shell) -> Result<(), Failure> {
    shell.out.line(&server.url())?;
    let tables = server.tables();
    if shell.out.verbosity() > Verbosity::Quiet {
        shell.out.note(&format!("serving {}, Ctrl-C stops", counted(tables.len() as u64, "table")));
        for table in tables {
            shell.out.note(&format!("  {}/{table}", server.url()));
        }
    }
    shell.out.flush()
}

/// Reads `5%` or `0.05`.
fn parse_share(text: &str) -> Result<f64, String> {
    let expected = || "expected a share such as `5%` or `0.05`".to_owned();
    let (number, scale) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().map_err(|_| expected())? / scale;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(expected()) }
}

/// Reads `10/s` or `10`.
fn parse_rate(text: &str) -> Result<NonZeroU32, String> {
    let number = text.strip_suffix("/s").unwrap_or(text).trim();
    number.parse().map_err(|_| "expected requests a second, such as `10/s`".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_shares() {
        assert!((parse_share("5%").unwrap() - 0.05).abs() < 1e-12);
        assert!((parse_share("0.5").unwrap() - 0.5).abs() < 1e-12);
        for wrong in ["", "%", "-1%", "101%", "NaN", "x"] {
            assert!(parse_share(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn reads_rates() {
        assert_eq!(parse_rate("10/s").unwrap().get(), 10);
        assert_eq!(parse_rate("7").unwrap().get(), 7);
        assert!(parse_rate("0/s").is_err());
        assert!(parse_rate("10/m").is_err());
    }
}
