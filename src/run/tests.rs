//! Small apps run for real: loaded from files, on a database in memory, with a back end made of closures.
#![allow(clippy::unwrap_used)]

mod actions;
mod answers;
mod calls;
mod contention;
mod context;
mod dry;
mod dry_left;
mod dry_stubs;
mod events;
mod functions;
mod guards;
mod interruption;
mod lists;
mod matrix;
mod queue;
mod queue_faults;
mod scopes;
mod stage;
mod state;
mod sync;
mod targets;
mod turns;
mod unchanged;
