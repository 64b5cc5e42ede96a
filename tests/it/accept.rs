//! Acceptance: the real binary does what a user was promised, in a folder of its own.

mod bad_input;
mod canary;
mod commands;
mod contention;
mod corpus;
mod crash;
mod dev;
mod dev_page;
mod dev_runs;
mod embed;
mod fixes;
mod formats;
mod hostile;
mod living;
mod network;
mod quickstart;
mod readme;
mod replay;
mod rows;
mod secrets;
mod signals;
mod small;
mod sql;
mod stage;
mod stub;
#[cfg(target_os = "linux")]
mod survival;
