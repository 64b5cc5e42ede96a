use serde_json::{Value, json};

use super::super::{Options, Table};
use super::{Reply, Site, ids, small_tables};

/// The `rel="next"` of a `Link` header.
fn next_of(reply: &Reply) -> Option<String> {
    let link = reply.header("Link");
    link.strip_prefix('<').and_then(|rest| rest.split_once(">; rel=\"next\"")).map(|(url, _)| url.to_owned())
}

/// Follows pages from `path`, given how a page's rows and the next address are found.
fn follow(
    site: &Site,
    path: &str,
    rows: impl Fn(&Reply) -> Value,
    next: impl Fn(&Reply) -> Option<String>,
) -> (Vec<u64>, usize) {
    let (mut all, mut pages, mut at) = (Vec::new(), 0, Some(path.to_owned()));
    while let Some(path) = at {
        let reply = site.get(&path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        all.extend(ids(&rows(&reply)));
        pages += 1;
        assert!(pages < 1000, "pages without end");
        at = next(&reply);
    }
    (all, pages)
}

#[test]
fn the_root_lists_the_tables() {
    let site = Site::small();
    let reply = site.get("/");
    let names: Vec<Value> =
        reply.json()["tables"].as_array().unwrap().iter().map(|table| table["name"].clone()).collect();
    assert_eq!(names, ["default/tasks", "many", "products"]);
    assert_eq!(reply.json()["tables"][0]["rows"], 2);
    let url = reply.json()["tables"][0]["url"].as_str().unwrap().to_owned();
    assert_eq!(site.get(&url).json()[1]["title"], "Visit");
    assert_eq!(site.server.tables(), ["default/tasks", "many", "products"]);
}

#[test]
fn a_list_is_the_text_of_its_rows() {
    let site = Site::small();
    let reply = site.get("/products");
    assert_eq!((reply.status, reply.header("Content-Type")), (200, "application/json"));
    assert_eq!(reply.header("X-Total-Count"), "3");
    assert!(reply.text.starts_with(r#"[{"id":1,"name":"Hammer","group":"tools","price":12.50},"#));
    assert!(reply.text.contains("9007199254740993"));
    assert_eq!(site.get("/default/tasks/t-2").text, r#"{"id":"t-2","title":"Visit"}"#);
}

#[test]
fn every_paging_gives_each_row_once() {
    let site = Site::small();
    let expected: Vec<u64> = (1..=25).collect();
    let array = |reply: &Reply| reply.json();
    for path in
        ["/many?limit=10", "/many?limit=10&page=1", "/many?offset=0&limit=10", "/many?cursor=c0&limit=10"]
    {
        assert_eq!(follow(&site, path, array, next_of), (expected.clone(), 3), "{path}");
    }
    let value = |reply: &Reply| reply.json()["value"].clone();
    let odata = |reply: &Reply| reply.json()["@odata.nextLink"].as_str().map(str::to_owned);
    assert_eq!(follow(&site, "/odata/many?$top=5", value, odata), (expected.clone(), 5));
    let items = |reply: &Reply| reply.json()["items"].clone();
    let cursor = |reply: &Reply| {
        reply.json()["next"].as_str().map(|next| format!("/cursor/many?limit=7&cursor={next}"))
    };
    assert_eq!(follow(&site, "/cursor/many?limit=7", items, cursor), (expected, 4));
}

#[test]
fn pages_keep_their_filter() {
    let site = Site::small();
    let expected: Vec<u64> = (1..=25).filter(|n| n % 2 == 1).collect();
    let found = follow(&site, "/many?odd=true&limit=4", Reply::json, next_of);
    assert_eq!(found, (expected.clone(), 4));
    let page = site.get("/many?odd=true&limit=4&page=2");
    assert_eq!((ids(&page.json()), page.header("X-Total-Count")), (vec![9, 11, 13, 15], "13"));
    let reply = site.get("/odata/many?odd=true&$count=true&$skip=12");
    assert_eq!(reply.json(), json!({"@odata.count": 13, "value": [{"id": 25, "odd": true}]}));
    let group = site.get("/products?group=tools&name=%C3%84+%26+B%20/%20C");
    assert_eq!(ids(&group.json()), [2]);
}

#[test]
fn pages_beyond_the_end_are_empty() {
    let site = Site::small();
    for path in ["/many?page=99", "/many?offset=25", "/many?cursor=c99", "/many?page=18446744073709551615"] {
        let reply = site.get(path);
        assert_eq!((reply.status, reply.text.as_str(), reply.header("Link")), (200, "[]", ""), "{path}");
    }
}

#[test]
fn cursors_hold_while_rows_come_and_go() {
    let site = Site::small();
    let first = site.get("/cursor/many?limit=10").json();
    assert_eq!(site.delete("/many/3").status, 204);
    assert_eq!(site.delete("/many/11").status, 204);
    assert_eq!(site.send("POST", "/many", "{}").json(), json!({"id": 26}));
    let next = first["next"].as_str().unwrap();
    let second = site.get(&format!("/cursor/many?limit=100&cursor={next}")).json();
    assert_eq!(ids(&second["items"]), (12..=26).collect::<Vec<u64>>());
    assert_eq!(second["next"], Value::Null);
    let offset = site.get("/many?offset=20&limit=2");
    assert_eq!(ids(&offset.json()), [23, 24], "offsets count the rows that are there");
}

#[test]
fn the_page_size_is_default_and_limit() {
    let page_size = std::num::NonZeroUsize::new(4);
    let site = Site::open(&Options { tables: small_tables(), page_size, ..Options::default() });
    assert_eq!(ids(&site.get("/many").json()), [1, 2, 3, 4]);
    assert_eq!(ids(&site.get("/many?limit=9").json()), [1, 2, 3, 4]);
    assert_eq!(follow(&site, "/many", Reply::json, next_of), ((1..=25).collect(), 7));
    assert_eq!(site.get("/odata/many").json()["value"].as_array().unwrap().len(), 4);
    assert_eq!(site.get("/default/tasks?limit=1").text, r#"[{"id":"t-1","title":"Call"}]"#);
}

#[test]
fn rows_are_created_changed_and_deleted() {
    let site = Site::small();
    let created = site.send("POST", "/products", r#"{ "name": "Saw", "price": 1e400 }"#);
    assert_eq!((created.status, created.text.as_str()), (201, r#"{"id":4,"name":"Saw","price":1e400}"#));
    assert_eq!(site.get(created.header("Location")).text, created.text);
    assert_eq!(site.send("POST", "/products", r#"{"id":4}"#).code(), "duplicateId");
    let patched = site.send("PATCH", "/products/4", r#"{"price":2,"tag":"x"}"#);
    assert_eq!(
        (patched.status, patched.text.as_str()),
        (200, r#"{"id":4,"name":"Saw","price":2,"tag":"x"}"#)
    );
    let put = site.send("PUT", "/products/4", r#"{"name":"File"}"#);
    assert_eq!((put.status, put.text.as_str()), (200, r#"{"id":4,"name":"File"}"#));
    let new = site.send("PUT", "/default/tasks/9", r#"{"title":"New"}"#);
    assert_eq!((new.status, new.text.as_str()), (201, r#"{"id":"9","title":"New"}"#));
    assert_eq!(site.send("PUT", "/products/4", r#"{"id":5}"#).code(), "invalidRow");
    assert_eq!(site.send("PATCH", "/products/77", "{}").code(), "unknownRow");
    assert_eq!((site.delete("/products/4").status, site.delete("/products/4").status), (204, 404));
    assert_eq!(ids(&site.get("/products").json()), [1, 2, 3]);
    assert_eq!(ids(&site.get("/products?price=").json()), [3], "a new column may be filtered, null is empty");
    assert_eq!(site.get("/products?tag=x").text, "[]");
}

#[test]
fn known_answers_are_not_sent_again() {
    let site = Site::small();
    let ask = |path: &str, tag: &str| {
        Reply::of(site.agent.get(site.url(path)).header("If-None-Match", tag).call().unwrap())
    };
    for path in ["/products", "/products/1", "/odata/products"] {
        let tag = site.get(path).header("ETag").to_owned();
        let again = ask(path, &format!("\"other\", W/{tag}"));
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
        site.send("PATCH", "/products/1", "{}");
        assert_eq!(ask(path, &tag).status, 200, "{path}");
    }
}

#[test]
fn a_time_stands_in_for_a_tag() {
    let site = Site::small();
    let ask = |name: &str, value: &str| {
        Reply::of(site.agent.get(site.url("/products")).header(name, value).call().unwrap()).status
    };
    let modified = site.get("/products").header("Last-Modified").to_owned();
    assert!(modified.ends_with(" GMT"), "{modified}");
    assert_eq!(ask("If-Modified-Since", &modified), 304);
    assert_eq!(ask("If-Modified-Since", "Wed, 31 Dec 1969 23:00:00 GMT"), 200);
    assert_eq!(ask("If-Modified-Since", "soon"), 200);
    let both = site.agent.get(site.url("/products")).header("If-Modified-Since", &modified);
    let both = both.header("If-None-Match", "\"other\"").call().unwrap();
    assert_eq!(Reply::of(both).status, 200, "the tag counts");
}

#[test]
fn head_has_the_length_and_no_body() {
    let site = Site::small();
    let reply = Reply::of(site.agent.head(site.url("/products")).call().unwrap());
    let length = site.get("/products").text.len().to_string();
    assert_eq!(
        (reply.status, reply.text.as_str(), reply.header("Content-Length")),
        (200, "", length.as_str())
    );
}

#[test]
fn generated_tables_are_read_like_others_and_not_changed() {
    let table = Table::generated("big", 1_000_000, |n, row| {
        use std::fmt::Write;
        write!(row, r#"{{"id":"r{n}","n":{n}}}"#).unwrap();
    });
    let site = Site::open(&Options { tables: vec![table], ..Options::default() });
    let page = site.get("/big?limit=2&page=300000");
    assert_eq!(page.text, r#"[{"id":"r599998","n":599998},{"id":"r599999","n":599999}]"#);
    assert!(next_of(&page).unwrap().ends_with("/big?limit=2&page=300001"));
    assert_eq!(site.get("/big/999999").json()["n"], 999_999);
    assert_eq!((site.get("/big/1000000").status, site.get("/big/01").status), (404, 404));
    assert_eq!(site.send("POST", "/big", "{}").code(), "readOnlyTable");
    assert_eq!(site.get("/big?limit=1&colour=red").code(), "unknownColumn");
    let rows = site.get("/databases/default/tables/big/rows?limit=1&continuationToken=").json();
    assert_eq!((&rows["items"][0]["rid"], &rows["items"][0]["content"]["n"]), (&json!("0"), &json!(0)));
}
