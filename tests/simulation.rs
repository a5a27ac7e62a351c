//! The seven laws, checked by a seeded simulation over strict fakes with faults.
//!
//! `SLOTBRIDGE_SIMULATION_SEED=123` replays one scenario and tells its story;
//! `SLOTBRIDGE_SIMULATION_COUNT=50000` runs more of them than the usual 10,000.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a simulation that cannot go on has failed, and a replayed one tells its story"
)]

#[path = "simulation/bookable.rs"]
mod bookable;
#[path = "simulation/chaos.rs"]
mod chaos;
#[path = "simulation/hints.rs"]
mod hints;
#[path = "simulation/laws.rs"]
mod laws;
#[path = "simulation/learning.rs"]
mod learning;
#[path = "simulation/people.rs"]
mod people;
#[path = "simulation/world.rs"]
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use world::World;

/// How many scenarios one run plays.
const COUNT: u64 = 10_000;

/// How many scenarios of busy time one run plays.
const BOOKABLE: u64 = 2_000;

#[test]
fn the_seven_laws_hold() {
    play_all(COUNT, play);
}

#[test]
fn the_laws_hold_for_busy_time() {
    play_all(BOOKABLE, play_bookable);
}

fn play_all(usual: u64, play: fn(u64, bool)) {
    if let Some(seed) = number("SLOTBRIDGE_SIMULATION_SEED") {
        play(seed, true);
        return;
    }
    let count = number("SLOTBRIDGE_SIMULATION_COUNT").unwrap_or(usual);
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= count {
                        return;
                    }
                    play(seed, false);
                }
            });
        }
    });
    println!("{count} scenarios played");
}

fn play(seed: u64, aloud: bool) {
    let scenario = async {
        let mut world = World::new(seed, aloud);
        world.live().await;
        laws::settled(&mut world).await;
        laws::check(&world);
    };
    run(seed, "the_seven_laws_hold", scenario);
}

fn play_bookable(seed: u64, aloud: bool) {
    let name = "the_laws_hold_for_busy_time";
    run(seed, name, bookable::play(seed, aloud));
}

/// Plays one scenario; a broken law names the seed that plays it again.
fn run(seed: u64, name: &str, scenario: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(scenario);
    }));
    if let Err(panic) = outcome {
        let words = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| {
                panic
                    .downcast_ref::<&str>()
                    .map(|words| (*words).to_owned())
            })
            .unwrap_or_default();
        panic!(
            "seed {seed}: {words}\nreplay: SLOTBRIDGE_SIMULATION_SEED={seed} \
             cargo nextest run --test simulation --no-capture {name}"
        );
    }
}

fn number(name: &str) -> Option<u64> {
    #[allow(
        clippy::disallowed_methods,
        reason = "a test takes its seed from its environment"
    )]
    std::env::var(name).ok()?.parse().ok()
}
