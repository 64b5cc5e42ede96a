//! Which part of the object behind `@ctx` an expression reads.

use std::collections::BTreeMap;

use super::super::references::{ContextPath, References};

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Need {
    /// These fields; of a list, these fields of each item.
    Fields(BTreeMap<Box<str>, Need>),
    /// Everything.
    All,
}

impl Need {
    /// Nothing at all.
    pub fn nothing() -> Self {
        Self::Fields(BTreeMap::new())
    }

    /// What the paths of an expression reach.
    pub fn of(references: &References) -> Self {
        let mut need = Self::nothing();
        for path in &references.paths {
            need.add(&known_steps(path));
        }
        need
    }

    fn add(&mut self, names: &[&str]) {
        let Self::Fields(fields) = self else { return };
        match names {
            [] => *self = Self::All,
            [first, rest @ ..] => fields.entry((*first).into()).or_insert_with(Self::nothing).add(rest),
        }
    }

    /// Both parts together.
    pub fn join(&mut self, other: &Self) {
        let Self::Fields(fields) = self else { return };
        match other {
            Self::All => *self = Self::All,
            Self::Fields(others) => {
                for (name, need) in others {
                    fields.entry(name.clone()).or_insert_with(Self::nothing).join(need);
                }
            }
        }
    }
}

/// The fields up to the first step where something is computed; from there on all is needed.
fn known_steps(path: &ContextPath) -> Vec<&str> {
    let mut names = Vec::new();
    for segment in &path.segments {
        match &segment.name {
            Some(name) if !segment.called => names.push(name.as_str()),
            _ => break,
        }
        if segment.dynamic {
            break;
        }
    }
    names
}
