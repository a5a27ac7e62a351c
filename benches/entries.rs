//! iCalendar text: written, read, edited without loss.

#![allow(missing_docs, reason = "made by criterion's macros")]
#![allow(clippy::unwrap_used, reason = "what was written here can be edited")]

#[path = "made/mod.rs"]
mod made;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use slotbridge::domain::entry::{Draft, Edit, Field};
use slotbridge::ical::{export, import};

const ENTRIES: i64 = 10_000;

fn renamed(draft: &Draft) -> Edit {
    let entry = &draft.entry;
    Edit {
        href: draft.href.clone(),
        seen: None,
        set: [(Field::Summary, "Renamed: somebody".to_owned())].into(),
        event_id: entry.event_id.clone().unwrap(),
        host: made::host(),
        sequence: 1,
        base: entry.base.clone(),
        modified: made::now(),
    }
}

fn entries(criterion: &mut Criterion) {
    let drafts: Vec<Draft> = (0..ENTRIES)
        .map(|number| made::draft(&made::booking(number)))
        .collect();
    let texts: Vec<String> = drafts.iter().map(export::create).collect();
    let edits: Vec<Edit> = drafts.iter().map(renamed).collect();
    let mut group = criterion.benchmark_group("10,000 entries");
    group.sample_size(10);
    group.throughput(Throughput::Elements(ENTRIES.unsigned_abs()));
    group.bench_function("written", |bench| {
        bench.iter(|| {
            drafts
                .iter()
                .map(|draft| export::create(draft).len())
                .sum::<usize>()
        });
    });
    group.bench_function("read", |bench| {
        bench.iter(|| {
            for text in &texts {
                black_box(import::read(text.as_bytes()).is_ok());
            }
        });
    });
    group.bench_function("edited", |bench| {
        bench.iter(|| {
            for (text, edit) in texts.iter().zip(&edits) {
                black_box(export::edit(text.as_bytes(), edit).unwrap());
            }
        });
    });
    group.finish();
}

criterion_group!(benches, entries);
criterion_main!(benches);
