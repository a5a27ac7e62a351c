//! A base that forgets: reads fall through, writes stay in memory. For `--dry-run`.

use std::collections::{BTreeMap, btree_map::Entry};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::IRREPLACEABLE;
use crate::ports::base::{Base, Change};
use crate::ports::error::Result;

/// Writes over another base, kept in memory until it is dropped.
///
/// Keys under [`IRREPLACEABLE`] are written through: a refresh token is good for one use, so
/// forgetting the new one would lock the person out.
pub struct Overlay {
    below: Arc<dyn Base>,
    /// `None` for a key that was removed.
    above: Mutex<BTreeMap<String, Option<Vec<u8>>>>,
}

impl Overlay {
    /// An overlay without any writes.
    #[must_use]
    pub fn new(below: Arc<dyn Base>) -> Self {
        Self {
            below,
            above: Mutex::default(),
        }
    }

    fn above(&self) -> MutexGuard<'_, BTreeMap<String, Option<Vec<u8>>>> {
        self.above.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Base for Overlay {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        if let Some(value) = self.above().get(key) {
            return Ok(value.clone());
        }
        self.below.get(key)
    }

    fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>> {
        let above = self.above();
        let mut merged = BTreeMap::new();
        let mut after = after.map(str::to_owned);
        loop {
            let page = self.below.scan(prefix, after.as_deref(), limit)?;
            // How far the two can be compared: the last key below, or the end of both.
            let last = (page.len() == limit).then(|| page.last()).flatten();
            let upto = last.map(|(key, _)| key.clone());
            for (key, value) in page {
                merged.insert(key, Some(value));
            }
            let start = after.as_deref().filter(|after| *after >= prefix);
            let range = above
                .range::<str, _>((Bound::Included(start.unwrap_or(prefix)), Bound::Unbounded))
                .take_while(|(key, _)| key.starts_with(prefix))
                .take_while(|(key, _)| upto.as_ref().is_none_or(|upto| *key <= upto))
                .filter(|(key, _)| Some(key.as_str()) != start);
            for (key, value) in range {
                match merged.entry(key.clone()) {
                    Entry::Occupied(mut slot) => slot.get_mut().clone_from(value),
                    Entry::Vacant(slot) => {
                        slot.insert(value.clone());
                    }
                }
            }
            merged.retain(|_, value| value.is_some());
            if merged.len() >= limit || upto.is_none() {
                let pairs = merged.into_iter().filter_map(|(k, v)| Some((k, v?)));
                return Ok(pairs.take(limit).collect());
            }
            after = upto;
        }
    }

    async fn commit(&self, batch: Vec<Change>) -> Result<()> {
        let (through, kept): (Vec<_>, Vec<_>) = batch.into_iter().partition(|change| {
            let (Change::Put(key, _) | Change::Delete(key)) = change;
            IRREPLACEABLE.iter().any(|prefix| key.starts_with(prefix))
        });
        if !through.is_empty() {
            self.below.commit(through).await?;
        }
        let kept = kept.into_iter().map(|change| match change {
            Change::Put(key, value) => (key, Some(value)),
            Change::Delete(key) => (key, None),
        });
        self.above().extend(kept);
        Ok(())
    }
}
