//! File systems that do not tell of changes made elsewhere: on a server, by the host of a container.

use std::path::Path;

/// The kind of the first such file system below one of the paths.
pub(super) fn silent<'a>(paths: impl Iterator<Item = &'a Path>) -> Option<&'static str> {
    paths.into_iter().find_map(|path| path.ancestors().find_map(magic)).and_then(name)
}

/// The number by which the system knows the kind; `None` for a path that does not exist.
#[cfg(target_os = "linux")]
fn magic(path: &Path) -> Option<u64> {
    // Only 32 bits of it mean something, and some platforms extend the sign.
    rustix::fs::statfs(path).ok().map(|found| u64::try_from(found.f_type & 0xFFFF_FFFF).unwrap_or(0))
}

#[cfg(not(target_os = "linux"))]
fn magic(_path: &Path) -> Option<u64> {
    None
}

/// Numbers as in `statfs(2)` and the kernel's headers.
fn name(magic: u64) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "a network file system (NFS)",
        0x517B | 0xFF53_4D42 | 0xFE53_4D42 => "a network file system (SMB)",
        0x0102_1997 => "a shared folder of a virtual machine (9p)",
        0x786F_4256 => "a shared folder of a virtual machine (VirtualBox)",
        0x6573_5546 => "a mounted folder (FUSE)",
        0x5346_414F | 0x6B41_4653 => "a network file system (AFS)",
        0x00C3_6400 => "a network file system (Ceph)",
        0x7375_7245 => "a network file system (Coda)",
        0x0BD0_0BD0 => "a network file system (Lustre)",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_other_machines_are_known() {
        assert!(name(0x6969).is_some_and(|name| name.contains("NFS")));
        // ext4, tmpfs, btrfs, xfs and the overlays of containers tell of all changes made in them.
        assert!(
            [0xEF53, 0x0102_1994, 0x9123_683E, 0x5846_5342, 0x794C_7630]
                .map(name)
                .iter()
                .all(Option::is_none)
        );
        assert_eq!(
            silent(std::iter::once(Path::new("/no/such/path"))),
            name(magic(Path::new("/")).unwrap_or(0))
        );
    }
}
