//! All tests that work through the public surface or the binary.
#![allow(clippy::unwrap_used)]

mod accept;
mod terminal;
mod tidy;
