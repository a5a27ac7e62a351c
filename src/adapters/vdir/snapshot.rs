//! A file as it is now, with a tag that says what is in it.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};

use crate::domain::ids::Etag;
use crate::ical::component::MAX_OBJECT_BYTES;

/// A file with its tag.
pub(super) struct Snapshot {
    pub(super) etag: Etag,
    /// `None` when it is larger than an entry can be.
    pub(super) bytes: Option<Vec<u8>>,
}

/// What is in a file, with its tag; `None` when no regular file is there.
pub(super) fn snapshot(path: &Path) -> io::Result<Option<Snapshot>> {
    let absent = |cause: io::Error| match cause.kind() {
        ErrorKind::NotFound | ErrorKind::InvalidFilename => Ok(None),
        _ => Err(cause),
    };
    // Asked before it is opened: opening a pipe waits for somebody to write.
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(cause) => return absent(cause),
    };
    if !metadata.is_file() {
        return Ok(None);
    }
    let limit = u64::try_from(MAX_OBJECT_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes));
    if let Err(cause) = read {
        return absent(cause);
    }
    if bytes.len() > MAX_OBJECT_BYTES {
        // Never an entry of ours: not worth reading to its end each time.
        let changed = metadata.modified().ok();
        let ticks = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let tag = format!(
            "\"large-{}-{}\"",
            metadata.len(),
            ticks.unwrap_or_default().as_nanos()
        );
        return Ok(Some(Snapshot {
            etag: Etag::new(tag),
            bytes: None,
        }));
    }
    Ok(Some(Snapshot {
        etag: digest(&bytes),
        bytes: Some(bytes),
    }))
}

/// A tag for these bytes.
pub(super) fn digest(bytes: &[u8]) -> Etag {
    let digest = Sha256::digest(bytes);
    let half = digest.first_chunk::<16>().copied().unwrap_or_default();
    Etag::new(format!("\"{:032x}\"", u128::from_be_bytes(half)))
}
