//! Reads a folder of tables. Every mistake is told with its file, line and column.

mod csv;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use super::ServeError;
use super::row::Members;
use super::table::{self, Table};

/// All tables of a folder, those of its sub-folders as `folder/table`, sorted by path.
pub(super) fn folder(dir: &Path) -> Result<Vec<Table>, ServeError> {
    let mut tables = Vec::new();
    for path in entries(dir)? {
        if path.is_dir() {
            let database = format!("{}/", text_of(path.file_name(), &path)?);
            for file in entries(&path)?.iter().filter(|file| file.is_file()) {
                tables.extend(file_table(file, &database)?);
            }
        } else {
            tables.extend(file_table(&path, "")?);
        }
    }
    Ok(tables)
}

/// The byte in `text` that a line and column of `serde_json` mean; both count from 1, columns in bytes.
pub(super) fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column.saturating_sub(1)).min(text.len())
}

/// The message of a `serde_json` error without the place, which is told in front.
pub(super) fn message_of(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.rsplit_once(" at line ").map_or(message.clone(), |(start, _)| start.to_owned())
}

/// The visible entries of a folder, sorted by name.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, ServeError> {
    let fail = |source| ServeError::Folder { path: dir.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn file_table(path: &Path, database: &str) -> Result<Option<Table>, ServeError> {
    let parse: fn(&Source<'_>) -> Result<_, Mistake> = match path.extension().and_then(|e| e.to_str()) {
        Some("json") => json,
        Some("ndjson") => ndjson,
        Some("csv") => csv::parse,
        _ => return Ok(None),
    };
    let name = format!("{database}{}", text_of(path.file_stem(), path)?);
    let bytes = fs::read(path).map_err(|source| ServeError::File { path: path.to_owned(), source })?;
    let text = utf8(path, &bytes)?;
    let source = Source { text: text.strip_prefix('\u{feff}').unwrap_or(text) };
    let stored = parse(&source).map_err(|mistake| located(path, source.text, mistake))?;
    Ok(Some(Table::stored(&name, stored)))
}

fn text_of<'a>(name: Option<&'a std::ffi::OsStr>, path: &Path) -> Result<&'a str, ServeError> {
    name.and_then(|name| name.to_str())
        .ok_or_else(|| ServeError::Name(format!("the name of `{}` is not valid UTF-8", path.display())))
}

fn utf8<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, ServeError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let message = "the text is not valid UTF-8; save the file as UTF-8".to_owned();
        located(path, &valid, Mistake { offset: valid.len(), message })
    })
}

/// The text of one file, without byte order mark.
struct Source<'a> {
    text: &'a str,
}

/// What is wrong, and at which byte.
struct Mistake {
    offset: usize,
    message: String,
}

fn located(path: &Path, text: &str, mistake: Mistake) -> ServeError {
    let before = text.get(..mistake.offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    ServeError::Table {
        origin: path.display().to_string(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: mistake.message,
    }
}

fn json(source: &Source<'_>) -> Result<table::Stored, Mistake> {
    let text = source.text;
    if text.trim().is_empty() {
        return Err(Mistake { offset: 0, message: "the file is empty, expected an array of objects".into() });
    }
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| syntax(text, 0, &error))?;
    let list = if whole.get().starts_with('{') { only_array(text, whole.get())? } else { whole.get() };
    let start = place_in(text, list);
    if !list.starts_with('[') {
        return Err(Mistake { offset: start, message: "expected an array of objects".into() });
    }
    let rows: Vec<&RawValue> = serde_json::from_str(list).map_err(|error| syntax(list, start, &error))?;
    let mut stored = table::empty();
    for row in rows {
        add(&mut stored, row.get(), place_in(text, row.get()))?;
    }
    Ok(stored)
}

/// The one array among the members of an object.
fn only_array<'a>(text: &str, object: &'a str) -> Result<&'a str, Mistake> {
    let start = place_in(text, object);
    let members = Members::parse(object).map_err(|error| syntax(object, start, &error))?;
    let arrays: Vec<&str> =
        members.names().filter(|name| members.get(name).is_some_and(|v| v.get().starts_with('['))).collect();
    let message = match arrays.as_slice() {
        [only] => return Ok(members.get(only).map_or("", RawValue::get)),
        [] => "the object holds no array, expected an array of objects or an object with one array".into(),
        several => format!("the object holds several arrays (`{}`), expected one", several.join("`, `")),
    };
    Err(Mistake { offset: start, message })
}

fn ndjson(source: &Source<'_>) -> Result<table::Stored, Mistake> {
    let mut stored = table::empty();
    for line in source.text.lines().filter(|line| !line.trim().is_empty()) {
        let row = line.trim();
        add(&mut stored, row, place_in(source.text, row))?;
    }
    Ok(stored)
}

fn add(stored: &mut table::Stored, row: &str, offset: usize) -> Result<(), Mistake> {
    stored.load(row).map_err(|refused| Mistake { offset: offset + refused.offset, message: refused.message })
}

fn syntax(text: &str, start: usize, error: &serde_json::Error) -> Mistake {
    Mistake { offset: start + offset_of(text, error.line(), error.column()), message: message_of(error) }
}

/// Where a part that was borrowed from `text` stands in it.
fn place_in(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::row::Filter;
    use super::*;

    /// Writes one file into a folder of its own and loads that.
    fn load(name: &str, text: impl AsRef<[u8]>) -> Result<Vec<String>, String> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(name), text).unwrap();
        let tables = folder(dir.path())
            .map_err(|error| error.to_string().replace(&format!("{}/", dir.path().display()), ""))?;
        let mut rows = Vec::new();
        for table in tables {
            table.scan(0, usize::MAX, &Filter::default(), &mut |row| rows.push(row.text.to_owned()));
        }
        Ok(rows)
    }

    #[test]
    fn every_format_gives_compact_rows() {
        let two = [r#"{"id":1,"n":"a b"}"#, r#"{"id":2,"n":null}"#];
        for (name, text) in [
            ("t.json", "[ {\"id\": 1, \"n\": \"a b\"},\n {\"id\":2,\"n\":null} ]"),
            (
                "t.json",
                "\u{feff}{\"context\": {}, \"value\": [{\"id\":1,\"n\":\"a b\"},{\"id\":2,\"n\":null}]}",
            ),
            ("t.ndjson", "{\"id\":1,\"n\":\"a b\"}\r\n\n  {\"id\":2, \"n\":null}"),
            ("t.csv", "id,n\r\n1,a b\r\n2,\r\n"),
        ] {
            assert_eq!(load(name, text).unwrap(), two, "{name}: {text}");
        }
    }

    #[test]
    fn number_texts_survive() {
        let text = r#"[{"a":9007199254740993,"b":1e400,"c":-0,"d":1.10}]"#;
        assert_eq!(load("t.json", text).unwrap(), [&text[1..text.len() - 1]]);
    }

    #[test]
    fn mistakes_have_a_place() {
        for (name, text, expected) in [
            ("t.json", "[\n  {\"id\": 1},\n  {\"id\" 2}\n]", "t.json:3:9: expected `:`"),
            ("t.json", "  \n", "t.json:1:1: the file is empty, expected an array of objects"),
            ("t.json", "\n 7", "t.json:2:2: expected an array of objects"),
            ("t.json", "[{\"é\":1}, 5]", "t.json:1:11: invalid type: integer `5`, expected an object"),
            (
                "t.json",
                "{\"a\":1}",
                "t.json:1:1: the object holds no array, expected an array of objects or an object with one array",
            ),
            (
                "t.json",
                "{\"a\":[],\"b\":[]}",
                "t.json:1:1: the object holds several arrays (`a`, `b`), expected one",
            ),
            (
                "t.json",
                "[{\"id\":1},\n{\"id\":1}]",
                "t.json:2:1: a row with the id `1` stands above; ids must be unique",
            ),
            ("t.ndjson", "{\"id\":1}\n{\"id\":", "t.ndjson:2:6: EOF while parsing a value"),
            (
                "t.csv",
                "",
                "t.csv:1:1: the file has no header, expected the names of the columns in the first line",
            ),
            ("t.csv", "id,id\n1,2\n", "t.csv:1:4: the column `id` stands twice in the header"),
            ("t.csv", "id,\n1,2\n", "t.csv:1:4: column 2 has no name in the header"),
            ("t.csv", "id,n\n1,2\n3\n", "t.csv:3:1: the row has 1 cell, expected 2 as in the header"),
            (
                "t.csv",
                "id,n\n1,x\n1,y\n",
                "t.csv:3:1: a row with the id `1` stands above; ids must be unique",
            ),
        ] {
            assert_eq!(load(name, text).unwrap_err(), expected, "{text}");
        }
        let error = load("t.json", b"[\n\"\xc3\xa9\xff\"]").unwrap_err();
        assert_eq!(error, "t.json:2:3: the text is not valid UTF-8; save the file as UTF-8");
    }

    #[test]
    fn a_nested_bomb_is_only_text() {
        let text = format!("[{{\"id\":1,\"deep\":{}{}}}]", "[".repeat(50_000), "]".repeat(50_000));
        assert_eq!(load("t.json", &text).unwrap(), [&text[1..text.len() - 1]]);
    }

    #[test]
    fn folders_are_databases_and_the_rest_is_ignored() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("default")).unwrap();
        for name in ["b.json", "default/a.json", ".hidden.json"] {
            fs::write(dir.path().join(name), "[]").unwrap();
        }
        fs::write(dir.path().join("README.md"), "no table").unwrap();
        let names: Vec<String> =
            folder(dir.path()).unwrap().iter().map(|table| table.name().to_owned()).collect();
        assert_eq!(names, ["b", "default/a"]);
        let missing = folder(&dir.path().join("nowhere")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read the folder of tables"), "{missing}");
    }
}
