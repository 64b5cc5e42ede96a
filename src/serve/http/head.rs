//! The head of a request: what is asked for, and how long the body is.

use percent_encoding::percent_decode_str;

use super::{Answer, Refusal, malformed, refuse};

/// A request as the routes see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct Request {
    pub method: Method,
    /// Path and query as they were sent.
    pub target: String,
    /// The decoded segments of the path; empty for `/`.
    pub path: Vec<String>,
    /// The decoded pairs of the query, in order.
    pub query: Vec<(String, String)>,
    pub host: Option<String>,
    pub if_none_match: Option<String>,
    pub if_modified_since: Option<String>,
    pub keeps_alive: bool,
    pub body: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) enum Method {
    #[default]
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Other,
}

impl Method {
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Other => "OTHER",
        }
    }

    fn named(name: &str) -> Self {
        [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.name() == name)
            .unwrap_or(Self::Other)
    }
}

#[derive(Debug)]
pub(super) struct Head {
    /// Without its body.
    pub request: Request,
    pub length: Length,
    pub expects_continue: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Known(usize),
    Chunked,
}

/// Reads a head from the front of `bytes`; answers it with its length, or `None` when more must come.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(refuse(431, "headersTooLarge", "there are more than 64 headers"));
        }
        Err(error) => return Err(malformed(&format!("this is no HTTP request: {error}"))),
    };
    let fields = Fields(parsed.headers);
    let target = parsed.path.unwrap_or_default();
    let (path, query) = split(target).map_err(Refusal::Answer)?;
    let request = Request {
        method: Method::named(parsed.method.unwrap_or_default()),
        target: target.to_owned(),
        path,
        query,
        host: fields.text("host"),
        if_none_match: fields.text("if-none-match"),
        if_modified_since: fields.text("if-modified-since"),
        keeps_alive: keeps_alive(&fields, parsed.version),
        body: Vec::new(),
    };
    let expects_continue = fields.text("expect").is_some_and(|v| v.eq_ignore_ascii_case("100-continue"));
    Ok(Some((Head { request, length: body_length(&fields)?, expects_continue }, length)))
}

struct Fields<'a>(&'a [httparse::Header<'a>]);

impl Fields<'_> {
    fn all(&self, name: &str) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| String::from_utf8_lossy(field.value).trim().to_owned())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.all(name).next()
    }
}

fn keeps_alive(fields: &Fields<'_>, version: Option<u8>) -> bool {
    let connection = fields.text("connection").unwrap_or_default().to_ascii_lowercase();
    if version == Some(0) { connection.contains("keep-alive") } else { !connection.contains("close") }
}

fn body_length(fields: &Fields<'_>) -> Result<Length, Refusal> {
    let lengths: Vec<String> = fields.all("content-length").collect();
    let Some(encoding) = fields.text("transfer-encoding") else { return known_length(&lengths) };
    if !lengths.is_empty() {
        return Err(malformed("the request has both a length and a transfer encoding"));
    }
    if !encoding.eq_ignore_ascii_case("chunked") {
        let message = format!("the transfer encoding `{encoding}` is not supported, expected `chunked`");
        return Err(refuse(501, "transferEncoding", &message));
    }
    Ok(Length::Chunked)
}

fn known_length(lengths: &[String]) -> Result<Length, Refusal> {
    let Some(first) = lengths.first() else { return Ok(Length::Known(0)) };
    let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || lengths.iter().any(|length| length != first) {
        return Err(malformed("the length of the body is no number"));
    }
    // More digits than fit are certainly too long, which is answered later.
    Ok(Length::Known(first.parse().unwrap_or(usize::MAX)))
}

type Target = (Vec<String>, Vec<(String, String)>);

fn split(target: &str) -> Result<Target, Answer> {
    let origin = match target.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|b| b.is_ascii_alphabetic()) => {
            rest.find('/').map_or("/", |slash| &rest[slash..])
        }
        _ => target,
    };
    let (path, query) = origin.split_once('?').unwrap_or((origin, ""));
    if !path.starts_with('/') {
        return Err(Answer::error(400, "malformedRequest", "the path does not begin with `/`"));
    }
    let path =
        path.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect::<Result<_, _>>()?;
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decoded(&name.replace('+', " "))?, decoded(&value.replace('+', " "))?))
    });
    Ok((path, pairs.collect::<Result<_, Answer>>()?))
}

fn decoded(text: &str) -> Result<String, Answer> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Answer::error(400, "malformedRequest", "the path or query is not valid UTF-8"))
}
