//! Strict fakes, for the simulation, the contract suites and the benchmarks: they refuse what some
//! real server takes, and fail where they are told to.

/// Availability schedules in memory.
pub mod availability;
/// The store that remembers, in memory.
pub mod base;
/// A calendar in memory.
pub mod calendar;
mod calendar_state;
/// A clock that stands until it is moved.
pub mod clock;
/// When a fake fails.
pub mod fault;
/// Working hours in memory.
pub mod hours;
/// What calendars and sources in memory have in common.
pub mod shelf;
/// A calendar whose busy time is wanted, in memory.
pub mod source;
/// Zoom Scheduler in memory.
pub mod zoom;
/// The host's Zoom calendar in memory.
pub mod zoom_calendar;
