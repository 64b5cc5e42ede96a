//! Numbers that an evaluator cannot hold, such as long ids: it computes with doubles. While it works, a double
//! that occurs nowhere else stands for each of them; in the rows the digits stand again. So a transform may pass
//! them on and compare them; only who calculates with them gets what doubles give.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

use super::rows::quoted;

/// The digits behind the stand-ins of an answer, by the bits of the double.
#[derive(Debug, Clone, Default)]
pub(super) struct Exact {
    digits: HashMap<u64, String>,
}

/// Up to so many digits a double holds every number.
const SAFE_DIGITS: usize = 15;

impl Exact {
    /// The text of a JSON document with stand-ins for what a double cannot hold, and what they stand for.
    pub(super) fn of(body: &str) -> (Cow<'_, str>, Self) {
        let long: Vec<&str> = Numbers { body, at: 0 }.filter(|token| is_long(token)).collect();
        if long.is_empty() {
            return (Cow::Borrowed(body), Self::default());
        }
        let (held, other): (Vec<&str>, Vec<&str>) = long.into_iter().partition(|token| is_held(token));
        let mut taken = Taken::default();
        held.iter().filter_map(|token| double(token)).for_each(|double| taken.take(double));
        let mut stand_ins: HashMap<&str, f64> = HashMap::new();
        for token in other {
            stand_ins.entry(token).or_insert_with(|| taken.stand_in(token));
        }
        if stand_ins.is_empty() {
            return (Cow::Borrowed(body), Self::default());
        }
        let digits =
            stand_ins.iter().map(|(token, double)| (double.to_bits(), (*token).to_owned())).collect();
        (Cow::Owned(replaced(body, &stand_ins)), Self { digits })
    }

    /// A value as JSON text, with the digits in it.
    pub(super) fn text(&self, value: &Value) -> String {
        if self.digits.is_empty() {
            return value.to_string();
        }
        let mut out = String::new();
        self.write(value, &mut out);
        out
    }

    fn write(&self, value: &Value, out: &mut String) {
        match value {
            Value::Number(number) => match self.behind(number) {
                Some(digits) => out.push_str(digits),
                None => out.push_str(&number.to_string()),
            },
            Value::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    self.write(item, out);
                }
                out.push(']');
            }
            Value::Object(members) => self.write_object(members, out),
            Value::Null | Value::Bool(_) | Value::String(_) => out.push_str(&value.to_string()),
        }
    }

    fn write_object(&self, members: &Map<String, Value>, out: &mut String) {
        out.push('{');
        for (at, (name, member)) in members.iter().enumerate() {
            out.push_str(if at == 0 { "" } else { "," });
            out.push_str(&quoted(name));
            out.push(':');
            self.write(member, out);
        }
        out.push('}');
    }

    /// The digits of a number that stands for others.
    pub(super) fn behind(&self, number: &Number) -> Option<&str> {
        self.digits.get(&number.as_f64()?.to_bits()).map(String::as_str)
    }

    /// A value in which whole numbers are what they were, as far as values can hold them.
    pub(super) fn restored(&self, value: Value) -> Value {
        match value {
            Value::Number(number) => {
                let digits = self.behind(&number).and_then(|digits| digits.parse::<i64>().ok());
                digits.map_or(Value::Number(number), Value::from)
            }
            Value::Array(items) if !self.digits.is_empty() => {
                items.into_iter().map(|item| self.restored(item)).collect()
            }
            Value::Object(members) if !self.digits.is_empty() => {
                members.into_iter().map(|(name, member)| (name, self.restored(member))).collect()
            }
            other => other,
        }
    }
}

/// Whether it is a number that a double may not hold.
fn is_long(token: &str) -> bool {
    (token.len() > SAFE_DIGITS || token.contains(['e', 'E'])) && double(token).is_some()
}

/// Whether the nearest double has the value that is written.
fn is_held(token: &str) -> bool {
    double(token)
        .is_some_and(|double| double.is_finite() && decimal(token) == decimal(&format!("{double:e}")))
}

fn double(token: &str) -> Option<f64> {
    token.parse().ok()
}

/// Sign, significant digits and exponent: equal for texts of one value.
fn decimal(token: &str) -> (bool, String, i64) {
    let (sign, token) = token.strip_prefix('-').map_or((false, token), |rest| (true, rest));
    let (mantissa, exponent) = token.split_once(['e', 'E']).unwrap_or((token, "0"));
    let exponent: i64 = exponent.trim_start_matches('+').parse().unwrap_or(i64::MAX / 2);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return (false, String::new(), 0);
    }
    let trailing = digits.len() - digits.trim_end_matches('0').len();
    let length = |count: usize| i64::try_from(count).unwrap_or(i64::MAX / 4);
    (sign, significant.to_owned(), exponent - length(fraction.len()) + length(trailing))
}

/// Doubles that are taken, each with the one to try in its place; all without their signs.
#[derive(Default)]
struct Taken {
    next: HashMap<u64, f64>,
}

impl Taken {
    /// A double near the number that stands for nothing else; it takes more digits than any short number.
    fn stand_in(&mut self, token: &str) -> f64 {
        let mut found = double(token).unwrap_or_default().abs().clamp(f64::MIN_POSITIVE, f64::MAX);
        let mut tried = Vec::new();
        loop {
            if let Some(next) = self.next.get(&found.to_bits()) {
                tried.push(found);
                found = *next;
            } else if decimal(&format!("{found:e}")).1.len() <= SAFE_DIGITS {
                self.take(found);
            } else {
                break;
            }
        }
        self.take(found);
        // Who comes this way again need not try them one by one.
        let next = neighbour(found);
        self.next.extend(tried.into_iter().map(|double| (double.to_bits(), next)));
        if token.starts_with('-') { -found } else { found }
    }

    fn take(&mut self, double: f64) {
        self.next.insert(double.abs().to_bits(), neighbour(double.abs()));
    }
}

/// The next double away from the ends.
fn neighbour(double: f64) -> f64 {
    if double > 1.0 { double.next_down() } else { double.next_up() }
}

fn replaced(body: &str, stand_ins: &HashMap<&str, f64>) -> String {
    let mut out = String::with_capacity(body.len());
    let mut done = 0;
    let mut numbers = Numbers { body, at: 0 };
    while let Some(token) = numbers.next() {
        let Some(double) = stand_ins.get(token) else { continue };
        out.push_str(&body[done..numbers.at - token.len()]);
        // Writing to a text does not fail.
        let _ = write!(out, "{double:e}");
        done = numbers.at;
    }
    out.push_str(&body[done..]);
    out
}

/// The numbers of a JSON document, in order; `at` is behind the last one.
struct Numbers<'b> {
    body: &'b str,
    at: usize,
}

impl<'b> Iterator for Numbers<'b> {
    type Item = &'b str;

    fn next(&mut self) -> Option<&'b str> {
        let bytes = self.body.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => self.skip_text(bytes),
                b'-' | b'0'..=b'9' => {
                    let start = self.at;
                    let part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                    self.at += bytes[start..].iter().take_while(|byte| part(byte)).count();
                    return Some(&self.body[start..self.at]);
                }
                _ => self.at += 1,
            }
        }
        None
    }
}

impl Numbers<'_> {
    fn skip_text(&mut self, bytes: &[u8]) {
        self.at += 1;
        while let Some(&byte) = bytes.get(self.at) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
        self.at = bytes.len();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use super::*;

    fn there_and_back(body: &str) -> String {
        let (text, exact) = Exact::of(body);
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        exact.text(&value)
    }

    #[test]
    fn digits_that_no_double_has_come_back() {
        for body in [
            "[9007199254740993,9007199254740992,9007199254740994]",
            "[1234567890123456789,1234567890123456788,-1234567890123456789]",
            "[123456789012345678901234567890]",
            "[1e400,-1e400,1e401,1e-400]",
            "[0.12345678901234567891,0.1,0.10000000000000000000001]",
            r#"{"9007199254740993":"9007199254740993 \" 1e400","n":9007199254740993}"#,
        ] {
            assert_eq!(there_and_back(body), body);
        }
    }

    #[test]
    fn what_a_double_holds_is_left_alone() {
        for body in
            ["[1,-2,3.5,1e3,12345678901234567000,0.30000000000000004,1.10,-0]", "[]", "\"1e400\"", "[1e22]"]
        {
            let (text, exact) = Exact::of(body);
            assert!(matches!(text, Cow::Borrowed(_)) && exact.digits.is_empty(), "{body}");
        }
    }

    #[test]
    fn different_numbers_stay_different_and_equal_ones_equal() {
        let (text, _) = Exact::of("[9007199254740993,9007199254740992,9007199254740993,9007199254740995]");
        let doubles: Vec<f64> = serde_json::from_str(&text).unwrap();
        assert_eq!(doubles[0].to_bits(), doubles[2].to_bits());
        let bits: HashSet<u64> = doubles.iter().map(|double| double.to_bits()).collect();
        assert_eq!(bits.len(), 3);
    }

    #[test]
    fn whole_numbers_are_restored_in_values() {
        let (text, exact) = Exact::of(r#"{"next":[9007199254740993],"big":1e400}"#);
        let value = exact.restored(serde_json::from_str(&text).unwrap());
        assert_eq!(value["next"], serde_json::json!([9_007_199_254_740_993_i64]));
    }

    #[test]
    fn long_ids_in_a_row_take_no_longer_than_others() {
        let ids: Vec<String> =
            (0..20_000_u64).map(|n| (10_000_000_000_000_000_001 + n).to_string()).collect();
        let body = format!("[{}]", ids.join(","));
        assert_eq!(there_and_back(&body), body);
    }

    #[test]
    fn damaged_documents_do_no_harm() {
        for body in ["", "\"", "\"\\", "-", "[1e", "12345678901234567890123e", "--------------------", "é\"é"]
        {
            let _ = Exact::of(body);
        }
    }
}
