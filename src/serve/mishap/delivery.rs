//! The bytes that are sent, right or wrong.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use crate::serve::http::{Answer, reason};

/// How long a dripping answer pauses, and how many bytes come between two pauses.
const PAUSE: Duration = Duration::from_millis(100);
const DRIP: usize = 8;
/// How many bytes a body without end has before we lose patience with a client that takes them all.
const ENDLESS: usize = 8 * 1024 * 1024 * 1024;

/// An answer as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) struct Delivery {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub content_type: &'static str,
    pub body: Vec<u8>,
    pub framing: Framing,
    pub sent: Sent,
    pub end: End,
    /// Bytes of a header that nobody needs.
    pub padding: usize,
}

/// How a client learns where the body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum Framing {
    /// The length that is claimed.
    Length(usize),
    Chunks,
    UntilClose,
}

/// What of the answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum Sent {
    Whole,
    /// The head and so many bytes of the body.
    Part(usize),
    /// A few bytes at a time.
    Slowly,
    /// The head, and rows for as long as the client takes them.
    Endless,
    Nothing,
    Garbage,
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum End {
    /// It goes on as the client wants.
    Stay,
    Close,
    Reset,
    /// It stays open, and nothing comes.
    Silence,
}

impl Delivery {
    /// The right delivery of an answer.
    pub(in crate::serve) fn of(answer: Answer) -> Self {
        Self {
            status: answer.status,
            headers: answer.headers,
            content_type: "application/json",
            framing: Framing::Length(answer.body.len()),
            body: answer.body,
            sent: Sent::Whole,
            end: End::Stay,
            padding: 0,
        }
    }

    /// A status with an error object.
    pub(super) fn status(status: u16, wait: Option<u32>) -> Self {
        let answer = Answer::error(status, "injectedFailure", "this request was chosen to fail");
        let answer = match wait {
            Some(seconds) => answer.with("Retry-After", &seconds.to_string()),
            None => answer,
        };
        Self::of(answer)
    }

    /// The same with another body of the right length.
    pub(super) fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { framing: Framing::Length(body.len()), body, ..self }
    }

    /// Sends it; `pause` waits for a while and answers whether to go on.
    pub(in crate::serve) fn write(
        &self,
        out: &mut impl Write,
        stays: bool,
        pause: &dyn Fn(Duration) -> bool,
    ) -> io::Result<()> {
        match self.sent {
            Sent::Nothing => return Ok(()),
            Sent::Garbage => return out.write_all(b"\x16\x03\x01 this is no answer\r\n\r\n"),
            _ => out.write_all(self.head(stays).as_bytes())?,
        }
        match self.sent {
            Sent::Part(length) => self.piece(out, &self.body[..length.min(self.body.len())])?,
            Sent::Slowly => self.drip(out, pause)?,
            Sent::Endless => self.endless(out)?,
            _ => {
                self.piece(out, &self.body)?;
                if self.framing == Framing::Chunks {
                    out.write_all(b"0\r\n\r\n")?;
                }
            }
        }
        out.flush()
    }

    fn head(&self, stays: bool) -> String {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            // Writing to a String cannot fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if self.padding > 0 {
            let _ = write!(head, "X-Padding: {}\r\n", "x".repeat(self.padding));
        }
        let _ = write!(head, "Content-Type: {}\r\n", self.content_type);
        match self.framing {
            Framing::Length(length) => drop(write!(head, "Content-Length: {length}\r\n")),
            Framing::Chunks => head.push_str("Transfer-Encoding: chunked\r\n"),
            Framing::UntilClose => {}
        }
        let connection = if stays && self.end == End::Stay { "keep-alive" } else { "close" };
        let _ = write!(head, "Connection: {connection}\r\n\r\n");
        head
    }

    fn piece(&self, out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
        if self.framing != Framing::Chunks {
            return out.write_all(bytes);
        }
        write!(out, "{:x}\r\n", bytes.len())?;
        out.write_all(bytes)?;
        out.write_all(b"\r\n")
    }

    fn drip(&self, out: &mut impl Write, pause: &dyn Fn(Duration) -> bool) -> io::Result<()> {
        for drop in self.body.chunks(DRIP) {
            out.write_all(drop)?;
            out.flush()?;
            if !pause(PAUSE) {
                break;
            }
        }
        Ok(())
    }

    fn endless(&self, out: &mut impl Write) -> io::Result<()> {
        let filler = vec![b' '; 64 * 1024];
        self.piece(out, b"[")?;
        for _ in 0..ENDLESS / filler.len() {
            self.piece(out, &filler)?;
        }
        Ok(())
    }
}
