//! Reads an object of a calendar: an entry of ours, or somebody else's.

mod entry;

use super::component::{Component, Document, MAX_OBJECT_BYTES};
use super::content_line::unfold;
use super::text;
use crate::domain::entry::Entry;
use crate::domain::ids::{UID_SUFFIX, Uid};

pub(super) use entry::{base, conference as conference_line};

pub use super::broken::Broken;

/// What an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// An entry of ours, by its `UID`.
    Ours(Box<Entry>),
    /// Somebody else's.
    Foreign,
}

/// The components that make an object one of a calendar (RFC 5545 section 3.6, RFC 7953).
const KINDS: [&str; 5] = ["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY"];

/// Reads an object. It is ours when the `UID` of a `VEVENT` in it ends in [`UID_SUFFIX`].
///
/// # Errors
/// When it is not iCalendar, is cut off, too large or too deep, holds nothing that belongs in a
/// calendar, or is ours and has a time that makes no sense.
pub fn read(bytes: &[u8]) -> Result<Found, Broken> {
    let document = Document::parse(bytes)?;
    if let Some((calendar, event)) = ours(&document) {
        let entry = entry::read(calendar, event)?;
        return Ok(Found::Ours(Box::new(entry)));
    }
    let belongs = |component: &Component| KINDS.iter().any(|kind| component.is(kind));
    let any = document
        .components
        .iter()
        .any(|outer| belongs(outer) || outer.components().any(belongs));
    if any {
        Ok(Found::Foreign)
    } else {
        Err(Broken::new(
            "it holds no event, task, journal, free-busy or availability",
        ))
    }
}

/// The `UID` of the first event (or task, …) of an object that may be too broken to be read, so
/// that it can still be said whose it is.
#[must_use]
pub fn raw_uid(bytes: &[u8]) -> Option<Uid> {
    let mut open: Vec<bool> = Vec::new();
    let start = bytes.get(..MAX_OBJECT_BYTES).unwrap_or(bytes);
    for line in unfold(start) {
        if line.is("BEGIN") {
            let kind = line.value();
            open.push(
                KINDS
                    .iter()
                    .any(|known| kind.trim().eq_ignore_ascii_case(known)),
            );
        } else if line.is("END") {
            open.pop();
        } else if line.is("UID") && open.last() == Some(&true) {
            return Some(Uid::new(text::unescape(line.value().trim())));
        }
    }
    None
}

/// The calendar and the master event of an entry of ours: the one that is not an override of one
/// occurrence, where there is such a one.
fn ours(document: &Document) -> Option<(&Component, &Component)> {
    let events = || {
        document.components.iter().flat_map(|calendar| {
            calendar
                .components()
                .filter(|component| is_ours(component))
                .map(move |event| (calendar, event))
        })
    };
    events()
        .find(|(_, event)| event.line("RECURRENCE-ID").is_none())
        .or_else(|| events().next())
}

/// Whether a component is an event of ours.
pub(super) fn is_ours(component: &Component) -> bool {
    component.is("VEVENT") && uid(component).is_some_and(|uid| uid.as_str().ends_with(UID_SUFFIX))
}

/// The `UID` of a component.
pub(super) fn uid(component: &Component) -> Option<Uid> {
    component.text("UID").map(|uid| Uid::new(uid.trim()))
}

#[cfg(test)]
mod tests;
