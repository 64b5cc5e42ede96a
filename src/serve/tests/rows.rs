use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Options, Table};
use super::{Site, small_tables};

const TASKS: &str = "/organizations/acme/solutions/field-sales/databases/default/tables/tasks/rows";
const MANY: &str = "/databases/default/tables/many/rows";

/// Fetches all pages and applies them to what the client has, as a client would; answers the token for
/// the next time and the number of pages.
fn sync(site: &Site, path: &str, query: &str, rows: &mut BTreeMap<String, Value>) -> (String, usize) {
    let (mut token, mut pages) = (String::new(), 0);
    loop {
        let page = site.get(&format!("{path}?{query}&continuationToken={token}"));
        assert_eq!(page.status, 200, "{}", page.text);
        let page = page.json();
        let items = page["items"].as_array().unwrap();
        assert_eq!(page["count"], items.len());
        for item in items {
            let rid = item["rid"].as_str().unwrap().to_owned();
            if item["deleted"] == json!(true) {
                rows.remove(&rid);
            } else {
                rows.insert(rid, item["content"].clone());
            }
        }
        pages += 1;
        match page.get("continuationToken") {
            Some(next) => next.as_str().unwrap().clone_into(&mut token),
            None => return (page["watermark"].as_str().unwrap().to_owned(), pages),
        }
    }
}

#[test]
fn items_have_an_envelope() {
    let site = Site::small();
    let page = site.get(TASKS).json();
    assert_eq!(page["count"], 2);
    assert_eq!(page.get("continuationToken"), None);
    let item = &page["items"][0];
    assert_eq!((&item["rid"], &item["content"]), (&json!("t-1"), &json!({"id": "t-1", "title": "Call"})));
    assert_eq!(item["createdAt"], item["updatedAt"]);
    assert!(item["createdAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!((&item["createdBy"], &item["updatedBy"]), (&json!("serve"), &json!("serve")));
    assert_eq!(site.get(&format!("{TASKS}/t-1")).json(), *item);
}

#[test]
fn pages_give_each_row_once() {
    let site = Site::small();
    let mut rows = BTreeMap::new();
    let (_, pages) = sync(&site, MANY, "limit=10", &mut rows);
    assert_eq!((rows.len(), pages), (25, 3));
    assert_eq!(sync(&site, TASKS, "limit=2", &mut BTreeMap::new()).1, 1, "a full last page is the last");
}

#[test]
fn a_sync_token_gives_only_changes_and_deletions() {
    let site = Site::small();
    let mut rows = BTreeMap::new();
    let (token, _) = sync(&site, TASKS, "", &mut rows);
    let quiet = site.get(&format!("{TASKS}?syncToken={token}")).json();
    assert_eq!((&quiet["items"], &quiet["watermark"]), (&json!([]), &json!(token)));
    assert_eq!(site.send("PATCH", &format!("{TASKS}/t-1"), r#"{"content":{"done":true}}"#).status, 200);
    assert_eq!(site.send("PUT", &format!("{TASKS}/t-3"), r#"{"title":"Order"}"#).status, 201);
    assert_eq!(site.delete(&format!("{TASKS}/t-2")).status, 204);
    let delta = site.get(&format!("{TASKS}?syncToken={token}")).json();
    let items = delta["items"].as_array().unwrap();
    assert_eq!(items.len(), 3, "{delta}");
    assert_eq!((&items[2]["rid"], &items[2]["deleted"]), (&json!("t-2"), &json!(true)));
    let (second, pages) = sync(&site, TASKS, &format!("limit=2&syncToken={token}"), &mut rows);
    assert_eq!(pages, 2);
    let expected = json!({"t-1": {"id": "t-1", "title": "Call", "done": true}, "t-3": {"title": "Order"}});
    assert_eq!(json!(rows), expected);
    assert_eq!(site.get(&format!("{TASKS}?syncToken={second}")).json()["count"], 0);
}

#[test]
fn changes_made_between_pages_come_with_the_next_sync() {
    let site = Site::small();
    let first = site.get(&format!("{MANY}?limit=20")).json();
    site.delete("/many/1");
    site.send("PATCH", "/many/2", r#"{"odd":null}"#);
    let token = first["continuationToken"].as_str().unwrap();
    let second = site.get(&format!("{MANY}?limit=20&continuationToken={token}")).json();
    assert_eq!((&second["count"], &second["watermark"]), (&json!(5), &first["watermark"]));
    let watermark = second["watermark"].as_str().unwrap();
    let delta = site.get(&format!("{MANY}?syncToken={watermark}")).json();
    assert_eq!((&delta["items"][0]["rid"], &delta["items"][1]["rid"]), (&json!("1"), &json!("2")));
}

#[test]
fn tokens_survive_a_restart_while_the_rows_are_the_same() {
    let site = Site::small();
    let token = site.get(TASKS).json()["watermark"].as_str().unwrap().to_owned();
    let same = Site::small();
    assert_eq!(same.get(&format!("{TASKS}?syncToken={token}")).json()["count"], 0);
    same.delete(&format!("{TASKS}/t-1"));
    let changed = same.get(TASKS).json()["watermark"].as_str().unwrap().to_owned();
    let again = Site::small();
    assert_eq!(again.get(&format!("{TASKS}?syncToken={changed}")).code(), "syncTokenExpired");
    let edited = Table::from_rows("default/tasks", [r#"{"id":"t-1"}"#]).unwrap();
    let edited = Site::open(&Options { tables: vec![edited], ..Options::default() });
    let reply = edited.get(&format!("{TASKS}?syncToken={token}"));
    assert_eq!((reply.status, reply.code().as_str()), (410, "syncTokenExpired"));
}

#[test]
fn rows_are_changed_by_item_or_by_content() {
    let site = Site::small();
    let created = site.send("POST", TASKS, r#"{"rid":"t-9","content":{"title":"A"}}"#);
    assert_eq!((created.status, &created.json()["content"]), (201, &json!({"title": "A"})));
    assert_eq!(site.send("POST", TASKS, r#"{"rid":"t-9","content":{}}"#).code(), "duplicateId");
    let put = site.send("PUT", &format!("{TASKS}/t-9"), &created.text.replace("\"A\"", "\"B\""));
    assert_eq!((put.status, &put.json()["content"]["title"]), (200, &json!("B")));
    let own = site.send("PUT", &format!("{TASKS}/t-9"), r#"{"content":"text","title":"C"}"#);
    assert_eq!(own.json()["content"], json!({"content": "text", "title": "C"}), "a column called content");
    assert_eq!(site.send("PATCH", &format!("{TASKS}/none"), "{}").code(), "unknownRow");
    assert_eq!(site.send("PUT", &format!("{TASKS}/t-9"), r#"{"content":5}"#).code(), "invalidRow");
}

#[test]
fn tables_of_the_top_folder_are_in_the_default_database_only() {
    let site = Site::open(&Options { tables: small_tables(), ..Options::default() });
    assert_eq!(site.get("/databases/default/tables/products/rows").json()["count"], 3);
    assert_eq!(site.get("/databases/other/tables/products/rows").code(), "unknownTable");
    assert_eq!(site.get("/databases/default/tables/none/rows").code(), "unknownTable");
}

#[test]
fn bad_tokens_are_refused() {
    let site = Site::small();
    for query in
        ["continuationToken=x", "continuationToken=p1", "continuationToken=pé-1-0", "limit=0", "limit=x"]
    {
        let reply = site.get(&format!("{MANY}?{}", query.replace('é', "%C3%A9")));
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalidParameter"), "{query}");
    }
    assert_eq!(site.get(&format!("{MANY}?syncToken=abc")).status, 410);
    assert_eq!(site.get(&format!("{MANY}?continuationToken=p1-0-0")).status, 410);
}
