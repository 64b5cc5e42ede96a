//! Addresses: parsed once, joined, compared by origin, shown without what may be secret.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::run::provider::FetchError;

/// An absolute `http` or `https` address without a fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::run::provider) struct Address {
    scheme: &'static str,
    /// Host in lower case, as it stands in the address (IPv6 in brackets).
    host: String,
    port: u16,
    /// Begins with `/`.
    path: String,
    query: Option<String>,
}

/// What may not stand in an address and is escaped where an author wrote it.
const ILLEGAL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

impl Address {
    /// Parses an absolute address.
    ///
    /// # Errors
    /// `config.url` for anything that is not one, and for one that holds a user name or password.
    pub(in crate::run::provider) fn parse(text: &str) -> Result<Self, FetchError> {
        let text = text.trim();
        let (scheme, rest) =
            scheme(text).ok_or_else(|| invalid(text, "it must begin with `http://` or `https://`"))?;
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(invalid(
                text,
                "a user name or password cannot stand in it; use a `basicAuth` parameter",
            ));
        }
        let (host, port) =
            host_and_port(authority, scheme).ok_or_else(|| invalid(text, "its host is not valid"))?;
        let (path, query) = path_and_query(rest);
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        Ok(Self { scheme, host, port, path, query })
    }

    /// What stands for an address where a database is asked and not a server: a function on a named
    /// connection.
    pub(in crate::run::provider) fn of_connection(connection: &str, function: &str) -> Self {
        Self {
            scheme: "sql",
            host: connection.to_owned(),
            port: usual_port("sql"),
            path: format!("/{function}"),
            query: None,
        }
    }

    /// The address that `text` means when it stands in an answer from this one: absolute, or
    /// relative to this (RFC 3986 §5.2).
    ///
    /// # Errors
    /// As [`Address::parse`].
    pub(in crate::run::provider) fn join(&self, text: &str) -> Result<Self, FetchError> {
        let text = text.trim();
        if has_scheme(text) {
            return Self::parse(text);
        }
        if text.starts_with("//") {
            return Self::parse(&format!("{}:{text}", self.scheme));
        }
        let (path, query) = path_and_query(text);
        if path.is_empty() {
            return Ok(Self { query: query.or_else(|| self.query.clone()), ..self.clone() });
        }
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = if path.starts_with('/') { path } else { format!("{folder}/{path}") };
        Ok(Self { path: without_dots(&path), query, ..self.clone() })
    }

    /// The same with another query; `None` for none.
    pub(in crate::run::provider) fn with_query(self, query: Option<String>) -> Self {
        Self { query: query.filter(|query| !query.is_empty()), ..self }
    }

    /// The same with a path put behind this one's.
    pub(in crate::run::provider) fn below(self, path: &str) -> Self {
        Self { path: format!("{}/{path}", self.path.trim_end_matches('/')), ..self }
    }

    /// The host, in lower case.
    pub(in crate::run::provider) fn host(&self) -> &str {
        &self.host
    }

    pub(in crate::run::provider) fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Host and port; the port also where it is the usual one.
    pub(in crate::run::provider) fn host_and_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Scheme, host and port: where credentials may go.
    pub(in crate::run::provider) fn origin(&self) -> String {
        let usual = self.port == usual_port(self.scheme);
        let port = if usual { String::new() } else { format!(":{}", self.port) };
        format!("{}://{}{port}", self.scheme, self.host)
    }

    /// The address for messages: a query may hold secrets and is left out.
    pub(in crate::run::provider) fn shown(&self) -> String {
        format!("{}{}", self.origin(), self.path)
    }

    /// The whole address.
    pub(in crate::run::provider) fn text(&self) -> String {
        let query = self.query.as_ref().map_or_else(String::new, |query| format!("?{query}"));
        format!("{}{}{query}", self.origin(), self.path)
    }

    /// Whether the host is this machine.
    pub(in crate::run::provider) fn is_loopback(&self) -> bool {
        let address = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

fn scheme(text: &str) -> Option<(&'static str, &str)> {
    ["https", "http"].into_iter().find_map(|scheme| {
        let head = text.get(..scheme.len())?;
        let rest = text[scheme.len()..].strip_prefix("://")?;
        head.eq_ignore_ascii_case(scheme).then_some((scheme, rest))
    })
}

/// Whether a text names a scheme of its own.
fn has_scheme(text: &str) -> bool {
    let end = text.find(['/', '?', '#', '\\']).unwrap_or(text.len());
    text[..end].ends_with(':') && text[end..].starts_with("//")
}

fn usual_port(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}

fn host_and_port(authority: &str, scheme: &str) -> Option<(String, u16)> {
    let after_brackets = authority.find(']').map_or(0, |end| end + 1);
    let (host, port) = match authority[after_brackets..].find(':') {
        Some(colon) => authority.split_at(after_brackets + colon),
        None => (authority, ""),
    };
    let port = match port.trim_start_matches(':') {
        "" => usual_port(scheme),
        digits => digits.parse().ok()?,
    };
    is_host(host).then(|| (host.to_ascii_lowercase(), port))
}

fn is_host(host: &str) -> bool {
    let inside = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match inside {
        Some(ip) => ip.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)),
    }
}

fn path_and_query(text: &str) -> (String, Option<String>) {
    let text = text.split_once('#').map_or(text, |(before, _)| before);
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    let escape = |part: &str| utf8_percent_encode(part, ILLEGAL).to_string();
    (escape(path), query.filter(|query| !query.is_empty()).map(escape))
}

fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if path.ends_with("/.") || path.ends_with("/..") {
        parts.push("");
    }
    format!("/{}", parts.join("/"))
}

fn invalid(text: &str, why: &str) -> FetchError {
    // The part behind `?` or before `@` may be secret.
    let shown = text.split(['?', '#']).next().unwrap_or_default();
    let shown: String = shown.rsplit('@').next().unwrap_or_default().chars().take(200).collect();
    FetchError::lasting("config.url", format!("`{shown}` is no address that can be called: {why}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn joined(base: &str, text: &str) -> String {
        Address::parse(base).unwrap().join(text).unwrap().text()
    }

    #[test]
    fn addresses_are_normalised() {
        for (text, expected) in [
            ("HTTP://Example.COM:80", "http://example.com/"),
            ("https://a.b:443/x?y=1#z", "https://a.b/x?y=1"),
            ("https://a.b:8443?q", "https://a.b:8443/?q"),
            ("http://[::1]:9/x", "http://[::1]:9/x"),
            ("http://h/a b/{c}?d=e f&$g=ü", "http://h/a%20b/%7Bc%7D?d=e%20f&$g=%C3%BC"),
            ("http://h/100%25?", "http://h/100%25"),
            ("http://good\\@evil/", "http://good/%5C@evil/"),
        ] {
            assert_eq!(Address::parse(text).unwrap().text(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "example.com",
            "/x",
            "ftp://h/",
            "http://",
            "http://:80/",
            "http://h:99999/",
            "http://a b/",
            "http://user:hunter2@h/",
            "http://ü.de/",
            "http://[1]/",
            "javascript:alert(1)",
        ] {
            let error = Address::parse(text).unwrap_err();
            assert_eq!(error.code, "config.url", "{text}");
            assert!(!error.message.contains("hunter2"), "{}", error.message);
        }
    }

    #[test]
    fn relative_addresses_are_joined() {
        let base = "http://h/a/b?c=1";
        for (text, expected) in [
            ("/x?y", "http://h/x?y"),
            ("?p=2", "http://h/a/b?p=2"),
            ("x", "http://h/a/x"),
            ("../x/./y", "http://h/x/y"),
            ("../../../x", "http://h/x"),
            ("..", "http://h/"),
            ("//other:8/x", "http://other:8/x"),
            ("https://other", "https://other/"),
            ("", "http://h/a/b?c=1"),
            ("tasks:list", "http://h/a/tasks:list"),
            ("x?next=http://h/y", "http://h/a/x?next=http://h/y"),
        ] {
            assert_eq!(joined(base, text), expected, "{text}");
        }
        assert!(Address::parse(base).unwrap().join("ftp://x/").is_err());
    }

    #[test]
    fn origins_differ_by_scheme_host_and_port() {
        let origin = |text: &str| Address::parse(text).unwrap().origin();
        assert_eq!(origin("http://H/x"), origin("http://h:80/y"));
        assert_ne!(origin("http://h"), origin("https://h"));
        assert_ne!(origin("http://h:8080"), origin("http://h"));
    }

    #[test]
    fn what_is_shown_has_no_query() {
        assert_eq!(Address::parse("http://h/x?key=secret").unwrap().shown(), "http://h/x");
    }
}
