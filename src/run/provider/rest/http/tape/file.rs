//! The files of a recording: one for each exchange, readable, with every byte of the answer.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::TapeError;
use crate::run::provider::{FetchError, Retry};

/// One request and what came of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Exchange {
    pub(super) request: Asked,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<Answered>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<Failed>,
}

/// A request.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) url: String,
    /// Which of the requests of this method, address and body it is, from 1.
    pub(super) occurrence: usize,
    /// `name: value`; for readers only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) headers: Vec<String>,
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub(super) body: Body,
}

/// An answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) status: u16,
    /// `name: value`, in the order in which they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) headers: Vec<String>,
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub(super) body: Body,
}

/// A body in the most readable form that keeps every byte; nothing when it is empty.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Body {
    /// JSON, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json: Option<Box<RawValue>>,
    /// Any other text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The name of a file beside this one, for everything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

/// Why there was no answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failed {
    pub(super) code: String,
    pub(super) message: String,
    /// Whether trying again could have helped.
    pub(super) retry: bool,
    /// When the server said to come again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after_ms: Option<u64>,
}

impl Failed {
    pub(super) fn of(error: &FetchError, message: String) -> Self {
        let after = if let Retry::After(time) = error.retry { Some(time) } else { None };
        let after_ms = after.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        Self { code: error.code.clone(), message, retry: error.retry == Retry::MayHelp, after_ms }
    }

    pub(super) fn error(self) -> FetchError {
        let retry = match (self.after_ms, self.retry) {
            (Some(ms), _) => Retry::After(Duration::from_millis(ms)),
            (None, true) => Retry::MayHelp,
            (None, false) => Retry::Never,
        };
        FetchError { code: self.code, message: self.message, retry }
    }
}

impl Body {
    fn is_empty(&self) -> bool {
        self.json.is_none() && self.text.is_none() && self.file.is_none()
    }

    /// Keeps bytes; those that are no text go to the file `name` in `dir`.
    ///
    /// # Errors
    /// When that file cannot be written.
    pub(super) fn keep(bytes: &[u8], dir: &Path, name: &str) -> io::Result<Self> {
        let text = match std::str::from_utf8(bytes) {
            Ok("") => return Ok(Self::default()),
            Ok(text) => text,
            Err(_) => {
                fs::write(dir.join(name), bytes)?;
                return Ok(Self { file: Some(name.to_owned()), ..Self::default() });
            }
        };
        match serde_json::from_str::<Box<RawValue>>(text) {
            // Blanks around a value are no part of it and would be lost; `null` reads as nothing.
            Ok(raw) if raw.get() == text && text != "null" => Ok(Self { json: Some(raw), ..Self::default() }),
            _ => Ok(Self { text: Some(text.to_owned()), ..Self::default() }),
        }
    }

    /// The bytes.
    ///
    /// # Errors
    /// When the file with them cannot be read.
    pub(super) fn bytes(&self, dir: &Path) -> Result<Vec<u8>, TapeError> {
        match self {
            Self { json: Some(raw), .. } => Ok(raw.get().as_bytes().to_vec()),
            Self { text: Some(text), .. } => Ok(text.as_bytes().to_vec()),
            Self { file: Some(name), .. } if is_own(name) => {
                let path = dir.join(name);
                fs::read(&path).map_err(|error| TapeError::io(&path, &error))
            }
            Self { file: Some(name), .. } => {
                Err(TapeError::Invalid { message: format!("`{name}` is no file of a recording") })
            }
            Self { .. } => Ok(Vec::new()),
        }
    }
}

/// Whether a file belongs to a recording, by its name: `0001-get-rows.json`.
pub(super) fn is_own(name: &str) -> bool {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    digits >= 4 && name[digits..].starts_with('-') && name.chars().all(plain) && !name.contains("..")
}

/// The name of the files of an exchange, without an ending: number, method, the end of the path.
pub(super) fn stem(number: usize, method: &str, path: &str) -> String {
    const LONGEST: usize = 40;
    let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    let word: String = last.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<&str> = word.split('-').filter(|part| !part.is_empty()).collect();
    let name: String = words.join("-").chars().take(LONGEST).collect();
    let end = if name.is_empty() { String::new() } else { format!("-{name}") };
    format!("{number:04}-{method}{end}").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn through(bytes: &[u8]) -> (String, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let body = Body::keep(bytes, dir.path(), "0001-get-x.answer.bin").unwrap();
        let text = serde_json::to_string_pretty(&body).unwrap();
        let read: Body = serde_json::from_str(&text).unwrap();
        (text, read.bytes(dir.path()).unwrap())
    }

    #[test]
    fn every_body_comes_back_byte_for_byte() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        for body in [
            "",
            "{\"id\":9007199254740993, \"x\" : 1e400,\n \"t\":\"\\u00e9\"}",
            "{\"a\":1}\n",
            " [1]",
            "<html>\r\n</html>",
            "null",
            "\u{feff}{}",
            "{\"cut\":",
            &deep,
        ] {
            assert_eq!(String::from_utf8(through(body.as_bytes()).1).unwrap(), body);
        }
        let bytes = [0, 159, 146, 150, 10];
        assert_eq!(through(&bytes).1, bytes);
    }

    #[test]
    fn json_is_readable_and_bytes_lie_in_a_file() {
        assert_eq!(through(b"{\"a\":[1]}").0, "{\n  \"json\": {\"a\":[1]}\n}");
        assert_eq!(through(&[255]).0, "{\n  \"file\": \"0001-get-x.answer.bin\"\n}");
    }

    #[test]
    fn names_tell_what_was_asked_and_stay_in_the_folder() {
        assert_eq!(stem(1, "GET", "/api/v1/work orders(5)"), "0001-get-work-orders-5");
        assert_eq!(stem(12, "POST", "/"), "0012-post");
        assert!(is_own("0001-get-rows.json") && is_own("10000-get.answer.bin"));
        for name in ["recording.json", "../x", "0001-../x", "0001-a/b", "001-x.json", "notes.txt"] {
            assert!(!is_own(name), "{name}");
        }
    }
}
