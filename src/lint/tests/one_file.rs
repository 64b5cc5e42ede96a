//! An app may stand in one `index.yaml` (interface.md §1), and nothing is wrong with it that would not be in
//! files of its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::App;
use super::pages::example;
use crate::diag::Group;
use crate::lint::rules;

/// Rules about files, which are other files then.
const ABOUT_FILES: [&str; 1] = ["empty-file"];

type File = (String, String);

/// The files with all that can stand in one file in `index.yaml`; `None` when that is not the same app.
fn joined(files: &[File]) -> Option<Vec<File>> {
    let mut index = String::new();
    let mut sections: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    let mut others = Vec::new();
    for (path, text) in files {
        let (name, ending) = path.rsplit_once('.')?;
        match name.split_once('/') {
            None if name == "index" => index.clone_from(text),
            Some((section, id)) if ending != "js" && section != "assets" => {
                sections.entry(section).or_default().push((id, text));
            }
            _ => others.push((path.clone(), text.clone())),
        }
    }
    let is_plain = |id: &str| id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if sections.is_empty() || sections.values().flatten().any(|(id, _)| !is_plain(id)) {
        return None;
    }
    let has_section = sections.keys().any(|section| index.contains(&format!("{section}:\n")));
    if has_section || index.trim_start().starts_with('{') {
        return None;
    }
    for (section, parts) in sections {
        writeln!(index, "{section}:").unwrap();
        for (id, text) in parts {
            writeln!(index, "  {id}:").unwrap();
            text.lines().for_each(|line| writeln!(index, "    {line}").unwrap());
        }
    }
    others.push(("index.yaml".to_owned(), index));
    Some(others)
}

/// Findings without their places, sorted.
fn told(files: &[File]) -> Vec<String> {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    let found = App::new(&files).lint();
    let mut told: Vec<String> = found
        .iter()
        .map(|line| line.split_once(": ").map_or(line.clone(), |(_, told)| told.to_owned()))
        .collect();
    told.sort();
    told
}

#[test]
fn every_example_says_the_same_in_one_file() {
    let (mut complaints, mut tried) = (Vec::new(), 0);
    for rule in rules().iter().filter(|rule| rule.group != Group::Syntax && !ABOUT_FILES.contains(&rule.id)) {
        for word in ["wrong", "right"] {
            let Some(files) = example(rule.docs, word) else { continue };
            let Some(one) = joined(&files) else { continue };
            let (apart, together) = (told(&files), told(&one));
            tried += 1;
            if apart != together {
                let text = &one.last().expect("BUG: there is an index").1;
                complaints.push(format!("{} {word}: {apart:#?} became {together:#?}\n{text}", rule.id));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(tried > 150, "only {tried} examples");
}
