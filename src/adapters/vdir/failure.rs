//! Says what a failed file operation means and what a person can do about it.

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::ports::error::{Error, Kind};

/// A failed file operation, while doing this ("writing x.ics"), in this directory.
pub(super) fn failure(doing: String, folder: &Path, cause: io::Error) -> Error {
    let folder = folder.display();
    let (kind, hint) = match cause.kind() {
        ErrorKind::PermissionDenied => (
            Kind::Local,
            format!(
                "give the user that slotbridge runs as the right to read and write the files in \
                 {folder} (for a systemd unit: ReadWritePaths=)"
            ),
        ),
        ErrorKind::ReadOnlyFilesystem => (
            Kind::Local,
            format!("the disk that holds {folder} is mounted read-only: mount it writable"),
        ),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => (
            Kind::Local,
            format!("free some space on the disk that holds {folder}"),
        ),
        ErrorKind::InvalidFilename => (
            Kind::Refused,
            format!("the file system of {folder} does not take a name like this"),
        ),
        ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::StaleNetworkFileHandle => (
            Kind::Transient,
            format!("if {folder} is on a network drive, look at its connection"),
        ),
        _ => (
            Kind::Local,
            format!("look at {folder} and at the system's log for what is wrong with the disk"),
        ),
    };
    Error::new(kind, doing).because(cause).hint(hint)
}

/// The directory is not there.
pub(super) fn missing(folder: &Path) -> Error {
    Error::new(
        Kind::Missing,
        format!("opening the calendar directory {}", folder.display()),
    )
    .because("there is no such directory")
    .hint("mount it or create it; slotbridge never creates it by itself")
}

/// Another change came first.
pub(super) fn stale(doing: String, why: &'static str) -> Error {
    Error::new(Kind::Stale, doing).because(why)
}
