//! JavaScript files and what they export (expressions.md §7).

use std::collections::BTreeSet;

/// A file under `scripts/`; expressions call its functions as `$file.function()`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// What it exports; `None` when that cannot be told without running it.
    pub exports: Option<BTreeSet<String>>,
    /// Functions that it declares, exported or not.
    pub functions: BTreeSet<String>,
}

/// Words that begin a declaration.
const DECLARATIONS: [&str; 5] = ["function", "class", "const", "let", "var"];

impl Script {
    /// Looks through a text for what it exports. Names in comments count too: a name too many costs
    /// nothing, one too few would be a false alarm.
    pub(super) fn read(text: &str) -> Self {
        let mut exports = Some(BTreeSet::new());
        let mut functions = BTreeSet::new();
        for (at, word) in words(text) {
            let rest = &text[at + word.len()..];
            match word {
                "export" => add(&mut exports, exported(rest)),
                "exports" => add(&mut exports, assigned(rest)),
                "function" => functions.extend(name(rest.trim_start_matches(['*', ' ', '\t']))),
                _ => {}
            }
        }
        Self { exports, functions }
    }
}

fn add(exports: &mut Option<BTreeSet<String>>, found: Option<Vec<String>>) {
    match (exports.as_mut(), found) {
        (Some(names), Some(found)) => names.extend(found),
        _ => *exports = None,
    }
}

/// Every word outside of lines that are comments, with its offset.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    });
    let code = lines.filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.flat_map(|(start, line)| {
        let parts = line.split(|c: char| !is_name(c)).filter(|word| !word.is_empty());
        parts.map(move |word| (start + (word.as_ptr() as usize - line.as_ptr() as usize), word))
    })
}

/// The names behind `export`; `None` when they are not to be told.
fn exported(rest: &str) -> Option<Vec<String>> {
    let rest = rest.trim_start();
    if let Some(list) = rest.strip_prefix('{') {
        let list = &list[..list.find('}')?];
        return Some(list.split(',').filter_map(|item| name(item.rsplit(" as ").next()?)).collect());
    }
    let rest = skip_word(rest, "async");
    let declaration = DECLARATIONS.iter().find(|word| starts_with_word(rest, word))?;
    let rest = rest[declaration.len()..].trim_start_matches(['*', ' ', '\t', '\r', '\n']);
    let first = name(rest)?;
    let line = rest.lines().next().unwrap_or_default();
    // `const a = 1, b = 2`: further names stand before the end of the line.
    let further = line.split(',').skip(1).filter(|part| part.contains('=')).filter_map(name);
    Some(std::iter::once(first).chain(further).collect())
}

/// The name behind `exports`, as modules of Node.js write it.
fn assigned(rest: &str) -> Option<Vec<String>> {
    rest.trim_start().strip_prefix('.').map(|member| name(member).into_iter().collect())
}

fn skip_word<'t>(text: &'t str, word: &str) -> &'t str {
    if starts_with_word(text, word) { text[word.len()..].trim_start() } else { text }
}

fn starts_with_word(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| !rest.starts_with(is_name))
}

/// The name that a text begins with.
fn name(text: &str) -> Option<String> {
    let text = text.trim_start();
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::Script;

    fn exports(text: &str) -> Option<String> {
        Script::read(text).exports.map(|names| names.into_iter().collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn every_form_of_an_export_is_found() {
        assert_eq!(
            exports("export function a(x) { return x }\nexport async function b() {}").as_deref(),
            Some("a b")
        );
        assert_eq!(exports("export function* gen() {}\nexport class Shape {}").as_deref(), Some("Shape gen"));
        assert_eq!(exports("export const a = (x) => x, b = 2;\nexport let c;").as_deref(), Some("a b c"));
        assert_eq!(exports("function a() {}\nexport { a, b as c,\n d };").as_deref(), Some("a c d"));
        assert_eq!(
            exports("exports.__esModule = true;\nexports.run = run;").as_deref(),
            Some("__esModule run")
        );
        assert_eq!(exports("// export function a() {}\nfunction b() {}").as_deref(), Some(""));
        assert_eq!(exports("").as_deref(), Some(""));
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        for text in
            ["export * from './x'", "export default { a }", "module.exports = { a }", "export { a", "export"]
        {
            assert_eq!(exports(text), None, "{text}");
        }
    }

    #[test]
    fn functions_are_found_exported_or_not() {
        let script = Script::read("export function a() {}\nasync function b() {}\nconst c = function () {}");
        assert_eq!(script.functions.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    }
}
