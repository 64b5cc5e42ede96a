//! What loading and checking the corpus costs, by stage.
#![allow(clippy::cast_precision_loss, clippy::unwrap_used)]

#[path = "shared/measure.rs"]
mod measure;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use divan::Bencher;
use divan::counter::ItemsCount;
use syncscope::app::{AppPath, Inputs, Loaded, discover, load};
use syncscope::diag::Files;
use syncscope::lint::{Request, check};
use syncscope::syntax::{Format, parse};

fn main() {
    divan::main();
}

fn apps() -> Vec<AppPath> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(measure::corpus()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("index.jigx").exists());
    discover(&folders, &measure::corpus()).unwrap()
}

fn files() -> Vec<PathBuf> {
    apps().iter().flat_map(|app| measure::app_files(&app.root)).collect()
}

fn load_all(apps: &[AppPath]) -> Vec<(Files, Loaded)> {
    let one = |app| {
        let mut files = Files::new();
        let loaded = load(&Inputs { app, overlay: BTreeMap::new(), env: &|_| None }, &mut files).unwrap();
        (files, loaded)
    };
    apps.iter().map(one).collect()
}

#[divan::bench]
fn a_collect(bencher: Bencher) {
    let files = files();
    bencher.counter(ItemsCount::new(files.len())).bench(|| {
        let found = apps();
        let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        (found, texts)
    });
}

#[divan::bench]
fn b_parse(bencher: Bencher) {
    let texts: Vec<(PathBuf, String)> =
        files().into_iter().map(|file| (file.clone(), fs::read_to_string(file).unwrap())).collect();
    bencher.counter(ItemsCount::new(texts.len())).bench(|| {
        let mut files = Files::new();
        let tree = |(path, text): &(PathBuf, String)| {
            let path = path.to_str().unwrap();
            let file = files.add(path, text.as_str());
            parse(file, text, Format::of_path(path))
        };
        texts.iter().map(tree).collect::<Vec<_>>()
    });
}

/// Collect, parse, check against the schemas, lower.
#[divan::bench]
fn c_load(bencher: Bencher) {
    let apps = apps();
    bencher.counter(ItemsCount::new(files().len())).bench(|| load_all(&apps));
}

#[divan::bench]
fn d_check(bencher: Bencher) {
    let loaded = load_all(&apps());
    bencher.counter(ItemsCount::new(files().len())).bench(|| {
        loaded.iter().map(|(files, loaded)| check(loaded, files, &Request::default()).len()).sum::<usize>()
    });
}
