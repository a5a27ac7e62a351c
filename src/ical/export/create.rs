//! Writes a new entry.

use icalendar::{Alarm, Calendar, Component as _, Event, EventLike as _, Property};

use super::super::component::{Component, Document, Item};
use super::super::notes::Halves;
use super::super::{attendees, text};
use super::{conference, utc, words};
use crate::domain::canonical::canonical;
use crate::domain::entry::{Draft, Field, TimeSpan};

/// The text of a new entry: the same bytes for the same draft.
///
/// The draft's time must be a [`TimeSpan`]; without one the entry has no times, and is refused by
/// any calendar.
#[must_use]
pub fn create(draft: &Draft) -> String {
    match document(draft) {
        Ok(document) => String::from_utf8_lossy(&document.write()).into_owned(),
        // Only an entry larger than any calendar takes gets here; it is refused there.
        Err(built) => built,
    }
}

/// The `VEVENT` of a new entry, for a calendar that holds others beside it; `None` for one that is
/// larger than any calendar takes.
pub(in crate::ical) fn component(draft: &Draft) -> Option<Component> {
    let calendar = document(draft).ok()?.components.into_iter().next()?;
    calendar.items.into_iter().find_map(|item| match item {
        Item::Component(event) if event.is("VEVENT") => Some(event),
        Item::Component(_) | Item::Line(_) => None,
    })
}

/// The entry as a tree; as it was built where that cannot be read back.
fn document(draft: &Draft) -> Result<Document, String> {
    let built = Calendar::empty()
        .append_property(Property::new("VERSION", "2.0"))
        .append_property(Property::new("PRODID", words::PRODUCT))
        .push(event(draft))
        .done()
        .to_string();
    let Ok(mut document) = Document::parse(built.as_bytes()) else {
        return Err(built);
    };
    for calendar in &mut document.components {
        finish(calendar, draft);
    }
    Ok(document)
}

/// What the crate can write without harm. Values are clean of line endings and control characters
/// first: it writes those of addresses and parameters as they are.
fn event(draft: &Draft) -> Event {
    let value = |field| canonical(field, draft.entry.fields.get(field));
    let modified = utc(draft.modified);
    let mut event = Event::new();
    event
        .add_property("UID", text::one_line(draft.entry.uid.as_str()))
        .add_property("DTSTAMP", modified.as_str())
        .add_property("CREATED", modified.as_str())
        .add_property("LAST-MODIFIED", modified.as_str())
        .add_property("TRANSP", "OPAQUE")
        .sequence(draft.entry.sequence);
    if let Some(span) = TimeSpan::parse(draft.entry.fields.get(Field::Time)) {
        event
            .add_property("DTSTART", utc(span.start))
            .add_property("DTEND", utc(span.end));
    }
    for (name, text) in [
        ("STATUS", value(Field::Status)),
        ("SUMMARY", value(Field::Summary)),
        ("LOCATION", value(Field::Location)),
        ("URL", value(Field::Url)),
    ] {
        if !text.is_empty() {
            event.add_property(name, text);
        }
    }
    let halves = Halves {
        about: value(Field::About),
        notes: value(Field::Notes),
        shown: true,
    };
    event.description(&halves.join());
    event.categories([words::CATEGORY]);
    if let Some(seconds) = draft.alarm_seconds {
        let mut alarm = Alarm::display("Reminder", chrono::TimeDelta::zero());
        alarm.add_property("TRIGGER", trigger(seconds));
        event.alarm(alarm);
    }
    event.done()
}

/// What the crate would spoil: parameters, `X-` properties as TEXT; and what it invents.
fn finish(calendar: &mut Component, draft: &Draft) {
    let events = calendar.items.iter_mut().filter_map(|item| match item {
        Item::Component(event) if event.is("VEVENT") => Some(event),
        Item::Component(_) | Item::Line(_) => None,
    });
    for event in events {
        for item in &mut event.items {
            if let Item::Component(alarm) = item {
                alarm.remove(|line| line.is("DTSTAMP") || line.is("UID"));
            }
        }
        let link = canonical(Field::Conference, draft.entry.fields.get(Field::Conference));
        if !link.is_empty() {
            event.put(conference(&link), |_| false);
        }
        for line in attendees::lines(draft.entry.fields.get(Field::Attendees)) {
            event.put(line, |_| false);
        }
        super::edit::keep_books(
            event,
            draft.entry.event_id.as_ref(),
            draft.entry.host.as_ref(),
            &draft.entry.base,
        );
    }
}

/// Minutes where it is full minutes: that is what every client shows well.
fn trigger(seconds: u64) -> String {
    if seconds.is_multiple_of(60) {
        format!("-PT{}M", seconds / 60)
    } else {
        format!("-PT{seconds}S")
    }
}
