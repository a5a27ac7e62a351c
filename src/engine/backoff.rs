//! How long a refused item waits before it is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_mins(1);
const LONGEST: Duration = Duration::from_hours(6);

/// One minute after the first refusal, twice as long after each further one, six hours at most.
#[must_use]
pub fn after(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    FIRST.saturating_mul(1 << doublings).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_six_hours() {
        let minutes: Vec<u64> = (1..=10).map(|n| after(n).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360]);
        assert_eq!(after(u32::MAX), LONGEST);
        assert_eq!(after(0), FIRST);
    }
}
