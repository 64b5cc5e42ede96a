//! The whole way from bytes to report, for files that are damaged, half-written or hostile: no panic, no
//! more work than the size of the app allows, the same bytes every time, and fixes that come to an end.
//!
//! Work is counted, not timed: nodes, findings, rounds of fixing, bytes of the reports.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proptest::prelude::*;

use crate::app::{AppPath, Inputs, Loaded, discover, load};
use crate::diag::{Diagnostic, Files};
use crate::lint::{Mending, Reach, Request, add_ignores, check, fingerprints, rules};
use crate::report::{Colors, Format, Report, write};
use crate::syntax::{MAX_ALIAS_NODES, Node, decode};

/// Pieces that mean something to one of the grammars on the way.
const PIECES: [&str; 40] = [
    "\n",
    " ",
    "\t",
    "\r\n",
    ": ",
    "- ",
    "? ",
    "{",
    "}",
    "[",
    "]",
    "=",
    "'",
    "\"",
    "|\n",
    ">-\n",
    "#",
    " # x",
    "&a ",
    "*a",
    "<<: *a\n",
    "!x ",
    "---\n",
    "\u{feff}",
    "\u{0}",
    "é漢\u{1F600}",
    "=@ctx.",
    "=$f(",
    "@ctx.datasources.x.y",
    "=1 == 2 && !3",
    "SELECT $.a, FROM [",
    "${env:X}",
    "type: action.sync-entities\n",
    "instanceId: x\n",
    "# syncscope: ignore[all]",
    "# syncscope: ignore-file[unknown-jig, sync] -- x\n",
    "null",
    "1e999",
    "=(((((",
    "/* ",
];

/// What is done to the bytes of a file.
#[derive(Debug, Clone)]
enum Harm {
    Flip(usize, u8),
    Cut(usize),
    Remove(usize, usize),
    Insert(usize, &'static str),
    SwapLines(usize, usize),
    RepeatLine(usize, usize),
    Indent(usize, usize),
    Nest(usize, &'static str, usize),
}

fn harm() -> impl Strategy<Value = Harm> {
    let at = || 0_usize..5000;
    let nested = prop::sample::select(vec!["[", "{a: ", "- ", "(", "=[", "? "]);
    prop_oneof![
        (at(), 1_u8..=255).prop_map(|(at, mask)| Harm::Flip(at, mask)),
        at().prop_map(Harm::Cut),
        (at(), 1_usize..60).prop_map(|(at, count)| Harm::Remove(at, count)),
        (at(), prop::sample::select(PIECES.to_vec())).prop_map(|(at, piece)| Harm::Insert(at, piece)),
        (at(), at()).prop_map(|(a, b)| Harm::SwapLines(a, b)),
        (at(), 1_usize..30).prop_map(|(at, count)| Harm::RepeatLine(at, count)),
        (at(), 1_usize..9).prop_map(|(at, blanks)| Harm::Indent(at, blanks)),
        (at(), nested, 1_usize..400).prop_map(|(at, open, depth)| Harm::Nest(at, open, depth)),
    ]
}

fn harmed(mut bytes: Vec<u8>, harm: &Harm) -> Vec<u8> {
    let within = |at: usize| at % (bytes.len() + 1);
    match *harm {
        Harm::Flip(at, mask) => {
            if let Some(byte) = bytes.len().checked_sub(1).and_then(|last| bytes.get_mut(at % (last + 1))) {
                *byte ^= mask;
            }
        }
        Harm::Cut(at) => bytes.truncate(within(at)),
        Harm::Remove(at, count) => {
            let start = within(at);
            let end = (start + count).min(bytes.len());
            bytes.drain(start..end);
        }
        Harm::Insert(at, piece) => splice(&mut bytes, at, piece.as_bytes()),
        Harm::Nest(at, open, depth) => splice(&mut bytes, at, open.repeat(depth).as_bytes()),
        Harm::SwapLines(a, b) => {
            return with_lines(&bytes, |lines| {
                let count = lines.len();
                lines.swap(a % count, b % count);
            });
        }
        Harm::RepeatLine(at, count) => {
            return with_lines(&bytes, |lines| {
                let line = lines[at % lines.len()].clone();
                let at = at % lines.len();
                lines.splice(at..at, std::iter::repeat_n(line, count));
            });
        }
        Harm::Indent(at, blanks) => {
            return with_lines(&bytes, |lines| {
                let at = at % lines.len();
                lines[at].splice(0..0, std::iter::repeat_n(b' ', blanks));
            });
        }
    }
    bytes
}

fn splice(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    let at = at % (bytes.len() + 1);
    bytes.splice(at..at, new.iter().copied());
}

fn with_lines(bytes: &[u8], change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    if !lines.is_empty() {
        change(&mut lines);
    }
    lines.concat()
}

/// YAML that nobody wrote: keys and values of apps in structures of chance.
fn chance_yaml() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "type",
        "options",
        "actions",
        "instanceId",
        "instanceIds",
        "entities",
        "linkTo",
        "query",
        "when",
        "condition",
        "all",
        "scope",
        "id",
        "=@ctx.user.email",
        "=$x(1)",
        "action.action-list",
        "action.start-sync-scope",
        "datasource.sqlite",
        "SELECT 1 FROM [t]",
        "component.list",
        "true",
        "3",
        "''",
        "on",
        "~",
        "parameters",
    ]);
    let word =
        words.prop_map(
            |word: &str| if word.starts_with(['\'', '~']) { word.to_owned() } else { format!("{word:?}") },
        );
    word.prop_recursive(6, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec((inner.clone(), inner), 0..5).prop_map(|entries| {
                let entry = |(key, value): &(String, String)| {
                    // A list or a map is no key of an app, but a file may have it.
                    format!("{key}: {value}")
                };
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }),
        ]
    })
}

/// Apps with something of everything, each with its files.
fn apps() -> &'static [(AppPath, Vec<PathBuf>)] {
    static APPS: OnceLock<Vec<(AppPath, Vec<PathBuf>)>> = OnceLock::new();
    APPS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let corpus = ["../shared/corpus/azure-sql-docs", "../shared/corpus/hello-jigx-solution"];
        let own =
            ["examples/quickstart", "examples/broken", "tests/lint/correct-app", "tests/lint/damaged-files"];
        let folders = own.iter().chain(&corpus).filter_map(|folder| root.join(folder).canonicalize().ok());
        let app = |folder: PathBuf| {
            let place = discover(&[folder.clone()], &folder).unwrap().remove(0);
            let (loaded, ..) = checked(&place, &BTreeMap::new());
            (place, loaded.sources.iter().map(|source| source.path.clone()).collect())
        };
        folders.map(app).collect()
    })
}

type Overlay = BTreeMap<PathBuf, String>;

fn checked(place: &AppPath, overlay: &Overlay) -> (Loaded, Files, Vec<Diagnostic>) {
    let mut files = Files::new();
    let loaded = load(&Inputs { app: place, overlay: overlay.clone(), env: &|_| None }, &mut files).unwrap();
    let found = check(&loaded, &files, &Request::default());
    (loaded, files, found)
}

/// The reports in all formats.
fn reports(loaded: &Loaded, files: &Files, found: &[Diagnostic]) -> Vec<u8> {
    let identities: Vec<String> = fingerprints(loaded, found).iter().map(ToString::to_string).collect();
    let report = Report {
        files,
        diagnostics: found,
        rules: rules(),
        checked: 1,
        fixed: 0,
        most: None,
        identities: &identities,
    };
    let mut out = Vec::new();
    for format in Format::ALL {
        write(&mut out, format, Colors::Never, &report).unwrap();
    }
    out
}

fn nodes(node: &Node) -> usize {
    let values = node.entries().iter().map(|entry| &entry.value).chain(node.items());
    1 + values.map(nodes).sum::<usize>()
}

/// What was done stays within what the size of the texts allows.
fn is_bounded(loaded: &Loaded, files: &Files, found: &[Diagnostic]) -> Result<(), TestCaseError> {
    let mut bytes = 0;
    for source in &loaded.sources {
        let text = files.get(source.file).text();
        let most = text.len() + 2 + MAX_ALIAS_NODES;
        prop_assert!(nodes(&source.tree.root) <= most, "{} has too many nodes", source.path.display());
        bytes += text.len();
    }
    prop_assert!(found.len() <= 20 + bytes / 2, "{} findings in {bytes} bytes", found.len());
    for finding in found {
        let text = files.get(finding.span.file).text();
        prop_assert!(
            text.get(finding.span.range()).is_some(),
            "a place that is not in its file: {finding:?}"
        );
        prop_assert!(!finding.message.is_empty() && finding.message.len() < 4000, "{finding:?}");
        prop_assert!(crate::lint::rule(finding.rule).is_some(), "{finding:?}");
        for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
            prop_assert!(files.get(edit.span.file).text().get(edit.span.range()).is_some(), "{finding:?}");
        }
    }
    Ok(())
}

/// The texts after all fixes; how many rounds it took is bounded by the mending itself.
fn mended(place: &AppPath, overlay: &Overlay, reach: Reach) -> Result<(Overlay, usize), TestCaseError> {
    let (mut texts, mut mending, mut rounds) = (overlay.clone(), Mending::new(reach), 0);
    loop {
        let (loaded, files, found) = checked(place, &texts);
        let rewrites = mending.next(&loaded, &found, &files);
        if rewrites.is_empty() {
            return Ok((texts, mending.fixed()));
        }
        rounds += 1;
        prop_assert!(rounds <= 60, "fixing goes on and on");
        for rewrite in rewrites {
            let source = loaded.sources.iter().find(|source| source.file == rewrite.file).unwrap();
            texts.insert(source.path.clone(), rewrite.text);
        }
    }
}

/// Everything that may be asked of an app with these texts.
fn survives(place: &AppPath, overlay: &Overlay) -> Result<(), TestCaseError> {
    let (loaded, files, found) = checked(place, overlay);
    is_bounded(&loaded, &files, &found)?;
    let report = reports(&loaded, &files, &found);
    let (again, files_again, found_again) = checked(place, overlay);
    prop_assert!(report == reports(&again, &files_again, &found_again), "not the same twice");
    let size: usize = files.iter().map(|(_, file)| file.text().len()).sum();
    prop_assert!(
        report.len() <= 100_000 + found.len() * 40_000 + size * 20,
        "{} bytes of report",
        report.len()
    );
    for reach in [Reach::Safe, Reach::Unsafe] {
        let (texts, _) = mended(place, overlay, reach)?;
        let (same, more) = mended(place, &texts, reach)?;
        prop_assert!(same == texts && more == 0, "a second run of {reach:?} fixes more");
    }
    for rewrite in add_ignores(&loaded, &found, &files, Some("x")).rewrites {
        let gone = |line: &&str| !rewrite.text.contains(line.trim_end_matches(['\r', '\n']));
        let old = files.get(rewrite.file).text();
        let lost = old.split('\n').filter(|line| !line.contains("syncscope:")).find(gone);
        prop_assert_eq!(lost, None, "silence takes nothing away");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn harmed_files_of_real_apps(
        app in any::<prop::sample::Index>(),
        file in any::<prop::sample::Index>(),
        harms in prop::collection::vec(harm(), 1..5),
    ) {
        let (place, paths) = app.get(apps());
        let path = file.get(paths);
        let bytes = harms.iter().fold(fs::read(path).unwrap(), harmed);
        let (text, _) = decode(bytes);
        survives(place, &Overlay::from([(path.clone(), text)]))?;
    }

    #[test]
    fn files_of_chance(
        file in prop::sample::select(vec![
            "index.jigx", "jigs/home.jigx", "actions/x.jigx", "functions/x.jigx", "datasources/x.jigx",
            "databases/default.jigx", "components/x.jigx", "translations/en.jigx", "syncscope.yaml", "jigs/y.json",
        ]),
        text in prop_oneof![chance_yaml(), "\\PC{0,80}", "[-a: \n#\\[\\]{}'\"=@$|>&*!?]{0,120}"],
    ) {
        let place = &apps()[0].0;
        survives(place, &Overlay::from([(place.root.join(file), text)]))?;
    }
}

/// An app on disk with raw bytes in it, which no overlay can hold.
#[test]
fn bytes_that_are_no_text_are_read_and_told() {
    let app = super::App::new(&[("jigs/home.jigx", "title: Home\ntype: jig.default\n")]);
    let table: [&[u8]; 5] = [
        b"\xff\xfe\x00\x01",
        b"title: \xc3\x28\n",
        b"\x00\x00\x00",
        b"\xef\xbb\xbf\xef\xbb\xbf",
        b"\xf0\x9f",
    ];
    for bytes in table {
        fs::write(app.folder.path().join("jigs/home.jigx"), bytes).unwrap();
        let root = app.folder.path().canonicalize().unwrap();
        let place = discover(&[root.clone()], &root).unwrap().remove(0);
        survives(&place, &Overlay::new()).unwrap();
    }
}

/// Twice the text makes at most about twice the findings and the report: nothing is quadratic.
#[test]
fn findings_grow_with_the_size_of_the_app() {
    let place = &apps()[0].0;
    let work = |count: usize| {
        let item = "  - type: action.go-to\n    options: { linkTo: nowhere, linkTooo: =$tody & $a( }\n";
        let text = format!("title: x\ntype: jig.default\nonFocus:\n{}", item.repeat(count));
        let (loaded, files, found) =
            checked(place, &Overlay::from([(place.root.join("jigs/home.jigx"), text)]));
        (found.len(), reports(&loaded, &files, &found).len())
    };
    let (one, two) = (work(100), work(200));
    assert!(two.0 <= 2 * one.0 + 10 && two.1 <= 2 * one.1 + 20_000, "{one:?} {two:?}");
}
