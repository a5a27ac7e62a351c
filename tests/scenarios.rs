//! A booking travels both ways: the real binary with a real configuration file, between the
//! built-in Zoom account and real calendars (Radicale, Xandikos, a directory).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is test code, but much of it stands outside of a test function"
)]

#[path = "scenarios/bench.rs"]
mod bench;
#[path = "openapi/check.rs"]
mod check;
#[path = "scenarios/ics.rs"]
mod ics;
#[path = "scenarios/proxy.rs"]
mod proxy;
mod servers;
#[path = "scenarios/side.rs"]
mod side;

#[path = "scenarios/bad_input.rs"]
mod bad_input;
#[path = "scenarios/calendar_faults.rs"]
mod calendar_faults;
#[path = "scenarios/calendar_to_zoom.rs"]
mod calendar_to_zoom;
#[path = "scenarios/conflicts.rs"]
mod conflicts;
#[path = "scenarios/copies.rs"]
mod copies;
#[path = "scenarios/dry_run.rs"]
mod dry_run;
#[path = "scenarios/entry.rs"]
mod entry;
#[path = "scenarios/loss.rs"]
mod loss;
#[path = "scenarios/story.rs"]
mod story;
#[path = "scenarios/survives.rs"]
mod survives;
#[path = "scenarios/thousand.rs"]
mod thousand;
#[path = "scenarios/traps.rs"]
mod traps;
#[path = "scenarios/zoom_faults.rs"]
mod zoom_faults;
#[path = "scenarios/zoom_to_calendar.rs"]
mod zoom_to_calendar;
