//! Working hours as a `VAVAILABILITY` (RFC 7953), read as far as a week with dates that differ can
//! say it, and written back into a text of which everything else stays.
//!
//! | hours | here |
//! |---|---|
//! | the usual week | one `VAVAILABILITY` without an end: an `AVAILABLE` with `FREQ=WEEKLY` for each segment, with the days on which it holds |
//! | a date that differs | a `VAVAILABILITY` over just that date with `PRIORITY:1`, which stands above the week (RFC 7953 section 4): an `AVAILABLE` for each segment |
//! | a day off | the same without `AVAILABLE` |
//!
//! So any other program that reads RFC 7953 computes the same free time. What other programs write
//! is read, too: exceptions to a rule, single `AVAILABLE`s, other priorities, spans of several days.

mod export;
mod import;
mod layer;
mod print;
mod sheet;
mod slot;
mod write;
mod zone;
mod zone_text;

use jiff::Timestamp;

use crate::domain::hours::Hours;

pub use export::write;
pub use import::read;
pub use print::{print, same};

/// What the `UID` of everything that we add ends with.
pub const UID_SUFFIX: &str = "@hours.slotbridge";

/// Who reads hours, and when.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The IANA name of the zone for floating times, and the one that is preferred where several
    /// say the same.
    pub zone: &'a str,
    /// The time: what is over by then says nothing, what only begins later is not yet hours.
    pub now: Timestamp,
}

/// Hours as they were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The hours, as far as they go.
    pub hours: Hours,
    /// What they leave out, each in words without private content.
    pub left_out: Vec<String>,
}

/// Whether several `VAVAILABILITY`s may have `UID`s of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A text of its own: a property or a file.
    Text,
    /// An object of a CalDAV collection: all components have one `UID` (RFC 4791 section 4.1).
    Object,
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
