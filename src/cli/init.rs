//! `init`: a small working app. Writes files.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Exit;
use super::failure::Failure;
use super::shell::Shell;

/// Makes a small working app: a guarded sync scope over two tables, with settings, data to serve
/// and a CI snippet. Files that are there already are never overwritten.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder, made when it does not exist
    #[arg(default_value = ".")]
    dir: PathBuf,
}

/// The files of the app with their texts.
const FILES: [(&str, &str); 11] = [
    ("index.jigx", include_str!("init/index.jigx")),
    ("jigs/home.jigx", include_str!("init/jigs/home.jigx")),
    ("functions/fetch-people.jigx", include_str!("init/functions/fetch-people.jigx")),
    ("datasources/open-tasks.jigx", include_str!("init/datasources/open-tasks.jigx")),
    ("datasources/sync-scopes.jigx", include_str!("init/datasources/sync-scopes.jigx")),
    ("databases/default.jigx", include_str!("init/databases/default.jigx")),
    ("data/default/tasks.json", include_str!("init/data/default/tasks.json")),
    ("data/people.csv", include_str!("init/data/people.csv")),
    ("syncscope.yaml", include_str!("init/syncscope.yaml")),
    (".github/workflows/syncscope.yml", include_str!("init/ci.yml")),
    (".gitignore", include_str!("init/gitignore")),
];

pub(super) fn run(args: &Args, shell: &Shell) -> Result<Exit, Failure> {
    let root = shell.path(&args.dir);
    refuse_to_overwrite(&root, &args.dir)?;
    for (name, text) in FILES {
        write(&root.join(name), text)?;
        shell.out.line(&format!("made {}", shown(&args.dir, name)))?;
    }
    let dir = args.dir.display();
    shell
        .out
        .note(&format!("\nnow try\n  syncscope lint {dir}\n  syncscope run {dir}\n  syncscope status {dir}"));
    Ok(Exit::Clean)
}

/// Looks at all files before the first one is written, so that an app is made whole or not at all.
fn refuse_to_overwrite(root: &Path, dir: &Path) -> Result<(), Failure> {
    let there: Vec<String> = FILES
        .iter()
        .filter(|(name, _)| root.join(name).symlink_metadata().is_ok())
        .map(|(name, _)| format!("`{}`", shown(dir, name)))
        .collect();
    if there.is_empty() {
        return Ok(());
    }
    let message = format!("{} exists already, and nothing is overwritten", there.join(", "));
    Err(Failure::usage(message).help(Some("name another folder: `syncscope init DIR`".to_owned())))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(folder)
        .and_then(|()| fs::OpenOptions::new().write(true).create_new(true).open(path))
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Failure::environment(format!("cannot write `{}`: {error}", path.display())))
}

fn shown(dir: &Path, name: &str) -> String {
    let path = if dir == Path::new(".") { PathBuf::from(name) } else { dir.join(name) };
    path.display().to_string()
}
