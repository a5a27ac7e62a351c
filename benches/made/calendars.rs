//! Calendars as programs write them: a fifth of their events recur.

#![allow(clippy::unwrap_used, reason = "what is made here is known to be right")]

use std::fmt::Write as _;

use jiff::Span;
use jiff::civil::date;

/// Every fifth recurs.
const RECURRING: usize = 5;

/// An event as programs write it; a fifth of them recur, of which some are counted and some have
/// exceptions. They begin in the three years around the window.
pub fn event(number: usize) -> String {
    let day = date(2025, 6, 1)
        .saturating_add(Span::new().days(i64::try_from(number * 7 % 1_000).unwrap()));
    let (day, hour) = (day.strftime("%Y%m%d"), 8 + number % 9);
    let zone = [
        "Europe/Berlin",
        "America/New_York",
        "W. Europe Standard Time",
        "Asia/Kolkata",
    ][number % 4];
    let mut text = String::from("BEGIN:VEVENT\r\n");
    let mut line = |line: String| writeln!(text, "{line}\r").unwrap();
    line(format!("UID:{number}@example.org"));
    line("DTSTAMP:20261101T000000Z".to_owned());
    line(format!("SUMMARY:Meeting number {number} about something"));
    line("LOCATION:A room somewhere in a house\\, second floor".to_owned());
    line(format!(
        "DESCRIPTION:{}",
        "Words that say nothing. ".repeat(8)
    ));
    line("ORGANIZER;CN=Somebody:mailto:somebody@example.org".to_owned());
    for who in 0..3 {
        line(format!(
            "ATTENDEE;CN=Somebody {who};PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:somebody{who}@example.org"
        ));
    }
    line(format!("DTSTART;TZID={zone}:{day}T{hour:02}0000"));
    line(format!("DTEND;TZID={zone}:{day}T{hour:02}4500"));
    if number.is_multiple_of(RECURRING) {
        line(
            [
                "RRULE:FREQ=WEEKLY;BYDAY=MO,WE",
                "RRULE:FREQ=DAILY;INTERVAL=2",
                "RRULE:FREQ=MONTHLY;BYDAY=-1FR",
                "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=40",
                "RRULE:FREQ=YEARLY",
            ][number / RECURRING % 5]
                .to_owned(),
        );
        line(format!("EXDATE;TZID={zone}:{day}T{hour:02}0000"));
    }
    line(
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\nDESCRIPTION:Soon\r\nEND:VALARM"
            .to_owned(),
    );
    line("END:VEVENT".to_owned());
    text
}

/// A whole calendar.
pub fn calendar(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\n{events}END:VCALENDAR\r\n")
}
