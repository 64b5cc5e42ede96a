//! syncscope: headless interpreter and linter for declarative sync apps.
//!
//! # Bird's eye
//! Text becomes a spanned tree ([`syntax`]), the tree becomes a typed [`app::Project`]; then
//! `lint` checks it and [`run`] performs it, and neither knows the other. Mistakes of users are
//! data ([`diag::Diagnostic`]), never `Err`. Everything between reading files and performing
//! effects is pure. It is synchronous: threads and channels, no async runtime.
//!
//! # Code map
//! | layer | room | what it is for |
//! | --- | --- | --- |
//! | 0 | [`diag`] | files, spans, diagnostics, fixes |
//! | 1 | [`syntax`] | text to tree |
//! | 1 | [`expr`] | expressions and conditions |
//! | 1 | [`report`] | diagnostics to text and JSON |
//! | 1 | [`store`] | SQLite: scopes, statuses, tables, queries |
//! | 2 | [`action`] | what each action type means |
//! | 3 | [`app`] | files to project |
//! | 4 | [`lint`] | the rules |
//! | 4 | [`run`] | triggers, guards, effects, providers |
//! | 4 | [`serve`] | a back end for development |
//! | 5 | [`watch`] | keeps an app fresh while its author works on it |
//! | 6 | [`cli`] | the commands |
//!
//! # Invariants
//! * A room imports only rooms of lower layers, and each heavy crate has one owner; a test of the
//!   source tree holds both.
//! * Only the rooms that say so read files, the network, the clock or the environment.
//! * Data and the status that claims them are committed in one transaction.
//! * No input makes it panic.

pub mod action;
pub mod app;
pub mod cli;
pub mod diag;
pub mod expr;
pub mod lint;
pub mod report;
pub mod run;
pub mod serve;
pub mod store;
pub mod syntax;
pub mod watch;

/// Shared with the integration test.
#[cfg(test)]
#[path = "../tests/it/promises.rs"]
pub mod promises;
