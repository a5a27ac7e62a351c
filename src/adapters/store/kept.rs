//! A second copy, outside sled, of the few pairs that nothing could tell us again: `kept.json`.
//!
//! It is on disk before the batch that changes one of them is confirmed. A database that has to be
//! put aside therefore takes no refresh token with it, however much of it is damaged.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::Builder;

use super::blobs::{Blobs, sync_dir};
use super::disk::Disk;
use super::export::hex;
use super::upkeep;
use super::{COVERED, WAITING};
use crate::ports::base::Change;

/// Tokens, which a login would cost. Quotas are not here: they change with every request.
const TOKENS: &str = "token/";

/// The secret part of feed addresses: another one would end every subscription.
const FEED_TOKENS: &str = "feedtoken/";

/// The largest copy that is read (bytes): well over anything that is written.
const LARGEST: u64 = 256 * 1024 * 1024;

/// The pairs of which there is a second copy.
pub(super) type Pairs = BTreeMap<String, Vec<u8>>;

/// The copy, as it stands in its file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// The number of the batch that it belongs to.
    pub(super) generation: u64,
    /// All of them, so that one which is not here was removed.
    pub(super) pairs: Pairs,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    generation: u64,
    /// In base64.
    pairs: BTreeMap<String, String>,
    sha256: String,
}

impl Stored {
    fn digest(&self) -> String {
        // Numbers and texts alone: writing them as JSON cannot fail.
        let bytes = serde_json::to_vec(&(self.generation, &self.pairs)).unwrap_or_default();
        hex(Sha256::new_with_prefix(bytes))
    }
}

/// Whether there is a second copy of this key.
pub(super) fn is_kept(key: &str) -> bool {
    prefixes().any(|prefix| key.starts_with(prefix))
}

fn prefixes() -> impl Iterator<Item = &'static str> {
    [TOKENS, FEED_TOKENS, COVERED].into_iter().chain(WAITING)
}

/// The pairs of a database of which there should be a second copy.
pub(super) fn of(disk: &Disk, blobs: &Blobs) -> Pairs {
    prefixes()
        .flat_map(|prefix| upkeep::readable(disk, blobs, prefix))
        .collect()
}

/// The copy in a state directory; none where there is none, or where it is damaged.
pub(super) fn read(dir: &Path) -> Option<Kept> {
    let path = path(dir);
    let kept = fs::metadata(&path)
        .ok()
        .filter(|file| file.len() <= LARGEST)
        .and_then(|_| parse(&fs::read(&path).ok()?));
    if kept.is_none() && path.exists() {
        tracing::warn!(path = %path.display(), "the second copy of the tokens cannot be read");
    }
    kept
}

fn parse(bytes: &[u8]) -> Option<Kept> {
    let stored: Stored = serde_json::from_slice(bytes).ok()?;
    if stored.digest() != stored.sha256 {
        return None;
    }
    let pairs = stored.pairs.iter();
    let pairs = pairs.map(|(key, value)| Some((key.clone(), STANDARD.decode(value).ok()?)));
    Some(Kept {
        generation: stored.generation,
        pairs: pairs.collect::<Option<_>>()?,
    })
}

/// Writes the copy (mode 0600): all of it is on disk when this returns, or the one before stays.
pub(super) fn write(dir: &Path, generation: u64, pairs: &Pairs) -> io::Result<()> {
    let pairs = pairs.iter();
    let mut stored = Stored {
        generation,
        pairs: pairs
            .map(|(key, value)| (key.clone(), STANDARD.encode(value)))
            .collect(),
        sha256: String::new(),
    };
    stored.sha256 = stored.digest();
    // Such a file is 0600 from the start.
    let mut file = Builder::new().prefix(".kept-").tempfile_in(dir)?;
    file.write_all(&serde_json::to_vec(&stored).map_err(io::Error::other)?)?;
    file.as_file().sync_all()?;
    file.persist(path(dir)).map_err(|error| error.error)?;
    sync_dir(dir)
}

impl Kept {
    /// What brings a restored state to this copy.
    pub(super) fn over(self, restored: &[Change]) -> Vec<Change> {
        let gone = restored.iter().filter_map(|change| match change {
            Change::Put(key, _) if is_kept(key) && !self.pairs.contains_key(key) => {
                Some(Change::Delete(key.clone()))
            }
            _ => None,
        });
        let mut changes: Vec<Change> = gone.collect();
        let puts = self.pairs.into_iter();
        changes.extend(puts.map(|(key, value)| Change::Put(key, value)));
        changes
    }

    /// The tokens alone: where only the batch after the last one is missing, the rest of that
    /// batch was never confirmed, but its token is the only one that is good for anything.
    pub(super) fn tokens(self) -> Vec<Change> {
        let pairs = self.pairs.into_iter();
        let tokens = pairs.filter(|(key, _)| key.starts_with(TOKENS));
        tokens.map(|(key, value)| Change::Put(key, value)).collect()
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("kept.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_with_a_changed_byte_is_no_copy() {
        let dir = tempfile::tempdir().unwrap();
        let pairs = Pairs::from([("token/a".to_owned(), b"x".to_vec())]);
        write(dir.path(), 7, &pairs).unwrap();
        let kept = Kept {
            generation: 7,
            pairs,
        };
        assert_eq!(read(dir.path()), Some(kept));
        let text = fs::read_to_string(path(dir.path())).unwrap();
        fs::write(path(dir.path()), text.replace(":7,", ":8,")).unwrap();
        assert_eq!(read(dir.path()), None);
    }
}
