//! Every schema has a valid example and one with a single mistake, named in its first line.

use std::path::{Path, PathBuf};

use super::super::catalogue::VALUES;
use super::super::schema_names;
use super::{check_inside, findings, mended, parsed};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/examples")
}

fn names() -> impl Iterator<Item = &'static str> {
    schema_names().into_iter().filter(|name| *name != VALUES)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn valid_examples_are_valid() {
    for name in names() {
        let text = read(&folder().join(format!("{name}.yaml")));
        let (_, mut found) = findings(name, &text);
        let (_, tree, _) = parsed(&text);
        let values = tree.root.entries().iter().map(|entry| &entry.value);
        values.for_each(|inner| check_inside(inner, &tree, &mut found));
        let expected = usize::from(name == "action.sync-status");
        assert_eq!(found.len(), expected, "{name}: {found:#?}");
    }
}

#[test]
fn invalid_examples_have_one_finding_each() {
    for name in names() {
        let text = read(&folder().join(format!("invalid/{name}.yaml")));
        let rule = text.lines().next().unwrap().trim_start_matches("# ");
        let (_, mut found) = findings(name, &text);
        found.retain(|diagnostic| {
            diagnostic.severity == crate::diag::Severity::Error || name != "action.sync-status"
        });
        let rules: Vec<&str> = found.iter().map(|diagnostic| diagnostic.rule).collect();
        assert_eq!(rules, [rule], "{name}: {found:#?}");
    }
}

#[test]
fn fixes_of_the_examples_mend_them() {
    let mut mended_ones = 0;
    for name in names() {
        let text = read(&folder().join(format!("invalid/{name}.yaml")));
        let (_, found) = findings(name, &text);
        if found.iter().any(|diagnostic| diagnostic.fix.is_some()) {
            let better = mended(&text, &found);
            let (_, left) = findings(name, &better);
            assert!(left.len() < found.len(), "{name}: {better}\n{left:#?}");
            mended_ones += 1;
        }
    }
    assert!(mended_ones >= 12, "{mended_ones}");
}

#[test]
fn no_example_is_left_over() {
    for sub in ["", "invalid"] {
        for entry in std::fs::read_dir(folder().join(sub)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(path.is_dir() || names().any(|known| known == name), "{}", path.display());
        }
    }
}
