//! Recordings of exchanges: a folder of readable files that a run without a network is answered from.

mod file;
mod mask;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use serde::{Deserialize, Serialize};
use ureq::http::StatusCode;

use super::Request;
use super::wire::Answer;
use crate::app::Secret;
use crate::diag::closest;
use crate::run::provider::FetchError;
use file::{Answered, Asked, Body, Exchange, Failed};
use mask::{Masks, is_masked};

/// The file that makes a folder a recording.
const HEAD: &str = "recording.json";
const VERSION: u32 = 1;

/// What a recording says of the run that it was made of; a replay begins with the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TapeHead {
    /// The format of the files.
    version: u32,
    /// The time that the whole run took place at, epoch milliseconds.
    pub time: i64,
    /// What the ids of the run are made of.
    pub seed: String,
    /// The address of the served tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
}

impl TapeHead {
    /// The head of a new recording.
    #[must_use]
    pub fn new(time: i64, seed: String, backend: Option<String>) -> Self {
        Self { version: VERSION, time, seed, backend }
    }
}

/// Why a recording cannot be made or played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TapeError {
    /// The folder holds something else, or a damaged recording.
    #[error("{message}")]
    Invalid {
        /// What is wrong, lower case, no full stop.
        message: String,
    },
    /// A file cannot be read or written.
    #[error("{message}")]
    Io {
        /// Which, and why.
        message: String,
    },
}

impl TapeError {
    fn io(path: &Path, error: &io::Error) -> Self {
        Self::Io { message: format!("`{}`: {error}", path.display()) }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid { message: message.into() }
    }
}

/// A recording that is being made or played.
#[derive(Debug)]
pub struct Tape {
    dir: PathBuf,
    head: TapeHead,
    masks: RwLock<Masks>,
    side: Side,
}

#[derive(Debug)]
enum Side {
    Recording(Mutex<Kept>),
    Playing(Mutex<Played>),
}

/// What has been recorded so far.
#[derive(Debug, Default)]
struct Kept {
    count: usize,
    by_request: HashMap<Key, usize>,
}

/// What there is to be played.
#[derive(Debug, Default)]
struct Played {
    left: usize,
    by_request: HashMap<Key, Line>,
    missed: Vec<String>,
}

/// The answers to one request, in the order in which they came.
#[derive(Debug, Default)]
struct Line {
    files: Vec<PathBuf>,
    given: usize,
}

/// What makes two requests the same. Headers are left out: they hold secrets, and change with the
/// machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    method: String,
    url: String,
    body: Vec<u8>,
}

impl Tape {
    /// Begins a recording in a folder, which is made; one that was there is replaced.
    ///
    /// # Errors
    /// When the folder holds anything but a recording, or cannot be written.
    pub fn record(dir: &Path, head: TapeHead, secrets: &[Secret]) -> Result<Self, TapeError> {
        fs::create_dir_all(dir).map_err(|error| TapeError::io(dir, &error))?;
        clear(dir)?;
        let path = dir.join(HEAD);
        write(&path, &head).map_err(|error| TapeError::io(&path, &error))?;
        let side = Side::Recording(Mutex::default());
        Ok(Self { dir: dir.to_owned(), head, masks: RwLock::new(Masks::new(secrets)), side })
    }

    /// Opens a recording to answer from it. Secrets stand in the place of the words for them; a run
    /// without them goes as well, where servers do not send them back.
    ///
    /// # Errors
    /// When the folder holds no recording, or a file of it cannot be read.
    pub fn replay(dir: &Path, secrets: &[Secret]) -> Result<Self, TapeError> {
        let path = dir.join(HEAD);
        if !path.is_file() {
            let message = format!("`{}` holds no recording: there is no `{HEAD}` in it", dir.display());
            return Err(TapeError::invalid(message));
        }
        let head: TapeHead = read(&path)?;
        if head.version != VERSION {
            let message =
                format!("`{}` is a recording of version {}, expected {VERSION}", dir.display(), head.version);
            return Err(TapeError::invalid(message));
        }
        let mut played = Played::default();
        for path in exchanges(dir)? {
            let exchange: Exchange = read(&path)?;
            let key = key(&exchange.request.method, &exchange.request.url, exchange.request.body.bytes(dir)?);
            played.by_request.entry(key).or_default().files.push(path);
            played.left += 1;
        }
        let side = Side::Playing(Mutex::new(played));
        Ok(Self { dir: dir.to_owned(), head, masks: RwLock::new(Masks::new(secrets)), side })
    }

    /// What it says of its run.
    #[must_use]
    pub fn head(&self) -> &TapeHead {
        &self.head
    }

    /// How many exchanges were recorded, or are left to be played.
    #[must_use]
    pub fn count(&self) -> usize {
        match &self.side {
            Side::Recording(kept) => locked(kept).count,
            Side::Playing(played) => locked(played).left,
        }
    }

    /// The requests that the recording has no answer to, in words, in the order in which they came.
    #[must_use]
    pub fn missed(&self) -> Vec<String> {
        match &self.side {
            Side::Recording(_) => Vec::new(),
            Side::Playing(played) => locked(played).missed.clone(),
        }
    }

    /// Whether answers come from here.
    #[must_use]
    pub fn is_played(&self) -> bool {
        matches!(self.side, Side::Playing(_))
    }

    /// Keeps another secret out of what is recorded from now on.
    pub(super) fn hide(&self, secret: &Secret) {
        self.masks.write().unwrap_or_else(PoisonError::into_inner).learn(secret);
    }

    fn masks(&self) -> RwLockReadGuard<'_, Masks> {
        self.masks.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an exchange.
    pub(super) fn keep(
        &self,
        request: &Request,
        came: &Result<Answer, FetchError>,
    ) -> Result<(), FetchError> {
        let Side::Recording(kept) = &self.side else { return Ok(()) };
        let mut kept = locked(kept);
        let body = self.masks().hide(request.body.as_deref().unwrap_or_default()).into_owned();
        let url = self.masks().hide_text(&request.address.text());
        let occurrence = kept.by_request.entry(key(&request.method, &url, body.clone())).or_default();
        *occurrence += 1;
        let occurrence = *occurrence;
        kept.count += 1;
        let path = url.split('?').next().unwrap_or_default();
        let path =
            path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, p)| p));
        let path = if is_masked(path) { "" } else { path };
        let stem = file::stem(kept.count, &request.method, path);
        let headers = request.headers.iter().map(|header| self.header(&header.name, &header.value)).collect();
        let asked = |body| Asked { method: request.method.clone(), url, occurrence, headers, body };
        self.put(&stem, &body, asked, came).map_err(|error| {
            let message = format!("the exchange cannot be recorded in `{}`: {error}", self.dir.display());
            FetchError::lasting("record.write", message)
        })
    }

    fn put(
        &self,
        stem: &str,
        body: &[u8],
        asked: impl FnOnce(Body) -> Asked,
        came: &Result<Answer, FetchError>,
    ) -> io::Result<()> {
        let request = asked(Body::keep(body, &self.dir, &format!("{stem}.request.bin"))?);
        let mut exchange = Exchange { request, answer: None, failure: None };
        match came {
            Err(error) => {
                exchange.failure = Some(Failed::of(error, self.masks().hide_text(&error.message)));
            }
            Ok(answer) => {
                let body = self.masks().hide(&answer.body);
                let body = Body::keep(&body, &self.dir, &format!("{stem}.answer.bin"))?;
                let headers = answer.headers.iter().map(|(name, value)| self.header(name, value)).collect();
                exchange.answer = Some(Answered { status: answer.status, headers, body });
            }
        }
        write(&self.dir.join(format!("{stem}.json")), &exchange)
    }

    fn header(&self, name: &str, value: &str) -> String {
        let value = if holds_secret(name) { "***".to_owned() } else { self.masks().hide_text(value) };
        format!("{name}: {value}")
    }

    /// The recorded answer to a request.
    pub(super) fn answer(&self, request: &Request) -> Result<Answer, FetchError> {
        let Side::Playing(played) = &self.side else {
            return Err(FetchError::lasting("replay.missing", "nothing is being played"));
        };
        let url = self.masks().hide_text(&request.address.text());
        let body = self.masks().hide(request.body.as_deref().unwrap_or_default());
        let key = key(&request.method, &url, body.into_owned());
        let mut played = locked(played);
        let Some(path) = played.by_request.get_mut(&key).and_then(Line::next) else {
            let message = played.nothing_for(&key, &url);
            played.missed.push(message.clone());
            return Err(FetchError::lasting("replay.missing", message));
        };
        played.left -= 1;
        drop(played);
        self.read(&path).map_err(|error| FetchError::lasting("replay.read", error.to_string()))?
    }

    fn read(&self, path: &Path) -> Result<Result<Answer, FetchError>, TapeError> {
        let exchange: Exchange = read(path)?;
        let Some(Answered { status, headers, body }) = exchange.answer else {
            let neither = || TapeError::invalid(format!("`{}` has no `answer`", path.display()));
            let failed = exchange.failure.ok_or_else(neither)?.error();
            return Ok(Err(FetchError { message: self.masks().show_text(&failed.message), ..failed }));
        };
        let split = |line: String| {
            let line = self.masks().show_text(&line);
            line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        Ok(Ok(Answer {
            status,
            reason: StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()),
            headers: headers.into_iter().filter_map(split).collect(),
            body: self.masks().show(&body.bytes(&self.dir)?).into_owned(),
        }))
    }
}

impl Line {
    fn next(&mut self) -> Option<PathBuf> {
        let path = self.files.get(self.given).cloned()?;
        self.given += 1;
        Some(path)
    }
}

impl Played {
    /// Which request has no answer, and which one that has is the closest.
    fn nothing_for(&self, key: &Key, url: &str) -> String {
        let asked = format!("the recording has no answer to `{} {url}`", key.method);
        if let Some(line) = self.by_request.get(key) {
            let times = if line.files.len() == 1 { "once" } else { "fewer times" };
            return format!("{asked} any more: it was asked {times} when it was recorded");
        }
        let same = self.by_request.keys().find(|other| other.url == key.url && other.method == key.method);
        if same.is_some() {
            return format!("{asked} with this body");
        }
        let mut known: Vec<String> =
            self.by_request.keys().map(|key| format!("{} {}", key.method, key.url)).collect();
        known.sort_unstable();
        let wanted = format!("{} {}", key.method, key.url);
        let place = |text: &str| text.split('?').next().unwrap_or_default().to_owned();
        let near = known.iter().find(|text| place(text) == place(&wanted)).map(String::as_str);
        match near
            .or_else(|| closest(&wanted, known.iter().map(String::as_str)))
            .or(known.first().map(String::as_str))
        {
            Some(near) => format!("{asked}; the closest that it has is `{near}`"),
            None => format!("{asked}; it is empty"),
        }
    }
}

/// The identity of a request. Parts of the query that are secret or empty do not count, so that a
/// recording can be played where nobody knows the secrets.
fn key(method: &str, url: &str, body: Vec<u8>) -> Key {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let counts = |pair: &&str| !is_masked(pair) && !pair.is_empty() && !pair.ends_with('=');
    let pairs: Vec<&str> = query.split('&').filter(counts).collect();
    let url = if pairs.is_empty() { place.to_owned() } else { format!("{place}?{}", pairs.join("&")) };
    Key { method: method.to_owned(), url, body }
}

/// Whether a header is there to carry a secret, by its name.
fn holds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["auth", "cookie", "key", "token", "secret", "password", "session", "signature"]
        .iter()
        .any(|word| name.contains(word))
        && name != "www-authenticate"
}

/// The files of the exchanges, in order.
fn exchanges(dir: &Path) -> Result<Vec<PathBuf>, TapeError> {
    let names = names(dir)?;
    let is_exchange = |name: &&String| {
        file::is_own(name) && Path::new(name).extension().is_some_and(|ending| ending == "json")
    };
    let mut found: Vec<String> = names.iter().filter(is_exchange).cloned().collect();
    // `10000-…` comes after `9999-…`.
    found.sort_by_key(|name| (name.bytes().take_while(u8::is_ascii_digit).count(), name.clone()));
    Ok(found.into_iter().map(|name| dir.join(name)).collect())
}

fn names(dir: &Path) -> Result<Vec<String>, TapeError> {
    let failed = |error| TapeError::io(dir, &error);
    let entries = fs::read_dir(dir).map_err(failed)?;
    entries.map(|entry| Ok(entry.map_err(failed)?.file_name().to_string_lossy().into_owned())).collect()
}

/// Removes the recording that a folder holds; anything else stays, and no recording is put beside it.
fn clear(dir: &Path) -> Result<(), TapeError> {
    let names = names(dir)?;
    if !names.is_empty() && !names.iter().any(|name| name == HEAD) {
        let message = format!("`{}` is not empty and holds no recording; name a new folder", dir.display());
        return Err(TapeError::invalid(message));
    }
    for name in names.iter().filter(|name| file::is_own(name)) {
        let path = dir.join(name);
        fs::remove_file(&path).map_err(|error| TapeError::io(&path, &error))?;
    }
    Ok(())
}

fn write(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    fs::write(path, text)
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, TapeError> {
    let text = fs::read_to_string(path).map_err(|error| TapeError::io(path, &error))?;
    serde_json::from_str(&text).map_err(|error| {
        TapeError::invalid(format!("`{}` is no file of a recording: {error}", path.display()))
    })
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
