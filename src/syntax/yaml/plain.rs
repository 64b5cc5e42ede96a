//! The core schema of YAML 1.2 (section 10.3): what an unquoted text stands for.
//!
//! `yes`, `no`, `on` and `off` are texts, as they are everywhere but in YAML 1.1.

use serde_json::Number as Value;

use crate::syntax::remarks::Lossy;
use crate::syntax::{Kind, Number, Scalar, Style};

/// What an unquoted text means, and what its author should know about it.
pub(super) struct Resolved {
    pub kind: Kind,
    pub lossy: Option<Lossy>,
}

/// Reads an unquoted text by the core schema.
pub(super) fn resolve(text: &str) -> Resolved {
    let plain = |kind| Resolved { kind, lossy: None };
    match text.as_bytes().first() {
        None => plain(Kind::Null),
        Some(b'~' | b'n' | b'N') if is_null(text) => plain(Kind::Null),
        Some(b't' | b'T' | b'f' | b'F') => match boolean(text) {
            Some(value) => plain(Kind::Bool(value)),
            None => plain(string(text)),
        },
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => number(text).unwrap_or_else(|| plain(string(text))),
        Some(_) => plain(string(text)),
    }
}

/// Whether `text` is a spelling of nothing.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The truth value that `text` spells.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// The number that `text` spells; a text marked as lossy when JSON cannot hold it.
pub(super) fn number(text: &str) -> Option<Resolved> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Resolved { kind: string(text), lossy: Some(Lossy::NotFinite) });
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(text, digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(text, digits, 8);
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return Some(integer(text, unsigned));
    }
    is_float(unsigned).then(|| float(text))
}

fn radix(text: &str, digits: &str, base: u32) -> Option<Resolved> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    let number = u64::from_str_radix(digits, base).ok();
    Some(match number {
        Some(value) => found(value.into(), None),
        None => Resolved { kind: string(text), lossy: Some(Lossy::NotFinite) },
    })
}

fn integer(text: &str, digits: &str) -> Resolved {
    let zeros = (digits.len() > 1 && digits.starts_with('0')).then_some(Lossy::LeadingZeros);
    let signed = text.strip_prefix('+').unwrap_or(text);
    if let Ok(value) = signed.parse::<u64>() {
        return found(value.into(), zeros);
    }
    if let Ok(value) = signed.parse::<i64>() {
        return found(value.into(), zeros);
    }
    let resolved = float(text);
    Resolved { lossy: resolved.lossy.or(Some(Lossy::Rounded)), ..resolved }
}

fn float(text: &str) -> Resolved {
    let parsed = text.parse::<f64>().ok().and_then(Value::from_f64);
    parsed.map_or_else(
        || Resolved { kind: string(text), lossy: Some(Lossy::NotFinite) },
        |value| found(value, None),
    )
}

fn found(value: Value, lossy: Option<Lossy>) -> Resolved {
    Resolved { kind: Kind::Number(Number { value }), lossy }
}

fn string(text: &str) -> Kind {
    Kind::String(Scalar { text: text.into(), style: Style::Plain })
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.map(|e| e.strip_prefix(['+', '-']).unwrap_or(e));
    !(whole.is_empty() && part.is_empty())
        && digits(whole)
        && digits(part)
        && exponent.is_none_or(|e| !e.is_empty() && digits(e))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    fn value(text: &str) -> serde_json::Value {
        match resolve(text).kind {
            Kind::Null => json!(null),
            Kind::Bool(b) => json!(b),
            Kind::Number(n) => serde_json::Value::Number(n.value),
            Kind::String(s) => json!(&*s.text),
            Kind::Array(_) | Kind::Object(_) => unreachable!(),
        }
    }

    #[test]
    fn the_core_schema_knows_these() {
        let table = [
            ("", json!(null)),
            ("~", json!(null)),
            ("Null", json!(null)),
            ("true", json!(true)),
            ("FALSE", json!(false)),
            ("0", json!(0)),
            ("-0", json!(0)),
            ("+12", json!(12)),
            ("-12", json!(-12)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("1.", json!(1.0)),
            (".5", json!(0.5)),
            ("-1.5e3", json!(-1500.0)),
            ("1e3", json!(1000.0)),
            ("18446744073709551615", json!(u64::MAX)),
            ("-9223372036854775808", json!(i64::MIN)),
        ];
        for (text, expected) in table {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn everything_else_is_text() {
        let texts = [
            "yes",
            "no",
            "on",
            "off",
            "nULL",
            "nil",
            "tRUE",
            "0b1",
            "0x",
            "0xg",
            "0o8",
            "1_000",
            "1e",
            "1e+",
            ".",
            "+",
            "-",
            "..",
            ".e1",
            "1.2.3",
            "12:30",
            "2024-01-01",
            "-0x1",
            "--1",
            "1,5",
            "=1",
            "null ",
        ];
        for text in texts {
            assert_eq!(value(text), json!(text));
            assert_eq!(resolve(text).lossy, None, "{text}");
        }
    }

    #[test]
    fn numbers_that_change_are_remarked() {
        assert_eq!(resolve("007").lossy, Some(Lossy::LeadingZeros));
        assert_eq!(value("007"), json!(7));
        assert_eq!(resolve("123456789012345678901234567890").lossy, Some(Lossy::Rounded));
        for text in ["1e400", "-.inf", ".NaN", "0xffffffffffffffffff"] {
            assert_eq!(resolve(text).lossy, Some(Lossy::NotFinite), "{text}");
            assert_eq!(value(text), json!(text));
        }
        let endless = "9".repeat(400);
        assert_eq!(resolve(&endless).lossy, Some(Lossy::NotFinite));
    }
}
