//! Memory, time and requests of the real binary: the first pass, one with nothing to do, one with
//! a hundredth changed; of bookings, or of busy time.
//!
//! ```text
//! cargo bench --bench memory                           # 1,000 and 10,000 bookings, a directory
//! cargo bench --bench memory -- 1000 10000 100000      # these many
//! cargo bench --bench memory -- radicale 1000 5000     # against Radicale
//! cargo bench --bench memory -- busy 10000             # busy time of so many events, a fifth of which recur
//! cargo bench --bench memory -- idle 10000 1000        # the daemon with so many bookings, after so many passes
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

#[path = "made/calendars.rs"]
mod calendars;
#[path = "memory/child.rs"]
mod child;
#[path = "memory/idle.rs"]
mod idle;
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
    if words.iter().any(|word| word == "idle") {
        idle::measure(sizes[0], sizes.get(1).copied().unwrap_or(100));
        return;
    }
    if words.iter().any(|word| word == "busy") {
        println!("| events | pass | wall | peak memory | Zoom requests | calendar requests |");
        println!("|---|---|---|---|---|---|");
        for size in sizes {
            measure_busy(size);
        }
        return;
    }
    println!("| bookings | pass | wall | peak memory | Zoom requests | calendar requests |");
    println!("|---|---|---|---|---|---|");
    for size in sizes {
        measure(place, size);
    }
}

fn line(count: usize, pass: &str, measured: &Measured) {
    println!(
        "| {count} | {pass} | {:.2} s | {:.1} MiB | {} | {} |",
        measured.wall.as_secs_f64(),
        measured.peak_mib,
        measured.zoom,
        measured.calendar,
    );
}

/// Sixty days of busy time out of so many events, as blocks in the Zoom calendar. The program is to
/// stay under 64 MiB with 10,000 of them.
fn measure_busy(events: usize) {
    let machine = Machine::with_events(events);
    let first = machine.pass();
    assert!(first.created > 0, "{}", first.said);
    line(events, "first", &first);
    let quiet: Vec<Measured> = (0..REPEATS).map(|_| machine.pass()).collect();
    let quiet = quiet.iter().min_by_key(|measured| measured.wall).unwrap();
    assert_eq!((quiet.created, quiet.updated), (0, 0), "{}", quiet.said);
    line(events, "nothing to do", quiet);
    machine.move_a_hundredth(events);
    line(events, "1 % moved", &machine.pass());
}

fn measure(place: Place, bookings: usize) {
    let machine = Machine::with(place, bookings);
    let row = |pass: &str, measured: &Measured| line(bookings, pass, measured);
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
