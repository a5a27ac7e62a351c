//! Turns iCalendar text into domain values and back, without losing what it does not understand.
//!
//! No crate can write back somebody else's object unharmed, so an object is kept as a tree of raw
//! content lines and only the lines that an edit names are replaced.

/// `ATTENDEE` lines of ours, as one comparable text.
mod attendees;
/// Working hours as a `VAVAILABILITY`.
pub mod availability;
/// Why an object cannot be understood.
pub mod broken;
/// When an object blocks time.
pub mod busy;
/// Components and content lines in their original order.
pub mod component;
/// One unfolded content line: name, parameters, value.
pub mod content_line;
/// Domain to text.
pub mod export;
/// Calendars to subscribe to.
pub mod feed;
/// Text to domain.
pub mod import;
/// The two halves of a `DESCRIPTION`.
mod notes;
/// Escaping of TEXT values.
pub mod text;
/// `DTSTART`, `DTEND` and `DURATION` as one comparable text.
mod time;
/// `TZID` to rules.
pub mod timezone;
/// Rules out of a `VTIMEZONE`.
mod vtimezone;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod laws;
