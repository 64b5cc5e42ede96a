//! Functions and their calls: planted mistakes.

use super::bed::{Site, Soil, Spot};
use super::{Patch, Plant};
use crate::app::FileKind;
use crate::diag::Group;
use crate::expr::is_expression;
use crate::syntax::Node;

const PLANTS: &[Plant] = &[
    Plant {
        rule: "undeclared-path-parameter",
        sites: |soil| {
            let more =
                addresses(soil).filter_map(|url| url.replace(&format!("{}/«{{lost}}»", url.written())));
            let misspelt = addresses(soil).filter_map(|url| {
                let token = url.written().split_once('{')?.1.split_once('}')?.0;
                url.replace_in(&format!("{{{token}}}"), &format!("«{{{token}x}}»"))
            });
            more.chain(misspelt).collect()
        },
    },
    Plant {
        rule: "unused-path-parameter",
        sites: |soil| {
            let definition = "«lostPart»:\n  type: string\n  location: path\n  required: true\n  value: a";
            addresses(soil).filter_map(|url| url.parent()?.at("/parameters")?.insert(definition)).collect()
        },
    },
    Plant {
        rule: "optional-path-parameter",
        sites: |soil| {
            let parameters = rest(soil).flat_map(|function| function.inside());
            let path = parameters.filter(|spot| is(spot, "location", "path"));
            let placed = path.filter(|spot| spot.text().contains(&format!("{{{}}}", spot.key())));
            placed.filter_map(|spot| spot.at("/required")?.replace("«false»")).collect()
        },
    },
    Plant {
        rule: "body-parameter-in-get",
        sites: |soil| {
            let get = rest(soil)
                .filter(|function| is(function, "method", "GET") && lacks(function, "inputTransform"));
            get.filter_map(|function| parameter(&function, "lost", "string", "«body»", "")).collect()
        },
    },
    Plant {
        rule: "continuation-drops-parameter",
        sites: |soil| {
            let blocks = rest(soil).filter_map(|function| Some((function.at("/continuation")?, function)));
            let sites = blocks.filter_map(|(block, function)| {
                let later = block.at("/parameters")?;
                let names = ["accessToken", "limit", "X-Client"];
                let name =
                    names.into_iter().find(|name| function.at(&format!("/parameters/{name}")).is_some())?;
                let dropped = later.remove(name).or_else(|| later.rename(name, "pageToken"))?;
                Some(dropped.expect_key(&block, "parameters"))
            });
            sites.collect()
        },
    },
    Plant {
        rule: "continuation-reads-missing-field",
        sites: |soil| {
            let sites = rest(soil).filter_map(|function| {
                let when = function.at("/continuation/when")?;
                let field = when.node.as_str()?.strip_prefix("=$.")?;
                let transform = function.at("/outputTransform")?.replace("'{ \"value\": $.value }'")?;
                let is_field = !field.contains([' ', '(', '[']);
                let records = function.at("/records").map_or(Some(transform.clone()), |records| {
                    Some(transform.clone().and(records.replace("=$.value")?))
                });
                is_field.then(|| Some(records?.and(when.replace(&format!("=$.«{field}»"))?)))?
            });
            sites.collect()
        },
    },
    Plant {
        rule: "screen-context-in-function",
        sites: |soil| {
            let value = "\n  value: =«@ctx.jig».inputs.item";
            rest(soil)
                .filter_map(|function| parameter(&function, "lost", "string", "output", value))
                .collect()
        },
    },
    Plant {
        rule: "merge-without-id",
        sites: |soil| {
            let sites = rest(soil).filter(|function| lacks(function, "operations")).filter_map(|function| {
                let renamed = function.at("/outputTransform")?.replace_in("\"id\"", "«\"key\"»")?;
                match function.node.get("forRowsWithMatchingIds") {
                    Some(_) => Some(renamed),
                    None => Some(renamed.and(function.insert("forRowsWithMatchingIds: true")?)),
                }
            });
            sites.collect()
        },
    },
    Plant {
        rule: "merge-with-row-filter",
        sites: |soil| {
            let keys = ["forRowsWithMatchingIds", "forRowsWithValues", "forRowsInRange"];
            let free = functions(soil).filter(|function| keys.iter().all(|key| lacks(function, key)));
            let text = "«forRowsWithMatchingIds»: true\nforRowsWithValues:\n  state: open";
            let open = free.filter(|function| !function.written().contains("outputTransform: $.{"));
            open.filter_map(|function| function.insert(text)).collect()
        },
    },
    Plant {
        rule: "merge-with-operations",
        sites: |soil| {
            let text = "«forRowsWithMatchingIds»: true\noperations:\n  - type: operation.upsert-merge\n    records: =$";
            let free = local(soil).filter(|function| lacks(function, "forRowsWithMatchingIds"));
            let free = free.filter(|function| lacks(function, "conversions"));
            free.filter_map(|function| function.insert(text)).collect()
        },
    },
    Plant {
        rule: "find-replace-after-merge",
        sites: |soil| {
            let text = "operations:\n  - type: operation.upsert-merge\n    records: =$\n  \
                        - type: «operation.find-replace»\n    find: =@ctx.parameters.id\n    replace: =$.id\n    \
                        tables: [lost]\n    includeCommandQueue: true";
            writing(soil).filter_map(|function| function.insert(text)).collect()
        },
    },
    Plant {
        rule: "conversions-not-in-operations",
        sites: |soil| {
            let text = "«conversions»:\n  - property: photo\n    from: base64\n    to: local-uri\noperations:\n  \
                        - type: operation.upsert-merge\n    records: =$";
            let get = writing(soil).filter(|function| is(function, "method", "GET"));
            get.filter_map(|function| function.insert(text)).collect()
        },
    },
    Plant {
        rule: "list-in-one-row",
        sites: |soil| {
            let keys = ["records", "operations", "continuation", "forRowsWithMatchingIds"];
            let plain = rest(soil).filter(|function| keys.iter().all(|key| lacks(function, key)));
            let synced =
                plain.filter(|function| calls(soil).any(|call| names(&call, function) && is_entry(&call)));
            let text = "'{ «\"rows\"»: $.items[].{ \"id\": id } }'";
            let transforms = synced.filter_map(|function| function.at("/outputTransform"));
            let free = transforms.filter(|transform| !transform.written().contains("inputs"));
            free.filter_map(|transform| transform.replace(text)).collect()
        },
    },
    Plant {
        rule: "unreachable-error-rule",
        sites: |soil| {
            let text = "error:\n  - title: a\n  - when: «=@ctx.response.status = 404»\n    title: b";
            local(soil).filter_map(|function| function.insert(text)).collect()
        },
    },
    Plant {
        rule: "error-rule-matches-success",
        sites: |soil| {
            let conditions =
                ["@ctx.response.status != 404", "$not(@ctx.response.status = 500)", "@ctx.response.ok"];
            let rule = |condition| format!("error:\n  - when: «={condition}»\n    title: a");
            let free = local(soil);
            free.flat_map(|function| conditions.map(|condition| function.insert(&rule(condition))))
                .flatten()
                .collect()
        },
    },
    Plant {
        rule: "command-id-in-sync",
        sites: |soil| {
            let called = |function: &Spot<'_>, by_sync| {
                calls(soil).any(|call| names(&call, function) && is_entry(&call) == by_sync)
            };
            let text = "error:\n  - table: errors\n    transform: '={ \"id\": «@ctx.commandId» }'";
            let own = rest(soil).filter(|function| called(function, true) && !called(function, false));
            own.filter_map(|function| function.insert(text)).collect()
        },
    },
    Plant {
        rule: "hard-coded-secret",
        sites: |soil| {
            let secret = "«Zk3xT9qLw07vRb2NsY5uHd8eJf1mCg4a»";
            let value = format!("\n  value: {secret}");
            let valued = rest(soil)
                .filter_map(|function| parameter(&function, "lostToken", "string", "output", &value));
            let plain = addresses(soil).filter(|url| !has_query(url));
            let addressed = plain.filter_map(|url| url.replace(&format!("{}?code={secret}", url.written())));
            let argument = format!("accessToken: {secret}");
            let given = calls(soil).filter_map(|call| {
                let arguments = call.at("/parameters")?;
                let takes = declares(&call, "accessToken") && arguments.node.get("accessToken").is_none();
                takes.then(|| arguments.insert(&argument))?
            });
            valued.chain(addressed).chain(given).collect()
        },
    },
    Plant {
        rule: "hard-coded-tenant",
        sites: |soil| {
            let value = "\n  value: «0f8fad5b-d9cb-469f-a165-70867728950e»";
            rest(soil)
                .filter_map(|function| parameter(&function, "tenantId", "string", "output", value))
                .collect()
        },
    },
    Plant {
        rule: "query-string-in-url",
        sites: |soil| {
            let queried = addresses(soil).filter(has_query);
            queried.filter_map(|url| url.replace(&format!("{}«?lost=1»", url.written()))).collect()
        },
    },
    Plant {
        rule: "unused-body-parameter",
        sites: |soil| {
            let text = "«lostField»:\n  type: string\n  location: body\n  required: false";
            let with = rest(soil).filter(|function| !lacks(function, "inputTransform"));
            with.filter_map(|function| function.at("/parameters")?.insert(text)).collect()
        },
    },
    Plant {
        rule: "underscore-operation-type",
        sites: |soil| {
            let text = "operations:\n  - type: «operation.upsert_merge»\n    records: =$";
            writing(soil).filter_map(|function| function.insert(text)).collect()
        },
    },
    Plant {
        rule: "function-never-runs",
        sites: |soil| functions(soil).filter_map(|function| function.insert("when: «false»")).collect(),
    },
    Plant {
        rule: "missing-local-call",
        sites: |soil| {
            let keys = ["useLocalCall", "operations", "conversions", "forRowsWithMatchingIds"];
            let proxied = rest(soil).filter(|function| keys.iter().all(|key| lacks(function, key)));
            let text = "«operations»:\n  - type: operation.upsert-merge\n    records: =$";
            proxied.filter_map(|function| function.insert(text)).collect()
        },
    },
    Plant {
        rule: "write-without-error-rules",
        sites: |soil| {
            let function = "provider: DATA_PROVIDER_REST\nmethod: «POST»\nurl: https://example.com/lost\n";
            let action = "action:\n  type: action.execute-entity\n  options:\n    provider: DATA_PROVIDER_REST\n    \
                          entity: lost-rows\n    method: functionCall\n    function: lost-write\n";
            let site = soil.new_file("functions/lost-write.jigx", function);
            vec![site.and(soil.new_file("actions/lost-save.jigx", action))]
        },
    },
    Plant {
        rule: "wrong-argument-type",
        sites: |soil| {
            let value = |value: &str| format!("\n  value: {value}");
            let wrong =
                [("number", "«all»"), ("boolean", "«maybe»"), ("array", "«one»"), ("object", "«one»")];
            let made = |function: Spot<'_>| {
                wrong.map(|(kind, text)| parameter(&function, "lost", kind, "output", &value(text)))
            };
            rest(soil).flat_map(made).flatten().collect()
        },
    },
    Plant {
        rule: "unsupported-provider",
        sites: |soil| vec![soil.new_file("functions/lost-soap.jigx", "provider: «DATA_PROVIDER_SOAP»\n")],
    },
    Plant {
        rule: "deprecated-error-transform",
        sites: |soil| {
            let free = functions(soil).filter(|function| lacks(function, "errorTransform"));
            free.filter_map(|function| function.insert("«errorTransform»: '{ \"error\": 1 }'")).collect()
        },
    },
    Plant {
        rule: "ignored-statement",
        sites: |soil| {
            let sql = functions(soil).filter(|function| is(function, "provider", "DATA_PROVIDER_SQL"));
            let sites =
                sql.filter_map(|function| match function.node.get("method").and_then(Node::as_str)? {
                    "query" => function.insert("«procedure»: lost"),
                    _ => function.insert("«query»: SELECT 1"),
                });
            sites.collect()
        },
    },
    Plant {
        rule: "missing-argument",
        sites: |soil| {
            let sites = calls(soil).filter_map(|call| {
                let arguments = call.at("/parameters")?;
                let mut names = arguments.node.entries().iter().map(|entry| &*entry.key.text);
                let name = names.find(|name| needs(&call, name))?;
                Some(arguments.remove(name)?.expect(&call.at("/function")?))
            });
            sites.collect()
        },
    },
    Plant {
        rule: "unknown-argument",
        sites: |soil| {
            calls(soil).filter_map(|call| call.at("/parameters")?.insert("«lostName»: 1")).collect()
        },
    },
    Plant {
        rule: "unknown-function",
        sites: |soil| {
            // A write that nobody calls any more needs no rules for errors.
            let kept = calls(soil).filter(|call| !call.written().contains("functionCall"));
            kept.filter_map(|call| call.at("/function")?.replace("«nowhere-at-all»")).collect()
        },
    },
];

const WITHOUT: &[(&str, &str)] = &[
    ("script-out-of-reach", "the harness has no way to add a script"),
    ("unknown-connection", "needs settings that name the app's other connections; has a fixture"),
];

/// The whole of every function's file.
fn functions<'a>(soil: &Soil<'a>) -> impl Iterator<Item = Spot<'a>> + use<'a> {
    soil.files(FileKind::Function).filter(|function| function.node.get("provider").is_some())
}

fn rest<'a>(soil: &Soil<'a>) -> impl Iterator<Item = Spot<'a>> + use<'a> {
    functions(soil).filter(|function| is(function, "provider", "DATA_PROVIDER_REST"))
}

/// Functions that the phone calls itself.
fn local<'a>(soil: &Soil<'a>) -> impl Iterator<Item = Spot<'a>> + use<'a> {
    rest(soil).filter(|function| !lacks(function, "useLocalCall") && lacks(function, "error"))
}

/// Functions that operations can be added to.
fn writing<'a>(soil: &Soil<'a>) -> impl Iterator<Item = Spot<'a>> + use<'a> {
    const KEYS: [&str; 3] = ["operations", "conversions", "forRowsWithMatchingIds"];
    local(soil).filter(|function| KEYS.iter().all(|key| lacks(function, key)))
}

/// Addresses that are no expressions.
fn addresses<'a>(soil: &Soil<'a>) -> impl Iterator<Item = Spot<'a>> + use<'a> {
    let urls = rest(soil).filter_map(|function| function.at("/url"));
    urls.filter(|url| url.node.as_str().is_some_and(|text| !is_expression(text)))
}

/// Entries of syncs and options of actions that name a function.
fn calls<'a>(soil: &Soil<'a>) -> impl Iterator<Item = Spot<'a>> + use<'a> {
    let named = soil.spots().filter(|spot| spot.node.get("entity").is_some());
    named.filter(|spot| {
        let id = spot.node.get("function").and_then(Node::as_str);
        id.is_some_and(|id| spot.soil.project().functions.contains_key(id))
    })
}

fn is_entry(call: &Spot<'_>) -> bool {
    call.key() != "options"
}

/// Whether a call names this function.
fn names(call: &Spot<'_>, function: &Spot<'_>) -> bool {
    call.node.get("function").and_then(Node::as_str) == Some(&*function.source.id)
}

fn has_query(url: &Spot<'_>) -> bool {
    let parameters = url.parent().and_then(|function| function.at("/parameters"));
    parameters.is_some_and(|parameters| parameters.children().any(|one| is(&one, "location", "query")))
}

fn declares(call: &Spot<'_>, name: &str) -> bool {
    let id = call.node.get("function").and_then(Node::as_str).unwrap_or_default();
    let function = call.soil.project().functions.get(id);
    function.is_some_and(|function| function.parameters.iter().any(|one| one.name.value == name))
}

fn needs(call: &Spot<'_>, name: &str) -> bool {
    let id = call.node.get("function").and_then(Node::as_str).unwrap_or_default();
    let function = call.soil.project().functions.get(id);
    let is_plain = name != "accessToken";
    is_plain
        && function.is_some_and(|function| {
            let mut parameters = function.parameters.iter();
            parameters.any(|one| one.name.value == name && one.required && one.value.is_none())
        })
}

fn is(spot: &Spot<'_>, key: &str, text: &str) -> bool {
    spot.node.get(key).and_then(Node::as_str) == Some(text)
}

fn lacks(spot: &Spot<'_>, key: &str) -> bool {
    spot.node.get(key).is_none()
}

/// One more parameter of a function.
fn parameter(function: &Spot<'_>, name: &str, kind: &str, location: &str, rest: &str) -> Option<Site> {
    let text = format!("{name}:\n  type: {kind}\n  location: {location}\n  required: false{rest}");
    function.at("/parameters")?.insert(&text)
}

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Functions];
    Patch { file: "functions", groups, plants: PLANTS, without: WITHOUT }.check();
}
