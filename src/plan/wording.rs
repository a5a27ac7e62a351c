//! What an entry says about its booking: title, description, place (CONTRACT section 3).

use std::fmt::Write as _;

use crate::domain::booking::{Attendee, Booking, BookingStatus};
use crate::domain::canonical::canonical;
use crate::domain::entry::{Field, Fields, TimeSpan};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::HostName;

use super::policy::{AttendeesAs, BookingsPolicy};

/// Counted up whenever the wording below changes.
const WORDING: &str = "1";

/// The fields of the entry that this booking shall have.
#[must_use]
pub fn fields(booking: &Booking, host: &HostName, policy: &BookingsPolicy) -> Fields {
    let span = TimeSpan {
        start: booking.start,
        end: booking.end,
    };
    let join = join_url(booking);
    let place = join.unwrap_or(booking.location.as_str());
    let url = if is_address(place) { place } else { "" };
    let attendees = match policy.attendees {
        AttendeesAs::Description => String::new(),
        AttendeesAs::Property => attendee_lines(booking),
    };
    [
        (Field::Time, span.text()),
        (Field::Status, status(booking.status).to_owned()),
        (Field::Summary, title(booking, host, &policy.title)),
        (Field::About, about(booking)),
        (Field::Notes, booking.notes.clone()),
        (Field::Location, place.to_owned()),
        (Field::Url, url.to_owned()),
        (Field::Conference, join.unwrap_or_default().to_owned()),
        (Field::Attendees, attendees),
    ]
    .into_iter()
    .map(|(field, text)| (field, canonical(field, &text)))
    .collect()
}

/// The digest of what the wording depends on besides the booking: a new one means that entries
/// are to be written anew.
#[must_use]
pub fn policy_print(host: &HostName, policy: &BookingsPolicy) -> Fingerprint {
    let attendees = match policy.attendees {
        AttendeesAs::Description => "description",
        AttendeesAs::Property => "property",
    };
    Fingerprint::of([WORDING, host.as_str(), attendees, policy.title.as_str()])
}

/// Notes as both sides can hold them.
#[must_use]
pub fn clean_notes(notes: &str) -> String {
    canonical(Field::Notes, notes)
}

/// `STATUS` for a booking's status.
#[must_use]
pub fn status(status: BookingStatus) -> &'static str {
    match status {
        BookingStatus::Confirmed => "CONFIRMED",
        BookingStatus::Pending => "TENTATIVE",
        BookingStatus::Cancelled => "CANCELLED",
    }
}

fn join_url(booking: &Booking) -> Option<&str> {
    let url = booking.meeting.as_ref()?.join_url.trim();
    (!url.is_empty()).then_some(url)
}

fn is_address(text: &str) -> bool {
    let text = text.trim();
    (text.starts_with("https://") || text.starts_with("http://"))
        && !text.contains(char::is_whitespace)
}

fn title(booking: &Booking, host: &HostName, template: &str) -> String {
    let booker = booking.booker();
    let email = booker.map_or("", |booker| booker.email.trim());
    let name = booker.map_or("", |booker| booker.name.trim());
    let name = if name.is_empty() { email } else { name };
    // One pass over the template, so that a name with braces in it is not filled in again.
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (value, after) = match after.split_once('}') {
            Some(("summary", after)) => (booking.summary.trim(), after),
            Some(("booker", after)) => (name, after),
            Some(("email", after)) => (email, after),
            Some(("host", after)) => (host.as_str(), after),
            _ => ("{", after),
        };
        filled.push_str(value);
        rest = after;
    }
    filled.push_str(rest);
    let one_line = filled.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.trim_matches([':', ' ']).to_owned()
}

fn about(booking: &Booking) -> String {
    let blocks = [
        who(booking),
        booking.description.trim().to_owned(),
        answers(booking),
        how(booking),
    ];
    let blocks = blocks.into_iter().filter(|block| !block.is_empty());
    blocks.collect::<Vec<_>>().join("\n\n")
}

fn who(booking: &Booking) -> String {
    let mut text = String::new();
    if let Some(booker) = booking.booker() {
        line(&mut text, "Booked by", &name_and_mail(booker));
        line(&mut text, "Time zone", &booker.time_zone);
    }
    line(
        &mut text,
        "Phone",
        booking.phone.as_deref().unwrap_or_default(),
    );
    let others: Vec<String> = others(booking).map(name_and_mail).collect();
    line(&mut text, "With", &others.join(", "));
    line(&mut text, "Guests", &booking.guests.join(", "));
    text.trim_end().to_owned()
}

fn others(booking: &Booking) -> impl Iterator<Item = &Attendee> {
    let booker = booking.booker();
    booking
        .attendees
        .iter()
        .filter(move |attendee| booker.is_some_and(|booker| !std::ptr::eq(*attendee, booker)))
}

fn answers(booking: &Booking) -> String {
    let answers = booking.booker().map_or(&[][..], |booker| &booker.answers);
    let blocks: Vec<String> = answers
        .iter()
        .filter(|answer| answer.values.iter().any(|value| !value.trim().is_empty()))
        .map(|answer| {
            format!(
                "{}\n{}",
                answer.question.trim(),
                answer.values.join(", ").trim()
            )
        })
        .collect();
    blocks.join("\n\n")
}

fn how(booking: &Booking) -> String {
    let mut text = String::new();
    if let Some(meeting) = &booking.meeting {
        line(&mut text, "Join", &meeting.join_url);
        line(&mut text, "Meeting ID", &meeting.meeting_id);
        line(&mut text, "Passcode", &meeting.passcode);
    }
    line(&mut text, "Place", &booking.location);
    line(
        &mut text,
        "Manage",
        booking.manage_url.as_deref().unwrap_or_default(),
    );
    text.trim_end().to_owned()
}

fn line(text: &mut String, label: &str, value: &str) {
    let value = value.trim();
    if !value.is_empty() {
        // Writing to a String cannot fail.
        let _written = writeln!(text, "{label}: {value}");
    }
}

fn name_and_mail(attendee: &Attendee) -> String {
    let name = attendee.name.trim();
    let email = attendee.email.trim();
    match (name.is_empty(), email.is_empty()) {
        (false, false) => format!("{name} <{email}>"),
        (false, true) => name.to_owned(),
        (true, _) => email.to_owned(),
    }
}

fn attendee_lines(booking: &Booking) -> String {
    let mut lines: Vec<String> = booking
        .attendees
        .iter()
        .filter(|attendee| !attendee.email.trim().is_empty())
        .map(|attendee| {
            let name = attendee
                .name
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            format!("{name} <{}>", attendee.email.trim())
                .trim_start()
                .to_owned()
        })
        .chain(
            booking
                .guests
                .iter()
                .map(|guest| format!("<{}>", guest.trim())),
        )
        .collect();
    lines.sort();
    lines.dedup();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::booking::{Answer, OnlineMeeting};
    use crate::domain::ids::BookingId;
    use jiff::Timestamp;

    fn booking() -> Booking {
        Booking {
            id: BookingId::new("e1"),
            schedule: Some("s1".into()),
            summary: "Intro call".to_owned(),
            description: "Half an hour to get to know each other".to_owned(),
            start: Timestamp::UNIX_EPOCH,
            end: Timestamp::from_second(1800).unwrap(),
            status: BookingStatus::Confirmed,
            updated: None,
            attendees: vec![
                Attendee {
                    booker: true,
                    name: "Bob Jones".to_owned(),
                    email: "bob@example.org".to_owned(),
                    time_zone: "Asia/Shanghai".to_owned(),
                    answers: vec![Answer {
                        question: "What about?".to_owned(),
                        values: vec!["Prices".to_owned(), "Dates".to_owned()],
                    }],
                    ..Attendee::default()
                },
                Attendee {
                    name: "Eve".to_owned(),
                    ..Attendee::default()
                },
            ],
            guests: vec!["guest@example.org".to_owned()],
            location: String::new(),
            meeting: Some(OnlineMeeting {
                kind: "zoom".to_owned(),
                meeting_id: "947".to_owned(),
                passcode: "958000".to_owned(),
                join_url: "https://zoom.example/j/947".to_owned(),
            }),
            notes: "Bring the plan\r\n".to_owned(),
            manage_url: Some("https://scheduler.example/manage/m0".to_owned()),
            phone: Some("+1 555".to_owned()),
            rescheduled_from: None,
        }
    }

    #[test]
    fn an_entry_says_who_what_where_and_how() {
        let fields = fields(&booking(), &"alice".into(), &BookingsPolicy::default());
        assert_eq!(
            fields.get(Field::Time),
            "1970-01-01T00:00:00Z/1970-01-01T00:30:00Z"
        );
        assert_eq!(fields.get(Field::Summary), "Intro call: Bob Jones");
        assert_eq!(fields.get(Field::Location), "https://zoom.example/j/947");
        assert_eq!(fields.get(Field::Url), "https://zoom.example/j/947");
        assert_eq!(fields.get(Field::Notes), "Bring the plan");
        assert_eq!(fields.get(Field::Attendees), "");
        insta::assert_snapshot!(fields.get(Field::About), @r"
        Booked by: Bob Jones <bob@example.org>
        Time zone: Asia/Shanghai
        Phone: +1 555
        With: Eve
        Guests: guest@example.org

        Half an hour to get to know each other

        What about?
        Prices, Dates

        Join: https://zoom.example/j/947
        Meeting ID: 947
        Passcode: 958000
        Manage: https://scheduler.example/manage/m0
        ");
    }

    #[test]
    fn a_place_in_words_is_no_url() {
        let mut booking = booking();
        booking.meeting = None;
        booking.location = "Room 4".to_owned();
        let fields = fields(&booking, &"alice".into(), &BookingsPolicy::default());
        assert_eq!(fields.get(Field::Location), "Room 4");
        assert_eq!(fields.get(Field::Url), "");
        assert_eq!(fields.get(Field::Conference), "");
    }

    #[test]
    fn an_answer_cannot_begin_the_notes() {
        let mut booking = booking();
        booking.description = "x\n--- Notes --- \ny".to_owned();
        let fields = fields(&booking, &"alice".into(), &BookingsPolicy::default());
        let mut lines = fields.get(Field::About).lines();
        assert!(lines.clone().any(|line| line.trim() == "--- Notes ---"));
        assert!(!lines.any(|line| line.trim_end() == "--- Notes ---"));
    }

    #[test]
    fn a_title_is_filled_in_once_and_never_ends_in_a_colon() {
        let mut booking = booking();
        booking.attendees[0].name = "{summary}".to_owned();
        assert_eq!(
            title(&booking, &"alice".into(), "{booker} ({host}) {x"),
            "{summary} (alice) {x"
        );
        booking.attendees.clear();
        assert_eq!(
            title(&booking, &"alice".into(), "{summary}: {booker}"),
            "Intro call"
        );
    }
}
