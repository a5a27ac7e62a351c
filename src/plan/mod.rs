//! Decides what must happen; does none of it.

/// The policies of `[host.bookings]`.
pub mod policy;
