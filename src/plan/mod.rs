//! Decides what must happen; does none of it.
//!
//! Everything here is a function of its arguments: no clock, no I/O, no order of arrival. The
//! tables of the contract are `bookings` (which row applies) and `fields` (who owns a field).

/// Which row of the contract's tables applies to a booking and its entry.
pub mod bookings;
/// Who owns a field, and what happens when both sides changed it.
pub mod fields;
/// What is too much to do without asking a person.
pub mod guard;
/// Three-way merge of one value.
pub mod merge;
/// The policies of `[host.bookings]`, `[host.busy]` and `[host.hours]`.
pub mod policy;
/// Which new booking is an old one at another time.
pub mod reschedule;
/// What an entry says about its booking.
pub mod wording;
