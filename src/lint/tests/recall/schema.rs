//! What the loader finds: syntax, schemas, settings: planted mistakes.

use super::bed::{Site, Soil};
use super::{Patch, Plant};
use crate::app::FileKind;
use crate::diag::Group;

const SYNTAX: &[Plant] = &[
    Plant {
        rule: "duplicate-key",
        sites: |soil| {
            let jigs = soil.files(FileKind::Jig).filter(|jig| jig.node.get("title").is_some());
            jigs.filter_map(|jig| Some(jig.insert("title: Again")?.expect_key(&jig, "title"))).collect()
        },
    },
    Plant { rule: "invalid-yaml", sites: |soil| in_jigs(soil, "badge: «]»") },
    Plant { rule: "unknown-alias", sites: |soil| in_jigs(soil, "badge: «*nowhere»") },
    Plant { rule: "unsupported-tag", sites: |soil| in_jigs(soil, "badge: «!secret» 1") },
    Plant { rule: "lossy-number", sites: |soil| in_jigs(soil, "badge: «12345678901234567890123»") },
    Plant { rule: "unfit-key", sites: |soil| in_jigs(soil, "? «[a, b]»\n: 1") },
    Plant {
        rule: "second-document",
        sites: |soil| {
            soil.files(FileKind::Jig).filter_map(|jig| jig.append("«---»\ntitle: Another")).collect()
        },
    },
];

const SCHEMA: &[Plant] = &[
    Plant {
        rule: "action-type-alias",
        sites: |soil| in_jigs(soil, "onAppActivated:\n  type: «action-go-back»"),
    },
    Plant {
        rule: "unknown-action-type",
        sites: |soil| in_jigs(soil, "onAppActivated:\n  type: «action.goback»"),
    },
    Plant { rule: "wrong-type", sites: |soil| in_jigs(soil, "canGoBack: «always»") },
    Plant { rule: "unknown-key", sites: |soil| in_jigs(soil, "«onAppActivate»: { type: action.go-back }") },
    Plant {
        rule: "unknown-key",
        sites: |soil| {
            let links = soil.actions("action.go-to").filter_map(|link| link.at("/options"));
            links.filter_map(|options| options.insert("«colour»: red")).collect()
        },
    },
    Plant {
        rule: "missing-key",
        sites: |soil| {
            let writes = ["action.execute-entity", "action.submit-form", "action.sync-entities"];
            let actions = writes.into_iter().flat_map(|kind| soil.actions(kind));
            actions
                .filter_map(|action| {
                    Some(action.at("/options")?.remove("provider")?.expect(&action.at("/type")?))
                })
                .collect()
        },
    },
    Plant {
        rule: "wrong-value",
        sites: |soil| {
            let writes = ["action.execute-entity", "action.submit-form"];
            let actions = writes.into_iter().flat_map(|kind| soil.actions(kind));
            actions.filter_map(|action| action.at("/options/method")?.replace("«put»")).collect()
        },
    },
    Plant {
        rule: "wrong-value",
        sites: |soil| {
            let functions = soil.files(FileKind::Function).filter(|function| {
                function.node.get("provider").and_then(|name| name.as_str()) == Some("DATA_PROVIDER_REST")
            });
            functions.filter_map(|function| function.at("/method")?.replace("«FETCH»")).collect()
        },
    },
    Plant {
        rule: "unknown-datasource-type",
        sites: |soil| {
            let sources = soil.typed("datasource.sqlite");
            sources.filter_map(|source| source.at("/type")?.replace("«datasource.sqllite»")).collect()
        },
    },
    Plant {
        rule: "unknown-provider",
        sites: |soil| {
            let functions = soil.files(FileKind::Function);
            functions.filter_map(|function| function.at("/provider")?.replace("«REST»")).collect()
        },
    },
    Plant {
        rule: "unknown-component-type",
        sites: |soil| {
            let images = soil.typed("component.image");
            images.filter_map(|image| image.at("/type")?.replace("«component.imag»")).collect()
        },
    },
    Plant {
        rule: "unknown-jig-type",
        sites: |soil| {
            let kinds = soil.files(FileKind::Jig).filter_map(|jig| jig.at("/type"));
            let kinds = kinds.filter(|kind| kind.node.as_str() == Some("jig.default"));
            kinds.filter_map(|kind| kind.replace("«jig.defualt»")).collect()
        },
    },
];

const SETTINGS: &[Plant] = &[
    Plant { rule: "invalid-settings", sites: |soil| with_settings(soil, "http:\n  timeout: «soon»\n") },
    Plant {
        rule: "missing-environment-variable",
        sites: |soil| with_settings(soil, "providers:\n  dynamic:\n    apiKey: \"«${env:NO_SUCH_NAME}»\"\n"),
    },
    Plant {
        rule: "unknown-rule", sites: |soil| with_settings(soil, "lint:\n  ignore: [«no-such-rule»]\n")
    },
    Plant {
        rule: "unused-ignore",
        sites: |soil| in_jigs(soil, "«# syncscope: ignore[unknown-jig]»\nbadge: 1"),
    },
];

const WITHOUT: &[(&str, &str)] = &[
    ("alias-budget", "needs more text than an app has"),
    ("file-too-large", "needs more text than an app has"),
    ("invalid-json", "no app at hand is written in JSON"),
    ("not-utf8", "plants are texts"),
    ("too-deep", "needs more text than an app has"),
];

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Syntax, Group::Schema, Group::Settings];
    let plants = &[SYNTAX, SCHEMA, SETTINGS].concat();
    Patch { file: "schema", groups, plants, without: WITHOUT }.check();
}

/// One more entry of each jig that does not have the key.
fn in_jigs(soil: &Soil<'_>, entry: &str) -> Vec<Site> {
    let taken = ["badge", "canGoBack", "onAppActivated"];
    let free = soil.files(FileKind::Jig).filter(|jig| taken.iter().all(|key| jig.node.get(key).is_none()));
    free.filter_map(|jig| jig.insert(entry)).collect()
}

/// Settings for an app that has none.
fn with_settings(soil: &Soil<'_>, text: &str) -> Vec<Site> {
    let has_some = soil.files(FileKind::Settings).next().is_some();
    if has_some { Vec::new() } else { vec![soil.new_file("syncscope.yaml", text)] }
}
