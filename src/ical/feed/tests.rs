#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use jiff::SignedDuration;
use rstest::rstest;

use super::super::component::Document;
use super::super::export::words;
use super::super::import;
use super::*;
use crate::domain::entry::{Base, Draft, Entry, Field, Fields, TimeSpan};
use crate::domain::hours::{Day, Hours, Minute, Segment, Week};
use crate::domain::ids::{BookingId, HostName, Href, Uid};
use crate::ical::availability;

fn head(kind: FeedKind) -> Head {
    Head {
        name: FeedName::new("alice; all, \\ of it"),
        kind,
        refresh: Duration::from_mins(5),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn span() -> TimeSpan {
    TimeSpan {
        start: at("2026-11-21T10:00:00Z"),
        end: at("2026-11-21T10:30:00Z"),
    }
}

fn draft(id: &str) -> Draft {
    let uid = Uid::of_booking(&BookingId::new(id));
    let fields: Fields = [
        (Field::Time, span().text()),
        (Field::Status, "CONFIRMED".to_owned()),
        (Field::Summary, "Intro; call, \"Bob\" \\ Ünal\u{7}".to_owned()),
        (
            Field::About,
            "Bob <bob@example.org>\nBEGIN:VEVENT\nphone: ☎ +49 30 1234567, extension 89 and some more words".to_owned(),
        ),
        (Field::Notes, "Ask, then answer".to_owned()),
        (Field::Location, "Room 1; left".to_owned()),
        (Field::Url, "https://zoom.us/j/1?pwd=a,b;c".to_owned()),
        (Field::Conference, "https://zoom.us/j/1".to_owned()),
        (Field::Attendees, "Bob <bob@example.org>".to_owned()),
    ]
    .into_iter()
    .collect();
    Draft {
        href: Href::of_uid(&uid),
        entry: Entry {
            uid,
            base: Base::from(&fields),
            fields,
            event_id: Some(BookingId::new(id)),
            host: Some(HostName::new("alice")),
            sequence: 3,
            notes_shown: true,
        },
        modified: at("2026-11-20T08:00:00Z"),
        alarm_seconds: Some(600),
    }
}

fn bookings(ids: &[&str]) -> String {
    let mut stream = Stream::begin(&head(FeedKind::Bookings));
    for id in ids {
        let mut draft = draft(id);
        draft.entry.base = Base::default();
        stream.booking(&draft);
    }
    String::from_utf8(stream.end()).unwrap()
}

fn unfolded(text: &str) -> String {
    text.replace("\r\n ", "")
}

#[test]
fn a_feed_says_who_it_is_and_when_to_ask_again() {
    let text = unfolded(&bookings(&[]));
    for line in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//slotbridge//slotbridge//EN",
        "METHOD:PUBLISH",
        r"NAME:alice\; all\, \\ of it",
        r"X-WR-CALNAME:alice\; all\, \\ of it",
        "REFRESH-INTERVAL;VALUE=DURATION:PT5M",
        "X-PUBLISHED-TTL:PT5M",
        "COLOR:royalblue",
        "END:VCALENDAR",
    ] {
        assert!(text.contains(&format!("{line}\r\n")), "{line}: {text}");
    }
}

#[test]
fn each_kind_has_a_colour_of_its_own() {
    let colors = [FeedKind::Bookings, FeedKind::Busy, FeedKind::Hours].map(|kind| {
        let calendar = head(kind).calendar();
        calendar.text("COLOR").unwrap()
    });
    let distinct: std::collections::BTreeSet<_> = colors.iter().collect();
    assert_eq!(distinct.len(), 3);
}

#[test]
fn a_booking_says_what_its_entry_says_and_nothing_of_the_entry_alone() {
    let text = bookings(&["e1"]);
    let document = Document::parse(text.as_bytes()).unwrap();
    let event = document.components[0].components().next().unwrap();
    let import::Found::Ours(entry) = import::read(text.as_bytes()).unwrap() else {
        panic!("it is not recognised as ours");
    };
    let fields = &entry.fields;
    for field in [
        Field::Time,
        Field::Status,
        Field::About,
        Field::Notes,
        Field::Location,
    ] {
        assert_eq!(
            fields.get(field),
            draft("e1").entry.fields.get(field),
            "{field:?}"
        );
    }
    assert_eq!(fields.get(Field::Summary), "Intro; call, \"Bob\" \\ Ünal");
    assert_eq!(entry.sequence, 3);
    assert_eq!(event.text("UID").unwrap(), "e1@scheduler.slotbridge");
    assert_eq!(event.text("DTSTAMP").unwrap(), "20261120T080000Z");
    assert_eq!(event.text("LAST-MODIFIED").unwrap(), "20261120T080000Z");
    assert_eq!(event.text(words::EVENT_ID).unwrap(), "e1");
    for gone in [words::BASE, "CREATED", "ATTENDEE", "ORGANIZER"] {
        assert!(event.line(gone).is_none(), "{gone}: {text}");
    }
    assert_eq!(event.components().count(), 0, "no alarm: {text}");
    assert!(!text.contains("VTIMEZONE"), "times are in UTC");
}

#[test]
fn no_line_is_longer_than_75_octets_and_no_character_is_cut() {
    let text = bookings(&["e1", "e2"]);
    assert!(text.contains("\r\n "), "something is folded");
    for line in text.split("\r\n") {
        assert!(line.len() <= 75, "{line}");
        assert!(!line.contains(['\r', '\n', '\u{7}']), "{line:?}");
    }
    // What a guest typed is no line of its own.
    assert_eq!(text.matches("\r\nBEGIN:VEVENT\r\n").count(), 2);
}

#[test]
fn the_same_content_is_the_same_bytes() {
    assert_eq!(bookings(&["e1", "e2"]), bookings(&["e1", "e2"]));
    let busy = || {
        let mut stream = Stream::begin(&head(FeedKind::Busy));
        stream.busy(span(), "Busy");
        stream.end()
    };
    assert_eq!(busy(), busy());
    let changed = at("2026-11-20T08:00:00Z");
    let hours = || hours(&head(FeedKind::Hours), &week(), changed).unwrap();
    assert_eq!(hours(), hours());
}

#[test]
fn busy_time_says_nothing_but_when() {
    let mut stream = Stream::begin(&head(FeedKind::Busy));
    stream.busy(span(), "Busy");
    let later = TimeSpan {
        start: span().end,
        end: span().end + SignedDuration::from_hours(1),
    };
    stream.busy(later, "Busy");
    let text = String::from_utf8(stream.end()).unwrap();
    let document = Document::parse(text.as_bytes()).unwrap();
    let events: Vec<_> = document.components[0].components().collect();
    let names: Vec<String> = events[0]
        .lines()
        .map(|line| line.name().into_owned())
        .collect();
    assert_eq!(
        names,
        [
            "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "STATUS", "TRANSP", "CLASS"
        ]
    );
    let uids: Vec<String> = events
        .iter()
        .map(|event| event.text("UID").unwrap())
        .collect();
    assert_ne!(uids[0], uids[1]);
    assert!(uids[0].ends_with(BUSY_SUFFIX));
    for (name, value) in [
        ("DTSTART", "20261121T100000Z"),
        ("DTEND", "20261121T103000Z"),
        ("SUMMARY", "Busy"),
        ("TRANSP", "OPAQUE"),
        ("CLASS", "PRIVATE"),
    ] {
        assert_eq!(events[0].text(name).unwrap(), value);
    }
}

fn week() -> Hours {
    let segment = |start: &str, end: &str| Segment {
        start: Minute::parse(start).unwrap(),
        end: Minute::parse(end).unwrap(),
    };
    let day = Day::of([segment("09:00", "12:00"), segment("13:00", "17:00")]);
    let mut days: [Day; 7] = Default::default();
    for place in days.iter_mut().take(5) {
        *place = day.clone();
    }
    Hours {
        zone: "Europe/Berlin".to_owned(),
        week: Week(days),
        overrides: [("2026-12-24".parse().unwrap(), Day::default())].into(),
    }
}

#[rstest]
#[case("Europe/Berlin", true)]
#[case("UTC", false)]
fn hours_are_read_back_as_they_are(#[case] zone: &str, #[case] has_rules: bool) {
    let hours_now = Hours {
        zone: zone.to_owned(),
        ..week()
    };
    let changed = at("2026-11-20T08:00:00Z");
    let text = hours(&head(FeedKind::Hours), &hours_now, changed).unwrap();
    let reader = availability::Reader { zone, now: changed };
    let found = availability::read(&text, reader).unwrap().unwrap();
    assert_eq!(found.hours, hours_now);
    assert_eq!(found.left_out, Vec::<String>::new());
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.contains("BEGIN:VTIMEZONE"), has_rules, "{text}");
    assert!(text.contains("COLOR:seagreen\r\n") && text.contains("METHOD:PUBLISH\r\n"));
}

#[rstest]
#[case("2026-11-20T08:00:00Z")]
#[case("2026-06-20T08:00:00Z")]
fn the_rules_of_the_zone_begin_before_the_slots(#[case] changed: &str) {
    let text = hours(&head(FeedKind::Hours), &week(), at(changed)).unwrap();
    let document = Document::parse(&text).unwrap();
    let zone = document.components[0].components().next().unwrap();
    let mut rules: Vec<(String, String)> = zone
        .components()
        .map(|rule| (rule.text("DTSTART").unwrap(), rule.text("RRULE").unwrap()))
        .collect();
    rules.sort();
    let rule = |text: &str| format!("FREQ=YEARLY;BYMONTH={text}");
    assert_eq!(
        rules,
        [
            ("20230326T020000".to_owned(), rule("3;BYDAY=-1SU")),
            ("20231029T030000".to_owned(), rule("10;BYDAY=-1SU")),
        ]
    );
}

#[test]
fn the_rules_of_a_zone_that_follow_no_pattern_are_listed_for_years_to_come() {
    let hours_now = Hours {
        zone: "Africa/Casablanca".to_owned(),
        ..week()
    };
    let text = hours(
        &head(FeedKind::Hours),
        &hours_now,
        at("2026-11-20T08:00:00Z"),
    )
    .unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(
        !text.contains("DTSTART:2023") && text.contains("DTSTART:2028"),
        "{text}"
    );
}

#[test]
fn hours_keep_their_uid_when_they_change() {
    let uid = |hours_now: &Hours, changed: &str| {
        let text = hours(&head(FeedKind::Hours), hours_now, at(changed)).unwrap();
        let document = Document::parse(&text).unwrap();
        let availability = document.components[0]
            .components()
            .find(|part| part.is("VAVAILABILITY"));
        availability.unwrap().text("UID").unwrap()
    };
    let mut other = week();
    other.week.0[0] = Day::default();
    assert_eq!(
        uid(&week(), "2026-11-20T08:00:00Z"),
        uid(&other, "2026-11-21T08:00:00Z")
    );
}

#[test]
fn hours_without_any_time_are_a_feed_all_the_same() {
    let off = Hours {
        week: Week::default(),
        overrides: std::collections::BTreeMap::new(),
        ..week()
    };
    let text = hours(&head(FeedKind::Hours), &off, at("2026-11-20T08:00:00Z")).unwrap();
    assert!(
        String::from_utf8(text)
            .unwrap()
            .contains("BEGIN:VAVAILABILITY")
    );
}
