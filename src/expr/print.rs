//! A tree to text: as our own parser reads it, or as the engine evaluates it.
//!
//! The engine binds some operators differently from the reference, has no hyphenated names and
//! takes a few words for keywords, so its text is not the author's: brackets are added where the
//! engine would group otherwise, names are quoted, `@ctx` becomes the root, and names from
//! outside become calls that look them up only when they are reached.

mod power;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeSet;

use super::ast::{Ast, Dialect, Node};
use super::references::{free_variables, function, is_app_function};

/// The engine's function that gives a shared expression's value; no author can mean this name.
pub(super) const SHARED: &str = "shared$";
/// The engine's variable for `@ctx` where the root is something else.
pub(super) const CONTEXT: &str = "ctx$";

/// Whom a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Our own parser, in the dialect of the tree.
    Source,
    /// The engine, with the object behind `@ctx` as its input.
    Root,
    /// The engine, with another input; [`CONTEXT`] is bound.
    Bound,
}

/// A text for the engine and what it takes to evaluate it.
#[derive(Debug, Default)]
pub(super) struct Printed {
    pub text: String,
    /// Shared expressions or functions of ours are called.
    pub calls_host: bool,
    /// The input is read other than by the paths below `@ctx`.
    pub reads_input: bool,
    /// `@ctx` occurs.
    pub reads_context: bool,
    /// Names from outside, looked up when reached.
    pub names: BTreeSet<Box<str>>,
}

/// Prints a tree. `shadowed` are functions of the language that a shared expression replaces.
pub(super) fn print(ast: &Ast, form: Form, shadowed: &[&str]) -> Printed {
    let mut writer = Writer::new(ast, form, shadowed);
    writer.node(&ast.root);
    writer.out
}

/// Prints a part of a tree that has the same context as the whole, behind the steps of a block
/// that bind what it uses.
pub(super) fn print_part(ast: &Ast, form: Form, shadowed: &[&str], before: &[&Node], part: &Node) -> Printed {
    let mut writer = Writer::new(ast, form, shadowed);
    writer.put("(");
    for node in before {
        writer.node(node);
        writer.put("; ");
    }
    writer.node(part);
    writer.put(")");
    writer.out
}

struct Writer<'a> {
    form: Form,
    dialect: Dialect,
    /// Where names from outside stand.
    free: BTreeSet<u32>,
    shadowed: &'a [&'a str],
    /// The context is the engine's input, which is the object behind `@ctx`.
    at_root: bool,
    /// `@ctx.` may be left out, because names start there anyway; the engine's compiled code
    /// knows no `$$`.
    elide: bool,
    /// The next name is that of a shared expression.
    shared_head: bool,
    out: Printed,
}

impl<'a> Writer<'a> {
    fn new(ast: &Ast, form: Form, shadowed: &'a [&'a str]) -> Self {
        let free = if ast.dialect == Dialect::App { free_variables(&ast.root) } else { BTreeSet::new() };
        let (at_root, elide) = (form != Form::Source, form == Form::Root);
        let out = Printed::default();
        Self { form, dialect: ast.dialect, free, shadowed, at_root, elide, shared_head: false, out }
    }
}

impl Writer<'_> {
    fn engine(&self) -> bool {
        self.form != Form::Source
    }

    fn put(&mut self, text: &str) {
        self.out.text.push_str(text);
    }

    /// Whether `$name` means the function of the language.
    fn is_function(&self, name: &str) -> bool {
        function(name).is_some() && !self.shadowed.contains(&name)
    }

    /// A field name, quoted where it could be taken for something else.
    fn name(&mut self, name: &str) {
        if std::mem::take(&mut self.shared_head) {
            return self.shared(name);
        }
        if is_plain(name, self.form == Form::Source && self.dialect == Dialect::App) {
            self.put(name);
        } else {
            self.put("`");
            self.put(name);
            self.put("`");
        }
    }

    /// The value of a shared expression.
    fn shared(&mut self, name: &str) {
        self.out.calls_host = true;
        self.out.names.insert(name.into());
        self.put("($");
        self.put(SHARED);
        self.put("(");
        self.string(name);
        self.put("))");
    }

    fn variable(&mut self, name: &str, at: u32, called: bool) {
        let free = self.free.contains(&at);
        if !self.engine() || !free {
            return self.bound_variable(name);
        }
        if !self.is_function(name) {
            return self.shared(name);
        }
        self.out.calls_host |= is_app_function(name) || matches!(name, "now" | "millis" | "random" | "eval");
        self.out.reads_input |= name == "eval";
        if called || !is_app_function(name) {
            self.bound_variable(name);
        } else {
            self.function_value(name);
        }
    }

    fn bound_variable(&mut self, name: &str) {
        match name {
            "" => self.out.reads_input |= self.at_root,
            "$" => self.out.reads_input = true,
            _ => {}
        }
        self.put("$");
        if !self.engine() || self.dialect == Dialect::Jsonata || name == "$" {
            return self.put(name);
        }
        for c in name.chars() {
            if c.is_ascii_alphanumeric() || matches!(c, '_' | '$') {
                self.out.text.push(c);
            } else {
                self.put(&format!("${:x}$", u32::from(c)));
            }
        }
    }

    /// One of our functions as a value; the engine only calls them by name.
    fn function_value(&mut self, name: &str) {
        let count = function(name).map_or(0, |function| function.max);
        let parameters = ["$a", "$b", "$c"][..count.min(3)].join(",");
        self.put(&format!("function({parameters}){{${name}({parameters})}}"));
    }

    fn string(&mut self, text: &str) {
        self.put("\"");
        for c in text.chars() {
            match c {
                '"' => self.put("\\\""),
                '\\' => self.put("\\\\"),
                c if c.is_control() && u32::from(c) <= 0xFFFF => {
                    self.put(&format!("\\u{:04x}", u32::from(c)));
                }
                c => self.out.text.push(c),
            }
        }
        self.put("\"");
    }

    /// A regular expression; the engine expects none behind some signs, and ends it at the first
    /// slash that has no backslash.
    fn regex(&mut self, pattern: &str, flags: &str) {
        let misread = self.engine() && self.out.text.trim_end().ends_with(['.', '*', '/', '%', '|']);
        self.put(if misread { "(0; " } else { "" });
        self.put("/");
        let mut escaped = false;
        for c in pattern.chars() {
            if c == '/' && !escaped && self.engine() {
                self.put("\\");
            }
            escaped = c == '\\' && !escaped;
            self.out.text.push(c);
        }
        self.put("/");
        self.put(flags);
        self.put(if misread { ")" } else { "" });
    }
}

/// Whether a name needs no back-ticks.
fn is_plain(name: &str, hyphens: bool) -> bool {
    let keyword = matches!(name, "true" | "false" | "null" | "undefined" | "function" | "and" | "or" | "in");
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || (hyphens && c == '-');
    first && !keyword && name.chars().all(allowed) && !name.ends_with('-')
}
