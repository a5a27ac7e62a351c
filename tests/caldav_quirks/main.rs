//! The CalDAV adapter against scripted servers: one test for each thing that servers were seen to
//! do (FIELD.md section 3).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails where it cannot go on"
)]

mod bench;
mod discovery;
mod listing;
mod login;
mod marks;
mod near;
mod reading;
mod script;
mod wire;
mod writing;
