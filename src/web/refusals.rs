//! Says in the log what was refused: the first of each kind, and then how many there were.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long one kind stays quiet after it was told.
const QUIET: Duration = Duration::from_mins(10);

/// Counts refusals by kind.
#[derive(Default)]
pub struct Refusals(Mutex<BTreeMap<&'static str, Kind>>);

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

    /// How many there were since the kind was told last, where it is to be told now.
    fn due(&self, kind: &'static str, now: Instant) -> Option<u64> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
    use super::*;

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
