//! Dynamic Data: tables by the row API that [`crate::serve`] describes, whole or what changed.

mod send;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::rest::{Address, Header, Http, Id, Redactor, Request, Response, encoded, id, quoted, with_id};
use super::{
    CURSOR_EXPIRED, Fetch, FetchError, Fetched, NO_ADDRESS, Outgoing, Page, Provider, Row, Sent, Sink,
};
use crate::app::{DynamicSettings, Secret};

/// The database of tables that name none.
const DEFAULT: &str = "default";

/// Where Dynamic Data is and how it is read.
#[derive(Clone)]
pub struct DynamicOptions {
    /// The way to servers.
    pub http: Http,
    /// Address of the service; without one every fetch fails and says what to set.
    pub url: Option<String>,
    /// Part of the path, when the service has organizations.
    pub organization: Option<String>,
    /// Part of the path, when the service has solutions.
    pub solution: Option<String>,
    /// Sent as `x-api-key`.
    pub api_key: Option<Secret>,
    /// Rows that a page is asked for.
    pub page_size: usize,
    /// The most pages of one fetch.
    pub max_pages: usize,
}

impl DynamicOptions {
    /// What an app's settings say, with the usual limits.
    #[must_use]
    pub fn from_settings(settings: &DynamicSettings, http: Http) -> Self {
        Self {
            http,
            url: settings.url.clone(),
            organization: settings.organization.clone(),
            solution: settings.solution.clone(),
            api_key: settings.api_key.clone(),
            page_size: 1000,
            max_pages: 100_000,
        }
    }
}

/// Reads tables of Dynamic Data.
pub struct Dynamic {
    options: DynamicOptions,
}

impl Dynamic {
    /// A provider with these options.
    #[must_use]
    pub fn new(options: DynamicOptions) -> Self {
        Self { options }
    }

    fn all(
        &self,
        fetch: &Fetch<'_>,
        redactor: &Redactor,
        sink: &mut dyn Sink,
    ) -> Result<Fetched, FetchError> {
        let base = self.address(fetch.entity)?;
        let resumed = fetch.known.resume.map(Place::parse).transpose()?;
        let begin = |token: Option<&str>| {
            self.options.http.begin(self.request(&base, fetch.cursor, token), fetch.stop)
        };
        let mut begun = begin(resumed.as_ref().map(|place| place.token.as_str()));
        let mut tokens = HashSet::new();
        let is_resumed = resumed.is_some();
        let mut cursor = resumed.and_then(|place| place.watermark);
        for number in 0..self.options.max_pages {
            let sent = self.options.http.finish(begun, redactor, fetch.stop);
            let response = sent.map_err(|error| explained(error, fetch, number))?;
            fetch.stop.check()?;
            let answer = Answer::parse(&response)?;
            let token = answer.continuation_token.as_deref().filter(|token| !token.is_empty());
            let next = token.map(|token| tokens.insert(token.to_owned()).then(|| begin(Some(token))));
            // What changes while the pages are read is newer than the first page's watermark, so
            // the next fetch brings it.
            if number == 0 && !is_resumed {
                cursor = answer.watermark.map(Cow::into_owned);
            }
            let resume = token.and_then(|token| Place::text(token, cursor.as_deref(), redactor));
            let page = page(answer.items, response.body.len());
            sink.page(&Page { resume, rows: redactor.clean_rows(page.rows), ..page })?;
            match next {
                None => {
                    let incremental = fetch.cursor.is_some();
                    return Ok(Fetched { cursor, incremental, ..Fetched::default() });
                }
                Some(Some(next)) => begun = next,
                Some(None) => {
                    return Err(endless(fetch.entity, "names a page that was fetched before"));
                }
            }
        }
        Err(endless(fetch.entity, "has more pages than are allowed"))
    }

    fn address(&self, entity: &str) -> Result<Address, FetchError> {
        let url =
            self.options.url.as_deref().map(str::trim).filter(|url| !url.is_empty()).ok_or_else(no_url)?;
        let (database, table) = entity.split_once('/').unwrap_or((DEFAULT, entity));
        let mut address = Address::parse(url)?.with_query(None);
        for (folder, name) in
            [("organizations", &self.options.organization), ("solutions", &self.options.solution)]
        {
            if let Some(name) = name.as_deref().filter(|name| !name.is_empty()) {
                address = address.below(&format!("{folder}/{}", encoded(name)));
            }
        }
        Ok(address.below(&format!("databases/{}/tables/{}/rows", encoded(database), encoded(table))))
    }

    fn request(&self, base: &Address, cursor: Option<&str>, token: Option<&str>) -> Request {
        let mut query = format!("limit={}", self.options.page_size);
        for (name, value) in [("continuationToken", token), ("syncToken", cursor)] {
            if let Some(value) = value {
                query.extend(["&", name, "=", &encoded(value)]);
            }
        }
        let address = base.clone().with_query(Some(query));
        Request { method: "GET".to_owned(), address, headers: self.headers(), body: None }
    }

    fn headers(&self) -> Vec<Header> {
        let mut headers = vec![Header { name: "Accept".to_owned(), value: "application/json".to_owned() }];
        if let Some(key) = &self.options.api_key {
            headers.push(Header { name: "x-api-key".to_owned(), value: key.expose().to_owned() });
        }
        headers
    }

    fn redactor(&self) -> Redactor {
        let mut redactor = self.options.http.redactor();
        if let Some(key) = &self.options.api_key {
            redactor.add(key.expose());
        }
        redactor
    }
}

impl Provider for Dynamic {
    fn fetch(&self, request: &Fetch<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
        let redactor = self.redactor();
        let fetched = self.all(request, &redactor, sink);
        fetched.map_err(|error| FetchError { message: redactor.clean(&error.message), ..error })
    }

    fn send(&self, outgoing: &Outgoing<'_>, _: &mut dyn Sink) -> Result<Sent, FetchError> {
        let redactor = self.redactor();
        let sent = send::send(self, outgoing, &redactor);
        sent.map_err(|error| FetchError { message: redactor.clean(&error.message), ..error })
    }
}

/// Where a fetch that was cut off goes on.
#[derive(Serialize, Deserialize)]
struct Place {
    /// Names the next page.
    token: String,
    /// That of the first page: what changes after it comes with the next fetch.
    watermark: Option<String>,
}

impl Place {
    fn parse(text: &str) -> Result<Self, FetchError> {
        serde_json::from_str(text)
            .map_err(|_| FetchError::passing(CURSOR_EXPIRED, "the place to go on at cannot be read"))
    }

    fn text(token: &str, watermark: Option<&str>, redactor: &Redactor) -> Option<String> {
        let place = Self { token: token.to_owned(), watermark: watermark.map(str::to_owned) };
        let text = serde_json::to_string(&place).ok()?;
        (redactor.clean(&text) == text).then_some(text)
    }
}

/// A page of the row API.
#[derive(Deserialize)]
struct Answer<'b> {
    #[serde(borrow)]
    items: Vec<Item<'b>>,
    #[serde(borrow, rename = "continuationToken")]
    continuation_token: Option<Cow<'b, str>>,
    #[serde(borrow)]
    watermark: Option<Cow<'b, str>>,
}

#[derive(Deserialize)]
struct Item<'b> {
    #[serde(borrow)]
    rid: Cow<'b, str>,
    #[serde(borrow)]
    content: Option<&'b RawValue>,
    #[serde(default)]
    deleted: bool,
}

impl<'b> Answer<'b> {
    fn parse(response: &'b Response) -> Result<Self, FetchError> {
        serde_json::from_slice(&response.body).map_err(|error| {
            let shown = response.address.shown();
            let message = format!("the answer of `{shown}` is no page of rows: {error}");
            let passing = error.is_eof();
            if passing {
                FetchError::passing("decode.json", message)
            } else {
                FetchError::lasting("decode.json", message)
            }
        })
    }
}

fn page(items: Vec<Item<'_>>, bytes: usize) -> Page<'_> {
    let mut page = Page { rows: Vec::with_capacity(items.len()), bytes: bytes as u64, ..Page::default() };
    for item in items {
        if item.deleted {
            page.deleted.push(item.rid.into_owned());
        } else {
            let data = data(item.content, &item.rid);
            page.rows.push(Row { id: item.rid, data });
        }
    }
    page
}

/// The row: the content, an object or the text of one, with the row's id if it has none.
fn data<'b>(content: Option<&'b RawValue>, rid: &str) -> Cow<'b, str> {
    let Some(raw) = content.map(RawValue::get) else { return Cow::Owned(with_id("{}", rid)) };
    if raw.starts_with('"')
        && let Ok(text) = serde_json::from_str::<String>(raw)
        && let Ok(object) = serde_json::from_str::<&RawValue>(&text)
        && object.get().starts_with('{')
    {
        return Cow::Owned(identified(object.get(), rid).into_owned());
    }
    if raw.starts_with('{') {
        return identified(raw, rid);
    }
    Cow::Owned(format!("{{\"id\":{},\"value\":{raw}}}", quoted(rid)))
}

fn identified<'b>(object: &'b str, rid: &str) -> Cow<'b, str> {
    match id(object) {
        Id::Absent => Cow::Owned(with_id(object, rid)),
        Id::Text(_) | Id::Unusable => Cow::Borrowed(object),
    }
}

/// Says what two answers of the row API mean here.
fn explained(error: FetchError, fetch: &Fetch<'_>, page: usize) -> FetchError {
    let entity = fetch.entity;
    match error.code.as_str() {
        "http.400" | "http.404" | "http.410" | "http.422" if page == 0 && fetch.known.resume.is_some() => {
            FetchError::passing(CURSOR_EXPIRED, format!("the pages of `{entity}` cannot be gone on with"))
        }
        "http.410" if page == 0 && fetch.cursor.is_some() => {
            let message =
                format!("the service no longer knows what changed in `{entity}` since the last sync");
            FetchError::passing(CURSOR_EXPIRED, message)
        }
        "http.410" => {
            FetchError::passing("http.410", format!("the pages of `{entity}` expired on the way: {error}"))
        }
        "http.404" => {
            let message = format!("{error}; is the table `{entity}` there?");
            FetchError { message, ..error }
        }
        _ => error,
    }
}

fn endless(entity: &str, what: &str) -> FetchError {
    FetchError::lasting("limit.pages", format!("the table `{entity}` {what}"))
}

fn no_url() -> FetchError {
    let message = "Dynamic Data has no address here: set `providers.dynamic.url` in `syncscope.yaml`, \
                   or `backend` to a folder of tables";
    FetchError::lasting(NO_ADDRESS, message)
}
