//! Large values as files named by their content: sled never gets the space of such ones back.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::packed::{pack, unpack};

/// From this size on (bytes) a value becomes a file.
const LARGE: usize = 64 * 1024;

const INLINE: u8 = 0;
const FILE: u8 = 1;
const PACKED: u8 = 2;

/// The SHA-256 of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BlobId([u8; 32]);

impl BlobId {
    fn of(value: &[u8]) -> Self {
        Self(Sha256::digest(value).into())
    }

    fn name(self) -> String {
        self.0.iter().fold(String::new(), |mut name, byte| {
            // Writing to a String cannot fail.
            if write!(name, "{byte:02x}").is_err() {
                name.clear();
            }
            name
        })
    }
}

/// How often each file is referred to.
pub(super) type References = BTreeMap<BlobId, u64>;

/// The directory of large values.
#[derive(Debug)]
pub(super) struct Blobs {
    dir: PathBuf,
}

impl Blobs {
    pub(super) fn new(state_dir: &Path) -> Self {
        Self {
            dir: state_dir.join("blobs"),
        }
    }

    /// What is stored in the database for a value. A large one is on disk when this returns.
    pub(super) fn encode(&self, value: &[u8]) -> io::Result<Vec<u8>> {
        if value.len() < LARGE {
            return Ok(match pack(value) {
                Some(packed) => [&[PACKED], packed.as_slice()].concat(),
                None => [&[INLINE], value].concat(),
            });
        }
        let id = BlobId::of(value);
        self.write(id, value)?;
        Ok([&[FILE], id.0.as_slice()].concat())
    }

    /// The value that was stored so.
    pub(super) fn decode(&self, stored: &[u8]) -> io::Result<Vec<u8>> {
        if let Some(id) = blob_of(stored) {
            return self.read(id);
        }
        match stored.split_first() {
            Some((&INLINE, value)) => Ok(value.to_vec()),
            Some((&PACKED, packed)) => unpack(packed),
            _ => Err(damaged("a value of unknown form".to_owned())),
        }
    }

    /// Whether a value stored so is there, without reading it.
    pub(super) fn has(&self, id: BlobId) -> bool {
        self.path(id).is_file()
    }

    /// What is wrong with a file, if anything.
    pub(super) fn check(&self, id: BlobId) -> Option<String> {
        self.read(id).err().map(|error| error.to_string())
    }

    /// Deletes a file that nothing refers to any more.
    pub(super) fn delete(&self, id: BlobId) {
        if let Err(error) = fs::remove_file(self.path(id))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a large value that is no longer needed stays on disk");
        }
    }

    /// Deletes all files that nothing refers to: what a kill between file and batch left.
    pub(super) fn sweep(&self, references: &References) {
        let wanted: BTreeSet<OsString> = references.keys().map(|id| id.name().into()).collect();
        let Ok(entries) = fs::read_dir(&self.dir) else {
            return;
        };
        for entry in entries.flatten() {
            if !wanted.contains(&entry.file_name())
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::warn!(%error, "a left-over file stays in the state");
            }
        }
    }

    fn read(&self, id: BlobId) -> io::Result<Vec<u8>> {
        let path = self.path(id);
        let value = fs::read(&path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        if BlobId::of(&value) == id {
            return Ok(value);
        }
        Err(damaged(format!("{} is damaged", path.display())))
    }

    fn path(&self, id: BlobId) -> PathBuf {
        self.dir.join(id.name())
    }

    fn write(&self, id: BlobId, value: &[u8]) -> io::Result<()> {
        let path = self.path(id);
        // A file of that name may be damaged, and then this is the chance to mend it.
        if fs::read(&path).is_ok_and(|there| BlobId::of(&there) == id) {
            return Ok(());
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir)?;
        let mut file = NamedTempFile::new_in(&self.dir)?;
        file.write_all(value)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        sync_dir(&self.dir)
    }
}

/// The file that a stored value refers to, if any.
pub(super) fn blob_of(stored: &[u8]) -> Option<BlobId> {
    match stored.split_first() {
        Some((&FILE, id)) => id.try_into().ok().map(BlobId),
        _ => None,
    }
}

/// Makes the names in a directory survive a power cut.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    match File::open(dir)?.sync_all() {
        // Some network file systems cannot do this, and need not.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        outcome => outcome,
    }
}

fn damaged(words: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_the_first_schema_is_read_and_written_packed() {
        let blobs = Blobs::new(Path::new("/nowhere"));
        let value = br#"{"booking":"a","uid":"a@scheduler.slotbridge","href":"a@scheduler.slotbridge.ics"}"#;
        let first = [&[0], value.as_slice()].concat();
        assert_eq!(blobs.decode(&first).unwrap(), value);
        let second = blobs.encode(value).unwrap();
        assert_eq!(second[0], PACKED);
        assert!(second.len() < first.len());
        assert_eq!(blobs.decode(&second).unwrap(), value);
        assert!(blobs.decode(&[PACKED, 1]).is_err());
        assert!(blobs.decode(&[3, 1, 2]).is_err());
    }
}
