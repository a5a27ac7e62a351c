//! Names of files, and what they are called here.
//!
//! A name that is no UTF-8 (of an old disk, or unpacked by an old tool) has no href of its own:
//! what is not text in it is shown as U+FFFD. Such a file is never opened, but it is said.

use std::ffi::OsStr;
use std::path::Path;

use super::snapshot;
use crate::domain::ids::{Etag, Href};

/// Why such a file is not read.
pub(super) const BROKEN: &str = "its file name is not text in UTF-8: give the file another name";

/// The href of a file name: `.ics` files that are not hidden. Editors and sync programs write
/// beside them under other names.
pub(super) fn href(name: &OsStr) -> Option<Href> {
    let text = name.to_string_lossy();
    let ics = Path::new(text.as_ref())
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("ics"));
    (ics && !text.starts_with('.')).then(|| Href::new(text))
}

/// Whether an href that no file has may stand for one whose name is not UTF-8.
pub(super) fn may_stand_for_another(href: &Href) -> bool {
    href.as_str().contains(char::REPLACEMENT_CHARACTER)
}

/// The tag of such a file: it is said once what is wrong with it, whatever is in it.
pub(super) fn tag(href: &Href) -> Etag {
    snapshot::digest(href.as_str().as_bytes())
}
