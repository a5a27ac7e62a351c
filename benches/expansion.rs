//! Busy time: objects stripped, expanded for a window, merged; and rules that want to be endless.

#![allow(missing_docs, reason = "made by criterion's macros")]
#![allow(clippy::unwrap_used, reason = "what is made here can be read")]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use slotbridge::domain::busy::{Busy, Timing};
use slotbridge::domain::time_span::TimeSpan;
use slotbridge::domain::window::Window;
use slotbridge::ical::busy::{Stripped, Viewer, occurrences, split, strip};

const EVENTS: usize = 10_000;
/// Every fifth recurs.
const RECURRING: usize = 5;
const DAYS: i64 = 60;

/// Rules that an hour long event since 2020 may have.
const HOSTILE: [(&str, &str, &str); 12] = [
    ("secondly", "20200101T000000Z", "FREQ=SECONDLY"),
    (
        "minutely, never",
        "20200101T000000Z",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=31",
    ),
    (
        "daily, never",
        "20200101T000000Z",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
    ),
    (
        "daily, never, counted since year 1",
        "00010101T000000Z",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31;COUNT=9",
    ),
    (
        "hourly, never",
        "20200101T000000Z",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=31",
    ),
    (
        "monthly, never",
        "20200101T000000Z",
        "FREQ=MONTHLY;BYMONTH=2;BYDAY=5SU;BYMONTHDAY=31",
    ),
    (
        "yearly, never, since year 1",
        "00010101T000000Z",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6;COUNT=9",
    ),
    (
        "hourly, counted in millions",
        "20200101T000000Z",
        "FREQ=HOURLY;BYMINUTE=0;COUNT=5000000",
    ),
    (
        "daily, counted in millions since year 1",
        "00010101T000000Z",
        "FREQ=DAILY;BYHOUR=9;COUNT=5000000",
    ),
    (
        "weekly, huge interval",
        "20200101T000000Z",
        "FREQ=WEEKLY;INTERVAL=2147483648;BYDAY=MO",
    ),
    (
        "yearly, 288 times a day",
        "20200101T000000Z",
        "FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE=0,5,10,15,20,25,30,35,40,45,50,55",
    ),
    (
        "yearly, silly positions",
        "20200101T000000Z",
        "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=1,2,3,4,5,6,7,8,9;BYSETPOS=-366,366,365,-365,1,2,3,4,5,6,7,8,9",
    ),
];

/// An event as programs write it; a fifth of them recur, of which some are counted and some have
/// exceptions. They begin in the three years around the window.
fn event(number: usize) -> String {
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

fn calendar(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\n{events}END:VCALENDAR\r\n")
}

fn objects(count: usize) -> Vec<String> {
    (0..count).map(|number| calendar(&event(number))).collect()
}

fn timing(object: &str) -> Option<Timing> {
    match strip(object.as_bytes()).unwrap() {
        Stripped::Timing(timing) => Some(timing),
        Stripped::Nothing => None,
    }
}

fn window(days: i64) -> Window {
    let from: Timestamp = "2026-11-20T23:00:00Z".parse().unwrap();
    let to = from + jiff::SignedDuration::from_hours(24 * days);
    Window { from, to }
}

fn expand(timings: &[Timing], window: Window, zone: &TimeZone) -> Vec<TimeSpan> {
    let viewer = Viewer {
        window,
        zone,
        emails: &[],
    };
    timings
        .iter()
        .flat_map(|timing| occurrences(timing, &viewer).unwrap().spans)
        .collect()
}

fn expansion(criterion: &mut Criterion) {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let objects = objects(EVENTS);
    let timings: Vec<Timing> = objects.iter().filter_map(|object| timing(object)).collect();
    let mut group = criterion.benchmark_group("10,000 events, 60 days");
    group.sample_size(10);
    group.throughput(Throughput::Elements(EVENTS as u64));
    group.bench_function("stripped", |bench| {
        bench.iter(|| objects.iter().filter_map(|object| timing(object)).count());
    });
    group.bench_function("expanded and merged", |bench| {
        bench.iter(|| {
            Busy::of(expand(&timings, window(DAYS), &zone))
                .spans()
                .len()
        });
    });
    group.bench_function("stripped, expanded and merged", |bench| {
        bench.iter(|| {
            let timings: Vec<Timing> = objects.iter().filter_map(|object| timing(object)).collect();
            Busy::of(expand(&timings, window(DAYS), &zone))
                .spans()
                .len()
        });
    });
    let feed = calendar(&(0..EVENTS).map(event).collect::<String>());
    group.bench_function("split from one feed", |bench| {
        bench.iter(|| split(feed.as_bytes()).unwrap().len());
    });
    group.finish();
}

fn growth(criterion: &mut Criterion) {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let timings: Vec<Timing> = objects(4 * EVENTS)
        .iter()
        .filter_map(|object| timing(object))
        .collect();
    let mut group = criterion.benchmark_group("growth");
    group.sample_size(10);
    for events in [2_500, 10_000, 40_000] {
        group.bench_with_input(
            BenchmarkId::new("events, 60 days", events),
            &events,
            |bench, events| {
                bench.iter(|| Busy::of(expand(&timings[..*events], window(DAYS), &zone)));
            },
        );
    }
    for days in [15, 60, 240] {
        group.bench_with_input(
            BenchmarkId::new("days, 10,000 events", days),
            &days,
            |bench, days| {
                bench.iter(|| Busy::of(expand(&timings[..EVENTS], window(*days), &zone)));
            },
        );
    }
    group.finish();
}

fn hostile(criterion: &mut Criterion) {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let mut group = criterion.benchmark_group("hostile");
    group.sample_size(10);
    for (name, start, rule) in HOSTILE {
        let event = format!(
            "BEGIN:VEVENT\r\nUID:a\r\nDTSTART:{start}\r\nDURATION:PT1H\r\nRRULE:{rule}\r\nEND:VEVENT\r\n"
        );
        let object = calendar(&event);
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let timings: Vec<Timing> = timing(&object).into_iter().collect();
                black_box(expand(&timings, window(DAYS), &zone))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, expansion, growth, hostile);
criterion_main!(benches);
