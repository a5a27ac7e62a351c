//! What blocks, and when: table by table.

mod clocks;
mod corpus;
mod feeds;
mod hostile;
mod laws;
mod lenient;
mod series;
mod unread;
mod zones;

use crate::domain::ids::{BookingId, HostName, Uid};
use jiff::tz::TimeZone;
use rstest::rstest;

use super::*;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").expect("a zone")
}

fn calendar(inner: &str) -> String {
    let inner = inner.trim().lines().map(str::trim).collect::<Vec<_>>();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}\r\nEND:VCALENDAR\r\n",
        inner.join("\r\n")
    )
}

fn event(lines: &str) -> String {
    calendar(&format!(
        "BEGIN:VEVENT\nUID:a@example.org\nSUMMARY:Secret\n{}\nEND:VEVENT",
        lines.trim()
    ))
}

fn window(from: &str, to: &str) -> Window {
    Window {
        from: from.parse().expect("an instant"),
        to: to.parse().expect("an instant"),
    }
}

fn expand(text: &str, window: Window) -> Occurrences {
    let Stripped::Timing(timing) = strip(text.as_bytes()).expect("an object") else {
        return Occurrences::default();
    };
    let viewer = Viewer {
        window,
        zone: &berlin(),
        emails: &["Alice@Example.org".to_owned()],
    };
    let mut found = occurrences(&timing, &viewer).expect("a timing");
    found.spans.sort();
    found
}

/// As `2026-11-02T09:00:00Z/2026-11-02T10:00:00Z`, less the year, dashes, seconds and letters.
fn short(found: &Occurrences) -> Vec<String> {
    let text = |at: jiff::Timestamp| at.strftime("%m%dT%H%M").to_string();
    let spans = found.spans.iter();
    spans
        .map(|span| format!("{}/{}", text(span.start), text(span.end)))
        .collect()
}

fn november(lines: &str) -> Vec<String> {
    let window = window("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z");
    short(&expand(&event(lines), window))
}

#[rstest]
#[case("DTSTART:20261102T090000Z\nDTEND:20261102T100000Z", &["1102T0900/1102T1000"])]
#[case("DTSTART:20261102T090000Z\nDURATION:PT90M", &["1102T0900/1102T1030"])]
#[case("DTSTART:20261102T090000Z", &[])]
#[case("DTSTART:20261102T090000Z\nDTEND:20261102T090000Z", &[])]
#[case("DTSTART;VALUE=DATE:20261102", &["1101T2300/1102T2300"])]
#[case("DTSTART;VALUE=DATE:20261102\nDTEND;VALUE=DATE:20261104", &["1101T2300/1103T2300"])]
#[case("DTSTART;VALUE=DATE:20261102\nDTEND;VALUE=DATE:20261102", &["1101T2300/1102T2300"])]
#[case("DTSTART;VALUE=DATE:20261102\nDTEND;VALUE=DATE:20261101", &["1101T2300/1102T2300"])]
#[case("DTSTART:20261102T090000\nDTEND:20261102T100000", &["1102T0800/1102T0900"])]
#[case("DTSTART;TZID=W. Europe Standard Time:20261102T090000\nDURATION:PT1H", &["1102T0800/1102T0900"])]
#[case("DTSTART;TZID=/mozilla.org/x/America/New_York:20261102T090000\nDURATION:PT1H", &["1102T1400/1102T1500"])]
#[case("DTSTART;TZID=Nobody/Knows:20261102T090000\nDURATION:PT1H", &["1102T0800/1102T0900"])]
#[case("DTSTART;TZID=Europe/Berlin:20261020T090000\nDTEND;TZID=Europe/Berlin:20261102T090000", &["1020T0700/1102T0800"])]
fn an_event_blocks_from_its_start_to_its_end(#[case] lines: &str, #[case] spans: &[&str]) {
    assert_eq!(november(lines), spans);
}

#[rstest]
#[case("")]
#[case("STATUS:TENTATIVE")]
#[case("STATUS:CONFIRMED\nTRANSP:OPAQUE")]
#[case("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE")]
#[case("X-MICROSOFT-CDO-BUSYSTATUS:OOF")]
#[case("ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.org")]
#[case("ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.org")]
#[case(
    "ATTENDEE;PARTSTAT=DECLINED:mailto:alice@example.org\nATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.org"
)]
#[case("BEGIN:VALARM\nSTATUS:CANCELLED\nTRANSP:TRANSPARENT\nEND:VALARM")]
fn it_blocks(#[case] line: &str) {
    let lines = format!("DTSTART:20261102T090000Z\nDURATION:PT1H\n{line}");
    assert_eq!(november(&lines), ["1102T0900/1102T1000"]);
}

#[rstest]
#[case("STATUS:CANCELLED")]
#[case("status:Cancelled")]
#[case("TRANSP:TRANSPARENT")]
#[case("X-MICROSOFT-CDO-BUSYSTATUS:FREE")]
#[case("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE")]
#[case("ATTENDEE;PARTSTAT=DECLINED:mailto:alice@example.org")]
#[case("ATTENDEE;CN=\"A: B\";PARTSTAT=declined:MAILTO:ALICE@EXAMPLE.ORG")]
#[case("ATTENDEE;EMAIL=alice@example.org;PARTSTAT=DECLINED:/principals/alice/")]
#[case("DESCRIPTION:Busy\\n[slotbridge:block]")]
#[case("DESCRIPTION:[slotbridge\\:block]")]
fn it_does_not_block(#[case] line: &str) {
    let lines = format!("DTSTART:20261102T090000Z\nDURATION:PT1H\n{line}");
    assert_eq!(november(&lines), [""; 0]);
}

#[test]
fn nobodys_address_is_kept_and_what_was_kept_before_is_understood() {
    let lines = "DTSTART:20261102T090000Z\nDURATION:PT1H\nATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.org\nATTENDEE;PARTSTAT=DECLINED:mailto:alice@example.org";
    let Ok(Stripped::Timing(timing)) = strip(event(lines).as_bytes()) else {
        panic!("a timing");
    };
    assert!(!timing.as_str().contains('@'), "{}", timing.as_str());
    let before = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261102T090000Z\nDURATION:P0DT3600S\nATTENDEE;PARTSTAT=DECLINED:mailto:alice@example.org\nEND:VEVENT\nEND:VCALENDAR\n";
    for timing in [timing, Timing::new(before)] {
        let busy = |email: &str| {
            let viewer = Viewer {
                window: window("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"),
                zone: &berlin(),
                emails: &[email.to_owned()],
            };
            occurrences(&timing, &viewer).expect("a timing").spans.len()
        };
        assert_eq!(busy(" Alice@Example.org"), 0);
        assert_eq!(busy("carol@example.org"), 1);
    }
}

#[rstest]
#[case("x@busy.slotbridge")]
#[case("x@hours.slotbridge")]
fn our_own_things_are_never_busy(#[case] uid: &str) {
    let text = event("DTSTART:20261102T090000Z\nDURATION:PT1H").replace("a@example.org", uid);
    assert_eq!(strip(text.as_bytes()), Ok(Stripped::Nothing));
}

#[test]
fn an_entry_says_whose_booking_it_is() {
    let lines = "DTSTART:20261102T090000Z\nDURATION:PT1H\nX-SLOTBRIDGE-EVENT-ID:woft7\n\
                 X-SLOTBRIDGE-HOST:alice";
    let text = event(lines).replace("a@example.org", "woft6@scheduler.slotbridge");
    let Ok(Stripped::Timing(timing)) = strip(text.as_bytes()) else {
        panic!("it may block");
    };
    let entry = super::OwnEntry {
        host: Some(HostName::new("alice")),
        uid: Some(Uid::new("woft6@scheduler.slotbridge")),
        booking: Some(BookingId::new("woft7")),
    };
    assert_eq!(super::OwnEntry::all(&timing), [entry]);
    let Ok(Stripped::Timing(timing)) = strip(event(lines).as_bytes()) else {
        panic!("it may block");
    };
    assert_eq!(super::OwnEntry::all(&timing)[0].uid, None, "a copy");
    assert_eq!(november(lines).len(), 1);
}
