//! Says in the log what was refused: the first of each kind, and then how many there were.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How long one kind stays quiet after it was told.
const QUIET: Duration = Duration::from_mins(10);

/// How long the answer to a wrong token is kept back.
const SLOW: Duration = Duration::from_secs(1);
/// How many such answers are kept back at once; each has a connection, and most of those are for
/// others.
const SLOWED: usize = 32;

/// Counts refusals by kind, and slows those who guess.
pub struct Refusals {
    kinds: Mutex<BTreeMap<&'static str, Kind>>,
    slow: Semaphore,
}

impl Default for Refusals {
    fn default() -> Self {
        Self {
            kinds: Mutex::default(),
            slow: Semaphore::new(SLOWED),
        }
    }
}

struct Kind {
    told: Instant,
    since: u64,
}

impl Refusals {
    /// Counts one, and tells it unless its kind was told in the last ten minutes.
    pub fn count(&self, kind: &'static str, hint: &'static str) {
        if let Some(times) = self.due(kind, Instant::now()) {
            tracing::warn!(kind, times, hint, "a request was refused");
        }
    }

    /// Keeps the answer to a wrong token back for a while, so that one who tries many after another
    /// does not get far. Whoever shows the right one never waits, and where many answers are kept
    /// back already, the next is given at once: nobody can use up the connections like this. Against
    /// who asks on many at once only a long token helps.
    pub async fn slow(&self) {
        if let Ok(_place) = self.slow.try_acquire() {
            tokio::time::sleep(SLOW).await;
        }
    }

    /// How many there were since the kind was told last, where it is to be told now.
    fn due(&self, kind: &'static str, now: Instant) -> Option<u64> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        match kinds.get_mut(kind) {
            Some(known) if now.duration_since(known.told) < QUIET => {
                known.since = known.since.saturating_add(1);
                None
            }
            Some(known) => {
                let times = known.since.saturating_add(1);
                *known = Kind {
                    told: now,
                    since: 0,
                };
                Some(times)
            }
            None => {
                kinds.insert(
                    kind,
                    Kind {
                        told: now,
                        since: 0,
                    },
                );
                Some(1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn only_so_many_who_guess_are_held_up_at_once() {
        let refusals = Refusals::default();
        let held: Vec<_> = (0..SLOWED).map(|_| refusals.slow.try_acquire()).collect();
        assert!(held.iter().all(Result::is_ok));
        // The next is answered at once: its future is done when it is first asked.
        assert!(refusals.slow().now_or_never().is_some());
        drop(held);
    }

    #[test]
    fn a_kind_is_told_once_and_then_with_how_many_there_were() {
        let (refusals, start) = (Refusals::default(), Instant::now());
        assert_eq!(refusals.due("signature", start), Some(1));
        for _ in 0..1_000 {
            assert_eq!(refusals.due("signature", start), None);
        }
        assert_eq!(refusals.due("size", start), Some(1), "another kind");
        assert_eq!(refusals.due("signature", start + QUIET), Some(1_001));
    }
}
