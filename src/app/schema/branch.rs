//! Which schema a node is checked by: the choice that comes before validation.

use super::document::Schema;
use super::{fixes, mistakes, rules, wording};
use crate::action::{canonical_alias, type_names};
use crate::diag::{Diagnostic, Fix, closest};
use crate::syntax::{Entry, Node, Tree};

/// Providers whose data comes through functions (functions.md §1, §10, §11).
const FUNCTION_PROVIDERS: [(&str, &str); 3] = [
    ("DATA_PROVIDER_REST", "function.rest"),
    ("DATA_PROVIDER_SQL", "function.sql"),
    ("DATA_PROVIDER_SOAP", "function.soap"),
];

const OTHER_PROVIDERS: [&str; 4] =
    ["DATA_PROVIDER_DYNAMIC", "DATA_PROVIDER_SALESFORCE", "DATA_PROVIDER_ONEDRIVE", "DATA_PROVIDER_LOCAL"];

const DATASOURCES: [&str; 4] =
    ["datasource.sqlite", "datasource.static", "datasource.system", "datasource.reference"];

pub(super) fn action(node: &Node, tree: &Tree, out: &mut Vec<Diagnostic>) {
    let Some((entry, written)) = text_of(node, "type") else {
        return mistakes::check(Schema::bundled("action"), node, tree, out);
    };
    let name = match canonical_alias(written) {
        Some(name) => {
            out.push(alias(entry, written, name));
            name
        }
        None => written,
    };
    match Schema::named(name).filter(|_| name.starts_with("action.")) {
        Some(schema) => mistakes::check(schema, node, tree, out),
        None => mistakes::push(out, unknown_action_type(&entry.value, written)),
    }
    if name == "action.sync-status" {
        let message = "`action.sync-status` is documented nowhere and does nothing here";
        out.push(Diagnostic::warning(rules::UNKNOWN_ACTION_TYPE, entry.value.span, message));
    }
}

pub(super) fn unknown_action_type(node: &Node, written: &str) -> Diagnostic {
    unknown(rules::UNKNOWN_ACTION_TYPE, node, written, "an action type", type_names())
}

pub(super) fn function(node: &Node, tree: &Tree, out: &mut Vec<Diagnostic>) {
    let Some((entry, written)) = text_of(node, "provider") else {
        let sql = ["connection", "query", "procedure"].iter().any(|key| node.get(key).is_some());
        let likely = if sql { "function.sql" } else { "function.rest" };
        return mistakes::check(Schema::bundled(likely), node, tree, out);
    };
    if let Some((_, name)) = FUNCTION_PROVIDERS.iter().find(|(provider, _)| *provider == written) {
        return mistakes::check(Schema::bundled(name), node, tree, out);
    }
    let providers = FUNCTION_PROVIDERS.iter().map(|(provider, _)| *provider);
    let span = entry.value.span;
    out.push(if OTHER_PROVIDERS.contains(&written) {
        let message = format!("`{written}` works without functions");
        let help = format!("a function needs {}", wording::one_of(providers));
        Diagnostic::error(rules::UNKNOWN_PROVIDER, span, message).help(help)
    } else {
        unknown(rules::UNKNOWN_PROVIDER, &entry.value, written, "a provider of functions", providers)
    });
}

pub(super) fn datasource(node: &Node, tree: &Tree, out: &mut Vec<Diagnostic>) {
    let Some((entry, written)) = text_of(node, "type") else {
        return mistakes::check(Schema::bundled(likely_datasource(node)), node, tree, out);
    };
    if DATASOURCES.contains(&written) {
        mistakes::check(Schema::bundled(written), node, tree, out);
    } else {
        let found = unknown(
            rules::UNKNOWN_DATASOURCE_TYPE,
            &entry.value,
            written,
            "a datasource type",
            DATASOURCES,
        );
        out.push(found);
    }
}

/// A use of a global datasource may leave out its type (datasources.md §1.3).
fn likely_datasource(node: &Node) -> &'static str {
    if node.get("datasourceId").is_some() && node.get("options").is_none() {
        "datasource.reference"
    } else if node.at("/options/data").is_some() {
        "datasource.static"
    } else {
        "datasource.sqlite"
    }
}

fn text_of<'a>(node: &'a Node, key: &str) -> Option<(&'a Entry, &'a str)> {
    let entry = node.entry(key)?;
    entry.value.as_str().map(|text| (entry, text))
}

fn alias(entry: &Entry, written: &str, name: &str) -> Diagnostic {
    let span = entry.value.span;
    let message = format!("`{written}` is a misspelling of `{name}`");
    let found = Diagnostic::warning(rules::ACTION_TYPE_ALIAS, span, message).help(format!("write `{name}`"));
    match fixes::quoted_like(&entry.value, name) {
        Some(text) => found.fix(Fix::safe(format!("write `{name}`"), span, text)),
        None => found,
    }
}

fn unknown<'a>(
    rule: &'static str,
    node: &Node,
    written: &str,
    wanted: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    let message = format!("`{}` is not {wanted}", wording::shortened(written));
    let found = Diagnostic::error(rule, node.span, message);
    let near = closest(written, known.iter().copied()).or_else(|| fixes::same_ending(written, known.iter().copied()));
    match near {
        Some(name) => {
            let fix = fixes::quoted_like(node, name).map(|text| Fix::risky(format!("write `{name}`"), node.span, text));
            let found = found.help(format!("did you mean `{name}`?"));
            if let Some(fix) = fix { found.fix(fix) } else { found }
        }
        None if known.len() <= 8 => found.help(wording::one_of(known)),
        None => found.help("`syncscope schema` lists the types that there are"),
    }
}
