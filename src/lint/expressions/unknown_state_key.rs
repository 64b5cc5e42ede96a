//! A key of a state that nothing declares or sets.

use crate::app::{FileKind, Found};
use crate::diag::{Group, RuleInfo, Severity, slip};
use crate::expr::Segment;
use crate::lint::names::{JIG_STATES, is_minus};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-state-key",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "an expression reads a state that nothing sets",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds `@ctx.solution.state.key` when the index does not declare `key` under `state:` and no action sets it, and
`@ctx.jig.state.key` when `key` is a slip of a state that the jig has.

The value is missing, without a message. Upper and lower case and hyphens count: `onPress` and `on-press` are
two states.

```yaml wrong
# index.jigx
title: Tasks
state:
  on-press:
    initialValue: 0
# jigs/home.jigx
title: =$string(@ctx.solution.state.onPress)
type: jig.default
```

```yaml right
# index.jigx
title: Tasks
state:
  on-press:
    initialValue: 0
# jigs/home.jigx
title: =$string(@ctx.solution.state.on-press)
type: jig.default
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    let references = found.expression.references();
    let is_target = !references.paths.is_empty() && cx.wiring().is_target(found.span);
    if is_target || !cx.is_all_read() {
        return;
    }
    for path in references.below(&["solution", "state"]) {
        if let Some(segment) = path.segments.get(2).filter(|_| !is_minus(cx, place, path)) {
            solution(cx, place, found, segment);
        }
    }
    let of_jig = references.below(&["jig", "state"]).filter(|_| place.kind == FileKind::Jig);
    for path in of_jig {
        if let Some(segment) = path.segments.get(2).filter(|_| !is_minus(cx, place, path)) {
            jig(cx, place, found, segment);
        }
    }
}

fn solution(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found, segment: &Segment) {
    let Some(key) = segment.name.as_deref() else { return };
    if cx.project.home.has_state(key) || cx.wiring().may_set_solution(key) {
        return;
    }
    let mut known: Vec<&str> = cx.wiring().solution_keys().collect();
    known.extend(cx.project.home.state.keys().map(String::as_str));
    known.sort_unstable();
    let help = cx
        .did_you_mean(key, known)
        .unwrap_or_else(|| format!("declare `{key}` under `state:` of the index, or set it with an action"));
    let span = cx.part(place, found.span, segment.range.clone());
    let finding = cx.finding(span, format!("nothing sets the state `{key}` of the app")).help(help);
    cx.report(finding);
}

/// Jigs may have states that we do not know of, so only a slip is told.
fn jig(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found, segment: &Segment) {
    let (Some(key), Some(screen)) = (segment.name.as_deref(), place.screen) else { return };
    let is_own = screen.state.contains_key(key) || JIG_STATES.contains(&key);
    if is_own || cx.wiring().may_set_jig(key) {
        return;
    }
    let known = screen.state.keys().map(String::as_str).chain(JIG_STATES);
    let Some(meant) = slip(key, known) else { return };
    let span = cx.part(place, found.span, segment.range.clone());
    let finding =
        cx.finding(span, format!("the jig has no state `{key}`")).help(format!("did you mean `{meant}`?"));
    cx.report(finding);
}
