//! Writing each kind of node.

use super::super::ast::{Direction, Kind, Node, Operator, Pair, Term};
use super::{CONTEXT, Form, Writer, power};

impl<'a> Writer<'_> {
    pub(super) fn node(&mut self, node: &'a Node) {
        match &node.kind {
            Kind::Ctx => self.context(),
            Kind::Name(name) => {
                self.out.reads_input |= self.at_root && !self.shared_head;
                self.name(name);
            }
            Kind::Variable(name) => self.variable(name, node.bytes.start, false),
            Kind::Text(text) => self.string(text),
            Kind::Number(number) => self.put(number),
            Kind::True => self.put("true"),
            Kind::False => self.put("false"),
            Kind::Null => self.put("null"),
            Kind::Regex { pattern, flags } => self.regex(pattern, flags),
            Kind::Wildcard => self.relative("*"),
            Kind::Descendants => self.relative("**"),
            Kind::Parent => self.relative("%"),
            Kind::Placeholder => self.put("?"),
            Kind::Negate(of) => {
                self.put("-");
                self.node(of);
            }
            Kind::Binary { op, left, right } => self.binary(*op, left, right),
            Kind::Range(first, last) => self.range(first, last),
            Kind::Bind(binding, value) => {
                self.bound_variable(binding);
                self.put(" := ");
                self.node(value);
            }
            Kind::Condition { test, then, otherwise } => self.condition(test, then, otherwise.as_deref()),
            Kind::Array(items) => self.list("[", items, ", ", "]"),
            Kind::Block(items) => self.list("(", items, "; ", ")"),
            Kind::Object(pairs) => self.pairs(pairs),
            Kind::Lambda { params, signature, body } => {
                let names: Vec<&str> = params.iter().map(|param| &**param).collect();
                self.lambda(&names, signature.as_deref(), body);
            }
            Kind::Transform { pattern, update, delete } => self.transform(pattern, update, delete.as_deref()),
            Kind::Mistake => {}
            _ => self.postfix(node),
        }
    }

    fn postfix(&mut self, node: &'a Node) {
        match &node.kind {
            Kind::Path(left, right) => self.path(left, right),
            Kind::Filter(of, predicate) => {
                self.base(of);
                self.put("[");
                self.inside(|writer| writer.node(predicate));
                self.put("]");
            }
            Kind::KeepArray(of) => {
                self.base(of);
                self.put("[]");
            }
            Kind::Group(of, pairs) => {
                self.base(of);
                self.inside(|writer| writer.pairs(pairs));
            }
            Kind::Sort(of, terms) => {
                self.base(of);
                self.put("^");
                self.inside(|writer| writer.terms(terms));
            }
            Kind::Focus(of, binding) => {
                self.base(of);
                self.put("@");
                self.bound_variable(binding);
            }
            Kind::Index(of, binding) => {
                self.base(of);
                self.put("#");
                self.bound_variable(binding);
            }
            Kind::Call(callee, arguments) => self.call(callee, arguments),
            _ => {}
        }
    }

    /// `@ctx` by itself.
    fn context(&mut self) {
        match self.form {
            Form::Source => self.put("@ctx"),
            Form::Root => self.put(if self.elide { "$" } else { "$$" }),
            Form::Bound => {
                self.put("$");
                self.put(CONTEXT);
            }
        }
        self.out.reads_context = true;
    }

    fn relative(&mut self, sign: &str) {
        self.out.reads_input |= self.at_root || sign == "%";
        self.put(sign);
    }

    fn bracketed(&mut self, node: &'a Node, brackets: bool) {
        let brackets = brackets && self.engine();
        self.put(if brackets { "(" } else { "" });
        self.node(node);
        self.put(if brackets { ")" } else { "" });
    }

    fn base(&mut self, of: &'a Node) {
        self.bracketed(of, power::base_needs_brackets(of));
    }

    /// Writes what is evaluated with another context than what surrounds it.
    fn inside(&mut self, write: impl FnOnce(&mut Self)) {
        let outer = (self.at_root, self.elide);
        (self.at_root, self.elide) = (false, false);
        write(self);
        (self.at_root, self.elide) = outer;
    }

    fn binary(&mut self, op: Operator, left: &'a Node, right: &'a Node) {
        let power = power::operator(op);
        let start = self.out.text.len();
        self.bracketed(left, power::left_needs_brackets(left, power));
        if self.engine() && ["`and`", "`or`", "`in`"].iter().any(|word| self.out.text.ends_with(word)) {
            // The engine takes a slash behind these names for a regular expression.
            self.out.text.insert(start, '(');
            self.put(")");
        }
        self.put(" ");
        self.put(op.text());
        self.put(" ");
        self.bracketed(right, power::right_needs_brackets(right, power));
    }

    fn range(&mut self, first: &'a Node, last: &'a Node) {
        self.bracketed(first, power::bound_needs_brackets(first));
        self.put("..");
        self.bracketed(last, power::bound_needs_brackets(last));
    }

    fn condition(&mut self, test: &'a Node, then: &'a Node, otherwise: Option<&'a Node>) {
        self.bracketed(test, power::left_needs_brackets(test, 20));
        self.put(" ? ");
        self.node(then);
        if let Some(otherwise) = otherwise {
            self.put(" : ");
            self.node(otherwise);
        }
    }

    fn path(&mut self, left: &'a Node, right: &'a Node) {
        if self.engine() && is_shared(left) && begins_with_name(right) {
            self.shared_head = true;
            self.out.reads_context = true;
            return self.inside(|writer| writer.node(right));
        }
        if self.elide && matches!(left.kind, Kind::Ctx) && begins_with_name(right) {
            self.out.reads_context = true;
            return self.inside(|writer| writer.node(right));
        }
        self.node(left);
        self.put(".");
        self.inside(|writer| writer.bracketed(right, power::step_needs_brackets(right)));
    }

    fn call(&mut self, callee: &'a Node, arguments: &'a [Node]) {
        match &callee.kind {
            Kind::Variable(name) => {
                self.out.reads_input |= self.at_root && takes_context(name, arguments.len());
                self.variable(name, callee.bytes.start, true);
            }
            _ => self.base(callee),
        }
        self.list("(", arguments, ", ", ")");
    }

    fn lambda(&mut self, params: &[&str], signature: Option<&str>, body: &'a Node) {
        self.put("function(");
        for (n, param) in params.iter().enumerate() {
            self.put(if n > 0 { ", " } else { "" });
            self.bound_variable(param);
        }
        self.put(")");
        if let Some(signature) = signature {
            self.out.reads_input |= self.at_root && signature.contains('-');
            self.put(signature);
        }
        self.put("{");
        // The body keeps the context of the place where it is defined, but may run elsewhere.
        let elide = std::mem::replace(&mut self.elide, false);
        self.node(body);
        self.elide = elide;
        self.put("}");
    }

    fn transform(&mut self, pattern: &'a Node, update: &'a Node, delete: Option<&'a Node>) {
        self.put("|");
        self.inside(|writer| {
            writer.node(pattern);
            writer.put("|");
            writer.node(update);
            if let Some(delete) = delete {
                writer.put(", ");
                writer.node(delete);
            }
        });
        self.put("|");
    }

    fn list(&mut self, open: &str, items: &'a [Node], between: &str, close: &str) {
        self.put(open);
        for (n, item) in items.iter().enumerate() {
            self.put(if n > 0 { between } else { "" });
            self.node(item);
        }
        self.put(close);
    }

    fn pairs(&mut self, pairs: &'a [Pair]) {
        self.put("{");
        for (n, (key, value)) in pairs.iter().enumerate() {
            self.put(if n > 0 { ", " } else { "" });
            self.node(key);
            self.put(": ");
            self.node(value);
        }
        self.put("}");
    }

    fn terms(&mut self, terms: &'a [Term]) {
        self.put("(");
        for (n, term) in terms.iter().enumerate() {
            self.put(if n > 0 { ", " } else { "" });
            self.put(match term.direction {
                Direction::Unsaid => "",
                Direction::Ascending => "<",
                Direction::Descending => ">",
            });
            self.node(&term.by);
        }
        self.put(")");
    }
}

/// `@ctx.expressions`, whose fields are the shared expressions.
fn is_shared(node: &Node) -> bool {
    let Kind::Path(left, right) = &node.kind else { return false };
    matches!(left.kind, Kind::Ctx) && matches!(&right.kind, Kind::Name(name) if &**name == "expressions")
}

/// Whether the first thing written for a step is a field name.
fn begins_with_name(step: &Node) -> bool {
    match &step.kind {
        Kind::Name(_) => true,
        Kind::Filter(of, _)
        | Kind::KeepArray(of)
        | Kind::Focus(of, _)
        | Kind::Index(of, _)
        | Kind::Call(of, _) => begins_with_name(of),
        _ => false,
    }
}

/// Whether a function called with so few arguments takes an object that is its context for one.
/// Those that take a text or a number from their context fail on an object, whatever is in it.
fn takes_context(name: &str, arguments: usize) -> bool {
    match name {
        "string" | "boolean" | "not" | "keys" | "spread" => arguments == 0,
        "each" | "sift" | "lookup" => arguments < 2,
        _ => false,
    }
}
