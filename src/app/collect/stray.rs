//! Files in an app's folders that are not part of it, although they seem meant to be.

use std::path::Path;

use super::ENDINGS;
use crate::app::{FileKind, pages};
use crate::diag::{Diagnostic, FileId, Span, closest};

/// What is to be said of a file.
#[derive(Clone)]
pub(in crate::app) struct Remark {
    message: String,
    help: String,
}

impl Remark {
    /// The remark as a diagnostic about the file.
    pub(in crate::app) fn at(self, file: FileId) -> Diagnostic {
        Diagnostic::info(pages::STRAY_FILE, Span::new(file, 0, 0), self.message).help(self.help)
    }
}

/// What is to be said of a file that no app reads, in a folder of files of this kind; nothing of
/// what is surely something else, such as a picture or a text for people.
pub(super) fn remark(relative: &Path, kind: FileKind) -> Option<Remark> {
    if matches!(kind, FileKind::Icons | FileKind::Images | FileKind::Translation) {
        return None;
    }
    let name = relative.file_name()?.to_string_lossy();
    let Some(ending) = relative.extension() else {
        let message = format!("`{name}` has no ending, so it is not part of the app");
        let help = format!("name it `{name}.jigx`, or move it out of the folder");
        return Some(Remark { message, help });
    };
    let ending = ending.to_string_lossy();
    let meant = closest(&ending, ENDINGS)?;
    let message = format!("`{name}` ends in `.{ending}`, so it is not part of the app");
    Some(Remark { message, help: format!("did you mean `.{meant}`?") })
}
