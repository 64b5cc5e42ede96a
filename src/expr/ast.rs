//! The tree of an expression: every node knows its bytes and how deep it is.

use std::ops::Range;

/// A half-open range of bytes in the text that was parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Bytes {
    pub(super) fn new(start: usize, end: usize) -> Self {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: narrow(start), end: narrow(end.max(start)) }
    }

    /// For slicing the text.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// From the start of this one to the end of the other.
    pub(super) fn to(self, other: Self) -> Self {
        Self { start: self.start, end: self.end.max(other.end) }
    }
}

/// How an expression's text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// The app format: leading `=`, `@ctx`, hyphenated names (expressions.md §3).
    App,
    /// Plain JSONata 2.2, for its conformance cases.
    Jsonata,
}

/// A whole expression that parsed without mistakes.
#[derive(Debug)]
pub(super) struct Ast {
    pub root: Node,
    pub dialect: Dialect,
    /// How many nodes there are.
    pub size: u32,
}

/// One node.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub bytes: Bytes,
    /// 1 for a leaf, else one more than the deepest child.
    pub depth: u32,
}

/// Key and value of an object or a grouping.
pub type Pair = (Node, Node);

/// The name of a variable that something is bound to, without `$`.
pub type Binding = Box<str>;

/// One term of an order-by.
#[derive(Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub struct Term {
    /// Which way.
    pub direction: Direction,
    /// What is compared.
    pub by: Node,
}

/// Which way an order-by goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// No sign: ascending.
    Unsaid,
    /// `<`
    Ascending,
    /// `>`
    Descending,
}

/// Two trees are equal when they mean the same, wherever they stand.
#[cfg(test)]
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// What a node is.
#[derive(Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub enum Kind {
    /// `@ctx`, or the `@` of `@.`.
    Ctx,
    /// A field name.
    Name(Box<str>),
    /// `$name`; an empty name is the context, the name `$` the root.
    Variable(Box<str>),
    /// A text, without its quotes.
    Text(Box<str>),
    /// A number as it was written.
    Number(Box<str>),
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
    /// `/pattern/flags`
    Regex {
        /// Between the slashes.
        pattern: Box<str>,
        /// Behind them.
        flags: Box<str>,
    },
    /// `*`
    Wildcard,
    /// `**`
    Descendants,
    /// `%`
    Parent,
    /// `-value`
    Negate(Box<Node>),
    /// `left op right`
    Binary {
        /// The sign between.
        op: Operator,
        /// What stands before it.
        left: Box<Node>,
        /// What stands behind it.
        right: Box<Node>,
    },
    /// `a..b`, only an item of an array.
    Range(Box<Node>, Box<Node>),
    /// `$name := value`
    Bind(Binding, Box<Node>),
    /// `left.right`
    Path(Box<Node>, Box<Node>),
    /// `of[predicate]`
    Filter(Box<Node>, Box<Node>),
    /// `of[]`
    KeepArray(Box<Node>),
    /// `of{key: value}`
    Group(Box<Node>, Vec<Pair>),
    /// `of^(terms)`
    Sort(Box<Node>, Vec<Term>),
    /// `of@$name`
    Focus(Box<Node>, Binding),
    /// `of#$name`
    Index(Box<Node>, Binding),
    /// `callee(arguments)`
    Call(Box<Node>, Vec<Node>),
    /// `?` as an argument.
    Placeholder,
    /// `function($a, $b){ body }`
    Lambda {
        /// Names of the parameters, without `$`.
        params: Vec<Binding>,
        /// What stands between `<` and `>`.
        signature: Option<Box<str>>,
        /// Between the braces.
        body: Box<Node>,
    },
    /// `[a, b]`
    Array(Vec<Node>),
    /// `{"a": b}`
    Object(Vec<Pair>),
    /// `(a; b)`
    Block(Vec<Node>),
    /// `test ? then : otherwise`
    Condition {
        /// What decides.
        test: Box<Node>,
        /// The value when it holds.
        then: Box<Node>,
        /// The value when it does not; missing when there is none.
        otherwise: Option<Box<Node>>,
    },
    /// `|pattern|update, delete|`
    Transform {
        /// What is changed.
        pattern: Box<Node>,
        /// Fields that it gets.
        update: Box<Node>,
        /// Names of fields that it loses.
        delete: Option<Box<Node>>,
    },
    /// Stands where a mistake was; no part of a finished [`Ast`].
    Mistake,
}

/// Operators between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `&`
    Concat,
    /// `and`
    And,
    /// `or`
    Or,
    /// `in`
    In,
    /// `~>`
    Apply,
    /// `??`
    Coalesce,
    /// `?:`
    Default,
}

impl Operator {
    /// As it is written.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Concat => "&",
            Self::And => "and",
            Self::Or => "or",
            Self::In => "in",
            Self::Apply => "~>",
            Self::Coalesce => "??",
            Self::Default => "?:",
        }
    }
}

impl Node {
    pub(super) fn new(kind: Kind, bytes: Bytes) -> Self {
        let mut deepest = 0;
        kind.for_each_child(&mut |child| deepest = deepest.max(child.depth));
        Self { kind, bytes, depth: deepest + 1 }
    }

    /// Calls `visit` with this node and everything in it, outer before inner.
    pub fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        self.for_each_child(&mut |child| child.visit(visit));
    }

    /// Calls `visit` with every direct child, in order of place.
    pub fn for_each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        self.kind.for_each_child(visit);
    }
}

impl Kind {
    fn for_each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        match self {
            Self::Ctx
            | Self::Name(_)
            | Self::Variable(_)
            | Self::Text(_)
            | Self::Number(_)
            | Self::True
            | Self::False
            | Self::Null
            | Self::Regex { .. }
            | Self::Wildcard
            | Self::Descendants
            | Self::Parent
            | Self::Placeholder
            | Self::Mistake => {}
            Self::Negate(of)
            | Self::Bind(_, of)
            | Self::KeepArray(of)
            | Self::Focus(of, _)
            | Self::Index(of, _)
            | Self::Lambda { body: of, .. } => visit(of),
            Self::Binary { left, right, .. }
            | Self::Range(left, right)
            | Self::Path(left, right)
            | Self::Filter(left, right) => {
                visit(left);
                visit(right);
            }
            Self::Group(of, pairs) => {
                visit(of);
                for_each_of_pairs(pairs, visit);
            }
            Self::Object(pairs) => for_each_of_pairs(pairs, visit),
            Self::Sort(of, terms) => {
                visit(of);
                for term in terms {
                    visit(&term.by);
                }
            }
            Self::Call(callee, arguments) => {
                visit(callee);
                arguments.iter().for_each(visit);
            }
            Self::Array(items) | Self::Block(items) => items.iter().for_each(visit),
            Self::Condition { test, then, otherwise } => {
                visit(test);
                visit(then);
                if let Some(otherwise) = otherwise {
                    visit(otherwise);
                }
            }
            Self::Transform { pattern, update, delete } => {
                visit(pattern);
                visit(update);
                if let Some(delete) = delete {
                    visit(delete);
                }
            }
        }
    }
}

fn for_each_of_pairs<'a>(pairs: &'a [Pair], visit: &mut dyn FnMut(&'a Node)) {
    for (key, value) in pairs {
        visit(key);
        visit(value);
    }
}
