//! Secrets stay secret: not printed, not stored, not in any message.

use std::fs;

use super::small::{self, Guard};
use super::stage::{Finished, Stage};
use super::stub::{Answer, Stub};
use crate::promises::executed;

const KEY: &str = "canary-key-51f0c2e8";
const TOKEN: &str = "canary-token-9d3b7a44";
const CUSTOM: &str = "canary-custom-c61d";

/// An app that sends all its secrets, to a server that throws back what it was sent.
fn stage(stub: &Stub) -> Stage {
    let stage = Stage::empty();
    small::write(&stage, stub.url(), &Guard::Nothing);
    let function = fs::read_to_string(stage.path("app/functions/fetch-first.jigx")).unwrap();
    let more = "parameters:
  accessToken: { type: microsoft.OAuth, location: header, required: true, value: microsoft.OAuth }
  X-Custom: { type: string, location: header, required: false, value: =@ctx.solution.settings.custom.key }
";
    // Further pages are asked for with the same secrets.
    let later = more.replace('\n', "\n  ");
    let function = function.replacen("\n  parameters:\n", &format!("\n  {}\n", later.trim_end()), 1);
    stage.write(
        "app/functions/fetch-first.jigx",
        function.replacen("\nparameters:\n", &format!("\n{more}"), 1),
    );
    stage.write(
        "app/syncscope.yaml",
        format!(
            "database: app.db
solution: {{ settings: {{ custom: {{ baseUrl: \"{0}\", key: \"${{env:CUSTOM}}\" }} }} }}
providers: {{ dynamic: {{ url: \"{0}\", organization: o, solution: s, apiKey: \"${{env:API_KEY}}\" }} }}
credentials: {{ microsoft.OAuth: \"${{env:MS_TOKEN}}\" }}
http: {{ retries: 0, timeout: 5s }}
",
            stub.url()
        ),
    );
    stage.write("app/databases/default.jigx", "databaseId: default\ntables:\n  tasks: null\n");
    let index = fs::read_to_string(stage.path("app/index.jigx")).unwrap();
    let index = index.replace("[pull-first, pull-second]", "[pull-first, pull-second, pull-tasks]")
        + "      - type: action.sync-entities
        instanceId: pull-tasks
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities:
            - default/tasks
";
    stage.write("app/index.jigx", index);
    stage
}

fn run(stage: &Stage, arguments: &str, more: &[&str]) -> Finished {
    let mut command = stage.command(arguments);
    command.args(more).env("API_KEY", KEY).env("MS_TOKEN", TOKEN).env("CUSTOM", CUSTOM);
    Finished::of(&mut command)
}

fn clean(what: &str, text: &[u8]) {
    for secret in [KEY, TOKEN, CUSTOM] {
        let found = text.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{what} gives away {secret}: {}", String::from_utf8_lossy(text));
    }
}

#[test]
fn no_output_and_no_file_holds_a_secret() {
    let stub = Stub::start(|path| {
        let body = format!("{{\"seen\":\"{KEY} {TOKEN} {CUSTOM} {path}\"}}");
        if path.starts_with("/second") { Answer::ok(body) } else { Answer::status(500, body) }
    });
    let stage = stage(&stub);
    let everything: &[(&str, &[&str])] = &[
        ("run app", &[]),
        ("run app -v", &[]),
        ("run app --format json", &[]),
        ("run app --dry-run", &[]),
        ("run app --dry-run --format json", &[]),
        ("lint app", &[]),
        ("lint app --format json", &[]),
        ("status app", &[]),
        ("status app --history", &[]),
        ("status app --format json", &[]),
        ("graph app", &[]),
        ("graph app --format json", &[]),
        ("eval app", &["=@ctx.solution.settings.custom"]),
        ("eval app", &["=$string(@ctx.solution)"]),
        ("eval app --format json", &["=@ctx"]),
        ("eval app", &["=$number(@ctx.solution.settings.custom.key)"]),
        ("query app sync-status", &[]),
        ("query app", &["--sql", "SELECT * FROM _syncStatus"]),
    ];
    executed("no_output_and_no_file_holds_a_secret", "commands with three secrets each", everything.len());
    for (arguments, more) in everything {
        let finished = run(&stage, arguments, more);
        clean(&format!("{arguments} {more:?}"), finished.all().as_bytes());
    }
    let sent = stub.requests().concat();
    for secret in [KEY, TOKEN, CUSTOM] {
        assert!(
            sent.contains(secret),
            "the secret {secret} was sent to the server, else this test shows nothing: {sent}"
        );
    }
    for file in fs::read_dir(stage.path("app")).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("app.db") && !path.is_dir() {
            let bytes = fs::read(&path).unwrap();
            for secret in [KEY, TOKEN] {
                // The server's answer to the table `second` holds them as data; errors must not.
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let told = text.matches(secret).count();
                let data = text.matches("\"seen\"").count();
                assert!(told <= data, "{path:?} gives away {secret} {told} times, {data} times as data");
            }
        }
    }
}

#[test]
fn a_missing_secret_is_named_and_nothing_else_shown() {
    let stub = Stub::start(|_| Answer::ok("{}"));
    let stage = stage(&stub);
    let mut command = stage.command("run app");
    command.env("API_KEY", KEY).env("CUSTOM", CUSTOM);
    let finished = Finished::of(&mut command).code(2);
    assert!(finished.err.contains("MS_TOKEN"), "{finished}");
    clean("the message", finished.all().as_bytes());
    assert_eq!(stub.requests().len(), 0);
}

#[test]
fn a_secret_that_stands_in_the_app_is_shown_by_no_report() {
    const TOKEN: &str = "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzeW5jc2NvcGUifQ.c2lnbmF0dXJl";
    let stage = Stage::empty();
    stage.write("app/index.jigx", "title: T\n");
    let function = format!(
        "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com/x\n\
         parameters: {{ Authorization: {{ location: header, type: string, required: false, valu: 1, value: '{TOKEN}' }} }}\n"
    );
    stage.write("app/functions/get.jigx", &function);
    for format in ["human", "concise", "json", "sarif", "github", "gitlab", "junit"] {
        let run = stage.run(&format!("lint app --format {format}"));
        assert!(run.out.contains("hard-coded-secret"), "{format}: {}", run.out);
        assert!(
            !run.out.contains(&TOKEN[10..40]) && !run.err.contains(&TOKEN[10..40]),
            "{format}: {}",
            run.out
        );
    }
}
