//! The span of time that a pass looks at.

use jiff::Timestamp;

/// A half-open span of time. A booking is inside when it ends after `from` and starts before
/// `to`, which is how Zoom bounds a listing (FACTS.md section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Bounds the END of a booking, exclusive.
    pub from: Timestamp,
    /// Bounds the START of a booking, exclusive.
    pub to: Timestamp,
}

impl Window {
    /// Whether Zoom's listing over this window shows a booking with these times.
    #[must_use]
    pub fn shows(&self, start: Timestamp, end: Timestamp) -> bool {
        end > self.from && start < self.to
    }
}
