//! Lists: order, failures, threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier, Mutex};

use super::stage::{App, Seen, Stage, lines, two_rows};
use crate::run::provider::{FetchError, Fetched};
use crate::run::{Engine, Event, Observer, Outcome, Record, Trigger};

fn list(head: &str, actions: &[&str]) -> App {
    let items: String = actions.iter().map(|action| format!("      - {action}\n")).collect();
    App::with_mistakes(&[
        (
            "index.jigx",
            &format!(
                "title: T\nonLoad:\n  type: action.action-list\n  options:\n    {head}\n    actions:\n{items}"
            ),
        ),
        ("functions/get.jigx", "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\n"),
    ])
}

fn sync(id: &str) -> String {
    format!(
        "{{ type: action.sync-entities, instanceId: {id}, options: {{ provider: DATA_PROVIDER_REST, entities: [{{ entity: {id}, function: get }}] }} }}"
    )
}

const BACK: &str = "{ type: action.go-back }";

#[test]
fn a_sequential_list_goes_on_after_background_work_has_failed() {
    let app = list("isSequential: true", &[&sync("a"), BACK]);
    let stage = Stage::new(&app).rest(|_, _| Err(FetchError::lasting("http.404", "gone")));
    assert_eq!(stage.on("onLoad").outcome, Outcome::Failed);
    assert_eq!(stage.lines_of(&["effect", "skipped"]), ["effect action.go-back {}"]);
}

#[test]
fn a_sequential_list_stops_after_an_action_that_breaks_on_the_spot() {
    let breaking = [
        "{ type: action.evaluate, instanceId: x, options: { value: =$number('x') } }",
        "{ type: action.execute-action, options: { action: nobody } }",
        "{ type: action.execute-entity, options: { provider: DATA_PROVIDER_LOCAL, entity: t, method: update, data: {} } }",
        "{ type: action.execute-sql, options: { entities: [], statements: [{ statement: nonsense }] } }",
        "{ type: action.go-back, condition: '1 / scope::count(\"a\", \"failed\") > 0' }",
        "{ type: action.action-list, options: { actions: [{ type: action.evaluate, options: { value: =$number('x') } }] } }",
        "{ type: action.start-sync-scope, options: { instanceIds: [a] } }",
    ];
    for action in breaking {
        let app = list("isSequential: true", &[action, BACK, BACK]);
        let stage = Stage::new(&app);
        let summary = stage.on("onLoad");
        let skipped = "skipped go-back by interrupted: an action before it in the list failed on the spot";
        assert_eq!(stage.lines_of(&["effect", "skipped"]), [skipped, skipped], "{action}");
        assert_eq!((summary.outcome, summary.counts.skipped), (Outcome::Failed, 2), "{action}");
    }
}

#[test]
fn actions_side_by_side_do_not_stop_one_another() {
    let broken = "{ type: action.evaluate, instanceId: x, options: { value: =$number('x') } }";
    let app = list("title: T", &[broken, BACK]);
    let stage = Stage::new(&app);
    assert_eq!(stage.on("onLoad").outcome, Outcome::Failed);
    assert_eq!(stage.lines_of(&["effect", "skipped"]), ["effect action.go-back {}"]);
}

#[test]
fn the_order_may_be_computed() {
    for (sequential, effects) in [("=1 = 1", 0), ("=1 = 2", 1), ("=@ctx.nothing", 1)] {
        let broken = "{ type: action.evaluate, instanceId: x, options: { value: =$number('x') } }";
        let app = list(&format!("isSequential: {sequential}"), &[broken, BACK]);
        let stage = Stage::new(&app);
        stage.on("onLoad");
        assert_eq!(stage.lines_of(&["effect"]).len(), effects, "{sequential}");
    }
}

#[test]
fn syncs_side_by_side_really_work_at_the_same_time() {
    let names = ["a", "b", "c"];
    let actions: Vec<String> = names.iter().map(|name| sync(name)).collect();
    let app = list("title: T", &actions.iter().map(String::as_str).collect::<Vec<_>>());
    // Nobody gets through before all have come.
    let all = Barrier::new(3);
    let stage = Stage::new(&app).rest(move |request, sink| {
        all.wait();
        two_rows(request, sink)
    });
    assert_eq!(stage.on("onLoad").outcome, Outcome::Ok);
    let started = stage.lines_of(&["started sync"]);
    assert_eq!(started, ["started sync-entities a", "started sync-entities b", "started sync-entities c"]);
    assert_eq!(names.map(|name| stage.count(name)), [2, 2, 2]);
}

#[test]
fn no_more_syncs_work_at_a_time_than_the_options_allow() {
    let actions: Vec<String> = (0..20).map(|n| sync(&format!("t{n}"))).collect();
    let app = list("title: T", &actions.iter().map(String::as_str).collect::<Vec<_>>());
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (at_work, seen) = (Arc::clone(&now), Arc::clone(&most));
    let mut stage = Stage::new(&app).rest(move |request, sink| {
        seen.fetch_max(at_work.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let result = two_rows(request, sink);
        at_work.fetch_sub(1, Ordering::SeqCst);
        result
    });
    stage.options.concurrency = 3;
    let summary = stage.on("onLoad");
    assert_eq!((summary.outcome, summary.counts.ok), (Outcome::Ok, 21));
    assert!((1..=3).contains(&most.load(Ordering::SeqCst)), "{most:?}");
    assert_eq!(now.load(Ordering::SeqCst), 0);
}

#[test]
fn lists_in_lists_side_by_side_end_even_with_one_thread() {
    let inner = |name: &str| {
        let (one, two) = (sync(&format!("{name}1")), sync(&format!("{name}2")));
        format!("{{ type: action.action-list, options: {{ actions: [{one}, {two}] }} }}")
    };
    let actions = ["a", "b", "c"].map(inner);
    let app = list("title: T", &actions.each_ref().map(String::as_str));
    let mut stage = Stage::new(&app).rest(two_rows);
    stage.options.concurrency = 1;
    assert_eq!(stage.on("onLoad").counts.ok, 10);
}

#[test]
fn the_last_event_of_a_scope_shows_it_as_it_is() {
    let names: Vec<String> = (0..12).map(|n| format!("t{n}")).collect();
    let syncs: Vec<String> = names.iter().map(|name| sync(name)).collect();
    let start = format!(
        "{{ type: action.start-sync-scope, instanceId: load, options: {{ instanceIds: [{}] }} }}",
        names.join(", ")
    );
    let together = format!("{{ type: action.action-list, options: {{ actions: [{}] }} }}", syncs.join(", "));
    let app = list("isSequential: true", &[&start, &together]);
    for _ in 0..20 {
        let stage = Stage::new(&app).rest(two_rows);
        stage.on("onLoad");
        let scopes = stage.lines_of(&["scope"]);
        assert_eq!(scopes.last().map(String::as_str), Some("scope load synced 0/0/0/12"));
        let ended: Vec<u32> =
            scopes.iter().map(|line| line.rsplit('/').next().unwrap().parse().unwrap()).collect();
        assert!(ended.is_sorted(), "{scopes:?}");
    }
}

#[test]
fn an_action_beside_a_sync_sees_that_it_is_pending() {
    let inner = "{ type: action.go-to, options: { linkTo: home, inputs: { pending: =@ctx.actions.a.state.isPending } } }";
    let watch = format!("{{ type: action.action-list, options: {{ actions: [{inner}] }} }}");
    let app = list("title: T", &[&sync("a"), &watch]);
    let (gate, wait) = channel();
    let wait = Mutex::new(wait);
    let stage = Stage::new(&app).rest(move |_, _| {
        wait.lock().unwrap().recv().unwrap();
        Ok(Fetched::default())
    });
    let observer = OpensGate { seen: Seen::default(), gate };
    let engine = Engine { observer: &observer, ..stage.engine() };
    engine.trigger(&Trigger::Event { name: "onLoad".to_owned(), jig: None }).unwrap();
    let lines = lines(&observer.seen.take());
    assert!(lines.contains(&r#"effect action.go-to {"linkTo":"home","inputs":{"pending":true}}"#.to_owned()));
}

/// Lets a sync go on when an effect has been told.
struct OpensGate {
    seen: Seen,
    gate: Sender<()>,
}

impl Observer for OpensGate {
    fn observe(&self, record: &Record) {
        self.seen.observe(record);
        if let Event::Effect { .. } = &record.event {
            self.gate.send(()).unwrap();
        }
    }
}
