//! `@ctx.user.displayname` and other slips below a known part.

use crate::app::Found;
use crate::diag::{Fix, Group, RuleInfo, Severity, slip};
use crate::lint::formula::editable;
use crate::lint::names::{COMPONENT_STATES, ROW_STATES, is_minus};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-context-key",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "an expression reads a part of `@ctx` that has no such name",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds slips in the names that the app format itself gives to what stands below `@ctx.user`, `@ctx.system`,
`@ctx.solution`, `@ctx.jig`, `@ctx.current` and others. Upper and lower case count.

The value is missing, without a message.

```yaml wrong
# jigs/home.jigx
title: =@ctx.user.displayname
type: jig.default
```

```yaml right
# jigs/home.jigx
title: =@ctx.user.displayName
type: jig.default
```
";

/// Paths with the names that may follow, by expressions.md §2; `*` is any name.
const KEYS: [(&[&str], &[&str]); 17] = [
    (&["action"], &["parameters"]),
    (&["actions", "*"], &["state", "outputs"]),
    (&["component"], &["state", "inputs"]),
    (&["component", "state"], &COMPONENT_STATES),
    (&["components", "*"], &["state"]),
    (&["components", "*", "state"], &COMPONENT_STATES),
    (&["current"], &["item", "state", "column", "cell"]),
    (&["current", "state"], &ROW_STATES),
    (&["jig"], &["inputs", "state", "components", "instanceId", "outputs"]),
    (&["jigs", "*"], &["components", "outputs", "state"]),
    (&["organization"], &["id"]),
    (&["solution"], &["name", "id", "title", "organizationId", "version", "state", "settings"]),
    (&["solution", "settings"], &["custom"]),
    (&["system"], &SYSTEM),
    (&["system", "geolocation"], &["coords", "timestamp"]),
    (&["system", "timezone"], &["offset", "name"]),
    (&["user"], &["displayName", "email", "id", "avatarUrl", "phone", "isVerified", "settings"]),
];

const SYSTEM: [&str; 10] = [
    "appVersion",
    "deviceType",
    "geocodes",
    "geolocation",
    "isLocationSharingEnabled",
    "isOffline",
    "isOnline",
    "isPortrait",
    "locale",
    "timezone",
];

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    for path in &found.expression.references().paths {
        let names: Vec<&str> = path.segments.iter().map_while(|segment| segment.name.as_deref()).collect();
        for (before, known) in KEYS {
            let Some(name) = names.get(before.len()).filter(|_| matches(&names, before)) else { continue };
            if known.contains(name) {
                continue;
            }
            let Some(meant) = slip(name, known.iter().copied()) else { continue };
            let is_own = before.last() == Some(&"state") && cx.wiring().may_set_component(name);
            if is_own || is_plural(name, meant) || is_minus(cx, place, path) {
                continue;
            }
            let range = path.segments[before.len()].range.clone();
            let span = cx.part(place, found.span, range.clone());
            let finding = cx
                .finding(span, format!("`@ctx.{}` has no `{name}`", names[..before.len()].join(".")))
                .help(format!("did you mean `{meant}`?"));
            cx.report(match editable(cx, place, found, range) {
                Some(span) => finding.fix(Fix::risky(format!("write `{meant}`"), span, meant)),
                None => finding,
            });
        }
    }
}

fn matches(names: &[&str], before: &[&str]) -> bool {
    names.len() > before.len()
        && names.iter().zip(before).all(|(name, wanted)| *wanted == "*" || name == wanted)
}

/// Names that only differ in number may both exist.
fn is_plural(name: &str, meant: &str) -> bool {
    name.strip_suffix('s') == Some(meant) || meant.strip_suffix('s') == Some(name)
}
