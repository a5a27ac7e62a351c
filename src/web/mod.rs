//! What is served over HTTP.

/// Calendars to subscribe to.
pub mod feeds;
