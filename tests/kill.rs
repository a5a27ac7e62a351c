//! The real binary, ended with SIGKILL over and over, between the built-in Zoom account and real
//! calendar servers, while people go on booking and editing.
//!
//! `SLOTBRIDGE_KILL_SEED=N cargo test --test kill` plays one seed again, on both servers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a story that goes wrong ends the test, and tells how to play it again"
)]

mod servers;

#[path = "cli/tokens.rs"]
#[allow(
    dead_code,
    reason = "used in part; shared with the tests of the command line"
)]
mod authority;
#[path = "kill/between.rs"]
mod between;
#[path = "kill/bookable.rs"]
mod bookable;
#[path = "kill/checks.rs"]
mod checks;
#[path = "kill/killer.rs"]
mod killer;
#[path = "kill/logins.rs"]
mod logins;
#[path = "kill/people.rs"]
mod people;
#[path = "kill/relay.rs"]
mod relay;
#[path = "kill/shelf.rs"]
mod shelf;
#[path = "kill/stage.rs"]
mod stage;
#[path = "kill/tokens.rs"]
mod tokens;

use rand::RngExt as _;
use servers::{Radicale, Server, Xandikos};
use stage::Stage;

/// Stories told on each server, and kills in each.
const SEEDS: [u64; 3] = [1, 2, 3];
const KILLS: u32 = 10;
/// One round in so many runs the daemon rather than one pass.
const DAEMON: u32 = 4;

#[test]
fn nothing_is_lost_or_doubled_on_radicale_however_often_it_is_killed() {
    play(Radicale::start);
}

#[test]
fn nothing_is_lost_or_doubled_on_xandikos_however_often_it_is_killed() {
    play(Xandikos::start);
}

fn play(server: fn() -> Server) {
    let mut killed = 0;
    let seeds = stage::seeds(&SEEDS);
    for seed in &seeds {
        let _said = stage::SaysSeed(*seed);
        killed += story(server(), *seed);
    }
    println!("{killed} kills in {} stories", seeds.len());
    assert!(killed >= KILLS * u32::try_from(seeds.len()).unwrap());
}

/// One story; how many kills met a running process.
fn story(server: Server, seed: u64) -> u32 {
    let mut stage = Stage::new(server, seed);
    stage.somebody_books(12);
    stage.learn();
    let mut killed = 0;
    let mut rounds = 0;
    while killed < KILLS {
        rounds += 1;
        assert!(rounds < KILLS * 5, "the kills come too late");
        for _ in 0..stage.rng.random_range(1..6) {
            stage.somebody_acts();
        }
        let daemon = stage.rng.random_range(0..DAEMON) == 0;
        killed += u32::from(stage.round(daemon));
    }
    stage.settles();
    checks::all(&stage);
    killed
}
