//! How many API requests came in, and whether this second has had enough.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Counts API requests and caps them per second.
pub(super) struct Quota {
    cap: Option<u32>,
    recent: VecDeque<Instant>,
    counted: u64,
}

impl Quota {
    pub(super) fn new(cap: Option<u32>) -> Self {
        Self {
            cap,
            recent: VecDeque::new(),
            counted: 0,
        }
    }

    /// API requests so far.
    pub(super) fn counted(&self) -> u64 {
        self.counted
    }

    /// Counts one more; whether it may pass.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        self.counted += 1;
        let Some(cap) = self.cap else {
            return true;
        };
        let second = Duration::from_secs(1);
        while let Some(oldest) = self.recent.front()
            && now.duration_since(*oldest) >= second
        {
            self.recent.pop_front();
        }
        let admits = u32::try_from(self.recent.len()).is_ok_and(|recent| recent < cap);
        if admits {
            self.recent.push_back(now);
        }
        admits
    }
}
