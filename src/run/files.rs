//! Files of an app that functions read and keep by `local-uri` (functions.md §8). Reads and writes
//! files, and only below the app's folder: what a path says may come from a server.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::provider::LocalFiles;

/// Where files that functions make are kept, seen from the app's folder.
const KEPT: &str = ".syncscope/files";
/// Holds what servers must not be told.
const SETTINGS: &str = "syncscope.yaml";

/// The files below an app's folder.
#[derive(Debug, Clone)]
pub struct AppFiles {
    root: PathBuf,
    max_bytes: u64,
    databases: Vec<PathBuf>,
}

impl AppFiles {
    /// The files below `root`, none of them larger than `max_bytes`.
    #[must_use]
    pub fn new(root: &Path, max_bytes: u64) -> Self {
        Self { root: root.to_owned(), max_bytes, databases: Vec::new() }
    }

    /// The same without these databases and the files that SQLite keeps beside them: they are not to be sent, and
    /// whoever opens and closes one takes away the locks that this process has on it
    /// (<https://sqlite.org/howtocorrupt.html>, 2.2).
    #[must_use]
    pub fn without<'p>(mut self, databases: impl IntoIterator<Item = &'p Path>) -> Self {
        self.databases.extend(databases.into_iter().map(Path::to_owned));
        self
    }

    /// Whether a file is one of the databases, or is named as those beside them are.
    fn is_of_database(&self, path: &Path) -> bool {
        self.databases.iter().any(|database| {
            let place = database.canonicalize().unwrap_or_else(|_| database.clone());
            let Some(name) = place.file_name().map(|name| name.to_string_lossy().into_owned()) else {
                return false;
            };
            let begins_so = path.file_name().is_some_and(|other| other.to_string_lossy().starts_with(&name));
            begins_so && path.parent() == place.parent()
        })
    }

    /// The file that a path names, which lies below the folder whatever links there are.
    fn place(&self, uri: &str) -> Result<PathBuf, String> {
        let relative = relative(uri)?;
        let outside = || format!("`{uri}` leads out of the app's folder");
        let root = self.root.canonicalize().map_err(|error| format!("the app's folder: {error}"))?;
        let path = root.join(&relative).canonicalize().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!("there is no file `{uri}` in the app's folder"),
            _ => format!("`{uri}`: {error}"),
        })?;
        let inside = path.strip_prefix(&root).map_err(|_| outside())?;
        // A link may lead to what could not be named.
        if is_private(inside) {
            return Err(format!("`{uri}` is not for functions: hidden files and the settings stay here"));
        }
        if self.is_of_database(&path) {
            return Err(format!("`{uri}` is not for functions: it belongs to a database of the app"));
        }
        let known = path.metadata().map_err(|error| format!("`{uri}`: {error}"))?;
        // Opening a pipe or a device may take for ever.
        if !known.is_file() {
            return Err(format!("`{uri}` is no file"));
        }
        Ok(path)
    }

    fn too_large(&self, what: &str) -> String {
        format!("{what} is larger than {} bytes, which `http.maxBody` allows", self.max_bytes)
    }

    fn folder(&self) -> Result<PathBuf, String> {
        let failed = |error: io::Error| format!("the folder `{KEPT}`: {error}");
        let root = self.root.canonicalize().map_err(failed)?;
        let folder = root.join(KEPT);
        fs::create_dir_all(&folder).map_err(failed)?;
        if folder.canonicalize().map_err(failed)? != folder {
            return Err(format!("the folder `{KEPT}` is a link, files are not kept there"));
        }
        Ok(folder)
    }
}

impl LocalFiles for AppFiles {
    fn read(&self, uri: &str) -> Result<Vec<u8>, String> {
        let path = self.place(uri)?;
        let failed = |error: io::Error| format!("`{uri}` cannot be read: {error}");
        let file = File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(self.max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > self.max_bytes {
            return Err(self.too_large(&format!("`{uri}`")));
        }
        Ok(bytes)
    }

    fn keep(&self, bytes: &[u8]) -> Result<String, String> {
        if bytes.len() as u64 > self.max_bytes {
            return Err(self.too_large("a file to be kept"));
        }
        let folder = self.folder()?;
        let failed = |error: io::Error| format!("a file cannot be kept in `{KEPT}`: {error}");
        // Files with the same digest and other bytes get a number.
        for number in 0_u32.. {
            let mark = if number == 0 { String::new() } else { format!("-{number}") };
            let name = format!("{:016x}{:016x}{mark}", digest(bytes, 0), digest(bytes, 1));
            let path = folder.join(&name);
            match fs::read(&path) {
                Ok(known) if known == bytes => return Ok(format!("{KEPT}/{name}")),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    // Whoever reads it finds all of it or nothing.
                    let part = folder.join(format!("{name}.part"));
                    fs::write(&part, bytes).and_then(|()| fs::rename(&part, &path)).map_err(failed)?;
                    return Ok(format!("{KEPT}/{name}"));
                }
                Err(error) => return Err(failed(error)),
            }
        }
        Err(format!("there are too many files in `{KEPT}`"))
    }
}

/// A path as functions may write it: relative, without ways up.
fn relative(uri: &str) -> Result<PathBuf, String> {
    let refused = |why: &str| {
        Err(format!("`{uri}` {why}; expected a path in the app's folder, such as `photos/1.jpg`"))
    };
    let text = uri.trim();
    if text.is_empty() || text.contains('\0') {
        return refused("is no path");
    }
    if text.contains("://") || text.contains('\\') {
        return refused("is no path of a local file here");
    }
    let path = Path::new(text.strip_prefix("./").unwrap_or(text));
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return refused("leads out of the app's folder");
    }
    Ok(path.to_owned())
}

/// Whether a file below the app's folder is none of the app's data.
fn is_private(inside: &Path) -> bool {
    if inside.starts_with(KEPT) {
        return false;
    }
    let is_hidden = |part: Component<'_>| part.as_os_str().to_string_lossy().starts_with('.');
    inside.components().any(is_hidden) || inside == Path::new(SETTINGS)
}

/// A digest that names a file; bytes that share one are told apart by comparison (FNV-1a).
fn digest(bytes: &[u8], variant: u8) -> u64 {
    let begin = 0xcbf2_9ce4_8422_2325 ^ u64::from(variant);
    bytes.iter().fold(begin, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    struct Folder {
        dir: tempfile::TempDir,
        files: AppFiles,
    }

    fn folder() -> Folder {
        let dir = tempfile::tempdir().unwrap();
        let app = dir.path().join("app");
        for (path, text) in [
            ("app/photos/1.jpg", "jpg"),
            ("app/large.bin", "0123456789abcdef0"),
            ("app/syncscope.yaml", "secret"),
            ("app/.env", "secret"),
            ("app/.syncscope/app.db", "rows"),
            ("outside.txt", "outside"),
        ] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Folder { files: AppFiles::new(&app, 16), dir }
    }

    #[test]
    fn files_in_the_folder_are_read() {
        let folder = folder();
        assert_eq!(folder.files.read("photos/1.jpg").unwrap(), b"jpg");
        assert_eq!(folder.files.read("./photos/1.jpg").unwrap(), b"jpg");
        assert!(folder.files.read("photos/2.jpg").unwrap_err().contains("there is no file `photos/2.jpg`"));
        assert!(folder.files.read("photos").unwrap_err().contains("is no file"));
        assert!(folder.files.read("large.bin").unwrap_err().contains("larger than 16 bytes"));
    }

    #[test]
    fn nothing_outside_is_reached() {
        let folder = folder();
        let absolute = folder.dir.path().join("outside.txt").to_string_lossy().into_owned();
        for uri in [
            "../outside.txt",
            "photos/../../outside.txt",
            &absolute,
            "file:///etc/passwd",
            "",
            " ",
            "..",
            "..\\outside.txt",
            "photos/1.jpg\0",
            "/dev/zero",
        ] {
            assert!(folder.files.read(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn what_servers_must_not_be_told_is_not_read() {
        let folder = folder();
        for uri in ["syncscope.yaml", ".env", ".syncscope/app.db", "./.env"] {
            assert!(folder.files.read(uri).unwrap_err().contains("is not for functions"), "{uri}");
        }
    }

    #[test]
    fn databases_and_the_files_beside_them_are_not_read() {
        let folder = folder();
        let app = folder.dir.path().join("app");
        for name in ["app.db", "app.db-wal", "app.db-shm", "app.db-journal", "photos/app.db"] {
            fs::write(app.join(name), "rows").unwrap();
        }
        let files = AppFiles::new(&app, 16).without([app.join("app.db").as_path(), Path::new("/none/x.db")]);
        for uri in ["app.db", "./app.db-wal", "app.db-shm", "app.db-journal"] {
            assert!(files.read(uri).unwrap_err().contains("belongs to a database"), "{uri}");
        }
        assert_eq!(files.read("photos/app.db").unwrap(), b"rows");
        assert_eq!(files.read("photos/1.jpg").unwrap(), b"jpg");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_pipes_lead_nowhere() {
        use std::os::unix::fs::symlink;
        let folder = folder();
        let app = folder.dir.path().join("app");
        symlink("../outside.txt", app.join("link.txt")).unwrap();
        symlink("..", app.join("up")).unwrap();
        symlink(".env", app.join("innocent.txt")).unwrap();
        symlink("photos/1.jpg", app.join("photo.jpg")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(app.join("pipe")).unwrap();
        for uri in ["link.txt", "up/outside.txt", "innocent.txt", "pipe"] {
            assert!(folder.files.read(uri).is_err(), "{uri}");
        }
        assert_eq!(folder.files.read("photo.jpg").unwrap(), b"jpg");
        fs::create_dir(folder.dir.path().join("elsewhere")).unwrap();
        symlink("../../elsewhere", app.join(".syncscope/files")).unwrap();
        assert!(folder.files.keep(b"x").unwrap_err().contains("is a link"));
        assert_eq!(fs::read_dir(folder.dir.path().join("elsewhere")).unwrap().count(), 0);
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let folder = folder();
        let name = folder.files.keep(b"bytes").unwrap();
        assert!(name.starts_with(".syncscope/files/"), "{name}");
        assert_eq!(folder.files.read(&name).unwrap(), b"bytes");
        assert_eq!(folder.files.keep(b"bytes").unwrap(), name, "the same bytes get the same name");
        fs::write(folder.dir.path().join("app").join(&name), "others").unwrap();
        let other = folder.files.keep(b"bytes").unwrap();
        assert_ne!(other, name);
        assert_eq!(folder.files.read(&other).unwrap(), b"bytes");
        assert!(folder.files.keep(&[0; 17]).is_err());
    }
}
