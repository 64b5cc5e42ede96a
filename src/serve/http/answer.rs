//! An answer and its bytes.

use std::fmt::Write as _;
use std::io::{self, IoSlice, Write};

use super::super::row::quoted;
use super::{Method, Request};

/// What a client gets; a body is always JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub(in super::super) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub(in super::super) fn empty(status: u16) -> Self {
        Self::json(status, Vec::new())
    }

    pub(in super::super) fn error(status: u16, code: &str, message: &str) -> Self {
        let (code, message) = (quoted(code), quoted(message));
        Self::json(status, format!("{{\"error\":{{\"code\":{code},\"message\":{message}}}}}"))
    }

    /// A header more. Characters that could end the line are left out.
    pub(in super::super) fn with(mut self, name: &'static str, value: &str) -> Self {
        let value = value.chars().filter(|c| c.is_ascii() && !c.is_ascii_control()).collect();
        self.headers.push((name, value));
        self
    }

    /// Writes the answer; without a request, which could not be read, the connection is said to end.
    pub(super) fn write(&self, out: &mut impl Write, request: Option<&Request>) -> io::Result<()> {
        let head = self.head(request);
        let wants_body = request.is_none_or(|request| request.method != Method::Head);
        let body = if wants_body { self.body.as_slice() } else { &[] };
        write_both(out, head.as_bytes(), body)?;
        out.flush()
    }

    fn head(&self, request: Option<&Request>) -> String {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            // Writing to a String cannot fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !matches!(self.status, 204 | 304) {
            let length = self.body.len();
            let _ = write!(head, "Content-Type: application/json\r\nContent-Length: {length}\r\n");
        }
        let connection = match request {
            Some(request) if request.keeps_alive => "keep-alive",
            _ => "close",
        };
        let _ = write!(head, "Connection: {connection}\r\n\r\n");
        head
    }
}

/// Both parts in one system call where the socket takes them.
fn write_both(out: &mut impl Write, head: &[u8], body: &[u8]) -> io::Result<()> {
    let written = loop {
        match out.write_vectored(&[IoSlice::new(head), IoSlice::new(body)]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            done => break done?,
        }
    };
    if written < head.len() {
        out.write_all(&head[written..])?;
        return out.write_all(body);
    }
    out.write_all(&body[written - head.len()..])
}

/// The words behind a status.
pub(in super::super) fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn bytes(answer: &Answer, request: Option<&Request>) -> String {
        let mut out = Vec::new();
        answer.write(&mut out, request).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_answer_has_a_length_and_says_how_it_goes_on() {
        let kept = Request { keeps_alive: true, ..Request::default() };
        let answer = Answer::json(200, "[1]").with("Link", "<a\r\nb>");
        assert_eq!(
            bytes(&answer, Some(&kept)),
            "HTTP/1.1 200 OK\r\nLink: <ab>\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\
             Connection: keep-alive\r\n\r\n[1]"
        );
        let head = Request { method: Method::Head, ..Request::default() };
        assert!(bytes(&answer, Some(&head)).ends_with("Content-Length: 3\r\nConnection: close\r\n\r\n"));
        assert_eq!(bytes(&Answer::empty(204), None), "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    }

    #[test]
    fn errors_are_json() {
        let answer = Answer::error(404, "unknownTable", "no \"table\"");
        let value: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(value["error"]["message"], "no \"table\"");
    }

    /// Takes three bytes at a time.
    struct Narrow(Vec<u8>);

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let length = bytes.len().min(3);
            self.0.extend_from_slice(&bytes[..length]);
            Ok(length)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_narrow_socket_gets_every_byte_once() {
        let mut narrow = Narrow(Vec::new());
        write_both(&mut narrow, b"headhead", b"bodybody").unwrap();
        assert_eq!(narrow.0, b"headheadbodybody");
    }
}
