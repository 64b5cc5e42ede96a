use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Names files of an app the way that ignore files do: `jigs/legacy/**`, `*.json`, `home.jigx`.
#[derive(Debug, Clone)]
pub struct FilePattern {
    files: Gitignore,
}

impl FilePattern {
    /// Reads a pattern for the files below `root`; `None` when it is none.
    #[must_use]
    pub fn parse(root: &Path, pattern: &str) -> Option<Self> {
        if names_nothing(pattern) {
            return None;
        }
        let mut builder = GitignoreBuilder::new(root);
        builder.add_line(None, pattern).ok()?;
        Some(Self { files: builder.build().ok()? })
    }

    /// Whether it names the file at this path, or a folder that the file lies in.
    #[must_use]
    pub fn matches(&self, path: &Path) -> bool {
        let inside = path.strip_prefix(self.files.path());
        inside.is_ok_and(|path| self.files.matched_path_or_any_parents(path, false).is_ignore())
    }
}

/// What an ignore file would take without a word, and what no file can match: an empty line, a comment,
/// an exception, a bracket that is never closed.
fn names_nothing(pattern: &str) -> bool {
    let open = pattern.match_indices('[').find(|(at, _)| !pattern[..*at].ends_with('\\'));
    let unclosed = open.is_some_and(|(at, _)| !pattern[at..].contains(']'));
    pattern.trim().is_empty() || pattern.starts_with(['#', '!']) || unclosed
}
