//! All tests that work through the public surface or the binary.
#![allow(
    clippy::format_push_string,
    clippy::filter_map_bool_then,
    clippy::case_sensitive_file_extension_comparisons
)]
#![allow(clippy::unwrap_used)]

mod accept;
mod fuzz;
mod promises;
mod terminal;
mod tidy;
