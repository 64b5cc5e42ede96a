//! Our source files as the architecture sees them: code without comments, texts and tests.

use std::fs;
use std::path::Path;

use super::{root, shown};

/// One file below `src/`.
pub(super) struct Source {
    /// From the root, with `/`.
    pub(super) path: String,
    /// The room it belongs to.
    pub(super) room: String,
    /// Its lines, tests and all.
    pub(super) length: usize,
    /// Its code, line by line, without comments, texts and tests.
    code: Vec<String>,
    /// How many modules lie around its code: 1 for a room's front.
    depth: usize,
}

/// All files below `src/` that are not tests.
pub(super) fn sources() -> Vec<Source> {
    let mut texts = Vec::new();
    walk(&root().join("src"), &mut texts);
    assert!(texts.len() > 50, "the source tree was not found");
    texts.sort();
    let tests: Vec<String> = texts.iter().flat_map(|(path, text)| test_modules(path, text)).collect();
    let is_test = |path: &str| {
        tests.iter().any(|test| path == format!("{test}.rs") || path.starts_with(&format!("{test}/")))
    };
    texts.iter().filter(|(path, _)| !is_test(path)).map(|(path, text)| Source::new(path, text)).collect()
}

fn walk(folder: &Path, texts: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, texts);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            texts.push((shown(&path), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The modules that a file declares for tests only, as paths without ending.
fn test_modules(path: &str, text: &str) -> Vec<String> {
    let folder = if path == "src/lib.rs" { "src" } else { path.trim_end_matches(".rs") };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let declared = lines
        .windows(2)
        .filter(|pair| pair[0].starts_with("#[cfg(test)]") || pair[0].starts_with("#[cfg(all(test"));
    let names =
        declared.filter_map(|pair| pair[1].strip_suffix(';')?.split_once("mod ").map(|(_, name)| name));
    names.map(|name| format!("{folder}/{name}")).collect()
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let parts: Vec<&str> = path.trim_start_matches("src/").trim_end_matches(".rs").split('/').collect();
        let code = strip(without_tests(text)).lines().map(str::to_owned).collect();
        let length = text.lines().count();
        Self { path: path.to_owned(), room: parts[0].to_owned(), depth: parts.len(), length, code }
    }

    /// The numbers of the lines whose code is like this.
    pub(super) fn lines_with<'a>(
        &'a self,
        is_it: impl Fn(&str) -> bool + 'a,
    ) -> impl Iterator<Item = usize> + 'a {
        self.code.iter().zip(1..).filter(move |(code, _)| is_it(code)).map(|(_, line)| line)
    }

    /// Every room that is named behind `crate::`, with its line; the rooms of `crate::{a, b}` too.
    pub(super) fn imports(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let own = if self.room == "main" { "syncscope::" } else { "crate::" };
        let text = self.code.join("\n");
        for (at, _) in text.match_indices(own) {
            let line = text[..at].matches('\n').count() + 1;
            let rest = &text[at + own.len()..];
            match rest.strip_prefix('{') {
                Some(list) => found.extend(group(list).map(|room| (line, room))),
                None => found.push((line, name(rest))),
            }
        }
        found
    }

    /// Lines with more `super::` in a row than lead to the room's front.
    pub(super) fn escapes(&self) -> Vec<usize> {
        let chain = "super::".repeat(self.depth);
        if self.room == "main" || self.room == "lib" {
            return Vec::new();
        }
        self.lines_with(|code| code.contains(&chain)).collect()
    }
}

/// Whether the code names a crate: in a path, not as a part of another name.
pub(super) fn mentions_crate(code: &str, name: &str) -> bool {
    let path = format!("{name}::");
    let import = format!("use {name};");
    code.contains(&import)
        || code.match_indices(&path).any(|(at, _)| starts_a_name(code, at) && !code[..at].ends_with("::"))
}

/// Whether the code holds a sign, not as the end of another name.
pub(super) fn mentions(code: &str, sign: &str) -> bool {
    code.match_indices(sign).any(|(at, _)| starts_a_name(code, at))
}

fn starts_a_name(code: &str, at: usize) -> bool {
    !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// The first names of a list of imports, up to its closing brace.
fn group(list: &str) -> impl Iterator<Item = String> {
    let mut depth = 0;
    let mut names = vec![String::new()];
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(String::new()),
            other if depth == 0 => names.last_mut().unwrap().push(other),
            _ => {}
        }
    }
    names.into_iter().map(|text| name(text.trim())).filter(|name| !name.is_empty())
}

fn name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Tests stand at the end of their file.
fn without_tests(text: &str) -> &str {
    let start =
        text.find("#[cfg(test)]\nmod tests {").or_else(|| text.find("#[cfg(test)]\npub(crate) mod tests {"));
    start.map_or(text, |at| &text[..at])
}

/// The code with blanks in place of comments, texts and characters; lines stay lines.
fn strip(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let length = token(rest, text[..at].chars().next_back());
        let kept = length == 0;
        let end = at + if kept { rest.chars().next().map_or(1, char::len_utf8) } else { length };
        for c in text[at..end].chars() {
            out.push(if kept || c == '\n' { c } else { ' ' });
        }
        at = end;
    }
    out
}

/// The length of the comment or literal that begins here; 0 when code does.
fn token(rest: &str, before: Option<char>) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return rest.find("*/").map_or(rest.len(), |end| end + 2);
    }
    if rest.starts_with('"') {
        return closing(rest, 1);
    }
    let is_name = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if rest.starts_with('r') && !is_name {
        return raw(rest);
    }
    if rest.starts_with('\'') { character(rest) } else { 0 }
}

fn closing(rest: &str, mut at: usize) -> usize {
    let bytes = rest.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#`
fn raw(rest: &str) -> usize {
    let hashes = rest[1..].bytes().take_while(|b| *b == b'#').count();
    if rest.as_bytes().get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    rest[2 + hashes..].find(&end).map_or(rest.len(), |at| 2 + hashes + at + end.len())
}

/// `'x'` and `'\n'`, but not the lifetime `'a`.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            rest[2..].char_indices().skip(1).find(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 3)
        }
        Some((at, c)) if rest[at + c.len_utf8()..].starts_with('\'') => at + c.len_utf8() + 1,
        _ => 0,
    }
}

#[test]
fn comments_and_texts_are_no_code() {
    let code = "use a::b; // use c::d\nlet x = \"crate::e \\\" //\"; let y = 'a'; fn f<'a>() {} r#\"crate::g\"# '\\''; z";
    let stripped = strip(code);
    assert!(
        stripped.contains("use a::b;") && stripped.contains("fn f<'a>() {}") && stripped.ends_with("; z")
    );
    for gone in ["c::d", "crate::e", "crate::g"] {
        assert!(!stripped.contains(gone), "{stripped}");
    }
}

#[test]
fn lists_of_imports_are_read() {
    let source = |text: &str| Source {
        path: "src/x.rs".into(),
        room: "x".into(),
        length: 1,
        code: text.lines().map(str::to_owned).collect(),
        depth: 1,
    };
    let names = |text: &str| source(text).imports().into_iter().map(|(_, room)| room).collect::<Vec<_>>();
    assert_eq!(names("use crate::{a::{b, c}, d,\n e::f};"), ["a", "d", "e"]);
    assert_eq!(names("use crate::a::b;\nlet x = crate::c::d();"), ["a", "c"]);
    assert_eq!(source("super::x").escapes(), [1]);
}

#[test]
fn modules_for_tests_are_found() {
    let text =
        "mod a;\n#[cfg(test)]\nmod b;\nmod c;\n#[cfg(test)]\npub(crate) mod d;\n#[cfg(test)]\nmod e {}\n";
    assert_eq!(test_modules("src/x/y.rs", text), ["src/x/y/b", "src/x/y/d"]);
    assert_eq!(test_modules("src/lib.rs", "#[cfg(test)]\nmod z;"), ["src/z"]);
}
