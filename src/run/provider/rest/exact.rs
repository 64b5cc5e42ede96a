//! Numbers that an evaluator cannot hold, such as long ids: it computes with doubles. In the values of a page a mark
//! stands for each of them: one of the tiniest doubles, which no calculation comes by. An expression is evaluated
//! on the nearest doubles, and that is what counts; then twice on other doubles, in which only the long numbers
//! differ. What is the nearest double of a long number in the first result, and its double in both others, was passed
//! on untouched, and gets its mark again; so it reaches the row with its digits. All else is a calculation.

mod doubles;
mod provenance;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Number, Value};

use super::rows::quoted;
use doubles::{Probe, probes};
use provenance::Results;

/// The long numbers of an answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Exact {
    /// By their marks.
    longs: Arc<Vec<Long>>,
    probes: Arc<[Probe; 2]>,
}

/// A long number.
#[derive(Debug, Clone)]
struct Long {
    digits: String,
    /// The nearest double.
    double: f64,
    /// Whether another one has the same.
    is_shared: bool,
}

/// What stands for the long numbers.
#[derive(Debug, Clone, Copy)]
enum Doubles {
    Nearest,
    Other(usize),
}

/// Up to so many digits a double holds every number.
const SAFE_DIGITS: usize = 15;

impl Exact {
    /// The text of a JSON document with marks for what a double cannot hold, and what they stand for.
    pub(super) fn of(body: &str) -> (Cow<'_, str>, Self) {
        let long: Vec<&str> = Numbers { body, at: 0 }.filter(|token| is_long(token)).collect();
        let lost: HashSet<u64> =
            long.iter().filter(|token| !is_held(token)).map(|token| bits(token)).collect();
        if lost.is_empty() {
            return (Cow::Borrowed(body), Self::default());
        }
        // Numbers beside them are marked too, so that all keep their order when they are exchanged.
        let is_near = |token: &&str| is_long(token) || (bits(token) != 0 && lost.contains(&bits(token)));
        let mut marks: HashMap<&str, usize> = HashMap::new();
        let mut longs: Vec<Long> = Vec::new();
        for token in (Numbers { body, at: 0 }).filter(is_near) {
            marks.entry(token).or_insert_with(|| {
                longs.push(Long { digits: token.to_owned(), double: nearest(token), is_shared: false });
                longs.len() - 1
            });
        }
        let mut owners: HashMap<u64, usize> = HashMap::new();
        longs.iter().for_each(|long| *owners.entry(long.double.to_bits()).or_default() += 1);
        longs.iter_mut().for_each(|long| long.is_shared = owners[&long.double.to_bits()] > 1);
        let doubles: Vec<f64> = longs.iter().map(|long| long.double).collect();
        let exact = Self { probes: Arc::new(probes(&doubles)), longs: Arc::new(longs) };
        (Cow::Owned(replaced(body, &marks)), exact)
    }

    /// The value of an expression, with marks for the long numbers that it passes on; `evaluate` gets what has
    /// marks as the doubles that are meant.
    ///
    /// # Errors
    /// Those of the evaluation on the nearest doubles.
    pub(super) fn through<E>(
        &self,
        marked: [Option<&Value>; 2],
        evaluate: impl Fn([Option<&Value>; 2]) -> Result<Option<Value>, E>,
    ) -> Result<Option<Value>, E> {
        if self.longs.is_empty() {
            return evaluate(marked);
        }
        let on = |doubles: Doubles| {
            let [first, second] = marked.map(|value| value.map(|value| self.unmarked(value, doubles)));
            evaluate([first.as_ref(), second.as_ref()])
        };
        let Some(value) = on(Doubles::Nearest)? else { return Ok(None) };
        if matches!(value, Value::Null | Value::Bool(_) | Value::String(_)) {
            return Ok(Some(value));
        }
        // Who fails on other numbers does more than to pass them on.
        let [first, second] = [0, 1].map(|probe| on(Doubles::Other(probe)).ok().flatten());
        Ok(Some(match (first, second) {
            (Some(first), Some(second)) => self.marked(value, &Results { first, second }),
            _ => value,
        }))
    }

    /// The long number that a mark stands for.
    fn long(&self, number: &Number) -> Option<&Long> {
        if self.longs.is_empty() {
            return None;
        }
        let bits = number.as_f64()?.to_bits();
        self.longs.get(usize::try_from(bits.checked_sub(1)?).ok()?)
    }

    fn unmarked(&self, value: &Value, doubles: Doubles) -> Value {
        match value {
            Value::Number(number) => match (self.long(number), doubles) {
                (None, _) => value.clone(),
                (Some(long), Doubles::Nearest) => Value::from(long.double),
                (Some(_), Doubles::Other(probe)) => {
                    let index = usize::try_from(number.as_f64().unwrap_or_default().to_bits() - 1);
                    Value::from(self.probes[probe].doubles[index.unwrap_or_default()])
                }
            },
            Value::Array(items) => items.iter().map(|item| self.unmarked(item, doubles)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, member)| (name.clone(), self.unmarked(member, doubles))).collect()
            }
            Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
        }
    }

    /// A value as JSON text, with the digits in it.
    pub(super) fn text(&self, value: &Value) -> String {
        if self.longs.is_empty() {
            return value.to_string();
        }
        let mut out = String::new();
        self.write(value, &mut out);
        out
    }

    fn write(&self, value: &Value, out: &mut String) {
        match value {
            Value::Number(number) => match self.long(number) {
                Some(long) => out.push_str(&long.digits),
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

    /// A value without marks: whole numbers are what they were, as far as values can hold them.
    pub(super) fn restored(&self, value: Value) -> Value {
        match value {
            Value::Number(number) => match self.long(&number) {
                None => Value::Number(number),
                Some(Long { digits, double, .. }) => {
                    let whole = digits.parse::<i64>().map(Value::from);
                    whole.or_else(|_| digits.parse::<u64>().map(Value::from)).unwrap_or(Value::from(*double))
                }
            },
            Value::Array(items) if !self.longs.is_empty() => {
                items.into_iter().map(|item| self.restored(item)).collect()
            }
            Value::Object(members) if !self.longs.is_empty() => {
                members.into_iter().map(|(name, member)| (name, self.restored(member))).collect()
            }
            other => other,
        }
    }
}

fn mark(index: usize) -> f64 {
    f64::from_bits(index as u64 + 1)
}

/// The nearest double that JSON can write.
fn nearest(token: &str) -> f64 {
    double(token).unwrap_or_default().clamp(f64::MIN, f64::MAX)
}

fn bits(token: &str) -> u64 {
    nearest(token).to_bits()
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

fn replaced(body: &str, marks: &HashMap<&str, usize>) -> String {
    let mut out = String::with_capacity(body.len());
    let mut done = 0;
    let mut numbers = Numbers { body, at: 0 };
    while let Some(token) = numbers.next() {
        let Some(index) = marks.get(token) else { continue };
        out.push_str(&body[done..numbers.at - token.len()]);
        // Writing to a text does not fail.
        let _ = write!(out, "{:e}", mark(*index));
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
    use serde_json::json;

    use super::*;
    use crate::expr::{Evaluator, Expression, Host, Limits, SharedExpressions, World};

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
            assert!(matches!(text, Cow::Borrowed(_)) && exact.longs.is_empty(), "{body}");
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

    /// What an expression over the rows of a page gives, as JSON with digits.
    fn evaluated(expression: &str, body: &str) -> String {
        let (text, exact) = Exact::of(body);
        let marked: Value = serde_json::from_str(&text).unwrap();
        let expression = Expression::parse(expression).unwrap();
        let (shared, ctx) = (SharedExpressions::new(), json!({}));
        let evaluator = Evaluator::new(Arc::new(Fixed), Limits::default());
        let value = exact.through([None, Some(&marked)], |[_, focus]| {
            evaluator.evaluate(&expression, &World { ctx: &ctx, focus, shared: &shared })
        });
        exact.text(&value.unwrap().unwrap_or_default())
    }

    struct Fixed;

    impl Host for Fixed {
        fn now_ms(&self) -> i64 {
            0
        }

        fn uuid(&self) -> String {
            "new".to_owned()
        }
    }

    const ROWS: &str = r#"[{"k":"a","n":9007199254740993,"h":4503599627370496},{"k":"b","n":9007199254740992},
        {"k":"c","n":2.00000000000000000001},{"k":"d","n":2},{"k":"p","n":12345678901234567891},
        {"k":"q","n":12345678901234567892},{"k":"r","n":1e400}]"#;

    #[test]
    fn a_result_is_never_taken_for_the_number_of_another_row() {
        let made = evaluated(r#"$[k = "a"].{"n":n,"h2":h*2,"double":n*2,"next":n+1}"#, ROWS);
        let expected = r#"{"n":9007199254740993,"h2":9007199254740992,"double":18014398509481984,"next":9007199254740992}"#;
        assert_eq!(made, expected);
    }

    #[test]
    fn calculations_comparisons_and_texts_have_the_nearest_double() {
        let made = evaluated(r#"$.{"k":k,"n":n,"t":$string(n),"x":n=9007199254740992,"ge":n>=2}"#, ROWS);
        let rows: Vec<&str> = made.split("},").collect();
        for (row, expected) in rows.iter().zip([
            r#"{"k":"a","n":9007199254740993,"t":"9007199254740992","x":true,"ge":true"#,
            r#"{"k":"b","n":9007199254740992,"t":"9007199254740992","x":true,"ge":true"#,
            r#"{"k":"c","n":2.00000000000000000001,"t":"2","x":false,"ge":true"#,
            r#"{"k":"d","n":2,"t":"2","x":false,"ge":true"#,
        ]) {
            assert!(row.contains(expected), "{row}");
        }
        let alone = evaluated(r#"$.{"t":$string(n)}"#, r#"[{"n":12345678901234567892}]"#);
        let among = evaluated(r#"$[k = "q"].{"t":$string(n)}"#, ROWS);
        assert_eq!(alone, among, "neighbours change nothing");
    }

    #[test]
    fn what_is_passed_on_keeps_its_digits_in_any_order() {
        let n = |made: &str| made.matches("9007199254740993").count();
        for expression in
            ["$^(n).n", "$^(>n).n", "$reverse($).n", "$[n > 100].n", "$sort($.n)", "$.{\"k\":k}[0]"]
        {
            let made = evaluated(expression, ROWS);
            assert_eq!(n(&made), usize::from(!expression.contains("[0]")), "{expression}: {made}");
        }
        let sorted = evaluated(r#"$^(>n).{"k":k,"n":n}"#, ROWS);
        for row in
            [r#""k":"a","n":9007199254740993"#, r#""k":"q","n":12345678901234567892"#, r#""k":"r","n":1e400"#]
        {
            assert!(sorted.contains(row), "{sorted}");
        }
        let joined = evaluated(r#"($all := $; $all[n = $all[k = "b"].n].{"k":k,"n":n})"#, ROWS);
        assert!(!joined.contains(r#""k":"b","n":9007199254740993"#), "{joined}");
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
