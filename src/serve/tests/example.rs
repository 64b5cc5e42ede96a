//! The tables of the quickstart, fetched the way its functions do.

use std::path::Path;

use super::super::Options;
use super::Site;

fn quickstart() -> Site {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart/data");
    Site::open(&Options { dir: Some(dir), ..Options::default() })
}

#[test]
fn every_table_is_served() {
    let site = quickstart();
    let expected = [
        "customers",
        "default/checklists",
        "default/visits",
        "depots",
        "prices/north",
        "prices/south",
        "products",
    ];
    assert_eq!(site.server.tables(), expected);
    assert_eq!(site.get("/depots?country=DE").json().as_array().unwrap().len(), 8);
    assert_eq!(site.get("/products/SKU-0001").json()["ean"], "0000040007919");
}

#[test]
fn pages_end_where_the_functions_expect_it() {
    let site = quickstart();
    let lengths = |path: &str, member: &str| -> Vec<usize> {
        let mut lengths = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = site.get(&path).json();
            lengths.push(page[member].as_array().unwrap().len());
            next = match (page["@odata.nextLink"].as_str(), page["next"].as_str()) {
                (Some(link), _) => Some(link.to_owned()),
                (_, Some(cursor)) => Some(format!("/cursor/prices/north?limit=60&cursor={cursor}")),
                _ => None,
            };
        }
        lengths
    };
    assert_eq!(lengths("/odata/products?$top=50", "value"), [50, 50, 10]);
    assert_eq!(lengths("/cursor/prices/north?limit=60", "items"), [60, 50]);
    let customers = |page| site.get(&format!("/customers?status=active&limit=50&page={page}"));
    let counts: Vec<usize> = (1..=4).map(|page| customers(page).json().as_array().unwrap().len()).collect();
    assert_eq!(counts, [50, 50, 50, 13]);
    for (table, count) in [("visits", 64), ("checklists", 20)] {
        let path = format!("/organizations/acme/solutions/field-sales/databases/default/tables/{table}/rows");
        assert_eq!(site.get(&path).json()["count"], count);
    }
}
