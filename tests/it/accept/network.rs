//! Which hosts an app may ask, what they are told, and what is not asked twice.

use super::stage::{Stage, until};
use super::stub::{Answer, Gate, Stub};

/// An app with one function, whose address and more of it are given.
fn write(stage: &Stage, function: &str, parameters: &str, settings: &str) {
    let index = format!(
        "name: small
title: Small
onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: all
        options: {{ instanceIds: [pull] }}
      - type: action.sync-entities
        instanceId: pull
        options:
          provider: DATA_PROVIDER_REST
          entities: [{{ entity: things, function: fetch{parameters} }}]
"
    );
    stage.write("app/index.jigx", index);
    let function = format!("provider: DATA_PROVIDER_REST\nmethod: GET\nuseLocalCall: true\n{function}");
    stage.write("app/functions/fetch.jigx", function);
    stage.write("app/syncscope.yaml", format!("database: app.db\n{settings}"));
}

fn code(stage: &Stage) -> String {
    let code = stage.database("app/app.db").value("SELECT ifnull(code, '') FROM _syncStatus");
    code.as_str().unwrap().to_owned()
}

const ROWS: &str = r#"[{"id":"1"},{"id":"2"}]"#;

#[test]
fn this_machine_is_asked_where_the_author_says_so() {
    let server = Stub::start(|_| Answer::ok(ROWS));
    let url = server.url();
    let parameter = "parameters: { base: { type: string, location: path, required: true } }\n";
    let argument = format!(", parameters: {{ base: \"{url}\" }}");
    let custom = format!("solution: {{ settings: {{ custom: {{ baseUrl: \"{url}\" }} }} }}\n");
    let named = "http: { allow: [127.0.0.1] }\n".to_owned();
    for (function, parameters, settings, expected) in [
        (format!("url: {url}/things\n"), "", "", ""),
        ("url: =@ctx.solution.settings.custom.baseUrl & '/things'\n".to_owned(), "", custom.as_str(), ""),
        (format!("url: \"{{base}}/things\"\n{parameter}"), argument.as_str(), "", "config.host"),
        (format!("url: \"{{base}}/things\"\n{parameter}"), argument.as_str(), named.as_str(), ""),
        (format!("url: {url}/things\n"), "", "http: { allow: [api.example.com] }\n", "config.host"),
    ] {
        let stage = Stage::empty();
        write(&stage, &function, parameters, settings);
        let run = stage.run("run app");
        assert_eq!(code(&stage), expected, "{function}{settings}{}", run.out);
    }
}

#[test]
fn an_answer_leads_nowhere_else_on_this_machine() {
    let inner = Stub::start(|_| Answer::ok(ROWS));
    let target = format!("{}/admin", inner.url());
    let server = Stub::start(move |_| Answer::status(302, "").header("Location", &target));
    let stage = Stage::empty();
    write(&stage, &format!("url: {}/things\n", server.url()), "", "");
    let run = stage.run("run app");
    assert!(run.out.contains("`127.0.0.1` is this machine"), "{}", run.out);
    assert_eq!(code(&stage), "config.host");
    assert!(inner.requests().is_empty());
}

#[test]
fn credentials_do_not_follow_a_redirect_elsewhere() {
    let other = Stub::start(|_| Answer::ok(ROWS));
    let target = format!("{}/things", other.url());
    let server = Stub::start(move |_| Answer::status(302, "").header("Location", &target));
    let stage = Stage::empty();
    let parameters = "parameters:\n  accessToken: { type: string, location: header, required: true, value: main }\n  \
                      x-api-key: { type: secret, location: header, required: true, value: key }\n  \
                      Cookie: { type: string, location: header, required: true, value: a=b }\n";
    let settings = "credentials: { main: canary-token-1, key: canary-key-2 }\nhttp: { allow: [127.0.0.1] }\n";
    write(&stage, &format!("url: {}/things\n{parameters}", server.url()), "", settings);
    stage.run("run app");
    assert_eq!(code(&stage), "");
    let home = server.requests().concat();
    assert!(home.contains("canary-token-1") && home.contains("canary-key-2"), "{home}");
    let there = other.requests().concat().to_lowercase();
    for word in ["canary", "authorization", "cookie", "x-api-key"] {
        assert!(!there.contains(word), "{there}");
    }
}

#[test]
fn what_is_as_it_was_is_told() {
    // The port of a served folder is another one every time.
    let stage = Stage::empty();
    let custom = "backend: data\nsolution: { settings: { custom: { baseUrl: \"${backend}\" } } }\n";
    write(&stage, "url: =@ctx.solution.settings.custom.baseUrl & '/things'\n", "", custom);
    stage.write("app/data/things.json", ROWS);
    assert!(stage.run("run app").out.contains("things 2 rows"));
    let again = stage.run("run app");
    assert!(again.out.contains("sync-entities pull  things unchanged (304)"), "{}", again.out);
    assert!(again.out.contains("no row changed; things unchanged (304)"), "{}", again.out);
    let events = stage.run("run app --format json").out;
    assert!(events.contains(r#""note":"unchanged (304)""#), "{events}");
    let finished =
        r#""event":"entity.finished","entity":"things","inserted":0,"updated":0,"unchanged":2,"deleted":0"#;
    assert!(events.contains(finished), "{events}");
    stage.write("app/data/things.json", r#"[{"id":"1"},{"id":"3"}]"#);
    let changed = stage.run("run app");
    assert!(changed.out.contains("changed: things 1 new, 1 gone"), "{}", changed.out);
}

#[test]
fn a_run_that_was_killed_goes_on_behind_what_is_on_disk() {
    let gate = Gate::closed();
    let held = std::sync::Arc::clone(&gate);
    // Large enough that pages go to the disk before the last one has come.
    let text = "x".repeat(3 << 20);
    let server = Stub::start(move |path| {
        let number: u32 = path.split("cursor=").nth(1).map_or(0, |cursor| cursor.parse().unwrap());
        if number == 3 {
            held.pass();
        }
        let next = if number < 3 { format!("\"{}\"", number + 1) } else { "null".to_owned() };
        Answer::ok(format!(r#"{{"items":[{{"id":"{number}","text":"{text}"}}],"next":{next}}}"#))
    });
    let stage = Stage::empty();
    let function = format!(
        "url: {url}/things
records: =$.items
continuation:
  when: =$boolean($.next)
  url: {url}/things
  parameters:
    cursor: {{ type: string, location: query, required: true, value: =$.next }}
",
        url = server.url()
    );
    write(&stage, &function, "", "");
    let run = stage.start("run app");
    until(|| server.requests().iter().any(|head| head.contains("cursor=3")));
    run.kill();
    let before = server.requests().len();
    gate.open();
    let again = stage.run("run app");
    assert!(again.out.contains("things went on after page 2"), "{}", again.out);
    let asked: Vec<String> =
        server.requests()[before..].iter().map(|head| head.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(asked, ["/things?cursor=2", "/things?cursor=3"]);
    let database = stage.database("app/app.db");
    assert_eq!(database.value("SELECT group_concat(id) FROM (SELECT id FROM things ORDER BY id)"), "0,1,2,3");
    assert_eq!(database.count("_syncResume"), 0);
}
