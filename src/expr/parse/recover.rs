//! Going on behind a token that fits nowhere.

use super::super::ast::Bytes;
use super::super::lex::{Expect, Lexeme};
use super::operand::describe;
use super::{Parser, binding_power};

impl Parser<'_> {
    /// Reports and passes over everything up to one of `stops`, the end, or a bracket that
    /// closes something further out. Afterwards an operator or a stop may follow.
    pub(super) fn settle(&mut self, stops: &[Lexeme]) {
        let mut juxtaposed = false;
        let mut else_awaited = false;
        let mut closed = false;
        while self.token.kind != Lexeme::End && !stops.contains(&self.token.kind) {
            if let Lexeme::Close(_) = self.token.kind {
                if self.closes_further_out() {
                    return;
                }
                if self.report_stray_close(stops) {
                    return;
                }
                self.advance(Expect::Operator);
                closed = true;
                continue;
            }
            let is_operand = self.begins_operand();
            let is_known = (is_operand && juxtaposed)
                || (self.token.kind == Lexeme::Colon && else_awaited)
                || (closed && binding_power(&self.token.kind) > 0);
            if !is_known {
                self.report_leftover();
                else_awaited |= is_operand && self.else_follows(self.token.bytes);
            }
            juxtaposed |= is_operand;
            self.skip_leftover(is_operand);
        }
    }

    fn closes_further_out(&self) -> bool {
        let outer = self.opened.split_last().map_or(&[][..], |(_, outer)| outer);
        outer.iter().any(|opened| self.token.kind == Lexeme::Close(opened.bracket))
    }

    /// Reports a bracket that closes nothing; true when it now stands for the expected one.
    fn report_stray_close(&mut self, stops: &[Lexeme]) -> bool {
        let sign = describe(&self.token.kind);
        let expected = stops
            .iter()
            .find_map(|stop| if let Lexeme::Close(bracket) = stop { Some(*bracket) } else { None });
        let rest = &self.lexer.text()[self.token.bytes.end as usize..];
        let Some(expected) = expected.filter(|bracket| !rest.contains(bracket.close())) else {
            let help = "remove it or add its partner before".to_owned();
            self.report(self.token.bytes, format!("{sign} closes nothing"), Some(help));
            return false;
        };
        let message = format!("{sign} does not close `{}`", expected.open());
        self.report(self.token.bytes, message, Some(format!("write `{}`", expected.close())));
        self.token.kind = Lexeme::Close(expected);
        true
    }

    pub(super) fn begins_operand(&self) -> bool {
        matches!(
            self.token.kind,
            Lexeme::Ctx
                | Lexeme::Name(_)
                | Lexeme::Variable(_)
                | Lexeme::Text(_)
                | Lexeme::Number(_)
                | Lexeme::True
                | Lexeme::False
                | Lexeme::Null
                | Lexeme::Regex { .. }
        )
    }

    /// Reads on behind the leftover so that mistakes there are found too.
    fn skip_leftover(&mut self, is_operand: bool) {
        if !is_operand {
            self.advance(Expect::Operand);
        }
        let ends = matches!(
            self.token.kind,
            Lexeme::End | Lexeme::Close(_) | Lexeme::Comma | Lexeme::Semicolon | Lexeme::Colon | Lexeme::Pipe
        );
        if !ends {
            self.expression(0);
        }
    }

    fn report_leftover(&mut self) {
        let bytes = self.token.bytes;
        let sign = describe(&self.token.kind);
        let (message, help): (String, String) = match &self.token.kind {
            Lexeme::Broken => return,
            Lexeme::Colon => (
                "`:` without a `?` before it".into(),
                "a choice is written `condition ? value : otherwise`".into(),
            ),
            Lexeme::Comma => {
                ("`,` separates nothing here".into(), "remove it, or put a list into `[ ]`".into())
            }
            Lexeme::Semicolon => {
                ("`;` separates steps only inside `( )`".into(), "put the steps into parentheses".into())
            }
            Lexeme::Range => (
                "`..` makes a range only inside `[ ]`".into(),
                "write one dot for a path, `[1..9]` for a range".into(),
            ),
            Lexeme::Descendants => {
                ("`**` is no operator".into(), "for powers write `$power(base, exponent)`".into())
            }
            Lexeme::Stray => {
                (format!("{sign} is no operator"), "write `!=` for unequal, `$not(…)` for not".into())
            }
            _ => self.missing_operator(bytes),
        };
        self.report(bytes, message, Some(help));
    }

    fn missing_operator(&self, bytes: Bytes) -> (String, String) {
        let before = describe(&self.previous.kind);
        let sign = describe(&self.token.kind);
        let help = match (&self.previous.kind, &self.token.kind) {
            (Lexeme::Name(word), _) if matches!(&**word, "not" | "exists" | "boolean") => {
                format!("write `${word}(…)`")
            }
            _ if self.else_follows(bytes) => format!("put `?` before {sign}"),
            (_, Lexeme::Text(_)) | (Lexeme::Text(_), _) => {
                "write `&` between texts that belong together".into()
            }
            _ => "put an operator between them, such as `&`, `+` or `,`".into(),
        };
        (format!("an operator is missing between {before} and {sign}"), help)
    }

    /// Whether a `:` comes later, as in `a = 0 true : false`.
    fn else_follows(&self, bytes: Bytes) -> bool {
        let rest = &self.lexer.text()[bytes.end as usize..];
        let end = rest.find([')', ']', '}', '?', ';']).unwrap_or(rest.len());
        rest[..end].contains(':')
    }
}
