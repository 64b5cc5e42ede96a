//! Actions, jigs and components: planted mistakes.

use super::bed::{Site, Soil, Spot};
use super::{Patch, Plant};
use crate::app::FileKind;
use crate::diag::Group;
use crate::expr::is_expression;
use crate::syntax::Node;

const LISTS: &[Plant] = &[
    Plant {
        rule: "action-after-leaving",
        sites: |soil| {
            in_jigs(
                soil,
                "type: action.action-list\noptions:\n  isSequential: true\n  actions:\n    - type: action.go-back\n    - type: «action.open-scanner»",
            )
        },
    },
    Plant {
        rule: "racing-navigation",
        sites: |soil| {
            in_jigs(
                soil,
                "type: «action.action-list»\noptions:\n  actions:\n    - type: action.execute-entity\n      options: { provider: DATA_PROVIDER_LOCAL, entity: drafts, method: create, data: { id: a } }\n    - type: action.go-back",
            )
        },
    },
    Plant {
        rule: "racing-navigation",
        sites: |soil| {
            let lists = soil.actions("action.action-list").filter(|list| saving_and_leaving(list).is_some());
            lists
                .filter_map(|list| {
                    Some(list.at("/options")?.remove("isSequential")?.expect(&list.at("/type")?))
                })
                .collect()
        },
    },
    Plant {
        rule: "unguarded-confirm",
        sites: |soil| {
            in_jigs(
                soil,
                "type: action.action-list\noptions:\n  isSequential: true\n  actions:\n    - type: action.confirm\n      options: { modal: { title: Sure? } }\n    - type: «action.execute-entity»\n      options: { provider: DATA_PROVIDER_LOCAL, entity: drafts, method: delete, data: { id: a } }",
            )
        },
    },
    Plant {
        rule: "discard-alert-on-save",
        sites: |soil| {
            let lists = soil.actions("action.action-list").filter_map(|list| {
                let root = soil.root(list.source).inside();
                let mut forms = root.iter().filter(|spot| spot.type_name() == "component.form");
                let asks = forms.find_map(|form| form.at("/options/isDiscardChangesAlertEnabled"))?;
                Some(asks.replace("true")?.expect(&saving_and_leaving(&list)?))
            });
            lists.collect()
        },
    },
    Plant {
        rule: "action-cycle",
        sites: |soil| {
            let circle = "action:\n  type: action.execute-action\n  options:\n    action: «circle»\n";
            let call = "type: action.execute-action\noptions: { action: circle }";
            let sites = in_index(soil, call).into_iter();
            sites.map(|site| site.and(soil.new_file("actions/zz/circle.jigx", circle))).collect()
        },
    },
];

const ACTIONS: &[Plant] = &[
    Plant {
        rule: "unknown-jig",
        sites: |soil| {
            let actions = soil.actions("action.go-to");
            actions.filter_map(|go| go.at("/options/linkTo")?.replace("«no-such-jig»")).collect()
        },
    },
    Plant {
        rule: "unknown-action",
        sites: |soil| {
            let calls = soil.actions("action.execute-action");
            calls.filter_map(|call| call.at("/options/action")?.replace("«no-such-action»")).collect()
        },
    },
    Plant {
        rule: "unknown-form",
        sites: |soil| {
            let submits = soil.actions("action.submit-form");
            submits.filter_map(|submit| submit.at("/options/formId")?.replace("«no-such-form»")).collect()
        },
    },
    Plant { rule: "action-without-screen", sites: |soil| in_index(soil, "type: «action.open-scanner»") },
    Plant {
        rule: "misplaced-tab-switch",
        sites: |soil| in_jigs(soil, "type: «action.set-active-tab»\noptions: { id: home }"),
    },
    Plant {
        rule: "state-target",
        sites: |soil| {
            in_jigs(soil, "type: action.set-state\noptions:\n  state: «=@ctx.solution.city»\n  value: Oslo")
        },
    },
    Plant {
        rule: "stored-file-path",
        sites: |soil| {
            let submits = soil.actions("action.submit-form").filter_map(|submit| submit.at("/options"));
            submits
                .filter_map(|options| Some(options.remove("conversions")?.expect(&options.at("/formId")?)))
                .collect()
        },
    },
    Plant {
        rule: "unknown-event",
        sites: |soil| {
            let options = soil.spots().filter(|spot| spot.key() == "options" && is_component(spot.parent()));
            options.filter_map(|options| options.rename("onPress", "«onPres»")).collect()
        },
    },
];

const BUTTONS: &[Plant] = &[
    Plant {
        rule: "unreachable-action-group",
        sites: |soil| {
            let lists = soil.files(FileKind::Jig).filter_map(|jig| jig.at("/actions"));
            let always = |list: &Spot<'_>| list.node.items().iter().all(|group| group.get("when").is_none());
            let group = "«children»:\n  - type: action.go-back\n    options: { title: Back }";
            lists.filter(always).filter_map(|list| list.push(group)).collect()
        },
    },
    Plant {
        rule: "button-without-title",
        sites: |soil| {
            let buttons = buttons(soil).filter(|button| button.node.at("/options/icon").is_none());
            buttons
                .filter_map(|button| {
                    Some(button.at("/options")?.remove("title")?.expect(&button.at("/type")?))
                })
                .collect()
        },
    },
    Plant {
        rule: "ignored-icon",
        sites: |soil| {
            let first = buttons(soil).filter(|button| button.key() == "0");
            let plain = first
                .filter_map(|button| button.at("/options"))
                .filter(|options| options.node.get("style").is_none() && options.node.get("icon").is_none());
            plain.filter_map(|options| options.insert("«icon»: star")).collect()
        },
    },
];

const SCREENS: &[Plant] = &[
    Plant {
        rule: "duplicate-component-id",
        sites: |soil| {
            let sites = soil.files(FileKind::Jig).filter_map(|jig| {
                let children = jig.at("/children")?;
                let free = |spot: &Spot<'_>| {
                    spot.outer.iter().chain([&spot.node]).all(|node| node.get("when").is_none())
                };
                let inside = children.inside();
                let field = inside
                    .iter()
                    .find(|spot| is_component(Some((*spot).clone())) && free(spot) && has_id(spot.node))?;
                let id = field.node.get("instanceId")?.as_str()?;
                children.push(&format!("type: component.text-field\ninstanceId: «{id}»"))
            });
            sites.collect()
        },
    },
    Plant {
        rule: "deprecated-key",
        sites: |soil| {
            let old = |index: &Spot<'_>| {
                ["widgets", "stories", "home"].iter().any(|key| index.node.get(key).is_some())
            };
            soil.files(FileKind::Index)
                .filter(|index| !old(index))
                .filter_map(|index| index.insert("«stories»: []"))
                .collect()
        },
    },
    Plant {
        rule: "deprecated-key",
        sites: |soil| {
            let jigs = soil.files(FileKind::Jig).filter_map(|jig| jig.at("/type"));
            jigs.filter(|kind| kind.node.as_str() == Some("jig.list"))
                .filter_map(|kind| kind.replace("«'@jigx/jig/list'»"))
                .collect()
        },
    },
    Plant {
        rule: "unreachable-jig",
        sites: |soil| {
            let site = soil.new_file("jigs/zz/lost.jigx", "«title»: Lost\ntype: jig.default\n");
            if all_links_are_known(soil) { vec![site] } else { Vec::new() }
        },
    },
    Plant {
        rule: "missing-translation",
        sites: |soil| {
            let whole = soil.new_file("translations/en.jigx", "greeting: Hello\nfarewell: Goodbye\n");
            vec![whole.and(soil.new_file("translations/fr.jigx", "«greeting»: Bonjour\n"))]
        },
    },
    Plant {
        rule: "unknown-text",
        sites: |soil| {
            let texts = || soil.new_file("translations/en.jigx", "greeting: Hello\n");
            let titles = soil.files(FileKind::Jig).filter_map(|jig| jig.at("/title"));
            titles.filter_map(|title| Some(title.replace("{ id: «no-such-text» }")?.and(texts()))).collect()
        },
    },
    Plant {
        rule: "duplicate-file-id",
        sites: |soil| {
            let again = "«»provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\n";
            let functions =
                soil.files(FileKind::Function).filter(|function| function.node.get("provider").is_some());
            functions
                .map(|function| soil.new_file(&format!("functions/zz/{}.jigx", function.source.id), again))
                .collect()
        },
    },
    Plant {
        rule: "empty-file",
        sites: |soil| vec![soil.new_file("functions/zz/empty.jigx", "«»# to be written\n")],
    },
];

const WITHOUT: &[(&str, &str)] =
    &[("stray-file", "such a file is no source of the app, and plants are made in sources")];

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Layout];
    let plants = &[LISTS, ACTIONS, BUTTONS, SCREENS].concat();
    Patch { file: "layout", groups, plants, without: WITHOUT }.check();
}

/// One more event of each jig, with this action.
fn in_jigs(soil: &Soil<'_>, action: &str) -> Vec<Site> {
    soil.files(FileKind::Jig).filter_map(|jig| with_event(&jig, action)).collect()
}

/// One more event of the index.
fn in_index(soil: &Soil<'_>, action: &str) -> Vec<Site> {
    soil.files(FileKind::Index).filter_map(|index| with_event(&index, action)).collect()
}

fn with_event(screen: &Spot<'_>, action: &str) -> Option<Site> {
    let free = screen.node.get("onAppActivated").is_none();
    screen.insert(&format!("onAppActivated:\n  {}", action.replace('\n', "\n  "))).filter(|_| free)
}

/// The type of the way back in a list that saves and then leaves.
fn saving_and_leaving<'a>(list: &Spot<'a>) -> Option<Spot<'a>> {
    let items: Vec<Spot<'a>> = list.at("/options/actions")?.children().collect();
    let save = items.iter().position(|item| item.type_name() == "action.execute-entity")?;
    items[save..].iter().find(|item| item.type_name() == "action.go-back")?.at("/type")
}

/// The buttons at the foot of all screens.
fn buttons<'a>(soil: &Soil<'a>) -> impl Iterator<Item = Spot<'a>> {
    let groups = soil
        .files(FileKind::Jig)
        .filter_map(|jig| jig.at("/actions"))
        .flat_map(|list| list.children().collect::<Vec<_>>());
    let lists = groups.filter_map(|group| group.at("/children"));
    lists
        .flat_map(|list| list.children().collect::<Vec<_>>())
        .filter(|button| button.type_name().starts_with("action."))
}

fn is_component(spot: Option<Spot<'_>>) -> bool {
    spot.is_some_and(|spot| spot.type_name().starts_with("component."))
}

fn has_id(node: &Node) -> bool {
    node.get("instanceId").and_then(Node::as_str).is_some_and(|id| !is_expression(id))
}

/// Whether it is known where each link of the app leads, and where the app begins.
fn all_links_are_known(soil: &Soil<'_>) -> bool {
    let dynamic = |spot: &Spot<'_>| {
        matches!(spot.key(), "linkTo" | "jigId") && spot.node.as_str().is_some_and(is_expression)
    };
    let begins = |index: &Spot<'_>| index.inside().iter().any(|spot| spot.key() == "jigId");
    soil.files(FileKind::Index).any(|index| begins(&index)) && !soil.spots().any(|spot| dynamic(&spot))
}
