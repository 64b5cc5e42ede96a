//! Canaries: secrets stand in every place where an app may have one, and no sink may sing of them.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::stage::{Finished, Stage};
use super::stub::{Answer, Stub};
use crate::promises::executed;

/// Each secret with the variable that brings it.
const SECRETS: &[(&str, &str)] = &[
    ("TOKEN", "canary+token/51f0 c2e8"),
    ("LOGIN", "canary-user:canary-pass-9d3b7a44"),
    ("KEY", "canary-key-\"c61d\"-ü"),
    ("QUERY", "canary query&77aa=b"),
    ("BODY", "canary-body-\\04be"),
    ("API", "canary-api-5ce8f1"),
    ("CUSTOM", "canary-custom-1d2e3f"),
    ("SQL", "canary-sql-8b8b8b"),
];

const INDEX: &str = "name: aviary
title: Aviary
onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: all
        options: { instanceIds: [good, echo, moved, bad-url, rows, sent, ruled, store] }
      - { type: action.sync-entities, instanceId: good, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: good, function: good }] } }
      - { type: action.sync-entities, instanceId: echo, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: echo, function: echo }] } }
      - { type: action.sync-entities, instanceId: moved, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: moved, function: moved }] } }
      - { type: action.sync-entities, instanceId: bad-url, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: bad-url, function: bad-url }] } }
      - { type: action.sync-entities, instanceId: rows, options: { provider: DATA_PROVIDER_DYNAMIC, entities: [default/rows] } }
      - { type: action.sync-entities, instanceId: sent, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: sent, function: sent }] } }
      - { type: action.sync-entities, instanceId: ruled, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: ruled, function: ruled }] } }
      - { type: action.sync-entities, instanceId: store, options: { provider: DATA_PROVIDER_SQL, entities: [{ entity: store, function: store }] } }
";

const SETTINGS: &str = "database: app.db
providers:
  dynamic: { url: \"URL\", organization: o, solution: s, apiKey: \"${env:API}\" }
  sql: { connections: { erp: \"postgres://reader:${env:SQL}@db.example.com/erp\" } }
credentials:
  crm.token: \"${env:TOKEN}\"
  crm.login: \"${env:LOGIN}\"
  crm.key: \"${env:KEY}\"
  crm.query: \"${env:QUERY}\"
  crm.body: \"${env:BODY}\"
solution: { settings: { custom: { baseUrl: \"URL\", note: \"${env:CUSTOM}\", login: \"http://me:${env:CUSTOM}@127.0.0.1:1/x\" } } }
http: { retries: 0, timeout: 5s, allow: ['*', 127.0.0.1] }
";

/// Everything that a request can carry a secret in, but its body.
const PARAMETERS: &str = "parameters:
  accessToken: { type: crm.token, location: header, required: true, value: crm.token }
  X-Crm: { type: secret, location: header, required: true, value: crm.key }
  X-Note: { type: string, location: header, required: true, value: =@ctx.solution.settings.custom.note }
  code: { type: secret, location: query, required: true, value: crm.query }
";

fn function(path: &str, more: &str) -> String {
    format!(
        "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: =@ctx.solution.settings.custom.baseUrl & '{path}'\n\
         useLocalCall: true\n{PARAMETERS}{more}"
    )
}

fn stage(url: &str) -> Stage {
    let stage = Stage::empty();
    stage.write("app/index.jigx", INDEX).write("app/syncscope.yaml", SETTINGS.replace("URL", url));
    stage.write("app/databases/default.jigx", "databaseId: default\ntables:\n  rows: null\n");
    let store = "provider: DATA_PROVIDER_SQL\nconnection: erp\nmethod: query\nquery: SELECT id FROM store\n";
    let bad_url = "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: =@ctx.solution.settings.custom.login\nuseLocalCall: true\n";
    let login = "  basicAuth: { type: crm.login, location: header, required: true, value: crm.login }\n";
    let sent =
        function("/sent", "  text: { type: secret, location: body, required: true, value: crm.body }\n")
            .replace("method: GET", "method: POST");
    let rule = "error:
  - when: =@ctx.response.status >= 400
    title: =@ctx.response.body.message
    description: =$string(@ctx.response.headers)
    operations:
      - { type: operation.upsert-replace, table: errors, records: '={ \"id\": \"1\", \"said\": $string(@ctx.response.body) }' }
";
    for (name, text) in [
        ("good", function("/good", "")),
        ("echo", function("/echo", login)),
        ("moved", function("/moved", "")),
        ("bad-url", bad_url.to_owned()),
        ("sent", sent),
        ("ruled", function("/ruled", rule)),
        ("store", store.to_owned()),
    ] {
        stage.write(&format!("app/functions/{name}.jigx"), text);
    }
    stage
}

/// Every secret as it is, and in what else it may be spelled like.
fn spellings() -> Vec<String> {
    let mut all = Vec::new();
    for (_, secret) in SECRETS {
        let json = serde_json::to_string(secret).unwrap();
        let percent: String = secret
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    char::from(byte).to_string()
                }
                byte => format!("%{byte:02X}"),
            })
            .collect();
        all.push((*secret).to_owned());
        all.push(json[1..json.len() - 1].to_owned());
        all.push(percent.replace("%20", "+"));
        all.push(percent);
        all.push(STANDARD.encode(secret));
        all.push(URL_SAFE.encode(secret));
        all.extend(secret.split_once(':').map(|(_, password)| password.to_owned()));
    }
    all
}

/// A secret in the base64 of something longer.
fn embedded(secret: &str) -> String {
    STANDARD.encode(format!("Bearer {secret}"))
}

/// A server that says everything it was told, in every spelling.
fn parrot() -> Stub {
    let embedded: Vec<String> = SECRETS.iter().map(|(_, secret)| embedded(secret)).collect();
    let said = [spellings(), embedded].concat().join(" | ");
    Stub::start(move |path| {
        let body = serde_json::json!({ "message": format!("no: {said} {path}") }).to_string();
        match path.split(['?', '/']).nth(1) {
            Some("good") => Answer::ok("[{\"id\":\"1\"}]").header("Set-Cookie", "session=canary-cookie-1"),
            Some("moved") => {
                Answer::status(302, "").header("Location", &format!("http://127.0.0.1:1/{path}"))
            }
            Some("ruled") => Answer::status(422, body).header("X-Said", "canary+token/51f0 c2e8"),
            _ => Answer::status(500, body),
        }
    })
}

fn run(stage: &Stage, arguments: &str) -> Finished {
    let mut command = stage.command(arguments);
    command.envs(SECRETS.iter().copied());
    Finished::of(&mut command)
}

fn clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // Without what depends on its neighbours; and whoever words it anew still leaves `canary`.
    let pieces = SECRETS.iter().map(|(_, secret)| embedded(secret)[12..24].to_owned());
    for secret in spellings().into_iter().chain(pieces).chain(["canary".to_owned()]) {
        let at = text.find(&secret);
        let near = at.map(|at| text[at.saturating_sub(60)..].chars().take(200).collect::<String>());
        assert!(at.is_none(), "{what} gives away `{secret}`: {near:?}");
    }
}

fn all_files(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all_files(&path, files) } else { files.push(path) }
    }
}

#[test]
fn no_sink_sings() {
    let server = parrot();
    let stage = stage(server.url());
    let commands = [
        ("lint app", 0),
        ("lint app --format json", 0),
        ("lint app --format sarif", 0),
        ("run app --dry-run", 0),
        ("run app --dry-run --format json", 0),
        ("run app", 1),
        ("run app -v", 1),
        ("run app --format json", 1),
        ("run app --record tape --db recorded.db", 1),
        ("run app --replay tape --db replayed.db --format json", 1),
        ("status app", 0),
        ("status app --history", 0),
        ("status app --format json", 0),
        ("query app --sql SELECT/**/*/**/FROM/**/errors", 0),
        ("query app --sql SELECT/**/*/**/FROM/**/_syncStatus --format json", 0),
        ("graph app", 0),
    ];
    for (arguments, code) in commands {
        let finished = run(&stage, arguments);
        clean(arguments, finished.all().as_bytes());
        finished.code(code);
    }
    executed(
        "no_sink_sings",
        "commands with eight secrets each, recordings and replays among them",
        commands.len(),
    );
    let heard = server.requests().concat();
    for secret in [
        "Bearer canary+token/51f0 c2e8",
        "canary%20query%2677aa%3Db",
        "canary-custom-1d2e3f",
        "canary-api-5ce8f1",
    ] {
        assert!(
            heard.contains(secret),
            "`{secret}` was never sent, so that this test shows nothing: {heard}"
        );
    }
    let mut files = Vec::new();
    all_files(&stage.path("."), &mut files);
    let names: Vec<String> = files.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    for wanted in ["app.db", "tape/recording.json", "recorded.db", "replayed.db"] {
        assert!(names.iter().any(|name| name.ends_with(wanted)), "{wanted}: {names:?}");
    }
    assert_eq!(stage.database("app/app.db").count("errors"), 1, "the rule kept what the server said");
    for path in files.iter().filter(|path| !path.ends_with("index.jigx")) {
        clean(&path.to_string_lossy(), &fs::read(path).unwrap());
    }
}
