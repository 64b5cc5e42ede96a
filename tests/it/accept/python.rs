//! A server that was not written here: the one that comes with Python. Without `python3` the tests say
//! that they show nothing.

use std::io::Write as _;
use std::process::Command;

use nix::sys::signal::Signal;

use super::small;
use super::stage::{Running, Stage};

/// The server at work, and its address.
struct Server {
    running: Running,
    url: String,
}

impl Server {
    /// Serves the folder `www`; nothing without Python.
    fn start(stage: &Stage) -> Option<Self> {
        let mut command = Command::new("python3");
        command.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", "www"]);
        stage.settle(&mut command);
        if Command::new("python3").arg("--version").output().is_err() {
            let words = "skipped: there is no `python3` here, so nothing was tried against its server";
            let _ = writeln!(std::io::stderr(), "{words}");
            return None;
        }
        let mut running = Running::spawn(command);
        let line = running.wait_for(|line| line.starts_with("Serving HTTP"));
        let (_, port) = line.split_once(" port ").unwrap();
        let port = port.split_whitespace().next().unwrap();
        Some(Self { running, url: format!("http://127.0.0.1:{port}") })
    }

    fn stop(self) -> String {
        self.running.signal(Signal::SIGTERM);
        self.running.finish_after_signals().err
    }
}

fn stage() -> Stage {
    let stage = Stage::empty();
    stage.write("www/things.json", "[{\"id\":\"1\",\"n\":9007199254740993},{\"id\":\"2\",\"n\":\"é\"}]");
    stage.write("www/folder/index.html", "[{\"id\":\"in the folder\"}]");
    stage.write("www/page.html", "<html><body>no rows</body></html>");
    stage
}

/// The app: one action for each path.
fn app(stage: &Stage, url: &str) {
    small::settings(stage, url, "");
    stage.write("app/index.jigx", "name: p\ntitle: P\n");
    for (id, method, path) in [
        ("things", "GET", "/things.json"),
        ("folder", "GET", "/folder"),
        ("missing", "GET", "/nothing.json"),
        ("page", "GET", "/page.html"),
        ("post", "POST", "/things.json"),
    ] {
        let function = format!(
            "provider: DATA_PROVIDER_REST\nmethod: {method}\nurl: =@ctx.solution.settings.custom.baseUrl & '{path}'\nuseLocalCall: true\n"
        );
        stage.write(&format!("app/functions/{id}.jigx"), function);
        let action = format!(
            "action:\n  type: action.sync-entities\n  options: {{ provider: DATA_PROVIDER_REST, entities: [{{ entity: things, function: {id} }}] }}\n"
        );
        stage.write(&format!("app/actions/{id}.jigx"), action);
    }
}

fn things(stage: &Stage) -> Vec<Vec<serde_json::Value>> {
    stage.database("app/app.db").rows("SELECT id, data FROM things ORDER BY id")
}

#[test]
fn plain_files_are_fetched_and_refusals_leave_the_rows_alone() {
    let stage = stage();
    let Some(server) = Server::start(&stage) else { return };
    app(&stage, &server.url);
    stage.run("run app --action things").code(0);
    let rows = things(&stage);
    assert_eq!(rows[0][1], "{\"id\":\"1\",\"n\":9007199254740993}");
    assert_eq!(rows.len(), 2);
    for (action, code) in [("missing", "http.404"), ("post", "http.501"), ("page", "decode.json")] {
        let finished = stage.run(&format!("run app --format json --action {action}")).code(1);
        assert!(finished.out.contains(&format!("\"code\":\"{code}\"")), "{action}: {finished}");
        assert_eq!(things(&stage), rows, "{action}");
    }
    // The file is as it was, which the server says when it is asked.
    stage.run("run app --action things").code(0);
    assert_eq!(things(&stage), rows);
    server.stop();
}

#[test]
fn a_folder_without_its_slash_is_found_by_the_redirect() {
    let stage = stage();
    let Some(server) = Server::start(&stage) else { return };
    app(&stage, &server.url);
    stage.run("run app --action folder").code(0);
    assert_eq!(things(&stage)[0][0], "in the folder");
    let heard = server.stop();
    assert!(heard.contains("\"GET /folder HTTP/1.1\" 301"), "{heard}");
    assert!(heard.contains("\"GET /folder/ HTTP/1.1\" 200"), "{heard}");
}

#[test]
fn a_server_that_has_gone_is_a_clean_failure() {
    let stage = stage();
    let Some(server) = Server::start(&stage) else { return };
    app(&stage, &server.url);
    stage.run("run app --action things").code(0);
    let rows = things(&stage);
    server.stop();
    let finished = stage.run("run app --format json --action things").code(1);
    assert!(finished.out.contains("\"code\":\"net.connect\""), "{finished}");
    assert_eq!(things(&stage), rows);
}
