//! What the loader finds: syntax, schemas, settings: planted mistakes.

use super::bed::{Site, Soil, Spot};
use super::{Patch, Plant};
use crate::app::FileKind;
use crate::diag::Group;

const PLANTS: &[Plant] = &[
    Plant {
        rule: "invalid-yaml",
        sites: |soil| {
            let titles = soil.files(FileKind::Jig).filter_map(|jig| jig.at("/title"));
            let ends_the_line =
                |title: &Spot<'_>| title.text()[title.node.span.range().end..].starts_with('\n');
            titles.filter(ends_the_line).filter_map(|title| title.replace("«'open»")).collect()
        },
    },
    Plant { rule: "unknown-alias", sites: |soil| titles(soil, "«*nowhere»") },
    Plant { rule: "unsupported-tag", sites: |soil| titles(soil, "«!x» Home") },
    Plant {
        rule: "duplicate-key",
        sites: |soil| {
            let jigs = soil.files(FileKind::Jig).filter(|jig| jig.node.get("title").is_some());
            jigs.filter_map(|jig| Some(jig.insert("title: Another")?.expect_key(&jig, "title"))).collect()
        },
    },
    Plant { rule: "second-document", sites: |soil| behind_jigs(soil, "«---»\ntitle: Another") },
    Plant {
        rule: "unfit-key",
        sites: |soil| soil.files(FileKind::Jig).filter_map(|jig| jig.insert("«[x]»: y")).collect(),
    },
    Plant { rule: "lossy-number", sites: |soil| titles(soil, "«01067»") },
    Plant {
        rule: "invalid-json",
        sites: |soil| vec![soil.new_file("translations/xx.json", "{\"hello\": \"x\"«,»}")],
    },
    Plant {
        rule: "action-type-alias",
        sites: |soil| values(soil.actions("action.sync-entities"), "/type", "«action-sync-entities»"),
    },
    Plant {
        rule: "unknown-action-type",
        sites: |soil| values(soil.actions("action.go-to"), "/type", "«action.go-too»"),
    },
    Plant {
        rule: "unknown-datasource-type",
        sites: |soil| values(soil.typed("datasource.sqlite"), "/type", "«datasource.sqlight»"),
    },
    Plant {
        rule: "unknown-jig-type",
        sites: |soil| values(soil.typed("jig.default"), "/type", "«jig.defualt»"),
    },
    Plant {
        rule: "unknown-component-type",
        sites: |soil| values(soil.typed("component.list"), "/type", "«component.lst»"),
    },
    Plant {
        rule: "unknown-provider",
        sites: |soil| values(soil.files(FileKind::Function), "/provider", "«DATA_PROVIDER_RESTS»"),
    },
    Plant {
        rule: "unknown-key",
        sites: |soil| {
            let options = soil.actions("action.go-to").filter_map(|go| go.at("/options"));
            options.filter_map(|options| options.rename("linkTo", "«linkToo»")).collect()
        },
    },
    Plant {
        rule: "unknown-key",
        sites: |soil| {
            let lists = soil.actions("action.action-list").filter_map(|list| list.at("/options"));
            lists.filter_map(|options| options.rename("isSequential", "«isSequental»")).collect()
        },
    },
    Plant {
        rule: "missing-key",
        sites: |soil| {
            let scopes = soil.actions("action.start-sync-scope");
            scopes.filter_map(|scope| Some(scope.remove("instanceId")?.expect(&scope.at("/type")?))).collect()
        },
    },
    Plant {
        rule: "wrong-type",
        sites: |soil| values(soil.actions("action.action-list"), "/options/isSequential", "«'true'»"),
    },
    Plant {
        rule: "wrong-value", sites: |soil| values(soil.files(FileKind::Function), "/method", "«FETCH»")
    },
    Plant { rule: "invalid-settings", sites: |soil| settings(soil, "http: { timeout: «soon» }\n") },
    Plant {
        rule: "missing-environment-variable",
        sites: |soil| settings(soil, "user: { email: '«${env:NOBODY_SETS_THIS}»' }\n"),
    },
    Plant { rule: "unknown-rule", sites: |soil| behind_jigs(soil, "# syncscope: ignore[«unknown-jigs»]") },
    Plant { rule: "unknown-rule", sites: |soil| settings(soil, "lint: { ignore: [«unknown-jigs»] }\n") },
    Plant { rule: "unused-ignore", sites: |soil| behind_jigs(soil, "«# syncscope: ignore[unknown-jig]»") },
];

const WITHOUT: &[(&str, &str)] = &[
    ("alias-budget", "needs a file that grows out of all proportion; has tests of its own"),
    ("file-too-large", "needs a file of some megabytes; has tests of its own"),
    ("not-utf8", "needs bytes that are no text; has tests of its own"),
    ("too-deep", "needs a file of some hundred levels; has tests of its own"),
];

/// Another title for each screen.
fn titles(soil: &Soil<'_>, text: &str) -> Vec<Site> {
    values(soil.files(FileKind::Jig), "/title", text)
}

/// Another value at a place in each of these spots.
fn values<'a>(spots: impl Iterator<Item = Spot<'a>>, pointer: &str, text: &str) -> Vec<Site> {
    spots.filter_map(|spot| spot.at(pointer)?.replace(text)).collect()
}

fn behind_jigs(soil: &Soil<'_>, text: &str) -> Vec<Site> {
    soil.files(FileKind::Jig).filter_map(|jig| jig.append(text)).collect()
}

/// Settings for an app without any.
fn settings(soil: &Soil<'_>, text: &str) -> Vec<Site> {
    let is_there = soil.files(FileKind::Settings).next().is_some();
    if is_there { Vec::new() } else { vec![soil.new_file("syncscope.yaml", text)] }
}

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Syntax, Group::Schema, Group::Settings];
    Patch { file: "schema", groups, plants: PLANTS, without: WITHOUT }.check();
}
