//! Busy time: objects stripped, expanded for a window, merged, planned; how that grows; and rules that
//! want to be endless.
//!
//! ```text
//! cargo bench --bench expansion              # everything
//! cargo bench --bench expansion -- hostile   # one line for each hostile rule
//! ```

#![allow(missing_docs, reason = "made by criterion's macros")]
#![allow(clippy::unwrap_used, reason = "what is made here can be read")]

#[path = "made/calendars.rs"]
mod calendars;
#[path = "../src/ical/busy/tests/corpus.rs"]
mod corpus;

use std::hint::black_box;

use calendars::{calendar, event};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use slotbridge::domain::block::Block;
use slotbridge::domain::busy::{Busy, Timing};
use slotbridge::domain::hours::{Day, Minute, Segment, Week};
use slotbridge::domain::ids::BlockId;
use slotbridge::domain::time_span::TimeSpan;
use slotbridge::domain::window::Window;
use slotbridge::ical::busy::{Budget, Stripped, Viewer, occurrences_within, split, strip};
use slotbridge::plan::blocks;
use slotbridge::plan::certainty::Certainty;
use slotbridge::plan::overrides::{DayOff, Days, Now, Remembered, overrides, theirs};

const EVENTS: usize = 10_000;
const DAYS: i64 = 60;

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
    let mut budget = Budget::default();
    timings
        .iter()
        .flat_map(|timing| {
            occurrences_within(timing, &viewer, &mut budget)
                .unwrap()
                .spans
        })
        .collect()
}

/// The blocks that stand when there is nothing to do.
fn standing(busy: &Busy) -> Vec<Block> {
    let block = |(number, span): (usize, &TimeSpan)| Block {
        id: BlockId::new(format!("b{number}")),
        span: Some(*span),
        title: "Busy".to_owned(),
        intact: true,
    };
    busy.spans().iter().enumerate().map(block).collect()
}

/// How many blocks are to be written.
fn blocks(busy: &Busy, actual: &[Block], window: Window) -> usize {
    blocks::decide(busy, "Busy", actual, window, Certainty::Whole).len()
}

/// How many segments the availability has then: open from 8 to 18 on every day.
fn segments(busy: &Busy, window: Window, zone: &TimeZone) -> usize {
    let at = |hour: u16| Minute::new(hour * 60).unwrap();
    let day = Day::of([Segment {
        start: at(8),
        end: at(18),
    }]);
    let week = Week(std::array::from_fn(|_| day.clone()));
    let now = Now {
        segments: &[],
        week: &week,
        zone,
    };
    let days = Days {
        from: window.from.to_zoned(zone.clone()).date(),
        to: window.to.to_zoned(zone.clone()).date(),
    };
    let theirs = theirs(now, &Remembered::default(), busy);
    let plan = overrides(&theirs, now, busy, days, Certainty::Whole, DayOff::Empty);
    plan.segments.len()
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
    let window = window(DAYS);
    let busy = Busy::of(expand(&timings, window, &zone));
    let standing = standing(&busy);
    assert_eq!(blocks(&busy, &standing, window), 0);
    assert!(blocks(&busy, &[], window) > 0 && segments(&busy, window, &zone) > 0);
    group.bench_function("expanded and planned: every block is new", |bench| {
        bench.iter(|| blocks(&Busy::of(expand(&timings, window, &zone)), &[], window));
    });
    group.bench_function("expanded and planned: every block stands", |bench| {
        bench.iter(|| {
            blocks(
                &Busy::of(expand(&timings, window, &zone)),
                &standing,
                window,
            )
        });
    });
    group.bench_function("expanded and planned: overrides", |bench| {
        bench.iter(|| segments(&Busy::of(expand(&timings, window, &zone)), window, &zone));
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
                let window = window(DAYS);
                bench.iter(|| {
                    blocks(
                        &Busy::of(expand(&timings[..*events], window, &zone)),
                        &[],
                        window,
                    )
                });
            },
        );
    }
    for days in [15, 60, 240] {
        group.bench_with_input(
            BenchmarkId::new("days, 10,000 events", days),
            &days,
            |bench, days| {
                let window = window(*days);
                bench.iter(|| {
                    blocks(
                        &Busy::of(expand(&timings[..EVENTS], window, &zone)),
                        &[],
                        window,
                    )
                });
            },
        );
    }
    group.finish();
}

fn hostile(criterion: &mut Criterion) {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let mut group = criterion.benchmark_group("hostile");
    group.sample_size(10);
    for (name, start, rule) in corpus::HOSTILE {
        let event = format!(
            "BEGIN:VEVENT\r\nUID:a\r\nDTSTART:{start}\r\nDURATION:PT1H\r\nRRULE:{rule}\r\nEND:VEVENT\r\n"
        );
        let object = calendar(&event);
        group.bench_function(*name, |bench| {
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
