//! What an expression reads of the value that it starts from: of a transform's `$`.

use std::ops::Range;

use super::ast::{Kind, Node, Operator, Pair};

/// What is read of `$`, `$$` and by bare names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FocusReads {
    /// Fields read directly of it, such as `a` of `$.a.b` and of `a[0]`, with their bytes; in order of place.
    pub fields: Vec<(String, Range<usize>)>,
    /// Whether more of it may be read: all of it goes somewhere, or fields that the text does not name.
    pub open: bool,
}

/// Collects what a tree reads.
pub(super) fn collect(root: &Node) -> FocusReads {
    let mut walk = Walk { reads: FocusReads::default() };
    walk.value(root, Focus::Whole);
    walk.reads.fields.sort_by_key(|(_, range)| range.start);
    walk.reads
}

/// What `$` is where the walk stands, and what a node gives.
#[derive(Clone, Copy, PartialEq)]
enum Focus {
    /// What the expression starts from.
    Whole,
    /// Something else.
    Other,
}

struct Walk {
    reads: FocusReads,
}

impl Walk {
    /// A node whose value is used as it is.
    fn value(&mut self, node: &Node, focus: Focus) {
        if self.node(node, focus) == Focus::Whole {
            self.reads.open = true;
        }
    }

    fn node(&mut self, node: &Node, focus: Focus) -> Focus {
        match &node.kind {
            Kind::Variable(name) if name.is_empty() => return focus,
            Kind::Variable(name) if &**name == "$" => return Focus::Whole,
            Kind::Name(name) => self.field(name, node, focus),
            Kind::Wildcard | Kind::Descendants | Kind::Parent => self.reads.open = true,
            Kind::Path(left, right) => {
                let of = self.node(left, focus);
                return self.step(right, of);
            }
            Kind::Filter(of, predicate) => {
                let of = self.node(of, focus);
                self.value(predicate, of);
                return of;
            }
            Kind::KeepArray(of) => return self.node(of, focus),
            Kind::Sort(of, terms) => {
                let of = self.node(of, focus);
                terms.iter().for_each(|term| self.value(&term.by, of));
                return of;
            }
            Kind::Group(of, pairs) => {
                let of = self.node(of, focus);
                self.pairs(pairs, of);
            }
            Kind::Object(pairs) => self.pairs(pairs, focus),
            Kind::Call(callee, arguments) => self.call(callee, arguments, focus),
            Kind::Binary { op: Operator::Apply, .. } | Kind::Focus(..) | Kind::Index(..) => {
                // What they hand on is not followed.
                self.reads.open = true;
                self.children(node, focus);
            }
            _ => self.children(node, focus),
        }
        Focus::Other
    }

    fn step(&mut self, node: &Node, focus: Focus) -> Focus {
        match &node.kind {
            Kind::Text(name) => {
                self.field(name, node, focus);
                Focus::Other
            }
            Kind::Filter(of, predicate) => {
                let of = self.step(of, focus);
                self.value(predicate, of);
                of
            }
            Kind::KeepArray(of) => self.step(of, focus),
            _ => self.node(node, focus),
        }
    }

    /// A function without arguments works on what stands before it.
    fn call(&mut self, callee: &Node, arguments: &[Node], focus: Focus) {
        let evaluates = matches!(&callee.kind, Kind::Variable(name) if &**name == "eval");
        if evaluates || (arguments.is_empty() && focus == Focus::Whole) {
            self.reads.open = true;
        }
        self.node(callee, focus);
        arguments.iter().for_each(|argument| self.value(argument, focus));
    }

    fn pairs(&mut self, pairs: &[Pair], focus: Focus) {
        for (key, value) in pairs {
            self.value(key, focus);
            self.value(value, focus);
        }
    }

    fn children(&mut self, node: &Node, focus: Focus) {
        node.for_each_child(&mut |child| self.value(child, focus));
    }

    fn field(&mut self, name: &str, node: &Node, focus: Focus) {
        if focus == Focus::Whole {
            self.reads.fields.push((name.to_owned(), node.bytes.range()));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::expr::Expression;

    fn told(text: &str) -> String {
        let reads = Expression::parse(text).unwrap().focus_reads();
        let mut names: Vec<&str> = reads.fields.iter().map(|(name, _)| name.as_str()).collect();
        names.extend(reads.open.then_some("*"));
        names.join(" ")
    }

    #[test]
    fn fields_of_the_focus_are_named_and_no_others() {
        let cases = [
            ("=a.b", "a"),
            ("=$.a.b[c = 1]", "a"),
            ("=$.\"@odata.nextLink\"", "@odata.nextLink"),
            ("=$$.a", "a"),
            ("=a.($$.b + c)", "a b"),
            ("=$.{ \"x\": subject, 'y': { \"z\": b } }", "subject b"),
            ("=$count($.tasks) = 100", "tasks"),
            ("=tasks.$count()", "tasks"),
            ("=$", "*"),
            ("=$merge([$, { \"a\": b }])", "b *"),
            ("=*", "*"),
            ("=$ ~> $keys", "*"),
            ("=@ctx.parameters.a", ""),
            ("=a ? b : c", "a b c"),
            ("=$map(a, function($v) { $v.b + c })", "a c"),
            ("=($x := a; $x.b)", "a"),
            ("=($x := $; $x.b)", "*"),
            ("=\"text\" & a", "a"),
            ("=$keys()", "*"),
        ];
        for (text, expected) in cases {
            assert_eq!(told(text), expected, "{text}");
        }
    }
}
