//! The store that remembers, in memory: the same promises as the one on disk, and faults on demand.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::ports::base::{Base, Change};
use crate::ports::error::{Error, Kind, Result};

/// What happens to a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitFault {
    /// Nothing: it is done.
    None,
    /// It fails, and nothing of it is done.
    Before,
    /// It is done, but fails all the same (the answer was lost, or the process died then).
    After,
}

/// Decides what happens to a commit.
pub type CommitHook = Box<dyn Fn(&[Change]) -> CommitFault + Send + Sync>;

/// All pairs at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<String, Vec<u8>>);

impl Snapshot {
    /// The pairs, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_slice()))
    }
}

/// A base in memory.
#[derive(Default)]
pub struct MemoryBase {
    pairs: Mutex<BTreeMap<String, Vec<u8>>>,
    hook: Option<CommitHook>,
    commits: AtomicU64,
    writes: AtomicU64,
}

impl MemoryBase {
    /// An empty base that never fails.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty base that fails when the hook says so.
    #[must_use]
    pub fn with_hook(hook: CommitHook) -> Self {
        Self {
            hook: Some(hook),
            ..Self::default()
        }
    }

    /// Everything as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.pairs().clone())
    }

    /// Makes everything as it was.
    pub fn restore(&self, snapshot: &Snapshot) {
        self.pairs().clone_from(&snapshot.0);
    }

    /// Batches done so far.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    /// Puts and removals done so far that changed something.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    fn pairs(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply(&self, batch: Vec<Change>) {
        let mut pairs = self.pairs();
        for change in batch {
            let changed = match change {
                Change::Put(key, value) => {
                    pairs.insert(key, value.clone()).as_ref() != Some(&value)
                }
                Change::Delete(key) => pairs.remove(&key).is_some(),
            };
            self.writes.fetch_add(u64::from(changed), Ordering::SeqCst);
        }
        self.commits.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Base for MemoryBase {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.pairs().get(key).cloned())
    }

    fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>> {
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        Ok(self
            .pairs()
            .range::<str, _>((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }

    async fn commit(&self, batch: Vec<Change>) -> Result<()> {
        let fault = self
            .hook
            .as_ref()
            .map_or(CommitFault::None, |hook| hook(&batch));
        let failed = || {
            Err(Error::new(Kind::State, "writing the state")
                .because("a fault was asked for")
                .hint("none: this is a test"))
        };
        match fault {
            CommitFault::Before => failed(),
            CommitFault::None => {
                self.apply(batch);
                Ok(())
            }
            CommitFault::After => {
                self.apply(batch);
                failed()
            }
        }
    }
}
