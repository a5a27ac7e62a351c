//! Nouns: ids, bookings, entries, links. Values only: no clock, no I/O, no vendor client.

/// A busy interval that we wrote to Zoom.
pub mod block;
/// A booking as Zoom Scheduler knows it.
pub mod booking;
/// When nobody can be booked.
pub mod busy;
/// The one form in which a field's text is compared.
pub mod canonical;
/// A calendar entry as a set of comparable fields.
pub mod entry;
/// What a calendar program can subscribe to.
pub mod feed;
/// Stable digests that say whether something changed.
pub mod fingerprint;
/// What somebody says happened to a booking.
pub mod hint;
/// When somebody can be booked.
pub mod hours;
/// Ids as types, so that they cannot be swapped.
pub mod ids;
/// A week of the calendar.
pub mod iso_week;
/// A booking and its entry, with what both sides last agreed.
pub mod link;
/// A part of hours that can differ by itself.
pub mod part;
/// A span of time between two instants.
pub mod time_span;
/// What waits for a person: conflicts and held actions.
pub mod waiting;
/// A span of time that a pass looks at.
pub mod window;
