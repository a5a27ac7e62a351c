//! Times of changes that never repeat.

use jiff::{SignedDuration, Timestamp};

/// The time of the last change.
#[derive(Clone, Copy)]
pub(super) struct Ticker {
    last: Timestamp,
}

impl Ticker {
    /// Nothing changed yet.
    pub(super) fn new() -> Self {
        Self {
            last: Timestamp::MIN,
        }
    }

    /// The time of a change now: at least a millisecond after the last one, even where the clock
    /// stands.
    pub(super) fn tick(&mut self, now: Timestamp) -> Timestamp {
        let millisecond = SignedDuration::from_millis(1);
        let next = self.last.saturating_add(millisecond);
        self.last = next.unwrap_or(Timestamp::MAX).max(now);
        self.last
    }

    /// The time of the last change; the beginning of time where there was none.
    pub(super) fn last(&self) -> Timestamp {
        self.last
    }
}
