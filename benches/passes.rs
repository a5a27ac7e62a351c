//! A whole pass with nothing to do over 10,000 bookings: the engine between fakes, with the state
//! in memory and on disk.

#![allow(missing_docs, reason = "made by criterion's macros")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up fails")]

#[path = "made/mod.rs"]
mod made;

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::SignedDuration;
use slotbridge::adapters::memory::base::MemoryBase;
use slotbridge::adapters::memory::calendar::{Keeping, MemoryCalendar, Tracking};
use slotbridge::adapters::memory::clock::MemoryClock;
use slotbridge::adapters::memory::fault::NoFaults;
use slotbridge::adapters::memory::zoom::{Appointment, MemoryZoom};
use slotbridge::adapters::store::{Options, SledBase};
use slotbridge::domain::fingerprint::Fingerprint;
use slotbridge::domain::ids::CalendarName;
use slotbridge::engine::report::FlowReport;
use slotbridge::engine::{Host, Order, Sides, Silent, pass};
use slotbridge::plan::policy::BookingsPolicy;
use slotbridge::ports::base::{Base, Change};
use tokio::runtime::Runtime;

const BOOKINGS: u64 = 10_000;
const PAGE: usize = 300;

fn sides(base: Arc<dyn Base>) -> Sides {
    let clock = Arc::new(MemoryClock::at(made::now()));
    let zoom = MemoryZoom::new(PAGE, clock.clone(), Arc::new(NoFaults));
    for number in 0..BOOKINGS {
        let minutes = i64::try_from(number * 20).unwrap();
        let start = made::now() + SignedDuration::from_mins(minutes);
        zoom.book(&Appointment {
            page: "intro".to_owned(),
            booker: format!("guest{number}"),
            start,
            end: start + SignedDuration::from_mins(30),
        });
    }
    Sides {
        zoom: Arc::new(zoom),
        calendar: Arc::new(MemoryCalendar::new(Tracking::Cursor, Keeping::Verbatim)),
        base,
        clock,
    }
}

fn run(runtime: &Runtime, sides: &Sides) -> FlowReport {
    let host = Host {
        name: made::host(),
        calendar: CalendarName::new("work"),
        place: Fingerprint::of(["here"]),
        bookings: BookingsPolicy::default(),
    };
    let report = runtime.block_on(pass(sides, &host, &Order::default(), &Silent));
    report.bookings.unwrap()
}

fn passes(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let in_memory = Arc::new(MemoryBase::new());
    let mut sides = sides(in_memory.clone());
    let first = run(&runtime, &sides);
    // The same state on disk, without 20,000 commits that are not what is measured here.
    let home = tempfile::tempdir().unwrap();
    let on_disk = SledBase::open(home.path(), &Options::at(made::now())).unwrap();
    let state = in_memory.snapshot();
    let pairs = state.iter();
    let puts = pairs.map(|(key, value)| Change::Put(key.to_owned(), value.to_owned()));
    runtime
        .block_on(on_disk.base.commit(puts.collect()))
        .unwrap();
    let bases: [(&str, Arc<dyn Base>); 2] = [
        ("state in memory", in_memory),
        ("state on disk", Arc::new(on_disk.base)),
    ];
    let mut group = criterion.benchmark_group("a pass with nothing to do, 10,000 bookings");
    group.sample_size(10);
    group.throughput(Throughput::Elements(BOOKINGS));
    for (name, base) in bases {
        sides.base = base;
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let flow = run(&runtime, &sides);
                assert_eq!((flow.unchanged, flow.failed), (first.created, 0));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, passes);
criterion_main!(benches);
