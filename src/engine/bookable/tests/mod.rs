//! Passes over busy time against strict fakes, with faults and power cuts.

mod bench;
mod blocks;
mod expanding;
mod faults;
mod hours;
mod overrides;
mod shown;
mod sources;
