//! Memory, time and requests of the real binary: the first pass, one with nothing to do, one with
//! a hundredth changed.
//!
//! ```text
//! cargo bench --bench memory                           # 1,000 and 10,000 bookings, a directory
//! cargo bench --bench memory -- 1000 10000 100000      # these many
//! cargo bench --bench memory -- radicale 1000 5000     # against Radicale
//! ```
//!
//! `SLOTBRIDGE_BENCH_BINARY` names another binary than the one that was just built.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measurement that cannot be made fails, and its table goes to stdout"
)]

#[path = "memory/child.rs"]
mod child;
#[path = "memory/machine.rs"]
mod machine;
#[path = "../tests/servers/mod.rs"]
mod servers;

use child::Measured;
use machine::{Machine, Place};

/// A pass with nothing to do is measured so often; the shortest time counts.
const REPEATS: usize = 3;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let place = if words.iter().any(|word| word == "radicale") {
        Place::Radicale
    } else {
        Place::Directory
    };
    let mut sizes: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![1_000, 10_000];
    }
    println!("start-up (`slotbridge --version`): {}", child::start_up());
    println!("binary: {:.1} MiB\n", child::size_of_binary());
    println!("| bookings | pass | wall | peak memory | Zoom requests | calendar requests |");
    println!("|---|---|---|---|---|---|");
    for size in sizes {
        measure(place, size);
    }
}

fn measure(place: Place, bookings: usize) {
    let machine = Machine::with(place, bookings);
    let row = |pass: &str, measured: &Measured| {
        println!(
            "| {bookings} | {pass} | {:.2} s | {:.1} MiB | {} | {} |",
            measured.wall.as_secs_f64(),
            measured.peak_mib,
            measured.zoom,
            measured.calendar,
        );
    };
    let first = machine.pass();
    assert_eq!(first.created, bookings, "{}", first.said);
    row("first", &first);
    let quiet: Vec<Measured> = (0..REPEATS).map(|_| machine.pass()).collect();
    let quiet = quiet.iter().min_by_key(|measured| measured.wall).unwrap();
    assert_eq!(quiet.unchanged, bookings, "{}", quiet.said);
    row("nothing to do", quiet);
    let changed = machine.change_a_hundredth();
    let busy = machine.pass();
    assert_eq!(busy.updated, changed, "{}", busy.said);
    row("1 % changed", &busy);
}
