//! Whatever is wrong in the world or on the command line: one clear message, the right exit code,
//! and the data as they were.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::small::{self, Guard, PAGES, ROWS, Source};
use super::stage::{Finished, Stage};
use super::stub::{Answer, Gate, Stub};

const DB: &str = "app/app.db";

/// A small app, synced once.
fn synced() -> (Stage, Source) {
    let stage = Stage::empty();
    let gate = Gate::closed();
    gate.open();
    let source = Source::start(&gate, &[]);
    small::write(&stage, source.stub.url(), &Guard::Nothing);
    stage.run("run app").code(0);
    (stage, source)
}

/// One message that holds all words, and not the same one twice.
#[track_caller]
fn says(finished: &Finished, words: &[&str]) {
    for word in words {
        assert!(finished.err.contains(word), "does not say `{word}`: {finished}");
    }
    let errors = finished.err.lines().filter(|line| line.starts_with("error")).count();
    assert_eq!(errors, 1, "one message, not {errors}: {finished}");
}

#[test]
fn wrong_words_on_the_command_line() {
    let (stage, _source) = synced();
    let cases: &[(&str, i32, &[&str])] = &[
        ("run nowhere", 2, &["`nowhere`", "does not exist"]),
        ("lint nowhere", 2, &["`nowhere`", "does not exist"]),
        ("status nowhere", 2, &["`nowhere`"]),
        ("run --frobnicate app", 2, &["--frobnicate"]),
        ("run app --on onLoda", 2, &["`onLoda`", "onLoad"]),
        ("run app --jig hoem", 2, &["`hoem`"]),
        ("run app --action pull-frist", 2, &["`pull-frist`", "pull-first"]),
        ("run app --format xml", 2, &["xml", "json"]),
        ("run app --timeout soon", 2, &["soon", "30s"]),
        ("run app --yes --no", 2, &["--yes", "--no"]),
        ("query app sync-scoops", 2, &["`sync-scoops`", "sync-scopes"]),
        ("graph app --focus pull-frist", 2, &["`pull-frist`"]),
        ("schema action.sync-entitys", 2, &["action.sync-entitys", "action.sync-entities"]),
        ("explain no-such-rule", 2, &["no-such-rule"]),
        ("lint app --select no-such-rule", 2, &["no-such-rule"]),
        ("serve nowhere", 2, &["nowhere`"]),
        ("serve app --port 99999", 2, &["99999"]),
        ("serve app --fail 200%", 2, &["200%"]),
        ("serve app --fault cut-bdy@2", 2, &["`cut-bdy`", "did you mean `cut-body`"]),
        ("serve app --fault cut-body@0", 2, &["`0`", "`2-3`"]),
        ("serve app --scenario missing.yaml", 2, &["missing.yaml"]),
        ("eval app =1+", 2, &[]),
        ("frobnicate", 2, &["frobnicate"]),
    ];
    let before = stage.database(DB).dump();
    let mut told = String::new();
    for (arguments, code, words) in cases {
        let finished = stage.run(arguments);
        assert_eq!(finished.status.code(), Some(*code), "{arguments}: {finished}");
        assert_eq!(finished.out, "", "{arguments}: results only on standard output");
        for word in *words {
            assert!(finished.err.contains(word), "{arguments} does not say `{word}`: {finished}");
        }
        let errors = finished.err.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(errors, 1, "{arguments}: {finished}");
        let messages = finished.err.split("\n\nUsage:").next().unwrap_or_default().trim_end();
        told += &format!("$ syncscope {arguments}\n{}\n\n", stage.nameless(messages));
    }
    insta::assert_snapshot!(told);
    assert_eq!(stage.database(DB).dump(), before);
}

#[test]
fn folders_without_an_app() {
    let stage = Stage::empty();
    stage.write("notes/readme.txt", "hello");
    stage.write("lone/notes.yaml", "a: 1\n");
    for arguments in
        ["lint notes", "run notes", "status notes", "lint notes/readme.txt", "lint lone/notes.yaml", "lint"]
    {
        let finished = stage.run(arguments);
        assert_eq!(finished.status.code(), Some(2), "{arguments}: {finished}");
        says(&finished, &["app"]);
    }
}

#[test]
fn a_scope_that_nobody_started() {
    let (stage, _source) = synced();
    let finished = stage.run("status app --scope al");
    assert_eq!(finished.status.code(), Some(2), "{finished}");
    says(&finished, &["`al`", "all"]);
}

#[test]
fn sql_that_is_wrong() {
    let (stage, _source) = synced();
    for (sql, words) in [
        ("SELECT * FROM [frist]", &["frist", "first"][..]),
        ("SELEC * FROM [first]", &["SELEC"]),
        ("SELECT nope FROM [first]", &["nope"]),
        ("DELETE FROM [first]", &["read"]),
        ("SELECT 1; DELETE FROM [first]", &[]),
        ("ATTACH 'x.db' AS x", &[]),
    ] {
        let finished = Finished::of(stage.command("query app --sql").arg(sql));
        assert!(matches!(finished.status.code(), Some(1 | 2)), "{sql}: {finished}");
        says(&finished, words);
    }
    assert_eq!(stage.database(DB).count("first"), PAGES * ROWS);
    assert!(!stage.path("x.db").exists());
}

#[test]
fn an_expression_that_fails() {
    let (stage, _source) = synced();
    for (expression, words) in [
        ("=1 + 'a'", &["+"][..]),
        ("=$nope()", &["nope"]),
        ("=$map([1..3], function($x) { $x( })", &[]),
        ("scope::state(\"all\") == 1", &[]),
        ("scope::stat(\"all\") == \"synced\"", &["scope::stat"]),
        ("1 / 0 == 1", &[]),
    ] {
        let finished = Finished::of(stage.command("eval app").arg(expression));
        let code = finished.status.code();
        let equal_of_other_kind =
            expression.ends_with("== 1") && code == Some(0) && finished.out.contains("false");
        assert!(matches!(code, Some(1 | 2)) || equal_of_other_kind, "{expression}: {finished}");
        for word in words {
            assert!(finished.err.contains(word), "{expression} does not say `{word}`: {finished}");
        }
    }
}

#[test]
fn a_guard_that_fails_is_not_true() {
    let (stage, source) = synced();
    let index = fs::read_to_string(stage.path("app/index.jigx")).unwrap();
    let asked = source.stub.requests().len();
    let guarded = index.replace(
        "onLoad:\n  type: action.action-list\n",
        "onLoad:\n  type: action.action-list\n  when: =1 + 'a'\n",
    );
    assert_ne!(guarded, index);
    stage.write("app/index.jigx", guarded);
    let finished = stage.run("run app");
    assert!(matches!(finished.status.code(), Some(0 | 1)), "{finished}");
    assert!(finished.all().contains("when"), "{finished}");
    let guarded = index.replace(
        "onLoad:\n  type: action.action-list\n",
        "onLoad:\n  type: action.action-list\n  condition: 'ms(1) / ms(0) > 1'\n",
    );
    stage.write("app/index.jigx", guarded);
    let finished = stage.run("run app").code(1);
    assert!(finished.all().contains("zero"), "{finished}");
    assert_eq!(source.stub.requests().len(), asked, "nothing is fetched behind a guard that fails");
}

#[test]
fn a_broken_app_is_not_run() {
    let (stage, source) = synced();
    let asked = source.stub.requests().len();
    let before = stage.database(DB).dump();
    stage.write("app/functions/fetch-first.jigx", "provider: [DATA_PROVIDER_REST\nmethod GET\n");
    let finished = stage.run("run app").code(1);
    assert!(finished.err.contains("fetch-first.jigx"), "{finished}");
    assert_eq!(source.stub.requests().len(), asked);
    assert_eq!(stage.database(DB).dump(), before);
}

#[test]
fn settings_that_are_wrong() {
    let (stage, _source) = synced();
    for (settings, words) in [
        ("databse: app.db\n", &["databse", "database", "syncscope.yaml"][..]),
        ("http: { timeout: soon }\n", &["timeout", "syncscope.yaml"]),
        ("providers: { dynamic: { apiKey: \"${env:NO_SUCH_VARIABLE}\" } }\n", &["NO_SUCH_VARIABLE"]),
        ("database: [\n", &["syncscope.yaml"]),
        ("lint: { ignore: [unknown-jigs] }\n", &["unknown-jigs", "unknown-jig"]),
        ("user: { email: \"${evn:EMAIL}\" }\n", &["${evn:EMAIL}", "${env:EMAIL}"]),
    ] {
        stage.write("app/syncscope.yaml", settings);
        for command in ["run app", "status app", "query app sync-scopes"] {
            let finished = stage.run(command).code(2);
            for word in words {
                assert!(
                    finished.err.contains(word),
                    "{command} with {settings} does not say `{word}`: {finished}"
                );
            }
        }
    }
}

#[test]
fn databases_that_cannot_be_opened() {
    let (stage, source) = synced();
    let before = stage.database(DB).dump();
    stage.write("text.db", "this is no database at all, but a longer text that says so\n".repeat(40));
    stage.write("folder.db/inside.txt", "x");
    let mut broken = fs::read(stage.path(DB)).unwrap();
    broken[100..2000].fill(0x5a);
    stage.write("broken.db", broken);
    for (db, code, words) in [
        ("text.db", 3, &["text.db"][..]),
        ("folder.db", 3, &["folder.db"]),
        ("broken.db", 3, &["broken.db"]),
        ("text.db/inner.db", 3, &["text.db"]),
        ("/proc/none/app.db", 3, &["/proc/none"]),
    ] {
        let bytes = fs::read(stage.path(db)).ok();
        // Without a folder there is no database yet, which is nothing wrong for those who only look.
        let lookers: &[&str] = &["run app --dry-run", "query app sync-scopes", "status app"];
        let lookers = if db.starts_with("/proc") { &[] } else { lookers };
        for command in lookers.iter().chain(&["run app"]) {
            let finished = stage.run(&format!("{command} --db {db}"));
            assert_eq!(finished.status.code(), Some(code), "{command} --db {db}: {finished}");
            says(&finished, words);
        }
        assert_eq!(fs::read(stage.path(db)).ok(), bytes, "{db} is as it was");
    }
    let asked = source.stub.requests().len();
    assert_eq!(asked as u64, 2 * PAGES, "nothing is fetched that cannot be kept");
    assert_eq!(stage.database(DB).dump(), before);
}

#[test]
fn a_database_that_another_process_holds() {
    let (stage, _source) = synced();
    let before = stage.database(DB).dump();
    let other = Connection::open(stage.path(DB)).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let finished = stage.run("run app").code(3);
    says(&finished, &["app.db", "locked by another"]);
    let events = stage.run("run app --format json").code(3).events();
    assert_eq!(events.last().unwrap()["event"], "run.finished", "{events:?}");
    let skipped = |event: &&Value| event["event"] == "action.skipped" && event["reason"] == "interrupted";
    assert_eq!(events.iter().filter(skipped).count(), 2, "what comes after does not wait again: {events:?}");
    // In WAL mode readers are not kept out.
    stage.run("status app").code(0);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(stage.database(DB).dump(), before);
    stage.run("run app").code(0);
}

#[test]
fn a_database_that_another_process_keeps_to_itself() {
    let (stage, _source) = synced();
    let before = stage.database(DB).dump();
    let other = Connection::open(stage.path(DB)).unwrap();
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE")
        .unwrap();
    for command in ["run app", "status app", "query app sync-scopes"] {
        let finished = stage.run(command).code(3);
        says(&finished, &["app.db", "another"]);
    }
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    assert_eq!(stage.database(DB).dump(), before);
}

#[test]
fn a_slip_in_the_path_of_a_database_makes_no_folders() {
    let (stage, source) = synced();
    let asked = source.stub.requests().len();
    let finished = stage.run("run app --db databsae/typo/app.db").code(3);
    says(&finished, &["there is no folder", "databsae/typo"]);
    assert!(!stage.path("databsae").exists());
    assert_eq!(source.stub.requests().len(), asked);
}

/// A command that may not write files larger than this many blocks of 512 bytes.
fn cramped(stage: &Stage, blocks: u32, arguments: &str) -> Finished {
    let mut command = Command::new("sh");
    let script = format!("ulimit -f {blocks}; exec \"$0\" {arguments}");
    command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_syncscope"));
    stage.settle(&mut command);
    Finished::of(&mut command)
}

#[test]
fn a_database_that_cannot_grow() {
    let (stage, source) = synced();
    let before: Vec<_> =
        ["first", "second"].map(|table| stage.database(DB).rows(&format!("SELECT * FROM {table}"))).into();
    source.change();
    let size = fs::metadata(stage.path(DB)).unwrap().len() / 512;
    let mut failed = 0;
    for blocks in [0, 1, 8, 64, size / 2, size] {
        let finished = cramped(&stage, u32::try_from(blocks).unwrap(), "run app");
        match finished.status.code() {
            Some(0) => continue,
            code => assert_eq!(code, Some(3), "{blocks}: {finished}"),
        }
        failed += 1;
        says(&finished, &["app.db"]);
        assert!(finished.all().contains("app.db"), "{blocks}: {finished}");
        let db = stage.database(DB);
        for (table, rows) in ["first", "second"].iter().zip(&before) {
            let now = db.rows(&format!("SELECT * FROM {table}"));
            let versions = db.rows(&format!("SELECT DISTINCT json_extract(data, '$.version') FROM {table}"));
            assert!(now == *rows || versions.len() == 1, "{table} is torn with {blocks} blocks");
        }
    }
    assert!(failed > 0, "the limit has shown");
    stage.run("run app").code(0);
    assert_eq!(stage.database(DB).value("SELECT state FROM _syncScope"), "synced");
}

/// Runs with the database on a full disk, where the system lets us make one.
#[test]
fn a_full_disk() {
    let (stage, _source) = synced();
    fs::create_dir(stage.path("disk")).unwrap();
    let mut command = Command::new("unshare");
    // The database is made and filled once, then there is no room for the second version.
    let script = "mount -t tmpfs -o size=4m none disk && \"$0\" run app --db disk/app.db --format json &&
        { cat /dev/zero > disk/rest || true; } 2>/dev/null;
        \"$0\" run app --db disk/app.db; code=$?; rm disk/rest;
        \"$0\" query app --db disk/app.db --sql 'SELECT count(*) AS rows FROM [first]' --format csv; exit $code";
    command.args([
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        script,
        env!("CARGO_BIN_EXE_syncscope"),
    ]);
    stage.settle(&mut command);
    let Ok(output) = command.output() else { return };
    let err = String::from_utf8(output.stderr).unwrap();
    let finished = Finished { status: output.status, out: String::from_utf8(output.stdout).unwrap(), err };
    if finished.err.contains("unshare:") || finished.err.contains("mount:") {
        return;
    }
    let finished = finished.code(3);
    says(&finished, &["no space left"]);
    assert!(finished.out.ends_with(&format!("rows\n{}\n", PAGES * ROWS)), "{finished}");
}

#[test]
fn output_that_cannot_be_written() {
    let (stage, _source) = synced();
    for arguments in ["lint app --format json", "query app sync-scopes", "schema values", "status app"] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full");
        let Ok(full) = full else { return };
        let output = stage.command(arguments).stdout(full).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        let finished = Finished { status: output.status, out: String::new(), err };
        assert_eq!(finished.status.code(), Some(3), "{arguments}: {finished}");
        says(&finished, &["cannot write"]);
    }
}

/// The same command as a user who is not the administrator, where we are that.
fn unprivileged(stage: &Stage, arguments: &str) -> Option<Finished> {
    let mut command = stage.command(arguments);
    if nix::unistd::geteuid().is_root() {
        fs::set_permissions(stage.path(""), fs::Permissions::from_mode(0o755)).unwrap();
        let copy = stage.path("syncscope");
        if !copy.exists() {
            fs::copy(env!("CARGO_BIN_EXE_syncscope"), &copy).unwrap();
        }
        command = Command::new(copy);
        command.args(arguments.split_whitespace());
        stage.settle(&mut command);
        command.uid(65534).gid(65534);
    }
    let probe = command.output();
    probe.is_ok().then(|| Finished::of(&mut command))
}

#[test]
fn files_and_folders_that_may_not_be_read_or_written() {
    let (stage, _source) = synced();
    let closed = |relative: &str, mode: u32| {
        fs::set_permissions(stage.path(relative), fs::Permissions::from_mode(mode)).unwrap();
    };
    closed("app/functions/fetch-first.jigx", 0o000);
    for command in ["lint app", "run app"] {
        let Some(finished) = unprivileged(&stage, command) else { return };
        let finished = finished.code(3);
        says(&finished, &["fetch-first.jigx"]);
    }
    closed("app/functions/fetch-first.jigx", 0o644);
    closed(DB, 0o444);
    closed("app", 0o555);
    let finished = unprivileged(&stage, "run app").unwrap().code(3);
    says(&finished, &["app.db"]);
    fs::create_dir(stage.path("locked")).unwrap();
    closed("locked", 0o555);
    let finished = unprivileged(&stage, "run app --db locked/app.db").unwrap().code(3);
    says(&finished, &["locked"]);
    closed(DB, 0o644);
    closed("app", 0o755);
    closed("locked", 0o755);
    assert_eq!(stage.database(DB).value("SELECT state FROM _syncScope"), "synced");
}

/// Runs the app against a server that answers its first table like this; checks that the old rows
/// stay, that the second table still comes, and gives the code with the message.
fn answered(answer: impl Fn(&str) -> Answer + Send + Sync + 'static, more: &str) -> (String, String) {
    let (stage, source) = synced();
    let good = source.stub.url().to_owned();
    let stub = Stub::start(move |path| {
        if path.starts_with("/second") {
            return Answer::ok("{\"rows\":[{\"id\":\"only\",\"version\":9}],\"next\":null}");
        }
        answer(path)
    });
    assert_ne!(stub.url(), good);
    let text = format!(
        "database: app.db\nsolution: {{ settings: {{ custom: {{ baseUrl: \"{}\" }} }} }}\n{more}",
        stub.url()
    );
    stage.write("app/syncscope.yaml", text);
    let before = stage.database(DB).rows("SELECT id, data FROM first");
    let finished = stage.run("run app --format json").code(1);
    let db = stage.database(DB);
    assert_eq!(db.rows("SELECT id, data FROM first"), before, "{finished}");
    assert_eq!(db.count("second"), 1, "{finished}");
    assert_eq!(db.value("SELECT state FROM _syncScope"), "failed");
    assert_eq!(
        db.rows("SELECT state FROM _syncStatus ORDER BY entity"),
        [[json!("failed")], [json!("synced")]]
    );
    let events = finished.events();
    let failed: Vec<&Value> = events
        .iter()
        .filter(|event| event["event"] == "action.finished" && event["id"] == "pull-first")
        .collect();
    assert_eq!(failed.len(), 1, "{finished}");
    let error = &failed[0]["error"];
    let shown = stage.run("status app").code(0);
    let code = error["code"].as_str().unwrap().to_owned();
    assert!(shown.out.contains("failed"), "{shown}");
    let text = error["message"].as_str().unwrap().to_owned();
    let people = stage.run("run app").code(1);
    assert!(people.all().contains(&text), "people are told `{text}`: {people}");
    (code, text.replace(stub.url(), "[URL]"))
}

const QUICK: &str = "http: { retries: 0, timeout: 1s }\n";

#[test]
fn servers_that_answer_with_an_error() {
    for status in [404, 500] {
        let (code, message) = answered(move |_| Answer::status(status, "{\"oops\":1}"), QUICK);
        assert_eq!(code, format!("http.{status}"));
        assert!(message.contains(&status.to_string()), "{message}");
    }
}

#[test]
fn a_server_that_fails_in_the_middle() {
    let page = |next: &str| Answer::ok(format!("{{\"rows\":[{{\"id\":\"new\"}}],\"next\":{next}}}"));
    let (code, _) =
        answered(move |path| if path.ends_with("=1") { page("2") } else { Answer::status(500, "") }, QUICK);
    assert_eq!(code, "http.500");
}

#[test]
fn a_server_that_answers_no_json() {
    let (code, message) = answered(|_| Answer::ok("<html>welcome</html>"), QUICK);
    assert_eq!(code, "decode.json");
    assert!(message.contains("JSON"), "{message}");
}

#[test]
fn a_server_that_breaks_off() {
    let (code, message) = answered(|_| Answer::ok("{\"rows\":[").cut(), QUICK);
    assert!(code.starts_with("net.") || code == "decode.json", "{code}: {message}");
}

#[test]
fn a_server_that_never_answers() {
    let never = Gate::closed();
    let (code, message) = answered(
        move |_| {
            never.pass();
            Answer::ok("")
        },
        "http: { retries: 0, timeout: 300ms }\n",
    );
    assert_eq!(code, "net.timeout", "{message}");
}

#[test]
fn a_server_that_sends_too_much() {
    let much = format!("{{\"rows\":[{{\"id\":\"1\",\"text\":\"{}\"}}],\"next\":null}}", "x".repeat(100_000));
    let (code, message) =
        answered(move |_| Answer::ok(much.clone()), "http: { retries: 0, maxBody: 64KiB }\n");
    assert_eq!(code, "limit.body", "{message}");
}

#[test]
fn a_server_that_pages_without_end() {
    let (code, message) = answered(|_| Answer::ok("{\"rows\":[],\"next\":1}"), QUICK);
    assert_eq!(code, "limit.pages", "{message}");
}

#[test]
fn a_server_that_is_down() {
    let (stage, source) = synced();
    let before = stage.database(DB).rows("SELECT * FROM first");
    let url = source.stub.url().to_owned();
    drop(source);
    super::stage::until(|| std::net::TcpStream::connect(url.trim_start_matches("http://")).is_err());
    small::settings(&stage, &url, "");
    let finished = stage.run("run app").code(1);
    let address = url.trim_start_matches("http://");
    assert!(finished.all().contains(address) || finished.all().contains("127.0.0.1"), "{finished}");
    let status = stage.run("status app --format json").code(0).json();
    assert_eq!(status["scopes"][0]["state"], "failed", "{status}");
    assert_eq!(status["scopes"][0]["details"]["pull-first"]["error"]["code"], "net.connect", "{status}");
    assert_eq!(stage.database(DB).rows("SELECT * FROM first"), before);
}

#[test]
fn offline_nothing_is_asked() {
    let (stage, source) = synced();
    let asked = source.stub.requests().len();
    let before = stage.database(DB).rows("SELECT * FROM first");
    let finished = stage.run("run app --offline").code(1);
    assert!(finished.all().contains("offline"), "{finished}");
    assert_eq!(source.stub.requests().len(), asked);
    assert_eq!(stage.database(DB).rows("SELECT * FROM first"), before);
}
