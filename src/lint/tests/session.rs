//! After any edits, an app that was brought up to date is what it would be if it were read anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;

use super::fixtures::in_full;
use crate::app::{AppPath, Changes, Inputs, LoadError, Loaded, Project, load};
use crate::diag::Files;
use crate::lint::{Checked, Request, Session, check};

/// What an author does between two reloads.
#[derive(Debug, Clone)]
enum Edit {
    /// Puts a piece of text into a file.
    Insert(usize, usize, usize),
    /// Takes bytes out of a file.
    Cut(usize, usize, usize),
    /// Puts back what the file was at first.
    Repair(usize),
    /// Writes over every use of an id in a file with another id of the app.
    Swap(usize, usize, usize),
    /// Removes a file.
    Remove(usize),
    /// Gives a file another name.
    Rename(usize, usize),
    /// Copies a file to another name, so that what it defines is there twice.
    Copy(usize, usize),
    /// Moves a folder away, or back.
    MoveFolder(usize),
    /// Writes a file from the list of texts.
    Write(usize),
}

/// What texts are broken and bent with.
const PIECES: [&str; 18] = [
    "\n",
    " ",
    ":",
    "- ",
    "{",
    "}",
    "'",
    "=",
    "# syncscope: ignore[all]\n",
    "instanceId: pull\n",
    "type: action.x\n",
    "functionId: other\n",
    "&a ",
    "*a",
    "<<: *a\n",
    "=@ctx.datasources.nothing",
    "\u{FEFF}",
    "when: \"=\"\n",
];

/// Files that say something about the whole app.
const TEXTS: [(&str, &str); 12] = [
    ("syncscope.yaml", "lint: { ignore: [unknown-jig] }\n"),
    ("syncscope.yaml", "lint: { severity: { unknown-function: warning }, perFile: { 'jigs/**': [sync] } }\n"),
    ("syncscope.yaml", "lint: { select: [nothing] }\n"),
    ("syncscope.yml", "user: 1\n"),
    (".gitignore", "actions/\n"),
    (".gitignore", ""),
    (".syncscopeignore", "*-2.jigx\n"),
    ("databases/default.jigx", "tables: { t: null, people: null }\n"),
    ("databases/crm.jigx", "tables: { people: null }\n"),
    ("scripts/expressions/helper.js", "export function one() {}\n"),
    ("jigs/notes", "no file of the app\n"),
    ("index.yaml", "name: second\ntitle: Second\n"),
];

fn edit() -> impl Strategy<Value = Edit> {
    let n = any::<usize>;
    prop_oneof![
        4 => (n(), n(), n()).prop_map(|(file, at, piece)| Edit::Insert(file, at, piece)),
        3 => (n(), n(), 0..60_usize).prop_map(|(file, at, length)| Edit::Cut(file, at, length)),
        3 => n().prop_map(Edit::Repair),
        4 => (n(), n(), n()).prop_map(|(file, from, to)| Edit::Swap(file, from, to)),
        2 => n().prop_map(Edit::Remove),
        2 => (n(), n()).prop_map(|(file, name)| Edit::Rename(file, name)),
        2 => (n(), n()).prop_map(|(file, name)| Edit::Copy(file, name)),
        1 => n().prop_map(Edit::MoveFolder),
        2 => n().prop_map(Edit::Write),
    ]
}

/// An app on disk with its first texts.
struct Desk {
    folder: TempDir,
    app: AppPath,
    first: BTreeMap<PathBuf, String>,
    ids: Vec<String>,
}

impl Desk {
    fn new(from: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_path_buf();
        copy(from, &root);
        let single = root.join("app.json");
        let app = AppPath {
            single: single.is_file().then_some(single),
            root: root.clone(),
            selected: Vec::new(),
            shown_from: root.clone(),
        };
        let first: BTreeMap<PathBuf, String> = files_below(&root)
            .into_iter()
            .filter_map(|path| Some((path.clone(), fs::read_to_string(path).ok()?)))
            .collect();
        let stem = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut ids: Vec<String> = first.keys().map(stem).collect();
        let named = first.values().flat_map(|text| text.split("instanceId:").skip(1));
        ids.extend(
            named.filter_map(|rest| rest.split_whitespace().next()).map(|id| id.trim_matches(',').to_owned()),
        );
        ids.retain(|id| id.len() > 1);
        Self { folder, app, first, ids }
    }

    fn fresh(&self) -> Result<(Loaded, Files), LoadError> {
        let mut files = Files::new();
        let inputs = Inputs { app: &self.app, overlay: BTreeMap::new(), env: &|_| None };
        Ok((load(&inputs, &mut files)?, files))
    }

    /// Does an edit; gives the paths that a watcher would name.
    fn edit(&self, edit: &Edit) -> Vec<PathBuf> {
        let root = self.folder.path();
        let files = files_below(root);
        let file = |n: &usize| files.get(n % files.len().max(1)).cloned();
        let text = |path: &PathBuf| fs::read_to_string(path).unwrap_or_default();
        let changed = match edit {
            Edit::Write(n) => {
                let (path, text) = TEXTS[n % TEXTS.len()];
                Some(write(root.join(path), text))
            }
            Edit::Repair(n) => {
                self.first.iter().nth(n % self.first.len()).map(|(path, text)| write(path.clone(), text))
            }
            Edit::MoveFolder(n) => Some(move_folder(root, *n)),
            Edit::Insert(n, at, piece) => file(n).map(|path| {
                let (before, after) = split(&text(&path), *at);
                write(path, &format!("{before}{}{after}", PIECES[piece % PIECES.len()]))
            }),
            Edit::Cut(n, at, length) => file(n).map(|path| {
                let (before, after) = split(&text(&path), *at);
                let after: String = after.chars().skip(*length).collect();
                write(path, &(before + &after))
            }),
            Edit::Swap(n, from, to) => file(n).filter(|_| !self.ids.is_empty()).map(|path| {
                let (from, to) = (&self.ids[from % self.ids.len()], &self.ids[to % self.ids.len()]);
                let text = text(&path).replace(from.as_str(), to);
                write(path, &text)
            }),
            Edit::Remove(n) => file(n).map(|path| {
                fs::remove_file(&path).unwrap();
                vec![path]
            }),
            Edit::Rename(n, name) => file(n).map(|path| {
                let target = other_name(&path, *name);
                fs::rename(&path, &target).unwrap();
                vec![path, target]
            }),
            Edit::Copy(n, name) => file(n).map(|path| {
                let target = other_name(&path, *name);
                let text = text(&path);
                write(target, &text)
            }),
        };
        changed.unwrap_or_default()
    }
}

fn write(path: PathBuf, text: &str) -> Vec<PathBuf> {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    vec![path]
}

fn split(text: &str, at: usize) -> (String, String) {
    let at = at % (text.len() + 1);
    let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    (text[..at].to_owned(), text[at..].to_owned())
}

/// Another name in the same folder or the one above it, with an ending that may be none of the format's.
fn other_name(path: &Path, n: usize) -> PathBuf {
    let ending = ["jigx", "yaml", "jgix", "json"][n % 4];
    let stem = path.file_stem().unwrap().to_string_lossy();
    let name =
        ["a-first".to_owned(), format!("{stem}-2"), stem.into_owned(), "zz".to_owned()][n / 4 % 4].clone();
    let folder = path.parent().unwrap();
    let folder = if n.is_multiple_of(7) { folder.join("deeper") } else { folder.to_path_buf() };
    fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{name}.{ending}"))
}

fn move_folder(root: &Path, n: usize) -> Vec<PathBuf> {
    let name = ["jigs", "actions", "functions", "datasources"][n % 4];
    let (there, away) = (root.join(name), root.join(format!("{name}-away")));
    if there.is_dir() && !away.exists() {
        fs::rename(&there, &away).unwrap();
    } else if away.is_dir() && !there.exists() {
        fs::rename(&away, &there).unwrap();
    }
    vec![away, there]
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// All that is known of an app, with the numbers of ids replaced by their order.
fn whole(loaded: &Loaded, files: &Files) -> String {
    let Project {
        name,
        home,
        jigs,
        components,
        actions,
        functions,
        datasources,
        databases,
        scripts,
        index,
        ..
    } = &loaded.project;
    let screens = (name, home, jigs, components);
    let text = format!("{:#?}", (screens, actions, functions, datasources, databases, scripts, index));
    let mut parts = text.split("FileId(\n");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits: String = part.trim_start().chars().take_while(char::is_ascii_digit).collect();
        let order = files.iter().position(|(id, _)| id.number().to_string() == digits);
        write!(out, "file {order:?}").unwrap();
        out.push_str(&part.trim_start()[digits.len()..]);
    }
    out
}

fn told(found: &[crate::diag::Diagnostic], files: &Files) -> Vec<String> {
    found.iter().map(|diagnostic| in_full(diagnostic, files)).collect()
}

/// The apps that the edits begin with.
fn apps() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/lint", "examples", "../shared/corpus"].map(|folder| root.join(folder));
    let inside =
        |folder: &PathBuf| fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let is_app = |path: &PathBuf| ["index.jigx", "app.json"].iter().any(|name| path.join(name).is_file());
    let mut apps: Vec<PathBuf> = folders.iter().flat_map(inside).filter(is_app).collect();
    apps.sort();
    apps
}

fn same(desk: &Desk, reloaded: Result<Arc<Checked>, LoadError>) {
    let (checked, loaded, files) = match (reloaded, desk.fresh()) {
        (Ok(checked), Ok((loaded, files))) => (checked, loaded, files),
        (Err(one), Err(other)) => return assert_eq!(one.to_string(), other.to_string()),
        (one, other) => panic!("{:?}, but {:?}", one.err(), other.err()),
    };
    let texts = |files: &Files| {
        files.iter().map(|(_, file)| (file.path().to_owned(), file.shared_text())).collect::<Vec<_>>()
    };
    assert_eq!(texts(&checked.files), texts(&files));
    let expected = told(&check(&loaded, &files, &Request::default()), &files);
    let found: Vec<_> = checked.findings().cloned().collect();
    let found = told(&found, &checked.files);
    let missing: Vec<_> = expected.iter().filter(|told| !found.contains(told)).collect();
    let left_over: Vec<_> = found.iter().filter(|told| !expected.contains(told)).collect();
    assert!(missing.is_empty() && left_over.is_empty(), "missing {missing:#?}\nleft over {left_over:#?}");
    assert_eq!(found, expected, "the order");
    assert!(whole(&checked.loaded, &checked.files) == whole(&loaded, &files), "the app itself");
}

fn play(app: &Path, rounds: &[Vec<Edit>]) {
    let desk = Desk::new(app);
    let mut session = Session::new(desk.app.clone(), Request::default(), Box::new(|_| None));
    same(&desk, session.reload(Changes::Unknown));
    for round in rounds {
        let paths: Vec<PathBuf> = round.iter().flat_map(|edit| desk.edit(edit)).collect();
        same(&desk, session.reload(Changes::Paths(&paths)));
    }
}

/// More of them with `PROPTEST_CASES`.
fn cases() -> u32 {
    const USUAL: u32 = 256;
    match ProptestConfig::default().cases {
        USUAL => 40,
        asked => asked,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn a_reloaded_app_is_the_same_as_a_fresh_one(
        app in prop::sample::select(apps()),
        rounds in prop::collection::vec(prop::collection::vec(edit(), 1..4), 1..8),
    ) {
        play(&app, &rounds);
    }
}
