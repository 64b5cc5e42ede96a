//! Named SQL connections: where a function's statements go.

use std::path::{Path, PathBuf};

/// Where the statements of functions go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlConnection {
    /// To a SQLite file.
    Sqlite(PathBuf),
    /// To something that this runtime does not know; the word is its kind, `postgres` for example,
    /// and empty when there is none.
    Other(String),
}

impl SqlConnection {
    /// Reads `sqlite:crm.db`; the file is looked for from `root`. Of anything else only the kind is
    /// kept, because passwords stand in such texts.
    #[must_use]
    pub fn parse(root: &Path, text: &str) -> Self {
        let (kind, rest) = text.trim().split_once(':').unwrap_or(("", text));
        if kind.eq_ignore_ascii_case("sqlite") {
            let file = rest.strip_prefix("//").unwrap_or(rest);
            return Self::Sqlite(root.join(file));
        }
        let is_kind = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let named = !kind.is_empty() && kind.len() <= 20 && kind.chars().all(is_kind);
        Self::Other(if named { kind.to_ascii_lowercase() } else { String::new() })
    }

    /// Its file, when it has one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(file) => Some(file),
            Self::Other(_) => None,
        }
    }

    /// What a connection that this runtime does not know is called in messages.
    #[must_use]
    pub fn unsupported(&self) -> Option<String> {
        match self {
            Self::Sqlite(_) => None,
            Self::Other(kind) if kind.is_empty() => Some("a connection of this kind".to_owned()),
            Self::Other(kind) => Some(format!("a `{kind}:` connection")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_looked_for_from_the_settings() {
        let file = |text: &str| SqlConnection::parse(Path::new("/app"), text);
        for (text, path) in [
            ("sqlite:crm.db", "/app/crm.db"),
            ("SQLite:data/crm.db", "/app/data/crm.db"),
            ("sqlite://crm.db", "/app/crm.db"),
            ("sqlite:///srv/crm.db", "/srv/crm.db"),
        ] {
            assert_eq!(file(text), SqlConnection::Sqlite(path.into()), "{text}");
        }
    }

    #[test]
    fn nothing_but_the_kind_is_kept_of_others() {
        let other = |text: &str| SqlConnection::parse(Path::new("/app"), text);
        assert_eq!(other("postgres://me:secret@db/crm"), SqlConnection::Other("postgres".to_owned()));
        for text in ["Server=tcp:db;Password=secret", "crm.db", "pass word:x"] {
            assert_eq!(other(text), SqlConnection::Other(String::new()), "{text}");
        }
    }
}
