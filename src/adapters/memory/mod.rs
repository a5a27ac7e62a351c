//! Strict fakes of the outside, for the simulation and the contract suites. They refuse what some
//! real server takes, and fail where they are told to.

/// A calendar in memory.
pub mod calendar;
mod calendar_state;
/// When a fake fails.
pub mod fault;
