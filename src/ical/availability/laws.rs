//! Laws of hours as text, on made-up hours and on damaged texts.

use jiff::{Timestamp, ToSpan as _};
use proptest::prelude::*;

use super::{Form, Reader, print, read, write};
use crate::domain::hours::{Day, Hours, Minute, Segment, Week};
use crate::ical::content_line::unfold;

const NOW: &str = "2026-11-21T12:00:00Z";
const ZONES: [&str; 8] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "UTC",
];

/// What a person wrote, with an exception, a single occasion, a holiday, and words that stay.
pub(super) const BY_HAND: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//A//B//EN\r\n\
    X-WR-CALNAME:Hours\r\n\
    BEGIN:VAVAILABILITY\r\nUID:base@example.org\r\nDTSTAMP:20260101T000000Z\r\nPRIORITY:5\r\n\
    SUMMARY:Office\\, mostly\r\nLOCATION:Room 4\r\nX-COLOR;X-P=\"a:b\":red\r\n\
    BEGIN:AVAILABLE\r\nUID:one@example.org\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Mornings\r\n\
    DTSTART;TZID=Europe/Berlin:20260105T090000\r\nDTEND;TZID=Europe/Berlin:20260105T120000\r\n\
    RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\r\nEXDATE;TZID=Europe/Berlin:20261224T090000\r\n\
    END:AVAILABLE\r\n\
    BEGIN:AVAILABLE\r\nUID:two@example.org\r\nDTSTAMP:20260101T000000Z\r\nX-NOTE:late\r\n\
    DTSTART;TZID=Europe/Berlin:20260102T220000\r\nDURATION:PT4H\r\nRRULE:FREQ=WEEKLY;BYDAY=FR\r\n\
    END:AVAILABLE\r\n\
    BEGIN:AVAILABLE\r\nUID:once@example.org\r\nDTSTAMP:20260101T000000Z\r\n\
    DTSTART;TZID=Europe/Berlin:20261212T100000\r\nDTEND;TZID=Europe/Berlin:20261212T110000\r\n\
    END:AVAILABLE\r\nEND:VAVAILABILITY\r\n\
    BEGIN:VAVAILABILITY\r\nUID:away@example.org\r\nDTSTAMP:20260101T000000Z\r\nPRIORITY:2\r\n\
    SUMMARY:Away\r\nDTSTART;TZID=Europe/Berlin:20261228T000000\r\n\
    DTEND;TZID=Europe/Berlin:20270102T000000\r\nBUSYTYPE:BUSY\r\nEND:VAVAILABILITY\r\n\
    BEGIN:VEVENT\r\nUID:x@example.org\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Not hours\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

pub(super) fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

pub(super) fn reader(zone: &str) -> Reader<'_> {
    Reader { zone, now: now() }
}

fn day() -> impl Strategy<Value = Day> {
    let minute = prop_oneof![0_u16..=1440, (0_u16..=48).prop_map(|half| half * 30)];
    let segment = (minute.clone(), minute).prop_map(|(a, b)| Segment {
        start: Minute::new(a.min(b)).expect("a minute"),
        end: Minute::new(a.max(b)).expect("a minute"),
    });
    prop::collection::vec(segment, 0..4).prop_map(Day::of)
}

fn hours() -> impl Strategy<Value = Hours> {
    let date = (0_i64..900).prop_map(|days| {
        let first = jiff::civil::date(2026, 11, 22);
        first.checked_add(days.days()).expect("a date")
    });
    let overrides = prop::collection::btree_map(date, day(), 0..6);
    // Few different days, so that weekdays share segments, as they do in life.
    let week = prop::collection::vec(day(), 1..4).prop_flat_map(|days| {
        let pick = prop::sample::select(days);
        prop::array::uniform7(pick).prop_map(Week)
    });
    (prop::sample::select(&ZONES[..]), week, overrides).prop_map(|(zone, week, overrides)| Hours {
        zone: zone.to_owned(),
        week,
        overrides,
    })
}

fn said(bytes: &[u8], zone: &str) -> Hours {
    let found = read(bytes, reader(zone)).expect("hours").expect("some");
    assert_eq!(found.left_out, Vec::<String>::new());
    found.hours
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let line = |line: crate::ical::content_line::ContentLine| {
        let mut out = Vec::new();
        line.write(&mut out);
        String::from_utf8(out).expect("text")
    };
    unfold(bytes).map(line).collect()
}

proptest! {
    // Each case writes and reads several texts.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hours_that_are_written_read_back(hours in hours()) {
        for form in [Form::Text, Form::Object] {
            let text = write(None, &hours, now(), form).expect("a text");
            prop_assert_eq!(&said(&text, &hours.zone), &hours);
            prop_assert_eq!(&write(None, &hours, now(), form).expect("a text"), &text);
            let later = now() + jiff::SignedDuration::from_hours(1);
            let again = write(Some(&text), &hours, later, form).expect("a text");
            prop_assert_eq!(again, text);
        }
    }

    #[test]
    fn hours_that_are_changed_read_back(one in hours(), other in hours()) {
        for form in [Form::Text, Form::Object] {
            let first = write(None, &one, now(), form).expect("a text");
            let changed = write(Some(&first), &other, now(), form).expect("a text");
            prop_assert_eq!(&said(&changed, &other.zone), &other);
            let back = write(Some(&changed), &one, now(), form).expect("a text");
            prop_assert_eq!(&said(&back, &one.zone), &one);
        }
    }

    #[test]
    fn what_is_no_hours_survives(hours in hours(), berlin in any::<bool>()) {
        let mut hours = hours;
        if berlin {
            hours.zone = "Europe/Berlin".to_owned();
        }
        let text = write(Some(BY_HAND.as_bytes()), &hours, now(), Form::Text).expect("a text");
        prop_assert_eq!(&said(&text, &hours.zone), &hours);
        let all = lines(&text);
        let stays = ["X-WR-CALNAME:Hours", "UID:base@example.org", "SUMMARY:Office\\, mostly",
            "LOCATION:Room 4", "X-COLOR;X-P=\"a:b\":red", "PRIORITY:5", "SUMMARY:Not hours",
            "PRODID:-//A//B//EN"];
        for line in stays {
            prop_assert!(all.contains(&format!("{line}\r\n")), "{} is lost", line);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        drop(read(&bytes, reader("UTC")));
        drop(print(&bytes));
    }

    #[test]
    fn a_damaged_text_is_read_and_written_without_a_panic(
        hours in hours(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..8),
    ) {
        let mut bytes = BY_HAND.as_bytes().to_vec();
        for (at, byte, kind) in damage {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        drop(read(&bytes, reader("Europe/Berlin")));
        drop(print(&bytes));
        if let Ok(text) = write(Some(&bytes), &hours, now(), Form::Text) {
            prop_assert_eq!(said(&text, &hours.zone), hours);
        }
    }

    #[test]
    fn the_order_and_the_stamps_of_a_text_are_no_change(hours in hours()) {
        let text = write(None, &hours, now(), Form::Text).expect("a text");
        let text = String::from_utf8(text).expect("text");
        let stamped = text.replace("DTSTAMP:2026", "DTSTAMP:2020").replace("\r\n", "\n");
        prop_assert_eq!(print(text.as_bytes()), print(stamped.as_bytes()));
        let mut other = hours.clone();
        other.week.0[0] = Day::of([Segment {
            start: Minute::new(1).expect("a minute"),
            end: Minute::new(3).expect("a minute"),
        }]);
        let other = write(None, &other, now(), Form::Text).expect("a text");
        if hours.week.0[0].segments().len() != 1 {
            prop_assert_ne!(print(text.as_bytes()), print(&other));
        }
    }
}

#[test]
fn hostile_texts_are_answered_in_time() {
    let slot = "BEGIN:AVAILABLE\r\nUID:a\r\nDTSTART:20200101T000000Z\r\nDURATION:P7D\r\n\
        RRULE:FREQ=DAILY\r\nEND:AVAILABLE\r\n";
    let dates: Vec<String> = (0..100_000)
        .map(|_| "20261224T000000Z".to_owned())
        .collect();
    let years: Vec<String> = (2027..9000)
        .flat_map(|year| (1..=6).map(move |month| format!("{year:04}{month:02}01T000000Z")))
        .collect();
    let around = |inner: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VAVAILABILITY\r\nUID:b\r\n{inner}END:VAVAILABILITY\r\nEND:VCALENDAR\r\n"
        )
    };
    let with = |dates: &[String]| {
        let exdate = format!("EXDATE:{}\r\nEND:AVAILABLE", dates.join(","));
        around(&slot.replace("END:AVAILABLE", &exdate))
    };
    let layers: String = (0..4000)
        .map(|_| {
            "BEGIN:VAVAILABILITY\r\nPRIORITY:1\r\nDTSTART:20261122T000000Z\r\nDURATION:P90D\r\nEND:VAVAILABILITY\r\n"
        })
        .collect();
    let many_layers = around("").replace("END:VCALENDAR", &format!("{layers}END:VCALENDAR"));
    for text in [
        around(&slot.repeat(8000)),
        with(&dates[..50_000]),
        with(&years),
        many_layers,
    ] {
        let read = read(text.as_bytes(), reader("Europe/Berlin")).expect("read");
        assert!(read.is_some());
    }
}
