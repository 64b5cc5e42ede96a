//! A word of an option that an expression takes for a field.

use std::ops::Range;

use crate::diag::{Diagnostic, Edit, Fix, Group, RuleInfo, Safety, Severity};
use crate::expr::{ExprKind, ExprNode, Expression, is_expression};
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::{Node, Scalar, Style};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unquoted-word",
        group: Group::Data,
        severity: Severity::Error,
        summary: "a word in an expression for an option is read as the name of a field",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds expressions for options that take one of a few words, such as `queueOperation` and `presentAs`, that
give such a word without quotes: `=$isTempId(x) ? replace : add`.

A bare word is the name of a field. There is no such field, so the option has no value.

```yaml wrong
# jigs/task.jigx
title: Task
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: tasks
    method: save
    queueOperation: =$isTempId(@ctx.jig.inputs.taskId) ? replace:'add'
    data:
      id: =@ctx.jig.inputs.taskId
```

```yaml right
# jigs/task.jigx
title: Task
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: tasks
    method: save
    queueOperation: =$isTempId(@ctx.jig.inputs.taskId) ? 'replace':'add'
    data:
      id: =@ctx.jig.inputs.taskId
```
";

/// Options that take one of a few words (actions.md §5, §13, §14).
const WORDS: [(&str, &[&str]); 7] = [
    ("queueOperation", &["add", "replace"]),
    ("behaviour", &["new", "existing"]),
    ("goBack", &["previous", "home", "stay"]),
    ("presentAs", &["toast", "modal"]),
    ("mediaType", &["image", "video", "any"]),
    ("ifRunning", &["restart", "skip", "error"]),
    ("onEmpty", &["keep", "replace"]),
];

fn check(cx: &mut Cx<'_>, _: &Place<'_>, branch: &Branch<'_>) {
    for entry in branch.node.entries() {
        let Some((_, words)) = WORDS.iter().find(|(key, _)| *key == &*entry.key.text) else { continue };
        let scalar = entry.value.as_scalar().filter(|scalar| is_expression(&scalar.text));
        let Some((scalar, expression)) = scalar.and_then(|s| Some((s, Expression::parse(&s.text).ok()?)))
        else {
            continue;
        };
        let mut bare = Vec::new();
        outcomes(expression.root(), &mut bare);
        bare.retain(|(word, _)| words.contains(&&**word));
        if let Some(finding) = finding(cx, &entry.value, scalar, &bare) {
            cx.report(finding);
        }
    }
}

/// What to say of all bare words of one expression.
fn finding(
    cx: &Cx<'_>,
    node: &Node,
    scalar: &Scalar,
    words: &[(String, Range<usize>)],
) -> Option<Diagnostic> {
    let span = |range: &Range<usize>| scalar.span_of(node.span, range.clone(), cx.text(node.span.file));
    let quote = if scalar.style == Style::SingleQuoted { "''" } else { "'" };
    let edit = |(word, range): &(String, Range<usize>)| Edit {
        span: span(range),
        text: format!("{quote}{word}{quote}"),
    };
    let ((word, range), others) = words.split_first()?;
    let finding = cx
        .finding(span(range), format!("`{word}` is read as the name of a field here"))
        .help(format!("put the word in quotes: `'{word}'`"))
        .fix(Fix {
            title: "put quotes around the words".to_owned(),
            safety: Safety::Safe,
            edits: words.iter().map(edit).collect(),
        });
    let label =
        |finding: Diagnostic, (_, range): &(String, Range<usize>)| finding.label(span(range), "and here");
    Some(others.iter().fold(finding, label))
}

/// The names that an expression may give as they stand.
fn outcomes(node: &ExprNode, found: &mut Vec<(String, Range<usize>)>) {
    match &node.kind {
        ExprKind::Name(name) => found.push((name.to_string(), node.bytes.range())),
        ExprKind::Condition { then, otherwise, .. } => {
            outcomes(then, found);
            if let Some(otherwise) = otherwise {
                outcomes(otherwise, found);
            }
        }
        ExprKind::Block(items) => {
            if let Some(last) = items.last() {
                outcomes(last, found);
            }
        }
        _ => {}
    }
}
