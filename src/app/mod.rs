//! Composition root: builds adapters, runs passes, starts tasks, waits, drains.

/// Tries everything that the configuration names.
pub mod check;
/// Builds every adapter from the settings.
pub mod compose;
/// A socket by which commands ask the daemon that holds the state.
pub mod control;
/// `run`: the life of the daemon.
pub mod daemon;
/// Answers what a person asks of the state.
pub mod desk;
mod ears;
/// What has failed for long, and who is told.
pub mod failing;
/// Why a command failed, and its exit code.
pub mod failure;
/// Feeds: kept rendered, and found by their secret addresses.
pub mod feeds;
mod hinting;
/// Hints that were heard and not looked into yet.
pub mod hints;
/// What a person answers when they are asked for a configuration.
pub mod interview;
mod keyring;
/// A login, begun in the command and finished by who holds the state.
pub mod login;
/// What `/metrics` tells.
pub mod metrics;
/// A calendar that says its name in every error.
pub mod named;
mod page;
/// What passes work on, as the settings in force say.
pub mod plan;
/// Calendar providers that people have.
pub mod presets;
/// When the next pass is due.
pub mod rhythm;
/// One pass over all hosts.
pub mod round;
/// What the app in Zoom must be allowed to do.
pub mod scopes;
/// Looks for the calendars behind what a person typed.
pub mod seek;
mod serving;
/// The calendars beside one that is configured.
pub mod siblings;
/// The signals that mean something to a pass.
pub mod signals;
/// The state on disk, opened.
pub mod state;
mod tasks;
/// The tokens of calendars that a person logs in to.
pub mod tokens;
mod whose;

/// What is remembered of the last pass, and shown by `status`.
pub mod status;
