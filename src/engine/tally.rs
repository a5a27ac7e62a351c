//! Counts what a pass does while several bookings are worked on at once.

use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ports::error::{Error, Kind};

use super::report::{Done, FlowReport, LISTED, Trouble, Worst};

/// What happened to one booking. Several may happen to the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Looked at.
    Seen,
    /// Entry created.
    Created,
    /// Entry changed.
    Updated,
    /// Entry deleted.
    Deleted,
    /// Booking cancelled.
    Cancelled,
    /// Notes patched.
    Noted,
    /// Nothing to do.
    Unchanged,
    /// Something went wrong.
    Failed,
    /// A conflict was recorded that a rule settled at once.
    Conflict,
}

/// The counters of one flow.
#[derive(Debug, Default)]
pub struct Tally {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    report: FlowReport,
    worst: Worst,
    writes: u64,
    halted: bool,
    faults_in_a_row: u32,
}

/// How many passing faults in a row end a pass: a server that answers nothing is not asked
/// thousands of times.
const FAULTS_IN_A_ROW: u32 = 5;

impl Tally {
    /// Counts one thing.
    pub fn count(&self, what: Count) {
        let mut inner = self.lock();
        let report = &mut inner.report;
        *match what {
            Count::Seen => &mut report.seen,
            Count::Created => &mut report.created,
            Count::Updated => &mut report.updated,
            Count::Deleted => &mut report.deleted,
            Count::Cancelled => &mut report.cancelled,
            Count::Noted => &mut report.noted,
            Count::Unchanged => &mut report.unchanged,
            Count::Failed => &mut report.failed,
            Count::Conflict => &mut report.conflicts,
        } += 1;
    }

    /// Lists an action.
    pub fn done(
        &self,
        verb: &'static str,
        side: &'static str,
        id: &(impl Display + ?Sized),
        why: &str,
    ) {
        tracing::debug!(verb, side, %id, why, "action");
        let mut inner = self.lock();
        inner.faults_in_a_row = 0;
        if matches!(
            verb,
            "create" | "update" | "delete" | "mark" | "cancel" | "note"
        ) {
            inner.writes += 1;
        }
        if inner.report.actions.len() < LISTED {
            inner.report.actions.push(Done {
                verb: verb.into(),
                side: side.into(),
                id: id.to_string(),
                why: why.to_owned(),
            });
        }
    }

    /// Lists something that went wrong.
    pub fn trouble(&self, trouble: Trouble) {
        let mut inner = self.lock();
        if inner.report.errors.len() < LISTED {
            inner.report.errors.push(trouble);
        }
    }

    /// Lists a failed call and says whether the pass can go on with the next item.
    pub fn failed(&self, error: &Error) -> GoOn {
        // Without the state nothing goes on: what was in hand then fails for the same reason.
        let told = error.kind() == Kind::State && self.lock().worst.state;
        if !told {
            self.trouble(Trouble::from_error(error));
        }
        let mut inner = self.lock();
        match error.kind() {
            Kind::Stale | Kind::Refused | Kind::Malformed => GoOn::Yes,
            Kind::Transient => {
                inner.faults_in_a_row += 1;
                if inner.faults_in_a_row < FAULTS_IN_A_ROW {
                    GoOn::Yes
                } else {
                    inner.worst.unreachable = true;
                    GoOn::No
                }
            }
            Kind::Throttled { .. }
            | Kind::Unreachable
            | Kind::Missing
            | Kind::Denied
            | Kind::State
            | Kind::Local => {
                inner.worst = inner.worst.join(Worst::of(error.kind()));
                GoOn::No
            }
        }
    }

    /// Lists a failed call to a source of busy time: where a copy of it is in force, the pass is done
    /// all the same, but for something that failed (CONTRACT section 1, exit code 1).
    pub fn without_source(&self, trouble: Trouble, kind: Kind, has_copy: bool) {
        self.trouble(trouble);
        let mut inner = self.lock();
        inner.report.failed += 1;
        if !has_copy || kind == Kind::State {
            inner.worst = inner.worst.join(Worst::of(kind));
        }
    }

    /// Sets how many of a kind there are.
    pub fn add(&self, seen: u64, unchanged: u64, held: u64) {
        let mut inner = self.lock();
        inner.report.seen += seen;
        inner.report.unchanged += unchanged;
        inner.report.held += held;
    }

    /// Whether it could not go on.
    #[must_use]
    pub fn has_halted(&self) -> bool {
        self.lock().halted
    }

    /// How many things went wrong so far.
    #[must_use]
    pub fn troubles(&self) -> usize {
        self.lock().report.errors.len()
    }

    /// What went wrong after the first so many.
    #[must_use]
    pub fn troubles_after(&self, first: usize) -> Vec<Trouble> {
        let inner = self.lock();
        inner.report.errors.iter().skip(first).cloned().collect()
    }

    /// Lists a failed call after which the flow cannot go on, whatever its kind.
    pub fn aborted(&self, error: &Error) {
        self.count(Count::Failed);
        self.lock().halted = true;
        let _known = self.failed(error);
        let mut inner = self.lock();
        inner.worst = inner.worst.join(Worst::of(error.kind()));
    }

    /// How many bookings were looked at, and how many writes done.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        let inner = self.lock();
        (inner.report.seen, inner.writes)
    }

    /// The counts so far.
    #[must_use]
    pub fn report(&self) -> (FlowReport, Worst) {
        let inner = self.lock();
        (inner.report.clone(), inner.worst)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a pass can go on after a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoOn {
    /// With the next item.
    Yes,
    /// Not in this pass.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_fails_is_told_once_whatever_was_in_hand() {
        let tally = Tally::default();
        for why in ["the disk is full", "an earlier write failed"] {
            let error = Error::new(Kind::State, "using the state").because(why);
            assert!(tally.failed(&error) == GoOn::No);
        }
        let refused = Error::new(Kind::Refused, "writing an entry");
        assert!(tally.failed(&refused) == GoOn::Yes);
        let (report, worst) = tally.report();
        assert!(worst.state);
        let told: Vec<&str> = report.errors.iter().map(|e| e.cause.as_str()).collect();
        assert_eq!(told, ["the disk is full", "this item was refused"]);
    }
}
