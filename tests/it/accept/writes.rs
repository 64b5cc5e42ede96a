//! Writes and the queue: offline, killed, by two processes, and without a trace of secrets.

use std::sync::{Arc, Mutex};

use serde_json::json;
use syncscope::serve::{Options, Planned, Server, Table};

use super::stage::{Finished, Running, Stage, until};

/// A back end with an empty table, and what it was asked.
struct Backend {
    server: Server,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Backend {
    fn start(planned: Vec<Planned>) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let tables = vec![Table::from_rows("tasks", Vec::<String>::new()).unwrap()];
        let options = Options {
            tables,
            planned,
            log: Some(Arc::new(move |exchange| log.lock().unwrap().push(exchange.to_string()))),
            ..Options::default()
        };
        Self { server: Server::start(&options).unwrap(), asked }
    }

    fn count(&self, method: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|line| line.starts_with(method)).count()
    }
}

/// An app that makes a task, and looks at what the back end has.
fn stage(backend: &Backend) -> Stage {
    let stage = Stage::empty();
    stage.write(
        "app/index.jigx",
        "title: T\nonLoad: { type: action.evaluate, instanceId: one, options: { value: 1 } }\n",
    );
    stage.write("app/databases/default.jigx", "databaseId: default\ntables: { tasks: null }\n");
    let create = "action:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entity: default/tasks
    method: create
    data: { title: =@ctx.action.parameters.title }
parameters: { title: { type: string, required: true } }
";
    stage.write("app/actions/create.jigx", create);
    let url = backend.server.url();
    let look = "action:
  type: action.sync-entities
  options: { provider: DATA_PROVIDER_REST, entities: [{ entity: remote, function: all }] }
";
    stage.write("app/actions/look.jigx", look);
    let all = "provider: DATA_PROVIDER_REST
method: GET
url: =@ctx.solution.settings.custom.baseUrl & '/tasks'
";
    stage.write("app/functions/all.jigx", all);
    stage.write(
        "app/syncscope.yaml",
        format!(
            "database: app.db
http: {{ allow: ['127.0.0.1'], retries: 0, timeout: 20s }}
providers: {{ dynamic: {{ url: '{url}' }} }}
solution: {{ settings: {{ custom: {{ baseUrl: '{url}', key: '${{env:KEY:-}}' }} }} }}
"
        ),
    );
    stage
}

fn create(stage: &Stage, title: &str) {
    stage.run(&format!("run app --action create --param title={title} --offline")).code(0);
}

/// The titles that the back end has.
fn remote(stage: &Stage) -> Vec<serde_json::Value> {
    stage.run("run app --action look").code(0);
    let rows =
        stage.database("app/app.db").rows("SELECT json_extract(data, '$.title') FROM remote ORDER BY 1");
    rows.into_iter().map(|mut row| row.remove(0)).collect()
}

#[test]
fn offline_writes_wait_until_there_is_a_network() {
    let backend = Backend::start(Vec::new());
    let stage = stage(&backend);
    create(&stage, "one");
    let offline = stage.run("run app --action create --param title=two --offline").code(0);
    assert!(offline.out.contains("2 writes to be sent; `syncscope status` shows them"), "{offline}");
    let status = stage.run("status app --format json").code(0).json();
    assert_eq!(status["commands"][1]["state"], "waiting", "{status}");
    assert_eq!(status["commands"][1]["payload"]["data"]["title"], "two", "{status}");
    assert!(stage.run("status app").code(0).out.contains("create"), "for people too");
    assert_eq!(backend.count("POST"), 0);

    let plan = stage.run("run app --dry-run").code(0);
    assert_eq!(backend.count("POST"), 0, "{plan}");
    let events = stage.run("run app --format json").code(0).events();
    let done = events.iter().filter(|event| event["event"] == "command.gone").count();
    assert_eq!(done, 2, "{events:?}");
    let status = stage.run("status app --format json").code(0).json();
    assert!(status.get("commands").is_none(), "{status}");
    assert_eq!(remote(&stage), [json!("one"), json!("two")]);
}

#[test]
fn what_is_refused_stays_with_words_and_the_run_fails() {
    let backend = Backend::start(vec!["status-500@1:/databases/*".parse().unwrap()]);
    let stage = stage(&backend);
    let failed = stage.run("run app --action create --param title=one").code(1);
    assert!(failed.out.contains("not sent create"), "{failed}");
    assert!(failed.out.contains("http.500"), "{failed}");
    assert!(failed.out.contains("1 write failed; `syncscope status` shows them"), "{failed}");
    // It is not sent again by itself.
    stage.run("run app").code(0);
    assert_eq!(backend.count("POST"), 1);
}

#[test]
fn killed_while_it_sends_a_write_the_next_run_sends_it_again() {
    let stall = Planned { method: Some("POST".to_owned()), ..("stall@1".parse().unwrap()) };
    let backend = Backend::start(vec![stall]);
    let stage = stage(&backend);
    let mut running = stage.start("run app --action create --param title=one --format json");
    running.wait_for_event(|event| event["row"]["state"] == "processing");
    until(|| backend.count("POST") == 1);
    running.kill();
    let status = stage.run("status app --format json").code(0).json();
    assert_eq!(status["commands"][0]["state"], "queued", "{status}");
    assert_eq!(status["commands"][0]["code"], "owner.lost", "{status}");
    assert_eq!(
        stage.database("app/app.db").count("default/tasks"),
        1,
        "the local row and its command came together"
    );
    stage.run("run app").code(0);
    assert_eq!(remote(&stage), [json!("one")], "sent twice, done once");
    assert_eq!(stage.database("app/app.db").count("_commandQueue"), 0);
}

#[test]
fn two_processes_never_send_the_same_write() {
    let backend = Backend::start(Vec::new());
    let stage = stage(&backend);
    for n in 0..12 {
        create(&stage, &format!("t{n:02}"));
    }
    let runs: Vec<Running> = (0..3).map(|_| stage.start("run app --format json")).collect();
    let sent: usize = runs
        .into_iter()
        .map(|run| {
            let finished: Finished = run.finish().code(0);
            finished.events().iter().filter(|event| event["event"] == "command.gone").count()
        })
        .sum();
    assert_eq!(sent, 12);
    assert_eq!(backend.count("POST"), 12);
    assert_eq!(remote(&stage).len(), 12);
}

#[test]
fn secrets_are_sent_and_not_kept() {
    const KEY: &str = "canary-queue-77aa1b";
    let backend = Backend::start(Vec::new());
    let stage = stage(&backend);
    let call = "action:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_REST
    entity: tasks
    method: create
    function: make
    data: { title: call }
    parameters: { title: =@ctx.solution.settings.custom.key, note: '=\"<\" & @ctx.solution.settings.custom.key & \">\"' }
";
    stage.write("app/actions/call.jigx", call);
    let make = "provider: DATA_PROVIDER_REST
method: POST
url: =@ctx.solution.settings.custom.baseUrl & '/tasks'
parameters:
  title: { type: string, location: body, required: true }
  note: { type: string, location: body, required: true }
outputTransform: '={\"id\": $.id}'
";
    stage.write("app/functions/make.jigx", make);
    let run = |arguments: &str| {
        let mut command = stage.command(arguments);
        Finished::of(command.env("KEY", KEY)).code(0)
    };
    let clean = |what: &str, bytes: &[u8]| {
        assert!(
            !bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()),
            "{what} gives the secret away"
        );
    };
    for arguments in
        ["run app --action call --offline --format json", "status app", "status app --format json"]
    {
        clean(arguments, run(arguments).all().as_bytes());
    }
    for file in std::fs::read_dir(stage.path("app")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            clean(&path.display().to_string(), &std::fs::read(&path).unwrap());
        }
    }
    run("run app");
    run("run app --action look");
    let database = stage.database("app/app.db");
    let told =
        database.rows("SELECT json_extract(data, '$.title'), json_extract(data, '$.note') FROM remote");
    assert_eq!(told, [[json!(KEY), json!(format!("<{KEY}>"))]]);
}
