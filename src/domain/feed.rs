//! A feed: a calendar at an address of its own, which any calendar program can subscribe to.

use serde::{Deserialize, Serialize};

pub use super::ids::FeedName;

/// `kind` of a `[[host.feed]]`: what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedKind {
    /// The bookings, as their entries show them.
    Bookings,
    /// When the host is busy, and nothing about why.
    Busy,
    /// The working hours.
    Hours,
}

impl FeedKind {
    /// The word for it in the configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bookings => "bookings",
            Self::Busy => "busy",
            Self::Hours => "hours",
        }
    }
}
