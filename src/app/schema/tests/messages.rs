//! The words that authors read, for mistakes that they make.

use std::fmt::Write;

use super::findings;
use crate::diag::{Diagnostic, Files, Safety};

/// A mistake: the schema, what is wrong, and the text.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("action", "a slip in a needed key", "type: action.go-to\noptions:\n  linkToo: order\n"),
    ("action", "the same in JSON", "{\"type\": \"action.go-to\", \"options\": {\"linkToo\": \"order\"}}"),
    ("action", "nothing is said", "type: action.execute-entity\noptions:\n  title: Save\n"),
    ("action", "no options", "instanceId: x\ntype: action.go-to\n"),
    ("action", "empty options", "type: action.go-to\noptions:\n"),
    (
        "action",
        "options forgotten",
        "type: action.sync-entities\nprovider: DATA_PROVIDER_DYNAMIC\nentities: [default/a]\n",
    ),
    ("action", "too far in", "type: action.go-back\noptions:\n  when: true\n  title: Back\n"),
    (
        "action",
        "a needed key too far in",
        "type: action.start-sync-scope\noptions:\n  instanceId: load\n  instanceIds: [a]\n",
    ),
    ("action", "a misspelled type", "type: action.goto\noptions: { linkTo: x }\n"),
    ("action", "a type of another world", "type: action.make-coffee\n"),
    (
        "action",
        "an alias",
        "type: \"action-sync-entities\"\noptions: { provider: DATA_PROVIDER_DYNAMIC, entities: [default/a] }\n",
    ),
    (
        "action",
        "an alias with a mistake",
        "type: action.execute.entities\noptions: { provider: DATA_PROVIDER_LOCAL, entity: a, methode: save }\n",
    ),
    (
        "action",
        "a function is missing",
        "type: action.sync-entities\noptions:\n  provider: DATA_PROVIDER_REST\n  entities:\n    - entity: a\n      function: get-a\n    - entity: b\n",
    ),
    (
        "action",
        "a name where a map is needed",
        "type: action.sync-entities\noptions:\n  provider: DATA_PROVIDER_REST\n  entities: [depots]\n",
    ),
    (
        "action",
        "entities as text",
        "type: action.sync-entities\noptions:\n  provider: DATA_PROVIDER_DYNAMIC\n  entities: default/tasks\n",
    ),
    (
        "action",
        "an entity with a slip",
        "type: action.sync-entities\noptions:\n  provider: DATA_PROVIDER_REST\n  entities:\n    - entity: a\n      fucntion: get-a\n",
    ),
    (
        "action",
        "an expression without =",
        "type: action.action-list\nwhen: $exists(@ctx.datasources.a)\noptions:\n  actions: []\n",
    ),
    (
        "action",
        "a truth value in quotes",
        "type: action.action-list\noptions:\n  isSequential: \"true\"\n  actions: []\n",
    ),
    ("action", "yes", "type: action.action-list\noptions:\n  isSequential: yes\n  actions: []\n"),
    (
        "action",
        "one action instead of a list",
        "type: action.action-list\noptions:\n  actions: { type: action.go-back }\n",
    ),
    (
        "action",
        "a short provider",
        "type: action.sync-entities\noptions:\n  provider: REST\n  entities: =$x\n",
    ),
    (
        "action",
        "an unknown provider",
        "type: action.sync-entities\noptions:\n  provider: 'DATA_PROVIDER_MONGO'\n  entities: =$x\n",
    ),
    (
        "action",
        "a number as id",
        "type: action.start-sync-scope\ninstanceId: 42\noptions: { instanceIds: [a, 7] }\n",
    ),
    (
        "action",
        "an empty scope",
        "type: action.start-sync-scope\ninstanceId: load\noptions: { instanceIds: [] }\n",
    ),
    (
        "action",
        "what to do",
        "type: action.start-sync-scope\ninstanceId: load\noptions: { instanceIds: [a], ifRunning: skipp }\n",
    ),
    (
        "action",
        "onError",
        "type: action.sync-entities\noptions:\n  provider: DATA_PROVIDER_DYNAMIC\n  entities: [default/a]\n  onError: { type: action.go-back }\n",
    ),
    ("action", "several keys unknown", "type: action.go-back\noptions:\n  colour: red\n  speed: 3\n"),
    (
        "action",
        "a statement as text",
        "type: action.execute-sql\noptions:\n  statements:\n    - DELETE FROM [a]\n",
    ),
    ("action", "no action inside", "type: action.confirm\noptions:\n  onConfirmed: go-back\n"),
    ("condition", "two forms", "scope: { id: load, is: synced }\nexpr: online()\n"),
    ("condition", "a slip in a form", "anny: [online()]\n"),
    ("condition", "a slip in a test", "scope: { id: load, isnot: syncing }\n"),
    ("condition", "a slip in a state", "all:\n  - scope: { id: load, isNot: synching }\n"),
    ("condition", "a slip in a list of states", "scope: { id: load, is: [synced, faild] }\n"),
    ("condition", "no test", "scope: { id: load }\n"),
    ("condition", "a truth value", "true\n"),
    ("function.rest", "no provider", "method: GET\nurl: https://example.com\n"),
    (
        "function.rest",
        "a slip in the provider's key",
        "providr: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\n",
    ),
    ("function.rest", "a short provider", "provider: rest\nmethod: GET\nurl: https://example.com\n"),
    ("function.rest", "a provider without functions", "provider: DATA_PROVIDER_DYNAMIC\n"),
    (
        "function.rest",
        "a method in lower case",
        "provider: DATA_PROVIDER_REST\nmethod: get\nurl: https://example.com\n",
    ),
    (
        "function.rest",
        "a parameter nowhere",
        "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\nparameters:\n  page: { type: number, required: false }\n  size: { type: number, location: qurey }\n",
    ),
    (
        "function.rest",
        "a list of values",
        "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\nforRowsWithValues: { state: [open, new] }\n",
    ),
    (
        "function.rest",
        "an unknown key",
        "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\nguid: 7\noutputTransfrom: $\n",
    ),
    (
        "function.rest",
        "an unknown operation",
        "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\noperations:\n  - type: operation.upsert\n",
    ),
    ("function.sql", "no query", "provider: DATA_PROVIDER_SQL\nconnection: crm\nmethod: query\n"),
    ("datasource.sqlite", "an unknown type", "type: datasource.sql\noptions: {}\n"),
    (
        "datasource.sqlite",
        "a truth value in quotes",
        "type: datasource.sqlite\noptions:\n  provider: DATA_PROVIDER_LOCAL\n  entities: [a]\n  query: SELECT 1\n  isDocument: 'true'\n",
    ),
    (
        "datasource.sqlite",
        "an empty query",
        "type: datasource.sqlite\noptions:\n  provider: DATA_PROVIDER_LOCAL\n  entities: [a]\n  query: ''\n",
    ),
    ("index", "an event with a slip", "title: A\nonLaod: { type: action.go-back }\n"),
    ("index", "an action without type", "title: A\nonLoad: { options: {} }\n"),
    ("index", "an action of no kind", "title: A\nonLoad: { type: full-sync }\n"),
    ("index", "several actions", "title: A\nonLoad:\n  - { type: action.go-back }\n"),
    ("index", "tables changed as a map", "onTableChange: []\nonTableChanged: { table: a }\n"),
    ("action-file", "actions instead of action", "actions: { type: action.go-back }\n"),
    (
        "settings",
        "slips",
        "databse: a.db\nhttp: { timout: 30s, retries: '3', concurrency: 0 }\nlint: { severity: { unknown-key: fatal } }\n",
    ),
    ("settings", "at the wrong level", "timeout: 30s\nretries: 2\n"),
    ("settings", "a secret that is no text", "credentials: { token: [s3cr3t] }\n"),
    ("index", "no map at all", "- title: A\n"),
    ("action", "a style as text", "type: action.go-back\noptions:\n  style: primary\n"),
    ("action", "a style too far out", "type: action.go-back\noptions:\n  isDanger: true\n"),
    (
        "action",
        "a parameter of the action",
        "type: action.execute-action\noptions:\n  action: sync\n  parameter: { id: 7 }\n",
    ),
    ("action", "a list as condition", "type: action.go-back\ncondition: [online()]\n"),
    ("jig", "a slip in the type", "title: A\ntype: jig.lst\n"),
    ("jig", "a type without its beginning", "title: A\ntype: 'list'\n"),
    ("jig", "a kind of screen that nobody knows", "title: A\ntype: jig.kanban\n"),
    ("jig", "an event with a slip", "title: A\ntype: jig.default\nonFokus: { type: action.go-back }\n"),
    ("jig", "a slip in a group", "type: jig.default\nactions:\n  - childern: []\n"),
    ("component-node", "a slip in the type", "type: component.text-feild\n"),
    ("component-node", "slips in the keys", "type: component.list\noptoins: {}\ninstanceID: a\n"),
    ("translations", "texts by language", "en:\n  greeting: Hello\n"),
];

#[test]
fn messages_read_well() {
    let mut all = String::new();
    for (schema, title, text) in MISTAKES {
        let (files, found) = findings(schema, text);
        assert!(!found.is_empty(), "{title}");
        writeln!(all, "## {schema}: {title}").unwrap();
        for diagnostic in &found {
            render(&mut all, &files, diagnostic);
        }
        all.push('\n');
    }
    insta::assert_snapshot!("messages", all);
}

fn render(out: &mut String, files: &Files, diagnostic: &Diagnostic) {
    let file = files.get(diagnostic.span.file);
    let at = file.position(diagnostic.span.start);
    let shown = &file.text()[diagnostic.span.range()];
    writeln!(out, "{}[{}] {}", diagnostic.severity.word(), diagnostic.rule, diagnostic.message).unwrap();
    writeln!(out, "  at {}:{} `{shown}`", at.line, at.column).unwrap();
    for label in &diagnostic.labels {
        writeln!(out, "  and `{}`: {}", &file.text()[label.span.range()], label.message).unwrap();
    }
    if let Some(help) = &diagnostic.help {
        writeln!(out, "  help: {help}").unwrap();
    }
    if let Some(fix) = &diagnostic.fix {
        let word = if fix.safety == Safety::Safe { "fix" } else { "unsafe fix" };
        let edits: Vec<String> = fix.edits.iter().map(|edit| format!("`{}`", edit.text)).collect();
        writeln!(out, "  {word}: {} ({})", fix.title, edits.join(", ")).unwrap();
    }
}

#[test]
fn one_mistake_is_one_finding() {
    let several = [
        "several keys unknown",
        "a number as id",
        "a parameter nowhere",
        "an unknown key",
        "slips",
        "slips in the keys",
    ];
    let pairs = ["an alias with a mistake", "tables changed as a map"];
    for (schema, title, text) in MISTAKES {
        if several.contains(title) || pairs.contains(title) {
            continue;
        }
        let (_, found) = findings(schema, text);
        assert_eq!(found.len(), 1, "{title}: {found:#?}");
    }
}

#[test]
fn names_that_are_like_no_other_are_left_alone() {
    let quiet = [
        ("jig", "type: '@jigx/jig/form'\nkanban: {}\n"),
        ("jig", "type: =@ctx.x\n"),
        ("component-node", "type: component.kanban\nlanes: []\n"),
        ("component-node", "type: component.story-group\n"),
        // What is there already was not meant.
        ("component-node", "type: component.list\noptions: {}\noption: {}\n"),
    ];
    for (schema, text) in quiet {
        assert_eq!(findings(schema, text).1, [], "{text}");
    }
}

#[test]
fn secrets_are_not_shown() {
    for text in ["credentials: { token: 5551234 }", "providers: { dynamic: { apiKey: 5551234 } }"] {
        let (_, found) = findings("settings", text);
        assert_eq!(found.len(), 1);
        assert!(!format!("{found:?}").contains("5551234"), "{found:?}");
    }
}

#[test]
fn damaged_places_are_not_said_to_lack_anything() {
    let text = "type: action.go-to\noptions: {\n";
    let (_, mut tree, _) = super::parsed(text);
    tree.damaged.push(tree.root.span);
    let mut found = Vec::new();
    super::check_action(&tree.root, &tree, &mut found);
    assert_eq!(found, []);
}

#[test]
fn a_flood_of_mistakes_is_cut_short() {
    let many = |line: &str| (0..20_000).fold(String::new(), |all, n| all + &format!("k{n}: {line}\n"));
    assert_eq!(findings("translations", &many("[]")).1.len(), super::super::mistakes::MOST);
    assert_eq!(findings("settings", &many("1")).1.len(), super::super::mistakes::MOST);
}
