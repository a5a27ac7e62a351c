//! What the stored values mean, and how an older state becomes a newer one.

use crate::ports::base::{Base, Change};
use crate::ports::error::Result;

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
    /// What this program writes. There is only one version so far.
    pub const OURS: Self = Self {
        current: 1,
        steps: &[],
    };
}
