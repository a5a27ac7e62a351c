//! When the next pass is due: as configured, and later while a side cannot be reached.

use std::time::Duration;

const FIRST_RETRY: Duration = Duration::from_secs(30);
const LAST_RETRY: Duration = Duration::from_mins(15);

/// How long after the start of a pass the next one is due. `chance` is from 0 to 1.
#[must_use]
pub fn after_a_pass(every: Duration, jitter: Duration, chance: f64) -> Duration {
    every.saturating_add(jitter.mul_f64(chance.clamp(0.0, 1.0)))
}

/// How long to wait after so many passes in a row in which a side could not be reached: 30 s,
/// doubled each time up to 15 min, of which the second half is left to chance, so that many
/// daemons do not return together.
#[must_use]
pub fn after_failures(failures: u32, chance: f64) -> Duration {
    let doubled = FIRST_RETRY.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    let longest = doubled.min(LAST_RETRY).max(FIRST_RETRY);
    let least = (longest / 2).max(FIRST_RETRY);
    least + (longest.saturating_sub(least)).mul_f64(chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(1, 30, 30)]
    #[case(2, 30, 60)]
    #[case(3, 60, 120)]
    #[case(6, 450, 900)]
    #[case(u32::MAX, 450, 900)]
    fn waits_grow_up_to_a_quarter_of_an_hour(
        #[case] failures: u32,
        #[case] least: u64,
        #[case] most: u64,
    ) {
        assert_eq!(after_failures(failures, 0.0).as_secs(), least);
        assert_eq!(after_failures(failures, 1.0).as_secs(), most);
    }

    #[test]
    fn jitter_only_delays() {
        let (every, jitter) = (Duration::from_mins(5), Duration::from_secs(30));
        assert_eq!(after_a_pass(every, jitter, 0.0).as_secs(), 300);
        assert_eq!(after_a_pass(every, jitter, 1.0).as_secs(), 330);
    }
}
