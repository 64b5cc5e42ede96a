//! The rules of this room, by their ids.

pub(super) const INVALID_YAML: &str = "invalid-yaml";
pub(super) const INVALID_JSON: &str = "invalid-json";
pub(super) const DUPLICATE_KEY: &str = "duplicate-key";
pub(super) const UNFIT_KEY: &str = "unfit-key";
pub(super) const UNKNOWN_ALIAS: &str = "unknown-alias";
pub(super) const ALIAS_BUDGET: &str = "alias-budget";
pub(super) const TOO_DEEP: &str = "too-deep";
pub(super) const SECOND_DOCUMENT: &str = "second-document";
pub(super) const UNSUPPORTED_TAG: &str = "unsupported-tag";
pub(super) const LOSSY_NUMBER: &str = "lossy-number";
pub(super) const NOT_UTF8: &str = "not-utf8";
pub(super) const FILE_TOO_LARGE: &str = "file-too-large";
