//! The part of a file that is shown.

use std::ops::Range;

use crate::diag::SourceFile;

/// A longer line is shown in part.
const LONGEST_LINE: usize = 120;
/// How much of a long line is shown before the first mark.
const BEFORE_MARK: usize = 30;
/// A mark over more lines is shown on its first line only.
const MOST_LINES: usize = 6;
/// Marks that are further apart are shown apart.
const FARTHEST: usize = 40;

/// A marked range of the file, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark<'a> {
    pub range: Range<usize>,
    pub label: Option<&'a str>,
    pub primary: bool,
}

/// Some lines of a file, with marks in bytes of this text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt<'a> {
    /// The place that the excerpt is about.
    pub line: usize,
    pub column: usize,
    pub text: String,
    pub first_line: usize,
    pub marks: Vec<Mark<'a>>,
}

/// A mark and the lines that it covers, from 1.
struct Lined<'a> {
    mark: Mark<'a>,
    first: usize,
    last: usize,
}

/// The excerpts that show all `marks`; the first is that of the first mark.
pub(super) fn excerpts<'a>(file: &SourceFile, marks: &[Mark<'a>]) -> Vec<Excerpt<'a>> {
    let Some(leading) = marks.first().map(|mark| lined(file, mark).first) else { return Vec::new() };
    let mut lined: Vec<_> = marks.iter().map(|mark| lined(file, mark)).collect();
    lined.sort_by_key(|mark| (mark.first, mark.mark.range.start));
    let mut clusters: Vec<Vec<Lined<'a>>> = Vec::new();
    for mark in lined {
        match clusters.last_mut() {
            Some(cluster) if cluster.iter().any(|near| mark.first <= near.last + FARTHEST) => {
                cluster.push(mark);
            }
            _ => clusters.push(vec![mark]),
        }
    }
    clusters.sort_by_key(|cluster| !cluster.iter().any(|mark| mark.first == leading));
    clusters.into_iter().map(|cluster| excerpt(file, cluster)).collect()
}

fn lined<'a>(file: &SourceFile, mark: &Mark<'a>) -> Lined<'a> {
    let text = file.text();
    let start = floor(text, mark.range.start);
    let mut end = floor(text, mark.range.end).max(start);
    // A line break at the end would draw the mark into the next line.
    end = start + text[start..end].trim_end_matches(['\n', '\r']).len();
    let first = line_of(file, start);
    let mut last = line_of(file, end);
    if last - first >= MOST_LINES {
        (last, end) = (first, line_range(text, start).end);
    }
    Lined { mark: Mark { range: start..end.max(start), ..mark.clone() }, first, last }
}

fn excerpt<'a>(file: &SourceFile, cluster: Vec<Lined<'a>>) -> Excerpt<'a> {
    let text = file.text();
    let (first, last) = cluster
        .iter()
        .fold((usize::MAX, 0), |(first, last), mark| (first.min(mark.first), last.max(mark.last)));
    let place = cluster.iter().find(|mark| mark.mark.primary).unwrap_or(&cluster[0]).mark.range.start;
    let position = file.position(u32::try_from(place).unwrap_or(u32::MAX));
    let begin = cluster.iter().map(|mark| mark.mark.range.start).min().unwrap_or_default();
    let mut marks: Vec<Mark<'a>> = cluster.into_iter().map(|mark| mark.mark).collect();
    let ranges: Vec<_> = marks.iter().map(|mark| mark.range.clone()).collect();
    // A long line shows the place that the finding is about, or else its first mark.
    let mut centers: Vec<usize> = ranges.iter().map(|range| range.start).collect();
    centers.sort_unstable_by_key(|&start| (start != place, start));
    let mut shown = String::new();
    let mut at = line_range(text, begin).start;
    for number in first..=last {
        let line = line_range(text, at);
        let window = window(text, &line, &centers);
        let front = if window.start > line.start { "…" } else { "" };
        let next = text[line.end..].find('\n').map_or(text.len() + 1, |at| line.end + at + 1);
        for (mark, range) in marks.iter_mut().zip(&ranges) {
            place_in(&(at..next), &window, shown.len() + front.len(), range, &mut mark.range);
        }
        shown.push_str(front);
        shown.push_str(&text[window.clone()]);
        if window.end < line.end {
            shown.push('…');
        }
        if number < last {
            shown.push('\n');
        }
        at = next.min(text.len());
    }
    Excerpt { line: position.line, column: position.column, text: shown, first_line: first, marks }
}

/// Moves the ends of a mark that lie on this line to where they are shown.
fn place_in(
    line: &Range<usize>,
    window: &Range<usize>,
    shown: usize,
    range: &Range<usize>,
    placed: &mut Range<usize>,
) {
    let moved = |offset: usize| shown + offset.clamp(window.start, window.end) - window.start;
    if line.contains(&range.start) {
        placed.start = moved(range.start);
    }
    if line.contains(&range.end) {
        placed.end = moved(range.end);
    }
}

/// The part of a line that is shown: all of it, or what surrounds the first of `centers` on it.
fn window(text: &str, line: &Range<usize>, centers: &[usize]) -> Range<usize> {
    let bom = if text[line.clone()].starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let line = line.start + bom..line.end;
    let surely_long = line.len() > 4 * LONGEST_LINE;
    if !surely_long && text[line.clone()].chars().count() <= LONGEST_LINE {
        return line;
    }
    let mark = centers.iter().copied().find(|at| (line.start..=line.end).contains(at)).unwrap_or(line.start);
    let start = text[line.start..mark].char_indices().rev().take(BEFORE_MARK).last();
    let start = start.map_or(mark, |(at, _)| line.start + at);
    let end = text[start..line.end].char_indices().nth(LONGEST_LINE).map_or(line.end, |(at, _)| start + at);
    start..end
}

/// The bytes of the line that `offset` stands on, without its break.
fn line_range(text: &str, offset: usize) -> Range<usize> {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    let trimmed = text[start..end].trim_end_matches('\r');
    start..(start + trimmed.len()).max(offset.min(end))
}

fn line_of(file: &SourceFile, offset: usize) -> usize {
    file.position(u32::try_from(offset).unwrap_or(u32::MAX)).line
}

/// The nearest character boundary that is not behind `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}
