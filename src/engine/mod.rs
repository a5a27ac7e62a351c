//! One pass: collect both sides, let `plan` decide, execute, commit.

mod acting;
mod backoff;
/// Busy time and hours: what makes a host bookable, and when not.
pub mod bookable;
mod bookings;
mod cancelling;
mod closing;
mod collect;
mod ending;
/// What feeds show: what the last pass knew.
pub mod feeds;
/// Brings in step just the bookings that hints name.
pub mod hinted;
mod holding;
/// What is remembered, as typed records.
pub mod ledger;
mod looking;
mod pass;
mod phrasing;
mod recording;
mod recover;
/// What a pass did, for people and machines.
pub mod report;
mod seen;
mod settle;
mod survey;
mod tally;
/// What a person does about conflicts and held actions.
pub mod waiting;
/// What a week of a host looks like.
pub mod week;
mod writing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{CalendarName, HostName};
use crate::plan::policy::BookingsPolicy;
use crate::ports::{base::Base, calendar::Calendar, clock::Clock, zoom::Zoom};
use holding::Holding;
use pass::{Halt, Pass};
use report::HostReport;

/// What a pass works on.
#[derive(Clone)]
pub struct Sides {
    /// Zoom, as this host.
    pub zoom: Arc<dyn Zoom>,
    /// The calendar that bookings are written to.
    pub calendar: Arc<dyn Calendar>,
    /// What both last agreed.
    pub base: Arc<dyn Base>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Whose bookings, and how they want them.
#[derive(Clone, Debug)]
pub struct Host {
    /// The `name` of the `[[host]]`.
    pub name: HostName,
    /// The `name` of the `[[calendar]]` that its bookings are written to.
    pub calendar: CalendarName,
    /// A digest of where that name leads: another place is another calendar.
    pub place: Fingerprint,
    /// `[host.bookings]`.
    pub bookings: BookingsPolicy,
}

/// Whether the bookings of a host could be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BookingsSeen {
    /// They were, or that flow is off.
    #[default]
    All,
    /// Not all of them: what looks like an entry of one, and is of no booking that is known, may be
    /// one all the same.
    NotAll,
}

/// How a pass is to be run.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Only plan; the base given must then be one that forgets (`adapters::store::Overlay`).
    pub dry_run: bool,
    /// Ignore the stored cursor, list everything.
    pub full: bool,
    /// Try again at once what was refused and put off: a person asked for this pass.
    pub retry_now: bool,
    /// Whether the host's bookings were looked at just now.
    pub bookings: BookingsSeen,
    /// Set from outside to end the pass after the call in hand.
    pub stop: Stop,
}

/// A word from outside: finish the call in hand, commit, and end.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for the end.
    pub fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether the end was asked for.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Hears how far a pass is. Everything is optional to do.
pub trait Progress: Send + Sync {
    /// So many bookings have been looked at, so many writes done.
    fn at(&self, bookings: u64, writes: u64);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn at(&self, _bookings: u64, _writes: u64) {}
}

/// Runs one pass for one host. It never fails as a whole: what went wrong stands in the report.
pub async fn pass(
    sides: &Sides,
    host: &Host,
    order: &Order,
    progress: &dyn Progress,
) -> HostReport {
    let before = (
        sides.zoom.meter().requests(),
        sides.calendar.meter().requests(),
    );
    let mut report = run(sides, host, order, progress).await;
    report.requests.zoom = sides.zoom.meter().requests().saturating_sub(before.0);
    report.requests.calendar = sides.calendar.meter().requests().saturating_sub(before.1);
    report
}

async fn run(sides: &Sides, host: &Host, order: &Order, progress: &dyn Progress) -> HostReport {
    let pass = match Pass::begin(sides, host, order, progress) {
        Ok(pass) => pass,
        Err(error) => return HostReport::failed(&host.name, &error),
    };
    // Why it halted, if it did, stands in the tally.
    let _halted = flow(&pass).await;
    match closing::close(&pass).await {
        Ok(()) => {}
        Err(error) => {
            pass.halt(&error);
        }
    }
    closing::report(&pass)
}

/// The order of a pass; every arrow is a commit, so that a power cut between two of them costs
/// nothing but the time to look again.
async fn flow(pass: &Pass<'_>) -> Result<(), Halt> {
    let halt = |error| pass.halt(&error);
    recover::find_place(pass).await.map_err(halt)?;
    recover::recover(pass).await.map_err(halt)?;
    collect::calendar(pass).await.map_err(halt)?;
    collect::was_whole(pass).map_err(halt)?;
    let listing = bookings::list(pass).await?;
    if !listing.stopped && !pass.order.stop.asked() {
        let mut holding = Holding::load(pass).map_err(halt)?;
        ending::end(pass, listing, &mut holding).await?;
        holding.tidy(pass).await.map_err(halt)?;
    }
    collect::own_writes(pass).await.map_err(halt)
}
