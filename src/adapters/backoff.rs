//! Waits between tries, with full jitter: anything between nothing and a bound that doubles.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A source of jitter.
pub struct Jitter(Mutex<StdRng>);

impl Jitter {
    /// The same waits for the same seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// Different waits each time.
    #[must_use]
    pub fn random() -> Self {
        Self::seeded(rand::random())
    }

    /// Anything from nothing up to `most`.
    #[must_use]
    pub fn up_to(&self, most: Duration) -> Duration {
        let part: f64 = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .random_range(0.0..=1.0);
        most.mul_f64(part)
    }

    /// The wait before the next try after `failed` failed ones (1 for the first).
    #[must_use]
    pub fn back_off(&self, first: Duration, failed: u32) -> Duration {
        self.up_to(doubled(first, failed))
    }
}

/// `first`, doubled for each failed try after the first one.
#[must_use]
pub fn doubled(first: Duration, failed: u32) -> Duration {
    first.saturating_mul(1 << failed.saturating_sub(1).min(10))
}

/// The time after a wait, or the end of time.
#[must_use]
pub fn later(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| now.checked_add(wait).ok())
        .unwrap_or(Timestamp::MAX)
}

/// The wait from now until then; none where then is past.
#[must_use]
pub fn wait_until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO)
}

impl fmt::Debug for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jitter")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_waits_below_a_bound_that_doubles() {
        let (a, b) = (Jitter::seeded(7), Jitter::seeded(7));
        let first = Duration::from_millis(200);
        for failed in 1..40 {
            let wait = a.back_off(first, failed);
            assert_eq!(wait, b.back_off(first, failed));
            assert!(wait <= doubled(first, failed));
        }
        assert_eq!(doubled(first, 3), first * 4);
    }
}
