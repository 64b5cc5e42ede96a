//! HTTP/1.1 on one connection: requests in, answers out, with a limit on everything a client sends.
//!
//! Written on plain sockets for two reasons: a rehearsal must survive any client, while the small server
//! library that was tried (`tiny_http` 0.12) allocates as many bytes as a request claims to send and so
//! ends the process; and faults to come need the bytes themselves (cut answers, wrong lengths, resets).

mod answer;
mod head;

use std::io::{self, Read, Write};

pub(super) use answer::{Answer, reason};
use head::{Head, Length};
pub(super) use head::{Method, Request};

/// The request line and all headers.
const MAX_HEAD: usize = 16 * 1024;
/// The body of a request; a row of the real service has at most 350 KB.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// The line before a chunk, and all lines after the last one.
const MAX_CHUNK_LINE: usize = 4 * 1024;

/// One client's connection, kept for as many requests as it sends.
pub(super) struct Connection<S> {
    stream: S,
    /// Bytes that were read and not used yet.
    ahead: Vec<u8>,
}

/// Why no request could be read.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The client has gone, or never said anything: nobody to answer.
    Gone,
    /// To be answered, then the connection ends: where the next request begins is not known.
    Answer(Answer),
}

impl<S: Read + Write> Connection<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, ahead: Vec::new() }
    }

    /// Reads the next request, body included.
    pub(super) fn read(&mut self) -> Result<Request, Refusal> {
        let head = self.head()?;
        let body = match head.length {
            Length::Known(0) => Vec::new(),
            Length::Known(length) if length > MAX_BODY => return Err(too_large()),
            Length::Known(length) => {
                self.say_continue(&head)?;
                self.take(length)?
            }
            Length::Chunked => {
                self.say_continue(&head)?;
                self.chunks()?
            }
        };
        Ok(Request { body, ..head.request })
    }

    /// Writes an answer; `request` tells whether the body is wanted and the connection stays.
    pub(super) fn write(&mut self, answer: &Answer, request: Option<&Request>) -> io::Result<()> {
        answer.write(&mut self.stream, request)
    }

    /// The socket itself, for answers that go wrong on purpose.
    pub(super) fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    pub(super) fn into_stream(self) -> S {
        self.stream
    }

    fn head(&mut self) -> Result<Head, Refusal> {
        loop {
            if let Some((head, length)) = head::parse(&self.ahead)? {
                self.ahead.drain(..length);
                return Ok(head);
            }
            if self.ahead.len() > MAX_HEAD {
                return Err(refuse(431, "headersTooLarge", "the headers are too large"));
            }
            self.more()?;
        }
    }

    fn say_continue(&mut self, head: &Head) -> Result<(), Refusal> {
        if head.expects_continue {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").map_err(|_| Refusal::Gone)?;
        }
        Ok(())
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, Refusal> {
        while self.ahead.len() < length {
            self.more()?;
        }
        let rest = self.ahead.split_off(length);
        Ok(std::mem::replace(&mut self.ahead, rest))
    }

    fn chunks(&mut self) -> Result<Vec<u8>, Refusal> {
        let mut body = Vec::new();
        loop {
            let length = self.chunk_length()?;
            if length > MAX_BODY - body.len() {
                return Err(too_large());
            }
            if length == 0 {
                self.trailers()?;
                return Ok(body);
            }
            body.extend(self.take(length)?);
            if self.take(2)? != b"\r\n" {
                return Err(malformed("a chunk of the body is longer than it says"));
            }
        }
    }

    fn chunk_length(&mut self) -> Result<usize, Refusal> {
        loop {
            match httparse::parse_chunk_size(&self.ahead) {
                Ok(httparse::Status::Complete((used, length))) => {
                    self.ahead.drain(..used);
                    return usize::try_from(length).map_err(|_| too_large());
                }
                Ok(httparse::Status::Partial) if self.ahead.len() <= MAX_CHUNK_LINE => self.more()?,
                _ => return Err(malformed("a chunk of the body has no valid size")),
            }
        }
    }

    /// Skips the lines after the last chunk, up to the empty one.
    fn trailers(&mut self) -> Result<(), Refusal> {
        let mut skipped = 0;
        loop {
            let Some(end) = self.ahead.iter().position(|byte| *byte == b'\n') else {
                if self.ahead.len() + skipped > MAX_CHUNK_LINE {
                    return Err(malformed("the lines after the body do not end"));
                }
                self.more()?;
                continue;
            };
            let line: Vec<u8> = self.ahead.drain(..=end).collect();
            skipped += line.len();
            if line.trim_ascii().is_empty() {
                return Ok(());
            }
        }
    }

    /// Waits for more bytes.
    fn more(&mut self) -> Result<(), Refusal> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(Refusal::Gone),
                Ok(length) => {
                    self.ahead.extend_from_slice(&buffer[..length]);
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) && !self.ahead.is_empty() => {
                    return Err(refuse(408, "requestTimeout", "the request did not arrive in time"));
                }
                Err(_) => return Err(Refusal::Gone),
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn too_large() -> Refusal {
    refuse(413, "bodyTooLarge", &format!("the body is larger than {} MiB", MAX_BODY / 1024 / 1024))
}

fn malformed(message: &str) -> Refusal {
    refuse(400, "malformedRequest", message)
}

fn refuse(status: u16, code: &str, message: &str) -> Refusal {
    Refusal::Answer(Answer::error(status, code, message))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A client that sends its bytes a few at a time and keeps what it gets.
    struct Client {
        sends: Vec<u8>,
        at: usize,
        step: usize,
        gets: Vec<u8>,
    }

    impl Read for Client {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = (self.sends.len() - self.at).min(self.step).min(buffer.len());
            buffer[..length].copy_from_slice(&self.sends[self.at..self.at + length]);
            self.at += length;
            Ok(length)
        }
    }

    impl Write for Client {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.gets.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn connect(sends: impl AsRef<[u8]>, step: usize) -> Connection<Client> {
        Connection::new(Client { sends: sends.as_ref().to_vec(), at: 0, step, gets: Vec::new() })
    }

    fn status(sends: impl AsRef<[u8]>) -> u16 {
        match connect(sends, 1000).read() {
            Ok(_) => 200,
            Err(Refusal::Gone) => 0,
            Err(Refusal::Answer(answer)) => answer.status,
        }
    }

    #[test]
    fn requests_follow_each_other_however_they_are_cut() {
        let sends = "POST /a%20b/c?x=1+2&y=%C3%A9 HTTP/1.1\r\nHost: h:1\r\nContent-Length: 3\r\n\r\nabc\
                     PUT /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n\
                     3\r\nxyz\r\n2;e=1\r\n12\r\n0\r\nT: 1\r\n\r\n\
                     GET http://h/ HTTP/1.0\r\nIf-None-Match: \"v\"\r\n\r\n";
        for step in [1, 7, 10_000] {
            let mut connection = connect(sends, step);
            let first = connection.read().unwrap();
            assert_eq!((first.method, first.path), (Method::Post, vec!["a b".to_owned(), "c".to_owned()]));
            assert_eq!(first.query, [("x".into(), "1 2".into()), ("y".into(), "é".into())]);
            assert_eq!((first.body.as_slice(), first.host.as_deref()), (&b"abc"[..], Some("h:1")));
            let second = connection.read().unwrap();
            assert_eq!((second.method, second.body.as_slice()), (Method::Put, &b"xyz12"[..]));
            assert!(second.keeps_alive);
            let third = connection.read().unwrap();
            assert!(third.path.is_empty() && !third.keeps_alive);
            assert_eq!(third.if_none_match.as_deref(), Some("\"v\""));
            assert!(matches!(connection.read(), Err(Refusal::Gone)));
            assert_eq!(connection.stream.gets, b"HTTP/1.1 100 Continue\r\n\r\n");
        }
    }

    #[test]
    fn bad_requests_are_refused_with_a_status() {
        for (sends, expected) in [
            ("nonsense\r\n\r\n".to_owned(), 400),
            ("GET / HTTP/1.1\r\nbad header\r\n\r\n".to_owned(), 400),
            ("GET /%ff HTTP/1.1\r\n\r\n".to_owned(), 400),
            ("GET x HTTP/1.1\r\n\r\n".to_owned(), 400),
            ("POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n".to_owned(), 400),
            ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_owned(), 400),
            ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".to_owned(), 400),
            ("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(), 400),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned(), 501),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(), 400),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc".to_owned(), 400),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n".to_owned(), 413),
            ("POST / HTTP/1.1\r\nContent-Length: 9223372036854775807\r\n\r\n".to_owned(), 413),
            ("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n".to_owned(), 413),
            (format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(20_000)), 431),
            (format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(1000)), 431),
            ("GET / HTTP/1.1\r\nHo".to_owned(), 0),
            ("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc".to_owned(), 0),
        ] {
            assert_eq!(status(&sends), expected, "{}", &sends[..sends.len().min(80)]);
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let seed = b"POST /a?b=c HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        for index in 0..seed.len() {
            for byte in [0, b'\n', b' ', b'9', b'%', 0xff] {
                let mut sends = seed.to_vec();
                sends[index] = byte;
                status(&sends);
                status(&sends[..index]);
            }
        }
    }
}
