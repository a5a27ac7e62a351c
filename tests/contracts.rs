//! The contract suites of the ports, run on fakes and on the real thing.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
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
#[macro_use]
#[path = "contracts/hours.rs"]
mod hours;
#[path = "contracts/hours_benches.rs"]
mod hours_benches;
#[path = "contracts/memory.rs"]
mod memory_bench;
#[path = "scenarios/proxy.rs"]
#[allow(dead_code, reason = "the scenarios use the rest of it")]
mod proxy;
#[path = "contracts/server.rs"]
mod server_bench;
mod servers;
#[macro_use]
#[path = "contracts/source.rs"]
mod source;
#[path = "contracts/source_benches.rs"]
mod source_benches;
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

source_contract!(source_memory_near, crate::source_benches::memory_near);
source_contract!(source_memory_by_tags, crate::source_benches::memory_by_tags);
source_contract!(source_vdir, crate::source_benches::vdir);
source_contract!(source_web_feed, crate::source_benches::web_feed);
source_contract!(source_file_feed, crate::source_benches::file_feed);
source_contract!(source_radicale, crate::source_benches::radicale);
source_contract!(source_radicale_near, crate::source_benches::radicale_near);
source_contract!(source_xandikos, crate::source_benches::xandikos);
source_contract!(source_xandikos_near, crate::source_benches::xandikos_near);
broken_source_contract!(broken_memory, crate::source_benches::memory_near);
broken_source_contract!(broken_vdir, crate::source_benches::vdir);
broken_source_contract!(broken_web_feed, crate::source_benches::web_feed);
broken_source_contract!(broken_file_feed, crate::source_benches::file_feed);
zoom_calendar_contract!(memory_zoom_calendar, crate::zoom_bench::memory);
zoom_calendar_contract!(built_in_zoom_calendar, crate::zoom_bench::built_in);

availability_contract!(memory_availability, crate::zoom_bench::memory);
availability_contract!(built_in_availability, crate::zoom_bench::built_in);

hours_contract!(hours_memory, crate::hours_benches::memory);
hours_contract!(hours_vdir, crate::hours_benches::vdir);
hours_contract!(hours_radicale, crate::hours_benches::radicale);
hours_contract!(hours_xandikos, crate::hours_benches::xandikos);
hours_contract!(
    hours_xandikos_object,
    crate::hours_benches::xandikos_without_properties
);
