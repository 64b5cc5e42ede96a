//! Acceptance: the real binary does what a user was promised, in a folder of its own.

mod bad_input;
mod commands;
mod contention;
mod corpus;
mod crash;
mod dev;
mod dev_page;
mod dev_runs;
mod doctor;
mod embed;
mod fixes;
mod formats;
mod hostile;
mod living;
mod processes;
mod quickstart;
mod readme;
mod secrets;
mod signals;
mod small;
mod stage;
mod stub;
