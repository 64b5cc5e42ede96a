//! Which schema a node is checked by: the choice that comes before validation.

use serde_json::Value;

use super::document::Schema;
use super::{fixes, mistakes, rules, shape, wording};
use crate::action::{canonical_alias, type_names};
use crate::diag::{Diagnostic, Fix, Safety, Severity, closest, slip};
use crate::expr::is_expression;
use crate::syntax::{Entry, Kind, Node, Tree};

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
        return out.extend(unchosen(node, tree, ACTION));
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
        None => out.push(unknown_action_type(&entry.value, written)),
    }
    if name == "action.sync-status" {
        let message = "`action.sync-status` is documented nowhere and does nothing here";
        out.push(Diagnostic::warning(rules::UNKNOWN_ACTION_TYPE, entry.value.span, message));
    }
}

pub(super) fn unknown_action_type(node: &Node, written: &str) -> Diagnostic {
    unknown(rules::UNKNOWN_ACTION_TYPE, node, written, ACTION.wanted, type_names())
}

/// A `type` that the schema does not list: a slip of one that it lists, or one that only we do not
/// know. New types appear, so the second is told at most as a note, and never of legacy ids and expressions.
pub(super) fn unlisted_type(node: &Node, schema: &Value) -> Option<Diagnostic> {
    let written = node.as_str().filter(|text| !is_expression(text) && !text.starts_with('@'))?;
    let rule = if schema["x-rule"] == rules::UNKNOWN_JIG_TYPE {
        rules::UNKNOWN_JIG_TYPE
    } else {
        rules::UNKNOWN_COMPONENT_TYPE
    };
    let is_jig = rule == rules::UNKNOWN_JIG_TYPE;
    let known = shape::allowed(schema);
    let what = if is_jig { "kind of screen" } else { "component" };
    let shown = wording::shortened(written);
    let Some(meant) = fixes::slipped(written, &known) else {
        let message = format!("the {what} `{shown}` is not known here");
        let help = format!("known are {}", wording::listed(known.iter().copied()));
        return is_jig.then(|| Diagnostic::info(rule, node.span, message).help(help));
    };
    let message = format!("there is no {what} `{shown}`");
    let severity = if is_jig { Severity::Error } else { Severity::Warning };
    let found = Diagnostic { severity, ..Diagnostic::error(rule, node.span, message) };
    let found = found.help(format!("did you mean `{meant}`?"));
    Some(match fixes::quoted_like(node, meant) {
        Some(text) => found.fix(Fix::safe(format!("write `{meant}`"), node.span, text)),
        None => found,
    })
}

/// Whether a `type` is that of a component, or meant as one: `component.list`, `compnent.list`.
pub(super) fn is_component(type_name: &str) -> bool {
    const PREFIX: &str = "component";
    let prefix = || type_name.split(['.', '-', '_']).next().unwrap_or_default();
    type_name.starts_with("component.")
        || (type_name.starts_with(['c', 'C']) && slip(prefix(), [PREFIX]).is_some())
}

pub(super) fn function(node: &Node, tree: &Tree, out: &mut Vec<Diagnostic>) {
    let Some((entry, written)) = text_of(node, "provider") else {
        return out.extend(unchosen(node, tree, FUNCTION));
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
        unknown(rules::UNKNOWN_PROVIDER, &entry.value, written, FUNCTION.wanted, providers)
    });
}

pub(super) fn datasource(node: &Node, tree: &Tree, out: &mut Vec<Diagnostic>) {
    let Some((entry, written)) = text_of(node, "type") else {
        // A use of a global datasource may leave out its type (datasources.md §1.3).
        if node.get("type").is_none() && node.get("datasourceId").is_some() && node.get("options").is_none() {
            return mistakes::check(Schema::bundled("datasource.reference"), node, tree, out);
        }
        return out.extend(unchosen(node, tree, DATASOURCE));
    };
    if DATASOURCES.contains(&written) {
        return mistakes::check(Schema::bundled(written), node, tree, out);
    }
    out.push(unknown(rules::UNKNOWN_DATASOURCE_TYPE, &entry.value, written, DATASOURCE.wanted, DATASOURCES));
}

/// What chooses a branch.
#[derive(Clone, Copy)]
struct Choice {
    /// The key.
    key: &'static str,
    /// What is chosen.
    of: &'static str,
    /// What the key takes.
    wanted: &'static str,
    /// One that it takes.
    example: &'static str,
}

const ACTION: Choice =
    Choice { key: "type", of: "the action", wanted: "an action type", example: "action.go-to" };
const FUNCTION: Choice = Choice {
    key: "provider",
    of: "the function",
    wanted: "a provider of functions",
    example: "DATA_PROVIDER_REST",
};
const DATASOURCE: Choice =
    Choice { key: "type", of: "the datasource", wanted: "a datasource type", example: "datasource.sqlite" };

/// Why no branch can be chosen; nothing else can be said of such a node.
fn unchosen(node: &Node, tree: &Tree, choice: Choice) -> Option<Diagnostic> {
    let Choice { key, of, wanted, example } = choice;
    if tree.is_damaged(node.span) {
        return None;
    }
    let Kind::Object(entries) = &node.kind else {
        let message = format!("{of} should be a map with `{key}`, found {}", wording::found(node));
        return Some(Diagnostic::error(rules::WRONG_TYPE, node.span, message));
    };
    if let Some(entry) = node.entry(key) {
        let empty = entry.value.span.range().is_empty();
        let span = if empty { entry.key_span } else { entry.value.span };
        let message =
            format!("`{key}` should be {wanted} such as `{example}`, found {}", wording::found(&entry.value));
        return Some(Diagnostic::error(rules::WRONG_TYPE, span, message));
    }
    if let Some(entry) = entries.iter().find(|entry| closest(&entry.key.text, [key]).is_some()) {
        let message = format!("unknown key `{}` in {of}", wording::shortened(&entry.key.text));
        let found = Diagnostic::error(rules::UNKNOWN_KEY, entry.key_span, message);
        return Some(fixes::renaming(found, entry, key, Safety::Safe));
    }
    let span = entries.first().map_or(node.span, |entry| entry.key_span);
    let found = Diagnostic::error(rules::MISSING_KEY, span, format!("missing `{key}` in {of}"));
    Some(found.help(format!("`{key}`: {wanted} such as `{example}`")))
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
    match fixes::nearest(written, &known) {
        Some(name) => {
            let fix = fixes::quoted_like(node, name)
                .map(|text| Fix::risky(format!("write `{name}`"), node.span, text));
            let found = found.help(format!("did you mean `{name}`?"));
            if let Some(fix) = fix { found.fix(fix) } else { found }
        }
        None if known.len() <= 8 => found.help(wording::one_of(known)),
        None => found.help("`syncscope schema` lists the types that there are"),
    }
}
