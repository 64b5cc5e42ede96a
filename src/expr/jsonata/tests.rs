#![allow(clippy::unwrap_used)]

mod conformance;
mod differential;

use std::cell::Cell;

use serde_json::{Value, json};

use super::super::{EvalError, Expression, SharedExpressions, Template, World};
use super::{Evaluator, Host, Limits, is_truthy};

/// A clock that stands still and ids that count.
#[derive(Default)]
struct Fixed {
    ids: Cell<u32>,
}

impl Host for Fixed {
    fn now_ms(&self) -> i64 {
        1_750_000_000_000
    }

    fn uuid(&self) -> String {
        self.ids.set(self.ids.get() + 1);
        format!("id-{}", self.ids.get())
    }
}

fn evaluator() -> Evaluator {
    Evaluator::new(Fixed::default(), Limits::default())
}

fn parse(text: &str) -> Expression {
    Expression::parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn shared(entries: &[(&str, &str)]) -> SharedExpressions {
    entries.iter().map(|(name, text)| ((*name).to_owned(), parse(text))).collect()
}

fn with_shared(text: &str, ctx: &Value, entries: &[(&str, &str)]) -> Result<Option<Value>, EvalError> {
    let shared = shared(entries);
    evaluator().evaluate(&parse(text), &World { ctx, focus: None, shared: &shared })
}

fn try_eval(text: &str, ctx: &Value) -> Result<Option<Value>, EvalError> {
    with_shared(text, ctx, &[])
}

fn eval(text: &str, ctx: &Value) -> Option<Value> {
    try_eval(text, ctx).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn on(text: &str, focus: &Value, ctx: &Value) -> Option<Value> {
    let shared = SharedExpressions::new();
    evaluator().evaluate(&parse(text), &World { ctx, focus: Some(focus), shared: &shared }).unwrap()
}

#[test]
fn context_paths_and_hyphenated_names() {
    let ctx = json!({
        "datasources": {"sync-scopes": [{"id": "a", "state": "syncing"}, {"id": "b", "state": "synced"}], "next-week": [{"startTime": 7}]},
        "commandId": "c1",
        "list": [{"order-date": 3, "order-total": 5}, {"order-date": 9, "order-total": 6}],
    });
    let guard =
        |id: &str| format!("=@ctx.datasources.sync-scopes[id = '{id}'].state = 'syncing' ? false : true");
    assert_eq!(eval(&guard("a"), &ctx), Some(json!(false)));
    assert_eq!(eval(&guard("b"), &ctx), Some(json!(true)));
    assert_eq!(eval(&guard("none"), &ctx), Some(json!(true)));
    assert_eq!(eval("=@ctx.datasources.next-week[0].startTime", &ctx), Some(json!(7)));
    assert_eq!(eval("=@.commandId", &ctx), Some(json!("c1")));
    assert_eq!(eval("=@ctx.list[order-date >= 4].order-total", &ctx), Some(json!(6)));
    assert_eq!(eval("=$sum(@ctx.list.(order-total))", &ctx), Some(json!(11)));
    assert_eq!(eval("=@ctx.list[0].order-total -1", &ctx), Some(json!(4)));
    assert_eq!(eval("=$count(@ctx.list)-1", &ctx), Some(json!(1)));
    assert_eq!(eval("='@ctx.' & @.commandId", &ctx), Some(json!("@ctx.c1")));
    assert_eq!(eval("=@ctx", &json!({"a": 1})), Some(json!({"a": 1})));
    assert_eq!(eval("=@ctx.missing", &ctx), None);
    assert_eq!(eval("=$map([1,2], function($v){ $v & @ctx.commandId })", &ctx), Some(json!(["1c1", "2c1"])));
    assert_eq!(eval("=@ctx.list[order-date = @ctx.list[1].order-date].order-total", &ctx), Some(json!(6)));
}

#[test]
fn names_without_ctx_start_from_the_context_too() {
    assert_eq!(eval("a.b", &json!({"a": {"b": 1}})), Some(json!(1)));
    assert_eq!(eval("$.a", &json!({"a": 2})), Some(json!(2)));
    assert_eq!(eval("$$.a", &json!({"a": 3})), Some(json!(3)));
    assert_eq!(eval("$keys($)", &json!({"a": 3, "b": 4})), Some(json!(["a", "b"])));
    assert_eq!(eval("$string()", &json!({"a": 3})), Some(json!("{\"a\":3}")));
    assert_eq!(eval("@ctx.(a + b)", &json!({"a": 3, "b": 4})), Some(json!(7)));
}

#[test]
fn a_transform_starts_from_its_focus() {
    let ctx = json!({"parameters": {"userId": 9}});
    let body = json!([{"id": 1, "tags": ["x"]}]);
    assert_eq!(on("$", &body, &ctx), Some(body.clone()));
    assert_eq!(on("id", &body, &ctx), Some(json!(1)));
    assert_eq!(
        on("$.{'id': id, 'user': @ctx.parameters.userId}", &body, &ctx),
        Some(json!({"id": 1, "user": 9}))
    );
    assert_eq!(on("$$.id", &body, &ctx), Some(json!(1)));
    assert_eq!(on("@.parameters", &body, &ctx), Some(json!({"userId": 9})));
    assert_eq!(on("$map($, function($r){ $r.id + @ctx.parameters.userId })", &body, &ctx), Some(json!(10)));
}

#[test]
fn shared_expressions_are_values_or_functions() {
    let ctx = json!({"n": 4, "cur": "CHF"});
    let all = [
        ("today", "=@ctx.n * 2"),
        ("todayStart", "=$today + 1"),
        ("cart-sum", "=$sum([@ctx.n, $todayStart])"),
        ("fmt", "=function($p, $c){ $c & $p & @ctx.cur }"),
        ("bad", "=$number('x')"),
    ];
    let eval = |text: &str| with_shared(text, &ctx, &all);
    assert_eq!(eval("=$todayStart"), Ok(Some(json!(9))));
    assert_eq!(eval("=@ctx.expressions.todayStart"), Ok(Some(json!(9))));
    assert_eq!(eval("=$cart-sum"), Ok(Some(json!(13))));
    assert_eq!(eval("=$fmt(99, '$')"), Ok(Some(json!("$99CHF"))));
    assert_eq!(eval("=@ctx.expressions.fmt(99, '$')"), Ok(Some(json!("$99CHF"))));
    assert_eq!(eval("=99 ~> $fmt('$')"), Ok(Some(json!("$99CHF"))),);
    assert_eq!(eval("=[1, 2].$fmt($, '#')"), Ok(Some(json!(["#1CHF", "#2CHF"]))));
    assert_eq!(eval("=$unknown"), Ok(None));
    assert_eq!(eval("=true ? 1 : $bad"), Ok(Some(json!(1))));
    assert_eq!(eval("=$bad").unwrap_err().code, "D3030");
    assert_eq!(eval("=($today := 1; $today)"), Ok(Some(json!(1))));
}

#[test]
fn cycles_are_errors_only_when_they_are_reached() {
    let all = [("a", "=$b"), ("b", "=@ctx.stop ? 1 : $a")];
    assert_eq!(with_shared("=$a", &json!({"stop": true}), &all), Ok(Some(json!(1))));
    let error = with_shared("=$a", &json!({}), &all).unwrap_err();
    assert_eq!(error.code, "cycle");
}

#[test]
fn a_shared_expression_may_replace_a_function() {
    let all = [("count", "=function($x){ 'mine' }")];
    assert_eq!(with_shared("=$count([1])", &json!({}), &all), Ok(Some(json!("mine"))));
    assert_eq!(with_shared("=$count([1])", &json!({}), &[]), Ok(Some(json!(1))));
}

#[test]
fn functions_of_the_app_format() {
    let ctx = json!({"ids": ["_tmp_1", "2"]});
    assert_eq!(eval("=$uuid()", &ctx), Some(json!("id-1")));
    assert_eq!(eval("=$uuid_v4() & $uuid()", &ctx), Some(json!("id-1id-2")));
    assert_eq!(eval("=$isTempId(@ctx.ids[0])", &ctx), Some(json!(true)));
    assert_eq!(eval("=$isTempId(@ctx.nothing)", &ctx), Some(json!(false)));
    assert_eq!(eval("=$map(@ctx.ids, $isTempId)", &ctx), Some(json!([true, false])));
    assert_eq!(eval("=@ctx.ids.$isTempId($)", &ctx), Some(json!([true, false])));
    assert_eq!(eval("=$in('2', @ctx.ids)", &ctx), Some(json!(true)));
    assert_eq!(eval("=$in(2, @ctx.ids)", &ctx), Some(json!(false)));
    assert_eq!(eval("=$base64decode($base64encode('hi'))", &ctx), Some(json!("hi")));
}

#[test]
fn the_clock_is_the_hosts() {
    let ctx = json!({});
    assert_eq!(eval("=$millis()", &ctx), Some(json!(1_750_000_000_000_i64)));
    assert_eq!(eval("=$now()", &ctx), Some(json!("2025-06-15T15:06:40.000Z")));
    assert_eq!(eval("=$now('[Y0001]-[M01]-[D01]')", &ctx), Some(json!("2025-06-15")));
    assert_eq!(eval("=$now('[H01]:[m01]', '+0200')", &ctx), Some(json!("17:06")));
    assert_eq!(eval("=$fromMillis($millis())", &ctx), eval("=$now()", &ctx));
    assert_eq!(eval("=$map([1], function($x){ $millis() })", &ctx), Some(json!(1_750_000_000_000_i64)));
    assert_eq!(eval("=$eval('$millis()')", &ctx), Some(json!(1_750_000_000_000_i64)));
}

#[test]
fn numbers_keep_their_kind() {
    let ctx = json!({"big": 9_007_199_254_740_991_i64, "half": 0.5, "whole": 2.0});
    assert_eq!(eval("=@ctx.big", &ctx), Some(json!(9_007_199_254_740_991_i64)));
    assert_eq!(eval("=@ctx.half * 4", &ctx), Some(json!(2)));
    assert_eq!(eval("=@ctx.whole", &ctx), Some(json!(2)));
    assert_eq!(eval("=1/0", &ctx), Some(json!(null)));
    assert_eq!(eval("=-0", &ctx), Some(json!(0)));
    assert_eq!(eval("=null", &ctx), Some(json!(null)));
}

#[test]
fn functions_as_results_are_no_values() {
    assert_eq!(eval("=function($x){$x}", &json!({})), None);
    assert_eq!(eval("={'f': $sum, 'a': 1}", &json!({})), Some(json!({"a": 1})));
    assert_eq!(eval("=[$sum]", &json!({})), Some(json!([null])));
}

#[test]
fn limits_hold() {
    let code = |text: &str, limits: Limits| {
        let shared = SharedExpressions::new();
        let evaluator = Evaluator::new(Fixed::default(), limits);
        evaluator
            .evaluate(&parse(text), &World { ctx: &json!({}), focus: None, shared: &shared })
            .unwrap_err()
            .code
    };
    let time = Limits { time: std::time::Duration::from_millis(30), ..Limits::default() };
    assert_eq!(code("=($f := function($n){ $f($n + 1) }; $f(0))", time), "limit.time");
    assert_eq!(code("=($f := function($n){ 1 + $f($n + 1) }; $f(0))", Limits::default()), "limit.depth");
    assert_eq!(code("=$map([1..2000000], function($x){ $x })", Limits::default()), "limit.size");
    let small = Limits { result: 100, ..Limits::default() };
    assert_eq!(code("=[1..50]", small.clone()), "limit.size");
    assert_eq!(code("=$pad('x', 1000)", small), "limit.size");
}

#[test]
fn templates_fill_deeply() {
    let template = Template::Map(vec![
        ("a".into(), Template::Expression(parse("=@ctx.x"))),
        ("b".into(), Template::Expression(parse("=@ctx.missing"))),
        (
            "c".into(),
            Template::List(vec![Template::Literal(json!("=no")), Template::Expression(parse("=@ctx.gone"))]),
        ),
    ]);
    let shared = SharedExpressions::new();
    let filled = evaluator().fill(&template, &World { ctx: &json!({"x": 1}), focus: None, shared: &shared });
    assert_eq!(filled, Ok(Some(json!({"a": 1, "c": ["=no"]}))));
}

#[test]
fn pages_run_through_one_prepared_expression() {
    let (evaluator, shared) = (evaluator(), SharedExpressions::new());
    let expression = parse("value.{'id': id, 'owner': @ctx.user}");
    let ctx = json!({"user": "u"});
    let prepared =
        evaluator.prepare(&expression, &World { ctx: &ctx, focus: None, shared: &shared }).unwrap();
    let page = r#"{"value": [{"id": 1}, {"id": 2.5}]}"#;
    let rows = json!([{"id": 1, "owner": "u"}, {"id": 2.5, "owner": "u"}]);
    assert_eq!(prepared.on_json(page), Ok(Some(rows.clone())));
    let text = prepared.json_to_json(page).unwrap().unwrap();
    assert_eq!(text, r#"[{"id":1,"owner":"u"},{"id":2.5,"owner":"u"}]"#);
    assert_eq!(prepared.on_json("{}"), Ok(None));
    assert_eq!(prepared.on_json("{").unwrap_err().code, "json");
}

#[test]
fn truthiness_is_jsonatas() {
    let falsy =
        [json!(null), json!(false), json!(0), json!(""), json!([]), json!({}), json!([0]), json!([[], ""])];
    let truthy = [json!(true), json!(1), json!("false"), json!("0"), json!([0, 1]), json!({"a": null})];
    assert!(falsy.iter().all(|value| !is_truthy(value)));
    assert!(truthy.iter().all(is_truthy));
}

/// The code of an error and the text that it points at.
fn blamed(text: &str, ctx: &Value) -> (String, String) {
    let all = [("bad", "=$number('x')"), ("double", "=function($x){ $x * 2 }")];
    let error = with_shared(text, ctx, &all).unwrap_err();
    (error.code, text[error.range.unwrap()].to_owned())
}

#[test]
fn errors_point_at_the_part_that_failed() {
    let ctx = json!({"n": null, "s": "text", "list": [{"v": 1}, {"v": "x"}], "ids": [1, 2]});
    for (text, code, place) in [
        ("=1 + @ctx.n", "T2002", "1 + @ctx.n"),
        ("='a' & $number(@ctx.s) & 'b'", "D3030", "$number(@ctx.s)"),
        ("=@ctx.n = null ? (1; $uppercase(1)) : $number('')", "T0410", "$uppercase(1)"),
        ("=@ctx.n ? 1 : {'k': [1, -'a']}", "D1002", "-'a'"),
        ("=($x := 5; $y := $x & 'b'; $sum([1, $number($y)]))", "D3030", "$number($y)"),
        ("=@ctx.list.(v + 1)", "T2001", "(v + 1)"),
        ("=@ctx.list[v > 3].v", "T2009", "v > 3"),
        ("=$count(@ctx.ids) + $bad", "D3030", "$bad"),
        ("=1 + $double('a')", "T2001", "$double('a')"),
        ("=$unknown(1) & 'x'", "T1006", "$unknown(1)"),
        ("=$uuid() & (1 < 'a')", "T2009", "1 < 'a'"),
    ] {
        assert_eq!(blamed(text, &ctx), (code.to_owned(), place.to_owned()), "{text}");
    }
}

#[test]
fn finding_the_place_uses_up_no_ids() {
    let (evaluator, shared) = (evaluator(), SharedExpressions::new());
    let world = World { ctx: &json!({}), focus: None, shared: &shared };
    assert!(evaluator.evaluate(&parse("=$uuid() & $uuid() & (1 + 'a')"), &world).is_err());
    assert_eq!(evaluator.evaluate(&parse("=$uuid()"), &world), Ok(Some(json!("id-3"))));
}

#[test]
fn the_deepest_expressions_fit_a_small_stack() {
    let nested = |open: &str, close: &str| format!("={}1{}", open.repeat(190), close.repeat(190));
    let chained = |link: &str| format!("=1{}", link.repeat(580));
    let texts = [
        nested("(", ")"),
        nested("[", "]"),
        nested("{'a':", "}"),
        nested("function($x){", "}"),
        nested("$string(", ")"),
        nested("-", ""),
        nested("a[", "]"),
        nested("true ? ", ""),
        nested("0 ?? ", ""),
        nested("|a|", "|"),
        nested("a^(", ")"),
        chained(" + 1"),
        chained(" & 1"),
        chained(" ~> $string"),
        chained("[0]"),
        format!("=a{}", ".a".repeat(580)),
    ];
    for text in texts {
        let small = std::thread::Builder::new().stack_size(1024 * 1024);
        let run = move || {
            let (evaluator, shared) = (evaluator(), SharedExpressions::new());
            let expression = parse(&text);
            let outcome = evaluator
                .evaluate(&expression, &World { ctx: &json!({"a": {}}), focus: None, shared: &shared });
            drop((evaluator, expression));
            outcome.err().map(|error| error.code)
        };
        small.spawn(run).unwrap().join().unwrap();
    }
}

#[test]
fn parsed_expressions_may_cross_threads() {
    fn crosses<T: Send + Sync + Clone>() {}
    crosses::<Expression>();
    crosses::<super::super::Condition>();
}
