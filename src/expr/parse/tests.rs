#![allow(clippy::unwrap_used)]

use super::super::ast::Kind;
use super::super::{SyntaxError, corpus};
use super::{Dialect, parse};

fn errors(text: &str) -> Vec<SyntaxError> {
    parse(text, Dialect::App).err().unwrap_or_default()
}

fn accepts(text: &str) {
    assert_eq!(errors(text), [], "{text}");
}

/// Each mistake: the bytes it points at, its message, its help.
fn check(text: &str, expected: &[(&str, &str, &str)]) {
    let found = errors(text);
    let found: Vec<_> = found
        .iter()
        .map(|error| {
            (&text[error.range.clone()], error.message.as_str(), error.help.as_deref().unwrap_or_default())
        })
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn operators_of_other_languages() {
    check("=a == b", &[("==", "`==` is no operator here", "write `=`")]);
    check("=a === b", &[("===", "`===` is no operator here", "write `=`")]);
    check("=a !== b", &[("!==", "`!==` is no operator here", "write `!=`")]);
    check("=a <> b", &[("<>", "`<>` is no operator here", "write `!=`")]);
    check(
        "=a && b || c",
        &[
            ("&&", "`&&` is no operator here", "write `and`"),
            ("||", "`||` is no operator here", "write `or`"),
        ],
    );
    check("=!a", &[("!", "`!` is no operator", "write `$not(…)`")]);
    check("=a ! b", &[("!", "`!` is no operator", "write `!=` for unequal, `$not(…)` for not")]);
    check("=not x", &[("x", "an operator is missing between `not` and `x`", "write `$not(…)`")]);
    check("=2 ** 3", &[("**", "`**` is no operator", "for powers write `$power(base, exponent)`")]);
    check("=a ++ b", &[("++", "`++` is no operator here", "write `+` to add numbers, `&` to join texts")]);
    let arrow = "write `>=` to compare, `function($x){ … }` for a function";
    check("=(x) => x", &[("=>", "`=>` is no operator here", arrow)]);
    check("=a // c", &[("//", "`//` begins no comment", "write comments as `/* … */`")]);
}

/// The text with all repairs made.
fn repaired(text: &str) -> String {
    let mut repairs: Vec<_> = errors(text).into_iter().flat_map(|error| error.repair).collect();
    repairs.sort_by_key(|(range, _)| (range.start, range.end));
    let mut whole = text.to_owned();
    for (range, written) in repairs.into_iter().rev() {
        whole.replace_range(range, written);
    }
    whole
}

#[test]
fn what_is_clearly_meant_can_be_repaired() {
    let cases = [
        ("=a == b", "=a = b"),
        ("=a!==b", "=a!=b"),
        ("=a <> b", "=a != b"),
        ("=a&&b", "=a and b"),
        ("=a && b|| c", "=a and b or  c"),
        ("=!a && !b", "=$not(a) and $not(b)"),
        ("=!@ctx.a.b[c = 1].d = 1", "=$not(@ctx.a.b[c = 1].d) = 1"),
        ("=!(a or b) and c", "=$not((a or b)) and c"),
        ("=x.y[!z]", "=x.y[$not(z)]"),
    ];
    for (wrong, right) in cases {
        assert_eq!(repaired(wrong), right);
        accepts(right);
    }
    for unclear in ["=a ++ b", "=(x) => x", "=a ! b", "=!", "=!(a", "=a //b"] {
        assert_eq!(repaired(unclear), unclear);
    }
}

#[test]
fn choices() {
    let choice = "a choice is written `condition ? value : otherwise`";
    check(
        "=$count(x) = 0 true : false",
        &[("true", "an operator is missing between `0` and `true`", "put `?` before `true`")],
    );
    check("=a : b", &[(":", "`:` without a `?` before it", choice)]);
    check("=a ? b : c : d", &[(":", "`:` without a `?` before it", choice)]);
    check("=a ?", &[("?", "nothing follows `?`", "add the value it works on")]);
    check("=a ? b :", &[(":", "nothing follows `:`", "add the value it works on")]);
    check("=?", &[("?", "`?` has no value on its left", "add a value before it or remove it")]);
    accepts("=a ? b");
    accepts("=a ? b : c ? d : e");
    accepts("=a ?b :c");
}

#[test]
fn unclosed_things() {
    check("='abc", &[("'", "this text is never closed", "add `'` where the text ends")]);
    check("=f(\"abc & d)", &[("\"", "this text is never closed", "add `\"` where the text ends")]);
    check("=(a + b", &[("(", "this `(` is never closed", "add `)`")]);
    check("=[a, (b]", &[("(", "this `(` is never closed", "add `)`")]);
    check("=$f(1)(2", &[("(", "this `(` is never closed", "add `)`")]);
    check("=a[", &[("[", "this `[` is never closed", "add `]`")]);
    check(
        "={'a': [1, (2",
        &[
            ("{", "this `{` is never closed", "add `}`"),
            ("[", "this `[` is never closed", "add `]`"),
            ("(", "this `(` is never closed", "add `)`"),
        ],
    );
    check("=`abc", &[("`", "this quoted name is never closed", "add a back-tick where the name ends")]);
    check("=a /* x", &[("/*", "this comment is never closed", "add `*/` where it ends")]);
    let regex = "add `/` where it ends; brackets in it must be balanced or escaped";
    check("=/abc", &[("/", "this regular expression is never closed", regex)]);
    let transform = "a transform is written `|which|{changes}|` or `|which|{changes}, [fields to delete]|`";
    check("=|a|b", &[("|", "this transform is not complete", transform)]);
}

#[test]
fn brackets_that_close_nothing() {
    check("=a)", &[(")", "`)` closes nothing", "remove it or add its partner before")]);
    check("=$sum(x]", &[("]", "`]` does not close `(`", "write `)`")]);
    check("=(a ] + b)", &[("]", "`]` closes nothing", "remove it or add its partner before")]);
    check("=}", &[("}", "a value is missing before `}`", "add a value")]);
}

#[test]
fn missing_and_doubled_things() {
    check(
        "=a & =b",
        &[("=", "a second `=` stands here", "only the whole expression begins with `=`; remove this one")],
    );
    check("=a.b.", &[(".", "this path ends with a dot", "remove the dot or add a field name")]);
    check("=@.", &[(".", "this path ends with a dot", "remove the dot or add a field name")]);
    let range = "write one dot for a path, `[1..9]` for a range";
    check("=a..b", &[("..", "`..` makes a range only inside `[ ]`", range)]);
    check("=.5", &[(".", "a dot has nothing on its left", "write the number with a zero before the dot")]);
    check("=.a", &[(".", "a dot has nothing on its left", "begin with `@ctx.` or a field name")]);
    check("=", &[("=", "this expression is empty", "write a value after `=`")]);
    check("=a + ", &[("+", "nothing follows `+`", "add the value it works on")]);
    check("=a.b[c=].d", &[("=", "nothing follows `=`", "add the value it works on")]);
    check("=f(a,)", &[(",", "nothing follows this comma", "remove it or add a value")]);
    check("={a: 1,}", &[(",", "nothing follows this comma", "remove it or add a value")]);
    check("={a}", &[("a", "this key has no value", "write `a: value`")]);
    check("={a 1}", &[("1", "a `:` is missing before this value", "write `key: value`")]);
    check(
        "={'a': b 'c': d}",
        &[("'c'", "a `,` is missing before this key", "write `,` between the entries")],
    );
    check("=a; b", &[(";", "`;` separates steps only inside `( )`", "put the steps into parentheses")]);
    check("=a,b", &[(",", "`,` separates nothing here", "remove it, or put a list into `[ ]`")]);
    accepts("=(a; b;)");
}

#[test]
fn one_report_for_words_in_a_row() {
    let help = "put an operator between them, such as `&`, `+` or `,`";
    check("=foo bar baz qux", &[("bar", "an operator is missing between `foo` and `bar`", help)]);
    check("=a @ctx.b", &[("@ctx", "an operator is missing between `a` and `@ctx`", help)]);
    let texts = "write `&` between texts that belong together";
    check("='a' 'b'", &[("'b'", "an operator is missing between this text and this text", texts)]);
    check(
        "=(a b c; d == e)",
        &[
            ("b", "an operator is missing between `a` and `b`", help),
            ("==", "`==` is no operator here", "write `=`"),
        ],
    );
}

#[test]
fn several_mistakes_in_one_expression() {
    check(
        "=(a == b) && f(1,) & 'x\\q'",
        &[
            ("==", "`==` is no operator here", "write `=`"),
            ("&&", "`&&` is no operator here", "write `and`"),
            (",", "nothing follows this comma", "remove it or add a value"),
            ("\\q", "`\\q` is no escape in a text", "write `\\\\q` for a backslash and `q`"),
        ],
    );
}

#[test]
fn literals() {
    let help = "put the text into `\"` instead, where `'` needs no backslash";
    check("='a\\'b'", &[("\\'", "`\\'` is no escape in a text", help)]);
    let digits = "write four hexadecimal digits, such as `\\u00e9`";
    check("='\\u12'", &[("\\u", "`\\u` needs four hexadecimal digits", digits)]);
    check("='\\ud800x'", &[("\\ud800", "this is half a character", "write the character itself")]);
    check(
        "=1a",
        &[("1a", "`1a`: a name that begins with a digit needs quotes", "write `` `1a` `` in back-ticks")],
    );
    check("=007", &[("007", "`007`: a number does not begin with a zero", "write `7`")]);
    check("=1e999", &[("1e999", "this number is too large", "")]);
    check("=“abc”", &[("“", "`“` does not begin a text", "write straight quotes, `\"` or `'`")]);
    check(
        "=a +\u{a0}b",
        &[("\u{a0}", "an invisible character (U+00A0) stands here", "replace it by an ordinary blank")],
    );
    for text in ["=1and 2", "='\\ud83d\\ude00\\u00e9\\n\\/'", "=0.5e-3", "=[1..3]", "=1.5", "=-1"] {
        accepts(text);
    }
}

#[test]
fn steps_of_paths() {
    let item = "write `[1]` for one item of a list, `` `1` `` in back-ticks for a field";
    check("=a.1", &[("1", "`1` is a value and no step of a path", item)]);
    check("=1[0].b", &[("1", "`1` is a value and no step of a path", item)]);
    let field = "write `` `true` `` in back-ticks for a field of that name";
    check("=a.true", &[("true", "`true` is a value and no step of a path", field)]);
    let minus = "for a subtraction write blanks around the `-`";
    check("=$a.b-1.5", &[("5", "`5` is a value and no step of a path", minus)]);
    let parent = "`%` only follows steps of a path, as in `orders.items.(%.id)`";
    check("=%.a", &[("%", "`%` has no parent to go to here", parent)]);
    check("=a.%.%", &[("%", "`%` has no parent to go to here", parent)]);
    check(
        "=a{b:c}{d:e}",
        &[("{d:e}", "a second grouping `{ }` stands here", "put the first grouping into parentheses")],
    );
    check(
        "=$x{b:c}[0]",
        &[("[0]", "a predicate cannot follow a grouping `{ }`", "put the grouping into parentheses")],
    );
    check("=a[0]@$v", &[("@$v", "`@` cannot stand behind a predicate", "put the predicate behind `@$name`")]);
    check("=a^(b)@$v", &[("@$v", "`@` cannot stand behind an order-by", "put the order-by behind `@$name`")]);
    for text in ["=a.b.%.c", "=a.'b'.%", "=a.(-1)", "=a{b:c}[0]", "=a@$v[0]", "=a[0]#$i", "=x.y[%.z = 1]"] {
        accepts(text);
    }
}

#[test]
fn bindings_and_functions() {
    check("=$x := ", &[(":=", "nothing follows `:=`", "add the value it works on")]);
    let bind = "write `$name := …`; to compare, write `=`";
    check("=a := 1", &[("a", "`:=` binds a `$name`, and this is none", bind)]);
    check("=function(x){x}", &[("x", "a parameter of a function begins with `$`", "write `$x`")]);
    check(
        "=function($x) $x",
        &[("function($x)", "this function has no body in `{ }`", "write `function($x){ … }`")],
    );
    check(
        "=function($x)<n<s>:b>{$x}",
        &[("<", "in a signature only `a` and `f` take a type in `< >`", "write for example `<a<n>-s?:b>`")],
    );
    let focus = "write `@$name` here; `@ctx` only begins a path";
    check("=a@b", &[("@", "`@` names a variable, but no `$name` follows", focus)]);
    check("=a#b", &[("#", "`#` names a variable, but no `$name` follows", "write `#$name`")]);
    let sort = "write `^(field)`, `^(>field)` for descending order";
    check("=a^b", &[("^", "`^` sorts and needs parentheses behind it", sort)]);
    for text in
        ["=function($a, $b)<n-(sa)?a<n>:b>{$a}(1)", "=λ($x){$x}", "=$f(?, 1)", "=a@$p.$merge([$p])#$i"]
    {
        accepts(text);
    }
}

#[test]
fn slashes_that_the_reference_misreads() {
    let divided = "put what is divided into parentheses";
    check("=a[] / 2", &[("/", "JSONata takes a `/` behind `]` for a regular expression", divided)]);
    check("=a^(b) / 2", &[("/", "JSONata takes a `/` behind `)` for a regular expression", divided)]);
    let bind = "pass it to a function, or bind it first: `$r := /…/`";
    check("=(/a/)", &[("/a/", "a regular expression cannot stand directly after `(`", bind)]);
    for text in ["=a[0] / 2", "=(a) / 2", "=$contains(x, /a[/]b/i)", "=a / b / c", "=(1; /a/)"] {
        accepts(text);
    }
}

#[test]
fn roots() {
    check("=@ctxx.y", &[("@ctxx", "`@ctxx` is unknown", "did you mean `@ctx`?")]);
    check("=@data.x", &[("@data", "`@data` is unknown", "data of the app is read as `@ctx.…`")]);
    for text in ["=@ctx", "=@.a", "=@ctx.a", "  = @ctx . a\n", "@ctx.a & '@data'", "=a[@ctx.b = c]"] {
        accepts(text);
    }
}

fn root(text: &str, dialect: Dialect) -> Kind {
    parse(text, dialect).unwrap_or_else(|errors| panic!("{text}: {errors:?}")).root.kind
}

#[test]
fn hyphens_belong_to_names() {
    let name = |text: &str| matches!(root(text, Dialect::App), Kind::Name(name) if *name == *text);
    for text in ["next-week", "static-data-1", "column2-1", "team-1-points", "a--b", "x-_y"] {
        assert!(name(text), "{text}");
    }
    assert!(matches!(root("$cart-sum", Dialect::App), Kind::Variable(name) if &*name == "cart-sum"));
    let minus = |text: &str| matches!(root(text, Dialect::App), Kind::Binary { .. });
    for text in [
        "a - b",
        "a -1",
        "a- b",
        "(a)-b",
        "a[0]-b",
        "1-2",
        "$f()-86400000",
        "'a'-b",
        "`a`-b",
        "a-(b)",
        "a-$b",
        "$-1",
        "$$-1",
    ] {
        assert!(minus(text), "{text}");
    }
    assert!(matches!(root("a-b", Dialect::Jsonata), Kind::Binary { .. }));
}

#[test]
fn the_operator_words_may_be_names() {
    for text in ["=and and or", "=in.or", "={and: or}", "=and", "=a.in[or = 1]"] {
        accepts(text);
    }
}

#[test]
fn weird_but_valid() {
    for text in [
        "=($items :=$singlearray; all-products[]#$i.{ \"x\": name, \"y\": $boolean($sum(($val := id; $items[id=$val]).amount)) ? 1 : 2, \"color\": \"color\" & $i }^(>y)[[0..4]])",
        "=$sum(@ctx.jig.inputs.items.(amount * $number(($val := id; @ctx.datasources.all-products[id=$val]).cost)))",
        "=($b := function($l,$w){ $l / $w }; $b(a,10);)",
        "$.responses.$map($, function($v){ $v.body.\"@odata.context\".$substringAfter(\"lists('\") })",
        "=$.\"@odata.nextLink\"",
        "=`@odata.nextLink`",
        "={ \"requests\": $map(x, function($v, $i){ { \"dependsOn\": $i>0? [$string($i)] } }) }",
        "=@ctx.a.state.on-press-key +1",
        "=Account.Order@$o.Product@$p[%.OrderID = 1]^(<a, >b){x: y}",
        "=$ ~> |Account.Order.Product|{'Total': Price}, ['Description']|",
        "=a ?? b ?: c ~> $d",
        "=staticdb@$p.$merge([$p, {'a': 1}])",
    ] {
        accepts(text);
    }
}

#[test]
fn hostile_texts_end() {
    let deep = [
        "(".repeat(100_000),
        "[".repeat(100_000),
        "{a:".repeat(50_000),
        "-".repeat(100_000),
        "a[".repeat(50_000),
        "f(".repeat(50_000),
        "a.".repeat(100_000),
        "1+".repeat(100_000) + "1",
        "a?".repeat(50_000),
        "|".repeat(100_000),
        "function($x){".repeat(5000),
        "a:=".repeat(50_000),
        "&".repeat(200_000),
        "//\n".repeat(60_000),
        "/*".repeat(100_000),
        "'".to_owned() + &"\\q".repeat(100_000),
        "a b ".repeat(60_000),
        ")".repeat(100_000),
        "a^(".repeat(50_000),
        "a{b:".repeat(50_000),
        "$x:=".repeat(50_000),
        "a??".repeat(50_000),
        "%.".repeat(50_000),
    ];
    for text in deep {
        let found = errors(&text);
        assert!(!found.is_empty() && found.len() <= 60, "{}: {}", &text[..4], found.len());
    }
    assert_eq!(errors(&"x".repeat(1_000_000)).len(), 1);
}

#[test]
fn long_but_honest_texts_pass() {
    accepts(&vec!["'<p>' & name & '</p>'"; 150].join(" & "));
    accepts(&("(".repeat(150) + "a" + &")".repeat(150)));
}

#[test]
fn the_corpus_parses() {
    let wrong: Vec<_> = corpus::expressions().into_iter().filter(|text| !errors(text).is_empty()).collect();
    assert_eq!(wrong, Vec::<String>::new());
}
