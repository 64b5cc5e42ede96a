//! The plain path that an expression begins with: `value.{ … }`, `a.b[c = 1]^(d)`. Where nothing stands at its
//! end, the whole expression finds nothing.

use super::ast::{Kind, Node, Operator};

/// Functions on lists that give nothing for nothing.
const OF_LISTS: [&str; 5] = ["map", "filter", "sort", "reverse", "distinct"];

/// A plain path at the beginning of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leading {
    /// Where it starts.
    pub from: Start,
    /// The names that it goes through.
    pub names: Vec<String>,
}

/// Where a path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The value that the expression is applied to.
    Focus,
    /// `@ctx`
    Ctx,
}

/// What a field of the object is that an expression makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// Something that begins with a path.
    From(Leading),
    /// Something else, or the expression makes no object.
    Otherwise,
    /// The object never has it.
    Never,
}

/// The path that a tree begins with.
pub(super) fn of(root: &Node) -> Option<Leading> {
    walk(root).map(|walk| walk.path)
}

/// What a tree that is an object makes a field of.
pub(super) fn of_field(root: &Node, name: &str) -> Made {
    let Kind::Object(pairs) = &root.kind else { return Made::Otherwise };
    let mut made = Made::Never;
    for (key, value) in pairs {
        match &key.kind {
            Kind::Text(key) if **key == *name => return of(value).map_or(Made::Otherwise, Made::From),
            Kind::Text(_) => {}
            _ => made = Made::Otherwise,
        }
    }
    made
}

/// How far a path has been followed.
struct Walk {
    path: Leading,
    /// Whether what comes behind may be a further step of it.
    is_open: bool,
}

impl Walk {
    fn begun(from: Start, names: Vec<String>) -> Self {
        Self { path: Leading { from, names }, is_open: true }
    }

    fn ended(self) -> Self {
        Self { is_open: false, ..self }
    }
}

fn walk(node: &Node) -> Option<Walk> {
    match &node.kind {
        Kind::Ctx => Some(Walk::begun(Start::Ctx, Vec::new())),
        Kind::Name(name) => Some(Walk::begun(Start::Focus, vec![name.to_string()])),
        Kind::Variable(name) if matches!(&**name, "" | "$") => Some(Walk::begun(Start::Focus, Vec::new())),
        Kind::Path(left, right) => {
            let mut walk = walk(left)?;
            if walk.is_open {
                walk.is_open = step(right, &mut walk.path.names);
            }
            Some(walk)
        }
        Kind::KeepArray(of) => walk(of),
        Kind::Filter(of, _)
        | Kind::Focus(of, _)
        | Kind::Index(of, _)
        | Kind::Group(of, _)
        | Kind::Sort(of, _)
        | Kind::Binary { op: Operator::Apply, left: of, .. } => walk(of).map(Walk::ended),
        Kind::Array(items) | Kind::Block(items) => match items.as_slice() {
            [item] => walk(item).map(Walk::ended),
            _ => None,
        },
        Kind::Call(callee, arguments) => {
            let Kind::Variable(name) = &callee.kind else { return None };
            let list = arguments.first().filter(|_| OF_LISTS.contains(&&**name))?;
            walk(list).map(Walk::ended)
        }
        _ => None,
    }
}

/// Adds a step; whether the next one may follow.
fn step(node: &Node, names: &mut Vec<String>) -> bool {
    match &node.kind {
        Kind::Name(name) | Kind::Text(name) => {
            names.push(name.to_string());
            true
        }
        Kind::KeepArray(of) => step(of, names),
        Kind::Filter(of, _)
        | Kind::Focus(of, _)
        | Kind::Index(of, _)
        | Kind::Group(of, _)
        | Kind::Sort(of, _) => {
            step(of, names);
            false
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Made, Start};
    use crate::expr::Expression;

    fn led(text: &str) -> Option<String> {
        let leading = Expression::parse(text).unwrap().leading()?;
        let from = if leading.from == Start::Ctx { "@ctx " } else { "" };
        Some(format!("{from}{}", leading.names.join(".")))
    }

    #[test]
    fn the_plain_path_at_the_beginning_is_found() {
        for (text, expected) in [
            ("value.{ \"id\": id }", "value"),
            ("=$.value.{ \"id\": id }[]", "value"),
            ("$.\"a b\".c", "a b.c"),
            ("a.b[x = 1].c.{ \"id\": id }", "a.b"),
            ("a.b[]^(c)", "a.b"),
            ("[value.{ \"id\": id }]", "value"),
            ("(value)", "value"),
            ("$.{ \"id\": id }", ""),
            ("$map(value, function($v){ $v.a })", "value"),
            ("$.a ~> $map(function($v){ $v })", "a"),
            ("=@ctx.response.body.items.{ \"id\": id }", "@ctx response.body.items"),
        ] {
            assert_eq!(led(text).as_deref(), Some(expected), "{text}");
        }
        for text in
            ["a ? b : c", "a & b", "$merge([a, b])", "{ \"a\": b }", "$append(a, b)", "$x", "'a'", "[a, b]"]
        {
            assert_eq!(led(text), None, "{text}");
        }
    }

    #[test]
    fn fields_of_an_object_begin_somewhere() {
        let made =
            |name| Expression::parse("{ 'rows': a.b.{ 'id': id }[], 'n': $count(c) }").unwrap().field(name);
        assert!(matches!(made("rows"), Made::From(leading) if leading.names == ["a", "b"]));
        assert_eq!((made("n"), made("x")), (Made::Otherwise, Made::Never));
        assert_eq!(Expression::parse("a.b").unwrap().field("x"), Made::Otherwise);
    }
}
