#![allow(clippy::unwrap_used)]
use std::fs;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::*;
use crate::app::AppPath;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A real folder, really watched.
struct Disk {
    dir: tempfile::TempDir,
    watcher: Watcher,
    noticed: Receiver<Noticed>,
    /// Where in it the app's folder is.
    below: &'static str,
}

impl Disk {
    fn new(choice: Choice) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        for file in ["app/index.jigx", "app/jigs/home.jigx", "app/jigs/sub/a.jigx"] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "a").unwrap();
        }
        let (tell, noticed) = channel();
        let tell: Arc<Tell> = Arc::new(move |what| drop(tell.send(what)));
        let watcher = Watcher::start(choice, &[wanted(&root)], tell);
        Self { dir, watcher, noticed, below: "" }
    }

    fn at(&self, path: &str) -> PathBuf {
        fs::canonicalize(self.dir.path()).unwrap().join(self.below).join(path)
    }

    /// Waits until something is noticed at this place or above it; then watches what is there.
    #[track_caller]
    fn expect(&mut self, path: &str) {
        let wanted_path = self.at(path);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let told = self.noticed.recv_timeout(left).unwrap_or_else(|_| panic!("nothing of `{path}`"));
            self.watcher.follow(&[wanted(&self.at(""))]);
            match told {
                Noticed::Anywhere => return,
                Noticed::Paths(paths) if paths.iter().any(|told| wanted_path.starts_with(told)) => return,
                Noticed::Paths(_) => {}
            }
        }
    }

    /// Takes what is still on its way, so that nothing old is taken for new: events come in order.
    fn quiet(&mut self) {
        let index = self.at("app/index.jigx");
        fs::write(&index, "a").unwrap();
        while self.noticed.recv_timeout(PATIENCE).unwrap() != Noticed::Paths(vec![index.clone()]) {}
        self.watcher.follow(&[wanted(&self.at(""))]);
    }

    /// Goes through the lives of files and folders.
    fn live(&mut self) {
        fs::write(self.at("app/jigs/home.jigx"), "longer").unwrap();
        self.expect("app/jigs/home.jigx");
        fs::write(self.at("app/jigs/.new"), "by rename").unwrap();
        fs::rename(self.at("app/jigs/.new"), self.at("app/jigs/sub/a.jigx")).unwrap();
        self.expect("app/jigs/sub/a.jigx");
        fs::create_dir_all(self.at("app/actions/deep")).unwrap();
        fs::write(self.at("app/actions/deep/x.jigx"), "x").unwrap();
        self.expect("app/actions/deep/x.jigx");
        fs::rename(self.at("app/jigs/sub"), self.at("app/jigs/moved")).unwrap();
        self.expect("app/jigs/moved");
        fs::write(self.at("app/jigs/moved/a.jigx"), "under its new name").unwrap();
        self.expect("app/jigs/moved/a.jigx");
    }

    /// The whole app goes and comes again, with the same names and perhaps the same numbers.
    fn come_again(&mut self) {
        for text in ["once", "and once more"] {
            fs::remove_dir_all(self.at("app")).unwrap();
            self.expect("app");
            fs::create_dir_all(self.at("app/jigs")).unwrap();
            self.expect("app");
            fs::write(self.at("app/jigs/home.jigx"), text).unwrap();
            self.expect("app/jigs/home.jigx");
        }
    }
}

fn wanted(root: &Path) -> Wanted {
    let root = root.join("app");
    Wanted { app: AppPath { shown_from: root.clone(), root, single: None, selected: vec![] }, tables: None }
}

#[test]
fn events_tell_of_files_and_folders_in_all_their_lives() {
    let mut disk = Disk::new(Choice::Best);
    disk.live();
    disk.come_again();
}

#[test]
fn looking_again_and_again_tells_the_same() {
    let mut disk = Disk::new(Choice::Poll);
    assert_eq!(disk.watcher.means(), Means::Polling(Reason::Asked));
    disk.live();
    disk.come_again();
}

/// A folder high above the app is moved away and back, and another one comes in its place.
fn move_above(choice: Choice) {
    let dir = tempfile::tempdir().unwrap();
    let top = fs::canonicalize(dir.path()).unwrap();
    let root = top.join("grand/parent");
    fs::create_dir_all(root.join("app/jigs")).unwrap();
    fs::write(root.join("app/jigs/home.jigx"), "a").unwrap();
    let (tell, noticed) = channel();
    let watcher = Watcher::start(choice, &[wanted(&root)], Arc::new(move |what| drop(tell.send(what))));
    let mut disk = Disk { dir, watcher, noticed, below: "grand/parent" };
    fs::rename(top.join("grand"), top.join("away")).unwrap();
    disk.expect("app");
    fs::create_dir_all(root.join("app/jigs")).unwrap();
    disk.expect("app");
    fs::write(root.join("app/jigs/home.jigx"), "another").unwrap();
    disk.expect("app/jigs/home.jigx");
    fs::rename(top.join("grand"), top.join("gone")).unwrap();
    disk.expect("app");
    fs::rename(top.join("away"), top.join("grand")).unwrap();
    disk.expect("app");
    fs::write(root.join("app/jigs/home.jigx"), "the first one again").unwrap();
    disk.expect("app/jigs/home.jigx");
}

#[test]
fn a_folder_high_above_may_be_moved() {
    move_above(Choice::Best);
    move_above(Choice::Poll);
}

#[cfg(unix)]
#[test]
fn a_linked_folder_that_is_exchanged_is_followed() {
    use std::os::unix::fs::symlink;
    let mut disk = Disk::new(Choice::Best);
    for version in ["one", "two"] {
        fs::create_dir_all(disk.at(version)).unwrap();
    }
    symlink(disk.at("one"), disk.at("app/jigs/linked")).unwrap();
    disk.expect("app/jigs/linked");
    fs::write(disk.at("one/x.jigx"), "x").unwrap();
    disk.expect("app/jigs/linked/x.jigx");
    symlink(disk.at("two"), disk.at("next")).unwrap();
    fs::rename(disk.at("next"), disk.at("app/jigs/linked")).unwrap();
    disk.expect("app/jigs/linked");
    fs::write(disk.at("two/y.jigx"), "y").unwrap();
    disk.expect("app/jigs/linked/y.jigx");
}

#[cfg(unix)]
#[test]
fn what_a_link_leads_to_goes_and_comes_again() {
    use std::os::unix::fs::symlink;
    let mut disk = Disk::new(Choice::Best);
    fs::create_dir_all(disk.at("far/shared")).unwrap();
    fs::write(disk.at("far/shared/x.jigx"), "x").unwrap();
    symlink(disk.at("far/shared"), disk.at("app/jigs/linked")).unwrap();
    disk.expect("app/jigs/linked");
    symlink("../../far/one.jigx", disk.at("app/jigs/dead.jigx")).unwrap();
    disk.expect("app/jigs/dead.jigx");
    fs::write(disk.at("far/one.jigx"), "one").unwrap();
    disk.expect("app/jigs/dead.jigx");
    for (path, away) in [("far/shared", "far/away"), ("far", "gone")] {
        fs::rename(disk.at(path), disk.at(away)).unwrap();
        disk.expect("app/jigs/linked");
        disk.quiet();
        fs::rename(disk.at(away), disk.at(path)).unwrap();
        disk.expect("app/jigs/linked");
        disk.quiet();
        fs::write(disk.at("far/shared/x.jigx"), "again").unwrap();
        disk.expect("app/jigs/linked/x.jigx");
    }
    fs::remove_file(disk.at("far/one.jigx")).unwrap();
    disk.expect("app/jigs/dead.jigx");
    disk.quiet();
    fs::write(disk.at("far/one.jigx"), "back").unwrap();
    disk.expect("app/jigs/dead.jigx");
}

#[cfg(unix)]
#[test]
fn the_target_of_the_root_goes_and_comes_again() {
    use std::os::unix::fs::symlink;
    let mut disk = Disk::new(Choice::Best);
    fs::create_dir_all(disk.at("else")).unwrap();
    fs::rename(disk.at("app"), disk.at("else/real")).unwrap();
    disk.expect("app");
    symlink(disk.at("else/real"), disk.at("app")).unwrap();
    disk.expect("app");
    fs::rename(disk.at("else/real"), disk.at("else/away")).unwrap();
    disk.expect("app");
    fs::rename(disk.at("else/away"), disk.at("else/real")).unwrap();
    disk.expect("app");
    fs::write(disk.at("else/real/jigs/home.jigx"), "again").unwrap();
    disk.expect("app/jigs/home.jigx");
}

#[test]
fn what_does_not_matter_is_not_told() {
    let disk = Disk::new(Choice::Best);
    fs::write(disk.at("app/app.db"), "x").unwrap();
    fs::write(disk.at("app/jigs/.home.jigx.swp"), "x").unwrap();
    fs::read(disk.at("app/jigs/home.jigx")).unwrap();
    fs::write(disk.at("app/index.jigx"), "the last of them").unwrap();
    let Noticed::Paths(first) = disk.noticed.recv_timeout(PATIENCE).unwrap() else { panic!("lost events") };
    assert_eq!(first, [disk.at("app/index.jigx")]);
}

#[test]
fn reasons_are_told_in_words() {
    let limit: Reason = notify::Error::new(ErrorKind::MaxFilesWatch).into();
    assert!(limit.to_string().contains("limit of watched folders"));
    let many: Reason = notify::Error::io(std::io::Error::from_raw_os_error(24)).into();
    assert_eq!(many, Reason::Limit);
    let other: Reason = notify::Error::generic("no").into();
    assert_eq!(other.to_string(), "because watching failed: no");
}
