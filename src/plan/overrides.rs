//! Which date overrides take busy time out of the working hours (contract section 4).
//!
//! Zoom knows one list of overrides, which we share with the person. So two things are told apart
//! at each pass, one after the other:
//! 1. `theirs`: what the person wants, from what is there now and what we wrote last.
//! 2. [`overrides`]: what has to be there, from what the person wants and what is busy.
//!
//! Between both, a person's new hours from elsewhere may be put in: `Theirs::with`.
//!
//! | the day | what has to be there |
//! |---|---|
//! | busy time meets its hours | its hours less busy time |
//! | busy time takes all of its hours | a day off |
//! | nothing of that | just what the person has |
//! | before today | just what the person had |
//!
//! Hours are sets of instants, so that days on which the clock is changed need no rule of their
//! own. Segments that touch a day in common tie their days together into a *run*: a run is touched
//! as a whole and given back as a whole, segment for segment.
//!
//! # A lost state
//! With nothing remembered, an override that is just the weekly hours less busy time is taken for
//! ours, any other one for the person's. That is wrong in two cases, and never opens busy time:
//! a person's override that happens to say the same goes away with the busy time, and one of ours
//! for busy time that has changed since stays until its day is over. While some sources are unknown
//! (`Certainty::PartlyUnknown`) the guess is made anew at each pass (`Remembered::sure`).
//!
//! # A power cut
//! Zoom takes the list as a whole, but the state is written before or after it. So it is to hold
//! both what was in force and what is about to be, until the list is written; `in_force` says
//! which of both it was.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::instants::Instants;
use crate::domain::hours::Week;
use crate::domain::time_span::TimeSpan;

pub use super::certainty::Certainty;
pub use theirs::{Theirs, theirs};
pub use written::overrides;

/// Segments that belong together, and what they say.
mod runs;
/// What the person wants.
mod theirs;
/// What has to be there.
mod written;

/// An availability schedule as it is now.
#[derive(Clone, Copy, Debug)]
pub struct Now<'a> {
    /// `segments`: the date overrides, ours and the person's.
    pub segments: &'a [TimeSpan],
    /// `segments_recurrence`: the usual week.
    pub week: &'a Week,
    /// `time_zone`.
    pub zone: &'a TimeZone,
}

/// The days that busy time is known for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// Today, in the schedule's zone.
    pub from: Date,
    /// The first day after the horizon.
    pub to: Date,
}

/// How a day off is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayOff {
    /// An empty segment at its start.
    Empty,
    /// A minute, too short for any slot, where Zoom refuses an empty segment: one that is not
    /// busy if there is one, else the first of the day.
    OneMinute,
}

/// What we wrote last, and what is to be given back. Kept in the state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    /// The runs that we touched, by their first day.
    pub days: BTreeMap<Date, Touched>,
    /// The list as it was written, the person's own segments and all.
    pub written: Vec<TimeSpan>,
    /// The list that it was written in place of; empty where it was there already.
    pub replaced: Vec<TimeSpan>,
    /// Whether whose an override is was ever decided with all sources known.
    pub sure: bool,
}

/// A run of days that we touched; nearly always one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// Its last day.
    pub last: Date,
    /// What we wrote for it.
    pub ours: Vec<TimeSpan>,
    /// What the person had there; `None`: the weekly hours.
    pub theirs: Option<Vec<TimeSpan>>,
}

/// What has to be there, and its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The complete new `segments`, in order.
    pub segments: Vec<TimeSpan>,
    /// Whether that says anything else than what is there now. Where not, nothing is to be written,
    /// even if the same is said in other segments.
    pub changed: bool,
    /// What is to be remembered once that is there.
    pub remembered: Remembered,
    /// The effect on each of the days asked for.
    pub days: Vec<Effect>,
}

/// What a day comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The day.
    pub date: Date,
    /// The person's hours.
    pub hours: Vec<TimeSpan>,
    /// What of them is busy.
    pub busy: Vec<TimeSpan>,
    /// What of them can be booked.
    pub bookable: Vec<TimeSpan>,
}

/// Which of two states belongs to what is there now: the one that was in force before, or the one
/// whose list was about to be written. The list that is nearer to what is there, in time that is
/// open, tells whether it was: a person may have edited either since (see above).
#[must_use]
pub fn in_force<'a>(
    segments: &[TimeSpan],
    before: &'a Remembered,
    intended: &'a Remembered,
) -> &'a Remembered {
    let now = Instants::of(segments.iter().copied());
    let empty = |list: &[TimeSpan]| list.iter().filter(|span| span.start == span.end).count();
    let distance = |list: &[TimeSpan]| {
        let open = Instants::of(list.iter().copied());
        let differing = open.minus(&now).plus(&now.minus(&open));
        let off = empty(list).abs_diff(empty(segments));
        (differing.length(), off)
    };
    if distance(&intended.written) < distance(&intended.replaced) {
        intended
    } else {
        before
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
