//! Whatever is done to an app's files, reading them gives an app and findings, and never a panic.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;

use crate::app::{AppPath, Inputs, load};
use crate::diag::Files;

/// A file of every kind.
const APP: [(&str, &str); 9] = [
    (
        "index.jigx",
        "name: x
title: T
tabs: { home: { jigId: home } }
expressions: { a: '=1', b: =$a }
state: { s: { initialValue: =$now() } }
onLoad: &load
  type: action.action-list
  when: =@ctx.datasources.all[id = 'x'].state != 'y'
  condition: { all: [{ scope: { id: load, isNot: [syncing] } }, { not: { status: { entity: t, is: synced } } }, 'online() && now() > 0'] }
  options:
    isSequential: true
    actions:
      - { type: action.start-sync-scope, instanceId: load, options: { instanceIds: [pull], ifRunning: skip } }
      - type: action.sync-entities
        instanceId: pull
        options:
          provider: DATA_PROVIDER_REST
          entities: |
            =$map([1], function($x) { {'entity': 'a', 'function': 'get'} })[]
onFocus: *load
onTableChanged: [{ table: default/t, action: { type: action.go-back } }]
",
    ),
    (
        "jigs/home.jigx",
        "title: =@ctx.user.email
type: jig.default
inputs: { id: { type: string, required: true } }
datasources: { own: { datasourceId: all, inputs: { a: =1 } } }
children:
  - type: component.list
    options: { onPress: { type: action.set-state, options: { state: =@ctx.solution.state.s, value: { a: [=1] } } } }
",
    ),
    ("actions/a.jigx", "action: { type: action.confirm, options: { onConfirmed: { type: action-go-back } } }\nparameters: { p: { default: 1 } }\n"),
    ("functions/get.jigx", "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://x/{id}\nparameters: { id: { location: path, required: true, type: string, value: =1 } }\noutputTransform: $.items\ncontinuation: { when: =1, url: =2 }\n"),
    ("datasources/all.jigx", "type: datasource.sqlite\noptions: { provider: DATA_PROVIDER_LOCAL, entities: [_syncScope, { entity: t }], query: \"SELECT '$.x' FROM [t] WHERE a = @a\", queryParameters: { a: =1 } }\n"),
    ("databases/default.jigx", "tables: { t: null }\n"),
    ("components/card.jigx", "type: component.default\ninputs: { a: { type: string } }\nchildren: []\n"),
    ("translations/en.jigx", "{\"hello\": \"{n, plural, one {x} other {y}}\"}\n"),
    ("syncscope.yaml", "database: x.db\nbackend: jigs\nhttp: { timeout: 30s }\nuser: { a: '${env:A:-b} ${backend}' }\nlint: { ignore: [x], perFile: { 'a/**': [b] } }\n"),
];

/// What is done to a text.
#[derive(Debug, Clone)]
enum Change {
    Cut(usize),
    Remove(usize, usize),
    Insert(usize, &'static str),
    Repeat(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let piece = prop::sample::select(vec![
        "\n",
        " ",
        ":",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "=",
        "'",
        "\"",
        "|\n",
        ">-\n",
        "&a ",
        "*a",
        "*load",
        "# ",
        "\t",
        "\u{FEFF}",
        "\0",
        "é",
        "type: action.x",
        "=@ctx.",
        "${env:",
        "null",
        "<<: *load",
        "? ",
        "!!str ",
        "---\n",
        "..",
        "{}",
        "=$a.b[",
        "instanceId: =x",
    ]);
    prop_oneof![
        any::<usize>().prop_map(Change::Cut),
        (any::<usize>(), 0..40_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<usize>(), piece).prop_map(|(at, piece)| Change::Insert(at, piece)),
        (any::<usize>(), 0..200_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
    ]
}

fn changed(text: &str, change: &Change) -> String {
    let place = |at: usize| {
        let at = at % (text.len() + 1);
        (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
    };
    match *change {
        Change::Cut(at) => text[..place(at)].to_owned(),
        Change::Remove(at, length) => {
            let from = place(at);
            let to = (from + length..=text.len()).find(|to| text.is_char_boundary(*to)).unwrap_or(text.len());
            format!("{}{}", &text[..from], &text[to.max(from)..])
        }
        Change::Insert(at, piece) => {
            let at = place(at);
            format!("{}{piece}{}", &text[..at], &text[at..])
        }
        Change::Repeat(at, length) => {
            let from = place(at);
            let to = (from + length..=text.len()).find(|to| text.is_char_boundary(*to)).unwrap_or(text.len());
            format!("{}{}", &text[..to.max(from)], &text[from..])
        }
    }
}

/// Reads the app with one of its files changed; every finding must point into its file.
fn read(file: usize, changes: &[Change]) {
    let root = PathBuf::from("/an/app/that/is/nowhere");
    let texts = APP.iter().enumerate().map(|(n, (path, text))| {
        let text = if n == file {
            changes.iter().fold((*text).to_owned(), |text, c| changed(&text, c))
        } else {
            (*text).to_owned()
        };
        (root.join(path), text)
    });
    let overlay: BTreeMap<PathBuf, String> = texts.collect();
    let app = AppPath { root: root.clone(), single: None, selected: Vec::new(), shown_from: root };
    let mut files = Files::new();
    // A folder that does not exist has no files but those of the editor.
    let loaded = load(&Inputs { app: &app, overlay, env: &|_| None }, &mut files).unwrap();
    for found in loaded.diagnostics() {
        let places = found.labels.iter().map(|label| label.span).chain([found.span]);
        for span in places {
            let text = files.get(span.file).text();
            assert!(text.get(span.range()).is_some(), "{found:?} points outside of {text:?}");
        }
    }
    for placed in loaded.project.root_actions() {
        let source = loaded.sources.iter().find(|source| source.file == placed.file).unwrap();
        placed.action.visit(&mut |action| {
            assert!(source.tree.root.at(&action.pointer).is_some(), "{}", action.pointer);
        });
    }
}

#[test]
fn the_app_itself_is_without_mistakes() {
    let app = super::stage::App::new(&APP);
    let found = app.found();
    assert!(
        found.iter().all(|found| found.starts_with("action-type-alias") || found.starts_with("unknown-key")),
        "{found:#?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn a_changed_app_is_read_without_panic(file in 0..APP.len(), changes in prop::collection::vec(change(), 1..5)) {
        read(file, &changes);
    }
}
