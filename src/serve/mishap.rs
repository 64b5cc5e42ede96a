//! What can go wrong with an answer, one name for each.
//!
//! A mishap turns the right answer into a [`Delivery`]: the bytes that are really sent, and how the
//! connection ends. The kinds are those that servers, proxies and networks are seen to commit.

mod content;
mod delivery;
mod name;

use super::http::{Answer, Method, Request};

pub(super) use delivery::{Delivery, End, Framing, Sent};

/// What marks the address that a client is sent on to; no part of the question.
pub(super) const MARK: &str = "redirected=1";

/// Something that goes wrong with one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// The connection is closed in place of an answer.
    Close,
    /// The connection is reset in place of an answer.
    Reset,
    /// The connection is closed after the headers.
    CloseAfterHeaders,
    /// The connection is reset after the headers.
    ResetAfterHeaders,
    /// Half of the body, then the connection is closed.
    CutBody,
    /// Half of the body, then the connection is reset.
    ResetInBody,
    /// Half of a body in chunks, without the last chunk.
    CutChunks,
    /// Half of a body whose end only the closed connection tells.
    CutWithoutLength,
    /// The length is said to be a hundred bytes more, and the connection stays open.
    LengthTooLong,
    /// The length is said to be half of what it is.
    LengthTooShort,
    /// The body comes a few bytes at a time.
    Drip,
    /// No answer at all, and the connection stays open.
    Stall,
    /// Half of the body, and then nothing.
    StallInBody,
    /// Something that is no HTTP.
    Garbage,
    /// A header of a megabyte.
    HugeHeader,
    /// A status in place of the answer, with or without the seconds to wait.
    Status(u16, Option<u32>),
    /// A redirect to the same address, marked, that answers well.
    RedirectSame,
    /// A redirect to another port of this machine that answers well.
    RedirectOther,
    /// A redirect to itself.
    RedirectLoop,
    /// A redirect to an address that only machines in a data centre have.
    RedirectInside,
    /// A body without end.
    HugeBody,
    /// The right body, compressed.
    Gzip,
    /// A small body that grows to a gigabyte.
    GzipBomb,
    /// A compressed body that is damaged.
    GzipBroken,
    /// A plain body that is said to be compressed.
    GzipMislabelled,
    /// The right body with a byte that is no UTF-8.
    InvalidUtf8,
    /// The right body behind a byte order mark.
    ByteOrderMark,
    /// A web page with status 200, as a sign-in page would be.
    Html,
    /// `null`.
    Null,
    /// No body.
    EmptyBody,
    /// Brackets, a hundred thousand deep.
    NestedBomb,
    /// The first half of the JSON, in a well-formed answer.
    CutJson,
    /// A number in place of rows.
    Scalar,
    /// An error object with status 200.
    ErrorAs200,
    /// The right body, said to be plain text.
    WrongType,
    /// The first row comes twice.
    DuplicateIds,
    /// The first row has no id.
    MissingId,
    /// The id of the first row is `null`.
    NullId,
    /// Every value of the first row is of another type.
    TypeChange,
    /// No rows, but a next page.
    EmptyPage,
    /// The next page is this page.
    SelfPage,
}

impl Mishap {
    /// Whether the server says with it that it did nothing: then a change is not made. After all else,
    /// a 500 for example, nobody knows; here it is.
    pub(super) fn refuses(self, request: &Request) -> bool {
        let changes = !matches!(request.method, Method::Get | Method::Head);
        changes && matches!(self, Self::Status(status, _) if status < 500 || status == 503)
    }

    /// What is sent in place of `answer`; `twin` is the address of the other port.
    pub(super) fn stage(self, answer: Answer, request: &Request, twin: &str) -> Delivery {
        let right = Delivery::of(answer);
        match self {
            Self::Close | Self::Reset | Self::Stall | Self::Garbage => self.no_answer(right),
            Self::CloseAfterHeaders
            | Self::ResetAfterHeaders
            | Self::CutBody
            | Self::ResetInBody
            | Self::CutChunks
            | Self::CutWithoutLength
            | Self::LengthTooLong
            | Self::LengthTooShort
            | Self::Drip
            | Self::StallInBody
            | Self::HugeHeader
            | Self::HugeBody => self.torn(right),
            Self::Status(status, wait) => Delivery::status(status, wait),
            Self::RedirectSame | Self::RedirectOther | Self::RedirectLoop | Self::RedirectInside => {
                self.redirect(request, twin, right)
            }
            _ => content::changed(self, right, request),
        }
    }

    fn no_answer(self, right: Delivery) -> Delivery {
        let (sent, end) = match self {
            Self::Close => (Sent::Nothing, End::Close),
            Self::Reset => (Sent::Nothing, End::Reset),
            Self::Garbage => (Sent::Garbage, End::Close),
            _ => (Sent::Nothing, End::Silence),
        };
        Delivery { sent, end, ..right }
    }

    fn torn(self, right: Delivery) -> Delivery {
        let half = right.body.len() / 2;
        let all = right.body.len();
        let (sent, end, framing) = match self {
            Self::CloseAfterHeaders => (Sent::Part(0), End::Close, Framing::Length(all)),
            Self::ResetAfterHeaders => (Sent::Part(0), End::Reset, Framing::Length(all)),
            Self::CutBody => (Sent::Part(half), End::Close, Framing::Length(all)),
            Self::ResetInBody => (Sent::Part(half), End::Reset, Framing::Length(all)),
            Self::CutChunks => (Sent::Part(half), End::Close, Framing::Chunks),
            Self::CutWithoutLength => (Sent::Part(half), End::Close, Framing::UntilClose),
            Self::LengthTooLong => (Sent::Whole, End::Silence, Framing::Length(all + 100)),
            Self::LengthTooShort => (Sent::Whole, End::Close, Framing::Length(half)),
            Self::StallInBody => (Sent::Part(half), End::Silence, Framing::Length(all)),
            Self::Drip => (Sent::Slowly, End::Stay, Framing::Length(all)),
            Self::HugeBody => (Sent::Endless, End::Close, Framing::Chunks),
            _ => (Sent::Whole, End::Stay, Framing::Length(all)),
        };
        let padding = if self == Self::HugeHeader { 1024 * 1024 } else { 0 };
        Delivery { framing, sent, end, padding, ..right }
    }

    fn redirect(self, request: &Request, twin: &str, right: Delivery) -> Delivery {
        let target = &request.target;
        if target.contains(MARK) && self == Self::RedirectSame {
            return right;
        }
        let joint = if target.contains('?') { '&' } else { '?' };
        let location = match self {
            Self::RedirectSame => format!("{target}{joint}{MARK}"),
            Self::RedirectOther => format!("{twin}{target}"),
            Self::RedirectInside => "http://169.254.169.254/latest/meta-data".to_owned(),
            _ => target.clone(),
        };
        Delivery::of(Answer::empty(302).with("Location", &location))
    }
}
