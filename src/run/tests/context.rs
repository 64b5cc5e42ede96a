//! What expressions see: datasources, shared expressions, the app.

use serde_json::{Value, json};

use super::stage::{App, Stage};
use crate::expr::{Condition, Expression, ScopeTest};
use crate::run::RunError;

const ROWS: (&str, &str) = (
    "datasources/tasks.jigx",
    "type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id, '$.name', '$.done' AS done FROM [tasks] WHERE '$.name' LIKE @like OR @like IS NULL ORDER BY id
  queryParameters: { '@like': =@ctx.solution.state.search }
",
);
const BY_SITE: (&str, &str) = (
    "datasources/by-site.jigx",
    "type: datasource.static
inputs: { site: { type: string, required: true }, size: { type: number, default: 3 }, note: { type: string } }
options: { data: [{ site: =@ctx.inputs.site, size: =@ctx.inputs.size, none: '=@ctx.inputs.note = null' }] }
",
);

/// The value of an expression in an app of these files, on a jig.
fn on(files: &[(&str, &str)], jig: Option<&str>, text: &str) -> Result<Option<Value>, String> {
    let mut all = vec![ROWS];
    if files.iter().all(|(path, _)| *path != "index.jigx") {
        all.push(("index.jigx", "title: T\n"));
    }
    all.extend(files);
    let app = App::with_mistakes(&all);
    let stage = Stage::new(&app);
    let members = [json!({"id": "1", "name": "One", "done": true}), json!({"id": "2", "name": "Two"})];
    let data: Vec<_> = members.iter().map(|row| row.as_object().unwrap()).collect();
    let rows: Vec<_> =
        data.iter().map(|data| crate::store::LocalRow { id: data["id"].as_str().unwrap(), data }).collect();
    stage.store.write_rows("tasks", crate::store::Method::Create, &rows, 1).unwrap();
    let expression = Expression::parse(text).unwrap();
    stage.engine().evaluate(&expression, jig).map_err(|error| error.to_string())
}

fn value(files: &[(&str, &str)], text: &str) -> Value {
    on(files, None, text).unwrap().unwrap_or(json!("missing"))
}

#[test]
fn datasources_are_queried_with_their_parameters() {
    assert_eq!(value(&[], "=@ctx.datasources.tasks.name"), json!(["One", "Two"]));
    let search = ("index.jigx", "title: T\nstate: { search: { initialValue: 'T%' } }\n");
    assert_eq!(
        value(&[search], "=@ctx.datasources.tasks"),
        json!([{"id": "2", "name": "Two", "done": null}])
    );
}

#[test]
fn a_table_that_does_not_exist_yet_is_empty() {
    let files = [(
        "datasources/none.jigx",
        "type: datasource.sqlite\noptions: { provider: DATA_PROVIDER_LOCAL, entities: [nothing], query: 'SELECT id FROM [nothing]' }\n",
    )];
    assert_eq!(value(&files, "=$count(@ctx.datasources.none)"), json!(0));
}

#[test]
fn a_document_is_a_row_or_null() {
    let document = |filter: &str| {
        let text = format!(
            "type: datasource.sqlite\noptions: {{ provider: DATA_PROVIDER_LOCAL, isDocument: true, entities: [tasks], query: \"SELECT id FROM [tasks] WHERE id = '{filter}'\" }}\n"
        );
        value(
            &[("datasources/one.jigx", &text)],
            "=@ctx.datasources.one = null ? 'null' : @ctx.datasources.one.id",
        )
    };
    assert_eq!((document("2"), document("9")), (json!("2"), json!("null")));
}

#[test]
fn a_local_datasource_stands_before_a_global_one_of_its_name() {
    let data =
        |text: &str| format!("{{ type: datasource.static, options: {{ data: [{{ who: {text} }}] }} }}");
    let jig = format!("title: J\ntype: jig.default\ndatasources: {{ who: {} }}\n", data("jig"));
    let index = format!("title: T\ndatasources: {{ who: {} }}\n", data("index"));
    let global = data("global");
    let files = [
        ("index.jigx", index.as_str()),
        ("jigs/a.jigx", &jig),
        ("jigs/b.jigx", "title: B\ntype: jig.default\n"),
        ("datasources/who.jigx", &global),
    ];
    let who = |jig| on(&files, jig, "=@ctx.datasources.who.who").unwrap();
    assert_eq!(
        (who(None), who(Some("a")), who(Some("b"))),
        (Some(json!("index")), Some(json!("jig")), Some(json!("global")))
    );
}

#[test]
fn references_give_inputs_to_global_datasources() {
    let jig = "title: J
type: jig.default
datasources:
  north: { type: datasource.reference, datasourceId: by-site, inputs: { site: north, size: =1 + 1 } }
  bare: { datasourceId: by-site, inputs: { site: bare } }
  none: { type: datasource.reference, datasourceId: by-site }
  gone: { type: datasource.reference, datasourceId: by-sites }
";
    let read = |text: &str| on(&[BY_SITE, ("jigs/j.jigx", jig)], Some("j"), text);
    let north = json!([{"site": "north", "size": 2, "none": true}]);
    assert_eq!(read("=@ctx.datasources.north"), Ok(Some(north)));
    let bare = json!([{"site": "bare", "size": 3, "none": true}]);
    assert_eq!(read("=@ctx.datasources.bare"), Ok(Some(bare)));
    let needs = "the datasource `by-site` needs the input `site`";
    assert_eq!(read("=@ctx.datasources.none"), Err(needs.to_owned()));
    assert_eq!(read("=@ctx.datasources.`by-site`"), Err(needs.to_owned()));
    let gone = "there is no global datasource `by-sites`; did you mean `by-site`?";
    assert_eq!(read("=@ctx.datasources.gone"), Err(gone.to_owned()));
    assert_eq!(read("=$count($keys(@ctx.datasources))"), Err(gone.to_owned()), "all of them are read");
}

#[test]
fn two_references_of_one_datasource_are_independent() {
    let jig = "title: J
type: jig.default
datasources:
  a: { type: datasource.reference, datasourceId: by-site, inputs: { site: a } }
  b: { type: datasource.reference, datasourceId: by-site, inputs: { site: b } }
";
    let both =
        on(&[BY_SITE, ("jigs/j.jigx", jig)], Some("j"), "=@ctx.datasources.a.site & @ctx.datasources.b.site");
    assert_eq!(both, Ok(Some(json!("ab"))));
}

#[test]
fn datasources_that_read_themselves_are_an_error() {
    let reads = |other: &str| {
        format!("type: datasource.static\noptions: {{ data: [{{ x: =@ctx.datasources.{other}.x }}] }}\n")
    };
    let (a, b) = (reads("b"), reads("a"));
    let found = on(&[("datasources/a.jigx", &a), ("datasources/b.jigx", &b)], None, "=@ctx.datasources.a");
    assert_eq!(found, Err("the datasource `a` reads itself".to_owned()));
    let refer = |to: &str| format!("type: datasource.reference\ndatasourceId: {to}\n");
    let (a, b) = (refer("b"), refer("a"));
    let found = on(&[("datasources/a.jigx", &a), ("datasources/b.jigx", &b)], None, "=@ctx.datasources.a");
    assert!(found.unwrap_err().contains("refers to itself"));
}

#[test]
fn a_query_that_fails_is_an_error_with_the_datasources_name() {
    let files = [(
        "datasources/bad.jigx",
        "type: datasource.sqlite\noptions: { provider: DATA_PROVIDER_LOCAL, entities: [tasks], query: 'SELECT nothing FROM [tasks]' }\n",
    )];
    let error = on(&files, None, "=@ctx.datasources.bad").unwrap_err();
    assert!(error.starts_with("datasource `bad`: ") && error.contains("nothing"), "{error}");
}

#[test]
fn an_unknown_datasource_is_an_error_with_the_closest_name() {
    let error = on(&[], None, "=@ctx.datasources.taks").unwrap_err();
    assert_eq!(error, "there is no datasource `taks`; did you mean `tasks`?");
}

#[test]
fn shared_expressions_of_a_jig_stand_before_those_of_the_index() {
    let files = [
        (
            "index.jigx",
            "title: T\nexpressions: { who: '=\"index\"', all: =$who & $count(@ctx.datasources.tasks) }\n",
        ),
        ("jigs/j.jigx", "title: J\ntype: jig.default\nexpressions: { who: '=\"jig\"' }\n"),
    ];
    assert_eq!(on(&files, None, "=$all"), Ok(Some(json!("index2"))));
    assert_eq!(on(&files, Some("j"), "=@ctx.expressions.all"), Ok(Some(json!("jig2"))));
}

#[test]
fn the_app_the_user_and_the_system_come_from_the_settings() {
    let settings = (
        "syncscope.yaml",
        "user: { email: a@example.com }\nsystem: { timezone: { offset: '+0200' }, locale: de }\nproviders: { dynamic: { organization: acme } }\n",
    );
    let index = ("index.jigx", "title: T\nname: sales\n");
    let seen = value(
        &[settings, index],
        "={'u': @ctx.user.email, 'tz': @ctx.system.timezone, 'l': @ctx.system.locale, 'o': @ctx.organization.id, 's': @ctx.solution.name, 'on': @ctx.system.isOnline}",
    );
    let expected = json!({"u": "a@example.com", "tz": {"offset": "+0200", "name": "UTC"}, "l": "de", "o": "acme", "s": "sales", "on": true});
    assert_eq!(seen, expected);
}

#[test]
fn jigs_with_the_same_inputs_are_the_same_instance() {
    let app =
        App::with_mistakes(&[("index.jigx", "title: T\n"), ("jigs/j.jigx", "title: J\ntype: jig.default\n")]);
    let mut stage = Stage::new(&app);
    let id = |stage: &Stage<'_>| {
        stage.engine().evaluate(&Expression::parse("=@ctx.jig.instanceId").unwrap(), Some("j")).unwrap()
    };
    assert_eq!(id(&stage), Some(json!("no-inputs")));
    stage.options.inputs.insert("a".to_owned(), json!(1));
    let one = id(&stage);
    assert_eq!(one, id(&stage));
    stage.options.inputs.insert("a".to_owned(), json!(2));
    assert_ne!(one, id(&stage));
}

#[test]
fn rows_of_a_datasource_can_be_asked_for_by_name() {
    let app = App::with_mistakes(&[("index.jigx", "title: T\n"), ROWS, BY_SITE]);
    let stage = Stage::new(&app);
    assert_eq!(stage.engine().rows("tasks", None).unwrap(), json!([]));
    let unknown = stage.engine().rows("taks", None).unwrap_err();
    assert!(matches!(unknown, RunError::Unknown { help: Some(help), .. } if help == "did you mean `tasks`?"));
    assert!(stage.engine().rows("tasks", Some("nowhere")).is_err());
}

#[test]
fn a_condition_is_checked_on_the_live_tables() {
    let app = App::index("");
    let stage = Stage::new(&app);
    let condition = |is: &str| {
        Condition::Scope(ScopeTest { id: "load".into(), is: Some(vec![is.into()]), ..ScopeTest::default() })
    };
    assert!(stage.engine().check(&condition("none")).unwrap().holds);
    assert!(!stage.engine().check(&condition("syncing")).unwrap().holds);
}
