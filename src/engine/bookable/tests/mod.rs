//! Passes over busy time against strict fakes, with faults and power cuts.

/// An object of such a name makes the expansion fail as only a fault of ours would.
pub(super) const FAILS: &str = "make-the-expansion-fail";

mod bench;
mod blocks;
mod expanding;
mod faults;
mod hours;
mod overrides;
mod removals;
mod shown;
mod sources;
