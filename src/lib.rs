//! syncscope: headless interpreter and linter for declarative sync apps.

pub mod diag;
pub mod report;
pub mod syntax;
