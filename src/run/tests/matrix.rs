//! Every mishap of `serve` on the first, middle and last page of a fetch, for every way to write rows, with
//! and without retries: it ends well with the right rows, or in a named failure with the old ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::stage::{App, Stage};
use crate::action::ProviderKind;
use crate::promises::executed;
use crate::run::provider::testing::{NoWait, loopback};
use crate::run::provider::{Http, HttpOptions, Rest, RestOptions};
use crate::run::{Clock, Outcome, SettingsCredentials};
use crate::serve::{Mishap, Options, Planned, Server, Table};

/// For servers that never finish; the others are given all the time they may need.
const SHORT: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_secs(60);
const NEVER_FINISH: [&str; 4] = ["stall", "stall-in-body", "length-too-long", "drip"];
const MODES: [(&str, &str); 3] = [
    ("replace", ""),
    ("merge", "forRowsWithMatchingIds: true\n"),
    ("part", "forRowsWithValues: { area: north }\n"),
];

/// What is wrong with the rows themselves and cannot be seen from outside: the fetch goes well.
const UNSEEN: [&str; 5] = ["duplicate-ids", "missing-id", "null-id", "type-change", "empty-page"];
/// The same, but rows that are merged need ids.
const SEEN_BY_MERGE: [&str; 3] = ["missing-id", "null-id", "type-change"];
/// Answers that are right, if unusual.
const RIGHT: [&str; 4] = ["redirect-same", "gzip", "byte-order-mark", "wrong-type"];

fn kinds() -> Vec<String> {
    let named = Mishap::names().map(|(name, _)| name).filter(|name| !name.contains("NNN"));
    let statuses = ["status-400", "status-401", "status-404", "status-429+1", "status-500", "status-503"];
    named.chain(statuses).map(str::to_owned).collect()
}

fn server(fault: &str, page: usize) -> Server {
    let rows = (1..=9).map(|n| format!("{{\"id\":\"n{n}\",\"n\":{n},\"area\":\"north\"}}"));
    let tables = vec![Table::from_rows("tasks", rows.collect::<Vec<_>>()).unwrap()];
    let planned: Planned = format!("{fault}@{page}:/cursor/tasks").parse().unwrap();
    Server::start(&Options { tables, planned: vec![planned], ..Options::default() }).unwrap()
}

fn app(url: &str, mode: &str) -> App {
    let function = format!(
        "provider: DATA_PROVIDER_REST
method: GET
url: {url}/cursor/tasks
parameters: {{ limit: {{ location: query, type: number, required: false, value: 3 }} }}
records: =$.items
continuation:
  when: =$boolean($.next)
  url: {url}/cursor/tasks
  parameters:
    limit: {{ location: query, type: number, required: false, value: 3 }}
    cursor: {{ location: query, type: string, required: false, value: =$.next }}
{mode}"
    );
    let index = "title: T
onLoad:
  type: action.sync-entities
  instanceId: pull
  options: { provider: DATA_PROVIDER_REST, entities: [{ entity: tasks, function: f }] }
";
    App::with_mistakes(&[("index.jigx", index), ("functions/f.jigx", &function)])
}

fn rest<'a>(stage: Stage<'a>, fault: &str, retries: u32) -> Stage<'a> {
    let pace = Arc::new(NoWait::default());
    let timeout = if NEVER_FINISH.contains(&fault) { SHORT } else { LONG };
    let http = HttpOptions {
        retries,
        pace,
        timeout,
        max_body: 256 * 1024,
        allow: loopback(),
        ..HttpOptions::default()
    };
    let clock = Arc::clone(&stage.clock) as Arc<dyn Clock>;
    let options = RestOptions::new(Http::new(&http), Arc::new(SettingsCredentials::default()), clock);
    let providers = stage.providers.clone().with(ProviderKind::Rest, Arc::new(Rest::new(options)));
    Stage { providers, ..stage }
}

fn ids(stage: &Stage<'_>) -> String {
    let sql = "SELECT coalesce(group_concat(id, ' '), '') FROM (SELECT id FROM tasks ORDER BY id)";
    stage.value(sql).as_str().unwrap_or_default().to_owned()
}

/// What one cell of the matrix ends in: `ok`, or the code of the failure; complaints are added.
fn cell(fault: &str, page: usize, mode: &str, retries: u32, complaints: &mut Vec<String>) -> String {
    let name = format!("{fault} on page {page}, {mode}, {retries} retries");
    let server = server(fault, page);
    let more = MODES.iter().find(|(name, _)| *name == mode).unwrap().1;
    let app = app(&server.url(), more);
    let stage = rest(Stage::new(&app), fault, retries);
    super::functions::insert(
        &stage,
        "tasks",
        &[
            r#"{"id":"n1","n":0,"area":"north"}"#,
            r#"{"id":"old","area":"north"}"#,
            r#"{"id":"south","area":"south"}"#,
        ],
    );
    let before = ids(&stage);
    let summary = stage.on("onLoad");
    let after = ids(&stage);
    if summary.outcome == Outcome::Ok {
        let news = "n1 n2 n3 n4 n5 n6 n7 n8 n9";
        let expected = match mode {
            "replace" => news.to_owned(),
            "merge" => format!("{news} old south"),
            _ => format!("{news} south"),
        };
        if !UNSEEN.contains(&fault) && after != expected {
            complaints.push(format!("{name}: ended well with the rows {after}"));
        }
        return "ok".to_owned();
    }
    let kept = if mode == "merge" {
        before.split(' ').all(|id| after.split(' ').any(|other| other == id))
    } else {
        after == before && stage.value("SELECT json_extract(data, '$.n') FROM tasks WHERE id = 'n1'") == 0
    };
    if !kept {
        complaints.push(format!("{name}: failed and left the rows {after}"));
    }
    let is_seen = mode == "merge" && SEEN_BY_MERGE.contains(&fault);
    if UNSEEN.contains(&fault) && !is_seen || RIGHT.contains(&fault) {
        complaints.push(format!("{name}: failed, {:?}", stage.lines()));
    }
    let lines = stage.lines().join("\n");
    let code = lines.lines().find_map(|line| line.split("failed ").nth(1)).unwrap_or_default();
    code.split(':').next().unwrap_or_default().to_owned()
}

/// All cells of some kinds of mishaps: how each ended, and what is wrong with that.
fn cells(faults: &[String]) -> (BTreeMap<String, Vec<String>>, Vec<String>) {
    let (mut ends, mut complaints) = (BTreeMap::new(), Vec::new());
    for fault in faults {
        for (mode, _) in MODES {
            for (page, retries) in [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)] {
                let end = cell(fault, page, mode, retries, &mut complaints);
                ends.entry(fault.clone()).or_insert_with(Vec::new).push(end);
            }
        }
    }
    (ends, complaints)
}

#[test]
fn every_mishap_ends_well_or_leaves_the_old_rows() {
    // Most of the time goes by waiting.
    let kinds = kinds();
    let (mut complaints, mut table) = (Vec::new(), BTreeMap::new());
    std::thread::scope(|scope| {
        let parts = kinds.chunks(kinds.len().div_ceil(8));
        let workers: Vec<_> = parts.map(|part| scope.spawn(|| cells(part))).collect();
        for worker in workers {
            let (ends, more) = worker.join().unwrap();
            table.extend(ends);
            complaints.extend(more);
        }
    });
    let mut text = format!("{} cells\n", table.values().map(Vec::len).sum::<usize>());
    for (fault, ends) in table {
        let mut distinct: Vec<String> = ends.clone();
        distinct.sort();
        distinct.dedup();
        let counted: Vec<String> = distinct
            .iter()
            .map(|end| format!("{end} {}", ends.iter().filter(|e| *e == end).count()))
            .collect();
        writeln!(text, "{fault:<20} {}", counted.join(", ")).unwrap();
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let cells = text.split(' ').next().unwrap().parse().unwrap();
    executed(
        "every_mishap_ends_well_or_leaves_the_old_rows",
        "faults of a server, by page, mode and retries",
        cells,
    );
    insta::assert_snapshot!(text);
}
