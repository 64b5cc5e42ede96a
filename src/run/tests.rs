//! Small apps run for real: loaded from files, on a database in memory, with a back end made of closures.
#![allow(clippy::unwrap_used)]

mod actions;
mod calls;
mod guards;
mod lists;
mod scopes;
mod stage;
mod sync;
