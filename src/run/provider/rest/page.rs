//! One answer: its rows, and what the continuation reads of it (functions.md §4, §5).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::beside::{self, Beside};
use super::charset;
use super::exact::Exact;
use super::http::Response;
use super::lacking::{self, lacks};
use super::parameters::Values;
use super::plain::{self, Root};
use super::project::{self, Projector};
use super::rows::{self, At};
use super::scope::{Lack, Roots, Scope};
use super::surrogates;
use crate::app::{Continuation, Format, Function};
use crate::expr::{Around, Expression, Projection, Template};
use crate::run::provider::{FetchError, Row};

/// How the answers of a function are read; found out once for all pages.
pub(super) struct Reader<'f> {
    function: &'f Function,
    /// Where the rows stand, when the function only names the place.
    plain: Option<Place>,
    /// How the rows are picked together, when the function only does that.
    picking: Option<Picking>,
    /// Whether expressions read the whole answer below `@ctx`.
    needs_response: bool,
    needs_output: bool,
    /// What it means that an answer lacks the rows.
    lack: Lack,
    /// What the transform makes of nothing.
    nothing: Option<Value>,
    /// The transform in other words, when it reads beside the answer.
    beside: Option<Beside>,
}

/// Where the rows stand in an answer.
struct Place {
    /// From the body to the rows.
    rows: Vec<String>,
    /// From the body to what the transform gives.
    result: Vec<String>,
    /// Whether the continuation reads the rows themselves.
    needs_rows: bool,
}

/// Where the items stand and what is made of them.
struct Picking {
    from: Vec<String>,
    projector: Projector,
    around: Option<Around>,
}

/// An answer as a value.
struct Answer {
    body: Value,
    numbers: Exact,
}

/// What came of an answer.
pub(super) struct Read<'b> {
    pub(super) rows: Vec<Row<'b>>,
    pub(super) roots: Roots,
}

impl<'f> Reader<'f> {
    pub(super) fn new(function: &'f Function) -> Self {
        // Operations, outputs, queries and guards may read everything.
        let does_more = function.operations.is_some()
            || function.output.is_some()
            || function.guard.is_some()
            || !function.queries.is_empty();
        let mut texts = Vec::new();
        let own = [&function.output_transform, &function.records];
        texts.extend(own.into_iter().flatten().map(Expression::text));
        texts.extend(continued(function.continuation.as_ref()).iter().map(|expression| expression.text()));
        let mentions = |word: &str| texts.iter().any(|text| text.contains(word));
        let beside = function.output_transform.as_ref().and_then(Beside::of);
        Self {
            function,
            plain: if does_more { None } else { place(function) },
            picking: if does_more || beside.is_some() { None } else { picking(function) },
            needs_response: does_more || beside.is_some() || mentions("response"),
            needs_output: does_more || mentions("output"),
            lack: Lack::Fails,
            nothing: made_of_nothing(function),
            beside,
        }
    }

    /// The same where everything of the answer may be read, and is no rows of a table.
    pub(super) fn whole(function: &'f Function) -> Self {
        let beside = function.output_transform.as_ref().and_then(Beside::of);
        Self {
            function,
            plain: None,
            picking: None,
            needs_response: true,
            needs_output: true,
            lack: Lack::FailsToReplace,
            nothing: None,
            beside,
        }
    }

    /// Reads an answer; `new_id` names the rows that come without an id.
    pub(super) fn read<'b>(
        &self,
        response: &'b Response,
        scope: &mut Scope<'_>,
        values: &Values,
        new_id: &dyn Fn() -> String,
    ) -> Result<Read<'b>, FetchError> {
        scope.turn_to(&Exact::default());
        if self.is_headed() {
            return self.headed(response, scope, values, new_id);
        }
        if self.function.format != Format::Json {
            let answer = Answer { body: self.other(response)?, numbers: Exact::default() };
            return self.transformed(response, answer, scope, values, new_id);
        }
        let body = text(response, Format::Json)?;
        if body.trim().is_empty() {
            return self.empty(response);
        }
        if let Some(place) = &self.plain {
            self.respond(response, None, scope);
            if let Some(read) = self.plainly(place, response, body, scope, new_id)? {
                return Ok(read);
            }
        }
        if let Some(picking) = &self.picking {
            self.respond(response, None, scope);
            if let Some(read) = self.picked(picking, response, body, scope, new_id)? {
                return Ok(read);
            }
        }
        self.evaluated(response, body, scope, values, new_id)
    }

    /// Rows that are picked together; `None` when an item takes an evaluator.
    fn picked<'b>(
        &self,
        picking: &Picking,
        response: &Response,
        body: &'b str,
        scope: &mut Scope<'_>,
        new_id: &dyn Fn() -> String,
    ) -> Result<Option<Read<'b>>, FetchError> {
        let split = rows::split(body, &picking.from).map_err(|error| not_json(response, body, &error))?;
        let At::List(items) = split.at else { return Ok(None) };
        let made = items.iter().map(|item| picking.projector.made_of(item.get()));
        let Some(made) = made.collect::<Option<Vec<_>>>() else { return Ok(None) };
        let nothing = picking.projector.made_of_nothing();
        if !made.is_empty() && made.iter().all(|made| nothing.as_ref() == Some(made)) {
            return Err(lacking::nothing_found(self.function, &response.address.shown()));
        }
        let Some(result) = picking.result(made.len(), &split.shell) else { return Ok(None) };
        let rows = made.into_iter().map(|made| rows::owned(made, new_id)).collect();
        if self.needs_output {
            scope.put("output", result.clone());
        }
        let roots = Roots { result, body: Some(split.shell), ..Roots::default() };
        Ok(Some(Read { rows, roots }))
    }

    /// Rows made of the headers: an answer to `HEAD` has nothing else. That there are none says nothing about those
    /// that are kept.
    fn headed<'b>(
        &self,
        response: &Response,
        scope: &mut Scope<'_>,
        values: &Values,
        new_id: &dyn Fn() -> String,
    ) -> Result<Read<'b>, FetchError> {
        let answer = Answer { body: Value::Null, numbers: Exact::default() };
        let read = self.transformed(response, answer, scope, values, new_id)?;
        if read.rows.is_empty() && makes_rows(self.function) {
            let message = format!(
                "the function `{}` makes no row of the answer of `{}`, which has no body: read its headers as \
                 `@ctx.response.headers`",
                self.function.id,
                response.address.shown()
            );
            return Err(FetchError::lasting("decode.transform", message));
        }
        Ok(read)
    }

    /// Whether answers have no body.
    fn is_headed(&self) -> bool {
        self.function.method == "HEAD"
    }

    /// A `GET` that answers nothing is broken; other methods often have nothing to say.
    fn empty<'b>(&self, response: &Response) -> Result<Read<'b>, FetchError> {
        let expected = self.function.method.is_empty() || self.function.method == "GET";
        if expected && !matches!(response.status, 204 | 205) {
            let message = format!("the answer of `{}` is empty, expected JSON", response.address.shown());
            return Err(FetchError::lasting("decode.json", message));
        }
        Ok(Read { rows: Vec::new(), roots: Roots::default() })
    }

    fn plainly<'b>(
        &self,
        place: &Place,
        response: &Response,
        body: &'b str,
        scope: &mut Scope<'_>,
        new_id: &dyn Fn() -> String,
    ) -> Result<Option<Read<'b>>, FetchError> {
        let split = rows::split(body, &place.rows).map_err(|error| not_json(response, body, &error))?;
        let rows = match split.at {
            At::List(items) => {
                if !items.is_empty() && items.iter().all(|item| is_empty_object(item.get())) {
                    return Err(lacking::nothing_found(self.function, &response.address.shown()));
                }
                items.into_iter().map(|item| rows::row(item.get(), new_id)).collect()
            }
            At::One(raw) => self.single(response, place, raw, new_id)?,
            At::Missing => return Err(self.missing(response, &place.rows)),
            At::Branching => return Ok(None),
        };
        let shell = if place.needs_rows { value(response, body)? } else { split.shell };
        if place.needs_rows {
            self.respond(response, Some(&shell), scope);
        }
        let roots = if place.result.is_empty() {
            Roots { result: shell, ..Roots::default() }
        } else {
            let result = place.result.iter().try_fold(&shell, |value, name| value.get(name)).cloned();
            Roots { result: result.unwrap_or_default(), body: Some(shell), ..Roots::default() }
        };
        if self.needs_output {
            scope.put("output", roots.result.clone());
        }
        Ok(Some(Read { rows, roots }))
    }

    /// One object is one row. A value at the end of a transform's path is one too, as the author asked for it;
    /// `records` and the answer as a whole are expected to be rows.
    fn single<'b>(
        &self,
        response: &Response,
        place: &Place,
        raw: &'b RawValue,
        new_id: &dyn Fn() -> String,
    ) -> Result<Vec<Row<'b>>, FetchError> {
        let text = raw.get();
        if text == "null" && !place.rows.is_empty() {
            return Ok(Vec::new());
        }
        if is_empty_object(text) {
            return Err(lacking::nothing_found(self.function, &response.address.shown()));
        }
        if !text.starts_with('{') && (place.rows.is_empty() || self.function.records.is_some()) {
            return Err(self.not_rows(response, &value(response, text).unwrap_or_default()));
        }
        Ok(vec![rows::row(text, new_id)])
    }

    /// The failure of an answer that has a single value in the place of rows.
    fn not_rows(&self, response: &Response, value: &Value) -> FetchError {
        let (address, what) = (response.address.shown(), lacking::scalar(value).unwrap_or("a number"));
        if self.function.records.is_none() {
            return lacking::no_rows(&address, what);
        }
        let message = format!(
            "the answer of `{address}` has {what} where `records` of the function `{}` looks for the rows",
            self.function.id
        );
        FetchError::lasting("decode.transform", message)
    }

    fn missing(&self, response: &Response, path: &[String]) -> FetchError {
        let key = if self.function.records.is_some() { "records" } else { "outputTransform" };
        let message = format!(
            "the answer of `{}` has no `{}`, where `{key}` of the function `{}` looks for the rows",
            response.address.shown(),
            path.join("."),
            self.function.id
        );
        FetchError::lasting("decode.transform", message)
    }

    fn evaluated<'b>(
        &self,
        response: &Response,
        body: &'b str,
        scope: &mut Scope<'_>,
        values: &Values,
        new_id: &dyn Fn() -> String,
    ) -> Result<Read<'b>, FetchError> {
        let (text, numbers) = Exact::of(body);
        scope.turn_to(&numbers);
        let body = value(response, &text)?;
        if let Some(place) = self.plain.as_ref().filter(|place| lacks(&body, &place.rows)) {
            return Err(self.missing(response, &place.rows));
        }
        self.transformed(response, Answer { body, numbers }, scope, values, new_id)
    }

    /// What an answer is that is not read as JSON: a text is itself, bytes are `data` in base64
    /// (functions.md §4).
    fn other(&self, response: &Response) -> Result<Value, FetchError> {
        Ok(match self.function.format {
            Format::Binary => json!({ "data": STANDARD.encode(&response.body) }),
            format => Value::from(text(response, format)?),
        })
    }

    fn transformed<'b>(
        &self,
        response: &Response,
        answer: Answer,
        scope: &mut Scope<'_>,
        values: &Values,
        new_id: &dyn Fn() -> String,
    ) -> Result<Read<'b>, FetchError> {
        let Answer { body, numbers } = answer;
        self.respond(response, Some(&body), scope);
        self.check_body(response, &body)?;
        let lack = self.lack;
        let roots = match &self.function.output_transform {
            None => Roots { result: body, body: None, numbers, lack },
            Some(transform) => {
                let focus = with_inputs(&body, transform, values);
                let beside = self.beside.as_ref().and_then(|beside| beside.transform(&body));
                if beside.is_some() {
                    scope.put("inputs", beside::inputs(values));
                } else if let Some(path) = self.lacking(transform, &focus).filter(|_| !self.is_headed()) {
                    return Err(self.missing(response, &path));
                }
                let result = scope.transform("outputTransform", beside.unwrap_or(transform), &focus)?;
                Roots { result: result.unwrap_or_else(|| json!([])), body: Some(body), numbers, lack }
            }
        };
        if self.needs_output {
            scope.put("output", roots.result.clone());
        }
        if self.function.operations.is_some() {
            return Ok(Read { rows: Vec::new(), roots });
        }
        let found = match &self.function.records {
            None => Cow::Borrowed(&roots.result),
            Some(records) => {
                if let Some(found) = member(&roots.result, records) {
                    Cow::Borrowed(found)
                } else if let Some(path) = lacking::by_records(self.function, records, &roots)
                    && self.lack == Lack::Fails
                {
                    return Err(self.missing(response, &path));
                } else {
                    let found = scope.transform("records", records, &roots.result)?;
                    Cow::Owned(found.unwrap_or_else(|| json!([])))
                }
            }
        };
        self.check_rows(response, &found)?;
        let rows = of_value(&found, &roots.numbers, new_id);
        Ok(Read { rows, roots })
    }

    /// The path that a transform begins with, when the answer has nothing there.
    fn lacking(&self, transform: &Expression, focus: &Value) -> Option<Vec<String>> {
        if self.lack == Lack::Fails {
            return lacking::by_transform(transform, focus);
        }
        plain::path(transform).map(|(_, path)| path).filter(|path| lacks(focus, path))
    }

    /// An answer that is a single value is no rows, whatever is made of it. What operations read of it is theirs.
    fn check_body(&self, response: &Response, body: &Value) -> Result<(), FetchError> {
        let is_for_rows = self.lack == Lack::Fails && self.function.operations.is_none() && !self.is_headed();
        match lacking::scalar(body) {
            Some(what) if is_for_rows && self.function.format == Format::Json => {
                Err(lacking::no_rows(&response.address.shown(), what))
            }
            _ => Ok(()),
        }
    }

    /// Rows with nothing in them are no rows, and neither is a single value where `records` says they are.
    fn check_rows(&self, response: &Response, found: &Value) -> Result<(), FetchError> {
        if self.lack != Lack::Fails || self.function.format != Format::Json {
            return Ok(());
        }
        if lacking::is_only_nothing(found, self.nothing.as_ref()) {
            return Err(lacking::nothing_found(self.function, &response.address.shown()));
        }
        let is_scalar = lacking::scalar(found).is_some() && !found.is_null();
        if is_scalar && self.function.records.is_some() {
            return Err(self.not_rows(response, found));
        }
        Ok(())
    }

    fn respond(&self, response: &Response, body: Option<&Value>, scope: &mut Scope<'_>) {
        if !self.needs_response {
            return;
        }
        scope.put("response", told(response, body.cloned()));
    }
}

/// An answer as expressions see it (expressions.md §2).
pub(super) fn told(response: &Response, body: Option<Value>) -> Value {
    let mut headers = Map::new();
    for (name, value) in &response.headers {
        let known = headers.get(name).and_then(Value::as_str);
        let joined = known.map_or_else(|| value.clone(), |known| format!("{known}, {value}"));
        headers.insert(name.clone(), Value::from(joined));
    }
    let status = response.status;
    let ok = (200..300).contains(&status);
    let mut told = json!({ "ok": ok, "status": status, "statusText": response.reason, "headers": headers });
    if let Some(body) = body {
        told["body"] = body;
    }
    told
}

/// What the transform makes of nothing, when it only picks.
fn made_of_nothing(function: &Function) -> Option<Value> {
    let projection = function.output_transform.as_ref()?.projection()?;
    serde_json::from_str(&Projector::new(&projection).made_of_nothing()?).ok()
}

fn is_empty_object(text: &str) -> bool {
    text.strip_prefix('{').is_some_and(|rest| rest.trim_start() == "}")
}

/// Whether a function says how rows are made of an answer, in place of operations.
pub(super) fn makes_rows(function: &Function) -> bool {
    function.operations.is_none() && (function.output_transform.is_some() || function.records.is_some())
}

/// Where the rows stand, when transform and records only name a place.
fn place(function: &Function) -> Option<Place> {
    let (_, result) =
        function.output_transform.as_ref().map_or(Some((Root::Focus, Vec::new())), plain::path)?;
    let (root, records) = function.records.as_ref().map_or(Some((Root::Focus, Vec::new())), plain::path)?;
    // `$.inputs` are the parameters, not a part of the answer.
    if result.first().is_some_and(|name| name == "inputs") {
        return None;
    }
    let rows = if root == Root::Body { records } else { [result.clone(), records].concat() };
    let member = if rows == result { None } else { rows.last().map(String::as_str) };
    let reads = |expression: &&Expression| plain::reads_rows(expression.text(), member);
    let needs_rows = continued(function.continuation.as_ref()).iter().any(reads);
    Some(Place { rows, result, needs_rows })
}

/// How the rows are picked together, when transform and records do nothing else and nothing reads the rows.
fn picking(function: &Function) -> Option<Picking> {
    let Projection { from, fields, around } = function.output_transform.as_ref()?.projection()?;
    let records = function.records.as_ref().map_or(Some((Root::Focus, Vec::new())), plain::path)?;
    let member = around.as_ref().map(|around| around.member.clone());
    // `$.inputs` are the parameters, not a part of the answer.
    let reads_inputs =
        function.output_transform.as_ref().is_some_and(|transform| transform.text().contains("inputs"));
    if reads_inputs || records != (Root::Focus, member.iter().cloned().collect()) {
        return None;
    }
    let projection = Projection { from, fields, around: None };
    let reads = |expression: &&Expression| reads_picked(expression, &projection, member.as_deref());
    if continued(function.continuation.as_ref()).iter().any(reads) {
        return None;
    }
    Some(Picking { projector: Projector::new(&projection), from: projection.from, around })
}

/// Whether an expression may read the rows that were picked, or the items that they were made of.
fn reads_picked(expression: &Expression, projection: &Projection, member: Option<&str>) -> bool {
    let text = expression.text();
    let items = projection.from.last().map(String::as_str);
    if member.is_some() {
        return plain::reads_rows(text, member) || plain::reads_rows(text, items);
    }
    let reads = expression.focus_reads();
    if !plain::reads_rows(text, None) {
        // Fields of the rows can be counted too, and the rows are not there.
        return reads.fields.iter().any(|(name, _)| projection.fields.iter().any(|(field, _)| field == name));
    }
    // The result is the rows themselves: fields that they do not have are looked for in the answer.
    let is_picked = |name: &str| {
        projection.fields.iter().any(|(field, _)| field == name)
            || projection.from.iter().any(|step| step == name)
    };
    reads.open
        || items.is_none()
        || plain::reads_body(text)
        || reads.fields.iter().any(|(name, _)| is_picked(name))
}

impl Picking {
    /// What the transform gives, without the rows; `None` when that takes an evaluator.
    fn result(&self, rows: usize, shell: &Value) -> Option<Value> {
        let list = Value::Array(vec![Value::Null; rows]);
        let Some(around) = &self.around else { return Some(list) };
        let mut members = Map::new();
        members.insert(around.member.clone(), list);
        for (name, picked) in &around.others {
            if let Some(value) = project::lookup(shell, picked).ok()? {
                members.insert(name.clone(), value);
            }
        }
        Some(Value::Object(members))
    }
}

/// The expressions that are evaluated after each page.
fn continued(continuation: Option<&Continuation>) -> Vec<&Expression> {
    let mut expressions = Vec::new();
    let Some(block) = continuation else { return expressions };
    let values = block.parameters.iter().flatten().filter_map(|parameter| parameter.value.as_ref());
    let templates: Vec<&Template> = block.when.iter().chain(&block.url).chain(values).collect();
    for template in templates {
        template.expressions(&mut |expression| expressions.push(expression));
    }
    expressions
}

/// Old apps read their parameters as `$.inputs.<name>.value` (functions.md §4).
fn with_inputs<'v>(body: &'v Value, transform: &Expression, values: &Values) -> Cow<'v, Value> {
    let Value::Object(members) = body else { return Cow::Borrowed(body) };
    if !transform.text().contains("inputs.") || members.contains_key("inputs") {
        return Cow::Borrowed(body);
    }
    let mut members = members.clone();
    members.insert("inputs".to_owned(), beside::inputs(values));
    Cow::Owned(Value::Object(members))
}

/// What stands at the path that an expression is, without lists on the way; only that needs no evaluator.
fn member<'v>(value: &'v Value, expression: &Expression) -> Option<&'v Value> {
    let (root, names) = plain::path(expression)?;
    let mut at = Some(value).filter(|_| root == Root::Focus && !expression.text().contains('@'))?;
    for name in &names {
        at = at.as_object()?.get(name)?;
    }
    Some(at)
}

fn of_value(value: &Value, numbers: &Exact, new_id: &dyn Fn() -> String) -> Vec<Row<'static>> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().map(|item| owned(item, numbers, new_id)).collect(),
        value => vec![owned(value, numbers, new_id)],
    }
}

/// A row of a value that an evaluator made; `numbers` tells what its numbers stand for.
pub(super) fn owned(value: &Value, numbers: &Exact, new_id: &dyn Fn() -> String) -> Row<'static> {
    let row = rows::owned(numbers.text(value), new_id);
    // Evaluators make 2.0 of 2; the same row keeps the same id.
    let id = row.id.strip_suffix(".0").filter(|_| value["id"].is_number()).map(str::to_owned);
    Row { id: id.map_or(row.id, Cow::Owned), data: row.data }
}

fn value(response: &Response, body: &str) -> Result<Value, FetchError> {
    let read = serde_json::from_str(body);
    read.or_else(|error| serde_json::from_str(&surrogates::whole(body)).map_err(|_| error))
        .map_err(|error| not_json(response, body, &error))
}

/// The text of a body: UTF-8, with or without a byte order mark.
fn text(response: &Response, format: Format) -> Result<&str, FetchError> {
    let text = std::str::from_utf8(&response.body).map_err(|error| {
        let (at, said) = (error.valid_up_to(), charset::said(response));
        let message = format!("the answer of `{}` is not UTF-8 (byte {at}){said}", response.address.shown());
        FetchError::lasting(if format == Format::Json { "decode.json" } else { "decode.text" }, message)
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn not_json(response: &Response, body: &str, error: &serde_json::Error) -> FetchError {
    let address = response.address.shown();
    if body.trim_start().starts_with('<') {
        let message = format!(
            "the answer of `{address}` is a page of HTML or XML, expected JSON; the address may be wrong, \
             or a sign-in page in the way"
        );
        return FetchError::lasting("decode.json", message);
    }
    let message = format!("the answer of `{address}` is not JSON: {error}");
    if error.is_eof() {
        FetchError::passing("decode.json", message)
    } else {
        FetchError::lasting("decode.json", message)
    }
}
