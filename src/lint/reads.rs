//! Which fields of rows an expression reads: directly, in predicates and callbacks, and through variables
//! and shared expressions.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::columns::FieldRead;
use super::{Cx, Place};
use crate::app::{FileKind, Found};
use crate::expr::{ContextPath, ExprKind, ExprNode, Expression};

/// Shared expressions are followed so far.
const DEEPEST: usize = 8;

/// The fields that an expression reads of datasources whose rows are known, in order of their place.
pub(super) fn fields_read(cx: &Cx<'_>, place: &Place<'_>, found: &Found) -> Vec<FieldRead> {
    // Functions see no datasources at all (functions.md §2).
    if place.kind == FileKind::Function || !may_read(&found.expression) {
        return Vec::new();
    }
    let mut walk = Walk { cx, place, found, bound: HashMap::new(), reads: Vec::new() };
    walk.node(found.expression.root(), None);
    let mut reads = walk.reads;
    // Grouping gives other fields, and a transformation may add some.
    if reads.is_empty() || reshapes(found.expression.root()) {
        return Vec::new();
    }
    reads.sort_by_key(|read| (read.range.start, read.range.end));
    reads.dedup_by(|later, first| later.range == first.range && later.part == first.part);
    reads
}

/// Whether an expression has something in it that may lead to rows.
fn may_read(expression: &Expression) -> bool {
    let references = expression.references();
    let leads = |path: &ContextPath| {
        let first = path.segments.first().and_then(|segment| segment.name.as_deref());
        matches!(first, Some("datasources" | "current" | "expressions"))
    };
    references.variables.iter().any(|variable| !variable.called) || references.paths.iter().any(leads)
}

fn reshapes(node: &ExprNode) -> bool {
    let mut found = matches!(node.kind, ExprKind::Group(..) | ExprKind::Transform { .. });
    node.for_each_child(&mut |child| found = found || reshapes(child));
    found
}

/// A step of a path below `@ctx`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    name: String,
    /// Its bytes, when it is written where it is read.
    range: Option<Range<usize>>,
}

/// The steps of a path below `@ctx`.
type Steps = Vec<Step>;

struct Walk<'c, 'a, 'e> {
    cx: &'c Cx<'a>,
    place: &'c Place<'c>,
    found: &'e Found,
    /// What the variables stand for that the expression itself binds; `None` for what is not known.
    bound: HashMap<&'e str, Option<Steps>>,
    reads: Vec<FieldRead>,
}

impl<'e> Walk<'_, '_, 'e> {
    /// Looks at a node whose bare names are fields of `base`.
    fn node(&mut self, node: &'e ExprNode, base: Option<&Steps>) {
        match &node.kind {
            ExprKind::Path(left, right) => {
                if self.record(node, base) {
                    self.inside(node, base);
                } else {
                    self.node(left, base);
                    self.last(left, right, base);
                }
            }
            ExprKind::Name(_) => drop(self.record(node, base)),
            ExprKind::KeepArray(_)
            | ExprKind::Filter(..)
            | ExprKind::Sort(..)
            | ExprKind::Focus(..)
            | ExprKind::Index(..) => {
                if self.record(node, base) {
                    self.inside(node, base);
                } else {
                    self.parts(node, base, Self::node);
                }
            }
            ExprKind::Bind(name, value) => {
                self.node(value, base);
                let steps = self.elsewhere(value, base);
                self.bound.insert(name, steps);
            }
            ExprKind::Block(items) => {
                let outer = self.bound.clone();
                items.iter().for_each(|item| self.node(item, base));
                self.bound = outer;
            }
            ExprKind::Lambda { .. } => self.lambda(node, &[], base),
            ExprKind::Call(callee, arguments) => self.call(callee, arguments, base),
            _ => node.for_each_child(&mut |child| self.node(child, base)),
        }
    }

    /// Looks at what stands inside of a path that is recorded: its predicates.
    fn inside(&mut self, node: &'e ExprNode, base: Option<&Steps>) {
        match &node.kind {
            ExprKind::Path(left, right) => {
                self.inside(left, base);
                self.last(left, right, base);
            }
            ExprKind::Ctx | ExprKind::Name(_) | ExprKind::Text(_) | ExprKind::Variable(_) => {}
            ExprKind::KeepArray(_)
            | ExprKind::Filter(..)
            | ExprKind::Sort(..)
            | ExprKind::Focus(..)
            | ExprKind::Index(..) => self.parts(node, base, Self::inside),
            _ => self.node(node, base),
        }
    }

    /// Looks at the parts of a step with a predicate or an order; `first` looks at what stands before it.
    fn parts(
        &mut self,
        node: &'e ExprNode,
        base: Option<&Steps>,
        first: fn(&mut Self, &'e ExprNode, Option<&Steps>),
    ) {
        match &node.kind {
            ExprKind::KeepArray(of) => first(self, of, base),
            ExprKind::Filter(of, predicate) => {
                first(self, of, base);
                let steps = self.steps(of, base);
                self.node(predicate, steps.as_ref());
            }
            ExprKind::Sort(of, terms) => {
                first(self, of, base);
                let steps = self.steps(of, base);
                terms.iter().for_each(|term| self.node(&term.by, steps.as_ref()));
            }
            ExprKind::Focus(of, name) => {
                first(self, of, base);
                let steps = self.elsewhere(of, base);
                self.bound.insert(name, steps);
            }
            ExprKind::Index(of, name) => {
                first(self, of, base);
                self.bound.insert(name, None);
            }
            _ => {}
        }
    }

    /// Looks at the last step of a path that leads to no field.
    fn last(&mut self, left: &'e ExprNode, right: &'e ExprNode, base: Option<&Steps>) {
        let stays = matches!(left.kind, ExprKind::Focus(..));
        let steps = self.steps(left, base).filter(|_| !stays);
        self.inside(right, steps.as_ref());
    }

    /// A function with a list and a callback gives the callback its items.
    fn call(&mut self, callee: &'e ExprNode, arguments: &'e [ExprNode], base: Option<&Steps>) {
        let function = function(&self.found.expression, callee);
        let list = arguments.first().and_then(|list| self.elsewhere(list, base));
        let items: &[Option<Steps>] = match function {
            Some("map" | "filter" | "single") => &[list],
            Some("sort") => &[list.clone(), list],
            Some("reduce") => &[None, list],
            _ => &[],
        };
        self.node(callee, base);
        for argument in arguments {
            match &argument.kind {
                ExprKind::Lambda { .. } => self.lambda(argument, items, base),
                _ => self.node(argument, base),
            }
        }
    }

    /// Looks at the body of a function whose parameters stand for `items`.
    fn lambda(&mut self, lambda: &'e ExprNode, items: &[Option<Steps>], base: Option<&Steps>) {
        let ExprKind::Lambda { params, body, .. } = &lambda.kind else { return };
        let outer = self.bound.clone();
        for (at, name) in params.iter().enumerate() {
            self.bound.insert(name, items.get(at).cloned().flatten());
        }
        self.node(body, base);
        self.bound = outer;
    }

    /// Records the field that a node reads; `false` when it is not known what the node is.
    fn record(&mut self, node: &ExprNode, base: Option<&Steps>) -> bool {
        let Some(steps) = self.steps(node, base) else { return false };
        let name = |at: usize| steps.get(at).map(|step: &Step| step.name.as_str());
        let Some(field) = steps.get(2) else { return true };
        let Some(datasource) = (match (name(0), name(1)) {
            (Some("datasources"), Some(id)) => Some(id.into()),
            (Some("current"), Some("item")) => self.cx.item_source(self.place, self.found.span),
            _ => None,
        }) else {
            return true;
        };
        let part = steps.get(3);
        let Some(range) = field.range.clone().or_else(|| part?.range.clone()) else { return true };
        if let Some(columns) = self.cx.columns(self.place, &datasource) {
            self.reads.push(FieldRead {
                field: field.name.clone(),
                range,
                is_elsewhere: field.range.is_none(),
                part: part.map(|part| part.name.clone()),
                datasource,
                columns,
            });
        }
        true
    }

    /// The path that a node is, seen from another place.
    fn elsewhere(&self, node: &ExprNode, base: Option<&Steps>) -> Option<Steps> {
        let steps = self.steps(node, base)?;
        Some(steps.into_iter().map(|step| Step { range: None, ..step }).collect())
    }

    /// The path that a node is, through variables and shared expressions.
    fn steps(&self, node: &ExprNode, base: Option<&Steps>) -> Option<Steps> {
        let shared = |name: &str| shared(self.cx, self.place, name, 0);
        let variable = |name: &str| match self.bound.get(name) {
            Some(bound) => bound.clone(),
            None => shared(name),
        };
        resolved(steps(node, base, &self.found.expression, &variable)?, &shared)
    }
}

fn steps(
    node: &ExprNode,
    base: Option<&Steps>,
    expression: &Expression,
    variable: &dyn Fn(&str) -> Option<Steps>,
) -> Option<Steps> {
    match &node.kind {
        ExprKind::Ctx => Some(Steps::new()),
        ExprKind::Name(name) => field(name, node, base),
        ExprKind::Variable(name) if name.is_empty() => base.cloned(),
        ExprKind::Variable(name) => variable(name),
        ExprKind::Path(left, right) => {
            // A step that is named by `@` leaves the next one where it was itself.
            let stays = matches!(left.kind, ExprKind::Focus(..));
            let left = steps(left, base, expression, variable).filter(|_| !stays)?;
            step(right, &left, expression, variable)
        }
        ExprKind::Filter(of, _)
        | ExprKind::KeepArray(of)
        | ExprKind::Sort(of, _)
        | ExprKind::Focus(of, _)
        | ExprKind::Index(of, _) => steps(of, base, expression, variable),
        ExprKind::Block(items) => match items.as_slice() {
            [only] => steps(only, base, expression, variable),
            _ => None,
        },
        ExprKind::Call(callee, arguments) if picks(function(expression, callee)) => {
            steps(arguments.first()?, base, expression, variable)
        }
        _ => None,
    }
}

/// A step of a path, where a text is a name.
fn step(
    node: &ExprNode,
    base: &Steps,
    expression: &Expression,
    variable: &dyn Fn(&str) -> Option<Steps>,
) -> Option<Steps> {
    match &node.kind {
        ExprKind::Text(name) => field(name, node, Some(base)),
        ExprKind::Filter(of, _)
        | ExprKind::KeepArray(of)
        | ExprKind::Sort(of, _)
        | ExprKind::Index(of, _) => step(of, base, expression, variable),
        _ => steps(node, Some(base), expression, variable),
    }
}

/// Whether a function gives some of the items that it is given, as they are.
fn picks(function: Option<&str>) -> bool {
    matches!(function, Some("filter" | "sort" | "reverse" | "distinct" | "shuffle" | "single"))
}

/// The function of the language that a callee names.
fn function<'e>(expression: &Expression, callee: &'e ExprNode) -> Option<&'e str> {
    let ExprKind::Variable(name) = &callee.kind else { return None };
    expression.references().functions.contains(&**name).then_some(name)
}

fn field(name: &str, node: &ExprNode, base: Option<&Steps>) -> Option<Steps> {
    let mut steps = base?.clone();
    steps.push(Step { name: name.to_owned(), range: Some(node.bytes.range()) });
    Some(steps)
}

/// The path that a shared expression is, seen from elsewhere.
fn shared(cx: &Cx<'_>, place: &Place<'_>, name: &str, depth: usize) -> Option<Steps> {
    let expression = shared_expression(cx, place, name).filter(|_| depth < DEEPEST)?;
    let inner = |name: &str| shared(cx, place, name, depth + 1);
    let found = steps(expression.root(), None, expression, &inner)?;
    resolved(found.into_iter().map(|step| Step { range: None, ..step }).collect(), &inner)
}

/// The shared expression that a name stands for at a place.
fn shared_expression<'s>(cx: &'s Cx<'_>, place: &'s Place<'_>, name: &str) -> Option<&'s Expression> {
    let own =
        place.screen.filter(|_| place.kind != FileKind::Index).and_then(|screen| screen.shared.get(name));
    let everywhere = || {
        // What stands in no screen is read by whichever screen uses it, with its own expressions.
        let mut screens = cx.rows(|known| &known.shared, name).iter();
        let is_sure = place.screen.is_some() || screens.all(|(_, kind)| *kind == FileKind::Index);
        cx.project.home.shared(name).filter(|_| is_sure)
    };
    own.or_else(everywhere)
}

/// The datasources that an expression reads, itself or by shared expressions, with the bytes that name the one
/// or the other.
pub(super) fn datasources_read(
    cx: &Cx<'_>,
    place: &Place<'_>,
    expression: &Expression,
) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    for path in expression.references().below(&["datasources"]) {
        if let Some(segment) = path.segments.get(1) {
            found.extend(segment.name.clone().map(|id| (id, segment.range.clone())));
        }
    }
    for (name, range) in shared_names(expression) {
        let mut ids = BTreeSet::new();
        sources_of(cx, place, name, &mut BTreeSet::new(), &mut ids);
        found.extend(ids.into_iter().map(|id| (id, range.clone())));
    }
    found
}

fn sources_of(
    cx: &Cx<'_>,
    place: &Place<'_>,
    name: &str,
    seen: &mut BTreeSet<String>,
    ids: &mut BTreeSet<String>,
) {
    let Some(expression) = shared_expression(cx, place, name).filter(|_| seen.insert(name.to_owned())) else {
        return;
    };
    let paths = expression.references().below(&["datasources"]);
    ids.extend(paths.filter_map(|path| path.segments.get(1)?.name.clone()));
    shared_names(expression).for_each(|(name, _)| sources_of(cx, place, name, seen, ids));
}

/// The names of shared expressions that an expression reads.
fn shared_names(expression: &Expression) -> impl Iterator<Item = (&str, Range<usize>)> {
    let references = expression.references();
    let variables =
        references.variables.iter().map(|variable| (variable.name.as_str(), variable.range.clone()));
    let paths = references.below(&["expressions"]).filter_map(|path| path.segments.get(1));
    variables.chain(paths.filter_map(|name| Some((name.name.as_deref()?, name.range.clone()))))
}

/// The same with the value in place of the name of a shared expression.
fn resolved(mut path: Steps, shared: &dyn Fn(&str) -> Option<Steps>) -> Option<Steps> {
    if path.len() < 2 || path[0].name != "expressions" {
        return Some(path);
    }
    let rest = path.split_off(2);
    let mut value = shared(&path[1].name)?;
    value.extend(rest);
    Some(value)
}
