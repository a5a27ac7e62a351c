//! Feeds from servers and disks that are slow, broken, lying or hostile: each costs bounded time
//! and memory, and its message says what is wrong without saying where.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests: a failure is a failed test"
)]

#[path = "feeds/bench.rs"]
mod bench;
#[path = "feeds/files.rs"]
mod files;
#[path = "feeds/limits.rs"]
mod limits;
#[path = "feeds/redirects.rs"]
mod redirects;
#[path = "feeds/server.rs"]
mod server;
#[path = "feeds/statuses.rs"]
mod statuses;
#[path = "feeds/unchanged.rs"]
mod unchanged;
