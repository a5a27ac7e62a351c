//! Zoom's words to ours: `dto` becomes `domain`, and nothing of Zoom's shape goes further.

use jiff::Timestamp;
use serde_json::Value;

use super::dto;
use crate::domain::booking::{Answer, Attendee, Booking, BookingStatus, OnlineMeeting};
use crate::domain::ids::{AttendeeId, BookingId, PageToken, ScheduleId};
use crate::ports::zoom::{BookingPage, BrokenBooking};

/// A page; an answer that is no page says why.
pub(super) fn page(value: Value) -> Result<BookingPage, &'static str> {
    let page: dto::Page = serde_json::from_value(value).map_err(|_| "it is no page of bookings")?;
    let items = match page.items {
        Some(items) => items,
        // An empty page may come without its list; an answer about something else must not
        // pass for "there are no bookings".
        None if page.rest.keys().all(|key| is_of_a_page(key)) => Vec::new(),
        None => return Err("it has no list of bookings"),
    };
    let mut result = BookingPage {
        next: filled(page.next_page_token).map(PageToken::new),
        ..BookingPage::default()
    };
    for item in items {
        match booking(item) {
            Ok(booking) => result.bookings.push(booking),
            Err(broken) => result.broken.push(broken),
        }
    }
    Ok(result)
}

fn is_of_a_page(key: &str) -> bool {
    matches!(key, "page_size" | "total_records")
}

/// A booking; one that lacks what no booking can be without says what.
pub(super) fn booking(value: Value) -> Result<Booking, BrokenBooking> {
    let broken = |id: Option<BookingId>, cause: &str| BrokenBooking {
        id,
        cause: cause.to_owned(),
    };
    let event: dto::Event =
        serde_json::from_value(value).map_err(|_| broken(None, "it is no object"))?;
    let Some(id) = event.event_id.and_then(filled).map(BookingId::new) else {
        return Err(broken(None, "it has no event_id"));
    };
    let time = |text: Option<&str>, name: &str| {
        let text = text.ok_or_else(|| broken(Some(id.clone()), &format!("it has no {name}")))?;
        text.trim().parse::<Timestamp>().map_err(|_| {
            let cause = format!("its {name} is not a date-time with an offset");
            broken(Some(id.clone()), &cause)
        })
    };
    let start = time(event.start_date_time.as_deref(), "start_date_time")?;
    let end = time(event.end_date_time.as_deref(), "end_date_time")?;
    if end < start {
        return Err(broken(Some(id), "it ends before it starts"));
    }
    let booker = event.attendees.iter().find(|attendee| attendee.booker);
    let manage_url = event
        .manage_url
        .or_else(|| booker?.manage_url.clone())
        .and_then(filled);
    let phone = [event.text_phone_number, event.phone_number]
        .into_iter()
        .chain(booker.map(|booker| booker.text_phone_number.clone()))
        .chain(booker.map(|booker| booker.phone_number.clone()))
        .flatten()
        .find_map(filled);
    Ok(Booking {
        status: status(&event.status, &event.event_type, &id),
        schedule: event.schedule_id.and_then(filled).map(ScheduleId::new),
        summary: clean(&event.summary),
        description: clean(&event.description),
        start,
        end,
        updated: event.updated.and_then(|text| text.trim().parse().ok()),
        attendees: event.attendees.into_iter().map(attendee).collect(),
        guests: event.guests.into_iter().filter_map(guest).collect(),
        location: clean(&event.location),
        meeting: event.external_location.as_ref().and_then(meeting),
        notes: clean(&event.meeting_notes),
        manage_url: manage_url.map(|url| clean(&url)),
        phone: phone.map(|phone| clean(&phone)),
        rescheduled_from: event
            .rescheduled_from_event_id
            .and_then(filled)
            .map(BookingId::new),
        id,
    })
}

/// An attendee read as a resource of its own.
pub(super) fn attendee_resource(value: Value) -> Option<Attendee> {
    value
        .is_object()
        .then(|| serde_json::from_value(value).ok().map(attendee))?
}

fn attendee(dto: dto::Attendee) -> Attendee {
    let mut answers = dto.custom_values;
    answers.sort_by_key(|answer| answer.position.unwrap_or(i64::MAX));
    let name = clean(dto.display_name.trim());
    Attendee {
        id: dto.attendee_id.and_then(filled).map(AttendeeId::new),
        booker: dto.booker,
        name: if name.is_empty() {
            let full = format!("{} {}", dto.first_name.trim(), dto.last_name.trim());
            clean(full.trim())
        } else {
            name
        },
        email: clean(dto.email.trim()),
        time_zone: clean(&dto.time_zone),
        no_show: dto.no_show,
        answers: answers.iter().map(answer).collect(),
    }
}

fn answer(dto: &dto::CustomValue) -> Answer {
    Answer {
        question: clean(&dto.name),
        values: dto.values.iter().map(|value| clean(value)).collect(),
    }
}

fn guest(dto: dto::Guest) -> Option<String> {
    let (dto::Guest::Address(email) | dto::Guest::Object { email }) = dto;
    filled(clean(email.trim()))
}

fn meeting(dto: &dto::ExternalLocation) -> Option<OnlineMeeting> {
    let meeting = OnlineMeeting {
        kind: clean(&dto.kind),
        meeting_id: filled(clean(&dto.meeting_id))
            .unwrap_or_else(|| clean(&dto.personal_meeting_id)),
        passcode: clean(&dto.meeting_passcode),
        join_url: clean(&dto.meeting_join_url),
    };
    (meeting != OnlineMeeting::default()).then_some(meeting)
}

/// A status that Zoom adds later is neither a cancellation nor an error: the booking stands.
fn status(status: &str, event_type: &str, id: &BookingId) -> BookingStatus {
    match status.to_ascii_lowercase().as_str() {
        "cancelled" | "canceled" | "deleted" => BookingStatus::Cancelled,
        _ if event_type.eq_ignore_ascii_case("pending") => BookingStatus::Pending,
        "pending" => BookingStatus::Pending,
        "confirmed" | "" => BookingStatus::Confirmed,
        _ => {
            tracing::debug!(booking = %id, "a status that is new to us counts as confirmed");
            BookingStatus::Confirmed
        }
    }
}

fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The text as it is, with lines ending in LF alone and without control characters, which no
/// calendar takes (RFC 5545 section 3.3.11).
fn clean(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}
