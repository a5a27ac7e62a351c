//! What `check` sees of a feed: how much is in it, and how old it says it is.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::events::Events;
use super::mark::Seen;
use super::{Got, Ics, failure};
use crate::domain::window::Window;
use crate::ical::busy::{self, Budget, Viewer};
use crate::ports::error::Result;
use crate::ports::source::SourceContent;

/// A feed that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// How many events it has.
    pub events: usize,
    /// `Last-Modified`, or when the file was written, where that is told.
    pub modified: Option<Timestamp>,
    /// Whether an event blocks time in the window that was asked about; what cannot be read may.
    pub blocks: bool,
}

impl Ics {
    /// Reads the feed as a whole, and looks whether anything of it is in the window.
    ///
    /// # Errors
    /// As a listing.
    pub async fn look(&self, window: Window) -> Result<Look> {
        let Got::Text { bytes, seen } = self.get(None).await? else {
            return Err(failure::unasked());
        };
        let events = Events::read(bytes).await?;
        let count = events.objects.len();
        // Following rules may keep a processor busy.
        let blocks = tokio::task::spawn_blocking(move || blocks(&events, window));
        Ok(Look {
            events: count,
            modified: modified(&seen),
            blocks: blocks.await.map_err(failure::stopped)?,
        })
    }
}

fn blocks(events: &Events, window: Window) -> bool {
    let viewer = Viewer {
        window,
        zone: &TimeZone::UTC,
        emails: &[],
    };
    let mut budget = Budget::default();
    events.objects.values().any(|object| match &object.content {
        SourceContent::Timing(timing) => {
            let found = busy::occurrences_within(timing, &viewer, &mut budget);
            found.map_or(true, |found| !found.spans.is_empty())
        }
        SourceContent::Broken(_) => true,
        SourceContent::Nothing | SourceContent::Absent => false,
    })
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
