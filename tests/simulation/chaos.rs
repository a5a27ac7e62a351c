//! Faults and power cuts from a seed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use slotbridge::adapters::memory::fault::{Fault, Faults};
use slotbridge::ports::error::Kind;

/// What goes wrong.
pub struct Chaos {
    rng: Mutex<StdRng>,
    /// How many of 1,000 calls fail.
    rate: AtomicU64,
    /// After so many calls the power goes; `u64::MAX` for never.
    cut_after: AtomicU64,
    calls: AtomicU64,
    dead: AtomicBool,
}

impl Chaos {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Mutex::new(StdRng::seed_from_u64(seed ^ 0x5eed)),
            rate: AtomicU64::new(0),
            cut_after: AtomicU64::new(u64::MAX),
            calls: AtomicU64::new(0),
            dead: AtomicBool::new(false),
        }
    }

    /// The next pass: so many of 1,000 calls fail, and the power goes after so many calls.
    pub fn arm(&self, rate: u64, cut_after: Option<u64>) {
        self.rate.store(rate, Ordering::SeqCst);
        self.cut_after
            .store(cut_after.unwrap_or(u64::MAX), Ordering::SeqCst);
        self.calls.store(0, Ordering::SeqCst);
        self.dead.store(false, Ordering::SeqCst);
    }

    /// Whether the power went.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    fn roll(&self, below: u64) -> u64 {
        self.rng.lock().unwrap().random_range(0..below)
    }
}

impl Faults for Chaos {
    fn next(&self, call: &str) -> Fault {
        // After a power cut nothing that the process still does has any effect.
        if self.is_dead() {
            return Fault::Before(Kind::Unreachable);
        }
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if number == self.cut_after.load(Ordering::SeqCst) {
            self.dead.store(true, Ordering::SeqCst);
            let before = self.roll(2) == 0;
            return if before {
                Fault::Before(Kind::Unreachable)
            } else {
                Fault::After(Kind::Unreachable)
            };
        }
        if self.roll(1000) >= self.rate.load(Ordering::SeqCst) {
            return Fault::None;
        }
        let base = call.starts_with("base");
        match self.roll(if base { 2 } else { 5 }) {
            0 => Fault::Before(Kind::Transient),
            1 => Fault::After(Kind::Transient),
            2 => Fault::Before(Kind::Unreachable),
            3 => Fault::Before(Kind::Stale),
            _ => Fault::Before(Kind::Refused),
        }
    }
}
