//! Which `$name`s an expression binds itself, and which come from outside.

use std::collections::BTreeSet;

use super::super::ast::{Binding, Kind, Node, Operator, Pair};
use super::{Call, CallForm, References, Variable, called_variable, function};

/// Where each `$name` stands that nothing in the tree binds, functions of the language included.
pub(in crate::expr) fn free_variables(root: &Node) -> BTreeSet<u32> {
    let mut walk = Walk { bound: Vec::new(), free: BTreeSet::new(), references: None };
    walk.frame(&[], [root]);
    walk.free
}

/// Collects calls and variables.
pub(super) fn collect(root: &Node, references: &mut References) {
    let mut walk = Walk { bound: Vec::new(), free: BTreeSet::new(), references: Some(references) };
    walk.frame(&[], [root]);
}

struct Walk<'a, 'r> {
    /// The names bound where the walk is, innermost last.
    bound: Vec<&'a str>,
    free: BTreeSet<u32>,
    references: Option<&'r mut References>,
}

impl<'a> Walk<'a, '_> {
    fn node(&mut self, node: &'a Node) {
        match &node.kind {
            Kind::Variable(name) => self.variable(name, node, false),
            Kind::Block(items) => self.frame(&[], items),
            Kind::Lambda { params, body, .. } => self.frame(params, [&**body]),
            Kind::Path(left, right) => self.path(left, right),
            Kind::Filter(of, predicate) => self.after_steps(of, [&**predicate]),
            Kind::Sort(of, terms) => self.after_steps(of, terms.iter().map(|term| &term.by)),
            Kind::Group(of, pairs) => self.after_steps(of, pairs.iter().flat_map(both)),
            Kind::Call(callee, arguments) => self.call(callee, arguments, false),
            Kind::Binary { op: Operator::Apply, left, right } => {
                self.node(left);
                self.chained(right);
            }
            _ => node.for_each_child(&mut |child| self.node(child)),
        }
    }

    /// A block or a function: names bound in it are known in all of it, so that functions may
    /// call each other.
    fn frame(&mut self, params: &'a [Binding], items: impl IntoIterator<Item = &'a Node> + Clone) {
        let outer = self.bound.len();
        self.bound.extend(params.iter().map(|param| &**param));
        items.clone().into_iter().for_each(|item| bound_directly(item, &mut self.bound));
        items.into_iter().for_each(|item| self.node(item));
        self.bound.truncate(outer);
    }

    /// A step sees the names that steps before it bind with `@` and `#`.
    fn path(&mut self, left: &'a Node, right: &'a Node) {
        self.node(left);
        let outer = self.bound.len();
        bound_by_steps(left, &mut self.bound);
        match (&left.kind, &right.kind) {
            (Kind::Variable(file), Kind::Call(callee, arguments)) if self.is_script(file, callee) => {
                self.script_call(file, left, callee, arguments);
            }
            (_, Kind::Call(callee, arguments)) => self.call(callee, arguments, true),
            _ => self.node(right),
        }
        self.bound.truncate(outer);
    }

    fn after_steps(&mut self, of: &'a Node, inside: impl IntoIterator<Item = &'a Node>) {
        self.node(of);
        let outer = self.bound.len();
        bound_by_steps(of, &mut self.bound);
        inside.into_iter().for_each(|node| self.node(node));
        self.bound.truncate(outer);
    }

    fn chained(&mut self, right: &'a Node) {
        match &right.kind {
            Kind::Call(callee, arguments) => self.call(callee, arguments, true),
            _ => self.node(right),
        }
    }

    fn call(&mut self, callee: &'a Node, arguments: &'a [Node], chained: bool) {
        let form = match &callee.kind {
            Kind::Variable(name) if !self.is_bound(name) && !is_special(name) => {
                Some((&**name, CallForm::Function))
            }
            Kind::Name(name) => Some((&**name, CallForm::Bare)),
            _ => None,
        };
        if let Some((name, form)) = form {
            self.push_call(name, form, callee.bytes.range(), arguments.len(), chained);
        }
        match called_variable(callee) {
            Some(name) => self.variable(name, callee, true),
            None => self.node(callee),
        }
        for argument in arguments {
            self.node(argument);
        }
    }

    fn is_script(&self, file: &str, callee: &Node) -> bool {
        !self.is_bound(file) && !is_special(file) && matches!(callee.kind, Kind::Name(_))
    }

    fn script_call(&mut self, file: &str, left: &Node, callee: &Node, arguments: &'a [Node]) {
        if let Kind::Name(name) = &callee.kind {
            let form = CallForm::Script { file: file.to_owned() };
            self.push_call(name, form, left.bytes.to(callee.bytes).range(), arguments.len(), false);
        }
        for argument in arguments {
            self.node(argument);
        }
    }

    fn push_call(
        &mut self,
        name: &str,
        form: CallForm,
        range: std::ops::Range<usize>,
        arguments: usize,
        chained: bool,
    ) {
        if let Some(references) = &mut self.references {
            references.calls.push(Call { name: name.to_owned(), form, range, arguments, chained });
        }
    }

    fn variable(&mut self, name: &str, node: &Node, called: bool) {
        if self.is_bound(name) || is_special(name) {
            return;
        }
        self.free.insert(node.bytes.start);
        if function(name).is_some() {
            self.references
                .iter_mut()
                .for_each(|references| _ = references.functions.insert(name.to_owned()));
            return;
        }
        let before_hyphen = name.match_indices('-').map(|(at, _)| &name[..at]);
        let looks_like_minus = before_hyphen.into_iter().any(|left| self.is_bound(left));
        if let Some(references) = &mut self.references {
            let range = node.bytes.range();
            references.variables.push(Variable { name: name.to_owned(), range, called, looks_like_minus });
        }
    }

    fn is_bound(&self, name: &str) -> bool {
        self.bound.contains(&name)
    }
}

/// `$` and `$$`.
fn is_special(name: &str) -> bool {
    matches!(name, "" | "$")
}

fn both((key, value): &Pair) -> [&Node; 2] {
    [key, value]
}

/// The names bound by `:=` in the frame that `node` stands in.
fn bound_directly<'a>(node: &'a Node, names: &mut Vec<&'a str>) {
    match &node.kind {
        Kind::Block(_) | Kind::Lambda { .. } => return,
        Kind::Bind(binding, _) => names.push(binding),
        _ => {}
    }
    node.for_each_child(&mut |child| bound_directly(child, names));
}

/// The names that steps of a path bind for what follows them.
fn bound_by_steps<'a>(node: &'a Node, names: &mut Vec<&'a str>) {
    match &node.kind {
        Kind::Focus(of, binding) | Kind::Index(of, binding) => {
            names.push(binding);
            bound_by_steps(of, names);
        }
        Kind::Path(left, right) => {
            bound_by_steps(left, names);
            bound_by_steps(right, names);
        }
        Kind::Filter(of, _) | Kind::KeepArray(of) | Kind::Sort(of, _) | Kind::Group(of, _) => {
            bound_by_steps(of, names);
        }
        _ => {}
    }
}
