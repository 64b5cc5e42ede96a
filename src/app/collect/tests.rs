//! Which apps and files are found, on real folders.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{AppPath, LoadError, discover, discover_new};
use crate::app::tests::stage::{App, folder, write};
use crate::app::{FileKind, Inputs, Loaded, load};
use crate::diag::Files;

const INDEX: (&str, &str) = ("index.jigx", "title: T\n");

/// `root[ single][ selected…]` of each app found, relative to the folder.
fn found(dir: &TempDir, paths: &[&str]) -> Result<Vec<String>, String> {
    let shown = |path: &Path| {
        let path = path.strip_prefix(dir.path()).unwrap().to_string_lossy().into_owned();
        if path.is_empty() { ".".to_owned() } else { path }
    };
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let apps = discover(&paths, dir.path()).map_err(|error| {
        error
            .to_string()
            .replace(&format!("{}/", dir.path().display()), "")
            .replace(&dir.path().display().to_string(), ".")
    })?;
    let words = |app: &AppPath| {
        let inside = app.single.iter().chain(&app.selected).map(|path| shown(path));
        std::iter::once(shown(&app.root)).chain(inside).collect::<Vec<_>>().join(" ")
    };
    Ok(apps.iter().map(words).collect())
}

#[test]
fn an_app_is_found_at_above_and_below_a_path() {
    let dir = folder(&[
        ("a/index.jigx", ""),
        ("a/jigs/deep/home.jigx", ""),
        ("b/c/index.yaml", ""),
        ("d/notes.txt", ""),
    ]);
    let ok = |paths: &[&str]| found(&dir, paths).unwrap();
    assert_eq!(ok(&["a"]), ["a"]);
    assert_eq!(ok(&["a/index.jigx"]), ["a"]);
    assert_eq!(ok(&["a/jigs"]), ["a a/jigs"]);
    assert_eq!(ok(&["a/jigs/deep/home.jigx"]), ["a a/jigs/deep/home.jigx"]);
    assert_eq!(ok(&["."]), ["a", "b/c"]);
    assert_eq!(ok(&["./b/../a/./jigs/.."]), ["a"]);
    assert_eq!(ok(&["b", "a"]), ["a", "b/c"], "in order of their folders");
}

#[test]
fn a_path_that_names_the_whole_app_wins_over_its_parts() {
    let dir = folder(&[INDEX, ("jigs/a.jigx", ""), ("jigs/b.jigx", "")]);
    let ok = |paths: &[&str]| found(&dir, paths).unwrap();
    assert_eq!(ok(&["jigs/a.jigx", "jigs/b.jigx", "jigs/a.jigx"]), [". jigs/a.jigx jigs/b.jigx"]);
    assert_eq!(ok(&["jigs/a.jigx", "."]), ["."]);
    assert_eq!(ok(&["index.jigx", "jigs/a.jigx"]), ["."]);
}

#[test]
fn what_is_no_app_is_refused_by_name() {
    let dir = folder(&[
        ("app/index.jigx", ""),
        ("app/README.md", ""),
        ("app/jigs/picture.png", ""),
        ("empty/x.txt", ""),
        ("lonely/syncscope.yaml", ""),
    ]);
    let error = |path: &str| found(&dir, &[path]).unwrap_err();
    assert_eq!(error("nowhere"), "`nowhere` does not exist");
    assert_eq!(error("app/README.md/x"), "`app/README.md/x` does not exist");
    assert_eq!(error("app/README.md"), "`app/README.md` is not a file of the app in `app`");
    assert_eq!(error("app/jigs/picture.png"), "`app/jigs/picture.png` is not a file of the app in `app`");
    let no_app = "no app found at `empty`: an app is a folder with an `index.jigx` (or `.yaml`, `.yml`, `.json`), or one file with `jigs:` or `actions:` at its top";
    assert_eq!(error("empty"), no_app);
    assert_eq!(error("empty/x.txt"), no_app.replace("`empty`", "`empty/x.txt`"));
    assert_eq!(
        error("lonely"),
        "`lonely` has settings but no `index.jigx` (or `.yaml`, `.yml`, `.json`), so it is no app"
    );
}

#[test]
fn a_new_file_belongs_to_the_app_around_it() {
    let dir = folder(&[("app/index.jigx", "")]);
    let place = discover_new(Path::new("app/new/../jigs/a.jigx"), dir.path()).unwrap();
    assert_eq!(place.root, dir.path().join("app"));
    assert_eq!(place.selected, [dir.path().join("app/jigs/a.jigx")]);
    for nowhere in ["nodir/jigs/a.jigx", "a.jigx", "/no-such-folder/a.jigx"] {
        let error = discover_new(Path::new(nowhere), dir.path()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("no app found at `{nowhere}`")), "{error}");
    }
}

#[test]
fn settings_above_several_apps_do_not_make_them_one() {
    let dir = folder(&[("syncscope.yaml", ""), ("a/index.jigx", ""), ("b/index.jigx", "")]);
    assert_eq!(found(&dir, &["."]).unwrap(), ["a", "b"]);
    assert_eq!(found(&dir, &["a"]).unwrap(), ["a"]);
}

#[test]
fn an_app_inside_another_belongs_to_itself() {
    let dir = folder(&[INDEX, ("jigs/a.jigx", ""), ("samples/x/index.jigx", "")]);
    assert_eq!(found(&dir, &["samples/x"]).unwrap(), ["samples/x"]);
    assert_eq!(found(&dir, &["."]).unwrap(), ["."]);
}

#[test]
fn other_projects_with_an_index_json_are_no_apps() {
    let web =
        folder(&[("index.json", "{\"pages\": []}"), ("components/x.json", ""), ("assets/icons.json", "")]);
    assert!(found(&web, &["."]).unwrap_err().starts_with("no app found"));
    for other in [("jigs/a.json", "{}"), ("syncscope.yaml", "")] {
        assert_eq!(found(&folder(&[("index.json", "{}"), other]), &["."]).unwrap(), ["."]);
    }
    assert_eq!(found(&folder(&[("index.json", "{\"onLoad\": {}}")]), &["."]).unwrap(), ["."]);
}

#[test]
fn one_file_can_be_a_whole_app() {
    let dir = folder(&[
        ("build/output.json", "{\"jigs\": {}}"),
        ("app.yaml", "functions:\n  a: {}\n"),
        ("other.yaml", "x: 1\n"),
    ]);
    assert_eq!(
        found(&dir, &["build/output.json", "app.yaml"]).unwrap(),
        [". app.yaml", "build build/output.json"]
    );
    assert!(found(&dir, &["other.yaml"]).is_err());
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_before_its_dots() {
    let dir = folder(&[("real/app/index.jigx", ""), ("real/x/y.txt", "")]);
    std::os::unix::fs::symlink(dir.path().join("real/x"), dir.path().join("link")).unwrap();
    let apps = discover(&[PathBuf::from("link/../app")], dir.path()).unwrap();
    assert_eq!(apps[0].root.file_name().unwrap(), "app");
}

/// The kinds and shown paths of everything read.
fn read(dir: &TempDir, app: &AppPath) -> (Vec<String>, Loaded) {
    let mut files = Files::new();
    let inputs = Inputs { app, overlay: BTreeMap::new(), env: &|_| None };
    let loaded = load(&inputs, &mut files).unwrap();
    let shown = loaded
        .sources
        .iter()
        .map(|source| format!("{:?} {} {}", source.kind, source.id, files.get(source.file).path()));
    let _ = dir;
    (shown.collect(), loaded)
}

fn whole(dir: &TempDir) -> AppPath {
    discover(&[dir.path().to_path_buf()], dir.path()).unwrap().remove(0)
}

#[test]
fn every_kind_of_file_is_read_in_order_of_its_path() {
    let dir = folder(&[
        INDEX,
        ("jigs/z.jigx", ""),
        ("jigs/a b/home.yaml", ""),
        ("actions/a.yml", ""),
        ("functions/f.json", ""),
        ("datasources/d.jigx", ""),
        ("databases/default.jigx", ""),
        ("components/icons-1.0.jigx", ""),
        ("translations/en.jigx", ""),
        ("assets/icons.jigx", ""),
        ("assets/images.jigx", ""),
        ("assets/other.jigx", ""),
        ("scripts/expressions/helper.js", ""),
        ("syncscope.yaml", ""),
        ("notes/x.jigx", ""),
        ("jigs/picture.png", ""),
    ]);
    let (read, loaded) = read(&dir, &whole(&dir));
    let expected = [
        "Action a actions/a.yml",
        "Icons icons assets/icons.jigx",
        "Images images assets/images.jigx",
        "Component icons-1.0 components/icons-1.0.jigx",
        "Database default databases/default.jigx",
        "Datasource d datasources/d.jigx",
        "Function f functions/f.json",
        "Index index index.jigx",
        "Jig home jigs/a b/home.yaml",
        "Jig z jigs/z.jigx",
        "Settings syncscope syncscope.yaml",
        "Translation en translations/en.jigx",
    ];
    assert_eq!(read, expected);
    assert_eq!(loaded.project.scripts.keys().collect::<Vec<_>>(), ["helper"]);
}

#[test]
fn ignored_and_hidden_files_are_no_part_of_the_app() {
    let dir = folder(&[
        INDEX,
        (".gitignore", "jigs/old/\n"),
        (".syncscopeignore", "*-draft.jigx\n"),
        ("jigs/old/a.jigx", ""),
        ("jigs/b-draft.jigx", ""),
        ("jigs/.hidden.jigx", ""),
        ("jigs/c.jigx", ""),
        ("node_modules/jigs/x.jigx", ""),
    ]);
    assert_eq!(read(&dir, &whole(&dir)).0, ["Index index index.jigx", "Jig c jigs/c.jigx"]);
    let named = discover(&[PathBuf::from("jigs/b-draft.jigx")], dir.path()).unwrap().remove(0);
    let (read, _) = read(&dir, &named);
    assert!(
        read.contains(&"Jig b-draft jigs/b-draft.jigx".to_owned()),
        "unless the user names them: {read:?}"
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_are_not() {
    use std::os::unix::fs::symlink;
    let dir = folder(&[INDEX, ("jigs/a.jigx", ""), ("elsewhere/b.jigx", "")]);
    symlink(dir.path().join("elsewhere"), dir.path().join("jigs/linked")).unwrap();
    symlink(dir.path().join("jigs"), dir.path().join("jigs/loop")).unwrap();
    symlink(dir.path().join("gone"), dir.path().join("jigs/broken.jigx")).unwrap();
    symlink("itself", dir.path().join("jigs/itself")).unwrap();
    let read = read(&dir, &whole(&dir)).0;
    assert_eq!(read, ["Index index index.jigx", "Jig a jigs/a.jigx", "Jig b jigs/linked/b.jigx"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_passed_over() {
    let dir = folder(&[INDEX]);
    std::fs::create_dir_all(dir.path().join("jigs")).unwrap();
    let _listening = std::os::unix::net::UnixListener::bind(dir.path().join("jigs/pipe.jigx")).unwrap();
    assert_eq!(read(&dir, &whole(&dir)).0, ["Index index index.jigx"]);
    assert!(found(&dir, &["jigs/pipe.jigx"]).unwrap_err().starts_with("no app found"));
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_do_no_harm() {
    use std::os::unix::ffi::OsStrExt;
    let dir = folder(&[INDEX]);
    let name = std::ffi::OsStr::from_bytes(b"jigs/b\xFFd.jigx");
    std::fs::create_dir_all(dir.path().join("jigs")).unwrap();
    std::fs::write(dir.path().join(name), "title: X\ntype: jig.default\n").unwrap();
    let (read, loaded) = read(&dir, &whole(&dir));
    assert_eq!(read.len(), 2);
    assert!(loaded.project.jigs.contains_key("b\u{FFFD}d"));
}

#[test]
fn the_texts_of_an_editor_stand_for_files_and_may_be_new() {
    let dir = folder(&[INDEX, ("jigs/a.jigx", "title: Old\n")]);
    let app = whole(&dir);
    let path = |path: &str| dir.path().join(path);
    let overlay = BTreeMap::from([
        (path("jigs/a.jigx"), "title: New\n".to_owned()),
        (path("jigs/b.jigx"), "title: B\n".to_owned()),
        (path("notes.txt"), "no part of it".to_owned()),
        (PathBuf::from("/elsewhere/jigs/c.jigx"), String::new()),
    ]);
    let mut files = Files::new();
    let loaded = load(&Inputs { app: &app, overlay, env: &|_| None }, &mut files).unwrap();
    let texts: Vec<&str> = loaded.sources.iter().map(|source| files.get(source.file).text()).collect();
    assert_eq!(texts, ["title: T\n", "title: New\n", "title: B\n"]);
}

#[test]
fn empty_files_and_files_of_comments_are_remarked_on() {
    let app = App::new(&[
        INDEX,
        ("functions/mine.jigx", ""),
        ("databases/default.jigx", "# later\n"),
        ("syncscope.yaml", ""),
    ]);
    let empty = "empty-file: the file is empty, so it is not part of the app @";
    assert_eq!(
        app.remarks(),
        [format!("{empty} databases/default.jigx:"), format!("{empty} functions/mine.jigx:")]
    );
    assert!(app.loaded.project.functions.is_empty() && app.loaded.project.databases.is_empty());
}

#[test]
fn files_that_seem_meant_for_the_app_are_remarked_on() {
    let app = App::new(&[
        INDEX,
        ("functions/get-users", ""),
        ("jigs/home.jgix", ""),
        ("actions/a.yalm", ""),
        ("functions/README.md", ""),
        ("jigs/picture.png", ""),
        ("assets/logo", ""),
    ]);
    let expected = [
        "stray-file: `a.yalm` ends in `.yalm`, so it is not part of the app @ actions/a.yalm:",
        "stray-file: `get-users` has no ending, so it is not part of the app @ functions/get-users:",
        "stray-file: `home.jgix` ends in `.jgix`, so it is not part of the app @ jigs/home.jgix:",
    ];
    assert_eq!(app.remarks(), expected);
    assert_eq!(app.loaded.sources.len(), 1, "they are not checked");
}

#[test]
fn bytes_that_are_no_text_are_a_mistake_with_a_place() {
    let dir = folder(&[INDEX]);
    std::fs::create_dir_all(dir.path().join("jigs")).unwrap();
    std::fs::write(dir.path().join("jigs/a.jigx"), b"title: caf\xE9\ntype: jig.default\n").unwrap();
    let (_, loaded) = read(&dir, &whole(&dir));
    let found = loaded.diagnostics().find(|found| found.rule == "not-utf8").unwrap();
    assert_eq!(found.span.start, 10);
    assert!(loaded.project.jigs.contains_key("a"), "the rest of the file is read");
}

#[test]
fn a_file_that_is_no_text_at_all_has_one_mistake() {
    let dir = folder(&[INDEX]);
    std::fs::create_dir_all(dir.path().join("jigs")).unwrap();
    std::fs::write(dir.path().join("jigs/a.jigx"), b"\x7FELF: [\x01\x02\xD0\nb: }\n- \x03").unwrap();
    let (_, loaded) = read(&dir, &whole(&dir));
    let in_jigs = |found: &&crate::diag::Diagnostic| found.span.file != loaded.sources[0].file;
    let found: Vec<_> = loaded.diagnostics().filter(in_jigs).map(|found| found.rule).collect();
    assert_eq!(found, ["not-utf8"]);
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let dir = folder(&[INDEX, ("jigs/a.jigx", "")]);
    let file = std::fs::OpenOptions::new().write(true).open(dir.path().join("jigs/a.jigx")).unwrap();
    file.set_len(1 << 40).unwrap();
    let (_, loaded) = read(&dir, &whole(&dir));
    let found = loaded.diagnostics().find(|found| found.rule == "file-too-large").unwrap();
    assert!(found.message.starts_with("the file has 1099511627776 bytes"), "{}", found.message);
}

#[test]
fn a_file_that_goes_away_is_an_error_of_the_world() {
    let dir = folder(&[("app.yaml", "jigs: {}\n")]);
    let app = discover(&[PathBuf::from("app.yaml")], dir.path()).unwrap().remove(0);
    std::fs::remove_file(dir.path().join("app.yaml")).unwrap();
    let inputs = Inputs { app: &app, overlay: BTreeMap::new(), env: &|_| None };
    assert!(matches!(load(&inputs, &mut Files::new()), Err(LoadError::Unreadable(..))));
}

#[test]
fn shown_paths_are_seen_from_where_the_user_is() {
    let dir = folder(&[("a/index.jigx", "title: T\n"), ("b/x.txt", "")]);
    let app = discover(&[PathBuf::from("../a")], &dir.path().join("b")).unwrap().remove(0);
    assert_eq!(read(&dir, &app).0, ["Index index ../a/index.jigx"]);
    write(dir.path(), "a/jigs/c.jigx", "");
    assert_eq!(read(&dir, &app).0[1], "Jig c ../a/jigs/c.jigx");
}

#[test]
fn two_index_files_are_a_mistake_and_the_first_counts() {
    let app = App::new(&[INDEX, ("index.yaml", "title: Other\nname: other\n")]);
    let expected =
        "duplicate-file-id: `index` is the id of two files, and only the first is used @ index.yaml:";
    assert_eq!(app.found(), [expected]);
    assert_eq!(app.loaded.project.home.file.map(|file| app.path(file)), Some("index.jigx"));
    assert_eq!(app.loaded.sources[0].kind, FileKind::Index);
}
