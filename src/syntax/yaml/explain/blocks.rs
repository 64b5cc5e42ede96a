//! Mistakes in the shape of the lines: indentation, `-`, missing `:`.

use super::values::is_bare;
use super::{Mistake, Repair, Scene, with_fix};
use crate::diag::{Edit, Fix, Safety};
use crate::syntax::remarks::shown;
use crate::syntax::yaml::lines::{self, Shape};

impl Scene<'_> {
    /// A line that fits neither the map nor the list that it stands in.
    pub(super) fn block(&self) -> Mistake {
        let line = lines::line_at(self.text, self.at);
        let own = lines::shape(self.text, line);
        let content = self.text[line.start + own.indent..line.end].trim_end();
        if (content.starts_with(':') || content.starts_with("? "))
            && let Some(owner) = lines::parent(self.text, line, own.indent).filter(|o| !o.value.is_empty())
        {
            let colon = lines::colons(self.text, line.start).next().unwrap_or(self.at);
            return Scene { at: colon, ..*self }.colon_in(&owner);
        }
        let above = lines::above(self.text, line).filter(|above| above.indent <= own.indent);
        if let Some(mistake) = above.and_then(|above| self.missing_space(&above)) {
            return mistake;
        }
        if let Some(word) =
            lines::parent(self.text, line, own.indent).filter(|p| is_bare(&self.keyed(p.clone())))
        {
            return self.keyless(&word);
        }
        if own.value.start < self.at && self.slice(&own.value).starts_with(['{', '[']) {
            return self.after_bracket(&own);
        }
        match (own.item, own.key.clone()) {
            (true, _) => self.stray_item(&own),
            (false, Some(key)) => self.misaligned(&own, &key),
            (false, None) => self.stray_text(&own),
        }
    }

    fn after_bracket(&self, own: &Shape) -> Mistake {
        let rest = lines::trimmed(self.text, self.at..own.line.end);
        let message = format!("{} stands behind the closing bracket", shown(self.slice(&rest)));
        let diagnostic =
            self.error(rest, message).help("put the whole value in quotes if it is meant as text");
        self.value(own, with_fix(diagnostic, self.quote(own)))
    }

    fn stray_item(&self, own: &Shape) -> Mistake {
        let dash = own.line.start + own.indent;
        let above = lines::above(self.text, own.line).filter(|above| above.item);
        let above =
            above.or_else(|| lines::parent(self.text, own.line, own.indent).filter(|above| above.item));
        let diagnostic = match above {
            Some(above) => self
                .error(dash..dash + 1, "this `-` is not below the `-` of the list that it should belong to")
                .label(self.span(above.line.start + above.indent..above.line.start + above.indent + 1), "the item above")
                .help(format!("give it the same indentation: {}", spaces(above.indent))),
            None => self
                .error(dash..dash + 1, "a list item cannot stand among the keys of a map")
                .help("indent the `-` below the key that the list belongs to, and let nothing stand behind that key's `:`"),
        };
        self.run(own, diagnostic)
    }

    fn misaligned(&self, own: &Shape, key: &std::ops::Range<usize>) -> Mistake {
        if own.indent == 0 {
            let message = format!("{} cannot stand beside the items of a list", shown(self.slice(key)));
            let help = "a file is either one list or one map; indent the list below a key";
            return self.whole(own, self.error(key.clone(), message).help(help));
        }
        let message = format!("the indentation of {} fits no line above", shown(self.slice(key)));
        let diagnostic = self.error(own.line.start..own.line.start + own.indent, message);
        let diagnostic = match self.neighbours(own).as_slice() {
            [] => diagnostic.help("give it the indentation of the key that it belongs beside"),
            near => {
                let near: Vec<String> =
                    near.iter().map(|s| format!("{} to stand beside {}", spaces(s.0), s.1)).collect();
                diagnostic.help(format!("indent it by {}", near.join(", or by ")))
            }
        };
        self.run(own, diagnostic)
    }

    /// The columns that keys above have, next deeper and next less deep.
    fn neighbours(&self, own: &Shape) -> Vec<(usize, String)> {
        let mut found: Vec<(usize, String)> = Vec::new();
        let mut line = own.line;
        while let Some(above) = lines::above(self.text, line) {
            line = above.line;
            let nearer = found.last().is_none_or(|(column, _)| above.column < *column);
            if let Some(key) = above.key.as_ref().filter(|_| nearer) {
                found.push((above.column, shown(self.slice(key))));
            }
            if above.column < own.column {
                break;
            }
        }
        let split = found.iter().filter(|(column, _)| *column > own.column).count();
        found.drain(..split.saturating_sub(1));
        found.truncate(2);
        found
    }

    fn stray_text(&self, own: &Shape) -> Mistake {
        let text = shown(self.slice(&own.value));
        let diagnostic = self
            .error(own.value.clone(), format!("{text} is neither `key: value` nor part of the value above"))
            .help("indent it below the value that it belongs to, or write it as `key: value`");
        self.whole(own, diagnostic)
    }

    /// A line above that should have been `key: value`.
    pub(super) fn keyless(&self, line: &Shape) -> Mistake {
        Scene { at: line.value.start, ..*self }.no_colon()
    }

    pub(super) fn no_colon(&self) -> Mistake {
        let own = lines::shape(self.text, lines::line_at(self.text, self.at));
        if let Some(mistake) = self.missing_space(&own) {
            return mistake;
        }
        let text = self.slice(&own.value);
        let word = word_end(text);
        let range = if own.key.is_some() { self.one(self.at) } else { own.value.clone() };
        let end = own.value.end;
        let fix = (own.key.is_none() && word == text.len() && word > 0)
            .then(|| Fix::risky("add the `:`", self.span(end..end), ":"));
        let message = format!("{} is not written as `key: value`", shown(text));
        let diagnostic = self
            .error(range, message)
            .help("add the missing `:`, or indent the line below the value that it belongs to");
        self.whole(&own, with_fix(diagnostic, fix))
    }

    /// A line like `key:value`.
    pub(super) fn missing_space(&self, line: &Shape) -> Option<Mistake> {
        let text = self.slice(&line.value);
        let word = word_end(text);
        if line.key.is_some()
            || word == 0
            || !text[word..].starts_with(':')
            || text[word..].starts_with("://")
        {
            return None;
        }
        let after = line.value.start + word + 1;
        let message = format!("a space is missing after `{}:`", &text[..word]);
        let diagnostic = self
            .error(line.value.start..after, message)
            .help("write `key: value`, with a space")
            .fix(Fix::safe("add the space", self.span(after..after), " "));
        Some(self.whole(line, diagnostic))
    }

    /// A line that is indented less than the first one.
    ///
    /// Which of the two is wrong is not known; the part with less text is left out.
    pub(super) fn beside_root(&self) -> Mistake {
        let here = lines::shape(self.text, lines::line_at(self.text, self.at));
        let mut first = lines::line_at(self.text, 0);
        while matches!(self.text[first.start..first.end].trim_start().bytes().next(), None | Some(b'#'))
            && let Some(next) = lines::next(self.text, first)
        {
            first = next;
        }
        let first = lines::shape(self.text, first);
        if is_bare(&first) && first.line.start < here.line.start {
            return self.keyless(&first);
        }
        let message = if first.indent > here.indent {
            "the first line is indented, but lines that should stand beside it are not"
        } else {
            "this line belongs to nothing that stands before it"
        };
        let (start, end) = (first.line.start, here.line.start);
        let place = if first.indent > here.indent { start..start + first.indent } else { here.value.clone() };
        let diagnostic = self
            .error(place, message)
            .label(self.span(lines::trimmed(self.text, end..here.line.end)), "this line stands at the margin")
            .help("give all keys of the file the same indentation");
        let region = if start < end && end < self.text.len() / 2 { start..end } else { end..self.text.len() };
        Mistake { diagnostic, repair: Repair::Blank(region) }
    }

    /// A `-` behind a key, or within brackets.
    pub(super) fn dash(&self) -> Mistake {
        let entry = self.entry();
        let diagnostic = self
            .error(self.one(self.at), "a list cannot begin behind the `:` of its key")
            .help("begin it on the next line; put the value in quotes if the `-` belongs to a text");
        self.value(&entry, with_fix(diagnostic, self.quote(&entry)))
    }

    pub(super) fn directive(&self) -> Mistake {
        let line = lines::line_at(self.text, self.at);
        let own = lines::shape(self.text, line);
        let diagnostic =
            self.error(line.start..line.end, "a line cannot begin with `%`").help("put the text in quotes");
        self.whole(&own, diagnostic)
    }

    /// Tabs where blanks belong.
    pub(super) fn tabs(&self) -> Mistake {
        let tabs = self.leading_tabs();
        let Some(first) = tabs.first().cloned() else {
            let diagnostic =
                self.error(self.one(self.at), "a tab cannot stand here").help("use a space in its place");
            return self.value(&self.entry(), diagnostic);
        };
        let more = match tabs.len() - 1 {
            0 => String::new(),
            1 => ", here and on another line".into(),
            more => format!(", here and on {more} other lines"),
        };
        let edits =
            tabs.iter().map(|range| Edit { span: self.span(range.clone()), text: "  ".repeat(range.len()) });
        let fix = Fix {
            title: "replace each tab by two spaces".into(),
            safety: Safety::Unsafe,
            edits: edits.collect(),
        };
        let diagnostic = self
            .error(first, format!("tabs cannot indent a line in YAML{more}"))
            .help("use spaces, two for each level")
            .fix(fix);
        Mistake { diagnostic, repair: Repair::Spaces(tabs) }
    }

    /// The tabs that lines begin with, from the line of the mistake on.
    fn leading_tabs(&self) -> Vec<std::ops::Range<usize>> {
        let first = lines::line_at(self.text, self.at);
        let lines = std::iter::successors(Some(first), |&line| lines::next(self.text, line));
        let mut found = Vec::new();
        for line in lines {
            let text = line.text(self.text);
            let blanks = text.len() - text.trim_start_matches([' ', '\t']).len();
            let lead =
                text[..blanks].find('\t').filter(|&at| blanks < text.len() && (at == 0 || found.is_empty()));
            if let Some(at) = lead {
                let run = text[at..blanks].bytes().take_while(|&b| b == b'\t').count();
                found.push(line.start + at..line.start + at + run);
            }
        }
        found
    }
}

fn spaces(count: usize) -> String {
    match count {
        0 => "no spaces".into(),
        1 => "1 space".into(),
        _ => format!("{count} spaces"),
    }
}

/// The end of the word that a text begins with.
fn word_end(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(text.len())
}
