//! Notices that the machine slept: its wall clock went on while its monotonic clock stood still.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::Wake;
use crate::ports::clock::Clock;

const LOOK_EVERY: Duration = Duration::from_secs(5);
const JUMP_MILLIS: i128 = 30_000;

/// Compares the two clocks.
#[derive(Clone, Copy, Debug)]
pub struct ClockJump {
    wall: Timestamp,
    steady: Duration,
}

impl ClockJump {
    /// Begins with what both clocks say now.
    #[must_use]
    pub fn new(wall: Timestamp, steady: Duration) -> Self {
        Self { wall, steady }
    }

    /// Looks again: whether the clocks moved apart by more than 30 s since the last look.
    pub fn look(&mut self, wall: Timestamp, steady: Duration) -> bool {
        let wall_moved = i128::from(wall.as_millisecond()) - i128::from(self.wall.as_millisecond());
        let moved = steady.saturating_sub(self.steady).as_millis();
        let steady_moved = i128::try_from(moved).unwrap_or(i128::MAX);
        *self = Self { wall, steady };
        wall_moved.saturating_sub(steady_moved).abs() > JUMP_MILLIS
    }
}

/// Looks every 5 s and sends a wake after a jump, until the receiver is gone.
pub async fn watch(clock: Arc<dyn Clock>, wake: mpsc::Sender<Wake>) {
    let begin = Instant::now();
    let mut jump = ClockJump::new(clock.now(), Duration::ZERO);
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        if jump.look(clock.now(), begin.elapsed()) && wake.send(Wake::Slept).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::nothing(5, 5, false)]
    #[case::busy_machine(40, 40, false)]
    #[case::small_correction(25, 5, false)]
    #[case::slept(3_600, 5, true)]
    #[case::set_back(-3_600, 5, true)]
    fn a_sleep_is_a_wall_clock_that_went_on_alone(
        #[case] wall: i64,
        #[case] steady: u64,
        #[case] jumped: bool,
    ) {
        let begin = Timestamp::UNIX_EPOCH;
        let mut jump = ClockJump::new(begin, Duration::from_secs(7));
        let now = begin + jiff::SignedDuration::from_secs(wall);
        let steady = Duration::from_secs(7 + steady);
        assert_eq!(jump.look(now, steady), jumped);
        assert!(!jump.look(now, steady), "a jump is told once");
    }
}
