//! Changes an entry that is there, and only what the change names.

use super::super::broken::Broken;
use super::super::component::{Component, Document, Item};
use super::super::content_line::ContentLine;
use super::super::import::{base, conference_line, is_ours, uid};
use super::super::notes::Halves;
use super::super::time::RECURRENCE;
use super::super::{attendees, text};
use super::{conference, utc, words};
use crate::domain::canonical::canonical;
use crate::domain::entry::{Base, Edit, Field, TimeSpan};
use crate::domain::ids::{BookingId, HostName};

/// The object after an edit. Properties, parameters and components that the edit does not name
/// stay as they are, in their order.
///
/// # Errors
/// When the object cannot be read, is not ours, or the edit sets a time that is no [`TimeSpan`].
pub fn edit(bytes: &[u8], edit: &Edit) -> Result<Vec<u8>, Broken> {
    let mut document = Document::parse(bytes)?;
    let Some(calendar) = document
        .components
        .iter_mut()
        .find(|calendar| calendar.components().any(is_ours))
    else {
        return Err(Broken::new("it is not an entry of ours"));
    };
    let span = match edit.set.get(&Field::Time) {
        None => None,
        Some(text) => Some(
            TimeSpan::parse(text)
                .ok_or_else(|| Broken::new("the time to be written is no span of time"))?,
        ),
    };
    if span.is_some() {
        remove_overrides(calendar);
    }
    let Some(event) = master(calendar) else {
        return Err(Broken::new("it is not an entry of ours"));
    };
    // What is ours among the attendees is told by what was agreed so far.
    let agreed = base(event);
    if let Some(span) = span {
        set_time(event, span);
    }
    set_description(event, edit);
    for (field, value) in &edit.set {
        let value = canonical(*field, value);
        match field {
            Field::Time | Field::About | Field::Notes => {}
            Field::Status => set(event, "STATUS", &value),
            Field::Summary => set(event, "SUMMARY", &text::escape(&value)),
            Field::Location => set(event, "LOCATION", &text::escape(&value)),
            Field::Url => set(event, "URL", &value),
            Field::Conference => set_conference(event, &value),
            Field::Attendees => attendees::replace(event, &agreed, &value),
        }
    }
    set(event, "SEQUENCE", &edit.sequence.to_string());
    set(event, "LAST-MODIFIED", &utc(edit.modified));
    set(event, "DTSTAMP", &utc(edit.modified));
    keep_books(event, Some(&edit.event_id), Some(&edit.host), &edit.base);
    Ok(document.write())
}

/// Writes `X-SLOTBRIDGE-*`.
pub(super) fn keep_books(
    event: &mut Component,
    event_id: Option<&BookingId>,
    host: Option<&HostName>,
    base: &Base,
) {
    let id = event_id.map_or("", BookingId::as_str);
    let host = host.map_or("", HostName::as_str);
    set(event, words::EVENT_ID, &text::escape(id));
    set(event, words::HOST, &text::escape(host));
    set(event, words::BASE, &text::escape(&base.digest_line()));
}

/// Sets a property to a value that is escaped already, where it stands and with its parameters, but
/// without a reference to another wording (RFC 5545 section 3.2.1). An empty value removes it.
fn set(event: &mut Component, name: &str, value: &str) {
    if value.is_empty() {
        event.remove(|line| line.is(name));
        return;
    }
    let line = match event.line(name) {
        Some(line) if line.value() == value && line.parameter_value("ALTREP").is_none() => return,
        Some(line) => line.with_value(value, &["ALTREP"]),
        None => ContentLine::new(name, value),
    };
    event.put(line, |line| line.is(name));
}

/// Sets one or both halves of the description; the half that is not named stays as it stands. Notes
/// put the line between them back where it is missing.
fn set_description(event: &mut Component, edit: &Edit) {
    let about = edit.set.get(&Field::About);
    let notes = edit.set.get(&Field::Notes);
    if about.is_none() && notes.is_none() {
        return;
    }
    let now = event.text("DESCRIPTION").unwrap_or_default();
    let mut halves = Halves::split(&text::normal_lines(&now));
    if let Some(about) = about {
        halves.about = canonical(Field::About, about);
    }
    if let Some(notes) = notes {
        halves.notes = canonical(Field::Notes, notes);
        halves.shown = true;
    }
    set(event, "DESCRIPTION", &text::escape(&halves.join()));
}

fn set_conference(event: &mut Component, value: &str) {
    let old = conference_line(event).cloned();
    let is_old = |line: &ContentLine| Some(line) == old.as_ref();
    match (&old, value) {
        (_, "") => event.remove(is_old),
        (Some(old), value) => event.put(old.with_value(value, &[]), is_old),
        (None, value) => event.put(conference(value), |_| false),
    }
}

/// A booking has one time: what made the entry recur goes.
fn set_time(event: &mut Component, span: TimeSpan) {
    event.remove(|line| {
        line.is("DURATION")
            || line.is("RECURRENCE-ID")
            || RECURRENCE.iter().any(|name| line.is(name))
    });
    for (name, time) in [("DTSTART", span.start), ("DTEND", span.end)] {
        event.put(ContentLine::new(name, &utc(time)), |line| line.is(name));
    }
}

/// Removes the overrides of single occurrences, if there is a master beside them.
fn remove_overrides(calendar: &mut Component) {
    let Some(master) = master(calendar).and_then(|event| uid(event)) else {
        return;
    };
    let is_override = |event: &Component| {
        is_ours(event)
            && event.line("RECURRENCE-ID").is_some()
            && uid(event).as_ref() == Some(&master)
    };
    let has_master = calendar
        .components()
        .any(|event| is_ours(event) && !is_override(event));
    let mut first = true;
    calendar.items.retain(|item| match item {
        Item::Component(event) if is_override(event) => {
            // Without a master, the first of them becomes it.
            let keep = first && !has_master;
            first = false;
            keep
        }
        Item::Component(_) | Item::Line(_) => true,
    });
}

fn master(calendar: &mut Component) -> Option<&mut Component> {
    let position = |wanted: fn(&Component) -> bool, calendar: &Component| {
        calendar
            .items
            .iter()
            .position(|item| matches!(item, Item::Component(event) if wanted(event)))
    };
    let at = position(
        |event| is_ours(event) && event.line("RECURRENCE-ID").is_none(),
        calendar,
    )
    .or_else(|| position(is_ours, calendar))?;
    match calendar.items.get_mut(at) {
        Some(Item::Component(event)) => Some(event),
        _ => None,
    }
}
