//! Expressions: planted mistakes.

use super::bed::{Site, Soil, Spot};
use super::{Patch, Plant};
use crate::action::UseKind;
use crate::app::FileKind;
use crate::diag::Group;
use crate::expr::is_expression;

const PLANTS: &[Plant] = &[
    Plant { rule: "missing-equals", sites: |soil| titles(soil, "'«@ctx.user.displayName»'") },
    Plant { rule: "expression-syntax", sites: |soil| titles(soil, "=@ctx.user.email «==» 'x'") },
    Plant { rule: "expression-syntax", sites: |soil| titles(soil, "=@ctx.user.isVerified «&&» true") },
    Plant { rule: "expression-syntax", sites: |soil| titles(soil, "=«!»@ctx.user.isVerified") },
    Plant { rule: "expression-syntax", sites: |soil| titles(soil, "=$uppercase«(»@ctx.user.email") },
    Plant { rule: "comment-cuts-expression", sites: |soil| titles(soil, "=$uppercase('a «# b')»") },
    Plant { rule: "unknown-context-root", sites: |soil| titles(soil, "=@ctx.«users».displayName") },
    Plant { rule: "unknown-context-root", sites: |soil| titles(soil, "=«ctx».user.displayName") },
    Plant { rule: "unknown-context-key", sites: |soil| titles(soil, "=@ctx.user.«displayname»") },
    Plant { rule: "unknown-function-call", sites: |soil| titles(soil, "=«$upperCase»(@ctx.user.email)") },
    Plant { rule: "unknown-shared-expression", sites: |soil| titles(soil, "=«$no-such-expression»") },
    Plant { rule: "wrong-argument-count", sites: |soil| titles(soil, "=«$uppercase»(@ctx.user.email, 1)") },
    Plant { rule: "text-in-arithmetic", sites: |soil| titles(soil, "=@ctx.user.email + «'!'»") },
    Plant { rule: "text-in-arithmetic", sites: |soil| titles(soil, "=$string(«$now()» - 86400000)") },
    Plant {
        rule: "mismatched-comparison",
        sites: |soil| titles(soil, "=«$length(@ctx.user.email) > '3'» ? 'a' :'b'"),
    },
    Plant {
        rule: "mismatched-comparison",
        sites: |soil| titles(soil, "=«$exists(@ctx.user.email) = null» ? 'a' :'b'"),
    },
    Plant {
        rule: "comparison-with-null",
        sites: |soil| {
            let rows = soil.new_file(
                "datasources/planted.jigx",
                "type: datasource.static\noptions:\n  data:\n    - id: 1\n",
            );
            titles(soil, "=«@ctx.datasources.planted[0].id != null» ? 'a' :'b'")
                .into_iter()
                .map(|site| site.and(rows.clone()))
                .collect()
        },
    },
    Plant { rule: "null-default", sites: |soil| titles(soil, "=@ctx.jig.state.searchText «??» 'x'") },
    Plant {
        rule: "redundant-choice", sites: |soil| titles(soil, "=@ctx.user.email = 'x'« ? true :false»")
    },
    Plant { rule: "unknown-state-key", sites: |soil| titles(soil, "=@ctx.solution.state.«no-such-key»") },
    Plant { rule: "hyphen-for-minus", sites: |soil| titles(soil, "=$string(@ctx.jig.state.«amounts-1»)") },
    Plant {
        rule: "unknown-component",
        sites: |soil| titles(soil, "=@ctx.components.«no-such-field».state.value"),
    },
    Plant {
        rule: "unknown-script-function",
        sites: |soil| {
            let script =
                soil.new_file("scripts/expressions/planted.js", "export function initials(name) {}\n");
            titles(soil, "=«$planted.initial»('x')")
                .into_iter()
                .map(|site| site.and(script.clone()))
                .collect()
        },
    },
    Plant {
        rule: "nested-datasource",
        sites: |soil| {
            let jigs = soil.files(FileKind::Jig);
            let plant = |jig: Spot<'_>| {
                let id = jig.node.get("datasources")?.entries().first()?.key.text.to_string();
                let rows = format!("@ctx.datasources.{id}");
                jig.at("/title")?
                    .replace(&format!("=$count({rows}[$count(«{rows}[@ctx.user.isVerified]») > 0])"))
            };
            jigs.filter_map(plant).collect()
        },
    },
    Plant {
        rule: "number-of-empty",
        sites: |soil| {
            let fields = soil.typed("component.text-field");
            let plant = |field: Spot<'_>| {
                let id = field.node.get("instanceId")?.as_str().filter(|id| !is_expression(id))?.to_owned();
                let title = soil.root(field.source).at("/title")?;
                title.replace(&format!("=$string($number(«@ctx.components.{id}.state.value»))"))
            };
            fields.filter(|field| field.source.kind == FileKind::Jig).filter_map(plant).collect()
        },
    },
    Plant {
        rule: "condition-syntax",
        sites: |soil| {
            let actions = soil.spots().filter(|spot| is_plain_action(spot));
            actions.filter_map(|action| action.insert("condition: online() && «(»now() > 0")).collect()
        },
    },
    Plant {
        rule: "invalid-duration",
        sites: |soil| {
            let Some(scope) = soil.project().index.ids(UseKind::Scope).next() else { return Vec::new() };
            let condition =
                format!("condition: {{ not: {{ scope: {{ id: {scope}, syncedWithin: «15 minuts» }} }} }}");
            let actions = soil.spots().filter(|spot| is_plain_action(spot));
            actions.filter_map(|action| action.insert(&condition)).collect()
        },
    },
    Plant {
        rule: "current-item-in-action",
        sites: |soil| {
            let options = soil.files(FileKind::Action).filter_map(|file| file.at("/action/options"));
            let free = options.filter(|options| options.node.get("title").is_none());
            free.filter_map(|options| options.insert("title: =«@ctx.current.item».name")).collect()
        },
    },
    Plant {
        rule: "reserved-instance-id",
        sites: |soil| {
            let free = components(soil).filter(|spot| spot.key() != "item");
            free.filter_map(|spot| spot.insert("instanceId: «state»")).collect()
        },
    },
    Plant {
        rule: "shared-instance-id",
        sites: |soil| {
            let items = components(soil).filter(|spot| spot.key() == "item");
            items.filter_map(|spot| spot.insert("instanceId: «row»")).collect()
        },
    },
    Plant {
        rule: "text-for-boolean",
        sites: |soil| {
            let options = components(soil).filter_map(|spot| spot.at("/options"));
            let free = options.filter(|options| options.node.get("isContained").is_none());
            free.filter_map(|options| options.insert("isContained: «'false'»")).collect()
        },
    },
    Plant {
        rule: "choice-without-else",
        sites: |soil| {
            let link = "onRefresh:\n  type: action.open-url\n  options:\n    url: «=@ctx.user.isVerified ? 'https://example.com'»";
            without(soil, "onRefresh").filter_map(|jig| jig.insert(link)).collect()
        },
    },
    Plant {
        rule: "undeclared-jig-state",
        sites: |soil| {
            let set =
                "onRefresh:\n  type: action.set-jig-state\n  options:\n    changes:\n      «no-such-key»: 1";
            without(soil, "onRefresh").filter_map(|jig| jig.insert(set)).collect()
        },
    },
    Plant {
        rule: "state-key-twins",
        sites: |soil| {
            let set = |key: &str| {
                format!("- type: action.set-state\n      options:\n        state: {key}\n        value: 1")
            };
            let (first, second) =
                (set("=@ctx.solution.state.plantedKey"), set("«=@ctx.solution.state.planted-key»"));
            let list = format!(
                "onRefresh:\n  type: action.action-list\n  options:\n    isSequential: true\n    actions:\n    {first}\n    {second}"
            );
            without(soil, "onRefresh").filter_map(|jig| jig.insert(&list)).collect()
        },
    },
    Plant {
        rule: "shared-expression-cycle",
        sites: |soil| {
            let circle = "expressions:\n  «planted»: =[$seed]\n  seed: =$planted";
            without(soil, "expressions").filter_map(|jig| jig.insert(circle)).collect()
        },
    },
    Plant {
        rule: "missing-input",
        sites: |soil| links(soil, "linkTo: «planted»", &jig("    required: true\n", "planted")),
    },
    Plant {
        rule: "unknown-input",
        sites: |soil| links(soil, "linkTo: planted\n    inputs:\n      «plantd»: 1", &jig("", "planted")),
    },
    Plant { rule: "undeclared-input", sites: |soil| links(soil, "linkTo: planted", &jig("", "«plantd»")) },
];

/// Jigs with another text as their title.
fn titles(soil: &Soil<'_>, title: &str) -> Vec<Site> {
    let titles = soil.files(FileKind::Jig).filter_map(|jig| jig.at("/title"));
    titles.filter(|title| title.node.as_str().is_some()).filter_map(|spot| spot.replace(title)).collect()
}

/// Jigs without a key.
fn without<'a>(soil: &Soil<'a>, key: &'a str) -> impl Iterator<Item = Spot<'a>> {
    soil.files(FileKind::Jig).filter(move |jig| jig.node.get(key).is_none())
}

/// Components without an id.
fn components<'a>(soil: &Soil<'a>) -> impl Iterator<Item = Spot<'a>> {
    let all = soil.spots().filter(|spot| spot.type_name().starts_with("component."));
    all.filter(|spot| spot.node.get("instanceId").is_none())
}

/// Actions that run whatever is.
fn is_plain_action(spot: &Spot<'_>) -> bool {
    let conditional = ["when", "condition"].iter().any(|key| spot.node.get(key).is_some());
    matches!(spot.type_name(), "action.go-to" | "action.execute-action") && !conditional
}

/// A jig that declares an input and reads one.
fn jig(declared: &str, read: &str) -> String {
    format!(
        "type: jig.default\ninputs:\n  planted:\n    type: string\n{declared}title: =@ctx.jig.inputs.{read}\n"
    )
}

/// Jigs with a link to a new jig.
fn links(soil: &Soil<'_>, options: &str, target: &str) -> Vec<Site> {
    let link = format!("onRefresh:\n  type: action.go-to\n  options:\n    {options}");
    let jigs = without(soil, "onRefresh").filter_map(|jig| jig.insert(&link));
    jigs.map(|site| site.and(soil.new_file("jigs/planted.jigx", target))).collect()
}

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Expressions];
    Patch { file: "expressions", groups, plants: PLANTS, without: &[] }.check();
}
