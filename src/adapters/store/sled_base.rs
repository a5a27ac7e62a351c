//! The base on disk: one batch, one sync, one answer.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::Bound;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use async_trait::async_trait;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::SMALL;
use super::blobs::{BlobId, Blobs, References, blob_of};
use super::disk::{Disk, DiskError, Pair};
use super::head::{HEAD, Head, PAIR};
use super::kept;
use super::lock::Lock;
use super::open::{self, OpenError, Opened, Options};
use super::schema::Schema;
use crate::ports::base::{Base, Change};
use crate::ports::error::{Error, Kind, Result};

/// The state in a directory. Clones share it; the last one to go closes it.
#[derive(Clone)]
pub struct SledBase {
    pub(super) inner: Arc<Inner>,
}

/// What all clones share. The order of the fields is the order in which they close.
pub(super) struct Inner {
    pub(super) disk: Disk,
    pub(super) blobs: Blobs,
    /// What has been applied; on disk or not yet.
    written: Mutex<Written>,
    /// The generation that is known to be on disk. Who holds this brings everybody's to disk.
    synced: tokio::sync::Mutex<u64>,
    /// Names the last generation on disk, so that a database cut short is noticed.
    generation: File,
    /// Set by the first failed write; nothing is believed after that.
    failed: OnceLock<String>,
    pub(super) dir: PathBuf,
    /// The directory as a person knows it.
    pub(super) named: PathBuf,
    /// The copy that was opened, where the state is only to be read.
    copy: Option<TempDir>,
    _lock: Option<Lock>,
}

/// What an open state holds besides its database.
pub(super) struct Held {
    pub(super) generation: File,
    pub(super) copy: Option<TempDir>,
    /// The directory as a person knows it.
    pub(super) named: PathBuf,
    /// None where it is root's copy of what another user has.
    pub(super) lock: Option<Lock>,
}

pub(super) struct Written {
    pub(super) head: Head,
    pub(super) references: References,
    /// The pairs of which there is a second copy.
    pub(super) kept: kept::Pairs,
}

/// What a batch says about the whole state, besides its pairs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    /// The schema from now on, where it changes.
    pub(super) schema: Option<u32>,
    /// The generation is higher than this from now on.
    pub(super) at_least: u64,
}

impl SledBase {
    /// Opens the state in a directory, or creates it; what is damaged is put aside and replaced
    /// by the newest export.
    ///
    /// # Errors
    /// When another process has it, when a newer version wrote it, or when the machine refuses.
    pub fn open(state_dir: &Path, options: &Options) -> std::result::Result<Opened, OpenError> {
        Self::open_as(state_dir, options, Schema::OURS)
    }

    /// Like [`SledBase::open`], for a given schema.
    ///
    /// # Errors
    /// Like [`SledBase::open`].
    pub fn open_as(
        state_dir: &Path,
        options: &Options,
        schema: Schema,
    ) -> std::result::Result<Opened, OpenError> {
        open::open(state_dir, options, schema)
    }

    /// The directory of this state; where root reads that of another user, root's copy of it.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    /// Gives back the memory that passes needed, before a time of doing nothing. It takes some
    /// milliseconds.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn rest(&self) -> Result<()> {
        let inner = &self.inner;
        inner.ensure_sound()?;
        for small in SMALL {
            let rested = inner.disk.rest(&stored_key(small));
            rested.map_err(|error| inner.give_up(error))?;
        }
        Ok(())
    }

    /// Runs something while nobody can commit, so that several reads see one state. It is told
    /// the number of the last batch; it must neither commit nor verify.
    pub fn still<T>(&self, work: impl FnOnce(u64) -> T) -> T {
        let written = self.inner.written();
        work(written.head.generation)
    }
}

impl Inner {
    pub(super) fn new(dir: &Path, disk: Disk, written: Written, held: Held) -> Self {
        let on_disk = written.head.generation;
        Self {
            disk,
            blobs: Blobs::new(dir),
            written: Mutex::new(written),
            synced: tokio::sync::Mutex::new(on_disk),
            generation: held.generation,
            failed: OnceLock::new(),
            dir: dir.to_owned(),
            copy: held.copy,
            named: held.named,
            _lock: held.lock,
        }
    }

    pub(super) fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies a batch with its mark. Gives its generation and the files that it stopped
    /// referring to. It is not on disk yet.
    pub(super) fn apply(&self, batch: Vec<Change>, mark: Mark) -> Result<(u64, Vec<BlobId>)> {
        self.ensure_sound()?;
        let mut written = self.written();
        let mut head = written.head.clone();
        head.schema = mark.schema.unwrap_or(head.schema);
        head.generation = head.generation.max(mark.at_least);
        let mut changes = Vec::new();
        let mut gained = Vec::new();
        let mut lost = Vec::new();
        let mut keeping: Option<kept::Pairs> = None;
        for (name, value) in last_of_each(batch) {
            let key = stored_key(&name);
            let copy = kept::is_kept(&name).then(|| value.clone());
            let old = self.disk.get(&key).map_err(|e| self.give_up(e))?;
            let new = value
                .map(|value| self.blobs.encode(&value))
                .transpose()
                .map_err(|e| self.failure(DiskError::Io(e)))?;
            if old == new {
                continue;
            }
            if let Some(old) = &old {
                head.remove(&key, old);
                lost.extend(blob_of(old));
            }
            if let Some(new) = &new {
                head.add(&key, new);
                gained.extend(blob_of(new));
            }
            changes.push((key, new));
            if let Some(copy) = copy {
                let pairs = keeping.get_or_insert_with(|| written.kept.clone());
                match copy {
                    Some(value) => drop(pairs.insert(name, value)),
                    None => drop(pairs.remove(&name)),
                }
            }
        }
        if changes.is_empty() && head == written.head {
            // Nothing to write, but what is there may still have to reach the disk.
            return Ok((head.generation, lost));
        }
        head.generation = head.generation.saturating_add(1);
        changes.push((HEAD.to_vec(), Some(head.bytes())));
        if let Some(pairs) = keeping {
            // First: of a batch that is lost after this, its token is not.
            kept::write(&self.dir, head.generation, &pairs)
                .map_err(|e| self.failure(DiskError::Io(e)))?;
            written.kept = pairs;
        }
        self.disk.apply(changes).map_err(|e| self.give_up(e))?;
        written.head = head;
        for id in gained {
            *written.references.entry(id).or_default() += 1;
        }
        for id in &lost {
            if let Some(count) = written.references.get_mut(id) {
                *count = count.saturating_sub(1);
            }
        }
        Ok((written.head.generation, lost))
    }

    /// Writes the second copy where it does not say what the database says.
    pub(super) fn keep(&self) -> io::Result<()> {
        let written = self.written();
        let there = kept::read(&self.dir).map(|kept| kept.pairs);
        if there.unwrap_or_default() == written.kept {
            return Ok(());
        }
        kept::write(&self.dir, written.head.generation, &written.kept)
    }

    /// Brings everything applied so far onto the disk; gives its generation.
    pub(super) fn sync(&self) -> Result<u64> {
        self.ensure_sound()?;
        let generation = self.written().head.generation;
        self.disk.sync().map_err(|e| self.give_up(e))?;
        // Not synced itself: a power cut may set it back, and it only says "at least".
        if let Err(error) = self
            .generation
            .write_all_at(format!("{generation:020}\n").as_bytes(), 0)
        {
            tracing::warn!(%error, "the number of the last batch could not be noted");
        }
        Ok(generation)
    }

    /// Deletes those files that nothing refers to any more.
    pub(super) fn collect(&self, ids: &[BlobId]) {
        let mut written = self.written();
        for id in ids {
            if written.references.get(id).is_none_or(|count| *count == 0) {
                written.references.remove(id);
                self.blobs.delete(*id);
            }
        }
    }

    fn ensure_sound(&self) -> Result<()> {
        match self.failed.get() {
            None => Ok(()),
            Some(why) => Err(Error::new(Kind::State, self.doing())
                .because(format!("an earlier write failed ({why})"))
                .hint("see to that, then start again: nothing that was confirmed is lost")),
        }
    }

    /// The database failed: what sled has in memory may never reach the disk, so from now on
    /// nothing is read from it or added to it.
    fn give_up(&self, error: DiskError) -> Error {
        if self.failed.set(error.to_string()).is_err() {
            tracing::debug!("the state had been given up already");
        }
        self.failure(error)
    }

    fn failure(&self, error: DiskError) -> Error {
        let hint = remedy(&error);
        Error::new(Kind::State, self.doing())
            .because(error)
            .hint(hint)
    }

    fn doing(&self) -> String {
        format!("using the state in {}", self.named.display())
    }

    fn decode(&self, key: &str, stored: &[u8]) -> Result<Vec<u8>> {
        self.blobs.decode(stored).map_err(|error| {
            Error::new(Kind::State, format!("{}, key {key}", self.doing()))
                .because(error)
                .hint("restore the file from a backup, or run `slotbridge state rebuild`")
        })
    }
}

#[async_trait]
impl Base for SledBase {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let inner = &self.inner;
        inner.ensure_sound()?;
        let stored = inner
            .disk
            .get(&stored_key(key))
            .map_err(|e| inner.give_up(e))?;
        stored.map(|stored| inner.decode(key, &stored)).transpose()
    }

    fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>> {
        let inner = &self.inner;
        inner.ensure_sound()?;
        inner
            .page(prefix, after, limit)
            .map_err(|e| inner.give_up(e))?
            .into_iter()
            .map(|(key, stored)| {
                let key = caller_key(&key).map_err(|e| inner.failure(e))?;
                let value = inner.decode(&key, &stored)?;
                Ok((key, value))
            })
            .collect()
    }

    async fn commit(&self, batch: Vec<Change>) -> Result<()> {
        if self.inner.copy.is_some() {
            if let Some(refused) = OpenError::of_root(&self.inner.named) {
                return Err(refused.into());
            }
            return Err(Error::new(Kind::State, self.inner.doing())
                .because("it was opened to be read")
                .hint("this is a bug: please report it"));
        }
        let inner = Arc::clone(&self.inner);
        let (generation, lost) = blocking(move || inner.apply(batch, Mark::default())).await?;
        let mut synced = self.inner.synced.lock().await;
        if *synced < generation {
            let inner = Arc::clone(&self.inner);
            *synced = blocking(move || inner.sync()).await?;
        }
        drop(synced);
        if !lost.is_empty() {
            let inner = Arc::clone(&self.inner);
            blocking(move || {
                inner.collect(&lost);
                Ok(())
            })
            .await?;
        }
        Ok(())
    }
}

impl Inner {
    /// Raw pairs under a prefix, after a key.
    pub(super) fn page(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> std::result::Result<Vec<Pair>, DiskError> {
        let prefix = stored_key(prefix);
        let after = after.map(stored_key);
        let from = match &after {
            Some(after) if *after >= prefix => Bound::Excluded(after.as_slice()),
            _ => Bound::Included(prefix.as_slice()),
        };
        self.disk.page(from, &prefix, limit)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(Error::new(Kind::State, "writing the state")
            .because(error)
            .hint("start again: nothing that was confirmed is lost"))
    })
}

fn last_of_each(batch: Vec<Change>) -> BTreeMap<String, Option<Vec<u8>>> {
    batch
        .into_iter()
        .map(|change| match change {
            Change::Put(key, value) => (key, Some(value)),
            Change::Delete(key) => (key, None),
        })
        .collect()
}

fn stored_key(key: &str) -> Vec<u8> {
    [&[PAIR], key.as_bytes()].concat()
}

/// The caller's key again.
pub(super) fn caller_key(stored: &[u8]) -> std::result::Result<String, DiskError> {
    match stored.split_first() {
        Some((&PAIR, key)) => std::str::from_utf8(key).ok().map(str::to_owned),
        _ => None,
    }
    .ok_or_else(|| DiskError::Damaged("a key of unknown form".to_owned()))
}

fn remedy(error: &DiskError) -> &'static str {
    match error {
        DiskError::Busy => "stop the other process",
        DiskError::Damaged(_) => {
            "start again: the damaged state is put aside and the newest export restored"
        }
        DiskError::Io(io) => match io.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => {
                "make room on that disk (or raise its quota or limit), then start again"
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "give this user the right to write there, then start again"
            }
            _ => "check that disk, then start again",
        },
    }
}
