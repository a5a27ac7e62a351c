//! Reads a feed from a file.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use jiff::Timestamp;

use super::Got;
use super::failure;
use super::mark::{Seen, Stat};
use crate::ports::clock::Clock;
use crate::ports::error::Result;

/// How long ago a file must have been written before its time is believed, in nanoseconds: two
/// writes within one tick of a file system's clock leave the same time, and FAT ticks every two
/// seconds.
const SETTLED: u64 = 3_000_000_000;

/// A feed in a file.
pub(super) struct FeedFile {
    path: PathBuf,
    limit: usize,
    clock: Arc<dyn Clock>,
}

impl FeedFile {
    /// A feed in this file, of at most `limit` bytes.
    pub(super) fn at(path: PathBuf, limit: usize, clock: Arc<dyn Clock>) -> Self {
        Self { path, limit, clock }
    }

    /// Reads the file, unless it is as it was seen.
    ///
    /// # Errors
    /// `Missing` where there is none, `Local` where it cannot be read, `Malformed` where it is too
    /// large.
    pub(super) async fn get(&self, seen: Option<&Seen>) -> Result<Got> {
        let (path, limit, now) = (self.path.clone(), self.limit, self.clock.now());
        let before = match seen {
            Some(Seen::File(stat)) => stat.clone(),
            Some(Seen::Web { .. }) | None => None,
        };
        let asked = seen.is_some();
        tokio::task::spawn_blocking(move || {
            let metadata = fs::metadata(&path).map_err(|cause| failure::of_file(&path, cause))?;
            ensure_plain(&path, &metadata)?;
            let stat = settled(&metadata, now);
            if asked && stat.is_some() && stat == before {
                return Ok(Got::Unchanged);
            }
            let bytes = read(&path, limit).map_err(|cause| failure::of_file(&path, cause))?;
            if bytes.len() > limit {
                return Err(failure::too_large(limit));
            }
            let seen = Seen::File(stat);
            Ok(Got::Text { bytes, seen })
        })
        .await
        .map_err(failure::stopped)?
    }
}

/// That a plain file is there: opening a pipe waits for somebody to write, and a device never ends.
fn ensure_plain(path: &Path, metadata: &Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let kind = if metadata.is_dir() {
        ErrorKind::IsADirectory
    } else {
        ErrorKind::InvalidInput
    };
    Err(failure::of_file(path, io::Error::from(kind)))
}

/// A little more than the limit, at most.
fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What tells this state of the file; `None` while another write could look the same.
fn settled(metadata: &Metadata, now: Timestamp) -> Option<Stat> {
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let modified = u64::try_from(modified.as_nanos()).ok()?;
    let now = u64::try_from(now.as_nanosecond()).ok()?;
    let (device, inode) = identity(metadata);
    let stat = Stat {
        modified,
        size: metadata.len(),
        inode,
        device,
    };
    (now.saturating_sub(modified) > SETTLED).then_some(stat)
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}
