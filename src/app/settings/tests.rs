//! Settings: what they come to, and mistakes with their places.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use serde_json::json;

use super::{HistorySettings, Settings};
use crate::app::SqlConnection;
use crate::app::tests::stage::App;

const INDEX: (&str, &str) = ("index.jigx", "title: T\n");

fn env(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some("s3cr3t-token".to_owned()),
        "EMPTY" => Some(String::new()),
        "HOST" => Some("db.example.com".to_owned()),
        _ => None,
    }
}

/// An app with these settings, and with the folder `tables`.
fn app(text: &str) -> App {
    App::with_env(&[INDEX, ("tables/rows.json", "[]"), ("syncscope.yaml", text)], &env)
}

fn settings(text: &str) -> Settings {
    let app = app(text);
    assert_eq!(app.found(), [""; 0]);
    Settings::clone(&app.loaded.project.settings)
}

#[test]
fn without_a_file_everything_has_its_default() {
    let app = App::new(&[INDEX]);
    let settings = &app.loaded.project.settings;
    assert_eq!(settings.database, app.dir.path().join(".syncscope/app.db"));
    assert_eq!((settings.backend.as_ref(), settings.dynamic.url.as_ref()), (None, None));
    assert_eq!((settings.http.timeout, settings.http.retries), (Duration::from_secs(30), 3));
    assert_eq!((settings.http.max_body, settings.http.concurrency), (64 << 20, 8));
    assert_eq!(settings.http.allow, ["*"]);
    assert_eq!((settings.history.runs, settings.history.age), (100, None));
}

#[test]
fn everything_can_be_set() {
    let settings = settings(
        "database: data/my.db
backend: tables
providers:
  dynamic: { url: https://example.com, organization: acme, solution: sales, apiKey: '${env:TOKEN}' }
  sql: { connections: { crm: 'sqlite:${env:HOST}.db' } }
credentials: { microsoft.OAuth: '${env:TOKEN}' }
solution: { settings: { custom: { baseUrl: '${backend}/v1', list: ['${backend}', 1] } } }
user: { displayName: Dev }
system: { locale: de }
http: { timeout: 1500ms, maxBody: 10MB, retries: 0, allow: ['*.example.com', '${env:HOST}'], concurrency: 500,
  rate: 600/min, deadline: 90s, maxPages: 7, maxRedirects: 0, maxHeaders: 9, maxHeaderBytes: 4KiB }
history: { runs: 7, age: 30d }
",
    );
    let settings = settings.with_backend("http://127.0.0.1:9");
    assert!(
        settings.database.ends_with("data/my.db") && settings.backend.as_ref().unwrap().ends_with("tables")
    );
    assert_eq!(settings.dynamic.url.as_deref(), Some("https://example.com"));
    assert_eq!(settings.dynamic.api_key.as_ref().unwrap().expose(), "s3cr3t-token");
    assert!(
        matches!(&settings.sql["crm"], SqlConnection::Sqlite(path) if path.ends_with("db.example.com.db"))
    );
    assert_eq!(settings.credentials["microsoft.OAuth"].expose(), "s3cr3t-token");
    assert_eq!(
        settings.custom,
        json!({"baseUrl": "http://127.0.0.1:9/v1", "list": ["http://127.0.0.1:9", 1]})
    );
    assert_eq!(
        (&settings.user, &settings.system),
        (&json!({"displayName": "Dev"}), &json!({"locale": "de"}))
    );
    assert_eq!((settings.http.timeout, settings.http.max_body), (Duration::from_millis(1500), 10_000_000));
    assert_eq!((settings.http.retries, settings.http.concurrency), (0, 64));
    assert_eq!(settings.history, HistorySettings { runs: 7, age: Some(Duration::from_secs(30 * 86400)) });
    assert_eq!(settings.http.allow, ["*.example.com", "db.example.com"]);
    assert_eq!(settings.http.spacing, Some(Duration::from_millis(100)));
    assert_eq!((settings.http.deadline, settings.http.max_pages), (Duration::from_secs(90), Some(7)));
    let http = &settings.http;
    assert_eq!((http.max_redirects, http.max_headers, http.max_header_bytes), (0, 9, 4096));
    assert_eq!(settings.served.as_deref(), Some("http://127.0.0.1:9"));
}

#[test]
fn the_served_folder_stands_for_dynamic_data_when_no_address_is_given() {
    let with = |url: &str| {
        settings(&format!("backend: tables\nproviders: {{ dynamic: {{ organization: a{url} }} }}\n"))
    };
    assert_eq!(with("").with_backend("http://x").dynamic.url.as_deref(), Some("http://x"));
    let below = with(", url: '${backend}/below'").with_backend("http://x");
    assert_eq!(below.dynamic.url.as_deref(), Some("http://x/below"));
}

#[test]
fn absolute_paths_and_paths_outside_are_taken_as_they_are() {
    assert_eq!(settings("database: /var/lib/x.db\n").database, std::path::Path::new("/var/lib/x.db"));
    assert!(settings("database: ../x.db\n").database.ends_with("../x.db"));
}

#[test]
fn a_default_stands_for_a_missing_and_for_an_empty_variable() {
    let user = |text: &str| settings(&format!("user: {{ x: '{text}' }}\n")).user["x"].clone();
    assert_eq!(user("${env:NONE:-default}"), json!("default"));
    assert_eq!(user("${env:EMPTY:-default}"), json!("default"));
    assert_eq!(user("${env:NONE:-}"), json!(""));
    assert_eq!(user("${env:EMPTY}"), json!(""));
    assert_eq!(user("a ${env:HOST:-x} b ${env:NONE:-y} c"), json!("a db.example.com b y c"));
    assert_eq!(user("${other} $env:HOST"), json!("${other} $env:HOST"), "other texts stay");
}

#[test]
fn a_credential_may_say_how_it_is_renewed() {
    let settings = settings(
        "backend: tables
credentials:
  plain: abcdef
  crm: { token: '${env:TOKEN}', refresh: { url: '${backend}/token', token: refresh-it, clientId: me, clientSecret: '${env:NONE:-}', scope: all } }
  bare: { refresh: { url: 'https://h/token', clientId: me, clientSecret: client-secret } }
",
    )
    .with_backend("http://127.0.0.1:9");
    let crm = &settings.renewals["crm"];
    assert_eq!(settings.credentials["crm"].expose(), "s3cr3t-token");
    assert_eq!((crm.url.as_str(), crm.client_secret.as_ref()), ("http://127.0.0.1:9/token", None));
    assert_eq!((crm.client_id.as_deref(), crm.scope.as_deref()), (Some("me"), Some("all")));
    assert_eq!(settings.credentials["bare"].expose(), "");
    assert!(!settings.renewals.contains_key("plain"));
    let exposed: Vec<&str> = settings.secrets.iter().map(super::Secret::expose).collect();
    assert!(["abcdef", "refresh-it", "client-secret"].iter().all(|text| exposed.contains(text)));
}

#[test]
fn values_of_the_environment_are_secrets_and_shown_nowhere() {
    let settings = settings(
        "database: ${env:TOKEN}.db
backend: tables
providers: { dynamic: { url: 'https://${env:TOKEN}@h', organization: '${env:TOKEN}', apiKey: '${env:TOKEN}' }, sql: { connections: { a: 'sqlite:${env:TOKEN}' } } }
credentials: { a: plain-secret }
solution: { settings: { custom: { t: '${env:TOKEN}' } } }
user: { t: '${env:TOKEN}' }
system: { t: '${env:TOKEN}' }
",
    );
    let exposed: Vec<&str> = settings.secrets.iter().map(super::Secret::expose).collect();
    assert!(exposed.contains(&"s3cr3t-token") && exposed.contains(&"plain-secret"));
    let mut shown = format!("{settings:?} {:?}", settings.dynamic);
    // The path of the database is needed where it cannot be opened; commands hide what is secret in it.
    shown = shown.replace("s3cr3t-token.db", "");
    assert!(!shown.contains("s3cr3t") && !shown.contains("plain-secret"), "{shown}");
}

#[test]
fn mistakes_have_their_exact_places() {
    let cases: &[(&str, &str)] = &[
        (
            "user: { x: \"a ${env:NONE} b\" }\n",
            "missing-environment-variable: the environment variable `NONE` is not set @ syncscope.yaml:${env:NONE}",
        ),
        (
            "user:\n  x: |\n    one\n    ${env:NONE}\n",
            "missing-environment-variable: the environment variable `NONE` is not set @ syncscope.yaml:${env:NONE}",
        ),
        (
            "user: { x: 'a ${env:HOST b' }\n",
            "invalid-settings: `${env:` has no `}` that ends it @ syncscope.yaml:${env:HOST b",
        ),
        (
            "user: { x: 'go ${backend}/x' }\n",
            "invalid-settings: `${backend}` is the address of the served folder, and no `backend:` names one @ syncscope.yaml:${backend}",
        ),
        (
            "http: { timeout: soon }\n",
            "invalid-settings: `soon` is not a duration such as `30s` @ syncscope.yaml:soon",
        ),
        (
            "http: { timeout: 0s }\n",
            "invalid-settings: `0s` is not a duration such as `30s` @ syncscope.yaml:0s",
        ),
        (
            "http: { maxBody: '64 lots' }\n",
            "invalid-settings: `64 lots` is not a size such as `64MiB` @ syncscope.yaml:'64 lots'",
        ),
        (
            "http: { maxBody: '99999999999GiB' }\n",
            "invalid-settings: `99999999999GiB` is not a size such as `64MiB` @ syncscope.yaml:'99999999999GiB'",
        ),
        (
            "http: { timeout: '${env:TOKEN}' }\n",
            "invalid-settings: `${env:TOKEN}` is not a duration such as `30s` @ syncscope.yaml:'${env:TOKEN}'",
        ),
        (
            "database: ''\n",
            "wrong-value: `database` should be a text, found an empty text @ syncscope.yaml:''",
        ),
        ("database: data/\n", "invalid-settings: `data/` is not a file @ syncscope.yaml:data/"),
        ("database: .\n", "invalid-settings: `.` is not a file @ syncscope.yaml:."),
        ("database: tables\n", "invalid-settings: `tables` is not a file @ syncscope.yaml:tables"),
        (
            "backend: nowhere\n",
            "invalid-settings: there is no folder `nowhere` whose tables could be served @ syncscope.yaml:nowhere",
        ),
        (
            "backend: index.jigx\n",
            "invalid-settings: there is no folder `index.jigx` whose tables could be served @ syncscope.yaml:index.jigx",
        ),
        (
            "http: { timeout: 5 }\n",
            "wrong-type: `timeout` of `http` should be a length of time such as `500ms`, `30s` or `2m`, found the number `5` @ syncscope.yaml:5",
        ),
        (
            "user: { x: 'a ${evn:HOST:-pa55} b' }\n",
            "invalid-settings: `${evn:HOST:-…}` is no placeholder and stays as it is @ syncscope.yaml:${evn:HOST:-pa55}",
        ),
        (
            "user: { x: '${backnd}' }\n",
            "invalid-settings: `${backnd}` is no placeholder and stays as it is @ syncscope.yaml:${backnd}",
        ),
        (
            "user: { x: '${API_KEY}' }\n",
            "invalid-settings: `${API_KEY}` is no placeholder and stays as it is @ syncscope.yaml:${API_KEY}",
        ),
        (
            "user: { x: '${env:}' }\n",
            "invalid-settings: `${env:}` names no variable @ syncscope.yaml:${env:}",
        ),
        (
            "user: { x: '${env:HOST:pa55}' }\n",
            "invalid-settings: the default of `HOST` stands behind `:` alone @ syncscope.yaml:${env:HOST:pa55}",
        ),
        (
            "user: { x: '${env:A B}' }\n",
            "invalid-settings: `A B` is no name of a variable @ syncscope.yaml:${env:A B}",
        ),
        (
            "lint: { perFile: { '[z-a]': [all] } }\n",
            "invalid-settings: `[z-a]` is not a pattern of files @ syncscope.yaml:'[z-a]'",
        ),
        (
            "lint: { perFile: { '!jigs/**': [all] } }\n",
            "invalid-settings: `!jigs/**` is not a pattern of files @ syncscope.yaml:'!jigs/**'",
        ),
        (
            "lint: { perFile: { 'jigs/[a': [all] } }\n",
            "invalid-settings: `jigs/[a` is not a pattern of files @ syncscope.yaml:'jigs/[a'",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(app(text).found(), [*expected], "{text}");
    }
}

#[test]
fn keys_that_nobody_knows_are_told_by_the_schema() {
    let found = app("databse: x.db\n").found();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("`databse`"), "{found:?}");
}

#[test]
fn a_missing_variable_is_told_once_and_has_no_consequences() {
    let found =
        app("database: '${env:NONE}'\nhttp: { timeout: '${env:NONE}', maxBody: '${env:NONE}' }\n").found();
    assert!(found.iter().all(|found| found.starts_with("missing-environment-variable")), "{found:?}");
    assert_eq!(found.len(), 3, "once for each place");
}

#[test]
fn of_two_settings_files_one_is_read_and_the_other_is_a_mistake() {
    let app =
        App::new(&[INDEX, ("syncscope.yaml", "database: a.db\n"), ("syncscope.yml", "database: b.db\n")]);
    let expected =
        "invalid-settings: an app has one settings file, and this one is not read @ syncscope.yml:";
    assert_eq!(app.found(), [expected]);
    assert!(app.loaded.project.settings.database.ends_with("a.db"));
    let label = &app.loaded.diagnostics().next().unwrap().labels[0];
    assert_eq!(
        (app.text(label.span).as_str(), label.message.as_str()),
        ("syncscope.yaml:", "the settings that are read")
    );
}

#[test]
fn values_of_the_wrong_kind_leave_the_defaults() {
    let app = app(
        "database: [a]\nuser: 5\nsystem:\nhttp: fast\nproviders: x\ncredentials: [a]\nsolution: { settings: { custom: [1] } }\n",
    );
    assert!(!app.found().is_empty());
    let settings = &app.loaded.project.settings;
    assert!(settings.database.ends_with(".syncscope/app.db"));
    let empty = json!({});
    assert_eq!((&settings.user, &settings.system, &settings.custom), (&empty, &empty, &empty));
}
