//! Bytes become text.

use super::MAX_FILE_BYTES;

/// Why bytes are not a text that can be read in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// The rule that it breaks.
    pub rule: &'static str,
    /// The first byte to blame, from 0.
    pub offset: usize,
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The text of a file's bytes. What is not UTF-8 is replaced byte by byte, so that offsets stay
/// true, and told once; a file that is too large or in another encoding gives an empty text.
#[must_use]
pub fn decode(bytes: Vec<u8>) -> (String, Option<DecodeError>) {
    if bytes.len() > MAX_FILE_BYTES {
        return (String::new(), Some(too_large(bytes.len() as u64)));
    }
    if is_utf16(&bytes) {
        return (String::new(), Some(not_utf8(0, "the file is encoded as UTF-16")));
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bad = error.as_bytes()[at];
            let message = format!("byte {at} is `0x{bad:02X}`, which is not UTF-8 text");
            (replaced(error.as_bytes()), Some(not_utf8(at, &message)))
        }
    }
}

/// Whether a file begins with the mark of UTF-16, or with letters that have a zero byte each.
fn is_utf16(bytes: &[u8]) -> bool {
    let marked = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    let begin = &bytes[..bytes.len().min(64)];
    let zeros = |from: usize| begin.len() >= 4 && begin.iter().skip(from).step_by(2).all(|&byte| byte == 0);
    marked || zeros(0) != zeros(1)
}

fn replaced(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    text
}

fn not_utf8(offset: usize, message: &str) -> DecodeError {
    let help = "save the file with the encoding UTF-8".to_owned();
    DecodeError { rule: super::rules::NOT_UTF8, offset, message: message.to_owned(), help }
}

/// The error for a file of so many bytes, which are more than are read.
#[must_use]
pub fn too_large(bytes: u64) -> DecodeError {
    let message = format!("the file has {bytes} bytes; at most {MAX_FILE_BYTES} are read");
    let help = "split the file, or move its data to a table".to_owned();
    DecodeError { rule: super::rules::FILE_TOO_LARGE, offset: 0, message, help }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_offsets_where_bytes_are_not_text() {
        let (text, error) = decode(b"a: \xC3\x28 b\xFF".to_vec());
        assert_eq!(text, "a: ?( b?");
        assert_eq!(error.map(|e| e.offset), Some(3));
    }

    #[test]
    fn names_other_encodings_and_sizes() {
        assert!(decode(vec![0xFF, 0xFE, b'a', 0]).1.is_some_and(|e| e.message.contains("UTF-16")));
        for text in [&b"a\0:\0 \x001\0"[..], b"\0a\0:\0 \x001", b"\xFE\xFF\0a"] {
            assert!(decode(text.to_vec()).1.is_some_and(|e| e.message.contains("UTF-16")), "{text:?}");
        }
        assert_eq!(decode(b"a\0b".to_vec()).1, None);
        assert!(decode(vec![b' '; MAX_FILE_BYTES + 1]).1.is_some_and(|e| e.rule == "file-too-large"));
        assert_eq!(decode(b"\xEF\xBB\xBFa".to_vec()), ("\u{FEFF}a".to_owned(), None));
    }
}
