//! Strict fakes of the ports, for the simulation and the contract suites.

/// The store that remembers, in memory.
pub mod base;
