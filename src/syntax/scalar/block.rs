//! Block scalars: `|` keeps the lines, `>` folds them.
//!
//! How deep a block is indented can depend on what stands around it (`|2`), so it is not computed
//! here but seen from the decoded text.

use std::ops::Range;

use super::{Finder, line_break};

/// A line of the file: its text and its break, as offsets.
struct Line<'s> {
    text: &'s str,
    start: usize,
    ending: Range<usize>,
}

/// Walks a literal scalar whose header begins at `at`; its lines are those of the text.
pub(super) fn literal(finder: &mut Finder<'_>, source: &str, at: usize) -> Option<()> {
    let mut lines = lines_after_header(finder, source, at, '|')?;
    let text = finder.text;
    for (number, wanted) in text.split('\n').enumerate() {
        if number > 0 && wanted.is_empty() && finder.rest().is_empty() {
            return None;
        }
        let line = lines.next()?;
        let indent = line.text.strip_suffix(wanted)?;
        if !wanted.is_empty() {
            indent.bytes().all(|b| b == b' ').then_some(())?;
            finder.copy(wanted, line.start + indent.len())?;
        }
        finder.put('\n', line.ending)?;
    }
    None
}

/// Walks a folded scalar whose header begins at `at`.
pub(super) fn folded(finder: &mut Finder<'_>, source: &str, at: usize) -> Option<()> {
    let lines = lines_after_header(finder, source, at, '>')?;
    let content = finder.text.trim_start_matches('\n');
    let blank_lines = finder.text.len() - content.len();
    let mut depth = None;
    let mut breaks: Vec<Range<usize>> = Vec::new();
    for (number, line) in lines.enumerate() {
        // Blank lines before the text are not folded, so its first line is known by its number.
        let first = number == blank_lines && !content.is_empty();
        if first {
            depth = Some(spaces(line.text).checked_sub(spaces(content))?);
        }
        if let Some(depth) = depth.filter(|&depth| !is_blank(line.text, depth)) {
            join(finder, &breaks, first)?;
            finder.copy(line.text.get(depth..)?, line.start + depth)?;
            breaks.clear();
        }
        breaks.push(line.ending);
        if finder.rest().bytes().all(|b| b == b'\n') && (depth.is_some() || content.is_empty()) {
            break;
        }
    }
    let after = lines_from(source, breaks.last()?.end).map(|line| line.ending);
    for ending in breaks.into_iter().chain(after) {
        finder.put('\n', ending)?;
    }
    Some(())
}

/// Whether a line has nothing to give to a block of this indentation.
fn is_blank(line: &str, depth: usize) -> bool {
    line.len() <= depth && spaces(line) == line.len()
}

/// Takes what became of the line breaks before a line with text.
fn join(finder: &mut Finder<'_>, breaks: &[Range<usize>], first: bool) -> Option<()> {
    if let ([only], false) = (breaks, first)
        && finder.rest().starts_with(' ')
    {
        return finder.put(' ', only.clone());
    }
    let kept = finder.rest().bytes().take_while(|&b| b == b'\n').count();
    let dropped = breaks.len().checked_sub(kept)?;
    for ending in &breaks[dropped..] {
        finder.put('\n', ending.clone())?;
    }
    Some(())
}

fn lines_after_header<'s>(
    finder: &mut Finder<'_>,
    source: &'s str,
    at: usize,
    indicator: char,
) -> Option<impl Iterator<Item = Line<'s>> + use<'s>> {
    source.get(at..)?.strip_prefix(indicator)?;
    let header = lines_from(source, at).next()?;
    finder.begin(header.ending.start);
    Some(lines_from(source, header.ending.end))
}

fn lines_from(source: &str, mut at: usize) -> impl Iterator<Item = Line<'_>> {
    std::iter::from_fn(move || {
        let rest = source.get(at..).filter(|rest| !rest.is_empty())?;
        let length = rest.find(['\r', '\n']).unwrap_or(rest.len());
        let end = at + length;
        let line = Line { text: &rest[..length], start: at, ending: end..end + line_break(&rest[length..]) };
        at = line.ending.end;
        Some(line)
    })
}

fn spaces(text: &str) -> usize {
    text.bytes().take_while(|&b| b == b' ').count()
}
