//! slotbridge keeps a Zoom Scheduler host and their own calendars in step, both ways.
//!
//! *Triggers wake the engine; the engine reads both sides and the base; `plan` decides; the engine
//! executes; the store remembers.* Every module below is one word of that sentence.

/// Adapters to the world: the only code that names vendor crates.
pub mod adapters;
/// Composition root: builds adapters, starts tasks, waits, drains.
pub mod app;
/// The command line, one file per command.
pub mod cli;
/// The built-in Zoom account and the story told with it.
pub mod demo;
/// Nouns: what the program talks about. No clock, no I/O, no vendor client.
pub mod domain;
/// One pass: collect, plan, execute, commit.
pub mod engine;
/// iCalendar text to domain and back, without loss.
pub mod ical;
/// Verbs decided, not done: what must happen to bring both sides together.
pub mod plan;
/// What the engine needs from the world.
pub mod ports;
/// Configuration: what the files say, and what they mean.
pub mod settings;
/// Logging: one place that decides how events are written.
pub mod telemetry;
/// What wakes the engine. Each trigger only sends a `Wake`.
pub mod triggers;
/// HTTP: what the outside asks of the daemon.
pub mod web;
