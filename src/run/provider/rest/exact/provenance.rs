//! Which numbers of a result were passed on untouched.

use serde_json::{Map, Number, Value};

use super::{Exact, mark};

/// What an expression gives on other doubles, or a part of that.
#[derive(Debug, Clone)]
pub(super) struct Results<T = Value> {
    pub(super) first: T,
    pub(super) second: T,
}

/// How the values beside a number compare.
#[derive(Debug, Clone, Copy)]
struct Beside {
    /// They are the same in the first result, or in the second.
    same: [bool; 2],
    /// A text is the same in both and not here: the rows are other ones.
    is_torn: bool,
}

/// Nothing stands beside a number.
const ALONE: Beside = Beside { same: [true; 2], is_torn: false };

impl Exact {
    /// A value with marks for the long numbers in it that both results show as such.
    pub(super) fn marked(&self, value: Value, results: &Results) -> Value {
        let results = Results { first: Some(&results.first), second: Some(&results.second) };
        self.walked(value, &results, ALONE)
    }

    fn walked(&self, value: Value, results: &Results<Option<&Value>>, beside: Beside) -> Value {
        match value {
            Value::Number(number) => {
                let found = self.passed_on(&number, results, beside);
                found.map_or(Value::Number(number), |index| Value::from(mark(index)))
            }
            Value::Array(items) => {
                let parts = |at: usize| results.map(|value| value.get(at));
                let walked = items.into_iter().enumerate();
                walked.map(|(at, item)| self.walked(item, &parts(at), beside)).collect()
            }
            Value::Object(members) => {
                let beside = self.beside(&members, results, beside);
                let walked = members.into_iter().map(|(name, member)| {
                    let parts = results.map(|value| value.get(&name));
                    let member = self.walked(member, &parts, beside);
                    (name, member)
                });
                walked.collect()
            }
            other => other,
        }
    }

    /// The long number that a number is. Of those that share a double, which one the others show depends on how
    /// they are ordered, so what stands beside it has to fit.
    fn passed_on(&self, number: &Number, results: &Results<Option<&Value>>, beside: Beside) -> Option<usize> {
        let double = number.as_f64()?;
        let found = |probe: usize, value: Option<&Value>| {
            let index = self.probes[probe].mark(value?.as_f64()?)?;
            (self.longs[index].double.to_bits() == double.to_bits()).then_some(index)
        };
        let (first, second) = (found(0, results.first)?, found(1, results.second)?);
        if first == second {
            return (!self.longs[first].is_shared || !beside.is_torn).then_some(first);
        }
        match beside.same {
            [true, _] => Some(first),
            [_, true] => Some(second),
            _ => None,
        }
    }

    fn beside(
        &self,
        members: &Map<String, Value>,
        results: &Results<Option<&Value>>,
        around: Beside,
    ) -> Beside {
        let mut beside = ALONE;
        let mut has_others = false;
        for (name, member) in members {
            let parts = results.map(|value| value.get(name));
            let same = [self.agrees(member, parts.first, 0), self.agrees(member, parts.second, 1)];
            beside.same = [beside.same[0] && same[0], beside.same[1] && same[1]];
            let is_leaf = !member.is_array() && !member.is_object();
            beside.is_torn |= member.is_string() && !same[0] && !same[1] && parts.first == parts.second;
            has_others |= is_leaf && !member.is_number();
        }
        if !has_others {
            beside.same = [beside.same[0] && around.same[0], beside.same[1] && around.same[1]];
            beside.is_torn |= around.is_torn;
        }
        beside
    }

    /// Whether a value is the same in another result, or a long number with the same nearest double.
    fn agrees(&self, value: &Value, other: Option<&Value>, probe: usize) -> bool {
        match (value, other) {
            (Value::Number(number), Some(Value::Number(other))) => {
                let (Some(double), Some(other)) = (number.as_f64(), other.as_f64()) else { return false };
                let long = self.probes[probe].mark(other).map(|index| self.longs[index].double);
                double.to_bits() == long.unwrap_or(other).to_bits()
            }
            (Value::Array(items), Some(Value::Array(others))) => {
                items.len() == others.len()
                    && items.iter().zip(others).all(|(item, other)| self.agrees(item, Some(other), probe))
            }
            (Value::Object(members), Some(Value::Object(others))) => {
                members.len() == others.len()
                    && members.iter().all(|(name, member)| self.agrees(member, others.get(name), probe))
            }
            (value, other) => Some(value) == other,
        }
    }
}

impl<'v> Results<Option<&'v Value>> {
    fn map(&self, part: impl Fn(&'v Value) -> Option<&'v Value>) -> Self {
        Self { first: self.first.and_then(&part), second: self.second.and_then(&part) }
    }
}
