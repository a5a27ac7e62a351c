//! What the entries of other programs mean.

use super::super::fixtures::*;
use super::*;
use crate::domain::entry::Field;

fn ours(bytes: &[u8]) -> Entry {
    match read(bytes) {
        Ok(Found::Ours(entry)) => *entry,
        other => panic!("not ours: {other:?}"),
    }
}

fn time_of(properties: &str) -> Result<String, String> {
    let text = format!(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x@scheduler.slotbridge\n{properties}\nEND:VEVENT\nEND:VCALENDAR\n"
    );
    match read(text.as_bytes()) {
        Ok(Found::Ours(entry)) => Ok(entry.fields.get(Field::Time).to_owned()),
        Ok(Found::Foreign) => Err("foreign".to_owned()),
        Err(broken) => Err(broken.to_string()),
    }
}

#[test]
fn times_of_every_kind_have_one_text_each() {
    let cases = [
        (
            "DTSTART:20261202T100000Z\nDTEND:20261202T103000Z",
            "2026-12-02T10:00:00Z/2026-12-02T10:30:00Z",
        ),
        (
            "DTSTART:20261202T100000Z\nDURATION:PT30M",
            "2026-12-02T10:00:00Z/2026-12-02T10:30:00Z",
        ),
        (
            "DTSTART:20261202T100000Z\nDURATION:P1W2DT1S",
            "2026-12-02T10:00:00Z/2026-12-11T10:00:01Z",
        ),
        (
            "DTSTART:20261202T100000Z",
            "2026-12-02T10:00:00Z/2026-12-02T10:00:00Z",
        ),
        (
            "DTSTART:20261231T235960Z",
            "2026-12-31T23:59:59Z/2026-12-31T23:59:59Z",
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20261202T110000\nDTEND;TZID=America/New_York:20261202T053000",
            "2026-12-02T10:00:00Z/2026-12-02T10:30:00Z",
        ),
        ("DTSTART;VALUE=DATE:20261121", "date 20261121/20261122"),
        (
            "DTSTART;VALUE=DATE:20261121\nDTEND;VALUE=DATE:20261124",
            "date 20261121/20261124",
        ),
        (
            "DTSTART:20261121T090000\nDURATION:PT1H",
            "floating 20261121T090000/20261121T100000",
        ),
        (
            "DTSTART:20261121T090000Z\nRRULE:FREQ=DAILY\nEXDATE:20261122T090000Z",
            "recurring 2026-11-21T09:00:00Z/2026-11-21T09:00:00Z  EXDATE;:20261122T090000Z RRULE;:FREQ=DAILY",
        ),
    ];
    for (properties, text) in cases {
        assert_eq!(time_of(properties).as_deref(), Ok(text), "{properties}");
    }
}

#[test]
fn clock_changes_are_read_as_rfc_5545_says() {
    let cases = [
        // 02:30 does not exist: the offset before, so 01:30 UTC. 02:30 twice: the first.
        (
            "DTSTART;TZID=Europe/Berlin:20260329T023000",
            "2026-03-29T01:30:00Z/2026-03-29T01:30:00Z",
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20261025T023000",
            "2026-10-25T00:30:00Z/2026-10-25T00:30:00Z",
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20261025T023000\nDURATION:PT1H",
            "2026-10-25T00:30:00Z/2026-10-25T01:30:00Z",
        ),
        // A day is a day on the clock, 24 hours are 24 hours.
        (
            "DTSTART;TZID=Europe/Berlin:20260328T120000\nDURATION:P1D",
            "2026-03-28T11:00:00Z/2026-03-29T10:00:00Z",
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20260328T120000\nDURATION:PT24H",
            "2026-03-28T11:00:00Z/2026-03-29T11:00:00Z",
        ),
        (
            "DTSTART;TZID=Eastern Standard Time:20261101T013000",
            "2026-11-01T05:30:00Z/2026-11-01T05:30:00Z",
        ),
    ];
    for (properties, text) in cases {
        assert_eq!(time_of(properties).as_deref(), Ok(text), "{properties}");
    }
}

#[test]
fn times_that_make_no_sense_are_said_without_quoting_them() {
    let cases = [
        ("SUMMARY:x", "its event has no DTSTART"),
        ("DTSTART:tomorrow", "its DTSTART or DTEND makes no sense"),
        (
            "DTSTART:20261301T100000Z",
            "its DTSTART or DTEND makes no sense",
        ),
        (
            "DTSTART:2026ü121T100000Z",
            "its DTSTART or DTEND makes no sense",
        ),
        (
            "DTSTART:20261121T100000Z\nDURATION:-PT5M",
            "its DURATION makes no sense",
        ),
        (
            "DTSTART:20261121T100000Z\nDURATION:P99999999999D",
            "its DURATION makes no sense",
        ),
        (
            "DTSTART:20261121T100000Z\nDURATION:P999999999W",
            "its time is out of range",
        ),
        (
            "DTSTART:20261121T100000Z\nDTEND:20261121",
            "its DTSTART and DTEND are of different kinds",
        ),
        (
            "DTSTART;TZID=Nowhere:20261121T100000",
            "its TZID is not known, and its VTIMEZONE has no rules that can be followed",
        ),
    ];
    for (properties, why) in cases {
        assert_eq!(time_of(properties), Err(why.to_owned()), "{properties}");
    }
}

#[test]
fn an_unknown_zone_is_read_from_the_object() {
    let entry = ours(CUSTOM_ZONE);
    assert_eq!(
        entry.fields.get(Field::Time),
        "2026-07-01T13:00:00Z/2026-07-01T13:45:00Z"
    );
    let winter = String::from_utf8_lossy(CUSTOM_ZONE).replace("20260701T", "20261201T");
    assert_eq!(
        ours(winter.as_bytes()).fields.get(Field::Time),
        "2026-12-01T14:00:00Z/2026-12-01T14:45:00Z"
    );
    let fixed: String = String::from_utf8_lossy(CUSTOM_ZONE)
        .replace("BEGIN:DAYLIGHT", "BEGIN:X-NO")
        .replace("END:DAYLIGHT", "END:X-NO");
    assert_eq!(
        ours(fixed.as_bytes()).fields.get(Field::Time),
        "2026-07-01T14:00:00Z/2026-07-01T14:45:00Z"
    );
    let odd = String::from_utf8_lossy(CUSTOM_ZONE).replace("FREQ=YEARLY", "FREQ=WEEKLY");
    assert!(read(odd.as_bytes()).is_err());
}

#[test]
fn outlook_names_are_windows_names() {
    let entry = ours(OUTLOOK);
    let read: Vec<_> = entry.fields.iter().collect();
    assert_eq!(
        read,
        [
            (Field::Time, "2026-12-02T09:00:00Z/2026-12-02T09:30:00Z"),
            (Field::Status, "CONFIRMED"),
            (Field::Summary, "Intro: Bob"),
            (Field::About, "Booked by Bob"),
            (Field::Notes, "Bring the plan"),
            (Field::Location, "Room 4, second floor"),
        ]
    );
    assert_eq!(entry.sequence, 3);
    assert_eq!(entry.event_id, Some("outlook1".into()));
}

#[test]
fn an_address_that_was_escaped_as_text_is_read() {
    let entry = ours(APPLE);
    assert_eq!(
        entry.fields.get(Field::Url),
        "https://example.org/j/123?pwd=a,b"
    );
    assert_eq!(
        entry.fields.get(Field::Location),
        "Café Müller\nHauptstraße 5"
    );
}

#[test]
fn a_vendors_path_before_a_zone_is_passed_over() {
    let entry = ours(THUNDERBIRD);
    assert_eq!(
        entry.fields.get(Field::Time),
        "2026-07-05T07:00:00Z/2026-07-05T07:30:00Z"
    );
    // Somebody invited by hand is not ours to keep in step.
    assert_eq!(entry.fields.get(Field::Attendees), "");
}

#[test]
fn any_line_ending_and_a_bom_are_taken() {
    for (bytes, uid) in [(BARE_LF, "bare1"), (LONE_CR, "bare2"), (BOM, "bom1")] {
        let entry = ours(bytes);
        assert_eq!(entry.uid.as_str(), format!("{uid}@scheduler.slotbridge"));
        assert_eq!(entry.fields.get(Field::Summary), "lower case names, folded");
    }
    let doubled = String::from_utf8_lossy(OUTLOOK).replace("\r\n", "\r\r\n");
    assert_eq!(ours(doubled.as_bytes()), ours(OUTLOOK));
}

#[test]
fn a_character_that_is_folded_in_the_middle_is_whole_again() {
    assert_eq!(ours(FOLDED).fields.get(Field::About), "ü€🎉".repeat(30));
}

#[test]
fn the_master_is_read_and_not_its_override() {
    let entry = ours(RECURRING);
    assert_eq!(entry.fields.get(Field::Summary), "Every week");
    assert!(entry.fields.get(Field::Time).starts_with("recurring "));
    assert_eq!(
        ours(ALL_DAY).fields.get(Field::Time),
        "date 20261121/20261122"
    );
}

#[test]
fn what_is_not_ours_is_foreign_or_broken() {
    assert_eq!(read(FOREIGN), Ok(Found::Foreign));
    assert_eq!(
        read(b"begin:vcalendar\nBEGIN:VTODO\nodd line\nEND:vtodo\nEND:VCALENDAR"),
        Ok(Found::Foreign)
    );
    for broken in [
        &b""[..],
        b"<html>",
        b"BEGIN:VCALENDAR\nEND:VCALENDAR",
        b"BEGIN:VCARD\nUID:x@scheduler.slotbridge\nEND:VCARD",
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT",
        b"END:VCALENDAR",
        CUT_OFF,
    ] {
        assert!(read(broken).is_err());
    }
}

#[test]
fn a_broken_object_still_says_whose_it_is() {
    assert_eq!(raw_uid(CUT_OFF), Some("cut1@scheduler.slotbridge".into()));
    assert_eq!(raw_uid(FOREIGN), Some("0f5c2b@example.org".into()));
    assert_eq!(
        raw_uid(b"BEGIN:VEVENT\nBEGIN:VALARM\nUID:a\nEND:VALARM\nUID:b"),
        Some("b".into())
    );
    assert_eq!(raw_uid(b"\xff\xfe"), None);
}

#[test]
fn attendees_are_ours_by_their_mark_or_by_what_was_agreed() {
    let marked = String::from_utf8_lossy(THUNDERBIRD).replace(
        "COLOR:tomato",
        "ATTENDEE;CN=Carol;schedule-agent=none:MAILTO:carol@example.org",
    );
    assert_eq!(
        ours(marked.as_bytes()).fields.get(Field::Attendees),
        "Carol <carol@example.org>"
    );
    // A server that drops the mark.
    let text = super::super::export::create(&draft()).replace("\r\n ", "");
    let entry = ours(text.replace(";SCHEDULE-AGENT=NONE", "").as_bytes());
    assert_eq!(
        entry.fields.get(Field::Attendees),
        fields().get(Field::Attendees)
    );
}

#[test]
fn an_entry_tells_whether_its_notes_line_is_there() {
    let shown = |properties: &str| {
        let text = format!(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x@scheduler.slotbridge\nDTSTART:20261202T100000Z\n{properties}END:VEVENT\nEND:VCALENDAR\n"
        );
        ours(text.as_bytes()).notes_shown
    };
    assert!(!shown(""));
    assert!(!shown("DESCRIPTION:Booked by Bob\n"));
    assert!(shown("DESCRIPTION:Booked by Bob\\n\\n--- Notes ---\n"));
    assert!(shown("DESCRIPTION:--- Notes ---\\nCalled back\n"));
}

#[test]
fn an_entry_recorded_before_the_notes_line_was_watched_has_it() {
    let mut old = serde_json::to_value(draft().entry).expect("json");
    old.as_object_mut()
        .and_then(|entry| entry.remove("notes_shown"))
        .expect("it is recorded");
    let entry: Entry = serde_json::from_value(old).expect("an entry");
    assert!(entry.notes_shown);
}
