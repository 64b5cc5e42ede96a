//! Two instances that write one table.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::stage::{App, Stage, page};
use crate::run::{Fetched, Outcome};

/// Two actions side by side that fetch one table.
fn app(function: &str) -> App {
    let index = "title: T
onLoad:
  type: action.action-list
  options:
    isSequential: false
    actions:
      - { type: action.sync-entities, instanceId: one, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: t, function: f, parameters: { who: one } }] } }
      - { type: action.sync-entities, instanceId: two, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: t, function: f, parameters: { who: two } }] } }
";
    let function = format!("provider: DATA_PROVIDER_REST\nmethod: GET\nurl: http://h\n{function}");
    App::with_mistakes(&[("index.jigx", index), ("functions/f.jigx", &function)])
}

/// Runs both. Whoever comes first waits for the other between two pages, for a while; gives whose pages came
/// in which order.
fn order(function: &str) -> (Vec<String>, u64) {
    let app = app(function);
    let begun = Arc::new((Mutex::new(0), Condvar::new()));
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = Arc::clone(&log);
    let stage = Stage::new(&app).rest(move |request, sink| {
        let who = request.parameters["who"].as_str().unwrap().to_owned();
        let (count, changed) = &*begun;
        *count.lock().unwrap() += 1;
        changed.notify_all();
        for number in 0..3 {
            page(sink, &[&format!("{who}-{number}")])?;
            notes.lock().unwrap().push(who.clone());
            let both =
                changed.wait_timeout_while(count.lock().unwrap(), Duration::from_millis(200), |n| *n < 2);
            drop(both.unwrap());
        }
        Ok(Fetched::default())
    });
    assert_eq!(stage.on("onLoad").outcome, Outcome::Ok, "{:?}", stage.lines());
    let log = log.lock().unwrap().clone();
    (log, stage.count("t"))
}

#[test]
fn pages_of_two_instances_do_not_come_in_turns() {
    let (order, rows) = order("forRowsWithMatchingIds: true\n");
    assert_eq!(rows, 6);
    assert_eq!((order[0] == order[2], order[3] == order[5]), (true, true), "{order:?}");
    assert_ne!(order[0], order[3]);
}

#[test]
fn of_two_replaces_one_is_seen() {
    let (_, rows) = order("");
    assert_eq!(rows, 3, "the rows of one of them, not of both");
}
