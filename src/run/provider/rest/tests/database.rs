//! Functions that ask a database: the same pipeline around another exchange.

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use crate::run::provider::testing::Trial;
use crate::run::provider::{Connections, FetchError, SqlAnswer, SqlCall, SqlDriver, SqlKind, Stop};

/// What a driver was asked: kind, text, parameters.
type Heard = Mutex<Vec<(SqlKind, String, Map<String, Value>)>>;

/// Answers what it is told, in order, and remembers what it was asked.
#[derive(Default)]
struct Told {
    heard: Heard,
    answers: Mutex<Vec<Result<SqlAnswer, FetchError>>>,
}

impl SqlDriver for Told {
    fn ask(&self, call: &SqlCall<'_>, _: &Stop) -> Result<SqlAnswer, FetchError> {
        self.heard.lock().unwrap().push((call.kind, call.text.to_owned(), call.parameters.clone()));
        self.answers.lock().unwrap().remove(0)
    }
}

fn rows(value: &Value) -> SqlAnswer {
    let rows = value.as_array().unwrap().iter().map(|row| row.as_object().unwrap().clone()).collect();
    SqlAnswer { rows: Some(rows) }
}

fn trial(rest: &str, answers: Vec<Result<SqlAnswer, FetchError>>) -> (Trial, Arc<Told>) {
    let text = format!("provider: DATA_PROVIDER_SQL\nconnection: crm\n{rest}");
    let told = Arc::new(Told { answers: Mutex::new(answers), ..Told::default() });
    let mut trial = Trial::of(&text, "");
    trial.connections = Connections::new().with("crm", Arc::<Told>::clone(&told));
    (trial, told)
}

const PROCEDURE: &str = "method: execute
procedure: find_them
parameters:
  region: { type: string, location: input, required: true }
  total: { type: number, location: output, required: false, value: 0 }
  both: { type: number, location: both, required: false, value: 7 }
";

#[test]
fn what_goes_in_is_given_and_what_comes_out_is_not() {
    let (trial, told) = trial(PROCEDURE, vec![Ok(rows(&json!([{"id": 1}])))]);
    assert_eq!(trial.with("region", "north").ok().ids(), ["1"]);
    let parameters = json!({"region": "north", "both": 7}).as_object().unwrap().clone();
    assert_eq!(*told.heard.lock().unwrap(), [(SqlKind::Procedure, "find_them".to_owned(), parameters)]);
}

#[test]
fn a_required_parameter_is_missed_before_anything_is_asked() {
    let (trial, told) = trial(PROCEDURE, Vec::new());
    assert_eq!(trial.err().code, "config.parameter");
    assert!(told.heard.lock().unwrap().is_empty());
}

#[test]
fn what_may_go_better_is_tried_again() {
    let locked = || Err(FetchError::passing("sql.locked", "locked"));
    let text = "method: query\nquery: SELECT 1\n";
    let (trial, told) = trial(text, vec![locked(), locked(), Ok(rows(&json!([{"id": "a"}])))]);
    assert_eq!(trial.ok().ids(), ["a"]);
    assert_eq!(told.heard.lock().unwrap().len(), 3);
}

#[test]
fn transforms_and_error_rules_see_the_list_of_rows() {
    let text = "method: query\nquery: SELECT 1\noutputTransform: '$.{ \"id\": code, \"n\": $count($$) }'\n";
    let (trial, _) = trial(text, vec![Ok(rows(&json!([{"code": "a"}, {"code": "b"}])))]);
    let sink = trial.ok();
    assert_eq!((sink.ids(), sink.row("a")), (vec!["a", "b"], json!({"id": "a", "n": 2})));
    let ruled = "method: query\nquery: SELECT 1\nerror:\n  - { title: Not now }\n";
    let failed = vec![Err(FetchError::lasting("sql.statement", "no such column: x"))];
    let error = self::trial(ruled, failed).0.err();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("sql.statement", "Not now"));
}

#[test]
fn a_statement_that_gives_no_rows_says_nothing_about_the_table() {
    let (mut trial, _) = trial("method: query\nquery: UPDATE x\n", vec![Ok(SqlAnswer::default())]);
    assert!(trial.run().unwrap().skipped);
    assert!(trial.sink.pages.is_empty());
}

#[test]
fn connections_are_told_apart_by_their_names() {
    let (mut trial, _) = trial("method: query\nquery: SELECT 1\n", Vec::new());
    trial.connections = Connections::new().with("crn", Arc::new(Told::default()));
    let error = trial.err();
    assert_eq!(error.code, "config.connection");
    assert_eq!(error.message, "the function `f`: there is no SQL connection `crm`; did you mean `crn`?");
}
