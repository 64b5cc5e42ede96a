//! The queue of writes: order, claims, death, and local rows that come and go with their commands.

use super::*;

fn command(id: &str, record: &str, payload: Value) -> NewCommand {
    NewCommand {
        id: id.to_owned(),
        queue: "DATA_PROVIDER_REST".to_owned(),
        kind: "create".to_owned(),
        entity: "tasks".to_owned(),
        record: Some(record.to_owned()),
        payload,
        state: CommandState::Queued,
        enqueue: Enqueue::Add,
    }
}

fn submit(store: &Store, commands: &[NewCommand]) -> Changes {
    store.submit(&Submission { local: None, commands, now: 10 }).unwrap().changes
}

fn claim(store: &Store) -> Option<Claimed> {
    match store.claim_command(0, &[], 20).unwrap().0 {
        Claim::Taken(claimed) => Some(*claimed),
        Claim::Busy | Claim::Empty => None,
    }
}

fn failed<'a>() -> Ending<'a> {
    Ending { state: CommandState::Failed, code: "http.500", message: "no" }
}

#[test]
fn a_row_and_its_command_come_together_or_not_at_all() {
    let bench = Bench::new();
    let data = json!({ "id": "a" });
    let rows = [LocalRow { id: "a", data: data.as_object().unwrap() }];
    let local = Some(LocalWrite { entity: "tasks", method: Method::Create, rows: &rows });
    let commands = [command("c1", "a", json!({}))];
    let submission = Submission { local, commands: &commands, now: 10 };
    let report = bench.store.submit(&submission).unwrap();
    assert_eq!(report.changes.tables, ["_commandQueue", "tasks"].map(str::to_owned).into());
    let again = Submission { commands: &[command("c2", "a", json!({}))], ..submission };
    assert!(bench.store.submit(&again).is_err(), "the row is there");
    assert_eq!(bench.sql("SELECT id FROM _commandQueue"), json!([["c1"]]));
}

#[test]
fn one_is_sent_at_a_time_oldest_first() {
    let bench = Bench::new();
    let other = bench.other();
    submit(&bench.store, &[command("c1", "a", json!({})), command("c2", "b", json!({}))]);
    let first = claim(&bench.store).unwrap();
    assert_eq!(first.id, "c1");
    assert_eq!(other.claim_command(0, &[], 21).unwrap().0, Claim::Busy);
    bench.store.finish_command(&first, &Settled::default(), 22).unwrap();
    let second = claim(&other).unwrap();
    assert_eq!((second.id.as_str(), second.attempts), ("c2", 1));
    other.end_command(&second, &failed(), 23).unwrap();
    assert_eq!(claim(&bench.store), None, "what failed stays until it is retried");
    bench.store.retry_commands(&ids(&["c2", "nobody"]), 24).unwrap();
    assert_eq!(claim(&bench.store).unwrap().attempts, 2);
}

#[test]
fn the_claim_of_a_dead_process_is_given_back_and_its_late_answer_is_not_heard() {
    let bench = Bench::new();
    let other = bench.other();
    submit(&bench.store, &[command("c1", "a", json!({}))]);
    let lost = claim(&bench.store).unwrap();
    assert_eq!(other.left_behind().unwrap(), LeftBehind::default(), "it lives");
    lock(&bench.store.inner.owner).die();
    assert_eq!(other.left_behind().unwrap().commands, ["c1".to_owned()].into());
    let changes = other.recover(30).unwrap();
    let row = &changes.commands[0];
    assert_eq!((row.state, row.code.as_deref()), (CommandState::Queued, Some("owner.lost")));
    let taken = claim(&other).unwrap();
    assert_eq!(taken.attempts, 2);
    let late = bench.store.finish_command(&lost, &Settled::default(), 31);
    assert!(matches!(late, Err(StoreError::Stale)), "{late:?}");
    let late = bench.store.end_command(&lost, &failed(), 31);
    assert!(matches!(late, Err(StoreError::Stale)), "{late:?}");
    other.finish_command(&taken, &Settled::default(), 32).unwrap();
    assert!(other.commands().unwrap().is_empty());
}

#[test]
fn a_stop_gives_back_what_is_being_sent() {
    let bench = Bench::new();
    submit(&bench.store, &[command("c1", "a", json!({}))]);
    claim(&bench.store).unwrap();
    let changes = bench.store.interrupt_own(30).unwrap();
    assert_eq!(changes.commands[0].state, CommandState::Queued);
}

#[test]
fn an_answer_that_follows_a_newer_write_gives_the_id_and_nothing_else() {
    let bench = Bench::new();
    let temp = temp_id("c1");
    let data = json!({ "id": temp, "title": "old" });
    let rows = [LocalRow { id: &temp, data: data.as_object().unwrap() }];
    let local = Some(LocalWrite { entity: "tasks", method: Method::Create, rows: &rows });
    let created = command("c1", &temp, json!({ "id": temp }));
    bench.store.submit(&Submission { local, commands: &[created], now: 10 }).unwrap();
    let sent = claim(&bench.store).unwrap();
    let newer = json!({ "title": "new" });
    let rows = [LocalRow { id: &temp, data: newer.as_object().unwrap() }];
    let local = Some(LocalWrite { entity: "tasks", method: Method::Update, rows: &rows });
    let later = command("c2", &temp, json!({ "parameters": { "id": temp, "say": format!("<{temp}>") } }));
    bench.store.submit(&Submission { local, commands: &[later], now: 11 }).unwrap();
    let settled =
        Settled { id: Some("7\"x"), merge: Some(r#"{"title":"old","n":1}"#), changes: &[], tracked: None };
    bench.store.finish_command(&sent, &settled, 12).unwrap();
    let told = bench.sql("SELECT id, json_extract(data, '$.id'), json_extract(data, '$.title') FROM tasks");
    assert_eq!(told, json!([["7\"x", "7\"x", "new"]]));
    let told = bench.sql("SELECT recordId, json_extract(payload, '$.parameters.say') FROM _commandQueue");
    assert_eq!(told, json!([["7\"x", "<7\"x>"]]));
    let last = claim(&bench.store).unwrap();
    let settled = Settled { merge: Some(r#"{"n":2}"#), ..Settled::default() };
    let report = bench.store.finish_command(&last, &settled, 13).unwrap();
    assert!(report.changes.tables.contains("tasks"));
    assert_eq!(bench.sql("SELECT json_extract(data, '$.n') FROM tasks"), json!([[2]]));
    assert_eq!(bench.store.known_id(&temp).unwrap(), "7\"x");
}

#[test]
fn operations_and_the_end_of_the_command_are_one_transaction() {
    let bench = Bench::new();
    submit(&bench.store, &[command("c1", "a", json!({}))]);
    let sent = claim(&bench.store).unwrap();
    let head = Head::Sql {
        statement: "INSERT INTO nothing VALUES (1)".into(),
        parameters: Parameters::new(),
        tables: vec![],
    };
    let good = Head::FindReplace {
        find: "a".into(),
        replace: "b".into(),
        tables: vec!["tasks".into()],
        queue: true,
    };
    let changes = [Change { head: &good, rows: &[] }, Change { head: &head, rows: &[] }];
    let settled = Settled { changes: &changes, ..Settled::default() };
    assert!(bench.store.finish_command(&sent, &settled, 12).is_err());
    assert_eq!(
        bench.sql("SELECT id, recordId, state FROM _commandQueue"),
        json!([["c1", "a", "processing"]])
    );
    bench.store.end_command(&sent, &failed(), 13).unwrap();
}

#[test]
fn what_waits_for_a_command_goes_when_that_is_dropped() {
    let bench = Bench::new();
    let child = command("c2", "b", json!({ "parent": temp_id("c1") }));
    submit(&bench.store, &[command("c1", &temp_id("c1"), json!({})), child]);
    let first = claim(&bench.store).unwrap();
    bench.store.end_command(&first, &failed(), 12).unwrap();
    let (claimed, changes) = bench.store.claim_command(0, &[], 13).unwrap();
    assert_eq!(claimed, Claim::Empty);
    assert_eq!(changes.commands[0].state, CommandState::Waiting);
    assert!(bench.store.claim_command(0, &[], 14).unwrap().1.is_empty(), "it is told once");
    bench.store.delete_command("c1").unwrap();
    assert_eq!(claim(&bench.store).unwrap().id, "c2");
}

#[test]
fn a_database_of_the_first_version_gets_the_queue() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch(include_str!("../migrations/0001_first.sql")).unwrap();
    conn.execute_batch("PRAGMA application_id = 0x53594e53; PRAGMA user_version = 1").unwrap();
    drop(conn);
    let store = Store::open(&path, &quick()).unwrap();
    submit(&store, &[command("c1", "a", json!({}))]);
    assert_eq!(store.commands().unwrap().len(), 1);
}
