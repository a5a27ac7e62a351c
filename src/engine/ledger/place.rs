//! Where a calendar is, and beginning it anew.

use super::batch::Batch;
use super::{Ledger, PAGE};
use crate::domain::fingerprint::Fingerprint;
use crate::ports::base::{Base, Change};
use crate::ports::error::Result;

/// Where listings ended: of the bookings' calendar, of a source, of the blocks in Zoom.
const POSITIONS: [&str; 3] = ["position/", "since/", "blocks/"];

/// Every kind of record about what stands in the calendar. The cursor is forgotten first: without
/// it, what is forgotten is not taken for gone.
const OF_THE_CALENDAR: [&str; 11] = [
    "position", "unlisted", "journal", "retry", "pair", "copy", "uid", "href", "link", "known",
    "trouble",
];

impl Ledger<'_> {
    /// Where the calendar was, as a digest.
    pub fn place(&self) -> Result<Option<Fingerprint>> {
        self.read(&self.key("place", ""))
    }

    /// Remembers where the calendar is.
    pub async fn begin_at(&self, place: &Fingerprint) -> Result<()> {
        let mut batch = Batch::default();
        batch.put(self.key("place", ""), place);
        self.commit(batch).await
    }

    /// Forgets everything about the calendar but what waits for a person, and then remembers where
    /// it is now: after a power cut in between, the rest is forgotten first.
    pub async fn begin_anew(&self, place: &Fingerprint) -> Result<()> {
        for kind in OF_THE_CALENDAR {
            loop {
                let pairs = self.base.scan(&self.key(kind, ""), None, PAGE)?;
                if pairs.is_empty() {
                    break;
                }
                let mut batch = Batch::default();
                for (key, _) in pairs {
                    batch.delete(key);
                }
                self.commit(batch).await?;
            }
        }
        self.begin_at(place).await
    }
}

/// Forgets where all listings ended, of all hosts: the next ones list everything.
///
/// # Errors
/// When the base cannot be read or written.
pub async fn forget_positions(base: &dyn Base) -> Result<()> {
    let mut changes = Vec::new();
    for prefix in POSITIONS {
        let mut after: Option<String> = None;
        loop {
            let pairs = base.scan(prefix, after.as_deref(), PAGE)?;
            let Some((last, _)) = pairs.last() else {
                break;
            };
            after = Some(last.clone());
            changes.extend(pairs.into_iter().map(|(key, _)| Change::Delete(key)));
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    base.commit(changes).await
}
