//! Answers in the older character sets of the West, made UTF-8 where the server names theirs.

use std::borrow::Cow;

use super::http::Response;
use crate::app::Format;

/// What the bytes from 0x80 to 0x9F mean in windows-1252, which is also what pages and programs mean that say
/// ISO-8859-1 (Encoding Standard, <https://encoding.spec.whatwg.org/#names-and-labels>). A blank place stands for
/// the control character of the same number.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The names of that set, in lower case.
const NAMES: [&str; 9] =
    ["iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "l1", "windows-1252", "cp1252", "us-ascii", "ascii"];

/// The answer with its text as UTF-8. What is UTF-8 stays as it is, whatever the server calls it: many name a
/// set that they do not use. Bytes that are kept as bytes stay too.
pub(super) fn readable(response: Response, format: Format) -> Response {
    let is_other = || declared(&response).is_some_and(|name| NAMES.contains(&name.as_str()));
    if format == Format::Binary || !is_other() || std::str::from_utf8(&response.body).is_ok() {
        return response;
    }
    let text: String = response.body.iter().map(|byte| character(*byte)).collect();
    Response { body: text.into_bytes(), ..response }
}

/// What the server says of its characters, for a message: ` and says that it is …`.
pub(super) fn said(response: &Response) -> Cow<'static, str> {
    match declared(response).filter(|name| name != "utf-8") {
        Some(name) => format!(" but `{name}`, which this runtime cannot read").into(),
        None => "".into(),
    }
}

fn character(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

/// The `charset` of the content type, in lower case.
fn declared(response: &Response) -> Option<String> {
    let (_, kind) = response.headers.iter().find(|(name, _)| name == "content-type")?;
    let mut parts = kind.split(';').skip(1).filter_map(|part| part.split_once('='));
    let (_, name) = parts.find(|(key, _)| key.trim().eq_ignore_ascii_case("charset"))?;
    Some(name.trim().trim_matches('"').to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::run::provider::rest::Address;

    fn read(kind: &str, body: &[u8], format: Format) -> Vec<u8> {
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        let address = Address::parse("http://h/").unwrap();
        readable(Response { status: 200, reason: "OK", headers, body: body.to_vec(), address }, format).body
    }

    #[test]
    fn a_declared_older_set_is_read() {
        for kind in ["text/csv; charset=iso-8859-1", "text/xml;x=y;Charset=\"Windows-1252\""] {
            assert_eq!(read(kind, b"h\xe9 \x80\x81", Format::Text), "hé €\u{81}".as_bytes(), "{kind}");
        }
    }

    #[test]
    fn a_false_declaration_does_no_harm() {
        let utf8 = "hé".as_bytes();
        assert_eq!(read("application/json;charset=ISO-8859-1", utf8, Format::Json), utf8);
        for kind in ["text/plain", "text/plain; charset=utf-8", "text/plain; charset=shift_jis"] {
            assert_eq!(read(kind, b"h\xe9", Format::Text), b"h\xe9", "{kind}");
        }
        assert_eq!(read("text/plain; charset=latin1", b"h\xe9", Format::Binary), b"h\xe9");
    }
}
