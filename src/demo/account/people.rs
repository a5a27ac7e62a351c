//! What people do in Zoom: invitees book and reschedule, the host edits, approves and cancels.
//!
//! Each returns whether the booking is there, so that a test cannot change nothing by mistake.

use jiff::Timestamp;
use serde_json::Value;

use super::booking::{NewBooking, Place};
use super::event::{Event, Person, Standing};
use super::{Account, State};

pub(super) mod calendar;
mod hours;
use crate::domain::booking::Answer;

#[allow(
    clippy::must_use_candidate,
    reason = "what counts is that it happens; the id or the answer is for whoever wants it"
)]
impl Account {
    /// An invitee books; the new `event_id`.
    pub fn book(&self, booking: NewBooking) -> String {
        let now = self.now();
        self.state().shelf.book(booking, now)
    }

    /// The invitee moves their booking: the old one is cancelled and a new one made, with a new id,
    /// on the same page and for the same booker. Notes are not carried over.
    pub fn reschedule(&self, id: &str, start: Timestamp) -> Option<String> {
        let now = self.now();
        let mut state = self.state();
        let mut booking = state.shelf.get(id)?.booked.clone();
        booking.start = start;
        booking.notes.clear();
        state.set_standing(id, Standing::Cancelled, now);
        Some(state.shelf.book(booking, now))
    }

    /// Somebody cancels: its id is still answered, with `status` `cancelled`.
    pub fn cancel(&self, id: &str) -> bool {
        self.set_standing(id, Standing::Cancelled)
    }

    /// Somebody deletes: its id is answered with 404, `show_deleted` still shows it as cancelled.
    pub fn delete(&self, id: &str) -> bool {
        self.set_standing(id, Standing::Deleted)
    }

    /// It vanishes without a trace.
    pub fn purge(&self, id: &str) -> bool {
        self.state().shelf.take(id).is_some()
    }

    /// The host approves a pending booking.
    pub fn approve(&self, id: &str) -> bool {
        self.set_standing(id, Standing::Confirmed)
    }

    /// The booking waits for the host's approval.
    pub fn make_pending(&self, id: &str) -> bool {
        self.set_standing(id, Standing::Pending)
    }

    /// The host edits the meeting notes.
    pub fn set_notes(&self, id: &str, notes: &str) -> bool {
        self.change(id, |event| notes.clone_into(&mut event.booked.notes))
    }

    /// The host changes where it takes place.
    pub fn set_location(&self, id: &str, place: impl Into<Place>) -> bool {
        let place = place.into();
        self.change(id, |event| event.booked.place = place)
    }

    /// The host renames the booking page, for this booking.
    pub fn rename_summary(&self, id: &str, summary: &str) -> bool {
        self.change(id, |event| summary.clone_into(&mut event.booked.summary))
    }

    /// The answers of the booking form change.
    pub fn set_answers(&self, id: &str, answers: Vec<Answer>) -> bool {
        self.change(id, |event| event.booked.answers = answers)
    }

    /// Somebody joins; their `attendee_id`.
    pub fn add_attendee(&self, id: &str, name: &str, email: &str) -> Option<String> {
        let attendee = self.state().shelf.new_id();
        let person = Person {
            id: attendee.clone(),
            booker: false,
            name: name.to_owned(),
            email: email.to_owned(),
            time_zone: "America/New_York".to_owned(),
            no_show: false,
        };
        self.change(id, |event| event.attendees.push(person))
            .then_some(attendee)
    }

    /// A guest is added.
    pub fn add_guest(&self, id: &str, email: &str) -> bool {
        self.change(id, |event| event.booked.guests.push(email.to_owned()))
    }

    /// Zoom shows a field in a way that we do not know (yet): a new enum value, another type.
    pub fn set_raw(&self, id: &str, field: &str, value: Value) -> bool {
        self.change(id, |event| {
            event.extra.insert(field.to_owned(), value);
        })
    }

    /// Makes so many bookings, spread over the coming 150 days; the same ones each time.
    pub fn fill(&self, bookings: usize) {
        let zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"];
        let now = self.now();
        let total = i64::try_from(bookings).unwrap_or(i64::MAX);
        let mut state = self.state();
        for (number, zone) in (0..total).zip(zones.into_iter().cycle()) {
            let start = spread(now, number, total).unwrap_or(now);
            let name = format!("Guest Number{number}");
            let mut booking = NewBooking::new(start, &name, &format!("guest{number}@example.org"));
            zone.clone_into(&mut booking.time_zone);
            if number % 10 == 0 {
                booking.notes = format!("Ask about item {number}.");
            }
            if number % 7 == 0 {
                "review".clone_into(&mut booking.schedule);
                "Review".clone_into(&mut booking.summary);
                booking.minutes = 60;
                booking.place = Place::from("Room 7, 2nd floor");
            }
            state.shelf.book(booking, now);
        }
    }

    fn set_standing(&self, id: &str, standing: Standing) -> bool {
        let now = self.now();
        self.state().set_standing(id, standing, now)
    }

    fn change(&self, id: &str, how: impl FnOnce(&mut Event)) -> bool {
        let now = self.now();
        self.state().shelf.change(id, now, how)
    }
}

impl State {
    /// Changes how a booking stands; whether it is there.
    pub(super) fn set_standing(&mut self, id: &str, standing: Standing, now: Timestamp) -> bool {
        self.shelf
            .change(id, now, |event| event.standing = standing)
    }
}

/// The start of one of so many bookings: from tomorrow's midnight (UTC) on, evenly over 150 days,
/// on five minutes.
fn spread(now: Timestamp, number: i64, total: i64) -> Option<Timestamp> {
    const DAY: i64 = 24 * 60 * 60;
    let tomorrow = now.as_second().div_euclid(DAY).checked_add(1)?;
    let five_minutes = (150 * DAY / 300).checked_mul(number)?.checked_div(total)?;
    let seconds = tomorrow.checked_mul(DAY)?.checked_add(five_minutes * 300)?;
    Timestamp::from_second(seconds).ok()
}
