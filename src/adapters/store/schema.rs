//! What the stored values mean, and how an older state becomes a newer one.

use crate::ports::base::{Base, Change};
use crate::ports::error::Result;

/// What keys and values mean, whatever form they are kept in: exports carry this number, so that a program
/// of an older schema reads them. It is also the oldest schema with that meaning.
pub(super) const OF_PAIRS: u32 = 1;

/// One step from a version of the schema to the next.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The version that this step leads to; it starts from the one before.
    pub to: u32,
    /// What has to change. It is applied, and the version counted up, in one batch.
    pub changes: fn(&dyn Base) -> Result<Vec<Change>>,
}

/// The versions that a program knows.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The version that it writes.
    pub current: u32,
    /// How to get there from older ones, in order.
    pub steps: &'static [Step],
}

impl Schema {
    /// What this program writes.
    ///
    /// | | |
    /// |---|---|
    /// | 1 | values as they are |
    /// | 2 | values may be packed; those that are there stay as they are until they change |
    pub const OURS: Self = Self {
        current: 2,
        steps: &[Step {
            to: 2,
            changes: |_| Ok(Vec::new()),
        }],
    };
}
