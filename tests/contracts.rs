//! The contract suites of the ports, run on fakes and on the real thing.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unused_async,
    reason = "helpers of tests: a failure is a failed test, and some benches open with a request"
)]

#[macro_use]
#[path = "contracts/availability.rs"]
mod availability;
#[path = "contracts/bench.rs"]
mod bench;
#[macro_use]
#[path = "contracts/calendar.rs"]
mod calendar;
#[path = "contracts/memory.rs"]
mod memory_bench;
#[path = "contracts/server.rs"]
mod server_bench;
mod servers;
#[path = "contracts/vdir.rs"]
mod vdir_bench;
#[path = "contracts/zoom_bench.rs"]
mod zoom_bench;
#[macro_use]
#[path = "contracts/zoom_calendar.rs"]
mod zoom_calendar;

calendar_contract!(memory_with_cursor, crate::memory_bench::with_cursor);
calendar_contract!(memory_rewriting, crate::memory_bench::rewriting);
calendar_contract!(vdir, crate::vdir_bench::open);
calendar_contract!(radicale, crate::server_bench::radicale);
calendar_contract!(xandikos, crate::server_bench::xandikos);

zoom_calendar_contract!(memory_zoom_calendar, crate::zoom_bench::memory);
zoom_calendar_contract!(built_in_zoom_calendar, crate::zoom_bench::built_in);

availability_contract!(memory_availability, crate::zoom_bench::memory);
availability_contract!(built_in_availability, crate::zoom_bench::built_in);
