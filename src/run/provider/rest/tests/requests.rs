//! What is sent: address, query, headers, body, conditions.

use serde_json::{Value, json};

use super::one_row;
use crate::run::provider::testing::{Scripted, Trial, json_answer};

#[test]
fn path_tokens_are_encoded_and_a_token_may_be_the_base() {
    let server = one_row();
    let yaml = "method: GET\nurl: \"{base}lists/{name}/items/{n}\"\nparameters:\n\
                \x20 base: {type: string, location: path, required: true}\n\
                \x20 name: {type: string, location: path, required: true}\n\
                \x20 n: {type: number, location: path, required: true}\n";
    let base = format!("{}/v1/", server.url());
    Trial::of(yaml, "").with("base", base).with("name", "a/b c?ü{n}").with("n", 7).ok();
    assert_eq!(server.targets(), ["/v1/lists/a%2Fb%20c%3F%C3%BC%7Bn%7D/items/7"]);
}

#[test]
fn query_parameters_replace_the_query_that_is_written() {
    let server = one_row();
    let yaml = "method: GET\nurl: ${url}/x?old=1\nparameters:\n\
                \x20 $filter: {type: string, location: query, value: \"a eq 'b&c'\"}\n\
                \x20 $top: {type: number, location: query, value: 5}\n\
                \x20 flag: {type: boolean, location: query, value: true}\n\
                \x20 list: {type: array, location: query, value: [1, two]}\n\
                \x20 none: {type: string, location: query}\n";
    Trial::of(yaml, &server.url()).with("$top", 9).with("none", Value::Null).with("unknown", "ignored").ok();
    assert_eq!(server.targets(), ["/x?$filter=a%20eq%20%27b%26c%27&$top=9&flag=true&list=1&list=two"]);
}

#[test]
fn without_query_parameters_the_written_query_stays() {
    let server = one_row();
    Trial::of("method: GET\nurl: ${url}/x?a=1&b={c}\nparameters:\n  c: {location: path, required: true, value: 'd e'}\n", &server.url()).ok();
    assert_eq!(server.targets(), ["/x?a=1&b=d%20e"]);
}

#[test]
fn expressions_see_an_isolated_world() {
    let server = one_row();
    let yaml = "method: GET\nurl: =@ctx.solution.settings.custom.baseUrl & '/x'\nparameters:\n\
                \x20 b: {type: string, location: query, value: \"=@ctx.parameters.a & '-b'\"}\n\
                \x20 a: {type: string, location: query, value: one}\n\
                \x20 user: {type: string, location: query, value: =@ctx.user.email}\n\
                \x20 gone: {type: string, location: query, value: =@ctx.datasources.x}\n\
                \x20 c: {type: string, location: query, value: \"=@ctx.parameters.b & '-c'\"}\n";
    Trial::of(yaml, &server.url()).ok();
    assert_eq!(server.targets(), ["/x?b=one-b&a=one&user=a%40b.c&c=one-b-c"]);
}

#[test]
fn headers_are_sent_by_name() {
    let server = one_row();
    let yaml = "method: GET\nurl: ${url}/x\nparameters:\n\
                \x20 X-Client: {type: string, location: header, value: me}\n\
                \x20 accept: {type: string, location: header, value: text/json}\n\
                \x20 X-None: {type: string, location: header}\n";
    Trial::of(yaml, &server.url()).ok();
    let seen = server.seen().remove(0);
    assert_eq!(seen.header("x-client"), Some("me"));
    assert_eq!(seen.header("accept"), Some("text/json"));
    assert_eq!(seen.header("x-none"), None);
    assert!(seen.header("user-agent").unwrap().starts_with("syncscope/"));
}

#[test]
fn headers_that_cannot_be_sent_are_refused() {
    let server = one_row();
    for (name, value) in [("Content-Length", "5"), ("a b", "x"), ("X-A", "\"line\\nbreak\"")] {
        let yaml = format!(
            "method: GET\nurl: ${{url}}/x\nparameters:\n  \"{name}\": {{location: header, value: {value}}}\n"
        );
        let error = Trial::of(&yaml, &server.url()).err();
        assert_eq!(error.code, "config.parameter", "{name}");
        assert!(error.message.contains(name), "{}", error.message);
    }
    assert!(server.seen().is_empty());
}

#[test]
fn a_required_parameter_without_value_is_refused_before_any_call() {
    let server = one_row();
    let yaml = "method: GET\nurl: ${url}/x\nparameters:\n  region: {type: string, location: query, required: true}\n";
    for trial in [Trial::of(yaml, &server.url()), Trial::of(yaml, &server.url()).with("region", Value::Null)]
    {
        let error = trial.err();
        assert_eq!(error.code, "config.parameter");
        assert!(error.message.contains("`region`") && error.message.contains("`f`"), "{}", error.message);
    }
    assert!(server.seen().is_empty());
}

#[test]
fn a_token_without_parameter_is_refused() {
    let server = one_row();
    let error =
        Trial::of("method: GET\nurl: ${url}/{id}\nparameters:\n  id: {location: query}\n", &server.url())
            .err();
    assert_eq!(error.code, "config.parameter");
    assert!(error.message.contains("`{id}`"), "{}", error.message);
}

#[test]
fn what_cannot_be_called_is_told() {
    for (yaml, code) in [
        ("method: GET\n", "config.url"),
        ("method: GET\nurl: example.com/x\n", "config.url"),
        ("method: GET\nurl: =@ctx.nothing\n", "config.url"),
        ("method: GET\nurl: \"=5\"\n", "config.url"),
        ("method: FETCH\nurl: http://127.0.0.1:9/\n", "config.method"),
        (
            "method: GET\nurl: http://127.0.0.1:9/\nparameters:\n  a: {location: body, value: 1}\n",
            "config.parameter",
        ),
        ("method: GET\nurl: =$number('x')\n", "config.expression"),
        ("method: GET\nurl: http://127.0.0.1:9/\nqueries: {q: {statement: SELECT 1}}\n", "config.query"),
        ("method: GET\nurl: http://127.0.0.1:9/\nguard: {function: g}\n", "config.function"),
        ("method: GET\nurl: http://127.0.0.1:9/\nguard: {function: f}\n", "config.guard"),
    ] {
        let error = Trial::of(yaml, "").err();
        assert_eq!(error.code, code, "{yaml}: {}", error.message);
        assert!(code == "config.url" || error.message.contains("`f`"), "{}", error.message);
    }
}

#[test]
fn only_allowed_hosts_are_asked() {
    let server = one_row();
    let mut trial = super::plain(&server);
    trial.http.allow = vec!["*.example.com".to_owned()];
    let error = trial.err();
    assert_eq!(error.code, "config.host");
    assert!(error.message.contains("`127.0.0.1`"), "{}", error.message);
    assert!(server.seen().is_empty());
}

#[test]
fn a_function_whose_when_is_false_is_skipped() {
    let server = one_row();
    for (when, skipped) in [
        ("false", true),
        ("=@ctx.parameters.go", true),
        ("=@ctx.nothing", true),
        ("true", false),
        ("=@ctx.user.email", false),
    ] {
        let yaml = format!(
            "method: GET\nurl: ${{url}}/x\nwhen: {when}\nparameters:\n  go: {{location: output, value: 0}}\n"
        );
        let mut trial = Trial::of(&yaml, &server.url());
        assert_eq!(trial.run().unwrap().skipped, skipped, "{when}");
        assert_eq!(trial.sink.pages.is_empty(), skipped);
    }
    let error = Trial::of("method: GET\nurl: ${url}/x\nwhen: =1 + 'a'\n", &server.url()).err();
    assert_eq!(error.code, "config.expression");
}

#[test]
fn bodies_are_made_from_parameters_or_the_transform() {
    let server = one_row();
    let parameters = "parameters:\n\
                      \x20 a: {type: string, location: body, value: x}\n\
                      \x20 n: {type: number, location: body}\n\
                      \x20 id: {type: string, location: path, value: p}\n\
                      \x20 X-H: {type: string, location: header, value: h}\n";
    let plain = format!("method: POST\nurl: ${{url}}/x\n{parameters}");
    Trial::of(&plain, &server.url()).with("n", 2).ok();
    for transform in ["'{\"b\": a, \"c\": [n, id]}'", "$", "=a & @ctx.user.email"] {
        Trial::of(&format!("{plain}inputTransform: {transform}\n"), &server.url()).with("n", 2).ok();
    }
    let raw = "method: PUT\nurl: ${url}/x\nparameters:\n  body: {type: string, location: body, value: plain text}\n";
    Trial::of(raw, &server.url()).ok();
    let seen = server.seen();
    let bodies: Vec<&str> = seen.iter().map(|seen| seen.body.as_str()).collect();
    let expected = [
        r#"{"a":"x","n":2}"#,
        r#"{"b":"x","c":[2,"p"]}"#,
        r#"{"a":"x","n":2,"id":"p"}"#,
        r#""xa@b.c""#,
        "plain text",
    ];
    assert_eq!(bodies, expected);
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    assert_eq!(seen[4].header("content-type"), Some("text/plain; charset=utf-8"));
}

#[test]
fn an_input_transform_without_value_sends_nothing() {
    let server = one_row();
    let error = Trial::of("method: POST\nurl: ${url}/x\ninputTransform: missing\n", &server.url()).err();
    assert_eq!(error.code, "decode.transform");
    assert!(server.seen().is_empty());
}

#[test]
fn a_method_that_answers_nothing_gives_no_rows() {
    let server = Scripted::start(|_, seen| {
        if seen.method == "DELETE" {
            crate::run::provider::testing::answer(204, &[], "")
        } else {
            json_answer(&json!([]))
        }
    });
    let sink = Trial::of("method: DELETE\nurl: ${url}/x\n", &server.url()).ok();
    assert_eq!(sink.pages, [0]);
}

#[test]
fn what_this_runtime_does_not_do_is_told_before_anything_is_sent() {
    let server = one_row();
    for (block, expected) in [
        ("conversions: =@ctx.parameters.list\n", "`conversions`"),
        ("queries: { q: { statement: SELECT 1, parameters: =@ctx.parameters } }\n", "`queries.q.parameters`"),
        ("guard: { function: f, parameters: =@ctx.parameters }\n", "`guard.parameters`"),
    ] {
        let error = Trial::of(&format!("method: GET\nurl: ${{url}}/x\n{block}"), &server.url()).err();
        assert_eq!(error.code, "config.unsupported", "{block}");
        assert!(error.message.contains(expected), "{}", error.message);
    }
    assert!(server.seen().is_empty());
}

#[test]
fn a_post_without_a_body_says_that_it_has_none() {
    let server = one_row();
    for method in ["POST", "PUT", "PATCH"] {
        Trial::of(&format!("method: {method}\nurl: ${{url}}/x\n"), &server.url()).ok();
        let seen = server.seen().pop().unwrap();
        assert_eq!(seen.header("content-length"), Some("0"), "{method}");
        assert_eq!(seen.header("transfer-encoding"), None, "{method}");
    }
}

#[test]
fn a_path_value_that_is_a_step_changes_no_address() {
    let server = one_row();
    let yaml = "method: GET\nurl: \"${url}/v/{a}{b}/admin?x={a}\"\nparameters:\n\
                \x20 a: {type: string, location: path, required: true}\n\
                \x20 b: {type: string, location: path, value: '.'}\n";
    let error = Trial::of(yaml, &server.url()).with("a", ".").err();
    assert_eq!(error.code, "config.parameter");
    assert!(error.message.contains("`{a}{b}`") && error.message.contains("`..`"), "{}", error.message);
    for step in [".", ".."] {
        let error = Trial::of(&yaml.replace("{b}", ""), &server.url()).with("a", step).err();
        assert_eq!(error.code, "config.parameter", "{step}");
    }
    assert!(server.seen().is_empty());
    Trial::of(yaml, &server.url()).with("a", "a/..").ok();
    Trial::of(yaml, &server.url()).with("a", "%2e").ok();
    assert_eq!(server.targets(), ["/v/a%2F.../admin?x=a%2F..", "/v/%252e./admin?x=%252e"]);
}

#[test]
fn a_number_that_is_given_as_text_is_sent_as_a_number() {
    let server = one_row();
    let yaml = "method: POST\nurl: ${url}/x\nparameters:\n\
                \x20 n: {type: number, location: body}\n\
                \x20 i: {type: int, location: body, value: =$string(6)}\n\
                \x20 b: {type: boolean, location: body, value: 'true'}\n\
                \x20 code: {type: number, location: body, value: '007'}\n\
                \x20 word: {type: number, location: body, value: ' 5'}\n\
                \x20 yes: {type: boolean, location: body, value: 'yes'}\n\
                \x20 s: {type: string, location: body, value: '5'}\n";
    Trial::of(yaml, &server.url()).with("n", "5").ok();
    let body: Value = serde_json::from_str(&server.seen()[0].body).unwrap();
    let expected = json!({ "n": 5, "i": 6, "b": true, "code": "007", "word": " 5", "yes": "yes", "s": "5" });
    assert_eq!(body, expected);
}
