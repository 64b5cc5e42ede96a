//! Keeps an app fresh while its author works on it.
//!
//! [`Watcher`] notices what happens on disk, [`Settle`] joins it into one [`Change`], [`LiveApp`]
//! reads the app anew and keeps the last good one. None of them waits for another: whoever drives
//! them (`cli`) has one queue of events and looks at it.

mod compare;
mod fs;
mod kind;
mod links;
mod live;
mod places;
mod poll;
mod settle;

pub use fs::{Choice, Means, Reason, Tell, Watcher};
pub use live::{Ask, Env, Find, Finding, LiveApp, Outcome, State, Trouble, Update, words};
pub use places::{Wanted, looks_unfinished};
pub use settle::{Change, Noticed, Settle};
