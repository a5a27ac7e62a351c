//! What the engine needs from the world: small traits and one error.

/// The host's availability schedules in Zoom Scheduler.
pub mod availability;
/// The store that remembers.
pub mod base;
/// A calendar that can be listed, read and written.
pub mod calendar;
/// The time, as an argument.
pub mod clock;
/// Why a call to the world failed, and how to react.
pub mod error;
/// The place where hours are kept.
pub mod hours;
/// What a side counted while it was used.
pub mod meter;
/// A secret that may change where it stands.
pub mod secret;
/// A calendar whose busy time is wanted.
pub mod source;
/// Zoom Scheduler, seen from one host.
pub mod zoom;
/// The host's primary Zoom calendar.
pub mod zoom_calendar;
