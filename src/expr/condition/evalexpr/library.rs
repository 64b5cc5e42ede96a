//! The functions of free conditions (interface.md §3).

use evalexpr::{EvalexprError, EvalexprResult, Value};

use super::super::judge::{Member, Moment, Record};
use super::described;
use crate::diag::did_you_mean;

/// Every function, by name.
pub(super) const NAMES: [&str; 11] = [
    "scope::state",
    "scope::count",
    "scope::age",
    "status::state",
    "online",
    "now",
    "ms",
    "seconds",
    "minutes",
    "hours",
    "days",
];

/// The functions over some facts.
pub(super) struct Library<'r, 'f> {
    pub record: &'r Record<'f>,
}

impl Library<'_, '_> {
    pub fn call(&self, name: &str, arguments: &[Value]) -> EvalexprResult<Value> {
        let record = self.record;
        match name {
            "scope::state" => {
                let [id] = texts(name, arguments)?;
                Ok(Value::String(record.scope_state(id)))
            }
            "scope::count" => {
                let [id, member] = texts(name, arguments)?;
                Ok(Value::Int(record.scope_count(id, one_of(name, member, &Member::NAMES)?)))
            }
            "scope::age" => {
                let [id, moment] = texts(name, arguments)?;
                let age = record.age(id, one_of(name, moment, &Moment::NAMES)?);
                Ok(Value::Int(age.unwrap_or(i64::MAX)))
            }
            "status::state" => self.status(name, arguments),
            "online" => {
                let [] = texts(name, arguments)?;
                Ok(Value::Boolean(record.online()))
            }
            "now" => {
                let [] = texts(name, arguments)?;
                Ok(Value::Int(record.now()))
            }
            "ms" => duration(name, arguments, 1),
            "seconds" => duration(name, arguments, 1000),
            "minutes" => duration(name, arguments, 60_000),
            "hours" => duration(name, arguments, 3_600_000),
            "days" => duration(name, arguments, 86_400_000),
            _ => Err(EvalexprError::FunctionIdentifierNotFound(name.to_owned())),
        }
    }

    fn status(&self, name: &str, arguments: &[Value]) -> EvalexprResult<Value> {
        let (entity, function) = if arguments.len() == 2 {
            let [entity, function] = texts(name, arguments)?;
            (entity, Some(function))
        } else {
            let [entity] = texts(name, arguments)?;
            (entity, None)
        };
        Ok(Value::String(self.record.status_state(None, entity, function)))
    }
}

fn texts<'v, const N: usize>(name: &str, arguments: &'v [Value]) -> EvalexprResult<[&'v str; N]> {
    let mut found = [""; N];
    if arguments.len() != N {
        return Err(wrong(format!("`{name}` takes {}, not {}", counted(N), arguments.len())));
    }
    for (place, value) in found.iter_mut().zip(arguments) {
        let Value::String(text) = value else {
            return Err(wrong(format!("`{name}` takes a text in double quotes, not {}", described(value))));
        };
        *place = text;
    }
    Ok(found)
}

fn counted(count: usize) -> String {
    match count {
        0 => "no arguments".into(),
        1 => "1 argument".into(),
        more => format!("{more} arguments"),
    }
}

fn one_of<T: Copy>(name: &str, word: &str, known: &[(&str, T)]) -> EvalexprResult<T> {
    if let Some((_, found)) = known.iter().find(|(known, _)| *known == word) {
        return Ok(*found);
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let hint = did_you_mean(word, names.iter().copied());
    let hint = hint.unwrap_or_else(|| format!("it knows `{}`", names.join("`, `")));
    Err(wrong(format!("`{name}` does not know `{word}`; {hint}")))
}

/// So many milliseconds.
fn duration(name: &str, arguments: &[Value], unit: i64) -> EvalexprResult<Value> {
    let [count] = arguments else {
        return Err(wrong(format!("`{name}` takes 1 argument, not {}", arguments.len())));
    };
    match count {
        Value::Int(count) => count.checked_mul(unit).map(Value::Int),
        #[expect(clippy::cast_precision_loss, reason = "units are small")]
        Value::Float(count) => whole(count * unit as f64).map(Value::Int),
        other => return Err(wrong(format!("`{name}` takes a number, not {}", described(other)))),
    }
    .ok_or_else(|| wrong(format!("`{name}` of {} is too long", described(count))))
}

#[expect(clippy::cast_possible_truncation, reason = "within the range of i64")]
fn whole(number: f64) -> Option<i64> {
    (number.abs() < 9.2e18).then_some(number as i64)
}

fn wrong(message: String) -> EvalexprError {
    EvalexprError::CustomMessage(message)
}
