//! What is written into a text, and what of it stays.

use super::{BERLIN, base, slot};
use crate::domain::hours::{Day, Hours, Minute, Segment};
use crate::ical::availability::laws::{BY_HAND, now, reader};
use crate::ical::availability::{Form, read, write};

fn segment(start: &str, end: &str) -> Segment {
    Segment {
        start: Minute::parse(start).expect("a minute"),
        end: Minute::parse(end).expect("a minute"),
    }
}

fn edited(change: impl FnOnce(&mut Hours)) -> String {
    let found = read(BY_HAND.as_bytes(), reader("Europe/Berlin"));
    let mut hours = found.expect("hours").expect("some").hours;
    change(&mut hours);
    let text = write(Some(BY_HAND.as_bytes()), &hours, now(), Form::Text).expect("a text");
    let again = read(&text, reader("Europe/Berlin"))
        .expect("hours")
        .expect("some");
    assert_eq!(again.hours, hours);
    String::from_utf8(text).expect("text").replace("\r\n", "\n")
}

/// The lines that one text has and the other has not, in order.
fn difference(text: &str) -> Vec<String> {
    let before = BY_HAND.replace("\r\n", "\n");
    let mut left: Vec<&str> = text.lines().collect();
    let mut all = Vec::new();
    for line in before.lines() {
        match left.iter().position(|other| *other == line) {
            Some(at) => {
                left.remove(at);
            }
            None => all.push(format!("-{line}")),
        }
    }
    all.extend(left.into_iter().map(|line| format!("+{line}")));
    all.retain(|line| !line.contains("DTSTAMP"));
    all
}

#[test]
fn a_day_less_changes_one_line() {
    let text = edited(|hours| hours.week.0[1] = Day::default());
    let changed = difference(&text);
    let rules: Vec<&String> = changed
        .iter()
        .filter(|line| line.contains("FREQ=WEEKLY") || line.starts_with('-'))
        .collect();
    assert_eq!(
        rules,
        [
            "-RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            "+RRULE:FREQ=WEEKLY;BYDAY=MO,WE,TH,FR"
        ]
    );
}

#[test]
fn a_new_segment_is_a_new_slot_and_the_others_stay() {
    let text = edited(|hours| {
        hours.week.0[0] = Day::of([segment("09:00", "12:00"), segment("13:00", "24:00")]);
    });
    assert!(text.contains("DTSTART;TZID=Europe/Berlin:20240101T130000"));
    assert!(text.contains("DTEND;TZID=Europe/Berlin:20240102T000000"));
    let lost: Vec<String> = difference(&text)
        .into_iter()
        .filter(|line| line.starts_with('-'))
        .collect();
    assert_eq!(lost, Vec::<String>::new());
}

#[test]
fn a_holiday_that_is_cut_short_keeps_its_words_on_the_days_that_are_left() {
    let text = edited(|hours| {
        hours.overrides.remove(&jiff::civil::date(2026, 12, 28));
    });
    assert_eq!(text.matches("SUMMARY:Away").count(), 4);
    assert!(!text.contains("20261228T000000"));
}

#[test]
fn an_exception_that_is_taken_back_goes_from_its_rule() {
    let text = edited(|hours| {
        hours.overrides.remove(&jiff::civil::date(2026, 12, 24));
    });
    assert_eq!(
        difference(&text)[0],
        "-EXDATE;TZID=Europe/Berlin:20261224T090000"
    );
    assert!(text.contains("SUMMARY:Away"));
}

#[test]
fn what_hours_cannot_say_is_never_written_over() {
    let text = base(&slot(&format!("{BERLIN}\nRRULE:FREQ=MONTHLY")));
    let hours = Hours {
        zone: "Europe/Berlin".to_owned(),
        week: crate::domain::hours::Week::default(),
        overrides: std::collections::BTreeMap::new(),
    };
    let broken = write(Some(text.as_bytes()), &hours, now(), Form::Text).expect_err("kept");
    assert_eq!(
        broken.to_string(),
        "it says what working hours in Zoom cannot: an AVAILABLE with FREQ=MONTHLY"
    );
}

#[test]
fn an_object_has_one_uid() {
    let found = read(BY_HAND.as_bytes(), reader("Europe/Berlin"));
    let hours = found.expect("hours").expect("some").hours;
    let text = write(None, &hours, now(), Form::Object).expect("a text");
    let document = crate::ical::component::Document::parse(&text).expect("a calendar");
    let mut uids: Vec<_> = document.components[0]
        .components()
        .filter(|part| part.is("VAVAILABILITY"))
        .map(|part| part.text("UID"))
        .collect();
    assert_eq!(uids.len(), 8);
    uids.dedup();
    assert_eq!(uids.len(), 1);
}

#[test]
fn new_hours_are_written_as_other_programs_write_them() {
    let mut hours = Hours {
        zone: "Europe/Berlin".to_owned(),
        week: crate::domain::hours::Week::default(),
        overrides: std::collections::BTreeMap::new(),
    };
    for day in &mut hours.week.0[..5] {
        *day = Day::of([segment("09:00", "17:00")]);
    }
    hours
        .overrides
        .insert(jiff::civil::date(2026, 12, 24), Day::default());
    let text = write(None, &hours, now(), Form::Text).expect("a text");
    insta::assert_snapshot!(String::from_utf8(text).expect("text").replace("\r\n", "\n"));
}

#[test]
fn hours_are_neither_an_entry_nor_busy_time() {
    let found = read(BY_HAND.as_bytes(), reader("Europe/Berlin"));
    let hours = found.expect("hours").expect("some").hours;
    let text = write(None, &hours, now(), Form::Object).expect("a text");
    let entry = crate::ical::import::read(&text);
    assert_eq!(entry, Ok(crate::ical::import::Found::Foreign));
    let busy = crate::ical::busy::strip(&text);
    assert_eq!(busy, Ok(crate::ical::busy::Stripped::Nothing));
}
