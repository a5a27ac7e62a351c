//! What goes wrong, on demand.

use crate::ports::error::Kind;

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it is done.
    None,
    /// It fails like this, and nothing is done.
    Before(Kind),
    /// It is done, and then fails like this: the answer was lost.
    After(Kind),
}

/// Decides what happens to each call.
pub trait Faults: Send + Sync {
    /// What happens to the next call, named by its verb.
    fn next(&self, call: &str) -> Fault;
}

/// Nothing ever goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFaults;

impl Faults for NoFaults {
    fn next(&self, _call: &str) -> Fault {
        Fault::None
    }
}
