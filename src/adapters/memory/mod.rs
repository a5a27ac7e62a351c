//! Strict fakes, for the simulation, the contract suites and the benchmarks: what the real thing
//! might let pass, they refuse.

/// The store that remembers, in memory.
pub mod base;
/// A calendar in memory.
pub mod calendar;
/// A clock that stands until it is moved.
pub mod clock;
/// What goes wrong, on demand.
pub mod fault;
/// Zoom Scheduler in memory.
pub mod zoom;
