//! Requests evenly spaced in time: `governor`, going by our own clock.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use jiff::Timestamp;

use super::config::Plan;
use super::label::Label;
use crate::adapters::backoff::wait_until;
use crate::ports::clock::Clock;

/// Lets one request pass at a time.
pub(super) struct Gate(RateLimiter<NotKeyed, InMemoryState, Ticks, NoOpMiddleware<Duration>>);

impl Gate {
    pub(super) fn new(plan: Plan, label: Label, share: f64, clock: Arc<dyn Clock>) -> Self {
        Self(RateLimiter::direct_with_clock(
            pace(plan, label, share),
            Ticks::new(clock),
        ))
    }

    /// Lets one request pass now, or tells how long to wait before trying again.
    pub(super) fn pass(&self) -> Result<(), Duration> {
        self.0.check().map_err(|not| {
            not.wait_time_from(self.0.clock().now())
                .max(Duration::from_millis(1))
        })
    }
}

/// Evenly spaced requests, so that no second of any kind sees more than the share.
fn pace(plan: Plan, label: Label, share: f64) -> Quota {
    let share = sane(share);
    let per_second = f64::from(plan.per_second(label)) * share;
    // Whole requests where there is at least one: 3.2 a second, evenly spaced, can be 4 in one.
    let per_second = if per_second >= 1.0 {
        per_second.floor()
    } else {
        per_second
    };
    Quota::with_period(Duration::from_secs_f64(1.0 / per_second))
        .unwrap_or(Quota::per_second(NonZeroU32::MIN))
        .allow_burst(NonZeroU32::MIN)
}

/// A share of a limit per day; one request at least.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the product lies between 0 and a u32"
)]
pub(super) fn shared(most: u32, share: f64) -> u64 {
    ((f64::from(most) * sane(share)).floor() as u64).max(1)
}

/// A share between a thousandth and all; settings refuse others before.
fn sane(share: f64) -> f64 {
    if share.is_finite() {
        share.clamp(0.001, 1.0)
    } else {
        1.0
    }
}

/// Our clock for `governor`: it only goes forward, however the machine's is set.
struct Ticks {
    clock: Arc<dyn Clock>,
    seen: Mutex<(Timestamp, Duration)>,
}

impl Ticks {
    fn new(clock: Arc<dyn Clock>) -> Self {
        let seen = Mutex::new((clock.now(), Duration::ZERO));
        Self { clock, seen }
    }
}

impl GovernorClock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let elapsed = seen.1.saturating_add(wait_until(seen.0, now));
        *seen = (now, elapsed);
        elapsed
    }
}
