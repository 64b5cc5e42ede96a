//! What must hold for an action to run: the format's `when` and our `condition:` block
//! (interface.md §3).

use std::collections::BTreeSet;

use super::lowering::{Parse, place, template};
use super::pages::{CONDITION_SYNTAX, INVALID_DURATION};
use crate::diag::{Diagnostic, Span, Spanned};
use crate::expr::{Condition, EvalExpr, ScopeTest, StatusTest, Template};
use crate::syntax::{Kind, Node};

/// The two kinds of guard; where both stand, both must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Guard {
    /// A boolean or an expression.
    pub when: Option<Spanned<Template>>,
    /// The condition block.
    pub condition: Option<Spanned<Condition>>,
    /// The scopes that the condition names, with their places.
    pub scopes: Vec<Spanned<String>>,
    /// The functions that the condition names, with their places.
    pub functions: Vec<Spanned<String>>,
    /// The sync statuses that the condition asks for.
    pub statuses: Vec<StatusUse>,
    /// The words that its formulas compare states with.
    pub states: Vec<Spanned<String>>,
}

/// A sync status that a condition asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusUse {
    /// The table.
    pub entity: Spanned<String>,
    /// The function that fetches it, when it is named.
    pub function: Option<Spanned<String>>,
}

impl Guard {
    /// Whether nothing guards the action.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.when.is_none() && self.condition.is_none()
    }

    pub(super) fn lower(
        action: &Node,
        source: &str,
        parse: &mut Parse<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let when = action.get("when").map(|node| Spanned::new(template(node, parse), node.span));
        let mut block = Block {
            source,
            diagnostics,
            scopes: Vec::new(),
            functions: Vec::new(),
            statuses: Vec::new(),
            states: Vec::new(),
        };
        let condition = action.get("condition").map(|node| Spanned::new(block.condition(node), node.span));
        let Block { scopes, functions, statuses, states, .. } = block;
        Self { when, condition, scopes, functions, statuses, states }
    }
}

/// Reads a condition block. Its shape is checked by the schema: here a part that has the wrong
/// shape becomes one that never holds, so that a guard with a mistake never lets an action through.
struct Block<'a> {
    source: &'a str,
    diagnostics: &'a mut Vec<Diagnostic>,
    scopes: Vec<Spanned<String>>,
    functions: Vec<Spanned<String>>,
    statuses: Vec<StatusUse>,
    states: Vec<Spanned<String>>,
}

const NEVER: Condition = Condition::Any(Vec::new());

impl Block<'_> {
    fn condition(&mut self, node: &Node) -> Condition {
        match &node.kind {
            Kind::String(_) => self.expr(node),
            Kind::Object(entries) => match entries.first() {
                Some(entry) if entries.len() == 1 => self.form(&entry.key.text, &entry.value),
                _ => NEVER,
            },
            _ => NEVER,
        }
    }

    fn form(&mut self, form: &str, node: &Node) -> Condition {
        match form {
            "all" if matches!(node.kind, Kind::Array(_)) => Condition::All(self.parts(node)),
            "any" => Condition::Any(self.parts(node)),
            "not" => Condition::Not(Box::new(self.condition(node))),
            "scope" => self.scope(node),
            "status" => self.status(node),
            "expr" => self.expr(node),
            _ => NEVER,
        }
    }

    fn parts(&mut self, node: &Node) -> Vec<Condition> {
        node.items().iter().map(|item| self.condition(item)).collect()
    }

    fn scope(&mut self, node: &Node) -> Condition {
        let Some(id) = text(node, "id") else { return NEVER };
        if let Some(place) = node.get("id") {
            self.scopes.push(Spanned::new(id.clone(), place.span));
        }
        Condition::Scope(ScopeTest {
            id,
            is: states(node, "is"),
            is_not: states(node, "isNot"),
            synced_within: self.duration(node, "syncedWithin"),
            started_within: self.duration(node, "startedWithin"),
            failed_within: self.duration(node, "failedWithin"),
        })
    }

    fn status(&mut self, node: &Node) -> Condition {
        let Some(entity) = text(node, "entity") else { return NEVER };
        let placed = |key: &str| {
            text(node, key).zip(node.get(key)).map(|(text, place)| Spanned::new(text, place.span))
        };
        let function = placed("function");
        self.functions.extend(function.clone());
        self.statuses.extend(placed("entity").map(|entity| StatusUse { entity, function }));
        Condition::Status(StatusTest {
            provider: text(node, "provider"),
            entity,
            function: text(node, "function"),
            is: states(node, "is"),
            is_not: states(node, "isNot"),
        })
    }

    fn expr(&mut self, node: &Node) -> Condition {
        let Some(text) = node.as_str() else { return NEVER };
        match EvalExpr::parse(text) {
            Ok(expr) => {
                let condition = Condition::Expr(expr);
                self.scopes.extend(named(&condition.scopes(), text, node, self.source));
                self.functions.extend(named(&condition.functions(), text, node, self.source));
                self.states.extend(named(&condition.states(), text, node, self.source));
                let tables = named(&condition.entities(), text, node, self.source);
                self.statuses.extend(tables.into_iter().map(|entity| StatusUse { entity, function: None }));
                condition
            }
            Err(error) => {
                let span = place(node, error.range.clone(), self.source);
                self.report(CONDITION_SYNTAX, span, error.message, error.help);
                NEVER
            }
        }
    }

    fn duration(&mut self, node: &Node, key: &str) -> Option<i64> {
        let value = node.get(key)?;
        let written = value.as_str().unwrap_or_default();
        let read = humantime::parse_duration(written).ok().and_then(|d| i64::try_from(d.as_millis()).ok());
        if read.is_none() && value.as_str().is_some() {
            let message = format!("`{written}` is not a duration");
            let help = "write a number and a unit: `500ms`, `30s`, `15m`, `2h` or `1d`".to_owned();
            self.report(INVALID_DURATION, value.span, message, Some(help));
        }
        // A window of no length never holds, which is the safe side of a mistake.
        Some(read.unwrap_or(-1))
    }

    fn report(&mut self, rule: &'static str, span: Span, message: String, help: Option<String>) {
        self.diagnostics.push(Diagnostic::error(rule, span, message).maybe_help(help));
    }
}

/// Where a formula names these ids: they stand in it as texts.
fn named(ids: &BTreeSet<&str>, formula: &str, node: &Node, source: &str) -> Vec<Spanned<String>> {
    let at = |id: &str| {
        formula.find(&format!("\"{id}\"")).map_or(0..formula.len(), |at| at + 1..at + 1 + id.len())
    };
    ids.iter().map(|id| Spanned::new((*id).to_owned(), place(node, at(id), source))).collect()
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::as_str).map(str::to_owned)
}

fn states(node: &Node, key: &str) -> Option<Vec<String>> {
    let value = node.get(key)?;
    let one = value.as_str().map(|state| vec![state.to_owned()]);
    Some(one.unwrap_or_else(|| value.items().iter().filter_map(Node::as_str).map(str::to_owned).collect()))
}
