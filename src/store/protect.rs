//! What protects the rows of a table from a fetch that brings too few.

use std::fmt;

use super::error::StoreError;

/// When a replace is refused; by default never.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Protection {
    /// What a fetch without rows means; without it [`Self::max_shrink`] decides.
    pub on_empty: Option<OnEmpty>,
    /// How many of its rows a table may lose.
    pub max_shrink: Option<Percent>,
}

/// What a fetch without rows means for a table that has some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnEmpty {
    /// That something is wrong; the rows stay.
    Keep,
    /// That the table is empty now.
    Replace,
}

/// A part of a hundred.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percent(f64);

impl Percent {
    /// A part from 0 to 100; other numbers give the nearest of these.
    #[must_use]
    pub fn new(part: f64) -> Self {
        Self(if part.is_nan() { 0.0 } else { part.clamp(0.0, 100.0) })
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Protection {
    /// Whether it refuses nothing.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.on_empty != Some(OnEmpty::Keep) && self.max_shrink.is_none()
    }

    /// Whether a table with `old` rows may come to have `new` ones.
    pub(super) fn check(self, table: &str, old: i64, new: i64) -> Result<(), StoreError> {
        if old == 0 || new >= old {
            return Ok(());
        }
        match (new, self.on_empty) {
            (0, Some(OnEmpty::Keep)) => return Err(StoreError::Emptied { table: table.to_owned(), old }),
            (0, Some(OnEmpty::Replace)) => return Ok(()),
            _ => {}
        }
        #[expect(clippy::cast_precision_loss, reason = "tables have fewer than 2^53 rows")]
        let (lost, had) = ((old - new) as f64, old as f64);
        match self.max_shrink {
            Some(most) if lost * 100.0 > most.0 * had => {
                Err(StoreError::Shrunk { table: table.to_owned(), old, new, most })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(protection: Protection, old: i64, new: i64) -> &'static str {
        protection.check("t", old, new).map_or_else(|error| error.code(), |()| "ok")
    }

    #[test]
    fn emptiness_and_shrinking_are_told_apart() {
        let keep = Protection { on_empty: Some(OnEmpty::Keep), max_shrink: None };
        let half = Protection { on_empty: None, max_shrink: Some(Percent::new(50.0)) };
        let both = Protection { on_empty: Some(OnEmpty::Replace), ..half };
        for (protection, old, new, expected) in [
            (Protection::default(), 10, 0, "ok"),
            (keep, 10, 0, "apply.empty"),
            (keep, 10, 1, "ok"),
            (keep, 0, 0, "ok"),
            (half, 10, 5, "ok"),
            (half, 11, 5, "apply.shrink"),
            (half, 10, 0, "apply.shrink"),
            (half, 5, 10, "ok"),
            (both, 10, 0, "ok"),
            (both, 10, 1, "apply.shrink"),
        ] {
            assert_eq!(code(protection, old, new), expected, "{protection:?} {old} {new}");
        }
    }
}
