//! What Zoom tells by webhook or WebSocket (FACTS.md section 4). It is read for ids and times
//! alone: names, answers and mail addresses in it are not looked at.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::hint::Hint;
use crate::domain::ids::{BookingId, ZoomUserId};

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notification {
    /// `endpoint.url_validation`: Zoom asks whether we know the secret.
    Validation {
        /// What is to be signed.
        plain_token: String,
    },
    /// Something happened to a booking.
    Booking(Hint),
    /// Something happened in a Zoom calendar.
    Calendar,
    /// Anything else: nothing that a pass would find.
    Other,
}

/// Why a notification could not be read. Nothing of it is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not JSON of the expected shape.
    #[error("it is no JSON object with an event")]
    Shape,
    /// It is about a booking, and does not say which.
    #[error("it names no booking")]
    NoBooking,
}

#[derive(Deserialize)]
struct Envelope {
    event: String,
    #[serde(default)]
    payload: Value,
}

/// The longest id that is taken for one; Zoom's have 26 characters.
const LONGEST_ID: usize = 256;

/// Reads a notification that was heard at this time.
///
/// # Errors
/// When it is no notification, or names no booking.
pub fn read(body: &[u8], now: Timestamp) -> Result<Notification, Unreadable> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| Unreadable::Shape)?;
    match envelope.event.as_str() {
        "endpoint.url_validation" => {
            let token = text(&envelope.payload, "plainToken").ok_or(Unreadable::Shape)?;
            Ok(Notification::Validation { plain_token: token })
        }
        // One l is Zoom's own spelling; two are not ruled out for ever.
        "scheduler.scheduled_event_created"
        | "scheduler.scheduled_event_canceled"
        | "scheduler.scheduled_event_cancelled" => {
            let mut hint = hint(&envelope.payload, now).ok_or(Unreadable::NoBooking)?;
            hint.ended = envelope.event != "scheduler.scheduled_event_created";
            Ok(Notification::Booking(hint))
        }
        event if event.starts_with("calendar.event_") => Ok(Notification::Calendar),
        _ => Ok(Notification::Other),
    }
}

fn hint(payload: &Value, now: Timestamp) -> Option<Hint> {
    let object = payload.get("object")?;
    let nothing = Value::Null;
    let event = object.get("scheduled_event").unwrap_or(&nothing);
    // Where exactly the newer fields stand is told differently from page to page.
    let id = |name: &str| id(event, name).or_else(|| id(object, name));
    let id = |name: &str| id(name).map(BookingId::new);
    let time = |name: &str| -> Option<Timestamp> { text(event, name)?.trim().parse().ok() };
    Some(Hint {
        booking: id("event_id")?,
        user: self::id(payload, "user_id").map(ZoomUserId::new),
        ended: false,
        received: now,
        start: time("start_date_time"),
        end: time("end_date_time"),
        from: id("rescheduled_from_event_id"),
        to: id("rescheduled_to_event_id"),
        rescheduled: object.get("rescheduled").and_then(Value::as_bool),
        answers: object
            .get("questions_and_answers")
            .and_then(Value::as_array)
            .map(|answers| !answers.is_empty()),
    })
}

fn id(value: &Value, name: &str) -> Option<String> {
    let id = text(value, name)?;
    let fits = !id.is_empty() && id.len() <= LONGEST_ID && !id.contains(char::is_control);
    fits.then_some(id)
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn said(value: &Value) -> Result<Notification, Unreadable> {
        read(value.to_string().as_bytes(), NOW)
    }

    fn created(object: &Value) -> Value {
        json!({
            "event": "scheduler.scheduled_event_created", "event_ts": 1_626_230_691_572_i64,
            "payload": {"account_id": "A", "user_id": "u", "object": object},
        })
    }

    #[test]
    fn a_booking_is_known_by_its_ids_and_times_alone() {
        let object = json!({
            "invitee_email": "bob@example.net", "rescheduled": true,
            "rescheduled_from_event_id": "old1",
            "questions_and_answers": [],
            "scheduled_event": {
                "event_id": "new1", "summary": "Secret",
                "start_date_time": "2026-12-01T10:00:00Z", "end_date_time": "2026-12-01T11:30:00+01:00",
            },
        });
        let Ok(Notification::Booking(hint)) = said(&created(&object)) else {
            panic!("no booking");
        };
        assert_eq!(hint.booking, "new1".into());
        assert_eq!(hint.user, Some("u".into()));
        assert_eq!(hint.from, Some("old1".into()));
        assert_eq!((hint.rescheduled, hint.answers), (Some(true), Some(false)));
        assert_eq!(hint.start, "2026-12-01T10:00:00Z".parse().ok());
        assert_eq!(hint.end, "2026-12-01T10:30:00Z".parse().ok());
        let kept = serde_json::to_string(&hint).unwrap();
        assert!(!kept.contains("Secret") && !kept.contains("bob"), "{kept}");
    }

    #[rstest]
    #[case::no_object(json!({}))]
    #[case::empty_id(json!({"scheduled_event": {"event_id": ""}}))]
    #[case::a_number(json!({"scheduled_event": {"event_id": 7}}))]
    #[case::a_line_break(json!({"scheduled_event": {"event_id": "a\r\nb"}}))]
    fn a_booking_without_an_id_is_refused(#[case] object: Value) {
        assert_eq!(said(&created(&object)), Err(Unreadable::NoBooking));
    }

    #[rstest]
    #[case::not_json(b"event".as_slice())]
    #[case::a_list(b"[]")]
    #[case::no_event(b"{}")]
    #[case::a_deep_one(b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    #[case::not_text(b"\xff\xfe")]
    fn what_is_no_notification_is_refused(#[case] body: &[u8]) {
        assert_eq!(read(body, NOW), Err(Unreadable::Shape));
    }

    #[rstest]
    #[case("calendar.event_update", Notification::Calendar)]
    #[case("meeting.started", Notification::Other)]
    #[case("app_deauthorized", Notification::Other)]
    fn other_events_are_told_apart(#[case] event: &str, #[case] is: Notification) {
        assert_eq!(said(&json!({"event": event})), Ok(is));
    }

    #[test]
    fn the_validation_hands_over_what_is_to_be_signed() {
        let body = json!({"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}});
        let is = Notification::Validation {
            plain_token: "abc".into(),
        };
        assert_eq!(said(&body), Ok(is));
        assert_eq!(
            said(&json!({"event": "endpoint.url_validation"})),
            Err(Unreadable::Shape)
        );
    }
}
