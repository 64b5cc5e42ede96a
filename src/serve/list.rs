//! Lists of rows for REST: as a whole, and in pages by link or by cursor.

use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use super::backend::Cx;
use super::http::{Answer, Method};
use super::row::{Filter, quoted};
use super::table::Table;

/// How a list and its next page are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// An array; the next page in the `Link` header.
    Plain,
    /// `value` and `@odata.nextLink`.
    OData,
    /// `items` and `next`.
    Cursor,
}

/// Rows a page where pages are asked for and nobody says how long.
pub(super) const DEFAULT_LIMIT: usize = 100;
/// Rows a page at most.
pub(super) const MAX_LIMIT: usize = 10_000;

/// What stays as it is in a path or query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'$');

pub(super) fn answer(cx: &Cx<'_>, style: Style, name: &str) -> Result<Answer, Answer> {
    cx.allow(if style == Style::Plain {
        &[Method::Get, Method::Head, Method::Post]
    } else {
        &[Method::Get, Method::Head]
    })?;
    let table = cx.catalog.read(name).ok_or_else(|| cx.unknown_table(name))?;
    let asked = Asked::read(style, &cx.request.query)?;
    asked.check_columns(name, &table)?;
    let state = State::of(cx, &table);
    if state.is_known(cx) {
        return Ok(state.told(Answer::empty(304)));
    }
    let page = Page::read(&table, &asked, asked.limit(style, cx.page_size));
    let next = page.next.map(|place| asked.next(style, place, page.limit));
    Ok(state.told(written(cx, style, &table, &asked, page, next)))
}

/// What all answers about a table as it is now say of it, so that a client need not get them twice.
pub(super) struct State {
    tag: String,
    /// When it was changed last, as a date of HTTP.
    modified: Option<String>,
}

impl State {
    pub(super) fn of(cx: &Cx<'_>, table: &Table) -> Self {
        let page_size = cx.page_size.unwrap_or_default();
        let tag = format!("\"{}-{page_size}\"", cx.catalog.watermark(table, table.version()));
        let changed: Option<jiff::Timestamp> =
            table.changed().unwrap_or_else(|| cx.catalog.started()).parse().ok();
        let modified =
            changed.and_then(|time| DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok());
        Self { tag, modified }
    }

    /// Whether the client has the answer; a tag counts before a time.
    pub(super) fn is_known(&self, cx: &Cx<'_>) -> bool {
        if let Some(known) = cx.request.if_none_match.as_deref() {
            return known.split(',').any(|known| known.trim().trim_start_matches("W/") == self.tag);
        }
        let seconds = |text: &str| Some(DateTimeParser::new().parse_timestamp(text).ok()?.as_second());
        let since = cx.request.if_modified_since.as_deref().and_then(seconds);
        let modified = self.modified.as_deref().and_then(seconds);
        modified.zip(since).is_some_and(|(modified, since)| modified <= since)
    }

    /// The answer with it.
    pub(super) fn told(&self, answer: Answer) -> Answer {
        let answer = answer.with("ETag", &self.tag);
        match &self.modified {
            Some(modified) => answer.with("Last-Modified", modified),
            None => answer,
        }
    }
}

/// A segment of a path, or a name or value of a query, percent-encoded.
pub(super) fn encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, PLAIN)
}

/// A whole number from 1 on, given in a query.
///
/// # Errors
/// 400 that names the parameter.
pub(super) fn positive(name: &str, value: &str) -> Result<usize, Answer> {
    value.parse().ok().filter(|number| *number > 0).ok_or_else(|| invalid(name, value, "a number from 1 on"))
}

pub(super) fn invalid(name: &str, value: &str, expected: &str) -> Answer {
    let message = format!("the parameter `{name}` is `{value}`, expected {expected}");
    Answer::error(400, "invalidParameter", &message)
}

/// Which rows a request is about.
struct Asked {
    limit: Option<usize>,
    start: Start,
    /// The number of all rows is wanted in the body.
    counts: bool,
    filter: Filter,
    /// The parameters that the next page repeats.
    repeated: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    First,
    Page(usize),
    Offset(usize),
    /// The place of the first row.
    Cursor(usize),
}

impl Asked {
    fn read(style: Style, query: &[(String, String)]) -> Result<Self, Answer> {
        let mut asked = Self {
            limit: None,
            start: Start::First,
            counts: false,
            filter: Filter::default(),
            repeated: Vec::new(),
        };
        for (name, value) in query {
            if let Some(start) = start_of(style, name, value)? {
                asked.begin(start)?;
                continue;
            }
            asked.repeated.push((name.clone(), value.clone()));
            match (style, name.as_str()) {
                (_, "limit") | (Style::OData, "$top") => asked.limit = Some(positive(name, value)?),
                (Style::OData, "$count") => asked.counts = value == "true",
                (_, dollar) if dollar.starts_with('$') => return Err(unsupported(dollar)),
                _ => asked.filter.0.push((name.clone(), value.clone())),
            }
        }
        Ok(asked)
    }

    fn begin(&mut self, start: Start) -> Result<(), Answer> {
        if self.start != Start::First {
            let message = "the request says twice where to begin, expected one parameter for it";
            return Err(Answer::error(400, "invalidParameter", message));
        }
        self.start = start;
        Ok(())
    }

    /// A filter on a column that no row has is a slip, not a question.
    fn check_columns(&self, name: &str, table: &Table) -> Result<(), Answer> {
        if self.filter.0.is_empty() {
            return Ok(());
        }
        let columns = table.columns();
        match self.filter.0.iter().find(|(column, _)| !columns.is_empty() && !columns.contains(column)) {
            None => Ok(()),
            Some((column, _)) => {
                let known: Vec<&str> = columns.iter().map(String::as_str).collect();
                let message = format!(
                    "no row of `{name}` has the column `{column}`; the columns are `{}`",
                    known.join("`, `")
                );
                Err(Answer::error(400, "unknownColumn", &message))
            }
        }
    }

    /// Rows a page, or `None` for all rows at once.
    fn limit(&self, style: Style, page_size: Option<usize>) -> Option<usize> {
        let is_paged = style != Style::Plain || self.start != Start::First;
        let limit = self.limit.or(page_size).or(is_paged.then_some(DEFAULT_LIMIT))?;
        Some(limit.min(page_size.unwrap_or(MAX_LIMIT)).min(MAX_LIMIT))
    }

    /// The parameter that begins the next page, in the way in which this one was begun.
    fn next(&self, style: Style, place: usize, limit: usize) -> (&'static str, String) {
        match (style, self.start) {
            (Style::Cursor, _) | (Style::Plain, Start::Cursor(_)) => ("cursor", cursor(place)),
            (Style::OData, _) => ("$skiptoken", cursor(place)),
            (Style::Plain, Start::Offset(offset)) => ("offset", offset.saturating_add(limit).to_string()),
            (Style::Plain, Start::Page(page)) => ("page", page.saturating_add(1).to_string()),
            (Style::Plain, Start::First) => ("page", "2".to_owned()),
        }
    }
}

fn start_of(style: Style, name: &str, value: &str) -> Result<Option<Start>, Answer> {
    Ok(Some(match (style, name) {
        (Style::Plain, "page") => Start::Page(positive(name, value)?),
        (Style::Plain, "offset") | (Style::OData, "$skip") => {
            Start::Offset(value.parse().map_err(|_| invalid(name, value, "a number from 0 on"))?)
        }
        (Style::Plain | Style::Cursor, "cursor") | (Style::OData, "$skiptoken") => {
            let place = value.strip_prefix('c').and_then(|place| place.parse().ok());
            Start::Cursor(place.ok_or_else(|| invalid(name, value, "what an earlier page gave"))?)
        }
        _ => return Ok(None),
    }))
}

fn cursor(place: usize) -> String {
    format!("c{place}")
}

fn unsupported(name: &str) -> Answer {
    let message = format!("`{name}` is not supported; filter with `?column=value`");
    Answer::error(400, "unsupportedParameter", &message)
}

/// Rows as a JSON array.
struct Page {
    array: Vec<u8>,
    /// Rows that were asked for.
    limit: usize,
    /// The place of the row after the page.
    next: Option<usize>,
}

impl Page {
    fn read(table: &Table, asked: &Asked, limit: Option<usize>) -> Self {
        let limit = limit.unwrap_or(usize::MAX);
        let from = match asked.start {
            Start::First => 0,
            Start::Cursor(place) => place,
            Start::Offset(offset) => table.place_after(offset, &asked.filter),
            Start::Page(page) => table.place_after((page - 1).saturating_mul(limit), &asked.filter),
        };
        let mut array = Vec::with_capacity(limit.min(table.len()).saturating_mul(128));
        array.push(b'[');
        let next = table.scan(from, limit, &asked.filter, &mut |row| {
            if array.len() > 1 {
                array.push(b',');
            }
            array.extend_from_slice(row.text.as_bytes());
        });
        array.push(b']');
        Self { array, limit, next }
    }
}

fn written(
    cx: &Cx<'_>,
    style: Style,
    table: &Table,
    asked: &Asked,
    page: Page,
    next: Option<(&str, String)>,
) -> Answer {
    let link = next.as_ref().map(|(name, value)| next_link(cx, asked, name, value));
    match style {
        Style::Plain => {
            let answer =
                Answer::json(200, page.array).with("X-Total-Count", &table.count(&asked.filter).to_string());
            match link {
                Some(link) => answer.with("Link", &format!("<{link}>; rel=\"next\"")),
                None => answer,
            }
        }
        Style::OData => {
            let count = if asked.counts {
                format!("\"@odata.count\":{},", table.count(&asked.filter))
            } else {
                String::new()
            };
            let link = link.map(|link| format!(",\"@odata.nextLink\":{}", quoted(&link))).unwrap_or_default();
            wrapped(&format!("{{{count}\"value\":"), page.array, &format!("{link}}}"))
        }
        Style::Cursor => {
            let next = next.map_or("null".to_owned(), |(_, value)| quoted(&value));
            wrapped("{\"items\":", page.array, &format!(",\"next\":{next}}}"))
        }
    }
}

fn wrapped(before: &str, array: Vec<u8>, after: &str) -> Answer {
    let mut body = array;
    body.splice(0..0, before.bytes());
    body.extend_from_slice(after.as_bytes());
    Answer::json(200, body)
}

fn next_link(cx: &Cx<'_>, asked: &Asked, name: &str, value: &str) -> String {
    let segments: Vec<&str> = cx.request.path.iter().map(String::as_str).collect();
    let pairs = asked.repeated.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let query: Vec<String> = pairs
        .chain([(name, value)])
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    format!("{}?{}", cx.url(&segments), query.join("&"))
}
