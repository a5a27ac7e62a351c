//! Writes calendars to subscribe to (RFC 7986): the same bytes for the same content. There is no
//! clock in them, so that whoever asks again is told that nothing changed.
//!
//! | feed | holds |
//! |---|---|
//! | bookings | the `VEVENT` of each booking as its entry has it, less what belongs to the entry alone |
//! | busy | an opaque `VEVENT` for each stretch of busy time, which says nothing but when |
//! | hours | a `VAVAILABILITY` (RFC 7953) |

mod head;
mod hours;
mod stream;

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::feed::{FeedKind, FeedName};

pub use hours::hours;
pub use stream::Stream;

/// What a feed says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// `NAME`, and `X-WR-CALNAME` for programs from before RFC 7986.
    pub name: FeedName,
    /// What it shows.
    pub kind: FeedKind,
    /// `REFRESH-INTERVAL` and `X-PUBLISHED-TTL`: how often it is worth asking again. Whole seconds.
    pub refresh: Duration,
}

/// `DTSTAMP` of what has no time of change that is known: 2024-01-01. A stretch of busy time never
/// changes: another span is another event.
pub const UNKNOWN: Timestamp = Timestamp::constant(1_704_067_200, 0);

/// What the `UID` of a stretch of busy time ends with.
pub const BUSY_SUFFIX: &str = "@busy.slotbridge";

#[cfg(test)]
mod tests;
