//! Zoom Scheduler over HTTP: one account with its token, its limits and its connections, shared by
//! the hosts that are read and written through it.

/// An account: what its hosts share.
pub mod account;
/// Availability schedules, as the port wants them.
mod availability;
/// Blocks in the host's calendar, as the port wants them.
mod blocks;
/// Zoom Calendar's events: what they say, and whether they are blocks of ours.
mod calendar_event;
/// One request: admitted, authorised, sent, repeated where that is safe.
mod calls;
/// One host, as the port wants it.
pub mod client;
/// What an account is configured with.
pub mod config;
/// Zoom's words to ours.
mod convert;
/// What Zoom writes.
mod dto;
/// Both shapes of Zoom's errors, and how to react.
mod failure;
/// Hours and overrides as Zoom writes them.
mod hours;
/// How heavy Zoom calls a request.
pub mod label;
/// Stays below the account's limits, and obeys when told to wait.
pub mod limiter;
/// Every operation of the Scheduler API, once.
pub mod operations;
/// Requests evenly spaced in time.
mod pace;
/// What `check` asks.
pub mod probe;
/// What is known of the limit per day.
mod quota;
/// Requests as they are, for the command line.
pub mod raw;
/// Whether "not found" can be believed.
mod reach;

pub use super::backoff::Jitter;
pub use account::Account;
pub use client::ZoomClient;
pub use config::{Auth, HostUser, Plan, ZoomConfig};

#[cfg(test)]
mod tests;
