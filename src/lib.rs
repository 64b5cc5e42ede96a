//! syncscope: headless interpreter and linter for declarative sync apps.

pub mod diag;
pub mod serve;
pub mod syntax;
