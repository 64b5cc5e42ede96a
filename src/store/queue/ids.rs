//! Temporary ids: what they look like, and what became of them (actions.md §5.3).

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::store::entity::{self, LocalRow, Table};
use crate::store::rows::Touched;
use crate::store::session::{Guarded, Trouble};

const BEGIN: &str = "_tmp_";

/// The id of a record until the back end gives it one.
#[must_use]
pub fn temp_id(command: &str) -> String {
    format!("{BEGIN}{command}_")
}

/// Whether an id is a temporary one.
#[must_use]
pub fn is_temp_id(id: &str) -> bool {
    in_text(id).next() == Some(id)
}

/// The id with every temporary id in it whose record has a real one by now replaced by that.
pub(super) fn known<'t>(guarded: &Guarded, id: &'t str) -> Result<Cow<'t, str>, Trouble> {
    replaced(guarded, id, str::to_owned)
}

/// The same for JSON.
pub(super) fn known_json<'t>(guarded: &Guarded, json: &'t str) -> Result<Cow<'t, str>, Trouble> {
    replaced(guarded, json, inside_text)
}

fn replaced<'t>(
    guarded: &Guarded,
    text: &'t str,
    written: impl Fn(&str) -> String,
) -> Result<Cow<'t, str>, Trouble> {
    let mut known = Cow::Borrowed(text);
    for temp in in_text(text) {
        let real: Option<String> =
            guarded.first("SELECT id FROM _tempId WHERE tempId = ?1", [temp], |row| row.get(0))?;
        if let Some(real) = real {
            known = Cow::Owned(known.replace(temp, &written(&real)));
        }
    }
    Ok(known)
}

/// The same for a row; nothing when it stays as it is.
pub(super) fn known_row(
    guarded: &Guarded,
    row: &LocalRow<'_>,
) -> Result<Option<(String, Map<String, Value>)>, Trouble> {
    let data = entity::text_of(row);
    let (id, known_data) = (known(guarded, row.id)?, known_json(guarded, &data)?);
    if id == row.id && known_data == data {
        return Ok(None);
    }
    let data = serde_json::from_str(&known_data).unwrap_or_else(|_| row.data.clone());
    Ok(Some((id.into_owned(), data)))
}

/// The commands that give the temporary ids in a text.
pub(super) fn givers(text: &str) -> impl Iterator<Item = &str> {
    in_text(text).map(|temp| &temp[BEGIN.len()..temp.len() - 1])
}

/// A record gets its real id: in its row, in all queued commands, and for whoever comes later.
pub(super) fn settle(
    guarded: &Guarded,
    table: &Table,
    temp: &str,
    real: &str,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    let sql =
        format!("UPDATE OR REPLACE {} SET id = ?2, data = replace(data, ?3, ?4) WHERE id = ?1", table.quoted);
    guarded.run(&sql, (temp, real, inside_text(temp), inside_text(real)))?;
    replace_in_queue(guarded, temp, real, touched)
}

/// Replaces a text in the commands of the queue. A temporary id is remembered.
pub(in crate::store) fn replace_in_queue(
    guarded: &Guarded,
    find: &str,
    replace: &str,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    let changed: Vec<String> = guarded.all(
        "UPDATE _commandQueue SET payload = replace(payload, ?3, ?4), recordId = replace(recordId, ?1, ?2)
         WHERE instr(payload, ?3) > 0 OR instr(recordId, ?1) > 0 RETURNING id",
        (find, replace, inside_text(find), inside_text(replace)),
        |row| row.get(0),
    )?;
    touched.commands.extend(changed);
    if is_temp_id(find) {
        guarded.run(
            "INSERT INTO _tempId (tempId, id) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET id = excluded.id",
            (find, replace),
        )?;
    }
    Ok(())
}

/// A text as it stands inside JSON.
fn inside_text(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The temporary ids in a text, in order.
fn in_text(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(BEGIN)?;
            let tail = &rest[start + BEGIN.len()..];
            let length =
                tail.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-').count();
            if length > 0 && tail.as_bytes().get(length) == Some(&b'_') {
                let whole = &rest[start..=start + BEGIN.len() + length];
                rest = &tail[length + 1..];
                return Some(whole);
            }
            rest = tail;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_ids_are_found_wherever_they_stand() {
        let text = r#"{"id":"_tmp_a-1_","x":"_tmp__tmp_b_ _tmp_c","y":"(_tmp_ü_) _tmp_d_e_tmp_f_"}"#;
        assert_eq!(in_text(text).collect::<Vec<_>>(), ["_tmp_a-1_", "_tmp_b_", "_tmp_d_", "_tmp_f_"]);
        assert_eq!(givers(text).collect::<Vec<_>>(), ["a-1", "b", "d", "f"]);
        assert_eq!(in_text(&temp_id("x")).next(), Some("_tmp_x_"));
    }
}
