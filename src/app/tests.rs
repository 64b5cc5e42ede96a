//! Apps read from files: what is found in them, and what is said of mistakes.
#![allow(clippy::unwrap_used)]

mod index;
mod lowering;
mod mutations;
mod single;
pub(super) mod stage;
