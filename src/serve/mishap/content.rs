//! Answers that arrive whole and say the wrong thing.

use std::io::Write as _;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};

use super::{Delivery, Mishap};
use crate::serve::http::Request;

/// How deep brackets go, and how large a compressed body grows.
const DEPTH: usize = 100_000;
const BOMB: usize = 1024 * 1024 * 1024;

const PAGE: &str = "<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>";

pub(super) fn changed(mishap: Mishap, right: Delivery, request: &Request) -> Delivery {
    match mishap {
        Mishap::Gzip => packed(right, |bytes| bytes),
        Mishap::GzipBomb => labelled(right.with_body(PACKED.clone())),
        Mishap::GzipBroken => packed(right, |mut bytes| {
            let middle = bytes.len() / 2;
            bytes.truncate(middle);
            bytes.extend_from_slice(b"damaged");
            bytes
        }),
        Mishap::GzipMislabelled => labelled(right),
        Mishap::InvalidUtf8 => {
            let body = text_with(&right.body, b"\xff\xfe");
            right.with_body(body)
        }
        Mishap::ByteOrderMark => {
            let body = [b"\xef\xbb\xbf".as_slice(), &right.body].concat();
            right.with_body(body)
        }
        Mishap::Html => Delivery { content_type: "text/html", ..right.with_body(PAGE) },
        Mishap::Null => right.with_body("null"),
        Mishap::EmptyBody => right.with_body(""),
        Mishap::NestedBomb => right.with_body("[".repeat(DEPTH) + &"]".repeat(DEPTH)),
        Mishap::CutJson => {
            let half = right.body.len() / 2;
            let body = right.body[..half].to_vec();
            right.with_body(body)
        }
        Mishap::Scalar => right.with_body("42"),
        Mishap::ErrorAs200 => {
            right.with_body(r#"{"error":{"code":"internal","message":"something went wrong"}}"#)
        }
        Mishap::WrongType => Delivery { content_type: "text/plain", ..right },
        Mishap::SelfPage => self_page(right, request),
        _ => rows(mishap, right),
    }
}

/// The body with bytes put into the first of its texts.
fn text_with(body: &[u8], bytes: &[u8]) -> Vec<u8> {
    let at = body.windows(2).position(|pair| pair == b":\"").map_or(0, |at| at + 2);
    [&body[..at], bytes, &body[at..]].concat()
}

fn labelled(mut right: Delivery) -> Delivery {
    right.headers.push(("Content-Encoding", "gzip".to_owned()));
    right
}

fn packed(right: Delivery, harm: impl Fn(Vec<u8>) -> Vec<u8>) -> Delivery {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to a Vec cannot fail.
    let _ = encoder.write_all(&right.body);
    let bytes = encoder.finish().unwrap_or_default();
    labelled(right.with_body(harm(bytes)))
}

/// Packing a gigabyte takes seconds, so it is done once.
static PACKED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let filler = vec![b' '; 1024 * 1024];
    let _ = encoder.write_all(b"[");
    for _ in 0..BOMB / filler.len() {
        let _ = encoder.write_all(&filler);
    }
    let _ = encoder.write_all(b"]");
    encoder.finish().unwrap_or_default()
});

/// The page that follows is this one, in whichever way this answer tells of the next.
fn self_page(mut right: Delivery, request: &Request) -> Delivery {
    let host = request.host.as_deref().map(|host| format!("http://{host}")).unwrap_or_default();
    let here = format!("{host}{}", request.target);
    let cursor = request.query.iter().find(|(name, _)| name == "cursor" || name == "continuationToken");
    let cursor = cursor.map_or_else(|| Value::from("1"), |(_, value)| Value::from(value.as_str()));
    right.headers.retain(|(name, _)| *name != "Link");
    right.headers.push(("Link", format!("<{here}>; rel=\"next\"")));
    let Ok(Value::Object(mut body)) = serde_json::from_slice(&right.body) else { return right };
    if body.contains_key("value") {
        body.insert("@odata.nextLink".to_owned(), Value::from(here));
    } else if body.contains_key("watermark") {
        body.insert("continuationToken".to_owned(), cursor);
    } else if body.contains_key("items") {
        body.insert("next".to_owned(), cursor);
    }
    right.with_body(Value::Object(body).to_string())
}

fn rows(mishap: Mishap, right: Delivery) -> Delivery {
    let Ok(mut body) = serde_json::from_slice::<Value>(&right.body) else { return right };
    if let Some(rows) = rows_of(&mut body) {
        match mishap {
            Mishap::DuplicateIds => rows.extend(rows.first().cloned()),
            Mishap::EmptyPage => rows.clear(),
            _ => {
                if let Some(row) = rows.first_mut().and_then(Value::as_object_mut) {
                    harm(mishap, row);
                }
            }
        }
    }
    right.with_body(body.to_string())
}

fn rows_of(body: &mut Value) -> Option<&mut Vec<Value>> {
    match body {
        Value::Array(rows) => Some(rows),
        Value::Object(members) => members.values_mut().find_map(Value::as_array_mut),
        _ => None,
    }
}

fn harm(mishap: Mishap, row: &mut Map<String, Value>) {
    let key = ["id", "rid"].into_iter().find(|key| row.contains_key(*key)).unwrap_or("id");
    match mishap {
        Mishap::MissingId => drop(row.shift_remove(key)),
        Mishap::NullId => drop(row.insert(key.to_owned(), Value::Null)),
        _ => row.values_mut().for_each(|value| *value = of_another_type(value)),
    }
}

fn of_another_type(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.to_string()),
        Value::String(text) => json!([text]),
        other => json!({ "was": other }),
    }
}
