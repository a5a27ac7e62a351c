//! Reads the fields and the bookkeeping of an entry of ours.

use super::super::broken::Broken;
use super::super::component::Component;
use super::super::content_line::ContentLine;
use super::super::export::words;
use super::super::notes::Halves;
use super::super::{attendees, text, time};
use super::uid;
use crate::domain::canonical::canonical;
use crate::domain::entry::{Base, Entry, Field, Fields};
use crate::domain::ids::{BookingId, HostName};

/// Reads an entry from its master event.
pub(super) fn read(calendar: &Component, event: &Component) -> Result<Entry, Broken> {
    let uid = uid(event).ok_or_else(|| Broken::new("its event has no UID"))?;
    let base = base(event);
    let word = |name| {
        let text = event.text(name).unwrap_or_default().trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let halves = Halves::split(&text::normal_lines(
        &event.text("DESCRIPTION").unwrap_or_default(),
    ));
    let notes_shown = halves.shown;
    Ok(Entry {
        uid,
        fields: fields(calendar, event, &base, halves)?,
        event_id: word(words::EVENT_ID).map(BookingId::new),
        host: word(words::HOST).map(HostName::new),
        sequence: sequence(event),
        base,
        notes_shown,
    })
}

/// `X-SLOTBRIDGE-BASE`. Some servers escape it once more than they undo; a digest has no backslash.
pub(in super::super) fn base(event: &Component) -> Base {
    let line = event.line(words::BASE).map(ContentLine::value);
    Base::from_digest_line(&line.unwrap_or_default().replace('\\', ""))
}

fn fields(
    calendar: &Component,
    event: &Component,
    base: &Base,
    halves: Halves,
) -> Result<Fields, Broken> {
    let text = |name| event.text(name).unwrap_or_default();
    let status = match text("STATUS").trim() {
        "" => "CONFIRMED".to_owned(),
        status => status.to_owned(),
    };
    let read = [
        (Field::Time, time::field_text(event, calendar)?),
        (Field::Status, status),
        (Field::Summary, text("SUMMARY")),
        (Field::About, halves.about),
        (Field::Notes, halves.notes),
        (Field::Location, text("LOCATION")),
        // Some servers escape an address as if it were TEXT; it can hold no backslash of its own.
        (Field::Url, text("URL")),
        (
            Field::Conference,
            conference(event).map_or_else(String::new, |line| text::unescape(&line.value())),
        ),
        (Field::Attendees, attendees::field_text(event, base)),
    ];
    Ok(read
        .into_iter()
        .map(|(field, text)| (field, canonical(field, &text)))
        .collect())
}

/// The `CONFERENCE` line of ours: the one with our label, else the first one.
pub(in super::super) fn conference(event: &Component) -> Option<&ContentLine> {
    let all = || event.lines().filter(|line| line.is("CONFERENCE"));
    all()
        .find(|line| line.parameter_value("LABEL").as_deref() == Some(words::CONFERENCE_LABEL))
        .or_else(|| all().next())
}

fn sequence(event: &Component) -> u32 {
    let text = event.text("SEQUENCE").unwrap_or_default();
    text.trim().parse().unwrap_or(0)
}
