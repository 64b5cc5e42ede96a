//! What is asked of an app: what starts a run, and with which values.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::app::Settings;
use crate::cli::session::DatabaseArg;
use crate::cli::units::parse_duration;
use crate::run::{Answer, Network, Recall, RunOptions, Schedule, Trigger};

/// What starts a run, and with which values.
#[derive(Debug, Clone, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of its own
pub(in crate::cli) struct Asked {
    /// The event to trigger [default: onLoad]
    #[arg(long, value_name = "EVENT")]
    pub(in crate::cli) on: Option<String>,
    /// The jig whose event it is; without it, the event is the index's
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) jig: Option<String>,
    /// Run a global action, or the action with this `instanceId`, in place of an event
    #[arg(long, value_name = "ID", conflicts_with_all = ["on", "jig"])]
    pub(in crate::cli) action: Option<String>,
    /// An input of the jig, read as `@ctx.jig.inputs.KEY`; VALUE is JSON or text
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    input: Vec<Assignment>,
    /// A parameter of the action, read as `@ctx.action.parameters.KEY`; VALUE is JSON or text
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    param: Vec<Assignment>,
    /// A state of the solution, read as `@ctx.solution.state.KEY`; VALUE is JSON or text
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    state: Vec<Assignment>,
    #[command(flatten)]
    pub(in crate::cli) database: DatabaseArg,
    /// Answer every question with yes
    #[arg(long, conflicts_with = "no")]
    yes: bool,
    /// Answer every question with no, which is the default
    #[arg(long)]
    no: bool,
    /// Pretend that there is no network
    #[arg(long)]
    pub(in crate::cli) offline: bool,
    /// The most time that one sync action may take [default: `http.deadline` of the settings, or 5m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    timeout: Option<Duration>,
}

/// `key=value` on the command line.
pub(in crate::cli) type Assignment = (String, Value);

/// Reads `key=value`; a value that is not JSON is text.
pub(in crate::cli) fn assignment(text: &str) -> Result<Assignment, String> {
    let (key, value) = text.split_once('=').ok_or("expected `key=value`")?;
    if key.is_empty() {
        return Err("expected a key before `=`".to_owned());
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok((key.to_owned(), value))
}

impl Asked {
    /// What is to be triggered.
    pub(in crate::cli) fn trigger(&self) -> Trigger {
        match &self.action {
            Some(id) => Trigger::Action { id: id.clone() },
            None => Trigger::Event {
                name: self.on.clone().unwrap_or_else(|| "onLoad".to_owned()),
                jig: self.jig.clone(),
            },
        }
    }

    /// Asks for something else from now on.
    pub(in crate::cli) fn choose(&mut self, trigger: &Trigger) {
        (self.on, self.jig, self.action) = match trigger {
            Trigger::Event { name, jig } => (Some(name.clone()), jig.clone(), None),
            Trigger::Action { id } => (None, None, Some(id.clone())),
        };
    }

    /// Whether something is named that is to be triggered.
    pub(in crate::cli) fn names_something(&self) -> bool {
        self.on.is_some() || self.jig.is_some() || self.action.is_some()
    }

    /// How to run it. `backend` is the address of the served tables.
    pub(in crate::cli) fn options(&self, settings: &Settings, backend: Option<String>) -> RunOptions {
        RunOptions {
            network: if self.offline { Network::Offline } else { Network::Online },
            answer: if self.yes { Answer::Yes } else { Answer::No },
            instance_timeout: Some(self.timeout.unwrap_or(settings.http.deadline)),
            concurrency: settings.http.concurrency,
            schedule: Schedule::SideBySide,
            recall: Recall::Earlier,
            inputs: self.input.iter().cloned().collect::<Map<_, _>>(),
            parameters: self.param.iter().cloned().collect::<Map<_, _>>(),
            state: self.state.iter().cloned().collect::<BTreeMap<_, _>>(),
            backend,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_json_or_text() {
        let value = |text| assignment(text).unwrap().1;
        assert_eq!(value("n=12"), json!(12));
        assert_eq!(value("n=\"12\""), json!("12"));
        assert_eq!(value("n=a=b"), json!("a=b"));
        assert_eq!(value("n=[1,2]"), json!([1, 2]));
        assert_eq!(value("n="), json!(""));
        assert!(assignment("n").is_err());
        assert!(assignment("=1").is_err());
    }
}
