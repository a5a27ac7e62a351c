//! Texts as people and programs write them, and what is read and written of them.

use rstest::rstest;

use super::laws::{BY_HAND, now, reader};
use super::{Form, read, write, zone_text};
use crate::domain::hours::{Day, Hours, Minute, Segment};
use crate::ical::{timezone, vtimezone};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

fn calendar(inner: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{inner}\nEND:VCALENDAR\n")
}

fn base(inner: &str) -> String {
    calendar(&format!(
        "BEGIN:VAVAILABILITY\nUID:b\n{inner}\nEND:VAVAILABILITY"
    ))
}

fn slot(lines: &str) -> String {
    format!("BEGIN:AVAILABLE\nUID:s\n{lines}\nEND:AVAILABLE\n")
}

/// `zone; Mon 09:00-17:00; 2026-12-24 off; [what is left out]`: days off in the week say nothing.
fn words(hours: &Hours, left_out: &[String]) -> String {
    let mut all = vec![hours.zone.clone()];
    for (name, day) in DAYS.iter().zip(&hours.week.0) {
        if !day.is_off() {
            all.push(format!("{name} {day}"));
        }
    }
    for (date, day) in &hours.overrides {
        all.push(format!("{date} {day}"));
    }
    all.extend(left_out.iter().map(|words| format!("[{words}]")));
    all.join("; ")
}

fn said(text: &str, zone: &str) -> String {
    match read(text.as_bytes(), reader(zone)) {
        Ok(Some(found)) => words(&found.hours, &found.left_out),
        Ok(None) => "none".to_owned(),
        Err(broken) => format!("broken: {broken}"),
    }
}

const BERLIN: &str =
    "DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=Europe/Berlin:20260105T170000";

#[rstest]
#[case::days("RRULE:FREQ=WEEKLY;BYDAY=MO,WE", "Mon 09:00-17:00; Wed 09:00-17:00")]
#[case::its_own_day("RRULE:FREQ=WEEKLY;WKST=SU;INTERVAL=1", "Mon 09:00-17:00")]
#[case::lower_case("RRULE:freq=weekly;byday=mo", "Mon 09:00-17:00")]
#[case::over("RRULE:FREQ=WEEKLY;UNTIL=20260601T000000Z", "")]
#[case::counted_out("RRULE:FREQ=WEEKLY;COUNT=5", "")]
#[case::once_long_ago("X-A:1", "")]
#[case::ends(
    "RRULE:FREQ=WEEKLY;UNTIL=20270601T000000Z",
    "[an AVAILABLE whose rule comes to an end (UNTIL)]"
)]
#[case::counts(
    "RRULE:FREQ=WEEKLY;COUNT=500",
    "[an AVAILABLE whose rule comes to an end (COUNT)]"
)]
#[case::every_other_week("RRULE:FREQ=WEEKLY;INTERVAL=2", "[an AVAILABLE with an INTERVAL]")]
#[case::monthly("RRULE:FREQ=MONTHLY;BYDAY=1MO", "[an AVAILABLE with FREQ=MONTHLY]")]
#[case::yearly("RRULE:FREQ=YEARLY", "[an AVAILABLE with FREQ=YEARLY]")]
#[case::nonsense("RRULE:FREQ=Bob's birthday", "[an AVAILABLE with FREQ=?]")]
#[case::numbered("RRULE:FREQ=WEEKLY;BYDAY=1MO", "[an AVAILABLE with a numbered BYDAY]")]
#[case::by_month(
    "RRULE:FREQ=WEEKLY;BYMONTH=5",
    "[an AVAILABLE whose rule is not a plain weekly one]"
)]
#[case::two_rules(
    "RRULE:FREQ=WEEKLY\nRRULE:FREQ=DAILY",
    "[an AVAILABLE with several rules]"
)]
#[case::rdate(
    "RRULE:FREQ=WEEKLY\nRDATE:20261224T090000Z",
    "[an AVAILABLE with RDATE]"
)]
#[case::exception(
    "RRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20261221T090000,20260601T090000",
    "Mon 09:00-17:00; 2026-12-21 off"
)]
#[case::exception_in_utc(
    "RRULE:FREQ=WEEKLY\nEXDATE:20261221T080000Z",
    "Mon 09:00-17:00; 2026-12-21 off"
)]
#[case::exception_on_no_occasion("RRULE:FREQ=WEEKLY\nEXDATE:20261222T080000Z", "Mon 09:00-17:00")]
#[case::broken_exception(
    "RRULE:FREQ=WEEKLY\nEXDATE:soon",
    "[an AVAILABLE whose EXDATE makes no sense]"
)]
fn a_rule_is_read(#[case] lines: &str, #[case] expected: &str) {
    let text = base(&slot(&format!("{BERLIN}\n{lines}")));
    let expected = format!("Europe/Berlin; {expected}");
    let expected = expected.trim_end_matches("; ");
    assert_eq!(said(&text, "Europe/Berlin"), expected);
}

#[rstest]
#[case::daily(
    "DTSTART:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYDAY=SA,SU",
    "Sat 09:00-10:00; Sun 09:00-10:00"
)]
#[case::past_midnight(
    "DTSTART:20260105T220000\nDTEND:20260106T020000\nRRULE:FREQ=WEEKLY",
    "Mon 22:00-24:00; Tue 00:00-02:00"
)]
#[case::sunday_night(
    "DTSTART:20260104T220000\nDTEND:20260105T020000\nRRULE:FREQ=WEEKLY",
    "Mon 00:00-02:00; Sun 22:00-24:00"
)]
#[case::until_midnight(
    "DTSTART:20260105T220000\nDTEND:20260106T000000\nRRULE:FREQ=WEEKLY",
    "Mon 22:00-24:00"
)]
#[case::whole_day("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=WEEKLY", "Mon 00:00-24:00")]
#[case::seconds(
    "DTSTART:20260105T090030\nDTEND:20260105T100030\nRRULE:FREQ=WEEKLY",
    "Mon 09:01-10:00; [an AVAILABLE that begins or ends inside a minute]"
)]
#[case::no_end(
    "DTSTART:20260105T090000\nRRULE:FREQ=WEEKLY",
    "[an AVAILABLE without an end]"
)]
#[case::no_start("RRULE:FREQ=WEEKLY", "[an AVAILABLE without DTSTART]")]
#[case::backwards(
    "DTSTART:20260105T090000\nDTEND:20260105T080000\nRRULE:FREQ=WEEKLY",
    "[an AVAILABLE that ends before it begins, or lasts for months]"
)]
#[case::tomorrow(
    "DTSTART:20270104T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY",
    "[an AVAILABLE whose rule only begins in the future]"
)]
#[case::once("DTSTART:20261224T090000\nDURATION:PT1H", "2026-12-24 09:00-10:00")]
#[case::once_over_night(
    "DTSTART:20261224T220000\nDURATION:PT4H",
    "2026-12-24 22:00-24:00; 2026-12-25 00:00-02:00"
)]
#[case::unknown_zone(
    "DTSTART;TZID=Nowhere:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY",
    "[an AVAILABLE whose DTSTART or time zone makes no sense]"
)]
fn times_are_read_in_the_zone_given(#[case] lines: &str, #[case] expected: &str) {
    let expected = format!("Asia/Kathmandu; {expected}");
    assert_eq!(said(&base(&slot(lines)), "Asia/Kathmandu"), expected);
}

#[rstest]
#[case::same_rules("Europe/Paris", "Europe/Berlin", "Europe/Berlin; Mon 09:00-17:00")]
#[case::another(
    "America/New_York",
    "Europe/Berlin",
    "America/New_York; Mon 09:00-17:00"
)]
#[case::windows(
    "W. Europe Standard Time",
    "Europe/Berlin",
    "Europe/Berlin; Mon 09:00-17:00"
)]
fn the_zone_of_the_week_is_that_of_its_slots(
    #[case] tzid: &str,
    #[case] zone: &str,
    #[case] expected: &str,
) {
    let lines = format!("{BERLIN}\nRRULE:FREQ=WEEKLY").replace("Europe/Berlin", tzid);
    assert_eq!(said(&base(&slot(&lines)), zone), expected);
}

#[rstest]
#[case::a_fixed_distance("Europe/London", "Tue 10:00-11:00")]
#[case::other_nights(
    "America/New_York",
    "[an AVAILABLE in a zone whose clock changes on other days]"
)]
#[case::utc("UTC", "[an AVAILABLE in a zone whose clock changes on other days]")]
fn a_slot_in_another_zone_counts_where_it_is_the_same_all_year(
    #[case] tzid: &str,
    #[case] expected: &str,
) {
    let first = slot(&format!("{BERLIN}\nRRULE:FREQ=WEEKLY"));
    let second = slot(&format!(
        "DTSTART;TZID={tzid}:20260106T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"
    ));
    assert_eq!(
        said(&base(&format!("{first}{second}")), "Europe/Berlin"),
        format!("Europe/Berlin; Mon 09:00-17:00; {expected}")
    );
}

#[test]
fn a_week_in_utc_is_read_in_a_zone_without_clock_changes() {
    let text = base(&slot(
        "DTSTART:20260105T200000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY",
    ));
    assert_eq!(said(&text, "Asia/Kolkata"), "Asia/Kolkata; Tue 01:30-02:30");
    assert_eq!(said(&text, "Europe/Berlin"), "UTC; Mon 20:00-21:00");
}

#[test]
fn an_occurrence_that_was_changed_replaces_that_of_its_rule() {
    let rule = slot(&format!("{BERLIN}\nRRULE:FREQ=WEEKLY"));
    let other = slot(
        "RECURRENCE-ID;TZID=Europe/Berlin:20261221T090000\n\
         DTSTART;TZID=Europe/Berlin:20261221T100000\nDURATION:PT1H",
    );
    let text = base(&format!("{rule}{other}"));
    assert_eq!(
        said(&text, "Europe/Berlin"),
        "Europe/Berlin; Mon 09:00-17:00; 2026-12-21 10:00-11:00"
    );
    let ranged = text.replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;");
    assert_eq!(
        said(&ranged, "Europe/Berlin"),
        "Europe/Berlin; Mon 09:00-17:00; [an AVAILABLE that changes a rule from a date on (RANGE)]"
    );
}

fn above(lines: &str, inner: &str) -> String {
    let week = slot(&format!("{BERLIN}\nRRULE:FREQ=DAILY"));
    calendar(&format!(
        "BEGIN:VAVAILABILITY\nUID:b\nPRIORITY:5\n{week}END:VAVAILABILITY\n\
         BEGIN:VAVAILABILITY\nUID:c\n{lines}\n{inner}END:VAVAILABILITY"
    ))
}

#[rstest]
#[case::a_day_off(
    "PRIORITY:1\nDTSTART:20261224T000000\nDTEND:20261225T000000",
    "",
    "2026-12-24 off"
)]
#[case::part_of_a_day(
    "PRIORITY:1\nDTSTART:20261224T120000\nDURATION:PT2H",
    "",
    "2026-12-24 09:00-12:00, 14:00-17:00"
)]
#[case::several_days(
    "PRIORITY:1\nDTSTART:20261224T120000\nDTEND:20261225T100000",
    "",
    "2026-12-24 09:00-12:00; 2026-12-25 10:00-17:00"
)]
#[case::open_in_it(
    "PRIORITY:1\nDTSTART:20261224T000000\nDTEND:20261225T000000",
    "DTSTART:20261224T200000\nDURATION:PT1H",
    "2026-12-24 20:00-21:00"
)]
#[case::open_weekly_in_it(
    "PRIORITY:1\nDTSTART:20261224T000000\nDTEND:20261226T000000",
    "DTSTART:20260101T200000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY",
    "2026-12-24 20:00-21:00; 2026-12-25 off"
)]
#[case::as_usual(
    "PRIORITY:1\nDTSTART:20261224T000000\nDTEND:20261225T000000",
    "DTSTART:20261224T090000\nDURATION:PT8H",
    "2026-12-24 09:00-17:00"
)]
#[case::below("PRIORITY:9\nDTSTART:20261224T000000\nDTEND:20261225T000000", "", "")]
#[case::without_priority("DTSTART:20261224T000000\nDTEND:20261225T000000", "", "")]
#[case::wholly_below("PRIORITY:0", "", "")]
#[case::over("PRIORITY:1\nDTSTART:20251224T000000\nDTEND:20251225T000000", "", "")]
#[case::busy_of_any_kind(
    "PRIORITY:1\nBUSYTYPE:X-AT-SEA\nDTSTART:20261224T000000\nDTEND:20261225T000000",
    "",
    "2026-12-24 off"
)]
#[case::the_same_priority(
    "PRIORITY:5\nDTSTART:20261224T000000\nDTEND:20261225T000000",
    "",
    "[several VAVAILABILITYs with the same PRIORITY]"
)]
#[case::for_months(
    "PRIORITY:1\nDTSTART:20261224T000000\nDURATION:P200D",
    "",
    "[a VAVAILABILITY that lasts for months and then ends]"
)]
#[case::in_the_future(
    "PRIORITY:1\nDTSTART:20271224T000000",
    "",
    "[a VAVAILABILITY that only begins in the future]"
)]
fn what_stands_above_the_week_replaces_it(
    #[case] lines: &str,
    #[case] inner: &str,
    #[case] expected: &str,
) {
    let inner = if inner.is_empty() {
        String::new()
    } else {
        slot(inner)
    };
    let week: Vec<String> = DAYS
        .iter()
        .map(|day| format!("{day} 09:00-17:00"))
        .collect();
    let expected = format!("Europe/Berlin; {}; {expected}", week.join("; "));
    let expected = expected.trim_end_matches("; ");
    assert_eq!(said(&above(lines, &inner), "Europe/Berlin"), expected);
}

#[rstest]
#[case::nothing_of_it("BEGIN:VEVENT\nUID:a\nEND:VEVENT", "none")]
#[case::no_usual_week(
    "BEGIN:VAVAILABILITY\nUID:a\nDTSTART:20261224T000000\nDURATION:P1D\nEND:VAVAILABILITY",
    "broken: it says no usual week: it has no VAVAILABILITY that is in force and has no end"
)]
#[case::broken_start(
    "BEGIN:VAVAILABILITY\nUID:a\nDTSTART:Bob\nEND:VAVAILABILITY",
    "broken: its DTSTART or DTEND makes no sense"
)]
#[case::never("BEGIN:VAVAILABILITY\nUID:a\nEND:VAVAILABILITY", "UTC")]
fn odd_calendars_are_answered(#[case] inner: &str, #[case] expected: &str) {
    assert_eq!(said(&calendar(inner), "UTC"), expected);
}

#[test]
fn what_a_person_wrote_is_read() {
    assert_eq!(
        said(BY_HAND, "Europe/Berlin"),
        "Europe/Berlin; Mon 09:00-12:00; Tue 09:00-12:00; Wed 09:00-12:00; Thu 09:00-12:00; \
         Fri 09:00-12:00, 22:00-24:00; Sat 00:00-02:00; 2026-12-12 00:00-02:00, 10:00-11:00; \
         2026-12-24 off; 2026-12-28 off; 2026-12-29 off; 2026-12-30 off; 2026-12-31 off; \
         2027-01-01 off"
    );
}

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

#[rstest]
#[case("Europe/Berlin", 2)]
#[case("America/New_York", 2)]
#[case("Australia/Sydney", 2)]
#[case("Australia/Lord_Howe", 2)]
#[case("Asia/Kolkata", 1)]
#[case("Asia/Kathmandu", 1)]
#[case("Europe/Dublin", 2)]
fn the_rules_of_a_zone_are_written(#[case] name: &str, #[case] parts: usize) {
    let zone = timezone::by_name(name).expect("a zone");
    let written = zone_text::component(name, &zone, now());
    assert_eq!(written.components().count(), parts, "{written:?}");
    for hours in (0..24 * 365 * 4).step_by(7) {
        let time = now() + jiff::SignedDuration::from_hours(hours);
        let local = zone.to_datetime(time);
        let read = vtimezone::rules(&written, local).expect("rules");
        assert_eq!(read.to_offset(time), zone.to_offset(time), "{time}");
    }
}

#[test]
fn clock_changes_that_follow_no_rule_are_listed() {
    let zone = timezone::by_name("Africa/Casablanca").expect("a zone");
    let written = zone_text::component("Africa/Casablanca", &zone, now());
    assert!(written.components().count() > 2);
    assert!(
        written
            .components()
            .all(|part| part.line("RRULE").is_none())
    );
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
