//! Looks whether the state is whole, and empties it of what can be found out again.

use std::ops::Bound;

use super::blobs::{Blobs, References, blob_of};
use super::disk::{Disk, DiskError};
use super::head::{Head, PAIR};
use super::sled_base::{SledBase, caller_key};
use super::{COVERED, IRREPLACEABLE, PAGE, WAITING};
use crate::ports::base::{Base, Change};
use crate::ports::error::Result;

/// What a look at the whole state found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many pairs there are.
    pub pairs: u64,
    /// Whether count and checksum are those of the last batch.
    pub checksum_ok: bool,
    /// How many values are kept as files.
    pub blobs: u64,
    /// What is wrong, one sentence each, without values.
    pub problems: Vec<String>,
}

/// What all pairs together are.
pub(super) struct Census {
    pub(super) head: Head,
    pub(super) references: References,
    pub(super) missing: bool,
}

impl Census {
    pub(super) fn agrees_with(&self, head: Option<&Head>) -> bool {
        !self.missing
            && head.is_some_and(|head| {
                head.pairs == self.head.pairs && head.checksum == self.head.checksum
            })
    }
}

/// Counts all pairs, and looks whether the files that they name are there.
pub(super) fn count(
    disk: &Disk,
    blobs: &Blobs,
    schema: u32,
) -> std::result::Result<Census, DiskError> {
    let mut census = Census {
        head: Head::new(schema),
        references: References::new(),
        missing: false,
    };
    each(disk, &[PAIR], |key, stored| {
        caller_key(key)?;
        census.head.add(key, stored);
        if let Some(id) = blob_of(stored) {
            census.missing |= !blobs.has(id);
            *census.references.entry(id).or_default() += 1;
        }
        Ok(())
    })?;
    Ok(census)
}

/// The pairs under a prefix, up to the first that cannot be read.
pub(super) fn readable(disk: &Disk, blobs: &Blobs, prefix: &str) -> Vec<(String, Vec<u8>)> {
    let mut pairs = Vec::new();
    let prefix = [&[PAIR], prefix.as_bytes()].concat();
    let ended = each(disk, &prefix, |key, stored| {
        if let (Ok(key), Ok(value)) = (caller_key(key), blobs.decode(stored)) {
            pairs.push((key, value));
        }
        Ok(())
    });
    if let Err(error) = ended {
        tracing::debug!(%error, "not everything could be read of the damaged state");
    }
    pairs
}

fn each(
    disk: &Disk,
    prefix: &[u8],
    mut look: impl FnMut(&[u8], &[u8]) -> std::result::Result<(), DiskError>,
) -> std::result::Result<(), DiskError> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let from = after
            .as_deref()
            .map_or(Bound::Included(prefix), Bound::Excluded);
        let page = disk.page(from, prefix, PAGE)?;
        for (key, stored) in &page {
            look(key, stored)?;
        }
        let full = page.len() == PAGE;
        match page.into_iter().next_back() {
            Some((key, _)) if full => after = Some(key),
            _ => return Ok(()),
        }
    }
}

impl SledBase {
    /// Reads everything and compares it with the checksum of the last batch. Nobody can commit
    /// meanwhile, and it takes its time (about a second for 100,000 pairs).
    #[must_use]
    pub fn verify(&self) -> Report {
        let written = self.inner.written();
        let mut problems = Vec::new();
        let mut checksum_ok = false;
        let mut pairs = 0;
        match count(&self.inner.disk, &self.inner.blobs, written.head.schema) {
            Ok(census) => {
                pairs = census.head.pairs;
                checksum_ok = census.agrees_with(Some(&written.head));
                if !checksum_ok {
                    problems.push(format!(
                        "{pairs} pairs are there, {} should be, or their contents differ",
                        written.head.pairs
                    ));
                }
            }
            Err(error) => problems.push(error.to_string()),
        }
        let blobs = written.references.keys();
        problems.extend(blobs.filter_map(|id| self.inner.blobs.check(*id)));
        let held = written.references.values().filter(|count| **count > 0);
        Report {
            pairs,
            checksum_ok,
            blobs: held.count() as u64,
            problems,
        }
    }
}

/// Removes everything that a pass finds out again (links, cursors, observations), in one batch.
/// Tokens, quotas and what waits for a person stay. Gives how many pairs went.
///
/// # Errors
/// When the state cannot be read or written.
pub async fn rebuild(base: &dyn Base) -> Result<usize> {
    let mut batch = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = base.scan("", after.as_deref(), PAGE)?;
        after = page.last().map(|(key, _)| key.clone());
        if after.is_none() {
            break;
        }
        let stays = |key: &str| {
            let mut kept = IRREPLACEABLE.iter().chain(&WAITING).chain(&[COVERED]);
            kept.any(|prefix| key.starts_with(prefix))
        };
        let going = page.into_iter().filter(|(key, _)| !stays(key));
        batch.extend(going.map(|(key, _)| Change::Delete(key)));
    }
    let gone = batch.len();
    base.commit(batch).await?;
    Ok(gone)
}
