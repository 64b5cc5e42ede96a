//! The functions of the language: JSONata 2.2's, and what the app format adds
//! (expressions.md §4).

/// A function that every expression may call as `$name(…)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// The name without `$`.
    pub name: &'static str,
    /// The fewest arguments; a function that takes its context needs one fewer.
    pub min: usize,
    /// The most arguments.
    pub max: usize,
    /// Whether the app format adds it to JSONata.
    pub app: bool,
}

const fn standard(name: &'static str, min: usize, max: usize) -> Function {
    Function { name, min, max, app: false }
}

const fn app(name: &'static str, min: usize, max: usize) -> Function {
    Function { name, min, max, app: true }
}

/// Every function, by name.
pub const FUNCTIONS: [Function; 68] = [
    standard("abs", 0, 1),
    standard("append", 2, 2),
    standard("assert", 1, 2),
    standard("average", 1, 1),
    standard("base64decode", 0, 1),
    standard("base64encode", 0, 1),
    standard("boolean", 0, 1),
    standard("ceil", 0, 1),
    standard("contains", 1, 2),
    standard("count", 1, 1),
    standard("decodeUrl", 0, 1),
    standard("decodeUrlComponent", 0, 1),
    standard("distinct", 1, 1),
    standard("each", 1, 2),
    standard("encodeUrl", 0, 1),
    standard("encodeUrlComponent", 0, 1),
    standard("error", 0, 1),
    standard("eval", 1, 2),
    standard("exists", 1, 1),
    standard("filter", 2, 2),
    standard("floor", 0, 1),
    standard("formatBase", 0, 2),
    standard("formatInteger", 1, 2),
    standard("formatNumber", 1, 3),
    standard("fromMillis", 0, 3),
    app("in", 2, 2),
    app("isTempId", 1, 1),
    standard("join", 1, 2),
    standard("keys", 0, 1),
    standard("length", 0, 1),
    standard("lookup", 1, 2),
    standard("lowercase", 0, 1),
    standard("map", 2, 2),
    standard("match", 1, 3),
    standard("max", 1, 1),
    standard("merge", 1, 1),
    standard("millis", 0, 0),
    standard("min", 1, 1),
    standard("not", 0, 1),
    standard("now", 0, 2),
    standard("number", 0, 1),
    standard("pad", 1, 3),
    standard("parseInteger", 1, 2),
    standard("power", 1, 2),
    standard("random", 0, 0),
    standard("reduce", 2, 3),
    standard("replace", 2, 4),
    standard("reverse", 1, 1),
    standard("round", 0, 2),
    standard("shuffle", 1, 1),
    standard("sift", 0, 2),
    standard("single", 1, 2),
    standard("sort", 1, 2),
    standard("split", 1, 3),
    standard("spread", 0, 1),
    standard("sqrt", 0, 1),
    standard("string", 0, 2),
    standard("substring", 1, 3),
    standard("substringAfter", 1, 2),
    standard("substringBefore", 1, 2),
    standard("sum", 1, 1),
    standard("toMillis", 0, 2),
    standard("trim", 0, 1),
    standard("type", 1, 1),
    standard("uppercase", 0, 1),
    app("uuid", 0, 0),
    app("uuid_v4", 0, 0),
    standard("zip", 1, usize::MAX),
];

/// The function of this name.
pub(in crate::expr) fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// Whether this is a function that JSONata itself has not.
pub(in crate::expr) fn is_app_function(name: &str) -> bool {
    function(name).is_some_and(|function| function.app)
}
