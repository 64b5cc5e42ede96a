#![allow(clippy::unwrap_used)]

use super::super::Expression;
use super::{CallForm, FUNCTIONS, References};

fn references(text: &str) -> References {
    Expression::parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}")).references().clone()
}

/// The paths as texts; `!` marks what is dynamic, `()` what is called, `?` what has no name.
fn paths(text: &str) -> Vec<String> {
    let shown = |path: &super::ContextPath| {
        let steps = path.segments.iter().map(|segment| {
            let name = segment.name.as_deref().unwrap_or("?");
            format!(
                "{name}{}{}",
                if segment.called { "()" } else { "" },
                if segment.dynamic { "!" } else { "" }
            )
        });
        steps.collect::<Vec<_>>().join(".")
    };
    references(text).paths.iter().map(shown).collect()
}

#[test]
fn paths_below_ctx() {
    assert_eq!(paths("=@ctx.a.b-c & @.d"), ["a.b-c", "d"]);
    assert_eq!(paths("=@ctx"), [""]);
    assert_eq!(
        paths("=@ctx.datasources.rows[id = @ctx.current.item.id].name"),
        ["datasources.rows!.name", "current.item.id"]
    );
    assert_eq!(paths("=@ctx.a[].b^(<c).d{e: @ctx.f}"), ["a.b!.d!", "f"]);
    assert_eq!(paths("=@ctx.a.*.(x & @ctx.b).'quoted'"), ["a.?!.?!.quoted", "b"]);
    assert_eq!(paths("=@ctx.expressions.fmt(@ctx.a)"), ["expressions.fmt()!", "a"]);
    assert_eq!(paths("=@ctx.a@$v.b#$i.$sum(@ctx.c)"), ["a!.b!.?!", "c"]);
    assert_eq!(paths("='@ctx.a' & ctx.b"), Vec::<String>::new());
    assert_eq!(paths("=(@ctx.a).b"), ["a"]);
}

#[test]
fn paths_have_their_bytes() {
    let text = "= x & @ctx.data.`next week`[0] .name";
    let found = references(text);
    let path = &found.paths[0];
    assert_eq!(&text[path.range.clone()], "@ctx.data.`next week`[0] .name");
    let steps: Vec<&str> = path.segments.iter().map(|segment| &text[segment.range.clone()]).collect();
    assert_eq!(steps, ["data", "`next week`", "name"]);
    let below = found.below(&["data"]).count();
    assert_eq!((below, found.below(&["data", "x"]).count()), (1, 0));
}

/// Name, form and argument count of each call.
fn calls(text: &str) -> Vec<(String, CallForm, usize, bool)> {
    references(text)
        .calls
        .into_iter()
        .map(|call| (call.name, call.form, call.arguments, call.chained))
        .collect()
}

#[test]
fn calls_by_name() {
    let call = |name: &str, arguments, chained| (name.to_owned(), CallForm::Function, arguments, chained);
    assert_eq!(
        calls("=$sum($map(x, function($v){ $number($v) }))"),
        [call("sum", 1, false), call("map", 2, false), call("number", 1, false)]
    );
    assert_eq!(calls("=x ~> $substring(1) ~> $trim"), [call("substring", 1, true)]);
    assert_eq!(calls("=x.$length()"), [call("length", 0, true)]);
    assert_eq!(calls("=($f := function(){1}; $f() + $g(2))"), [call("g", 1, false)]);
    assert_eq!(
        calls("=$jsfunctions.total(1, 2)"),
        [("total".to_owned(), CallForm::Script { file: "jsfunctions".into() }, 2, false)]
    );
    assert_eq!(calls("=sum(x)"), [("sum".to_owned(), CallForm::Bare, 1, false)]);
    let text = "= $a.b(1) & $count(2)";
    let names: Vec<String> =
        references(text).calls.iter().map(|call| text[call.range.clone()].to_owned()).collect();
    assert_eq!(names, ["$a.b", "$count"]);
}

fn variables(text: &str) -> Vec<String> {
    references(text).variables.into_iter().map(|variable| variable.name).collect()
}

#[test]
fn names_from_outside() {
    assert_eq!(variables("=$cart-sum + $today"), ["cart-sum", "today"]);
    assert_eq!(variables("=($x := 1; $x + $y)"), ["y"]);
    assert_eq!(variables("=function($a){ $a & $b }"), ["b"]);
    assert_eq!(variables("=items@$i.x#$n[$i = $n and $m]"), ["m"]);
    assert_eq!(variables("=items@$i.x & $i"), ["i"]);
    assert_eq!(
        variables("=($f := function(){ $g() }; $g := function(){ $f() }; $f())"),
        Vec::<String>::new()
    );
    assert_eq!(variables("=($x := 1) + $x"), ["x"]);
    assert_eq!(variables("=$ & $$ & $sum & $uuid()"), Vec::<String>::new());
    assert_eq!(variables("=$jsfunctions.total()"), ["jsfunctions"]);
    assert_eq!(variables("=$undefinedOne(1)"), ["undefinedOne"]);
    assert!(references("=$fmt(1)").variables[0].called);
    assert!(!references("=$fmt").variables[0].called);
}

#[test]
fn a_hyphen_behind_a_bound_name_was_meant_as_a_minus() {
    assert!(references("=$map(x, function($v, $i){ $i-1 })").variables[0].looks_like_minus);
    assert!(!references("=$cart-sum").variables[0].looks_like_minus);
}

#[test]
fn functions_are_sorted_and_known() {
    assert!(FUNCTIONS.is_sorted_by_key(|function| function.name.to_lowercase()));
    let named = references("=$map(x, $uppercase) & $sum(y) & $other()").functions;
    assert_eq!(named.into_iter().collect::<Vec<_>>(), ["map", "sum", "uppercase"]);
}
