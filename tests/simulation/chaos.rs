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
    /// Somebody acts right before so many calls that read a side.
    intruder: Mutex<Option<(u64, Intrusion)>>,
    reads: AtomicU64,
}

/// What somebody does while a pass runs.
pub type Intrusion = Box<dyn FnOnce() + Send>;

impl Chaos {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Mutex::new(StdRng::seed_from_u64(seed ^ 0x5eed)),
            rate: AtomicU64::new(0),
            cut_after: AtomicU64::new(u64::MAX),
            calls: AtomicU64::new(0),
            dead: AtomicBool::new(false),
            intruder: Mutex::new(None),
            reads: AtomicU64::new(0),
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

    /// Somebody acts right before a call that reads a side, after so many others.
    pub fn let_in(&self, after: u64, intrusion: Intrusion) {
        self.reads.store(0, Ordering::SeqCst);
        *self.intruder.lock().unwrap() = Some((after, intrusion));
    }

    /// Whoever did not act in the pass acts now.
    pub fn let_out(&self) {
        let late = self.intruder.lock().unwrap().take();
        if let Some((_, act)) = late {
            act();
        }
    }

    fn somebody_acts(&self, call: &str) {
        let reads = ["list", "read", "zoom list", "zoom get"].contains(&call);
        if !reads {
            return;
        }
        let number = self.reads.fetch_add(1, Ordering::SeqCst);
        let mut intruder = self.intruder.lock().unwrap();
        if intruder.as_ref().is_some_and(|(after, _)| *after == number)
            && let Some((_, act)) = intruder.take()
        {
            drop(intruder);
            act();
        }
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
        self.somebody_acts(call);
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
