//! Adapters to the world: the only code that names vendor crates. Siblings never meet, except
//! over `http_client`, `system`, `backoff`, `oauth` and `to_end`.

/// Waits between tries, with jitter from a seed.
pub mod backoff;
/// Calendars behind CalDAV (RFC 4791, 6578, 6764).
pub mod caldav;
/// How HTTP is spoken, by every adapter that speaks it.
pub mod http_client;
/// Feeds: calendars that are one read-only text.
pub mod ics;
/// Strict fakes, for the simulation and the contract suites.
pub mod memory;
/// Access tokens of an app (RFC 6749).
pub mod oauth;
/// The state on disk, in sled.
pub mod store;
/// The real clock.
pub mod system;
/// Work that is done to its end, whoever waits for it.
pub mod to_end;
/// Directories of `.ics` files, as vdirsyncer and khal use them.
pub mod vdir;
/// Zoom Scheduler over HTTP.
pub mod zoom;
