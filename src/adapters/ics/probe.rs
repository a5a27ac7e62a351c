//! What `check` sees of a feed: how much is in it, and how old it says it is.

use jiff::Timestamp;

use super::events::Events;
use super::mark::Seen;
use super::{Got, Ics, failure};
use crate::ports::error::Result;

/// A feed that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// How many events it has.
    pub events: usize,
    /// `Last-Modified`, or when the file was written, where that is told.
    pub modified: Option<Timestamp>,
}

impl Ics {
    /// Reads the feed as a whole.
    ///
    /// # Errors
    /// As a listing.
    pub async fn look(&self) -> Result<Look> {
        let Got::Text { bytes, seen } = self.get(None).await? else {
            return Err(failure::unasked());
        };
        let events = Events::read(bytes).await?;
        Ok(Look {
            events: events.objects.len(),
            modified: modified(&seen),
        })
    }
}

fn modified(seen: &Seen) -> Option<Timestamp> {
    match seen {
        Seen::Web { modified, .. } => {
            let parsed = jiff::fmt::rfc2822::parse(modified.as_deref()?).ok()?;
            Some(parsed.timestamp())
        }
        Seen::File(stat) => {
            let seconds = stat.as_ref()?.modified / 1_000_000_000;
            Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
        }
    }
}
