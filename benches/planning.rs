//! The pure part of a pass: is there anything to do about a booking, and what?

#![allow(missing_docs, reason = "made by criterion's macros")]

#[path = "made/mod.rs"]
mod made;

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use slotbridge::domain::booking::Booking;
use slotbridge::domain::entry::Entry;
use slotbridge::domain::link::Link;
use slotbridge::plan::bookings::{EntryNow, Known, Verdict, standing};
use slotbridge::plan::policy::BookingsPolicy;
use slotbridge::plan::wording;

const BOOKINGS: i64 = 100_000;

struct Item {
    booking: Booking,
    entry: Entry,
    link: Link,
}

/// In step, but for every hundredth.
fn items() -> Vec<Item> {
    let item = |number| {
        let mut booking = made::booking(number);
        let entry = made::draft(&booking).entry;
        let link = made::link(&booking, &entry);
        if number % 100 == 0 {
            booking.notes.push_str(" And more.");
        }
        Item {
            booking,
            entry,
            link,
        }
    };
    (0..BOOKINGS).map(item).collect()
}

/// What a pass asks of every booking.
fn changed(item: &Item) -> bool {
    item.link.booking_print.as_ref() != Some(&item.booking.fingerprint())
}

/// What a pass asks of a booking that changed.
fn decide(item: &Item, policy: &BookingsPolicy) -> Verdict {
    let zoom = wording::fields(&item.booking, &made::host(), policy);
    let known = Known {
        link: &item.link,
        zoom: &zoom,
        entry: EntryNow::There(&item.entry),
        rescheduled: false,
        decisions: &BTreeMap::new(),
    };
    standing(known, policy, made::now())
}

fn planning(criterion: &mut Criterion) {
    let items = items();
    let policy = BookingsPolicy::default();
    let mut group = criterion.benchmark_group("planning 100,000 bookings");
    group.sample_size(10);
    group.throughput(Throughput::Elements(BOOKINGS.unsigned_abs()));
    group.bench_function("nothing but fingerprints", |bench| {
        bench.iter(|| items.iter().filter(|item| changed(item)).count());
    });
    group.bench_function("1 % changed", |bench| {
        bench.iter(|| {
            for item in items.iter().filter(|item| changed(item)) {
                black_box(decide(item, &policy));
            }
        });
    });
    group.bench_function("each one decided in full", |bench| {
        bench.iter(|| {
            for item in &items {
                black_box(decide(item, &policy));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, planning);
criterion_main!(benches);
