//! Which requests meet which mishap: `--fault` and scenario files.

use std::fs;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;

use super::http::Request;
use super::mishap::MARK;
use super::{Mishap, Options, ServeError};

/// A mishap and the requests that meet it.
///
/// As text `KIND[@REQUESTS][:PATH]`: `cut-body@2`, `status-503+1@1-2:/tasks`, `stall@3-:/orders?page=*`.
/// Requests are counted from 1 among those that the path fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What goes wrong.
    pub mishap: Mishap,
    /// The method; nothing means any.
    pub method: Option<String>,
    /// The path, in which `*` stands for anything; with a `?` in it, path and query. Nothing means any.
    pub path: Option<String>,
    /// The first and last request that meets it.
    pub requests: (u64, u64),
}

const EVERY: (u64, u64) = (1, u64::MAX);

impl FromStr for Planned {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rest, path) = text.split_once(':').map_or((text, None), |(rest, path)| (rest, Some(path)));
        let (kind, requests) = rest.split_once('@').map_or((rest, None), |(kind, n)| (kind, Some(n)));
        let requests = requests.map(range).transpose()?.unwrap_or(EVERY);
        let path = path.map(checked_path).transpose()?;
        Ok(Self { mishap: kind.parse()?, method: None, path, requests })
    }
}

/// What the options plan, the scenario file first.
///
/// # Errors
/// When that file cannot be read or followed.
pub(super) fn planned(options: &Options) -> Result<Vec<Planned>, ServeError> {
    let mut planned = Vec::new();
    if let Some(path) = &options.scenario {
        let text =
            fs::read_to_string(path).map_err(|source| ServeError::File { path: path.clone(), source })?;
        let wrong = |message| ServeError::Scenario { path: path.clone(), message };
        planned = read_scenario(&text).map_err(wrong)?;
    }
    planned.extend_from_slice(&options.planned);
    Ok(planned)
}

/// The mishaps of a scenario file, YAML or JSON:
///
/// ```yaml
/// - fault: cut-body
///   path: /tasks
///   requests: 2
/// - { fault: status-503+1, method: GET, requests: 4-5 }
/// ```
///
/// # Errors
/// What is wrong with it, with line and column where they are known.
fn read_scenario(text: &str) -> Result<Vec<Planned>, String> {
    let entries: Vec<Entry> = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let numbered = entries.into_iter().enumerate();
    numbered.map(|(at, entry)| entry.planned().map_err(|e| format!("entry {}: {e}", at + 1))).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    fault: String,
    method: Option<String>,
    path: Option<String>,
    requests: Option<Count>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Count {
    One(u64),
    Range(String),
}

impl Entry {
    fn planned(self) -> Result<Planned, String> {
        let requests = match self.requests {
            None => EVERY,
            Some(Count::One(number)) => range(&number.to_string())?,
            Some(Count::Range(text)) => range(&text)?,
        };
        Ok(Planned {
            mishap: self.fault.parse()?,
            method: self.method.map(|method| method.to_ascii_uppercase()),
            path: self.path.as_deref().map(checked_path).transpose()?,
            requests,
        })
    }
}

/// `2`, `2-3` or `2-`.
fn range(text: &str) -> Result<(u64, u64), String> {
    let wrong = || format!("`{text}` is no count of requests, expected `2`, `2-3` or `2-`");
    let number = |text: &str| text.trim().parse::<u64>().ok().filter(|number| *number > 0);
    let (first, last) = match text.split_once('-') {
        None => (number(text), number(text)),
        Some((first, "")) => (number(first), Some(u64::MAX)),
        Some((first, last)) => (number(first), number(last)),
    };
    first.zip(last).filter(|(first, last)| first <= last).ok_or_else(wrong)
}

fn checked_path(path: &str) -> Result<String, String> {
    let is_path = path.starts_with(['/', '*']);
    is_path.then(|| path.to_owned()).ok_or_else(|| format!("the path `{path}` does not begin with `/`"))
}

/// The plan at work.
pub(super) struct Plan {
    planned: Vec<(Planned, AtomicU64)>,
}

impl Plan {
    pub(super) fn new(planned: &[Planned]) -> Self {
        Self { planned: planned.iter().map(|planned| (planned.clone(), AtomicU64::new(0))).collect() }
    }

    /// Whether some mishap needs a second port.
    pub(super) fn needs_twin(&self) -> bool {
        self.planned.iter().any(|(planned, _)| planned.mishap == Mishap::RedirectOther)
    }

    /// The request without the mark of one that was sent on.
    pub(super) fn unmarked(&self, mut request: Request) -> Request {
        if self.planned.iter().any(|(planned, _)| planned.mishap == Mishap::RedirectSame) {
            request.query.retain(|(name, value)| format!("{name}={value}") != MARK);
        }
        request
    }

    /// What befalls a request; every entry that fits counts it, the first one that is due acts.
    pub(super) fn next(&self, request: &Request) -> Option<Mishap> {
        let mut due = None;
        for (planned, count) in self.planned.iter().filter(|(planned, _)| planned.fits(request)) {
            let number = count.fetch_add(1, Ordering::Relaxed) + 1;
            let (first, last) = planned.requests;
            if due.is_none() && (first..=last).contains(&number) {
                due = Some(planned.mishap);
            }
        }
        due
    }
}

impl Planned {
    fn fits(&self, request: &Request) -> bool {
        let method = self.method.as_deref().is_none_or(|method| method == request.method.name());
        method && self.path.as_deref().is_none_or(|pattern| fits(pattern, &request.target))
    }
}

fn fits(pattern: &str, target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    is_like(pattern.as_bytes(), if pattern.contains('?') { target.as_bytes() } else { path.as_bytes() })
}

/// Whether a text is like a pattern with `*`. Only the last `*` is tried anew, so the time is at most
/// the product of the lengths.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            retry = Some((p + 1, t));
            p += 1;
        } else if p < pattern.len() && pattern[p] == text[t] {
            (p, t) = (p + 1, t + 1);
        } else if let Some((after, from)) = retry {
            retry = Some((after, from + 1));
            (p, t) = (after, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn get(target: &str) -> Request {
        Request { target: target.to_owned(), ..Request::default() }
    }

    #[test]
    fn a_fault_says_what_when_and_where() {
        let planned: Planned = "status-503+1@2-3:/tasks".parse().unwrap();
        assert_eq!(planned.mishap, Mishap::Status(503, Some(1)));
        assert_eq!((planned.path.as_deref(), planned.requests), (Some("/tasks"), (2, 3)));
        assert_eq!("stall".parse::<Planned>().unwrap().requests, EVERY);
        for wrong in ["stall@", "stall@0", "stall@3-2", "stall:tasks", "stal", "stall@x"] {
            assert!(wrong.parse::<Planned>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn requests_are_counted_where_the_path_fits() {
        let plan = Plan::new(&["html@2:/tasks".parse().unwrap(), "null@1:/a?page=*".parse().unwrap()]);
        let met = ["/tasks", "/other", "/tasks?page=2", "/tasks", "/a?page=2", "/a?x=1", "/a?page=3"];
        let met: Vec<Option<Mishap>> = met.iter().map(|target| plan.next(&get(target))).collect();
        assert_eq!(met, [None, None, Some(Mishap::Html), None, Some(Mishap::Null), None, None]);
    }

    #[test]
    fn scenario_files_are_read_and_their_mistakes_told() {
        let text =
            "- fault: cut-body\n  path: /tasks\n  requests: 2\n- {fault: null-id, method: get, requests: 4-}";
        let planned = read_scenario(text).unwrap();
        assert_eq!(planned[0], "cut-body@2:/tasks".parse().unwrap());
        assert_eq!((planned[1].method.as_deref(), planned[1].requests), (Some("GET"), (4, u64::MAX)));
        assert!(read_scenario("- fault: cut").unwrap_err().contains("entry 1: there is no fault `cut`"));
        assert!(read_scenario("- fault: null\n  pth: x").unwrap_err().contains("pth"));
    }

    #[test]
    fn patterns_match_in_bounded_time() {
        assert!(is_like(b"*a*b", b"xxaxxb") && !is_like(b"*a*b", b"xxaxx") && is_like(b"**", b""));
        assert!(!is_like("*a".repeat(2000).as_bytes(), "a".repeat(1999).as_bytes()));
    }
}
