//! Tells a fake when to fail: before it does what it was asked, or after.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::ports::error::{Error, Kind, Result};

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It fails, and nothing was done.
    Before(Kind),
    /// It is done, and fails all the same: a time-out after the server did the work.
    After(Kind),
}

/// Decides about each call of a fake. The call is given in words: `create x.ics`.
pub trait Faults: Send + Sync {
    /// What goes wrong with this call.
    fn next(&self, call: &str) -> Fault;
}

impl<F: Fn(&str) -> Fault + Send + Sync> Faults for F {
    fn next(&self, call: &str) -> Fault {
        self(call)
    }
}

/// Nothing ever goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFaults;

impl Faults for NoFaults {
    fn next(&self, _call: &str) -> Fault {
        Fault::None
    }
}

/// A list of faults, one a call; when it is used up, nothing goes wrong.
#[derive(Debug, Default)]
pub struct FaultPlan(Mutex<VecDeque<Fault>>);

impl FaultPlan {
    /// These faults, in this order.
    pub fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self(Mutex::new(faults.into_iter().collect()))
    }
}

impl Faults for FaultPlan {
    fn next(&self, _call: &str) -> Fault {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        left.pop_front().unwrap_or(Fault::None)
    }
}

/// Does some work around a fault. A failure of the work itself comes before one after it.
pub fn around<T>(faults: &dyn Faults, call: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let failed = |kind| Error::new(kind, call).because("a fault that was asked for");
    match faults.next(call) {
        Fault::None => work(),
        Fault::Before(kind) => Err(failed(kind)),
        Fault::After(kind) => work().and_then(|_| Err(failed(kind))),
    }
}
