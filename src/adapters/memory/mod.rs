//! Strict fakes, for the simulation, the contract suites and the benchmarks: they refuse what some
//! real server takes, and fail where they are told to.

/// The store that remembers, in memory.
pub mod base;
/// A calendar in memory.
pub mod calendar;
mod calendar_state;
/// A clock that stands until it is moved.
pub mod clock;
/// When a fake fails.
pub mod fault;
/// Zoom Scheduler in memory.
pub mod zoom;
