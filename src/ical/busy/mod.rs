//! When an object of somebody's calendar blocks time: what is kept of it, and its occurrences in
//! a window.
//!
//! Where the standard is silent or a calendar is wrong, more is busy rather than less:
//!
//! | what | then |
//! |---|---|
//! | a rule that comes every minute or second, or more than 288 times a day | busy all through, from its first occurrence to its last, cut to the days of the window |
//! | more than 18,000 occurrences of one rule in the window, more than 64 rules of one object | busy all through |
//! | a `COUNT` whose end lies more than 20,000 occurrences ahead | read as endless, where arithmetic cannot tell its end |
//! | a rule that makes no sense, or mixes parts that must not be mixed | left out; the first occurrence stays |
//! | an `EXRULE` that cannot be followed | takes out nothing |
//! | `DTSTART` that its rule does not name | an occurrence all the same |
//! | a zone that nobody knows and the text does not describe | the viewer's zone |
//! | a changed occurrence of a series that is not there, or has no such occurrence | busy by itself |
//! | two components for the same occurrence | the one with the higher `SEQUENCE`, then the younger one; else both |
//! | somebody who declined and is listed a second time | did not decline |
//!
//! Each of the first five rows, and an unknown zone, leaves a note. An event that cannot be read at all is broken.

mod changes;
mod event;
mod feed;
mod free_busy;
mod kept;
mod place;
mod rule;
mod series;
mod starts;
mod strip;

use jiff::tz::TimeZone;

use super::broken::Broken;
use super::component::Document;
use crate::domain::busy::Timing;
use crate::domain::ids::{Etag, Href};
use crate::domain::time_span::TimeSpan;
use crate::domain::window::Window;

/// What is kept of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stripped {
    /// It may block time.
    Timing(Timing),
    /// It never does: a task, a cancelled or transparent event, one of our own entries or blocks.
    Nothing,
}

/// One event (all components with one `UID`) of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEvent {
    /// A made-up place: a digest of its `UID`.
    pub href: Href,
    /// A digest of what it says about time.
    pub etag: Etag,
    /// What is kept of it.
    pub content: Result<Stripped, Broken>,
}

/// Who asks when an object blocks time.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    /// Occurrences that overlap it are wanted.
    pub window: Window,
    /// Where floating times and whole days are read (RFC 5545 section 3.3.5).
    pub zone: &'a TimeZone,
    /// Whose declined invitations are not busy.
    pub emails: &'a [String],
}

/// When an object blocks time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occurrences {
    /// In any order, each as a whole: what begins before the window keeps its start.
    pub spans: Vec<TimeSpan>,
    /// What could not be expanded and is busy all through instead, or was left out: in words
    /// without private content.
    pub notes: Vec<String>,
}

/// Strips one object, a text with components of one `UID`, of what says nothing about time.
///
/// # Errors
/// When it cannot be understood.
pub fn strip(object: &[u8]) -> Result<Stripped, Broken> {
    let mut text = String::new();
    for event in feed::split(object)? {
        if let Stripped::Timing(timing) = event.content? {
            text.push_str(timing.as_str());
        }
    }
    Ok(feed::stripped((!text.is_empty()).then_some(text)))
}

/// Splits a feed into its events, each stripped. One that is broken stops only itself.
///
/// # Errors
/// When it is no iCalendar text at all, or stops in the middle.
pub fn split(feed: &[u8]) -> Result<Vec<FeedEvent>, Broken> {
    feed::split(feed)
}

/// The occurrences that block time in the viewer's window.
///
/// # Errors
/// When the timing cannot be understood.
pub fn occurrences(timing: &Timing, viewer: &Viewer<'_>) -> Result<Occurrences, Broken> {
    let document = Document::parse(timing.as_str().as_bytes())?;
    let mut out = Occurrences::default();
    for calendar in &document.components {
        series::expand(calendar, viewer, &mut out)?;
        free_busy::expand(calendar, viewer, &mut out)?;
    }
    if timing.as_str().contains(strip::UNKNOWN_ZONE) {
        out.notes
            .push("its zone is not known: its times are read in the zone of the host".to_owned());
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
