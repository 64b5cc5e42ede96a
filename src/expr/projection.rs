//! Expressions that make objects of the items of one list by picking from them: `items.{ "a": b.c }`. What they
//! give can be found in a JSON text without an evaluator.

use super::ast::{Kind, Node, Operator, Pair};

/// A list of objects, each made of one item of another list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// The names that lead from `$` to the items.
    pub from: Vec<String>,
    /// What is made of an item: the fields of the object.
    pub fields: Vec<(String, Picked)>,
    /// The object in which the list stands, where it does not stand alone.
    pub around: Option<Around>,
}

/// An object with the list and other things in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// The name of the field that is the list.
    pub member: String,
    /// The other fields; their paths start at `$`.
    pub others: Vec<(String, Picked)>,
}

/// A value that takes no computing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// What stands at the end of these names; nothing when it is missing.
    Path(Vec<String>),
    /// A JSON text.
    Constant(String),
    /// An object of such values.
    Object(Vec<(String, Picked)>),
    /// Texts one after the other: paths, and constants that are texts.
    Joined(Vec<Picked>),
}

/// The projection that a tree is, if it is one.
pub(super) fn of(root: &Node) -> Option<Projection> {
    let root = unwrapped(root);
    if let Some((from, fields)) = list(root) {
        return Some(Projection { from, fields, around: None });
    }
    let Kind::Object(pairs) = &root.kind else { return None };
    around(pairs)
}

/// The same without what only keeps a list a list, and without parentheses.
fn unwrapped(node: &Node) -> &Node {
    match &node.kind {
        Kind::KeepArray(inner) => unwrapped(inner),
        Kind::Array(items) | Kind::Block(items) => match items.as_slice() {
            [item] if matches!(unwrapped(item).kind, Kind::Path(..)) => unwrapped(item),
            _ => node,
        },
        _ => node,
    }
}

/// `a.b.{ … }`
fn list(node: &Node) -> Option<(Vec<String>, Vec<(String, Picked)>)> {
    let Kind::Path(left, right) = &node.kind else { return None };
    let Kind::Object(pairs) = &unwrapped(right).kind else { return None };
    Some((path(left)?, fields(pairs)?))
}

fn around(pairs: &[Pair]) -> Option<Projection> {
    let mut found = None;
    let mut others = Vec::new();
    for (key, value) in pairs {
        let name = name(key)?;
        match list(unwrapped(value)) {
            Some(list) if found.is_none() => found = Some((name, list)),
            Some(_) => return None,
            None => others.push((name, picked(value)?)),
        }
    }
    let (member, (from, fields)) = found?;
    let is_twice = others.iter().any(|(name, _)| *name == member);
    if is_twice || has_twins(&others) {
        return None;
    }
    Some(Projection { from, fields, around: Some(Around { member, others }) })
}

/// Two fields of one name are an error of the language.
fn fields(pairs: &[Pair]) -> Option<Vec<(String, Picked)>> {
    let fields = pairs.iter().map(|(key, value)| Some((name(key)?, picked(value)?)));
    fields.collect::<Option<Vec<_>>>().filter(|fields| !has_twins(fields))
}

fn has_twins(fields: &[(String, Picked)]) -> bool {
    let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

fn name(key: &Node) -> Option<String> {
    if let Kind::Text(name) = &key.kind { Some(name.to_string()) } else { None }
}

fn picked(node: &Node) -> Option<Picked> {
    match &node.kind {
        Kind::Text(text) => Some(Picked::Constant(json(text))),
        Kind::True => Some(Picked::Constant("true".to_owned())),
        Kind::False => Some(Picked::Constant("false".to_owned())),
        Kind::Null => Some(Picked::Constant("null".to_owned())),
        // Longer numbers are written otherwise by an evaluator.
        Kind::Number(text) if text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse::<u64>().ok().map(|number| Picked::Constant(number.to_string()))
        }
        Kind::Object(pairs) => fields(pairs).map(Picked::Object),
        Kind::Binary { op: Operator::Concat, .. } => {
            let mut parts = Vec::new();
            joined(node, &mut parts)?;
            Some(Picked::Joined(parts))
        }
        Kind::Block(items) => match items.as_slice() {
            [item] => picked(item),
            _ => None,
        },
        _ => path(node).filter(|path| !path.is_empty()).map(Picked::Path),
    }
}

fn joined(node: &Node, parts: &mut Vec<Picked>) -> Option<()> {
    match &node.kind {
        Kind::Binary { op: Operator::Concat, left, right } => {
            joined(left, parts)?;
            joined(right, parts)
        }
        Kind::Text(text) => {
            parts.push(Picked::Constant(json(text)));
            Some(())
        }
        _ => {
            parts.push(Picked::Path(path(node).filter(|path| !path.is_empty())?));
            Some(())
        }
    }
}

/// The names of `a.b."c"`; `$` before them says nothing.
fn path(node: &Node) -> Option<Vec<String>> {
    match &node.kind {
        Kind::Name(name) => Some(vec![name.to_string()]),
        Kind::Variable(name) if name.is_empty() => Some(Vec::new()),
        Kind::Path(left, right) => {
            let mut names = path(left)?;
            match &right.kind {
                Kind::Name(name) | Kind::Text(name) => names.push(name.to_string()),
                _ => return None,
            }
            Some(names)
        }
        _ => None,
    }
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Picked;
    use crate::expr::Expression;

    fn told(picked: &Picked) -> String {
        match picked {
            Picked::Path(names) => names.join("."),
            Picked::Constant(text) => text.clone(),
            Picked::Object(fields) => format!("{{{}}}", all(fields)),
            Picked::Joined(parts) => parts.iter().map(told).collect::<Vec<_>>().join("&"),
        }
    }

    fn all(fields: &[(String, Picked)]) -> String {
        fields.iter().map(|(name, value)| format!("{name}={}", told(value))).collect::<Vec<_>>().join(" ")
    }

    fn read(text: &str) -> Option<String> {
        let projection = Expression::parse(text).unwrap().projection()?;
        let around =
            projection.around.map(|around| format!(" in {} [{}]", around.member, all(&around.others)));
        Some(format!(
            "{} -> {}{}",
            projection.from.join("."),
            all(&projection.fields),
            around.unwrap_or_default()
        ))
    }

    #[test]
    fn what_only_picks_is_read() {
        for (text, expected) in [
            ("items.{ \"a\": b.c, 'd': 1 }", "items -> a=b.c d=1"),
            ("=$.data.items.{ \"a\": $.b }[]", "data.items -> a=b"),
            ("[$.{ \"a\": `b c`.\"d e\" }]", " -> a=b c.d e"),
            ("(items[].{ \"a\": null })", "-"),
            ("items.{ \"a\": { \"b\": c, \"t\": true } }", "items -> a={b=c t=true}"),
            ("items.{ \"a\": street & ', ' & (city) }", "-"),
            ("items.{ \"a\": street & ', ' & city.name }", "items -> a=street&\", \"&city.name"),
            (
                "{ \"rows\": items.{ \"a\": b }[], \"next\": $.links.next, \"k\": \"x\" }",
                "items -> a=b in rows [next=links.next k=\"x\"]",
            ),
        ] {
            let expected = Some(expected).filter(|expected| *expected != "-");
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_computes_is_not() {
        for text in [
            "items",
            "items.{ \"a\": $uppercase(b) }",
            "items.{ \"a\": b + 1 }",
            "items.{ \"a\": b[0] }",
            "items.{ b: c }",
            "items.{ \"a\": b, \"a\": c }",
            "items[x = 1].{ \"a\": b }",
            "items.{ \"a\": $$.b }",
            "items.{ \"a\": @ctx.parameters.b }",
            "items.{ \"a\": $ }",
            "items.{ \"a\": *.b }",
            "items{ \"a\": b }",
            "{ \"a\": b }",
            "{ \"a\": x.{ \"b\": c }, \"d\": y.{ \"e\": f } }",
            "{ \"a\": x.{ \"b\": c }, \"n\": $count(x) }",
            "items.{ \"a\": b }.{ \"c\": d }",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
