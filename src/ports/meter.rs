//! What a side counted while it was used.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Counts requests and remembers how far a server's clock is from ours.
#[derive(Debug)]
pub struct Meter {
    requests: AtomicU64,
    throttled: AtomicU64,
    /// Seconds that our clock is ahead of the server's, or [`UNKNOWN`].
    ahead: AtomicI64,
}

/// No server has said its time yet.
const UNKNOWN: i64 = i64::MIN;

impl Default for Meter {
    fn default() -> Self {
        Self {
            requests: AtomicU64::default(),
            throttled: AtomicU64::default(),
            ahead: AtomicI64::new(UNKNOWN),
        }
    }
}

/// What several meters counted together. Each counts once, however often it is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that were sent.
    pub requests: u64,
    /// Answers that asked us to wait.
    pub throttles: u64,
}

impl Counts {
    /// What these meters counted so far.
    #[must_use]
    pub fn of<'a>(meters: impl IntoIterator<Item = &'a Meter>) -> Self {
        let mut seen: Vec<&Meter> = Vec::new();
        for meter in meters {
            if !seen.iter().any(|other| std::ptr::eq(*other, meter)) {
                seen.push(meter);
            }
        }
        Self {
            requests: seen.iter().map(|meter| meter.requests()).sum(),
            throttles: seen.iter().map(|meter| meter.throttles()).sum(),
        }
    }
}

impl Meter {
    /// Counts one request that was sent.
    pub fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one answer that asked us to wait.
    pub fn throttle(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    /// Remembers how many seconds our clock is ahead of the server's.
    pub fn clock_ahead(&self, seconds: i64) {
        self.ahead.store(seconds, Ordering::Relaxed);
    }

    /// Requests sent so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Answers so far that asked us to wait.
    #[must_use]
    pub fn throttles(&self) -> u64 {
        self.throttled.load(Ordering::Relaxed)
    }

    /// Seconds that our clock is ahead of the server's, as last seen; `None` where it never said its time.
    #[must_use]
    pub fn seconds_ahead(&self) -> Option<i64> {
        Some(self.ahead.load(Ordering::Relaxed)).filter(|ahead| *ahead != UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, Meter};

    #[test]
    fn a_clock_that_was_never_seen_is_not_one_that_is_right() {
        let meter = Meter::default();
        assert_eq!(meter.seconds_ahead(), None);
        meter.clock_ahead(0);
        assert_eq!(meter.seconds_ahead(), Some(0));
    }

    #[test]
    fn a_meter_that_is_named_twice_counts_once() {
        let (one, other) = (Meter::default(), Meter::default());
        one.request();
        one.throttle();
        other.request();
        other.throttle();
        other.throttle();
        let counts = Counts::of([&one, &other, &one]);
        assert_eq!((counts.requests, counts.throttles), (2, 3));
    }
}
