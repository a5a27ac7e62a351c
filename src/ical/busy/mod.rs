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
//! | a rule that takes more steps than one event, or one source, is given (`budget`) | busy all through |
//! | an `EXRULE` that cannot be followed | takes out nothing |
//! | a rule that makes no sense | left out; the first occurrence and the listed dates stay |
//! | an `RDATE`, `EXDATE` or `RECURRENCE-ID` that makes no sense | left out; a changed occurrence is busy beside its series |
//! | a component that makes no sense, beside others | left out; the others stay |
//! | a `VTIMEZONE` that lists thousands of changes, or has rules that are not followed | the zone of its name, else the offset of its standard time |
//! | `DTSTART` that its rule does not name | an occurrence all the same |
//! | a zone that nobody knows and the text does not describe | the viewer's zone |
//! | an end before its start | busy until the clock shows that end again, for a day at most |
//! | two events with one `UID` that begin at different times | both |
//! | a changed occurrence of a series that is not there, or has no such occurrence | busy by itself |
//! | two components for the same occurrence | the one with the higher `SEQUENCE`, then the younger one; else both |
//! | somebody who declined and is listed a second time | did not decline |
//!
//! What was read with a grain of salt leaves a note; what was left out, for whatever reason, is a
//! failure that a person has to look at. How lenient rules are read says `rule`, how long an occurrence
//! lasts says `event`. An object of which nothing that blocks can be read is broken.

mod budget;
mod changes;
mod event;
mod feed;
mod free_busy;
mod kept;
mod names;
mod own;
mod parts;
mod period;
mod place;
mod repeats;
mod rule;
mod rules;
mod series;
mod shifted;
mod spelling;
mod starts;
mod strip;
mod unread;
mod walk;

pub use budget::{Budget, OBJECT_OCCURRENCES, OBJECT_STEPS};
pub use own::OwnEntry;

use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::broken::Broken;
use super::component::{Component, Document, MAX_OBJECT_BYTES};
use super::time::Written;
use crate::domain::busy::Timing;
use crate::domain::ids::{Etag, Href};
use crate::domain::time_span::TimeSpan;
use crate::domain::window::Window;
use unread::Unread;

/// Which form what is kept of an object has. What was kept in another form is still understood, and read
/// anew.
pub const FORM: u32 = 2;

/// Bytes that are kept of one feed: what it says about time, and for each event the zones that it names.
const MOST_OF_A_FEED: usize = 64 * 1024 * 1024;

/// What is kept of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stripped {
    /// It may block time.
    Timing(Timing),
    /// It never does: a task, a cancelled or transparent event, one of our own blocks.
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
    /// What could not be read or followed, so that a person has to look at it: which part, and what
    /// became of it, without private content.
    pub failures: Vec<String>,
    /// Where there are failures: the day on which the object first begins, so that it can be found.
    pub begins: Option<Date>,
}

impl Occurrences {
    fn noted(&mut self, note: &str) {
        if !self.notes.iter().any(|known| known == note) {
            self.notes.push(note.to_owned());
        }
    }

    fn failed(&mut self, failure: String) {
        if !self.failures.contains(&failure) {
            self.failures.push(failure);
        }
    }
}

/// Strips one object, a text with components of one `UID`, of what says nothing about time. Where
/// it has several all the same, one that is broken stops only itself.
///
/// # Errors
/// When nothing that blocks can be understood.
pub fn strip(object: &[u8]) -> Result<Stripped, Broken> {
    let mut text = String::new();
    let mut unread = Unread::default();
    let mut broken = None;
    for event in feed::split(object, MAX_OBJECT_BYTES)? {
        match event.content {
            Ok(Stripped::Timing(timing)) => text.push_str(timing.as_str()),
            Ok(Stripped::Nothing) => {}
            Err(why) => {
                unread.add(format!("one of its events is left out: {why}"));
                broken.get_or_insert(why);
            }
        }
    }
    let Some(why) = broken else {
        return Ok(feed::stripped((!text.is_empty()).then_some(text)));
    };
    if text.is_empty() {
        return Err(why);
    }
    for piece in ["BEGIN:VCALENDAR\n", &unread.lines(), "END:VCALENDAR\n"] {
        text.push_str(piece);
    }
    Ok(feed::stripped(Some(text)))
}

/// Splits a feed into its events, each stripped. One that is broken stops only itself.
///
/// # Errors
/// When it is no iCalendar text at all, stops in the middle, or says more about time than is kept of one
/// feed.
pub fn split(feed: &[u8]) -> Result<Vec<FeedEvent>, Broken> {
    feed::split(feed, MOST_OF_A_FEED)
}

/// The occurrences that block time in the viewer's window.
///
/// # Errors
/// When the timing cannot be understood.
pub fn occurrences(timing: &Timing, viewer: &Viewer<'_>) -> Result<Occurrences, Broken> {
    occurrences_within(timing, viewer, &mut Budget::default())
}

/// The same, for one of many objects that share what following their rules may cost.
///
/// # Errors
/// When the timing cannot be understood.
pub fn occurrences_within(
    timing: &Timing,
    viewer: &Viewer<'_>,
    budget: &mut Budget,
) -> Result<Occurrences, Broken> {
    let document = Document::parse(timing.as_str().as_bytes())?;
    let mut out = Occurrences::default();
    budget.next();
    let marked = names::MARKS.iter();
    let marks = marked.filter(|(mark, _)| timing.as_str().contains(mark));
    let marks: Vec<&str> = marks.map(|(_, why)| *why).collect();
    // What is not where it should be may belong into the window although it seems to be outside.
    let wide = if marks.is_empty() {
        *viewer
    } else {
        around(viewer)
    };
    for calendar in &document.components {
        for line in calendar.lines().filter(|line| line.is(unread::UNREAD)) {
            out.failed(line.value().trim().to_owned());
        }
        series::expand(calendar, &wide, budget, &mut out);
        free_busy::expand(calendar, &wide, &mut out)?;
    }
    if !out.spans.is_empty() {
        for why in marks {
            out.failed(why.to_owned());
        }
    }
    let window = TimeSpan {
        start: viewer.window.from,
        end: viewer.window.to,
    };
    out.spans.retain(|span| span.overlaps(&window));
    if !out.failures.is_empty() {
        out.begins = first_day(&document);
    }
    Ok(out)
}

/// A window with a day on either side.
fn around<'a>(viewer: &Viewer<'a>) -> Viewer<'a> {
    let day = SignedDuration::from_hours(24);
    let Window { from, to } = viewer.window;
    let window = Window {
        from: from.checked_sub(day).unwrap_or(from),
        to: to.checked_add(day).unwrap_or(to),
    };
    Viewer { window, ..*viewer }
}

/// The earliest day of all components.
fn first_day(document: &Document) -> Option<Date> {
    let components = document.components.iter().flat_map(Component::components);
    let starts = components.filter_map(|one| Written::parse(&one.line("DTSTART")?.value()));
    starts.map(|start| start.local().date()).min()
}

#[cfg(test)]
mod tests;
