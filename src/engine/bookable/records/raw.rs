//! Reads and writes records as JSON.

use serde::de::DeserializeOwned;

use crate::engine::ledger::{Batch, decode, unpart};
use crate::ports::base::Base;
use crate::ports::error::Result;

/// How many records are read at once: a `Timing` may be some KiB.
pub(super) const PAGE: usize = 100;

pub(super) async fn commit(base: &dyn Base, batch: Batch) -> Result<()> {
    if batch.is_empty() {
        Ok(())
    } else {
        base.commit(batch.changes).await
    }
}

pub(super) fn read<T: DeserializeOwned>(base: &dyn Base, key: &str) -> Result<Option<T>> {
    let value = base.get(key)?;
    value.map(|value| decode(key, &value)).transpose()
}

pub(super) fn named<T: DeserializeOwned>(
    prefix: &str,
    pairs: Vec<(String, Vec<u8>)>,
) -> Result<Vec<(String, T)>> {
    let pairs = pairs.into_iter();
    let pairs = pairs.map(|(key, value)| {
        let name = unpart(key.strip_prefix(prefix).unwrap_or_default());
        Ok((name, decode(&key, &value)?))
    });
    pairs.collect()
}

pub(super) fn everything<T: DeserializeOwned>(
    base: &dyn Base,
    prefix: &str,
) -> Result<Vec<(String, T)>> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let pairs = base.scan(prefix, after.as_deref(), PAGE)?;
        let Some((last, _)) = pairs.last() else {
            return Ok(all);
        };
        after = Some(last.clone());
        all.extend(named(prefix, pairs)?);
    }
}
