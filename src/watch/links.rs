//! Where links lead, those included that lead nowhere yet. Reads the file system.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// More links in a row lead in a circle.
const MOST_HOPS: usize = 40;

/// The real places on the way of a path that decide where it leads, the path's own folders excluded:
/// every link on the way, and what it ends at or the first part of it that is missing. The folder of
/// each of them exists.
pub(super) fn turns(path: &Path) -> Vec<PathBuf> {
    let mut left: VecDeque<OsString> = parts(path).collect();
    let (mut real, mut turns, mut hops) = (PathBuf::new(), Vec::new(), 0);
    while let Some(part) = left.pop_front() {
        if part == ".." {
            real.pop();
            continue;
        }
        real.push(part);
        let Ok(found) = fs::symlink_metadata(&real) else {
            turns.push(real);
            return turns;
        };
        if !found.is_symlink() {
            continue;
        }
        turns.push(real.clone());
        hops += 1;
        let Some(target) = fs::read_link(&real).ok().filter(|_| hops <= MOST_HOPS) else { return turns };
        real.pop();
        parts(&target).rev().for_each(|part| left.push_front(part));
    }
    turns.push(real);
    turns
}

/// The parts of a path; an absolute one begins with its root, which takes the place of what is before it.
fn parts(path: &Path) -> impl DoubleEndedIterator<Item = OsString> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.map(|part| part.as_os_str().to_owned()).collect::<Vec<_>>().into_iter()
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_link_on_the_way_and_its_end_are_turns() {
        let dir = tempfile::tempdir().unwrap();
        let base = fs::canonicalize(dir.path()).unwrap();
        let at = |path: &str| base.join(path);
        fs::create_dir_all(at("real/deep")).unwrap();
        symlink("real", at("one")).unwrap();
        symlink(at("one/deep/../deep"), at("two")).unwrap();
        symlink("real/no/such/file", at("dead")).unwrap();
        symlink("round", at("round")).unwrap();
        assert_eq!(turns(&at("real")), [at("real")]);
        assert_eq!(turns(&at("two")), [at("two"), at("one"), at("real/deep")]);
        assert_eq!(turns(&at("dead")), [at("dead"), at("real/no")]);
        assert_eq!(turns(&at("round")).len(), MOST_HOPS + 1);
    }
}
