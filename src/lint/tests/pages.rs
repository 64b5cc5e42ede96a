//! Every page's examples are real: the wrong one has the mistake and the right one has none.

use std::collections::BTreeSet;

use super::App;
use crate::lint::rules;

/// Rules whose mistake is too big for a page, or no text.
const WITHOUT_EXAMPLE: [&str; 5] = ["alias-budget", "file-too-large", "not-utf8", "stray-file", "too-deep"];

/// The files of the page's fenced block whose opening line ends with `word`.
pub(super) fn example(docs: &str, word: &str) -> Option<Vec<(String, String)>> {
    let mut lines = docs.lines();
    lines.find(|line| line.starts_with("```") && line.split(' ').nth(1) == Some(word))?;
    let mut files: Vec<(String, String)> = Vec::new();
    for line in lines.take_while(|line| !line.starts_with("```")) {
        if let Some(path) = line.strip_prefix("# ").filter(|path| is_path(path)) {
            files.push((path.to_owned(), String::new()));
        } else {
            let (_, text) = files.last_mut().expect("an example begins with the path of a file");
            text.push_str(line);
            text.push('\n');
        }
    }
    Some(files)
}

fn is_path(text: &str) -> bool {
    !text.contains(' ') && [".jigx", ".yaml", ".json", ".js"].iter().any(|ending| text.ends_with(ending))
}

fn lint_example(docs: &str, word: &str) -> Option<Vec<String>> {
    let files = example(docs, word)?;
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    Some(App::new(&files).lint())
}

#[test]
fn wrong_examples_have_exactly_the_mistake_and_right_ones_none() {
    let mut complaints = Vec::new();
    for rule in rules() {
        let wrong = lint_example(rule.docs, "wrong");
        if wrong.is_none() && !WITHOUT_EXAMPLE.contains(&rule.id) {
            complaints.push(format!("{}: no example", rule.id));
        }
        let expected = format!("{}[{}]", rule.severity.word(), rule.id);
        if let Some(found) = wrong.filter(|found| found.len() != 1 || !found[0].contains(&expected)) {
            complaints.push(format!("{}: wrong example gives {found:#?}", rule.id));
        }
        if let Some(found) = lint_example(rule.docs, "right").filter(|found| !found.is_empty()) {
            complaints.push(format!("{}: right example gives {found:#?}", rule.id));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn rules_are_listed_once_with_a_summary_that_reads_well() {
    let ids: BTreeSet<&str> = rules().iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), rules().len());
    for rule in rules() {
        assert!(
            rule.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{}",
            rule.id
        );
        assert!(!rule.summary.ends_with('.') && rule.summary.len() <= 90, "{}: {}", rule.id, rule.summary);
        assert!(rule.docs.lines().all(|line| line.chars().count() <= 130), "{}: long line", rule.id);
    }
}
