//! Composition root: builds adapters, runs passes, starts tasks, waits, drains.

/// Builds every adapter from the settings.
pub mod compose;
/// A socket by which commands ask the daemon that holds the state.
pub mod control;
/// `run`: the life of the daemon.
pub mod daemon;
/// Answers what a person asks of the state.
pub mod desk;
mod ears;
/// Why a command failed, and its exit code.
pub mod failure;
/// Feeds: kept rendered, and found by their secret addresses.
pub mod feeds;
mod hinting;
/// Hints that were heard and not looked into yet.
pub mod hints;
/// What `/metrics` tells.
pub mod metrics;
/// A calendar that says its name in every error.
pub mod named;
/// What passes work on, as the settings in force say.
pub mod plan;
/// When the next pass is due.
pub mod rhythm;
/// One pass over all hosts.
pub mod round;
mod serving;
/// The signals that mean something to a pass.
pub mod signals;
/// The state on disk, opened.
pub mod state;
mod tasks;

/// What is remembered of the last pass, and shown by `status`.
pub mod status;
