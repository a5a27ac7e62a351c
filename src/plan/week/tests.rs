use jiff::civil::date;
use rstest::rstest;

use super::*;
use crate::domain::hours::{self, Minute, Segment};

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn span(start: &str, end: &str) -> TimeSpan {
    TimeSpan {
        start: at(start),
        end: at(end),
    }
}

/// The same hours on every day.
fn every_day(segments: &[(&str, &str)]) -> Hours {
    let segments = segments.iter().map(|(start, end)| Segment {
        start: Minute::parse(start).unwrap(),
        end: Minute::parse(end).unwrap(),
    });
    let day = hours::Day::of(segments);
    Hours {
        zone: "Europe/Berlin".to_owned(),
        week: hours::Week([(); 7].map(|()| day.clone())),
        overrides: std::collections::BTreeMap::new(),
    }
}

/// The clock of the zone, with its abbreviation.
fn words(stretches: &Stretches) -> Vec<String> {
    let Stretches::Are(spans) = stretches else {
        return vec![format!("{stretches:?}")];
    };
    let clock = |time: Timestamp| time.to_zoned(berlin()).strftime("%H:%M %Z").to_string();
    let spans = spans.iter();
    spans
        .map(|span| format!("{}-{}", clock(span.start), clock(span.end)))
        .collect()
}

fn week(text: &str) -> IsoWeek {
    IsoWeek::parse(text).unwrap()
}

fn of(day: Date, facts: &Facts<'_>) -> Day {
    let days = days(IsoWeek::of(day), facts);
    days.into_iter().find(|one| one.date == day).unwrap()
}

const ALWAYS: TimeSpan = TimeSpan {
    start: Timestamp::MIN,
    end: Timestamp::MAX,
};

#[test]
fn what_stays_bookable_is_the_hours_less_busy_time_and_bookings() {
    let (zone, hours) = (
        berlin(),
        every_day(&[("09:00", "12:00"), ("13:00", "17:00")]),
    );
    let busy = Busy::of([
        span("2026-11-24T10:30:00Z", "2026-11-24T12:30:00Z"),
        span("2026-11-24T20:00:00Z", "2026-11-25T08:30:00Z"),
    ]);
    let bookings = Busy::of([span("2026-11-24T15:00:00Z", "2026-11-24T15:30:00Z")]);
    let facts = Facts {
        zone: &zone,
        now: at("2026-11-22T00:00:00Z"),
        hours: Known::Is(&hours),
        busy: Known::Is((&busy, ALWAYS)),
        bookings: Known::Is(&bookings),
    };
    let tuesday = of(date(2026, 11, 24), &facts);
    assert_eq!(
        words(&tuesday.hours),
        ["09:00 CET-12:00 CET", "13:00 CET-17:00 CET"]
    );
    assert_eq!(
        words(&tuesday.busy),
        ["11:30 CET-13:30 CET", "21:00 CET-00:00 CET"]
    );
    assert_eq!(
        words(&tuesday.bookable),
        [
            "09:00 CET-11:30 CET",
            "13:30 CET-16:00 CET",
            "16:30 CET-17:00 CET"
        ]
    );
    let wednesday = of(date(2026, 11, 25), &facts);
    assert_eq!(words(&wednesday.busy), ["00:00 CET-09:30 CET"]);
    assert_eq!(
        words(&wednesday.bookable),
        ["09:30 CET-12:00 CET", "13:00 CET-17:00 CET"]
    );
}

#[test]
fn today_only_what_is_to_come_can_be_booked() {
    let (zone, hours, none) = (berlin(), every_day(&[("09:00", "17:00")]), Busy::default());
    let facts = Facts {
        zone: &zone,
        now: at("2026-11-24T11:20:00Z"),
        hours: Known::Is(&hours),
        busy: Known::Off,
        bookings: Known::Is(&none),
    };
    let monday = of(date(2026, 11, 23), &facts);
    assert_eq!(
        (monday.hours, monday.bookable),
        (Stretches::Past, Stretches::Past)
    );
    let tuesday = of(date(2026, 11, 24), &facts);
    assert_eq!(words(&tuesday.hours), ["09:00 CET-17:00 CET"]);
    assert_eq!(words(&tuesday.bookable), ["12:20 CET-17:00 CET"]);
}

#[rstest]
// The clock is set forward at 02:00, and back at 03:00.
#[case("2027-03-28", 23, &["01:30 CET-05:00 CEST"], &["01:30 CET-03:00 CEST", "03:30 CEST-05:00 CEST"], "2027-03-28T01:00:00Z")]
#[case("2026-10-25", 25, &["01:30 CEST-05:00 CET"], &["01:30 CEST-02:00 CET", "02:30 CET-05:00 CET"], "2026-10-25T01:00:00Z")]
fn a_day_on_which_the_clock_is_changed_is_as_long_as_it_is(
    #[case] day: Date,
    #[case] length: i64,
    #[case] open: &[&str],
    #[case] left: &[&str],
    #[case] booked: &str,
) {
    let (zone, hours) = (berlin(), every_day(&[("01:30", "05:00")]));
    let start = at(booked);
    let end = start + jiff::SignedDuration::from_mins(30);
    let bookings = Busy::of([TimeSpan { start, end }]);
    let facts = Facts {
        zone: &zone,
        now: at("2026-01-01T00:00:00Z"),
        hours: Known::Is(&hours),
        busy: Known::Off,
        bookings: Known::Is(&bookings),
    };
    let day = of(day, &facts);
    let hours = day.bounds.end.duration_since(day.bounds.start).as_hours();
    assert_eq!(hours, length);
    assert_eq!(words(&day.hours), open);
    assert_eq!(words(&day.bookable), left);
    // The days of the week follow each other without a gap.
    let week = IsoWeek::of(day.date);
    let all = days(week, &facts);
    for pair in all.windows(2) {
        assert_eq!(pair[0].bounds.end, pair[1].bounds.start);
    }
    let whole = bounds(week, &zone);
    assert_eq!(
        (whole.start, whole.end),
        (all[0].bounds.start, all[6].bounds.end)
    );
}

#[test]
fn beyond_what_was_read_nothing_is_said() {
    let (zone, hours, none) = (berlin(), every_day(&[("09:00", "17:00")]), Busy::default());
    let read = span("2026-11-21T23:00:00Z", "2026-11-25T23:00:00Z");
    let facts = Facts {
        zone: &zone,
        now: at("2026-11-22T12:00:00Z"),
        hours: Known::Is(&hours),
        busy: Known::Is((&none, read)),
        bookings: Known::Is(&none),
    };
    let wednesday = of(date(2026, 11, 25), &facts);
    assert_eq!(wednesday.busy, Stretches::Are(Vec::new()));
    assert_eq!(words(&wednesday.bookable), ["09:00 CET-17:00 CET"]);
    let thursday = of(date(2026, 11, 26), &facts);
    assert_eq!(
        (thursday.busy, thursday.bookable),
        (Stretches::Beyond, Stretches::Beyond)
    );
}

#[rstest]
#[case::all_off(false, Known::Off, Known::Off, Stretches::Unknown)]
#[case::hours_off(false, Known::Is(()), Known::Is(()), Stretches::Unknown)]
#[case::busy_off(true, Known::Off, Known::Is(()), Stretches::Are(Vec::new()))]
#[case::bookings_off(true, Known::Is(()), Known::Off, Stretches::Are(Vec::new()))]
#[case::busy_not_read(true, Known::NotYet, Known::Is(()), Stretches::NotYet)]
#[case::bookings_not_read(true, Known::Off, Known::NotYet, Stretches::NotYet)]
fn what_is_not_known_is_not_said(
    #[case] hours: bool,
    #[case] busy: Known<()>,
    #[case] bookings: Known<()>,
    #[case] expected: Stretches,
) {
    let (zone, none, off) = (berlin(), Busy::default(), every_day(&[]));
    let facts = Facts {
        zone: &zone,
        now: at("2026-11-22T12:00:00Z"),
        hours: if hours { Known::Is(&off) } else { Known::Off },
        busy: match busy {
            Known::Off => Known::Off,
            Known::NotYet => Known::NotYet,
            Known::Is(()) => Known::Is((&none, ALWAYS)),
        },
        bookings: match bookings {
            Known::Off => Known::Off,
            Known::NotYet => Known::NotYet,
            Known::Is(()) => Known::Is(&none),
        },
    };
    for day in &days(week("2026-W48"), &facts) {
        assert_eq!(day.bookable, expected);
    }
}
