//! The only file that names sled: bytes in, bytes out, no panics, and on disk when it says so.

use std::fs::File;
use std::io;
use std::ops::Bound;
use std::path::Path;
use std::time::Duration;

use super::guard::contained;

/// A pair of raw bytes.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// Why sled did not do it.
#[derive(Debug, thiserror::Error)]
pub(super) enum DiskError {
    /// Another process has the file open.
    #[error("another process has the database open")]
    Busy,
    /// What is on disk makes no sense.
    #[error("the database is damaged ({0})")]
    Damaged(String),
    /// The machine refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// How often a leaf is touched when one pair of it is read.
///
/// sled compares with its cache limit only once in 64 touches of each of its 256 shards. Touched
/// once each, 16,000 leaves (120 MB) stay in memory before it looks; touched more often, they are
/// let go on the way. Over 100,000 pairs of 700 bytes that made 45 MB of 110, for a microsecond.
const TOUCHES: usize = 8;

/// How many pairs [`Disk::rest`] touches at most: some 1,500 leaves, which is each shard six times.
const RESTING: usize = 16_384;

type Result<T> = std::result::Result<T, DiskError>;

/// An open sled database.
pub(super) struct Disk {
    /// Only empty while being dropped.
    db: Option<sled::Db>,
    /// The log, kept open from the start: a handle opened later would not see an earlier
    /// write-back error of the kernel.
    log: File,
}

impl Disk {
    /// Opens or creates the database in a directory.
    pub(super) fn open(dir: &Path, cache_bytes: u64) -> Result<Self> {
        let config = sled::Config::new()
            .path(dir)
            .cache_capacity(cache_bytes)
            .mode(sled::Mode::LowSpace)
            // Every commit flushes for itself; a flusher of its own would only wake the disk.
            .flush_every_ms(None);
        // A thread of its own: its stack is fresh, and the flag for expected panics is its own.
        let opened = std::thread::Builder::new()
            .name("state-open".to_owned())
            .spawn(move || flat(contained(|| open_patiently(&config))))?
            .join()
            .unwrap_or_else(|_| Err(DiskError::Damaged("opening it failed".to_owned())))?;
        let log = File::open(dir.join("db"))?;
        Ok(Self {
            db: Some(opened),
            log,
        })
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.with(|db| {
            let value = db.get(key)?.map(|value| value.to_vec());
            touch(db, key)?;
            Ok(value)
        })
    }

    /// Up to `limit` pairs from a key on, as long as their key starts with `prefix`.
    pub(super) fn page(
        &self,
        from: Bound<&[u8]>,
        prefix: &[u8],
        limit: usize,
    ) -> Result<Vec<Pair>> {
        self.with(|db| {
            let mut pairs = Vec::new();
            for pair in db.range::<&[u8], _>((from, Bound::Unbounded)).take(limit) {
                let (key, value) = pair?;
                if !key.starts_with(prefix) {
                    break;
                }
                // An iterator touches a leaf but once; see TOUCHES.
                db.contains_key(&key)?;
                pairs.push((key.to_vec(), value.to_vec()));
            }
            Ok(pairs)
        })
    }

    /// Applies puts (`Some`) and removals (`None`) as a whole. Not yet on disk.
    pub(super) fn apply(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<()> {
        let mut batch = sled::Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        self.with(|db| db.apply_batch(batch))
    }

    /// Lets go of what is kept in memory, by touching pairs that are `small` (a prefix of theirs).
    ///
    /// Whatever its limit, sled keeps the leaf of each shard that was touched last, and those that
    /// it did not look at yet (see [`TOUCHES`]): with large values that is 9 MB. Where the last ones
    /// are small it is 1 MB.
    pub(super) fn rest(&self, small: &[u8]) -> Result<()> {
        self.with(|db| {
            for pair in db.scan_prefix(small).take(RESTING) {
                touch(db, &pair?.0)?;
            }
            Ok(())
        })
    }

    /// Brings everything applied so far onto the disk.
    pub(super) fn sync(&self) -> Result<()> {
        // The blocking form, not `flush_async`: the latter does the same work on sled's own
        // threads, where a panic would be printed and the answer lost.
        self.with(|db| db.flush().map(|_| ()))?;
        // Linux `sync_file_range`, which is all that sled calls, does not survive a power cut.
        self.log.sync_data()?;
        Ok(())
    }

    fn with<T>(&self, work: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T> {
        let Some(db) = self.db.as_ref() else {
            return Err(DiskError::Damaged("it is closed".to_owned()));
        };
        flat(contained(|| work(db)))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let db = self.db.take();
        // sled flushes once more here, and panics when that fails.
        if let Err(why) = contained(move || drop(db)) {
            tracing::warn!(why, "the state did not close cleanly");
        }
    }
}

fn touch(db: &sled::Db, key: &[u8]) -> sled::Result<()> {
    for _ in 1..TOUCHES {
        db.contains_key(key)?;
    }
    Ok(())
}

/// Opens, waiting a moment for the lock: our own lock file is held by now, so whoever holds
/// sled's is a thread of an earlier database of ours that is about to end.
fn open_patiently(config: &sled::Config) -> sled::Result<sled::Db> {
    let mut tries = 0;
    loop {
        match config.open() {
            Err(error) if tries < 50 && is_lock(&error) => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            outcome => return outcome,
        }
    }
}

fn is_lock(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(io) if io.to_string().starts_with("could not acquire lock"))
}

fn flat<T>(outcome: std::result::Result<sled::Result<T>, String>) -> Result<T> {
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) if is_lock(&error) => Err(DiskError::Busy),
        Ok(Err(sled::Error::Io(io))) => Err(match io.kind() {
            // A file that ends too early, or says what it cannot.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => {
                DiskError::Damaged(io.to_string())
            }
            // sled's own complaints have no number of the operating system.
            io::ErrorKind::Other if io.raw_os_error().is_none() => {
                DiskError::Damaged(io.to_string())
            }
            // sled hands an error on by its `Debug`, which is nothing for people.
            _ => DiskError::Io(match os_code(&io.to_string()) {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io,
            }),
        }),
        Ok(Err(error)) => Err(DiskError::Damaged(error.to_string())),
        Err(panic) => Err(match os_code(&panic) {
            Some(code) => DiskError::Io(io::Error::from_raw_os_error(code)),
            None => DiskError::Damaged(panic),
        }),
    }
}

/// The operating system's number in a panic like `… Io(Os { code: 28, kind: StorageFull, …`: a
/// full disk is no damage, also where sled panics about it.
fn os_code(panic: &str) -> Option<i32> {
    let (_, rest) = panic.split_once("Os { code: ")?;
    rest.split(',').next()?.trim().parse().ok()
}
