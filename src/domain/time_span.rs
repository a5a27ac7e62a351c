//! A span of time between two instants.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// From a start, inclusive, to an end, exclusive.
///
/// Its text, `2026-11-21T10:00:00Z/2026-11-21T10:30:00Z`, is the canonical one of `Field::Time` for
/// timed, not recurring entries. All-day, floating and recurring entries have other texts (made by
/// `ical`), which never equal one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeSpan {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

impl TimeSpan {
    /// The canonical text. Seconds are the finest unit that iCalendar has.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{}/{}",
            self.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            self.end.strftime("%Y-%m-%dT%H:%M:%SZ")
        )
    }

    /// Reads the canonical text back; `None` for all-day, floating and recurring entries.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('/')?;
        Some(Self {
            start: start.parse().ok()?,
            end: end.parse().ok()?,
        })
    }

    /// Whether both have an instant in common. An empty span has none.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}
