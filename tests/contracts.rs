//! The contract suites of the ports, run on fakes and on the real thing.

#[macro_use]
#[path = "contracts/calendar.rs"]
mod calendar;
#[path = "contracts/memory.rs"]
mod memory_bench;
#[path = "contracts/vdir.rs"]
mod vdir_bench;

calendar_contract!(memory_with_cursor, crate::memory_bench::with_cursor);
calendar_contract!(memory_rewriting, crate::memory_bench::rewriting);
calendar_contract!(vdir, crate::vdir_bench::open);
