//! Comments that silence nothing, or name a rule that finds nothing there.

use super::{InFile, Request, lines_of};
use crate::diag::{Diagnostic, Files, Fix, Group, RuleInfo, Severity, SourceFile, Span};
use crate::lint::select::{Selection, is_known, stands_for};

pub(in crate::lint) static INFO: RuleInfo = RuleInfo {
    id: "unused-ignore",
    group: Group::Settings,
    severity: Severity::Warning,
    summary: "a comment asks for silence about something that is not there",
    docs: PAGE,
};

const PAGE: &str = "\
Finds comments such as `# syncscope: ignore[…]` and `# syncscope: ignore-file[…]` with a rule that finds
nothing at that place. Rules that are turned off are not looked at, nor are files that cannot be read.

What was mended needs no excuse any more. A comment that stays behind will one day silence a new mistake
on the same line, and nobody will hear of it.

```yaml wrong
# jigs/home.jigx
title: Home # syncscope: ignore[unknown-jig] -- comes with the next release
type: jig.default
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
```

The fix takes the rule out of the comment, and the whole comment with its reason when no rule is left.
";

/// Adds the comments of a file that were not needed.
pub(super) fn tell(
    in_file: &InFile<'_>,
    selection: &Selection<'_>,
    files: &Files,
    found: &mut Vec<Diagnostic>,
) {
    let file = files.get(in_file.source.file);
    if !in_file.source.tree.damaged.is_empty() {
        return;
    }
    for request in &in_file.requests {
        let idle = idle(request, in_file, selection);
        let Some(mut finding) = finding(request, &idle, file) else { continue };
        if selection.admits(&mut finding) && !in_file.excuses(&finding, file) {
            found.push(finding);
        }
    }
}

/// The positions of the names that stand for rules which were looked for and found nothing.
fn idle(request: &Request<'_>, in_file: &InFile<'_>, selection: &Selection<'_>) -> Vec<usize> {
    let looked_for = |name: &str| {
        let mut rules = crate::lint::rules().iter().filter(|rule| stands_for(name, rule.id));
        name != INFO.id
            && is_known(name)
            && rules.all(|rule| selection.is_on_in(rule.id, in_file.source.file))
    };
    let names = request.asked.rules.iter().enumerate();
    names.filter(|(n, (name, _))| !request.used.contains(n) && looked_for(name)).map(|(n, _)| n).collect()
}

fn finding(request: &Request<'_>, idle: &[usize], file: &SourceFile) -> Option<Diagnostic> {
    let (&first, rules) = (idle.first()?, &request.asked.rules);
    let names: Vec<String> = idle.iter().map(|&n| format!("`{}`", rules[n].0)).collect();
    let place = if request.asked.whole_file { "in this file" } else { "here" };
    let find = if names.len() == 1 { "finds" } else { "find" };
    let message = format!("{} {find} nothing {place}, so there is nothing to silence", names.join(", "));
    let all = idle.len() == rules.len();
    let span = if all { request.comment.span } else { rules[first].1 };
    let fix = if all {
        Fix::safe("remove the comment", whole(request, file), "")
    } else {
        let kept = (0..rules.len()).filter(|n| !idle.contains(n)).map(|n| rules[n].0);
        let kept = kept.collect::<Vec<_>>().join(", ");
        Fix::safe(format!("remove {}", names.join(", ")), request.asked.list, kept)
    };
    Some(Diagnostic::warning(INFO.id, span, message).help("remove it").fix(fix))
}

/// The bytes of a comment with the blanks before it, or with its line when nothing else stands there.
fn whole(request: &Request<'_>, file: &SourceFile) -> Span {
    let Span { file: id, start, end } = request.comment.span;
    let (start, end) = (start as usize, end as usize);
    let (before, after) = (&file.text()[..start], &file.text()[end..]);
    let start = before.trim_end_matches([' ', '\t']).len();
    if request.comment.trailing {
        return Span::new(id, start, end);
    }
    let line_break = ["\r\n", "\n"].into_iter().find(|line_break| after.starts_with(line_break));
    Span::new(id, start, end + line_break.map_or(0, str::len))
}

impl InFile<'_> {
    /// Whether a comment asks for silence about unused comments, by the rule's own name: a comment that
    /// silences `all` and finds nothing must not silence its own finding.
    fn excuses(&self, finding: &Diagnostic, file: &SourceFile) -> bool {
        let lines = lines_of(finding, self.source, file);
        let near = lines.iter().filter_map(|line| self.lines.get(line)).flatten();
        near.chain(&self.whole).any(|&n| self.requests[n].asked.rules.iter().any(|(id, _)| *id == INFO.id))
    }
}
