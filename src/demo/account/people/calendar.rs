//! What people do in the host's primary Zoom calendar.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::super::Account;
use super::super::calendar::{Draft, When};

/// An event that somebody makes by hand. Change what the test is about, leave the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct CalendarEvent {
    /// From when to when.
    pub time: EventTime,
    /// What it is called.
    pub summary: String,
    /// Any other field as the API writes it: `transparency`, `description`, `recurrence`, …
    pub fields: Map<String, Value>,
}

/// When an event takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventTime {
    /// Between two instants.
    Timed(Timestamp, Timestamp),
    /// On whole days, the last one excluded.
    AllDay(Date, Date),
}

impl CalendarEvent {
    /// An opaque event between two instants.
    #[must_use]
    pub fn new(start: Timestamp, end: Timestamp, summary: &str) -> Self {
        Self::at(EventTime::Timed(start, end), summary)
    }

    /// An opaque event of whole days, the last one excluded.
    #[must_use]
    pub fn all_day(first: Date, end: Date, summary: &str) -> Self {
        Self::at(EventTime::AllDay(first, end), summary)
    }

    /// The same with one more field.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.fields.insert(name.to_owned(), value);
        self
    }

    fn at(time: EventTime, summary: &str) -> Self {
        Self {
            time,
            summary: summary.to_owned(),
            fields: Map::new(),
        }
    }

    fn draft(self) -> Draft {
        let (start, end) = match self.time {
            EventTime::Timed(start, end) => (When::Instant(start, None), When::Instant(end, None)),
            EventTime::AllDay(first, end) => (When::Day(first), When::Day(end)),
        };
        let mut rest = self.fields;
        rest.insert("summary".to_owned(), json!(self.summary));
        Draft { start, end, rest }
    }
}

#[allow(
    clippy::must_use_candidate,
    reason = "what counts is that it happens; the id or the answer is for whoever wants it"
)]
impl Account {
    /// Somebody makes an event; its id.
    pub fn add_calendar_event(&self, event: CalendarEvent) -> String {
        let now = self.now();
        let calendar = self.calendar_id();
        let made = self.state().diary.insert(&calendar, event.draft(), now);
        made.unwrap_or_default()
    }

    /// Somebody edits an event, their own or one of ours: its time, its summary and the fields
    /// named are as given, the others stay.
    pub fn edit_calendar_event(&self, id: &str, event: CalendarEvent) -> bool {
        self.change_calendar_event(id, |one| one.take(event.draft()))
    }

    /// Somebody changes one field of an event (`summary`, `description`, `transparency`, …).
    pub fn set_calendar_field(&self, id: &str, name: &str, value: Value) -> bool {
        self.change_calendar_event(id, |one| {
            one.rest.insert(name.to_owned(), value);
        })
    }

    /// Somebody moves an event.
    pub fn move_calendar_event(&self, id: &str, start: Timestamp, end: Timestamp) -> bool {
        self.change_calendar_event(id, |one| {
            one.start = When::Instant(start, None);
            one.end = When::Instant(end, None);
        })
    }

    /// Somebody deletes an event; it stays as a cancelled one for who asks what changed.
    pub fn delete_calendar_event(&self, id: &str) -> bool {
        self.change_calendar_event(id, |one| one.deleted = true)
    }

    /// No sync token issued so far is good any longer.
    pub fn expire_sync_tokens(&self) {
        self.state().diary.expire_sync_tokens();
    }

    fn change_calendar_event(
        &self,
        id: &str,
        how: impl FnOnce(&mut super::super::calendar::ZoomEvent),
    ) -> bool {
        let now = self.now();
        let calendar = self.calendar_id();
        self.state().diary.change(&calendar, id, now, how)
    }
}
