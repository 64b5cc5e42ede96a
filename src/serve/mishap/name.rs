//! The names of the mishaps.

use std::fmt;
use std::str::FromStr;

use super::Mishap;

/// Names and what they mean, but for those of statuses.
const NAMES: [(&str, Mishap, &str); 40] = [
    ("close", Mishap::Close, "close the connection in place of an answer"),
    ("reset", Mishap::Reset, "reset the connection in place of an answer"),
    ("close-after-headers", Mishap::CloseAfterHeaders, "close the connection after the headers"),
    ("reset-after-headers", Mishap::ResetAfterHeaders, "reset the connection after the headers"),
    ("cut-body", Mishap::CutBody, "half of the body, then close"),
    ("reset-in-body", Mishap::ResetInBody, "half of the body, then reset"),
    ("cut-chunks", Mishap::CutChunks, "half of a chunked body, without its end"),
    ("cut-without-length", Mishap::CutWithoutLength, "half of a body that tells no length"),
    ("length-too-long", Mishap::LengthTooLong, "claim more bytes than there are, and wait"),
    ("length-too-short", Mishap::LengthTooShort, "claim half of the bytes"),
    ("drip", Mishap::Drip, "a few bytes every 100 ms"),
    ("stall", Mishap::Stall, "never answer"),
    ("stall-in-body", Mishap::StallInBody, "half of the body, then nothing"),
    ("garbage", Mishap::Garbage, "answer with bytes that are no HTTP"),
    ("huge-header", Mishap::HugeHeader, "a header of a megabyte"),
    ("redirect-same", Mishap::RedirectSame, "redirect once, to the same server"),
    ("redirect-other", Mishap::RedirectOther, "redirect to another port of this machine"),
    ("redirect-loop", Mishap::RedirectLoop, "redirect to itself for ever"),
    ("redirect-inside", Mishap::RedirectInside, "redirect to a link-local address"),
    ("huge-body", Mishap::HugeBody, "a body that does not end"),
    ("gzip", Mishap::Gzip, "the right body, compressed"),
    ("gzip-bomb", Mishap::GzipBomb, "a small body that unpacks to a gigabyte"),
    ("gzip-broken", Mishap::GzipBroken, "a compressed body that is damaged"),
    ("gzip-mislabelled", Mishap::GzipMislabelled, "a plain body that is said to be compressed"),
    ("invalid-utf8", Mishap::InvalidUtf8, "a byte in the body that is no UTF-8"),
    ("byte-order-mark", Mishap::ByteOrderMark, "the right body behind a byte order mark"),
    ("html", Mishap::Html, "a web page with status 200"),
    ("null", Mishap::Null, "`null` in place of the rows"),
    ("empty-body", Mishap::EmptyBody, "status 200 without a body"),
    ("nested-bomb", Mishap::NestedBomb, "brackets, a hundred thousand deep"),
    ("cut-json", Mishap::CutJson, "the first half of the JSON, well delivered"),
    ("scalar", Mishap::Scalar, "a number in place of the rows"),
    ("error-as-200", Mishap::ErrorAs200, "an error object with status 200"),
    ("wrong-type", Mishap::WrongType, "the right body, said to be plain text"),
    ("duplicate-ids", Mishap::DuplicateIds, "the first row comes twice"),
    ("missing-id", Mishap::MissingId, "the first row has no id"),
    ("null-id", Mishap::NullId, "the id of the first row is `null`"),
    ("type-change", Mishap::TypeChange, "every value of the first row has another type"),
    ("empty-page", Mishap::EmptyPage, "no rows, but a next page"),
    ("self-page", Mishap::SelfPage, "the next page is this page"),
];

impl Mishap {
    /// Every name with what it means, those of statuses as a pattern.
    pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
        let statuses = [
            ("status-NNN", "a status from 300 to 599 in place of the answer"),
            ("status-NNN+N", "the same with `Retry-After: N` (seconds)"),
        ];
        NAMES.iter().map(|(name, _, meaning)| (*name, *meaning)).chain(statuses)
    }
}

impl FromStr for Mishap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(status) = text.strip_prefix("status-") {
            return status_named(status).ok_or_else(|| {
                format!("`{text}` is no status, expected one from 300 to 599 such as `status-503` or `status-503+2`")
            });
        }
        let named = NAMES.iter().find(|(name, ..)| *name == text);
        named.map(|(_, mishap, _)| *mishap).ok_or_else(|| format!("there is no fault `{text}`"))
    }
}

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status, None) => write!(f, "status-{status}"),
            Self::Status(status, Some(wait)) => write!(f, "status-{status}+{wait}"),
            named => {
                let found = NAMES.iter().find(|(_, mishap, _)| mishap == named);
                f.write_str(found.map_or("", |(name, ..)| name))
            }
        }
    }
}

fn status_named(text: &str) -> Option<Mishap> {
    let (status, wait) = text.split_once('+').map_or((text, None), |(status, wait)| (status, Some(wait)));
    let status = status.parse().ok().filter(|status| (300..600).contains(status))?;
    let wait = wait.map(str::parse).transpose().ok()?;
    Some(Mishap::Status(status, wait))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_read_back() {
        let statuses = ["status-503", "status-429+7"].map(str::to_owned);
        for name in NAMES.iter().map(|(name, ..)| (*name).to_owned()).chain(statuses) {
            assert_eq!(name.parse::<Mishap>().unwrap().to_string(), name);
        }
        for wrong in ["", "cut", "status-200", "status-", "status-503+", "status-600"] {
            assert!(wrong.parse::<Mishap>().is_err(), "{wrong}");
        }
    }
}
