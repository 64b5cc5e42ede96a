//! Every write against a back end on its worst day: it is done, once, or it is in the queue with the
//! state `failed` and words; whatever is sent again to Dynamic Data is done in the end.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::queue::{app, rows};
use super::stage::{App, Stage};
use crate::action::ProviderKind;
use crate::run::provider::testing::{NoWait, loopback};
use crate::run::provider::{Dynamic, DynamicOptions, Http, HttpOptions, Rest, RestOptions};
use crate::run::{Clock, Outcome, SettingsCredentials};
use crate::serve::{Options, Planned, Server, Table};

const FAULTS: [&str; 13] = [
    "close",
    "reset",
    "reset-after-headers",
    "cut-body",
    "stall",
    "garbage",
    "html",
    "cut-json",
    "status-400",
    "status-404",
    "status-429+1",
    "status-500",
    "status-503",
];

/// What is written, the method of its request, and what the row becomes at the back end.
const WRITES: [(&str, &str, &str); 7] = [
    ("rest create", "POST", "new"),
    ("rest update", "PATCH", "changed"),
    ("rest delete", "DELETE", "gone"),
    ("dynamic create", "POST", "new"),
    ("dynamic update", "PATCH", "changed"),
    ("dynamic save", "PUT", "changed"),
    ("dynamic delete", "DELETE", "gone"),
];

fn action(write: &str) -> String {
    let (provider, method) = write.split_once(' ').unwrap();
    let (constant, entity) = match provider {
        "rest" => ("DATA_PROVIDER_REST", "tasks"),
        _ => ("DATA_PROVIDER_DYNAMIC", "default/tasks"),
    };
    let data = match method {
        "create" => "{ title: new }",
        "delete" => "{ id: '1' }",
        _ => "{ id: '1', title: changed }",
    };
    let function = match (provider, method) {
        ("rest", "create") => "function: create,",
        ("rest", "delete") => "function: remove,",
        ("rest", _) => "function: change,",
        _ => "",
    };
    format!(
        "execute-entity {{ provider: {constant}, entity: {entity}, method: {method}, {function} data: {data} }}"
    )
}

fn stage<'a>(app: &'a App, server: &Server, fault: &str, retries: u32) -> Stage<'a> {
    let timeout = Duration::from_millis(if fault == "stall" { 150 } else { 60_000 });
    let pace = Arc::new(NoWait::default());
    let allow = loopback();
    let http = Http::new(&HttpOptions { timeout, retries, allow, pace, ..HttpOptions::default() });
    let settings = crate::app::DynamicSettings { url: Some(server.url()), ..Default::default() };
    let dynamic = Dynamic::new(DynamicOptions::from_settings(&settings, http.clone()));
    let stage = Stage::new(app);
    let clock = Arc::clone(&stage.clock) as Arc<dyn Clock>;
    let rest = Rest::new(RestOptions::new(http, Arc::new(SettingsCredentials::default()), clock));
    let providers = stage.providers.clone().with(ProviderKind::Rest, Arc::new(rest));
    Stage { providers: providers.with(ProviderKind::Dynamic, Arc::new(dynamic)), ..stage }
}

/// How often the back end has what was written.
fn effects(stage: &Stage<'_>, effect: &str) -> usize {
    stage.on("onRefresh");
    let found = rows(stage, "SELECT id, '$.title' FROM remote");
    let one = found.iter().filter(|row| row[0] == "1").count();
    match effect {
        "gone" => 1 - one,
        title => found.iter().filter(|row| row[1] == title).count(),
    }
}

/// What the queue says of the one command: `done`, or the code of its failure.
fn end(stage: &Stage<'_>, name: &str, complaints: &mut Vec<String>) -> String {
    let queue = rows(stage, "SELECT state, code, error FROM _commandQueue");
    let Some(command) = queue.first() else { return "done".to_owned() };
    let words = command[2].as_str().unwrap_or_default();
    if command[0] != "failed" || words.len() < 10 || queue.len() != 1 {
        complaints.push(format!("{name}: {queue:?}"));
    }
    command[1].as_str().unwrap_or_default().to_owned()
}

fn cell(fault: &str, once: bool, write: (&str, &str, &str), retries: u32) -> (String, Vec<String>) {
    let (write, method, effect) = write;
    let often = if once { "once" } else { "always" };
    let name = format!("{write}, {fault} {often}, {retries} retries");
    let mut complaints = Vec::new();
    let planned: Planned = if once { format!("{fault}@1") } else { fault.to_owned() }.parse().unwrap();
    let planned = vec![Planned { method: Some(method.to_owned()), ..planned }];
    let tables = vec![Table::from_rows("tasks", [r#"{"id":"1","title":"one"}"#]).unwrap()];
    let server = Server::start(&Options { tables, planned, ..Options::default() }).unwrap();
    let retry = "retry-queue-command { id: id-1 }";
    let app = app(&server, &[("write", &action(write)), ("retry", retry)], "");
    let stage = stage(&app, &server, fault, retries);
    let summary = stage.act("write");
    let mut ended = end(&stage, &name, &mut complaints);
    let times = effects(&stage, effect);
    if (ended == "done") != (summary.outcome == Outcome::Ok) {
        complaints.push(format!("{name}: {ended}, but the run says {:?}", summary.outcome));
    }
    // A row that the back end denies to have counts as deleted.
    let is_denied = write == "dynamic delete" && fault == "status-404";
    if !is_denied && (times > 1 || (ended == "done" && times != 1)) {
        complaints.push(format!("{name}: {ended}, and it is there {times} times"));
    }
    let local = stage.value("SELECT count(*) FROM sqlite_schema WHERE name IN ('tasks', 'default/tasks')");
    if local != json!(1) {
        complaints.push(format!("{name}: the local table is not there"));
    }
    if ended != "done" && once {
        stage.act("retry");
        let again = end(&stage, &name, &mut complaints);
        if again != "done" {
            complaints.push(format!("{name}: sent again, it failed with {again}"));
        }
        if write != "rest create" && again == "done" && effects(&stage, effect) != 1 {
            complaints.push(format!("{name}: sent again, it is not done once"));
        }
        write!(ended, " then {again}").unwrap();
    }
    (ended, complaints)
}

#[test]
fn every_write_is_done_or_failed_with_words() {
    let mut text = String::new();
    let mut complaints = Vec::new();
    std::thread::scope(|scope| {
        let workers: Vec<_> = FAULTS
            .chunks(2)
            .map(|faults| {
                scope.spawn(move || {
                    let mut lines = Vec::new();
                    for fault in faults {
                        for (once, retries) in [(true, 0), (true, 2), (false, 2)] {
                            let often = if once { "once" } else { "always" };
                            let cells: Vec<_> =
                                WRITES.iter().map(|write| cell(fault, once, *write, retries)).collect();
                            let ends: Vec<&str> = cells.iter().map(|(end, _)| end.as_str()).collect();
                            let line = format!("{fault} {often}, {retries} retries: {}", ends.join(" | "));
                            lines.push((line, cells.into_iter().flat_map(|(_, c)| c).collect::<Vec<_>>()));
                        }
                    }
                    lines
                })
            })
            .collect();
        for worker in workers {
            for (line, more) in worker.join().unwrap() {
                writeln!(text, "{line}").unwrap();
                complaints.extend(more);
            }
        }
    });
    assert!(complaints.is_empty(), "{}\n{text}", complaints.join("\n"));
    let names: Vec<&str> = WRITES.iter().map(|(name, ..)| *name).collect();
    insta::assert_snapshot!(format!("{}\n{text}", names.join(" | ")));
}
