//! Tables, queries and datasources: planted mistakes.

use super::bed::{Site, Soil, Spot};
use super::{Patch, Plant};
use crate::app::{FileKind, Origin, Rows};
use crate::diag::Group;

const PLANTS: &[Plant] = &[
    Plant { rule: "invalid-sql", sites: |soil| in_queries(soil, |_| true, "SELECT", "SELECT «,»") },
    Plant {
        rule: "unknown-column",
        sites: |soil| in_queries(soil, |sql| !sql.contains("[_"), "SELECT", "SELECT «colour»,"),
    },
    Plant {
        rule: "misplaced-shorthand",
        sites: |soil| in_queries(soil, |sql| sql.contains("JOIN"), "SELECT", "SELECT «'$.colour'»,"),
    },
    Plant {
        rule: "unlisted-table",
        sites: |soil| {
            in_queries(soil, |_| true, "SELECT", "SELECT (SELECT count(*) FROM «[lost-table]») AS lost,")
        },
    },
    Plant {
        rule: "rewritten-package-query",
        sites: |soil| {
            let first = queries(*soil).filter_map(|options| options.at("/entities/0"));
            let table = |entity: Spot<'_>| {
                let name = entity.node.as_str()?;
                entity.replace(&format!("{{ entity: {name}, «package»: sales }}"))
            };
            first.filter_map(table).collect()
        },
    },
    Plant { rule: "unbound-parameter", sites: |soil| with_parameter(soil, |name| format!("«${name}»")) },
    Plant {
        rule: "undeclared-query-parameter",
        sites: |soil| with_parameter(soil, |_| "«@nobody»".to_owned()),
    },
    Plant {
        rule: "unused-query-parameter",
        sites: |soil| {
            let given = queries(*soil).filter_map(|options| options.at("/queryParameters"));
            given.filter_map(|given| given.insert("«nobody»: 1")).collect()
        },
    },
    Plant {
        rule: "list-as-parameter",
        sites: |soil| {
            let compared = queries(*soil).filter_map(|options| {
                let given = options.at("/queryParameters")?.children().next()?;
                let sql = options.at("/query")?.node.as_str()?;
                sql.contains(&format!("= @{}", given.key())).then(|| given.replace("«[a, b]»"))?
            });
            compared.collect()
        },
    },
    Plant { rule: "prefix-parameter", sites: prefixes },
    Plant {
        rule: "unselected-json-property",
        sites: |soil| {
            let without = queries(*soil).filter(|options| options.at("/jsonProperties").is_none());
            without.filter_map(|options| options.insert("jsonProperties: [«nowhere»]")).collect()
        },
    },
    Plant {
        rule: "unprefixed-table",
        sites: |soil| {
            let bare =
                |table: &Spot<'_>| table.replace(&format!("«{}»", table.node.as_str()?.split_once('/')?.1));
            let listed = queries(*soil).filter(is_dynamic).filter_map(|options| options.at("/entities/0"));
            let listed =
                listed.filter(|table| table.node.as_str().is_some_and(|name| name.starts_with("default/")));
            listed.chain(dynamic_tables(soil)).filter_map(|table| bare(&table)).collect()
        },
    },
    Plant {
        rule: "unknown-table",
        sites: |soil| {
            dynamic_tables(soil).filter_map(|table| table.replace("«default/nowhere-at-all»")).collect()
        },
    },
    Plant { rule: "unknown-datasource", sites: unknown_datasources },
    Plant { rule: "unselected-column", sites: |soil| fields(soil, |field| format!("«{field}nowhere»")) },
    Plant { rule: "unparsed-json-column", sites: |soil| fields(soil, |field| format!("«{field}».code")) },
    Plant {
        rule: "list-without-id",
        sites: |soil| {
            let lists = soil.spots().filter(|spot| spot.key() == "data" && !spot.text().contains("item.id"));
            let without = lists.filter_map(|data| {
                let id = data.node.as_str()?.strip_prefix("=@ctx.datasources.")?;
                data.parent()?.at("/item")?;
                let options = soil.root(data.source).at(&format!("/datasources/{id}/options"))?;
                let list = options.at("/isDocument").is_none();
                let query = options.at("/query").filter(|query| list && query.written().contains("id,"))?;
                Some(query.replace_in("id,", "")?.expect(&data))
            });
            without.collect()
        },
    },
    Plant {
        rule: "list-as-form-values",
        sites: |soil| {
            let Some(id) = list_datasource(soil) else { return Vec::new() };
            let forms = soil.typed("component.form").filter_map(|form| form.at("/options"));
            let values = format!("initialValues: «=@ctx.datasources.{id}»");
            forms.filter_map(|options| options.insert(&values)).collect()
        },
    },
    Plant {
        rule: "nested-dropdown-value",
        sites: |soil| {
            let values = soil.typed("component.dropdown-item").filter_map(|item| item.at("/options/value"));
            let nested = values.filter_map(|value| {
                let column = value.node.as_str()?.strip_prefix("=@ctx.current.item.")?.to_owned();
                let list = value.parent()?.parent()?.parent()?;
                let id = list.at("/data")?.node.as_str()?.strip_prefix("=@ctx.datasources.")?.to_owned();
                let options = soil.root(value.source).at(&format!("/datasources/{id}/options"))?;
                options.at("/query").filter(|_| options.at("/jsonProperties").is_none())?;
                let json = options.insert(&format!("jsonProperties: [{column}]"))?;
                Some(value.replace(&format!("«=@ctx.current.item.{column}.code»"))?.and(json))
            });
            nested.collect()
        },
    },
    Plant {
        rule: "local-write-to-cloud-table",
        sites: |soil| {
            let dynamic =
                writes(soil).filter(|options| is_dynamic(options) && options.at("/conversions").is_none());
            let local = dynamic.filter_map(|options| {
                let table = options.at("/entity")?;
                Some(options.at("/provider")?.replace("DATA_PROVIDER_LOCAL")?.expect(&table))
            });
            local.collect()
        },
    },
    Plant {
        rule: "write-without-id",
        sites: |soil| {
            let changes = writes(soil).filter(|options| is_method(options, &["update", "delete"]));
            let without = changes
                .filter_map(|options| Some(options.at("/data")?.remove("id")?.expect_key(&options, "data")));
            without.collect()
        },
    },
    Plant {
        rule: "list-for-one-row",
        sites: |soil| {
            let rows = soil.actions("action.execute-entity").filter_map(|action| action.at("/options/data"));
            rows.filter_map(|data| data.replace("«=$split('a,b', ',')»")).collect()
        },
    },
    Plant {
        rule: "replace-without-id",
        sites: |soil| {
            let creates = soil.actions("action.execute-entity").filter_map(|action| action.at("/options"));
            let creates = creates.filter(|options| {
                let data = options.at("/data").filter(|data| data.node.get("id").is_none());
                is_method(options, &["create", "save"])
                    && data.is_some_and(|data| !data.node.entries().is_empty())
                    && options.at("/parameters").is_none()
            });
            creates.filter_map(|options| options.insert("queueOperation: «replace»")).collect()
        },
    },
    Plant {
        rule: "dropped-delete",
        sites: |soil| {
            let rows = writes(soil).filter(|options| is_dynamic(options) && options.at("/data/id").is_some());
            let deletes = rows.filter_map(|options| {
                let delete = options.at("/method")?.replace("delete")?;
                Some(options.insert("queueOperation: «replace»")?.and(delete))
            });
            deletes.collect()
        },
    },
    Plant {
        rule: "unquoted-word",
        sites: |soil| {
            let entry = "queueOperation: =@ctx.user.id ? «add» :'replace'";
            let rows = soil.actions("action.execute-entity").filter_map(|action| action.at("/options"));
            rows.filter_map(|options| options.insert(entry)).collect()
        },
    },
    Plant {
        rule: "base64-in-dynamic-data",
        sites: |soil| {
            let dynamic =
                writes(soil).filter(|options| is_dynamic(options) && options.at("/conversions").is_none());
            let entry = "conversions: [{ property: image, from: local-uri, to: «base64» }]";
            dynamic.filter_map(|options| options.insert(entry)).collect()
        },
    },
    Plant {
        rule: "legacy-go-back",
        sites: |soil| {
            let without = writes(soil).filter(|options| options.at("/goBack").is_none());
            without.filter_map(|options| options.insert("«goBack»: previous")).collect()
        },
    },
    Plant {
        rule: "wiped-local-rows",
        sites: |soil| {
            let tables = soil.spots().filter(|spot| spot.key() == "entity").filter(|table| {
                let function = table.parent().and_then(|entry| entry.at("/function"));
                let function = function.and_then(|id| soil.project().functions.get(id.node.as_str()?));
                function
                    .is_some_and(|found| matches!(found.rows, Rows::Replace) && found.operations.is_none())
            });
            let syncs = tables.filter(|table| table.pointer.contains("/entities/"));
            let written = syncs.filter_map(|table| {
                let name = table.node.as_str()?;
                let text = format!(
                    "action:\n  type: action.execute-entity\n  options:\n    provider: DATA_PROVIDER_LOCAL\n    entity: {name}\n    method: create\n    data:\n      lost: true\n"
                );
                Some(soil.new_file("actions/lost-write.jigx", &text).expect(&table))
            });
            written.collect()
        },
    },
    Plant {
        rule: "table-name",
        sites: |soil| {
            let tables = soil.files(FileKind::Database).filter_map(|file| file.at("/tables"));
            tables.filter_map(|tables| tables.insert("«open tasks»: null")).collect()
        },
    },
    Plant {
        rule: "unused-definition",
        sites: |soil| {
            let project = soil.project();
            if project.jigs.is_empty() || project.datasources.is_empty() {
                return Vec::new();
            }
            let text = "«»type: datasource.static\noptions:\n  data: [{ lost: 1 }]\n";
            vec![soil.new_file("datasources/lost-data.jigx", text)]
        },
    },
];

const WITHOUT: &[(&str, &str)] = &[];

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Data];
    Patch { file: "data", groups, plants: PLANTS, without: WITHOUT }.check();
}

/// The options of datasources with a query.
fn queries(soil: Soil<'_>) -> impl Iterator<Item = Spot<'_>> {
    soil.typed("datasource.sqlite").filter_map(|datasource| datasource.at("/options"))
}

/// Queries for which this holds, with another text in the place of a word.
fn in_queries(soil: &Soil<'_>, holds: fn(&str) -> bool, old: &str, new: &str) -> Vec<Site> {
    let texts = queries(*soil).filter_map(|options| options.at("/query"));
    let texts = texts.filter(|query| query.node.as_str().is_some_and(holds));
    texts.filter_map(|query| query.replace_in(old, new)).collect()
}

/// Queries with something else in the place of the first use of their first parameter.
fn with_parameter(soil: &Soil<'_>, new: fn(&str) -> String) -> Vec<Site> {
    let uses = queries(*soil).filter_map(|options| {
        let name = options.at("/queryParameters")?.children().next()?.key().to_owned();
        options.at("/query")?.replace_in(&format!("@{name}"), &new(&name))
    });
    uses.collect()
}

fn prefixes(soil: &Soil<'_>) -> Vec<Site> {
    let longer = queries(*soil).filter_map(|options| {
        let given = options.at("/queryParameters")?;
        let name = given.children().next()?.key().to_owned();
        let used = format!("@{name}");
        let query = options.at("/query")?.replace_in(&used, &format!("{used} AND {used}Too IS NULL"))?;
        Some(given.insert(&format!("{name}Too: 1"))?.and(query).expect_key(&given, &name))
    });
    longer.collect()
}

/// The options of actions that write rows.
fn writes<'a>(soil: &Soil<'a>) -> impl Iterator<Item = Spot<'a>> + use<'a> {
    let types = ["action.execute-entity", "action.execute-entities", "action.submit-form"];
    let soil = *soil;
    types.into_iter().flat_map(move |kind| soil.actions(kind)).filter_map(|action| action.at("/options"))
}

fn is_dynamic(options: &Spot<'_>) -> bool {
    options.at("/provider").is_some_and(|provider| provider.node.as_str() == Some("DATA_PROVIDER_DYNAMIC"))
}

fn is_method(options: &Spot<'_>, methods: &[&str]) -> bool {
    let method = options.at("/method");
    method.is_some_and(|method| method.node.as_str().is_some_and(|word| methods.contains(&word)))
}

/// The tables that actions name with their database.
fn dynamic_tables<'a>(soil: &Soil<'a>) -> impl Iterator<Item = Spot<'a>> + use<'a> {
    let synced = soil.actions("action.sync-entities").filter_map(|sync| sync.at("/options/entities/0"));
    let synced = synced.map(|entry| entry.at("/entity").unwrap_or(entry));
    let written = writes(soil).filter_map(|options| options.at("/entity"));
    synced.chain(written).filter(|table| table.node.as_str().is_some_and(|name| name.starts_with("default/")))
}

/// A global datasource that gives a list.
fn list_datasource<'a>(soil: &Soil<'a>) -> Option<&'a str> {
    let lists = soil
        .project()
        .datasources
        .values()
        .filter(|found| matches!(&found.origin, Origin::Sqlite(sqlite) if !sqlite.document));
    lists.map(|found| found.id.as_str()).next()
}

fn unknown_datasources(soil: &Soil<'_>) -> Vec<Site> {
    let unknown = soil.expressions().filter_map(|spot| {
        let (_, rest) = spot.written().split_once("@ctx.datasources.")?;
        let id = rest.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).next()?;
        spot.replace_in(&format!("datasources.{id}"), "datasources.«nowhere-at-all»")
    });
    unknown.collect()
}

/// Expressions that read one field of a query of their own screen, with something else in its place.
fn fields(soil: &Soil<'_>, new: fn(&str) -> String) -> Vec<Site> {
    let read = soil.expressions().filter_map(|spot| {
        let (id, field) = spot.node.as_str()?.strip_prefix("=@ctx.datasources.")?.split_once('.')?;
        let is_name = field.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
        let own =
            soil.root(spot.source).at(&format!("/datasources/{id}/options/query")).filter(|_| is_name)?;
        let _ = own.node.as_str()?;
        spot.replace_in(&format!("{id}.{field}"), &format!("{id}.{}", new(field)))
    });
    read.collect()
}
