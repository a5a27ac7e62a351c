//! What was found out about the calendar, remembered so that a pass with nothing to do costs one
//! request.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use super::collection::Collection;
use super::trust::Ranges;
use crate::domain::fingerprint::Fingerprint;
use crate::ports::base::{Base, Change};
use crate::ports::error::{Error, Kind, Result};

/// The calendar in use, and what its server can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    /// The address of the collection, ending in a slash.
    pub(super) collection: Url,
    /// Whether it says that it is a calendar.
    pub(super) is_calendar: bool,
    /// Whether it can say what changed since a token.
    pub(super) sync: bool,
    /// Whether the user may write, where the server says so.
    pub(super) writable: Option<bool>,
    /// Whether the server is known to keep conditions, so that no look is needed before a write.
    pub(super) keeps_conditions: bool,
    /// What its queries over a range of time are worth.
    #[serde(default)]
    pub(super) ranges: Ranges,
    /// Where such a query failed: how often in a row, and when last.
    #[serde(default)]
    pub(super) faults: Option<(u32, Timestamp)>,
}

impl From<&Collection> for Known {
    fn from(collection: &Collection) -> Self {
        Self {
            collection: collection.url.clone(),
            is_calendar: collection.is_calendar,
            sync: collection.sync_collection,
            writable: collection.writable,
            keeps_conditions: collection.keeps_conditions,
            ranges: collection.ranges,
            faults: None,
        }
    }
}

impl Known {
    /// Whether its queries over a range of time are asked now. A fault that passes must not cost
    /// them for ever, and a server that they keep busy is not to be asked each day: after each
    /// failure twice as long is waited, a day at first and a month at most.
    pub(super) fn asks_ranges(&self, now: Timestamp) -> bool {
        match (self.ranges, self.faults) {
            (Ranges::Trusted, _) | (Ranges::Failed, None) => true,
            (Ranges::Failed, Some((times, last))) => {
                let days = 1_i64 << times.saturating_sub(1).min(5);
                // Everything is listed about once a day, not to the minute.
                let wait = SignedDuration::from_hours(days * 24 - 2);
                now.duration_since(last) >= wait
            }
            (Ranges::Untrusted | Ranges::Needed, _) => false,
        }
    }

    /// After a query that failed.
    pub(super) fn without_ranges(self, now: Timestamp) -> Self {
        let times = self.faults.map_or(0, |(times, _)| times);
        Self {
            ranges: Ranges::Failed,
            faults: Some((times.saturating_add(1), now)),
            ..self
        }
    }

    /// After queries that were answered.
    pub(super) fn with_ranges(self) -> Self {
        Self {
            ranges: Ranges::Trusted,
            faults: None,
            ..self
        }
    }
}

/// The key under which it is remembered: another address, collection or user is another calendar.
pub(super) fn key(url: &Url, collection: Option<&str>, username: &str) -> String {
    let print = Fingerprint::of([url.as_str(), collection.unwrap_or_default(), username]);
    format!("caldav/{}", print.as_str())
}

/// What is remembered; anything unreadable is forgotten.
///
/// # Errors
/// `Local` when the store cannot be read.
pub(super) fn load(base: &dyn Base, key: &str) -> Result<Option<Known>> {
    let stored = base.get(key)?;
    Ok(stored.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Remembers.
///
/// # Errors
/// `Local` when the store cannot be written.
pub(super) async fn save(base: &dyn Base, key: &str, known: &Known) -> Result<()> {
    let bytes = serde_json::to_vec(known).map_err(|error| {
        Error::new(Kind::Local, "remembering the calendar's address").because(error)
    })?;
    base.commit(vec![Change::Put(key.to_owned(), bytes)]).await
}
