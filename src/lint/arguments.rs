//! Calls of functions and global actions with the arguments that they are given.

use super::Cx;
use super::function_file::CREDENTIALS;
use crate::action::ActionNode;
use crate::app::{Datasource, Function, Origin, Parameter};
use crate::diag::Span;
use crate::syntax::{Entry, Kind, Node};

/// One call of something that declares parameters.
pub(super) struct Call<'a> {
    /// What is called, for messages: `the function`, `the action`.
    pub what: &'static str,
    /// Its id.
    pub id: &'a str,
    /// Where the call names it.
    pub span: Span,
    /// What it declares.
    pub declared: Vec<Declared<'a>>,
    /// Arguments that go to it and nowhere else.
    pub arguments: Vec<&'a Entry>,
    /// Names of all that it is given, one way or another; `None` when that is not known.
    pub given: Option<Vec<&'a str>>,
}

/// A declared parameter.
pub(super) struct Declared<'a> {
    pub name: &'a str,
    pub span: Span,
    /// `type`, as written.
    pub type_name: &'a str,
    /// Whether a call without it is refused.
    pub needed: bool,
}

/// The calls that an action makes.
pub(super) fn of_action<'a>(cx: &Cx<'a>, action: &ActionNode) -> Vec<Call<'a>> {
    let Some(options) = cx.node(action).and_then(|node| node.get("options")) else { return Vec::new() };
    match action.type_name.value.as_str() {
        "action.sync-entities" => entries(cx, options),
        "action.execute-entity" | "action.execute-entities" => {
            function_call(cx, options, &["parameters"], &["functionParameters", "data"]).into_iter().collect()
        }
        // The fields of the form are arguments too.
        "action.submit-form" => {
            let call = function_call(cx, options, &["parameters"], &[]);
            call.map(|call| Call { given: None, ..call }).into_iter().collect()
        }
        "action.execute-action" if options.get("package").is_none() => {
            action_call(cx, options).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The calls of a datasource that fetches by itself (sync.md §7).
pub(super) fn of_datasource<'a>(cx: &Cx<'a>, datasource: &Datasource) -> Vec<Call<'a>> {
    let fetches = match &datasource.origin {
        Origin::Sqlite(sqlite) => sqlite.entities.iter().any(|entity| entity.function.is_some()),
        _ => false,
    };
    let options = cx.node_at(datasource.span).filter(|_| fetches).and_then(|node| node.get("options"));
    options.map_or_else(Vec::new, |options| entries(cx, options))
}

/// The call of the function that a guard asks (functions.md §7).
pub(super) fn of_function<'a>(cx: &Cx<'a>, function: &Function) -> Option<Call<'a>> {
    let guard = cx.node_at(function.span)?.get("guard")?;
    function_call(cx, guard, &["parameters"], &[])
}

fn entries<'a>(cx: &Cx<'a>, options: &'a Node) -> Vec<Call<'a>> {
    let items = options.get("entities").map_or(&[][..], Node::items);
    items
        .iter()
        .filter_map(|item| {
            let call = function_call(cx, item, &["parameters", "functionParameters"], &[])?;
            // Arguments under the wrong key are a mistake of their own.
            Some(Call { given: call.given.filter(|_| item.get("data").is_none()), ..call })
        })
        .collect()
}

/// A call whose arguments stand under `only`; what stands under `also` goes to a local row as well.
fn function_call<'a>(cx: &Cx<'a>, owner: &'a Node, only: &[&str], also: &[&str]) -> Option<Call<'a>> {
    let node = owner.get("function")?;
    let (id, function) = cx.project.functions.get_key_value(node.as_str()?)?;
    let arguments = all_entries(owner, only)?;
    let given = all_entries(owner, also)
        .map(|more| more.into_iter().chain(arguments.iter().copied()).collect::<Vec<_>>());
    let given = given.map(|entries| entries.into_iter().map(|entry| &*entry.key.text).collect());
    // A file goes along under a name of its own.
    let given = given.filter(|_| owner.get("file").is_none());
    let certain = cx.is_sound(function.span) && cx.is_read(owner.span) && !cx.has_stray_key(owner);
    certain.then(|| Call {
        what: "the function",
        id,
        span: node.span,
        declared: parameters(function),
        arguments,
        given,
    })
}

fn action_call<'a>(cx: &Cx<'a>, options: &'a Node) -> Option<Call<'a>> {
    let node = options.get("action")?;
    let (id, action) = cx.project.actions.get_key_value(node.as_str()?)?;
    let arguments = all_entries(options, &["parameters"])?;
    let declared = action.parameters.iter().map(|(name, declared)| Declared {
        name,
        span: declared.span,
        type_name: "",
        needed: declared.required && declared.default.is_none(),
    });
    let declared: Vec<_> = declared.collect();
    let given = Some(arguments.iter().map(|entry| &*entry.key.text).collect());
    // Declaring parameters is optional (actions.md §4): an action that declares none may read any.
    let arguments = if declared.is_empty() { Vec::new() } else { arguments };
    let certain =
        cx.is_sound(action.placed.action.span) && cx.is_read(options.span) && !cx.has_stray_key(options);
    certain.then_some(Call { what: "the action", id, span: node.span, declared, arguments, given })
}

/// The entries under all of these keys; `None` when one of them is not a map, so that its names are not known.
fn all_entries<'a>(owner: &'a Node, keys: &[&str]) -> Option<Vec<&'a Entry>> {
    let mut entries = Vec::new();
    for node in keys.iter().filter_map(|key| owner.get(key)) {
        match &node.kind {
            Kind::Object(found) => entries.extend(found),
            _ => return None,
        }
    }
    Some(entries)
}

fn parameters(function: &Function) -> Vec<Declared<'_>> {
    let later =
        function.continuation.iter().filter_map(|continuation| continuation.parameters.as_ref()).flatten();
    let later = later.map(|parameter| Declared { needed: false, ..declared(parameter) });
    function.parameters.iter().map(declared).chain(later).collect()
}

fn declared(parameter: &Parameter) -> Declared<'_> {
    // A parameter whose type names a credential is looked up where credentials are kept (functions.md §2.1).
    const PLAIN: [&str; 10] =
        ["string", "number", "int", "integer", "boolean", "array", "object", "date", "image", "file"];
    let name = parameter.name.value.as_str();
    let plain = PLAIN.contains(&parameter.type_name.as_str()) && !CREDENTIALS.contains(&name);
    Declared {
        name,
        span: parameter.name.span,
        type_name: &parameter.type_name,
        needed: plain && parameter.required && parameter.value.is_none(),
    }
}
