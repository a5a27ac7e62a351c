//! What one pass carries with it, and how it goes on when a call fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::domain::entry::Field;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{BookingId, Href};
use crate::domain::waiting::Conflict;
use crate::domain::window::Window;
use crate::plan::fields::Decided;
use crate::plan::wording;
use crate::ports::error::{Error, Kind, Result};

use super::ledger::{Batch, Ledger, Retry};
use super::report::Trouble;
use super::tally::{Count, GoOn, Tally};
use super::{Host, Order, Progress, Sides};

/// The pass cannot go on; why stands in the tally already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halt;

/// What one pass carries with it.
pub struct Pass<'a> {
    pub(super) sides: &'a Sides,
    pub(super) host: &'a Host,
    pub(super) order: &'a Order,
    pub(super) progress: &'a dyn Progress,
    pub(super) ledger: Ledger<'a>,
    pub(super) tally: Tally,
    pub(super) now: Timestamp,
    pub(super) window: Window,
    pub(super) policy_print: Fingerprint,
    /// Bookings whose form is known to have no answers.
    pub(super) unanswered: BTreeSet<BookingId>,
    /// What is in conflict at the start, by booking.
    pub(super) conflicts: BTreeMap<BookingId, Vec<Conflict>>,
    wrote_calendar: AtomicBool,
    halting: AtomicBool,
    adopted: AtomicBool,
    promoted: Mutex<Vec<Href>>,
    undecided: Mutex<BTreeSet<BookingId>>,
    learnt: Mutex<BTreeMap<BookingId, String>>,
}

impl<'a> Pass<'a> {
    /// Begins a pass: reads the time and what is in conflict.
    pub(super) fn begin(
        sides: &'a Sides,
        host: &'a Host,
        order: &'a Order,
        progress: &'a dyn Progress,
    ) -> Result<Self> {
        let now = sides.clock.now();
        let ledger = Ledger::new(sides.base.as_ref(), &host.name, &host.calendar);
        let mut conflicts: BTreeMap<BookingId, Vec<Conflict>> = BTreeMap::new();
        for conflict in ledger.conflicts()? {
            if let Some((booking, _)) = conflict.field() {
                conflicts.entry(booking.clone()).or_default().push(conflict);
            }
        }
        Ok(Self {
            window: Window {
                from: minus(now, host.bookings.past),
                to: plus(now, host.bookings.future),
            },
            policy_print: wording::policy_print(&host.name, &host.bookings),
            tally: Tally::default(),
            wrote_calendar: AtomicBool::new(false),
            halting: AtomicBool::new(false),
            adopted: AtomicBool::new(false),
            promoted: Mutex::new(Vec::new()),
            unanswered: BTreeSet::new(),
            undecided: Mutex::new(BTreeSet::new()),
            learnt: Mutex::default(),
            sides,
            host,
            order,
            progress,
            ledger,
            now,
            conflicts,
        })
    }

    /// What a person decided about a booking's conflicts.
    pub(super) fn decisions(&self, id: &BookingId) -> BTreeMap<Field, Decided> {
        let conflicts = self.conflicts.get(id).map_or(&[][..], Vec::as_slice);
        conflicts
            .iter()
            .filter_map(|conflict| {
                let decision = conflict.decision?;
                let calendar = conflict.calendar.clone();
                Some((conflict.field()?.1, Decided { decision, calendar }))
            })
            .collect()
    }

    /// Remembers that the calendar was written to, so that its cursor is moved past our own writes.
    pub(super) fn wrote_calendar(&self) {
        self.wrote_calendar.store(true, Ordering::Relaxed);
    }

    /// Whether the calendar was written to.
    pub(super) fn has_written(&self) -> bool {
        self.wrote_calendar.load(Ordering::Relaxed)
    }

    /// Remembers that entries were, or may have been, taken over without their state: what they
    /// stand for may have been rescheduled since.
    pub(super) fn adopted(&self) {
        self.adopted.store(true, Ordering::Relaxed);
    }

    /// Whether entries were taken over without their state.
    pub(super) fn has_adopted(&self) -> bool {
        self.adopted.load(Ordering::Relaxed)
    }

    /// Remembers a copy that took the place of its original, and is to be read.
    pub(super) fn promote(&self, href: Href) {
        let mut promoted = self.promoted.lock().unwrap_or_else(PoisonError::into_inner);
        promoted.push(href);
    }

    /// The copies that are to be read.
    pub(super) fn take_promoted(&self) -> Vec<Href> {
        let mut promoted = self.promoted.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut promoted)
    }

    /// Remembers that this pass could not say what is to become of a booking: whatever is held
    /// about it stays held.
    pub(super) fn undecided(&self, id: &BookingId) {
        let mut ids = self
            .undecided
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        ids.insert(id.clone());
    }

    /// Whether this pass could not say what is to become of a booking.
    pub(super) fn is_undecided(&self, id: &BookingId) -> bool {
        let ids = self
            .undecided
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        ids.contains(id)
    }

    /// Remembers what a booking's page is called, until [`Pass::keep_learnt`] writes it down.
    pub(super) fn learn(&self, id: &BookingId, page: &str) {
        let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        learnt.insert(id.clone(), page.to_owned());
    }

    /// Writes down what booking pages are called, all that was learnt in one commit.
    ///
    /// # Errors
    /// When the state cannot be read or written.
    pub(super) async fn keep_learnt(&self) -> Result<()> {
        let learnt = {
            let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *learnt)
        };
        let mut batch = Batch::default();
        for (id, page) in learnt {
            // As it is now: something else may have been written since.
            let Some(mut link) = self.ledger.link(&id)? else {
                continue;
            };
            if link.page.as_ref() != Some(&page) {
                link.page = Some(page);
                self.ledger.put_link(&mut batch, &link, None);
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.ledger.commit(batch).await
    }

    /// Lets bookings that are worked on at once know that the pass ends.
    pub(super) fn halting(&self) {
        self.halting.store(true, Ordering::Relaxed);
    }

    /// Whether the pass ends.
    pub(super) fn is_halting(&self) -> bool {
        self.halting.load(Ordering::Relaxed)
    }

    /// Ends the pass after a call that everything depends on.
    pub(super) fn halt(&self, error: &Error) -> Halt {
        self.tally.aborted(error);
        Halt
    }

    /// Notes that one item failed: it is reported, and tried again later where its side refused it.
    pub(super) async fn item_failed(
        &self,
        id: &BookingId,
        error: &Error,
    ) -> std::result::Result<(), Halt> {
        self.undecided(id);
        self.tally.count(Count::Failed);
        let go_on = self.tally.failed(error);
        if matches!(error.kind(), Kind::Refused | Kind::Malformed) && !self.order.dry_run {
            self.put_off(id, error)
                .await
                .map_err(|error| self.halt(&error))?;
        }
        match go_on {
            GoOn::Yes => Ok(()),
            GoOn::No => Err(Halt),
        }
    }

    /// Reports an item that is put off, and says so; `false` when it is to be tried now.
    pub(super) fn is_put_off(&self, id: &BookingId) -> Result<bool> {
        let Some(retry) = self
            .ledger
            .retry(id)?
            .filter(|retry| retry.not_before > self.now && !self.order.retry_now)
            .filter(|retry| self.entry_print(id) == retry.entry)
        else {
            return Ok(false);
        };
        self.undecided(id);
        self.tally.count(Count::Failed);
        self.tally.trouble(Trouble {
            doing: retry.doing,
            cause: retry.cause,
            hint: format!(
                "{}; it is tried again at {:.0}",
                retry.hint, retry.not_before
            ),
        });
        Ok(true)
    }

    /// What is pending about a booking's entry, as a digest: whoever mends what was refused need
    /// not wait.
    fn entry_print(&self, id: &BookingId) -> Option<Fingerprint> {
        let pending = self.ledger.link(id).ok()??.pending?;
        let text = serde_json::to_string(&pending).ok()?;
        Some(Fingerprint::of([text]))
    }

    async fn put_off(&self, id: &BookingId, error: &Error) -> Result<()> {
        let attempts = self
            .ledger
            .retry(id)?
            .map_or(0, |retry| retry.attempts)
            .saturating_add(1);
        let trouble = Trouble::from_error(error);
        let retry = Retry {
            attempts,
            not_before: plus(self.now, super::backoff::after(attempts)),
            entry: self.entry_print(id),
            doing: trouble.doing,
            cause: trouble.cause,
            hint: trouble.hint,
        };
        let mut batch = Batch::default();
        self.ledger.put_retry(&mut batch, id, &retry);
        self.ledger.finish(&mut batch, id);
        self.ledger.commit(batch).await
    }
}

/// A time so much later; at the end of time when it is beyond.
pub(super) fn plus(time: Timestamp, by: std::time::Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A time so much earlier; at the beginning of time when it is beyond.
pub(super) fn minus(time: Timestamp, by: std::time::Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    time.checked_sub(by).unwrap_or(Timestamp::MIN)
}
