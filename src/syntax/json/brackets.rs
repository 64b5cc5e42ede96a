//! Brackets that do not close, close the wrong thing, or are nested too deeply.

use super::Reader;
use crate::diag::Fix;
use crate::syntax::{Kind, Node, boundary, remarks};

impl Reader<'_> {
    /// A `:` behind an item. When the list is the value of a key, the item is the next key and the
    /// list was never closed: `true`, and reading goes on before that key.
    pub(super) fn leave_list(&mut self, start: usize, items: &mut Vec<Node>) -> bool {
        let place = self.at..self.at + 1;
        let in_map = self.open.iter().rev().nth(1) == Some(&b'{');
        if let Some(key) = items.pop_if(|item| in_map && item.as_str().is_some()) {
            let message = "the `[` that begins here is never closed";
            let diagnostic = self.error(start..start + 1, message);
            self.tell(diagnostic.label(key.span, "this key belongs to the map around the list"));
            let before = self.text[..key.span.range().start].trim_end();
            self.at = before.len() - usize::from(before.ends_with(','));
            return true;
        }
        self.tell(
            self.error(place, "`:` cannot stand in a list")
                .help("put `{` and `}` around a key with its value"),
        );
        self.damaged.push(self.span(self.at..self.at));
        self.at += 1;
        false
    }

    pub(super) fn trailing_comma(&mut self, comma: usize, close: u8) {
        let place = comma..comma + 1;
        let fix = Fix::safe("remove the `,`", self.span(place.clone()), "");
        let message = format!("JSON allows no `,` before the closing `{}`", char::from(close));
        self.tell(self.error(place, message).fix(fix));
    }

    /// A closing bracket, which may be the wrong one.
    pub(super) fn close(&mut self, start: usize, close: u8, found: u8) {
        if found == close {
            self.at += 1;
            return;
        }
        let opener = if found == b']' { b'[' } else { b'{' };
        if self.open.iter().rev().nth(1) == Some(&opener) {
            return self.unclosed_before(start);
        }
        let place = self.at..self.at + 1;
        let opener = &self.text[start..=start];
        let message = format!("`{}` cannot close what `{opener}` opened", char::from(found));
        let fix = Fix::risky("write the matching bracket", self.span(place.clone()), char::from(close));
        let beginning = self.span(start..start + 1);
        self.tell(self.error(place, message).label(beginning, "opened here").fix(fix));
        self.at += 1;
    }

    fn unclosed_before(&mut self, start: usize) {
        let message = format!("the `{}` that begins here is never closed", &self.text[start..=start]);
        let found = self.span(self.at..self.at + 1);
        self.tell(self.error(start..start + 1, message).label(found, "it should be closed before this"));
    }

    pub(super) fn unclosed(&mut self, start: usize) {
        self.damaged.push(self.span(self.at..self.at));
        if !std::mem::replace(&mut self.ended, true) {
            let open = &self.text[start..=start];
            let close = if open == "[" { "]" } else { "}" };
            let message = format!("the `{open}` that begins here is never closed");
            self.tell(self.error(start..start + 1, message).help(format!("add `{close}` at its end")));
        }
    }

    /// Skips a list or map that is nested too deeply.
    pub(super) fn too_deep(&mut self) -> Kind {
        let start = self.at;
        self.tell(remarks::too_deep(self.span(start..start + 1)));
        let mut depth = 0_usize;
        let mut in_text = false;
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' if in_text => self.at += 1,
                b'"' => in_text = !in_text,
                b'[' | b'{' if !in_text => depth += 1,
                b']' | b'}' if !in_text => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        self.at = boundary(self.text, self.at);
        self.ended |= depth > 0;
        self.damaged.push(self.span(start..self.at));
        Kind::Null
    }
}
