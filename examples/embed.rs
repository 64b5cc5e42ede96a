//! Runs an app from a program of yours, with a provider of your own: `cargo run --example embed`.

#![allow(clippy::print_stdout)]
use std::path::PathBuf;
use std::sync::Arc;

use syncscope::action::ProviderKind;
use syncscope::app::{Inputs, discover, load};
use syncscope::diag::Files;
use syncscope::run::{
    Engine, Fetch, FetchError, Fetched, Observer, Page, Provider, Providers, Record, Row, RunOptions, Sink,
    Stop, SystemClock, Trigger,
};
use syncscope::store::Store;

/// Three rows for any table, from nowhere.
struct ThreeRows;

impl Provider for ThreeRows {
    fn fetch(&self, request: &Fetch<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
        let row = |n: i32| Row {
            id: n.to_string().into(),
            data: format!(r#"{{"id":"{n}","of":"{}"}}"#, request.entity).into(),
        };
        sink.page(&Page { rows: (1..=3).map(row).collect(), ..Page::default() })?;
        Ok(Fetched::default())
    }
}

/// Prints every event as a line of JSON.
struct Lines;

impl Observer for Lines {
    fn observe(&self, record: &Record) {
        println!("{}", serde_json::to_string(record).unwrap_or_default());
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = discover(&[PathBuf::from("examples/quickstart")], &std::env::current_dir()?)?.remove(0);
    let mut files = Files::new();
    let loaded = load(&Inputs { app: &app, overlay: [].into(), env: &|_| None }, &mut files)?;
    let store = Store::open_in_memory()?;
    let engine = Engine {
        project: &loaded.project,
        files: &files,
        store: &store,
        providers: Providers::new()
            .with(ProviderKind::Rest, Arc::new(ThreeRows))
            .with(ProviderKind::Dynamic, Arc::new(ThreeRows)),
        clock: Arc::new(SystemClock),
        observer: &Lines,
        stop: Stop::new(None),
        options: RunOptions::default(),
    };
    let summary = engine.trigger(&Trigger::Event { name: "onLoad".into(), jig: None })?;
    println!("{:?}: {} scopes in the database", summary.outcome, store.scopes()?.len());
    Ok(())
}
