//! Decides what must happen; does none of it.
//!
//! Everything here is a function of its arguments: no clock, no I/O, no order of arrival. The
//! tables of the contract are `bookings` (which row applies) and `fields` (who owns a field).

/// Which blocks must be created, changed and deleted.
pub mod blocks;
/// Which row of the contract's tables applies to a booking and its entry.
pub mod bookings;
/// Whether all is known that busy time is made of.
pub mod certainty;
/// Who owns a field, and what happens when both sides changed it.
pub mod fields;
/// What is too much to do without asking a person.
pub mod guard;
/// Who has to follow whom where working hours differ.
pub mod hours;
/// Sets of instants: what is open, as a set.
mod instants;
/// The days of a zone, as instants.
mod local_days;
/// Three-way merge of one value.
pub mod merge;
/// Which date overrides take busy time out of the working hours.
pub mod overrides;
/// The policies of `[host.bookings]`, `[host.busy]` and `[host.hours]`.
pub mod policy;
/// Which new booking is an old one at another time.
pub mod reschedule;
/// What stays bookable on the days of a week.
pub mod week;
/// What an entry says about its booking.
pub mod wording;
