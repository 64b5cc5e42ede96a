//! Syncs and scopes: planted mistakes.

use super::bed::{Site, Soil, Spot};
use super::{Patch, Plant};
use crate::app::FileKind;
use crate::diag::Group;
use crate::syntax::Node;

const PLANTS: &[Plant] = &[
    Plant {
        rule: "unknown-instance-id",
        sites: |soil| {
            let scopes = soil.actions("action.start-sync-scope");
            scopes
                .filter_map(|scope| scope.at("/options/instanceIds/0")?.replace("«no-such-member»"))
                .collect()
        },
    },
    Plant { rule: "unknown-instance-id", sites: |soil| flow(soil, "[planted-pull]", "[«planted-pul»]") },
    Plant {
        rule: "local-sync",
        sites: |soil| {
            let syncs = soil.actions("action.sync-entities");
            syncs.filter_map(|sync| sync.at("/options/provider")?.replace("«DATA_PROVIDER_LOCAL»")).collect()
        },
    },
    Plant {
        rule: "sync-into-cloud-table",
        sites: |soil| {
            let Some(declared) = soil.project().dynamic_tables().next() else { return Vec::new() };
            let syncs = soil.actions("action.sync-entities").filter_map(|sync| sync.at("/options"));
            let rest = syncs.filter(|options| {
                options.at("/provider").is_some_and(|it| it.node.as_str() == Some("DATA_PROVIDER_REST"))
            });
            let tables = rest.filter_map(|options| options.at("/entities/0/entity"));
            tables.filter_map(|table| table.replace(&format!("«{declared}»"))).collect()
        },
    },
    Plant {
        rule: "duplicate-instance-id",
        sites: |soil| {
            let again = "
      - type: action.sync-entities
        instanceId: «planted-pull»
        options:
          provider: DATA_PROVIDER_REST
          entities: [{ entity: more, function: planted-fetch }]";
            flow(soil, "", again)
        },
    },
    Plant {
        rule: "duplicate-instance-id",
        sites: |soil| {
            let mut syncs = soil.actions("action.sync-entities").filter_map(|sync| sync.at("/instanceId"));
            let Some(first) = syncs.next() else { return Vec::new() };
            syncs.filter_map(|id| id.replace(&format!("«{}»", first.written()))).collect()
        },
    },
    Plant {
        rule: "scope-after-sync",
        sites: |soil| {
            let text = "onAppActivated:
  type: action.action-list
  condition: { scope: { id: planted, isNot: syncing } }
  options:
    isSequential: true
    actions:
      - type: action.sync-entities
        instanceId: planted-pull
        options:
          provider: DATA_PROVIDER_REST
          entities: [{ entity: planted, function: planted-fetch }]
      - type: «action.start-sync-scope»
        instanceId: planted
        options:
          instanceIds: [planted-pull]";
            at_home(soil, &["onAppActivated"], text)
        },
    },
    Plant {
        rule: "scope-not-sequential",
        sites: |soil| {
            let lists =
                soil.actions("action.action-list").filter(|list| list.at("/options/isSequential").is_some());
            let scopes = lists.filter(|list| list.written().contains("start-sync-scope"));
            let open = |list: &Spot<'_>| {
                Some(list.at("/options")?.remove("isSequential")?.expect(&list.at("/type")?))
            };
            scopes.filter_map(|list| open(&list)).collect()
        },
    },
    Plant {
        rule: "scope-not-sequential",
        sites: |soil| {
            let marked = flow(soil, "type: action.action-list", "type: «action.action-list»");
            marked.into_iter().map(|site| edited(site, "    isSequential: true\n", "")).collect()
        },
    },
    Plant {
        rule: "sync-outside-scope",
        sites: |soil| {
            let more = "
      - type: «action.sync-entities»
        options:
          provider: DATA_PROVIDER_REST
          entities: [{ entity: more, function: planted-fetch }]";
            flow(soil, "", more)
        },
    },
    Plant {
        rule: "sync-outside-scope",
        sites: |soil| {
            let more = "
      - type: action.action-list
        options:
          actions:
            - type: «action.sync-entities»
              instanceId: planted-more
              options:
                provider: DATA_PROVIDER_REST
                entities: [{ entity: more, function: planted-fetch }]";
            flow(soil, "", more)
        },
    },
    Plant {
        rule: "unguarded-scope",
        sites: |soil| {
            let marked = flow(soil, "type: action.start-sync-scope", "type: «action.start-sync-scope»");
            let guard = "  condition: { scope: { id: planted, isNot: syncing } }\n";
            marked.into_iter().map(|site| edited(site, guard, "")).collect()
        },
    },
    Plant {
        rule: "unguarded-scope",
        sites: |soil| {
            let marked = flow(soil, "type: action.start-sync-scope", "type: «action.start-sync-scope»");
            let guard = "condition: { scope: { id: planted, isNot: syncing } }";
            marked.into_iter().map(|site| edited(site, guard, "when: =@ctx.system.isOnline")).collect()
        },
    },
    Plant {
        rule: "toast-before-answer",
        sites: |soil| {
            let save = "onAppActivated:\n  type: action.confirm\n  options:\n    title: Save?\n    onConfirmed:\n      \
                        type: action.execute-entity\n      options:\n        provider: DATA_PROVIDER_SQL\n        \
                        entity: planted\n        method: save\n        data: { id: one }\n        \
                        onSuccess: { title: «Sent to the server» }";
            at_home(soil, &["onAppActivated"], save)
        },
    },
    Plant { rule: "unknown-scope", sites: |soil| flow(soil, "{ id: planted,", "{ id: «planed»,") },
    Plant {
        rule: "unknown-scope",
        sites: |soil| {
            watched(soil, "@ctx.datasources.planted-scopes[id = '«no-such-scope»'].state = 'failed'")
        },
    },
    Plant {
        rule: "collapsing-entities",
        sites: |soil| {
            let text = "onAppActivated:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities: \"=«$map(['one', 'two'], function($name) { {'entity': $name, 'function': 'planted-fetch'} })»\"";
            at_home(soil, &["onAppActivated"], text)
        },
    },
    Plant {
        rule: "data-instead-of-parameters",
        sites: |soil| {
            let entries = entries(soil).filter(|entry| entry.at("/function").is_some());
            entries.filter_map(|entry| entry.rename("parameters", "«data»")).collect()
        },
    },
    Plant {
        rule: "deprecated-function-parameters",
        sites: |soil| {
            let written = ["action.execute-entity", "action.execute-entities"];
            let options = written
                .into_iter()
                .flat_map(|kind| soil.actions(kind))
                .filter_map(|action| action.at("/options"));
            let owners = entries(soil).chain(options);
            owners.filter_map(|owner| owner.rename("parameters", "«functionParameters»")).collect()
        },
    },
    Plant {
        rule: "dependent-sync-entries",
        sites: |soil| {
            let text = "datasources:
  planted-rows:
    type: datasource.sqlite
    options:
      provider: DATA_PROVIDER_LOCAL
      entities: [planted]
      query: SELECT id FROM [planted]
onAppActivated:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - { entity: planted, function: planted-fetch }
      - entity: more
        function: planted-fetch
        parameters: { after: \"=$count(@ctx.datasources.«planted-rows»)\" }";
            at_home(soil, &["datasources", "onAppActivated"], text)
        },
    },
    Plant {
        rule: "duplicate-member",
        sites: |soil| flow(soil, "[planted-pull]", "[planted-pull, «planted-pull»]"),
    },
    Plant {
        rule: "empty-condition",
        sites: |soil| {
            let syncs = soil.actions("action.sync-entities").filter(|sync| sync.at("/condition").is_none());
            syncs.filter_map(|sync| sync.insert("condition: { all: «[]» }")).collect()
        },
    },
    Plant {
        rule: "fetching-datasource",
        sites: |soil| {
            let text = "datasources:
  planted-rows:
    type: datasource.sqlite
    options:
      provider: «DATA_PROVIDER_REST»
      entities: [{ entity: planted, function: planted-fetch }]
      query: SELECT id FROM [planted]
onAppActivated:
  type: action.open-app-settings
  when: =$count(@ctx.datasources.planted-rows) = 0
  options: {}";
            at_home(soil, &["datasources", "onAppActivated"], text)
        },
    },
    Plant {
        rule: "hidden-remote-write",
        sites: |soil| {
            let text = "onAppActivated:
  type: «action.execute-entity»
  options:
    provider: DATA_PROVIDER_REST
    entity: planted
    method: create
    function: planted-send
    data: { name: planted }
    parameters: { name: planted }";
            at_home(soil, &["onAppActivated"], text)
        },
    },
    Plant {
        rule: "instance-id-as-status-id",
        sites: |soil| {
            let more = "
      - type: action.delete-sync-status
        options: { id: «planted-pull» }";
            flow(soil, "", more)
        },
    },
    Plant {
        rule: "interrupted-not-handled",
        sites: |soil| {
            let mut texts = soil.loaded.sources.iter().map(|source| soil.texts.get(source.file).text());
            if texts.any(|text| text.contains("interrupted")) {
                return Vec::new();
            }
            let test = "@ctx.datasources.planted-scopes.state = 'syncing' or
    @ctx.datasources.planted-scopes.state = '«synced»'";
            watched(soil, test)
        },
    },
    Plant {
        rule: "member-never-runs",
        sites: |soil| {
            let text = "onLoad:
  type: action.sync-entities
  instanceId: planted-pull
  options:
    provider: DATA_PROVIDER_REST
    entities: [{ entity: planted, function: planted-fetch }]
onAppActivated:
  type: action.start-sync-scope
  instanceId: planted
  condition: { scope: { id: planted, isNot: syncing } }
  options:
    instanceIds: [«planted-pull»]";
            at_home(soil, &["onLoad", "onAppActivated"], text)
        },
    },
    Plant {
        rule: "misplaced-event",
        sites: |soil| {
            let text = "«onTableChanged»:
  - table: planted
    action: { type: action.go-back }";
            let jigs = soil.files(FileKind::Jig).filter(|jig| jig.at("/onTableChanged").is_none());
            jigs.filter_map(|jig| jig.append(text)).collect()
        },
    },
    Plant {
        rule: "misplaced-event",
        sites: |soil| {
            let jigs = soil.files(FileKind::Jig).filter(|jig| jig.at("/onLoad").is_none());
            jigs.filter_map(|jig| jig.append("«onLoad»: { type: action.go-back }")).collect()
        },
    },
    Plant {
        rule: "nothing-to-sync",
        sites: |soil| {
            flow(soil, "entities: [{ entity: planted, function: planted-fetch }]", "entities: «[]»")
        },
    },
    Plant {
        rule: "overwritten-sync",
        sites: |soil| {
            let again = |entry: Spot<'_>| {
                let (table, function) = (entry.at("/entity")?.written(), entry.at("/function")?.written());
                entry.parent()?.push(&format!("entity: «{table}»\nfunction: {function}"))
            };
            entries(soil).filter(|entry| empties_table(soil, entry)).filter_map(again).collect()
        },
    },
    Plant {
        rule: "overwritten-sync",
        sites: |soil| {
            let one = "[{ entity: planted, function: planted-fetch }]";
            let two = "[{ entity: planted, function: planted-fetch },
            { entity: «planted», function: planted-wipe }]";
            let wipe = FETCH.replace("forRowsWithMatchingIds: true\n", "");
            let file = || soil.new_file("functions/planted-wipe.jigx", &wipe);
            flow(soil, one, two).into_iter().map(|site| site.and(file())).collect()
        },
    },
    Plant {
        rule: "data-instead-of-parameters",
        sites: |soil| flow(soil, "planted-fetch }", "planted-fetch, «data»: { after: 1 } }"),
    },
    Plant {
        rule: "deprecated-function-parameters",
        sites: |soil| flow(soil, "planted-fetch }", "planted-fetch, «functionParameters»: { after: 1 } }"),
    },
    Plant {
        rule: "empty-condition",
        sites: |soil| {
            flow(soil, "condition: { scope: { id: planted, isNot: syncing } }", "condition: { any: «[]» }")
        },
    },
    Plant {
        rule: "racy-guard",
        sites: |soil| {
            let guard = "condition: { scope: { id: planted, isNot: syncing } }";
            let when =
                "when: «=@ctx.datasources.planted-scopes[id = 'planted'].state = 'syncing' ? false :true»";
            flow(soil, guard, when).into_iter().filter_map(|site| with_scopes(soil, site)).collect()
        },
    },
    Plant {
        rule: "sync-not-at-start",
        sites: |soil| {
            let text = "onFocus:
  type: «action.sync-entities»
  options:
    provider: DATA_PROVIDER_REST
    entities: [{ entity: planted, function: planted-fetch }]";
            let index = soil.files(FileKind::Index).map(|index| index.text()).collect::<String>();
            let jigs = soil.files(FileKind::Jig).filter(|jig| jig.at("/onFocus").is_none());
            let hidden = jigs.filter(|jig| !index.contains(&jig.source.id));
            hidden.filter_map(|jig| Some(with_functions(soil, jig.append(text)?))).collect()
        },
    },
    Plant {
        rule: "table-change-loop",
        sites: |soil| {
            let text = "onTableChanged:
  - table: «planted»
    action:
      type: action.execute-entity
      options:
        provider: DATA_PROVIDER_LOCAL
        entity: planted
        method: create
        data: { name: planted }";
            at_home(soil, &["onTableChanged"], text)
        },
    },
    Plant {
        rule: "unknown-status",
        sites: |soil| {
            let guard = "condition: { scope: { id: planted, isNot: syncing } }";
            let other = "condition: { status: { entity: «plant», isNot: syncing } }";
            flow(soil, guard, other)
        },
    },
    Plant {
        rule: "unknown-sync-column",
        sites: |soil| {
            let queries =
                soil.typed("datasource.sqlite").filter_map(|datasource| datasource.at("/options/query"));
            let scopes = queries.filter(|query| query.written().contains("[_sync"));
            scopes.filter_map(|query| query.replace_in("timestamp", "«timestmp»")).collect()
        },
    },
    Plant {
        rule: "unknown-sync-column",
        sites: |soil| {
            let planted = watched(soil, "@ctx.datasources.planted-scopes.state = 'failed'");
            planted.into_iter().map(|site| edited(site, "id, state,", "id, state, «started»,")).collect()
        },
    },
    Plant {
        rule: "unknown-sync-state",
        sites: |soil| watched(soil, "@ctx.datasources.planted-scopes.state = '«done»'"),
    },
    Plant {
        rule: "unknown-sync-state",
        sites: |soil| {
            let guard = "condition: { scope: { id: planted, isNot: syncing } }";
            flow(soil, guard, "condition: scope::state(\"planted\") != \"«running»\"")
        },
    },
];

/// A scope with one sync, as it should be.
const FLOW: &str = "onAppActivated:
  type: action.action-list
  condition: { scope: { id: planted, isNot: syncing } }
  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: planted
        options:
          instanceIds: [planted-pull]
      - type: action.sync-entities
        instanceId: planted-pull
        options:
          provider: DATA_PROVIDER_REST
          entities: [{ entity: planted, function: planted-fetch }]";

/// A function that fetches and keeps the rows that it does not get.
const FETCH: &str = "provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/planted
forRowsWithMatchingIds: true
parameters:
  after: { type: number, location: query, required: false }
";

/// A function that changes something.
const SEND: &str = "provider: DATA_PROVIDER_REST
method: POST
url: https://example.com/planted
parameters:
  name: { type: string, location: body, required: true }
error:
  - title: Not saved
";

const SCOPES: &str = "datasources:
  planted-scopes:
    type: datasource.sqlite
    options:
      provider: DATA_PROVIDER_LOCAL
      entities: [_syncScope]
      query: SELECT id, state, timestamp FROM [_syncScope]";

/// A text at the end of each index that has none of these keys.
fn at_home(soil: &Soil<'_>, keys: &[&str], text: &str) -> Vec<Site> {
    let is_free = |index: &Spot<'_>| keys.iter().all(|key| index.node.get(key).is_none());
    let sites = soil.files(FileKind::Index).filter(is_free).filter_map(|index| index.append(text));
    sites.map(|site| with_functions(soil, site)).collect()
}

/// The site with the functions that its text calls.
fn with_functions(soil: &Soil<'_>, site: Site) -> Site {
    let calls = |name: &str| site.edits.iter().any(|change| change.text.contains(name));
    let missing =
        [("planted-fetch", FETCH), ("planted-send", SEND)].into_iter().filter(|(name, _)| calls(name));
    let files: Vec<Site> =
        missing.map(|(name, text)| soil.new_file(&format!("functions/{name}.jigx"), text)).collect();
    files.into_iter().fold(site, Site::and)
}

/// [`FLOW`] with one part in another form, or with more behind it.
fn flow(soil: &Soil<'_>, old: &str, new: &str) -> Vec<Site> {
    let text = if old.is_empty() { format!("{FLOW}{new}") } else { FLOW.replacen(old, new, 1) };
    at_home(soil, &["onAppActivated"], &text)
}

/// A screen that reads the scopes and does something while `test` holds.
fn watched(soil: &Soil<'_>, test: &str) -> Vec<Site> {
    let text = format!(
        "{SCOPES}
onAppActivated:
  type: action.open-app-settings
  when: |
    ={test}
  options: {{}}"
    );
    at_home(soil, &["datasources", "onAppActivated"], &text)
}

fn with_scopes(soil: &Soil<'_>, site: Site) -> Option<Site> {
    let free = soil.files(FileKind::Index).all(|index| index.node.get("datasources").is_none());
    free.then(|| edited(site, "onAppActivated:", &format!("{SCOPES}\nonAppActivated:")))
}

/// A site whose new text has another form in one place.
fn edited(mut site: Site, old: &str, new: &str) -> Site {
    let change = &mut site.edits[0];
    assert!(change.text.contains(old), "{old} is not in {}", change.text);
    change.text = change.text.replacen(old, new, 1);
    site
}

/// The entries of all syncs that are written out as maps.
fn entries<'a>(soil: &Soil<'a>) -> impl Iterator<Item = Spot<'a>> {
    let lists = soil.actions("action.sync-entities").filter_map(|sync| sync.at("/options/entities"));
    lists.flat_map(|list| list.children().collect::<Vec<_>>()).filter(|entry| entry.at("/entity").is_some())
}

/// Whether an entry's function removes all rows first, and can be called without arguments.
fn empties_table(soil: &Soil<'_>, entry: &Spot<'_>) -> bool {
    let id = entry.node.get("function").and_then(Node::as_str).unwrap_or_default();
    let Some(function) = soil.project().functions.get(id) else { return false };
    let source = soil.loaded.sources.iter().find(|source| source.file == function.file);
    let keeps = ["forRows", "operations"];
    let text = source.map_or("", |source| soil.texts.get(source.file).text());
    !keeps.iter().any(|key| text.contains(key)) && function.parameters.iter().all(|known| !known.required)
}

const WITHOUT: &[(&str, &str)] = &[];

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Sync];
    Patch { file: "sync", groups, plants: PLANTS, without: WITHOUT }.check();
}
