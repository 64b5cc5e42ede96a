//! One large app, made of many copies of small ones whose ids are made different.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::measure;

/// Writes an app of about so many files; gives the files.
pub fn build(folder: &Path, files: usize) -> Vec<PathBuf> {
    let apps = apps();
    let mut written = Vec::new();
    for copy in 0.. {
        for app in &apps {
            let suffix = format!("-{}-{copy}", name(app));
            copy_app(app, folder, &suffix, &mut written);
            if written.len() >= files {
                return written;
            }
        }
    }
    written
}

/// The apps of the corpus, or else the examples.
fn apps() -> Vec<PathBuf> {
    let entries = fs::read_dir(measure::corpus()).unwrap().map(|entry| entry.unwrap().path());
    let mut apps: Vec<PathBuf> = entries.filter(|app| app.join("index.jigx").exists()).collect();
    apps.sort();
    apps
}

fn name(app: &Path) -> String {
    app.file_name().unwrap().to_str().unwrap().to_ascii_lowercase()
}

fn copy_app(app: &Path, folder: &Path, suffix: &str, written: &mut Vec<PathBuf>) {
    let files = measure::app_files(app);
    let texts: Vec<(PathBuf, String)> =
        files.iter().filter_map(|file| Some((file.clone(), fs::read_to_string(file).ok()?))).collect();
    let ids = ids(app, &texts);
    for (file, text) in &texts {
        let relative = file.strip_prefix(app).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let is_index = first.starts_with("index.");
        // There is one index, one list of icons, one file for each language.
        let single = is_index || matches!(first, "assets" | "translations" | "syncscope.yaml");
        if single && (folder.join(relative).exists() || first == "syncscope.yaml") {
            continue;
        }
        let target = if single {
            folder.join(relative)
        } else {
            let stem = file.file_stem().unwrap().to_str().unwrap();
            let ending = file.extension().unwrap().to_str().unwrap();
            folder.join(first).join(suffix.trim_start_matches('-')).join(format!("{stem}{suffix}.{ending}"))
        };
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(&target, with_suffix(text, &ids, suffix)).unwrap();
        written.push(target);
    }
}

/// The ids that an app's files and syncs define.
fn ids(app: &Path, texts: &[(PathBuf, String)]) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for (file, text) in texts {
        if file.strip_prefix(app).unwrap().components().count() > 1 {
            ids.insert(file.file_stem().unwrap().to_str().unwrap().to_owned());
        }
        for rest in text.split("instanceId:").skip(1) {
            let id = rest.lines().next().unwrap_or_default().trim().trim_matches(['"', '\'']);
            ids.insert(id.to_owned());
        }
    }
    ids.retain(|id| id.len() > 2 && id.chars().all(is_part));
    ids
}

/// The text with a suffix at each of the ids, where they stand as whole words.
fn with_suffix(text: &str, ids: &BTreeSet<String>, suffix: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (head, tail) =
            rest.split_at(if word == 0 { rest.chars().next().unwrap().len_utf8() } else { word });
        out.push_str(head);
        if word > 0 && ids.contains(head) {
            out.push_str(suffix);
        }
        rest = tail;
    }
    out
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}
