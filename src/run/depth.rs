//! How deep a record may nest: the database reads JSON to a depth of 1,000, and one row beyond
//! that would make every query of its table fail.

use super::provider::{FetchError, Row};

const MOST: usize = 900;

/// Refuses rows that the database could not read again.
///
/// # Errors
/// `decode.json` for the first such row.
pub(super) fn check(rows: &[Row<'_>]) -> Result<(), FetchError> {
    let deep = rows.iter().find(|row| is_too_deep(&row.data));
    deep.map_or(Ok(()), |row| {
        let message = format!("the row `{}` nests its lists and maps more than {MOST} deep", row.id);
        Err(FetchError::lasting("decode.json", message))
    })
}

fn is_too_deep(json: &str) -> bool {
    // Most rows are shorter, or have fewer brackets than that in all, which is quickly seen.
    let opening = || json.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    json.len() > MOST && opening() > MOST && depth(json) > MOST
}

fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(data: String) -> Row<'static> {
        Row { id: "1".into(), data: data.into() }
    }

    #[test]
    fn a_row_that_the_database_could_not_read_is_refused() {
        let nested = |n: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(n), "]".repeat(n));
        assert_eq!(check(&[row(nested(10)), row(nested(899))]), Ok(()));
        let error = check(&[row(nested(10)), row(nested(900))]).map_err(|error| error.code);
        assert_eq!(error, Err("decode.json".to_owned()));
    }

    #[test]
    fn brackets_side_by_side_or_in_texts_do_not_count() {
        let flat = format!(r#"{{"a":[{}[]],"b":"{}\"["}}"#, "[],".repeat(2000), "[".repeat(2000));
        assert_eq!(check(&[row(flat)]), Ok(()));
    }
}
