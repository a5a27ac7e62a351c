//! Bookings, entries and links as the benches need them.

#![allow(dead_code, reason = "each bench uses some of it")]
#![allow(clippy::unwrap_used, reason = "what is made here is known to be right")]

use jiff::{SignedDuration, Timestamp};
use slotbridge::domain::booking::{Attendee, Booking, BookingStatus, OnlineMeeting};
use slotbridge::domain::entry::{Base, Draft, Entry};
use slotbridge::domain::ids::{AttendeeId, BookingId, HostName, Href, Uid};
use slotbridge::domain::link::{Link, Standing};
use slotbridge::plan::policy::BookingsPolicy;
use slotbridge::plan::wording;

/// The time in every bench.
pub fn now() -> Timestamp {
    "2026-11-21T09:00:00Z".parse().unwrap()
}

pub fn host() -> HostName {
    HostName::new("alice")
}

pub fn booking(number: i64) -> Booking {
    let start = now() + SignedDuration::from_mins(30 * (number % 7000));
    Booking {
        id: BookingId::new(format!("e{number:025}")),
        schedule: Some("intro".into()),
        summary: "Intro call".to_owned(),
        description: "A first talk.".to_owned(),
        start,
        end: start + SignedDuration::from_mins(30),
        status: BookingStatus::Confirmed,
        updated: Some(now()),
        attendees: vec![Attendee {
            id: Some(AttendeeId::new(format!("a{number}"))),
            booker: true,
            name: format!("Guest Number{number}"),
            email: format!("guest{number}@example.org"),
            time_zone: "Europe/Berlin".to_owned(),
            ..Attendee::default()
        }],
        guests: Vec::new(),
        location: String::new(),
        meeting: Some(OnlineMeeting {
            kind: "zoom".to_owned(),
            meeting_id: number.to_string(),
            passcode: "demo".to_owned(),
            join_url: format!("https://zoom.us/j/{number}?pwd=demo"),
        }),
        notes: format!("Ask about item {number}."),
        manage_url: Some(format!("https://scheduler.zoom.us/demo/manage/{number}")),
        phone: None,
        rescheduled_from: None,
    }
}

/// The entry that is written for a booking.
pub fn draft(booking: &Booking) -> Draft {
    let fields = wording::fields(booking, &host(), &BookingsPolicy::default());
    let base = Base::from(&fields);
    let uid = Uid::of_booking(&booking.id);
    Draft {
        href: Href::of_uid(&uid),
        entry: Entry {
            uid,
            fields,
            event_id: Some(booking.id.clone()),
            host: Some(host()),
            sequence: 0,
            base,
            notes_shown: true,
        },
        modified: now(),
        alarm_seconds: Some(600),
    }
}

/// What is remembered of both once they are in step.
pub fn link(booking: &Booking, entry: &Entry) -> Link {
    Link {
        booking: booking.id.clone(),
        href: Href::of_uid(&entry.uid),
        uid: entry.uid.clone(),
        etag: None,
        sequence: 0,
        base: entry.base.clone(),
        booking_print: Some(booking.fingerprint()),
        policy_print: None,
        start: booking.start,
        end: booking.end,
        pair: booking.pair_key(),
        page: Some(booking.summary.clone()),
        manage_url: booking.manage_url.clone(),
        updated: booking.updated,
        pending: None,
        standing: Standing::Live,
    }
}
