//! How often a read is tried, and how long is waited in between.

use std::time::Duration;

use crate::ports::clock::Clock;

/// How often a read is tried.
const TRIES: u32 = 3;

/// Counts the tries of a read and waits between them.
#[derive(Default)]
pub(super) struct Tries(u32);

impl Tries {
    /// Whether another try is due; waits for it.
    pub(super) async fn again(&mut self, clock: &dyn Clock) -> bool {
        self.0 += 1;
        if self.0 >= TRIES {
            return false;
        }
        let step = 500_u64.saturating_mul(1 << self.0.min(4));
        let jitter = rand::random_range(0..=step / 2);
        clock.sleep(Duration::from_millis(step + jitter)).await;
        true
    }
}
