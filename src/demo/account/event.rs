//! A booking as the account keeps it, and as it shows it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::booking::{NewBooking, Place};

/// A booking as the account keeps it.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// The how-manieth it is: decides which of Zoom's spellings it is shown in.
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) booked: NewBooking,
    pub(super) attendees: Vec<Person>,
    pub(super) standing: Standing,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    /// Whatever a test wants to be shown instead, or besides.
    pub(super) extra: BTreeMap<String, Value>,
}

/// How a booking stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Confirmed,
    Pending,
    /// Its id is still answered.
    Cancelled,
    /// Its id is answered with 404; a listing with `show_deleted` shows it as cancelled.
    Deleted,
}

/// An attendee.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) booker: bool,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) time_zone: String,
    pub(super) no_show: bool,
}

impl Standing {
    pub(super) fn stands(self) -> bool {
        matches!(self, Self::Confirmed | Self::Pending)
    }
}

impl Event {
    pub(super) fn end(&self) -> Timestamp {
        let length = SignedDuration::from_secs(self.booked.minutes.saturating_mul(60));
        self.booked
            .start
            .saturating_add(length)
            .unwrap_or(Timestamp::MAX)
    }

    /// As a listing and its own resource show it, offsets in this zone.
    pub(super) fn json(&self, zone: &TimeZone) -> Value {
        let booked = &self.booked;
        let mut shown = json!({
            "event_id": self.id,
            "schedule_id": self.schedule_id(),
            "summary": booked.summary,
            "description": booked.description,
            "start_date_time": self.time(booked.start, zone),
            "end_date_time": self.time(self.end(), zone),
            "status": if self.standing.stands() { "confirmed" } else { "cancelled" },
            "event_type": if self.standing == Standing::Pending { "pending" } else { "default" },
            "updated": self.updated.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
            "attendees": self.attendees.iter().map(|person| self.person(person)).collect::<Vec<_>>(),
            "tracking_params": [{"key": "utm_source", "label": "Source", "value": "demo"}],
            "manage_url": format!("https://scheduler.zoom.us/demo/manage/{}", self.id),
            "x_future_field": {"since": "tomorrow", "list": [1, null, {"deep": true}]},
        });
        if let Some(shown) = shown.as_object_mut() {
            self.add_place(shown);
            // Zoom leaves an empty field out or shows it empty; a client must take both.
            add(shown, "meeting_notes", &booked.notes, self.spelled_out());
            if self.spelled_out() || !booked.guests.is_empty() {
                shown.insert("guests".to_owned(), json!(booked.guests));
            }
            if let Some(phone) = &booked.phone {
                shown.insert("text_phone_number".to_owned(), json!(phone));
            }
            shown.extend(self.extra.clone());
        }
        shown
    }

    /// An attendee's own resource, the only place that shows the answers of the booking form.
    pub(super) fn attendee_json(&self, id: &str) -> Option<Value> {
        let person = self.attendees.iter().find(|person| person.id == id)?;
        let mut shown = self.person(person);
        let answers = self.booked.answers.iter().filter(|_| person.booker);
        let answers: Vec<Value> = answers
            .enumerate()
            .map(|(position, answer)| {
                json!({"name": answer.question, "position": position, "values": answer.values})
            })
            .collect();
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("booker");
            shown.insert("event_id".to_owned(), json!(self.id));
            shown.insert("schedule_id".to_owned(), json!(self.schedule_id()));
            shown.insert("custom_values".to_owned(), json!(answers));
        }
        Some(shown)
    }

    /// Whether a search in meeting ids and summaries finds it.
    pub(super) fn is_found_by(&self, words: &str) -> bool {
        let words = words.to_lowercase();
        self.booked.summary.to_lowercase().contains(&words) || self.meeting_id() == words
    }

    fn spelled_out(&self) -> bool {
        self.number.is_multiple_of(2)
    }

    /// The page's id, with the occurrence behind it on every second booking, as Zoom does it.
    fn schedule_id(&self) -> String {
        let page = schedule_id(&self.booked.schedule);
        if self.spelled_out() {
            page
        } else {
            format!("{page}_{}", self.booked.start.strftime("%Y%m%dT%H%M%SZ"))
        }
    }

    fn meeting_id(&self) -> String {
        (90_000_000_000_u64.saturating_add(self.number)).to_string()
    }

    /// A `Z` on every second booking, an offset on the others.
    fn time(&self, time: Timestamp, zone: &TimeZone) -> String {
        if self.spelled_out() {
            time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
        } else {
            time.to_zoned(zone.clone())
                .strftime("%Y-%m-%dT%H:%M:%S%:z")
                .to_string()
        }
    }

    fn person(&self, person: &Person) -> Value {
        let (first, last) = person.name.split_once(' ').unwrap_or((&person.name, ""));
        json!({
            "attendee_id": person.id,
            "booker": person.booker,
            "created": self.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "display_name": person.name,
            "first_name": first,
            "last_name": last,
            "email": person.email,
            "time_zone": person.time_zone,
            "no_show": person.no_show,
            "x_future_field": "yes",
        })
    }

    fn add_place(&self, shown: &mut Map<String, Value>) {
        match &self.booked.place {
            Place::Online(kind) => {
                let id = self.meeting_id();
                let meeting = json!({
                    "kind": kind,
                    "meeting_id": id,
                    "meeting_passcode": format!("p{}", self.number),
                    "meeting_join_url": format!("https://zoom.us/j/{id}?pwd=demo{}", self.number),
                });
                shown.insert("external_location".to_owned(), meeting);
            }
            Place::InPerson(words) => add(shown, "location", words, true),
            Place::Unsaid => add(shown, "location", "", self.spelled_out()),
        }
    }
}

/// The id of a booking page with this slug.
pub(super) fn schedule_id(slug: &str) -> String {
    format!("{slug}schedule0id4liffdyszs")
}

fn add(shown: &mut Map<String, Value>, name: &str, words: &str, even_if_empty: bool) {
    if even_if_empty || !words.is_empty() {
        shown.insert(name.to_owned(), json!(words));
    }
}
