//! Paths as relative references (RFC 3986).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand in a path as it is. A `:` may not: it would make a scheme of what is before it.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path with `/`, as part of a URI.
pub(super) fn of_path(path: &str) -> String {
    let encoded = utf8_percent_encode(path, ESCAPED).to_string();
    // An absolute path needs the scheme: `//server` would be a host.
    if encoded.starts_with('/') { format!("file://{encoded}") } else { encoded }
}

#[cfg(test)]
mod tests {
    use super::of_path;

    #[test]
    fn what_is_special_is_escaped() {
        assert_eq!(of_path("jigs/über uns#1.jigx"), "jigs/%C3%BCber%20uns%231.jigx");
        assert_eq!(of_path("a:b%.yaml"), "a%3Ab%25.yaml");
        assert_eq!(of_path("../x/y-z_1~.json"), "../x/y-z_1~.json");
        assert_eq!(of_path("/app/x"), "file:///app/x");
    }
}
