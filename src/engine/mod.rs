//! One pass: collect both sides, let `plan` decide, execute, commit.

/// What a pass did, for people and machines.
pub mod report;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::ids::HostName;
use crate::plan::policy::BookingsPolicy;
use crate::ports::{base::Base, calendar::Calendar, clock::Clock, zoom::Zoom};
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
    /// `[host.bookings]`.
    pub bookings: BookingsPolicy,
}

/// How a pass is to be run.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Only plan; the base given must then be one that forgets (`adapters::store::Overlay`).
    pub dry_run: bool,
    /// Ignore the stored cursor, list everything.
    pub full: bool,
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
    _sides: &Sides,
    host: &Host,
    _order: &Order,
    _progress: &dyn Progress,
) -> HostReport {
    HostReport::new(&host.name)
}
