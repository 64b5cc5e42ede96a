//! What an expression surely gives, as far as its text alone tells.

use std::ops::Range;

use super::ast::{Kind, Node, Pair};

/// The form of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// One object with these fields and no other.
    Object(Vec<Field>),
    /// Something of this form for each of several values; one alone when there is one value.
    Each(Box<Shape>),
    /// A list with items of this form.
    List(Box<Shape>),
    /// Anything.
    Unknown,
}

/// A field of an object that an expression writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// The bytes of the name, quotes included.
    pub range: Range<usize>,
    /// The form of its value.
    pub shape: Shape,
}

impl Shape {
    /// The fields of the object, or of each of the objects.
    #[must_use]
    pub fn fields(&self) -> Option<&[Field]> {
        match self {
            Self::Object(fields) => Some(fields),
            Self::Each(of) | Self::List(of) => of.fields(),
            Self::Unknown => None,
        }
    }
}

/// The shape of what a node gives.
pub(super) fn of(node: &Node) -> Shape {
    match &node.kind {
        Kind::Object(pairs) => object(pairs),
        Kind::Array(items) => match items.as_slice() {
            [item] if !matches!(item.kind, Kind::Range(..)) => listed(of(item)),
            _ => listed(Shape::Unknown),
        },
        Kind::KeepArray(inner) => listed(of(inner)),
        Kind::Path(left, right) => path(left, right),
        Kind::Filter(inner, _) | Kind::Sort(inner, _) => match of(inner) {
            Shape::Unknown => Shape::Unknown,
            shape => each(shape),
        },
        Kind::Block(items) => items.last().map_or(Shape::Unknown, of),
        Kind::Call(callee, arguments) => mapped(callee, arguments),
        _ => Shape::Unknown,
    }
}

fn object(pairs: &[Pair]) -> Shape {
    let fields = pairs.iter().map(|(key, value)| {
        let Kind::Text(name) = &key.kind else { return None };
        Some(Field { name: name.to_string(), range: key.bytes.range(), shape: of(value) })
    });
    fields.collect::<Option<_>>().map_or(Shape::Unknown, Shape::Object)
}

/// A step is taken for each of the values before it.
fn path(left: &Node, right: &Node) -> Shape {
    match of(right) {
        Shape::Unknown if keeps_array(left) => listed(Shape::Unknown),
        shape if keeps_array(left) => listed(shape),
        Shape::Unknown => Shape::Unknown,
        shape => each(shape),
    }
}

/// Whether `[]` stands at some step, which makes the result of the whole path a list.
fn keeps_array(node: &Node) -> bool {
    match &node.kind {
        Kind::KeepArray(_) => true,
        Kind::Path(left, right) => keeps_array(left) || keeps_array(right),
        Kind::Filter(inner, _) | Kind::Sort(inner, _) => keeps_array(inner),
        _ => false,
    }
}

/// `$map(list, function)`
fn mapped(callee: &Node, arguments: &[Node]) -> Shape {
    let is_map = matches!(&callee.kind, Kind::Variable(name) if &**name == "map");
    match arguments.get(1).map(|argument| &argument.kind) {
        Some(Kind::Lambda { body, .. }) if is_map => each(of(body)),
        _ => Shape::Unknown,
    }
}

fn each(shape: Shape) -> Shape {
    match shape {
        Shape::Each(_) | Shape::List(_) => shape,
        other => Shape::Each(Box::new(other)),
    }
}

/// A list in a list stays one here: nothing looks that deep.
fn listed(shape: Shape) -> Shape {
    match shape {
        Shape::Each(of) | Shape::List(of) => Shape::List(of),
        other => Shape::List(Box::new(other)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Shape;
    use crate::expr::Expression;

    fn told(shape: &Shape) -> String {
        match shape {
            Shape::Object(fields) => {
                let fields = fields.iter().map(|field| format!("{}:{}", field.name, told(&field.shape)));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
            }
            Shape::Each(of) => format!("each {}", told(of)),
            Shape::List(of) => format!("list {}", told(of)),
            Shape::Unknown => "?".to_owned(),
        }
    }

    #[test]
    fn the_form_of_a_result_is_read_from_its_text() {
        let cases = [
            ("={ \"id\": a, \"b\": [1] }", "{id:?,b:list ?}"),
            ("={ name: 1 }", "?"),
            ("=$.value", "?"),
            ("=$.items.{ \"id\": id }", "each {id:?}"),
            ("=items[].{ \"id\": id }", "list {id:?}"),
            ("=items[x = 1].{ \"id\": id }[]", "list {id:?}"),
            ("=items.{ \"id\": id }[0]", "each {id:?}"),
            ("=($a := 1; { \"a\": $a })", "{a:?}"),
            ("=$map(items, function($v) { { \"id\": $v.id } })", "each {id:?}"),
            ("=items.$map(function($v) { { \"id\": $v.id } })", "?"),
            ("=items ~> $map(function($v) { { \"id\": $v.id } })", "?"),
            ("=[items.{ \"id\": id }]", "list {id:?}"),
            ("=[1..3]", "list ?"),
            ("=a ? { \"id\": 1 } : b", "?"),
            ("=items{ id: $ }", "?"),
        ];
        for (text, expected) in cases {
            assert_eq!(told(&Expression::parse(text).unwrap().shape()), expected, "{text}");
        }
    }
}
