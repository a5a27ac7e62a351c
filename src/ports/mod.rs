//! What the engine needs from the world: five small traits and one error.

/// The store that remembers.
pub mod base;
/// A calendar that can be listed, read and written.
pub mod calendar;
/// The time, as an argument.
pub mod clock;
/// Why a call to the world failed, and how to react.
pub mod error;
/// What a side counted while it was used.
pub mod meter;
/// Zoom Scheduler, seen from one host.
pub mod zoom;
