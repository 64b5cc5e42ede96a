//! Global actions that run each other without end.

use std::collections::BTreeMap;

use crate::action::{ActionNode, UseKind};
use crate::app::Placed;
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::lint::Cx;
use crate::lint::guards::is_open;
use crate::lint::rule::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "action-cycle",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "global actions run each other without end",
        docs: PAGE,
    },
    checks: &[Check::App(check)],
};

const PAGE: &str = "\
Finds files under `actions/` that run each other in a circle, or themselves, with nothing on the way that could
end it: no `when`, no `condition`, no question. The app hangs, and what the actions fetch is fetched for ever.

```yaml wrong
# actions/load.jigx
action:
  type: action.execute-action
  options:
    action: refresh
# actions/refresh.jigx
action:
  type: action.execute-action
  options:
    action: load
```

```yaml right
# actions/load.jigx
action:
  type: action.execute-action
  options:
    action: refresh
# actions/refresh.jigx
action:
  type: action.go-back
```
";

fn check(cx: &mut Cx<'_>) {
    let calls: BTreeMap<&str, Vec<Call<'_>>> =
        cx.project.actions.iter().map(|(id, action)| (id, calls(cx, &action.placed))).collect();
    let mut search = Search { calls: &calls, path: Vec::new(), met: BTreeMap::new(), cycles: Vec::new() };
    for id in calls.keys() {
        search.visit(id);
    }
    for cycle in search.cycles {
        report(cx, &cycle);
    }
}

/// How many calls of a long circle are shown.
const SHOWN: usize = 8;

/// A call of a global action.
#[derive(Clone, Copy)]
struct Call<'a> {
    id: &'a str,
    span: Span,
}

fn report(cx: &mut Cx<'_>, cycle: &[Call<'_>]) {
    let Some((last, others)) = cycle.split_last() else { return };
    let message = match others {
        [] => format!("the action `{}` runs itself without end", last.id),
        _ => format!("the action `{}` ends up running itself", last.id),
    };
    let finding = cx.finding(last.span, message).help("give one of the calls a `when`, or leave it out");
    let labels = others.iter().take(SHOWN);
    let finding =
        labels.fold(finding, |finding, call| finding.label(call.span, format!("runs `{}`", call.id)));
    cx.report(finding);
}

/// The global actions that an action runs for sure.
fn calls<'a>(cx: &Cx<'a>, root: &'a Placed) -> Vec<Call<'a>> {
    let mut found = Vec::new();
    gather(cx, root, &root.action, &mut found);
    found
}

fn gather<'a>(cx: &Cx<'_>, root: &'a Placed, action: &'a ActionNode, found: &mut Vec<Call<'a>>) {
    let used = action.uses.iter().filter(|used| used.kind == UseKind::Action);
    if is_open(cx, root, action) {
        found.extend(used.map(|used| Call { id: &used.id, span: used.span }));
    }
    // What a person has to answer or to press ends the circle.
    if action.type_name.value == "action.action-list" {
        action.body.children().into_iter().for_each(|inner| gather(cx, root, inner, found));
    }
    if let Some(success) = &action.success {
        gather(cx, root, success, found);
    }
}

/// A search in depth for circles.
struct Search<'a, 'c> {
    calls: &'c BTreeMap<&'a str, Vec<Call<'a>>>,
    path: Vec<Frame<'a>>,
    /// The actions that were met, with their place on the path while they are on it.
    met: BTreeMap<&'a str, Option<usize>>,
    cycles: Vec<Vec<Call<'a>>>,
}

/// An action on the path, and how many of its calls were followed.
struct Frame<'a> {
    id: &'a str,
    followed: usize,
}

impl<'a> Search<'a, '_> {
    /// Follows the calls of an action. Without recursion: a hostile app may have a chain of any length.
    fn visit(&mut self, id: &'a str) {
        self.enter(id);
        while let Some(frame) = self.path.last_mut() {
            frame.followed += 1;
            let (id, nth) = (frame.id, frame.followed - 1);
            match self.call(id, nth) {
                Some(call) => self.follow(call),
                None => {
                    self.path.pop();
                    self.met.insert(id, None);
                }
            }
        }
    }

    fn enter(&mut self, id: &'a str) {
        if !self.met.contains_key(id) {
            self.met.insert(id, Some(self.path.len()));
            self.path.push(Frame { id, followed: 0 });
        }
    }

    fn follow(&mut self, call: Call<'a>) {
        let Some(start) = self.met.get(call.id).copied().flatten() else { return self.enter(call.id) };
        let way = self.path[start..self.path.len() - 1].iter().take(SHOWN);
        let calls = way.filter_map(|frame| self.call(frame.id, frame.followed - 1));
        self.cycles.push(calls.chain([call]).collect());
    }

    fn call(&self, id: &str, nth: usize) -> Option<Call<'a>> {
        self.calls.get(id)?.get(nth).copied()
    }
}
