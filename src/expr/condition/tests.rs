#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;

const NOW: i64 = 1_000_000;

/// One scope `a` with a row, one status row; `b` has none.
#[derive(Default)]
struct Table {
    state: &'static str,
    offline: bool,
    synced_at: Option<i64>,
}

impl Facts for Table {
    fn scope(&self, id: &str) -> Option<ScopeFacts> {
        (id == "a").then(|| ScopeFacts {
            state: self.state.into(),
            not_started: 1,
            syncing: 2,
            failed: 3,
            synced: 4,
            last_started_at: Some(NOW - 5000),
            last_failed_at: None,
            last_synced_at: self.synced_at,
        })
    }

    fn status(&self, provider: Option<&str>, entity: &str, function: Option<&str>) -> Option<String> {
        let fits = entity == "default/people"
            && provider.is_none_or(|p| p == "P")
            && function.is_none_or(|f| f == "get");
        fits.then(|| "failed".to_owned())
    }

    fn online(&self) -> bool {
        !self.offline
    }

    fn now(&self) -> i64 {
        NOW
    }
}

fn syncing() -> Table {
    Table { state: "syncing", ..Table::default() }
}

fn scope(id: &str, change: impl FnOnce(&mut ScopeTest)) -> Condition {
    let mut test = ScopeTest { id: id.into(), ..ScopeTest::default() };
    change(&mut test);
    Condition::Scope(test)
}

fn is(id: &str, states: &[&str]) -> Condition {
    scope(id, |test| test.is = Some(states.iter().map(|&state| state.into()).collect()))
}

fn is_not(id: &str, states: &[&str]) -> Condition {
    scope(id, |test| test.is_not = Some(states.iter().map(|&state| state.into()).collect()))
}

fn expr(text: &str) -> Condition {
    Condition::Expr(EvalExpr::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}")))
}

fn holds(condition: &Condition, table: &Table) -> bool {
    condition.evaluate(table).unwrap().holds
}

fn reads(condition: &Condition, table: &Table) -> Vec<(String, Value)> {
    condition.evaluate(table).unwrap().reads.into_iter().map(|read| (read.what, read.value)).collect()
}

#[test]
fn states_of_scopes() {
    let table = syncing();
    assert!(holds(&is("a", &["syncing"]), &table));
    assert!(holds(&is("a", &["synced", "syncing"]), &table));
    assert!(!holds(&is("a", &["synced"]), &table));
    assert!(!holds(&is_not("a", &["syncing"]), &table));
    assert!(holds(&is_not("a", &["synced", "failed"]), &table));
    assert!(!holds(&is("a", &[]), &table));
}

#[test]
fn a_scope_without_row_has_state_none() {
    let table = syncing();
    assert!(holds(&is("b", &["none"]), &table));
    assert!(holds(&is_not("b", &["syncing"]), &table));
    assert!(!holds(&is_not("b", &["none"]), &table));
    assert!(!holds(&scope("b", |test| test.synced_within = Some(i64::MAX)), &table));
}

#[test]
fn ages_of_scopes() {
    let table = Table { synced_at: Some(NOW - 60_000), ..syncing() };
    let within = |limit| scope("a", |test| test.synced_within = Some(limit));
    assert!(holds(&within(60_000), &table));
    assert!(!holds(&within(59_999), &table));
    assert!(!holds(&within(60_000), &syncing()), "never synced");
    assert!(holds(&scope("a", |test| test.started_within = Some(5000)), &table));
    assert!(!holds(&scope("a", |test| test.started_within = Some(4999)), &table));
    assert!(!holds(&scope("a", |test| test.failed_within = Some(i64::MAX)), &table));
    let both = scope("a", |test| {
        test.is = Some(vec!["synced".into()]);
        test.synced_within = Some(60_000);
    });
    assert!(!holds(&both, &table), "every part must hold");
}

#[test]
fn a_moment_to_come_is_as_old_as_it_is_far() {
    let table = Table { synced_at: Some(NOW + 86_400_000), ..syncing() };
    let within = |limit| scope("a", |test| test.synced_within = Some(limit));
    assert!(!holds(&within(900_000), &table), "the clock was set back by a day");
    assert!(holds(&within(86_400_000), &table));
    let table = Table { synced_at: Some(NOW + 2000), ..syncing() };
    assert!(holds(&within(900_000), &table), "clocks differ a little");
    let table = Table { synced_at: Some(i64::MIN), ..syncing() };
    assert!(!holds(&within(i64::MAX - 1), &table));
}

#[test]
fn states_of_statuses() {
    let test = |change: &dyn Fn(&mut StatusTest)| {
        let mut test = StatusTest { entity: "default/people".into(), ..StatusTest::default() };
        change(&mut test);
        holds(&Condition::Status(test), &syncing())
    };
    assert!(test(&|test| test.is = Some(vec!["failed".into()])));
    assert!(!test(&|test| test.is_not = Some(vec!["failed".into()])));
    assert!(test(&|test| (test.function, test.is) = (Some("get".into()), Some(vec!["failed".into()]))));
    assert!(test(&|test| (test.function, test.is) = (Some("put".into()), Some(vec!["none".into()]))));
    assert!(test(&|test| (test.provider, test.is) = (Some("Q".into()), Some(vec!["none".into()]))));
}

#[test]
fn all_any_not() {
    let table = syncing();
    let (yes, no) = (is("a", &["syncing"]), is("a", &["synced"]));
    assert!(holds(&Condition::All(vec![]), &table));
    assert!(!holds(&Condition::Any(vec![]), &table));
    assert!(holds(&Condition::All(vec![yes.clone(), yes.clone()]), &table));
    assert!(!holds(&Condition::All(vec![yes.clone(), no.clone()]), &table));
    assert!(holds(&Condition::Any(vec![no.clone(), yes.clone()]), &table));
    assert!(!holds(&Condition::Any(vec![no.clone()]), &table));
    assert!(holds(&Condition::Not(Box::new(no)), &table));
    assert!(!holds(&Condition::Not(Box::new(yes)), &table));
}

#[test]
fn only_what_was_read_is_listed_and_once() {
    let table = syncing();
    let state = ("scope a state".to_owned(), json!("syncing"));
    let condition = Condition::All(vec![is_not("a", &["syncing"]), expr("online()")]);
    assert_eq!(reads(&condition, &table), std::slice::from_ref(&state));
    let condition = Condition::All(vec![is("a", &["syncing"]), is_not("a", &["failed"]), expr("online()")]);
    assert_eq!(reads(&condition, &table), [state, ("online".to_owned(), json!(true))]);
    let never = scope("a", |test| test.failed_within = Some(1));
    assert_eq!(reads(&never, &table), [("scope a lastFailedAt".to_owned(), json!(null))]);
    let recent = scope("a", |test| test.started_within = Some(1));
    assert_eq!(
        reads(&recent, &table),
        [("scope a lastStartedAt".to_owned(), json!(NOW - 5000)), ("now".to_owned(), json!(NOW))]
    );
    let status = expr("status::state(\"x\", \"f\") == \"none\"");
    assert_eq!(reads(&status, &table), [("status x f state".to_owned(), json!("none"))]);
}

#[test]
fn free_conditions() {
    let table = Table { synced_at: Some(NOW - 60_000), ..syncing() };
    for (text, expected) in [
        ("online()", true),
        ("!online()", false),
        ("scope::state(\"a\") == \"syncing\"", true),
        ("scope::state(\"b\") == \"none\"", true),
        ("online() && scope::count(\"a\", \"failed\") < 3", false),
        ("scope::count(\"a\", \"notStarted\") + scope::count(\"a\", \"syncing\") == 3", true),
        ("scope::count(\"b\", \"synced\") == 0", true),
        ("scope::age(\"a\", \"synced\") <= minutes(1)", true),
        ("scope::age(\"a\", \"failed\") > days(10000)", true),
        ("scope::age(\"b\", \"synced\") == 9223372036854775807", true),
        ("status::state(\"default/people\") == \"failed\"", true),
        ("status::state(\"default/people\", \"put\") == \"none\"", true),
        ("now() == 1000000", true),
        ("ms(5) == 5 && seconds(1.5) == 1500 && hours(2) == 7200000 && days(1) == 24 * hours(1)", true),
        ("true", true),
        ("(1 + 2) * 3 == 9 || false", true),
    ] {
        assert_eq!(holds(&expr(text), &table), expected, "{text}");
    }
}

fn mistake(text: &str) -> (String, String, Option<String>) {
    let error = EvalExpr::parse(text).unwrap_err();
    (text[error.range].to_owned(), error.message, error.help)
}

#[test]
fn mistakes_have_their_place() {
    for (text, place, message) in [
        ("onlin()", "onlin", "unknown function `onlin`"),
        ("online() && scope::stat(\"a\") == \"x\"", "scope::stat", "unknown function `scope::stat`"),
        ("online", "online", "unknown name `online`"),
        ("scope::state(morning) == \"x\"", "morning", "unknown name `morning`"),
        ("scope::state('a') == \"x\"", "'a'", "texts stand in double quotes"),
        ("online() and online()", "and", "`and` is no operator here"),
        ("scope::state(\"a\") = \"x\"", "=", "`=` is no operator here"),
        ("(online()", "(", "this `(` is never closed"),
        ("online())", ")", "`)` closes nothing"),
        ("scope::state(\"a) == 1", "\"", "this text is never closed"),
        (
            "scope::count(\"a\", \"faild\") > 1",
            "\"faild\"",
            "`scope::count` does not know `faild`; did you mean `failed`?",
        ),
        ("scope::count(\"a\") > 1", "scope::count", "`scope::count` takes 2 arguments, not 1"),
        (
            "scope::state(3) == \"x\"",
            "scope::state",
            "`scope::state` takes a text in double quotes, not the number `3`",
        ),
        ("now()", "now()", "the result is a number, not true or false"),
        ("1 / 0 > 1", "1 / 0 > 1", "it divides by zero"),
        ("1.5 / 0.0 > 1", "1.5 / 0.0 > 1", "it divides by zero"),
        (
            "scope::state(\"a\") == 3",
            "scope::state(\"a\") == 3",
            "a text is compared with a number, which are never equal",
        ),
        ("  ", "  ", "this condition is empty"),
        ("1 + true > 2", "true", "a number or a text is expected instead of `true`"),
        ("days(9223372036854775807) > 1", "days", "`days` of the number `9223372036854775807` is too long"),
    ] {
        let (found, words, _) = mistake(text);
        assert_eq!((found.as_str(), words.as_str()), (place, message), "{text}");
    }
    assert_eq!(mistake("onlin()").2.unwrap(), "did you mean `online`?");
    assert_eq!(mistake("online").2.unwrap(), "write `online(…)` to call the function");
}

#[test]
fn what_fails_at_run_time_never_holds() {
    let condition = expr("10 / (scope::count(\"a\", \"failed\") - 3) > 1");
    let error = condition.evaluate(&syncing()).unwrap_err();
    assert_eq!(error.message, "it divides by zero");
    assert!(Condition::Not(Box::new(condition.clone())).evaluate(&syncing()).is_err());
    assert!(Condition::Any(vec![condition, expr("true")]).evaluate(&syncing()).is_err());
}

#[test]
fn hostile_texts_are_refused() {
    for text in ["(".repeat(3000), "!".repeat(4000) + "true", "1+".repeat(2000) + "1 > 0", "a".repeat(5000)] {
        assert!(EvalExpr::parse(&text).is_err());
    }
    // The largest that are let through leave the small stack of a thread whole.
    for text in [
        "!".repeat(498) + "true",
        "(".repeat(249) + "true" + &")".repeat(249),
        "2^".repeat(248) + "2 > 0",
        "-".repeat(496) + "1 > 0",
    ] {
        let small = std::thread::Builder::new().stack_size(1024 * 1024);
        small.spawn(move || _ = EvalExpr::parse(&text)).unwrap().join().unwrap();
    }
    let deep = "!".repeat(2) + &"(".repeat(70) + "true" + &")".repeat(70);
    assert!(holds(&expr(&deep), &syncing()));
    let chain = vec!["online()"; 70].join(" && ");
    assert!(holds(&expr(&chain), &syncing()));
}

#[test]
fn names_are_known_without_evaluating() {
    let condition = Condition::All(vec![
        is("x", &["synced"]),
        expr("scope::state(\"y\") == \"a\" || status::state(\"t\", \"f\") == scope::state(\"z\")"),
        Condition::Not(Box::new(Condition::Status(StatusTest {
            entity: "u".into(),
            ..StatusTest::default()
        }))),
    ]);
    assert_eq!(condition.scopes().into_iter().collect::<Vec<_>>(), ["x", "y", "z"]);
    assert_eq!(condition.entities().into_iter().collect::<Vec<_>>(), ["t", "u"]);
    assert_eq!(condition.functions().into_iter().collect::<Vec<_>>(), ["f"]);
}
