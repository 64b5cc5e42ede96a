//! Escapes of half a character. JSON allows `"\ud83d"` without the half that follows, a text does not.

use std::borrow::Cow;

/// What stands in the place of half a character, as encoders of UTF-8 have it.
const REPLACEMENT: &str = "\\ufffd";
const ESCAPE: usize = REPLACEMENT.len();

/// A JSON document in which halves that stand alone are replaced.
pub(super) fn whole(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut out = String::new();
    let (mut done, mut at) = (0, 0);
    while at < bytes.len() {
        let length = match (bytes[at], half(bytes, at)) {
            (b'\\', None) => 2,
            (_, None) => 1,
            (_, Some(Half::First)) if half(bytes, at + ESCAPE) == Some(Half::Second) => 2 * ESCAPE,
            (_, Some(_)) => {
                out.push_str(&json[done..at]);
                out.push_str(REPLACEMENT);
                done = at + ESCAPE;
                ESCAPE
            }
        };
        at += length;
    }
    if done == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(&json[done..]);
    Cow::Owned(out)
}

#[derive(PartialEq, Eq)]
enum Half {
    First,
    Second,
}

/// The half of a character that is escaped at a place.
fn half(bytes: &[u8], at: usize) -> Option<Half> {
    let digits = bytes.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
    match u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()? {
        0xd800..=0xdbff => Some(Half::First),
        0xdc00..=0xdfff => Some(Half::Second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_that_stand_alone_are_replaced_and_nothing_else() {
        for (json, expected) in [
            (
                r#"["x\ud800y","\uDC00","\ud83d\ud83d\ude00"]"#,
                r#"["x\ufffdy","\ufffd","\ufffd\ud83d\ude00"]"#,
            ),
            (r#"["\ud83d\ude00","\\ud800","é\u00e9"]"#, r#"["\ud83d\ude00","\\ud800","é\u00e9"]"#),
            ("\"\\ud8", "\"\\ud8"),
            ("\\", "\\"),
        ] {
            assert_eq!(whole(json), expected);
        }
    }
}
