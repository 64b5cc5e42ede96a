//! The house rules that a compiler does not hold: layers, owners of crates, who may touch the world,
//! the size of files, and lists that stand twice.

mod source;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use source::{Source, sources};

/// Who may import whom. Rooms that are not named here do not exist.
const LAYERS: &[(&str, &[&str])] = &[
    ("diag", &[]),
    ("syntax", &["diag"]),
    ("expr", &["diag"]),
    ("report", &["diag"]),
    ("store", &[]),
    ("serve", &[]),
    ("action", &["diag", "syntax", "expr"]),
    ("app", &["diag", "syntax", "expr", "action"]),
    ("lint", &["diag", "syntax", "expr", "action", "app", "store"]),
    ("run", &["diag", "expr", "action", "app", "store"]),
    ("watch", &["diag", "app", "lint"]),
    ("cli", &["diag", "syntax", "expr", "report", "store", "serve", "action", "app", "lint", "run", "watch"]),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// The one part of the source that may use a crate, by the beginning of its path.
const OWNERS: &[(&str, &str)] = &[
    ("granit_parser", "src/syntax/yaml"),
    ("jsonata_core", "src/expr/jsonata"),
    ("evalexpr", "src/expr/condition"),
    ("jsonschema", "src/app/schema"),
    ("rusqlite", "src/store"),
    ("ureq", "src/run/provider/rest"),
    ("annotate_snippets", "src/report/human"),
    ("strsim", "src/diag/closest"),
    ("notify", "src/watch/fs"),
    ("rustix::fs", "src/watch/kind"),
    ("rustix::termios", "src/cli/terminal"),
    ("console", "src/cli/terminal"),
    ("clap", "src/cli"),
    ("clap_complete", "src/cli/completions"),
    ("clap_mangen", "src/cli/man"),
    ("indicatif", "src/cli/progress"),
    ("signal_hook", "src/cli/signals"),
];

/// What touches the world, and the files that may, by the beginnings of their paths.
const WORLD: &[(&str, &[&str], &[&str])] = &[
    (
        "files",
        &["std::fs", "fs::", "File::open", "File::create", "OpenOptions"],
        &[
            "src/app/collect",
            "src/store",
            "src/serve",
            "src/cli/init",
            "src/cli/lint",
            "src/cli/session",
            "src/run/files",
            "src/run/provider/rest/http/tape",
            "src/watch.rs",
            "src/watch/fs",
            "src/watch/kind",
            "src/watch/links",
            "src/watch/places",
            "src/watch/poll",
        ],
    ),
    ("network", &["std::net", "TcpStream", "TcpListener", "ureq"], &["src/serve", "src/run/provider/rest"]),
    (
        "environment",
        &["env::var", "env::args", "env::current_dir", "std::env"],
        &["src/cli/streams", "src/main"],
    ),
    ("wall clock", &["SystemTime::now"], &["src/run/clock", "src/store/owner", "src/serve"]),
    (
        "stop watch",
        &["Instant::now"],
        &[
            "src/run",
            "src/store",
            "src/serve",
            "src/expr/jsonata",
            "src/cli/progress",
            "src/cli/dev",
            "src/lint/profile",
        ],
    ),
    (
        "random",
        &["Uuid::new", "RandomState", "getrandom"],
        &["src/run/clock", "src/run/provider/rest", "src/store/owner"],
    ),
    (
        "standard streams",
        &[
            "println!",
            "print!",
            "eprintln!",
            "eprint!",
            "io::stdout",
            "io::stderr",
            "io::stdin",
            "rustix::stdio",
        ],
        &["src/cli/streams", "src/cli/terminal"],
    ),
    (
        "processes",
        &["process::exit", "process::abort", "Command::new", "low_level::exit", "low_level::raise"],
        &["src/cli/signals", "src/cli/lint/since"],
    ),
];

#[test]
fn rooms_import_only_what_lies_below_them() {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(allowed) = layers.get(source.room.as_str()) else {
            wrong.push(format!("{}: the room `{}` is in no layer", source.path, source.room));
            continue;
        };
        for (line, room) in source.imports() {
            let known = layers.contains_key(room.as_str());
            if known && room != source.room && !allowed.contains(&room.as_str()) {
                wrong.push(format!("{}:{line}: `{}` may not import `{room}`", source.path, source.room));
            }
        }
        for line in source.escapes() {
            wrong.push(format!("{}:{line}: `super::` leads out of the room, write `crate::`", source.path));
        }
    }
    none(&wrong);
}

#[test]
fn every_heavy_crate_has_one_owner() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, owner) in OWNERS.iter().filter(|(_, owner)| !source.path.starts_with(owner)) {
            let lines = source.lines_with(|code| source::mentions_crate(code, name));
            wrong.extend(lines.map(|line| format!("{}:{line}: `{name}` belongs to {owner}", source.path)));
        }
    }
    none(&wrong);
}

#[test]
fn only_the_named_files_touch_the_world() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (what, signs, files) in WORLD {
            if files.iter().any(|file| source.path.starts_with(file)) {
                continue;
            }
            let lines = source.lines_with(|code| signs.iter().any(|sign| source::mentions(code, sign)));
            wrong.extend(lines.map(|line| format!("{}:{line}: touches the {what}", source.path)));
        }
    }
    none(&wrong);
}

#[test]
fn files_are_short() {
    let long = sources().into_iter().filter(|source| source.length > 800);
    none(&long.map(|source| format!("{}: {} lines", source.path, source.length)).collect::<Vec<_>>());
}

#[test]
fn rooms_have_no_mod_files_and_no_idle_names() {
    let idle = ["mod", "utils", "util", "helpers", "helper", "manager", "common", "misc"];
    let named =
        |source: &Source| idle.contains(&Path::new(&source.path).file_stem().unwrap().to_str().unwrap());
    none(&sources().into_iter().filter(named).map(|source| source.path).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_open() {
    let signs = ["todo!", "unimplemented!", "dbg!", "#[ignore"].map(str::to_owned);
    let mut wrong = Vec::new();
    for (path, text) in texts() {
        // This file names them all.
        let is_code = path.ends_with(".rs") && path != "tests/it/tidy.rs";
        let lines =
            text.lines().zip(1..).filter(|(line, _)| is_code && signs.iter().any(|sign| line.contains(sign)));
        wrong.extend(lines.map(|(line, n)| format!("{path}:{n}: {}", line.trim())));
    }
    none(&wrong);
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    // Put together here, so that this file does not hold what it looks for.
    let roots = ["work", "root", "farm", "home", "Users"].map(|root| format!("/{root}/"));
    let mut wrong = Vec::new();
    for (path, text) in texts().into_iter().filter(|(path, _)| path != "Cargo.lock") {
        for (line, n) in text.lines().zip(1..) {
            let starts =
                |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-/\"'`}$".contains(c));
            if roots.iter().any(|root| line.match_indices(root.as_str()).any(|(at, _)| starts(at))) {
                wrong.push(format!("{path}:{n}: {}", line.trim()));
            }
        }
    }
    none(&wrong);
}

#[test]
fn every_bundled_schema_is_a_file_of_the_folder() {
    let folder = root().join("schemas");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<String> = paths.filter(|path| path.is_file()).map(|path| stem(&path)).collect();
    files.sort();
    let mut names: Vec<String> = syncscope::app::schema_names().into_iter().map(str::to_owned).collect();
    names.sort();
    assert_eq!(files, names);
}

/// Every text file of the repository that is ours, with its path from the root.
fn texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    collect(&root(), &mut texts);
    texts.sort();
    texts
}

fn collect(folder: &Path, texts: &mut Vec<(String, String)>) {
    const OTHERS: [&str; 4] = ["target", ".git", ".syncscope", "fixtures"];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !OTHERS.contains(&name.as_str()) {
            collect(&path, texts);
        } else if path.is_file()
            && name != ".git"
            && let Ok(text) = fs::read_to_string(&path)
        {
            texts.push((shown(&path), text));
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/")
}

/// `action.sync-entities.json` is the schema `action.sync-entities`.
fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
