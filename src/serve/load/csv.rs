//! CSV with a header: the type of a column is the one that all of its cells have.

use std::fmt::Write as _;

use csv::{ReaderBuilder, StringRecord};

use super::super::row::quoted;
use super::super::table::{self, Stored};
use super::{Mistake, Source};

pub(super) fn parse(source: &Source<'_>) -> Result<Stored, Mistake> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(source.text.as_bytes());
    let header = reader.headers().map_err(|error| broken(&error))?.clone();
    check_header(source.text, &header)?;
    let mut records: Vec<(usize, StringRecord)> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| broken(&error))?;
        let offset = record_start(source.text, &record);
        check_width(&record, header.len(), offset)?;
        records.push((offset, record));
    }
    let kinds: Vec<Kind> = (0..header.len()).map(|column| kind_of(&records, column)).collect();
    let names: Vec<String> = header.iter().map(quoted).collect();
    let mut stored = table::empty();
    stored.add_columns(header.iter().map(str::to_owned));
    for (offset, record) in &records {
        super::add(&mut stored, &object(&names, &kinds, record), *offset)
            .map_err(|mistake| Mistake { offset: *offset, ..mistake })?;
    }
    Ok(stored)
}

/// What all cells of a column are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Boolean,
    Text,
}

fn check_header(text: &str, header: &StringRecord) -> Result<(), Mistake> {
    if header.is_empty() || header.iter().all(str::is_empty) {
        let message = "the file has no header, expected the names of the columns in the first line";
        return Err(Mistake { offset: 0, message: message.into() });
    }
    let mut offset = 0;
    for (index, name) in header.iter().enumerate() {
        if name.is_empty() {
            return Err(Mistake {
                offset,
                message: format!("column {} has no name in the header", index + 1),
            });
        }
        if header.iter().take(index).any(|before| before == name) {
            return Err(Mistake {
                offset,
                message: format!("the column `{name}` stands twice in the header"),
            });
        }
        // Right for names without quotes; a quoted one is at least on the right line.
        offset = (offset + name.len() + 1).min(text.len());
    }
    Ok(())
}

fn check_width(record: &StringRecord, expected: usize, offset: usize) -> Result<(), Mistake> {
    let cells = record.len();
    if cells == expected {
        return Ok(());
    }
    let noun = if cells == 1 { "cell" } else { "cells" };
    let message = format!("the row has {cells} {noun}, expected {expected} as in the header");
    Err(Mistake { offset, message })
}

/// The byte at which a record begins; the reader counts blank lines before it as part of it.
fn record_start(text: &str, record: &StringRecord) -> usize {
    let start = record.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0)).min(text.len());
    let blank = text[start..].bytes().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    start + blank
}

fn kind_of(records: &[(usize, StringRecord)], column: usize) -> Kind {
    let filled = || records.iter().filter_map(|(_, r)| r.get(column)).filter(|cell| !cell.is_empty());
    if filled().next().is_none() {
        Kind::Text
    } else if filled().all(is_number) {
        Kind::Number
    } else if filled().all(|cell| matches!(cell, "true" | "false")) {
        Kind::Boolean
    } else {
        Kind::Text
    }
}

/// Exactly what JSON calls a number, so that `007` and `+49` stay texts.
fn is_number(cell: &str) -> bool {
    let starts_well = cell.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    starts_well && serde_json::from_str::<serde::de::IgnoredAny>(cell).is_ok() && cell.trim() == cell
}

fn object(names: &[String], kinds: &[Kind], record: &StringRecord) -> String {
    let mut out = String::from("{");
    for ((name, kind), cell) in names.iter().zip(kinds).zip(record) {
        let comma = if out.len() > 1 { "," } else { "" };
        let value = match kind {
            _ if cell.is_empty() => "null".to_owned(),
            Kind::Number | Kind::Boolean => cell.to_owned(),
            Kind::Text => quoted(cell),
        };
        // Writing to a String cannot fail.
        let _ = write!(out, "{comma}{name}:{value}");
    }
    out.push('}');
    out
}

fn broken(error: &csv::Error) -> Mistake {
    let offset = error.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0));
    Mistake { offset, message: error.to_string() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::super::row::Filter;
    use super::super::super::table::Table;
    use super::*;

    fn rows(text: &str) -> Vec<String> {
        let Ok(stored) = parse(&Source { text }) else { panic!("no table: {text}") };
        let mut rows = Vec::new();
        Table::stored("t", stored)
            .scan(0, usize::MAX, &Filter::default(), &mut |row| rows.push(row.text.to_owned()));
        rows
    }

    #[test]
    fn columns_have_one_type() {
        let text = "id,zip,price,open,mixed,none\nA1,01067,9007199254740993,true,1,\nA2,8001,1.50,,x,\n";
        assert_eq!(
            rows(text),
            [
                r#"{"id":"A1","zip":"01067","price":9007199254740993,"open":true,"mixed":"1","none":null}"#,
                r#"{"id":"A2","zip":"8001","price":1.50,"open":null,"mixed":"x","none":null}"#,
            ]
        );
    }

    #[test]
    fn quotes_and_line_breaks_belong_to_cells() {
        assert_eq!(rows("id,n\n1,\"a,\"\"b\"\"\nc\"\n"), [r#"{"id":1,"n":"a,\"b\"\nc"}"#]);
    }
}
