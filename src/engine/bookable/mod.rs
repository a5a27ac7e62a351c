//! Busy time and hours: what the sources say becomes blocks in the host's Zoom calendar, or date
//! overrides of the availability.
//!
//! ```text
//! choose the sink → sources (list, read, keep) → blocks as they are → expand → decide → write → report
//! ```
//!
//! Every arrow is a commit, and every pass begins by looking: after a power cut anywhere the next
//! one finds what was done.

mod blocks;
mod choice;
mod days;
mod echoes;
mod expanding;
mod flow;
mod hours;
mod keeping;
mod overrides;
mod own;
mod reading;
/// What is remembered, as typed records.
pub mod records;
pub(super) mod removals;
mod schedule;
/// What the last pass knew, for feeds.
pub mod shown;
mod steps;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Order;
use super::report::HostReport;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{CalendarName, HostName};
use crate::plan::policy::{BusyPolicy, HoursPolicy};
use crate::ports::availability::Availabilities;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Result};
use crate::ports::hours::HoursCalendar;
use crate::ports::meter::{Counts, Meter};
use crate::ports::source::Source;
use crate::ports::zoom_calendar::ZoomCalendar;
use flow::flow;
use records::{Choice, Records, SourceState};
use work::{Keeps, Work};

/// A source, or why it could not be prepared.
pub type WiredSource = std::result::Result<Arc<dyn Source>, Error>;

/// What a pass works on.
pub struct Sides {
    /// Every source by its name.
    pub sources: Vec<(CalendarName, WiredSource)>,
    /// The host's Zoom calendar.
    pub zoom_calendar: Arc<dyn ZoomCalendar>,
    /// The host's availability schedules.
    pub availabilities: Arc<dyn Availabilities>,
    /// Where hours are kept, if they are; or why it could not be prepared.
    pub hours_calendar: Option<std::result::Result<Arc<dyn HoursCalendar>, Error>>,
    /// What is remembered.
    pub base: Arc<dyn Base>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Whose busy time and hours, and how they want them.
#[derive(Clone, Debug)]
pub struct Host {
    /// The `name` of the `[[host]]`.
    pub name: HostName,
    /// `[host.busy]`; absent: off.
    pub busy: Option<BusyPolicy>,
    /// `[host.hours]`; absent: off.
    pub hours: Option<HoursPolicy>,
    /// The calendar that entries of bookings are written to, where they are.
    pub bookings: Option<CalendarName>,
    /// A digest of where the name of each source leads: another place is another calendar. One that
    /// is not in here is not watched.
    pub places: BTreeMap<CalendarName, Fingerprint>,
    /// The IANA name of the zone of this machine: for whole days and floating times, as long as
    /// Zoom has not said the host's own.
    pub zone: String,
}

impl Sides {
    /// What was asked of Zoom so far.
    #[must_use]
    pub fn of_zoom(&self) -> Counts {
        Counts::of([self.zoom_calendar.meter(), self.availabilities.meter()])
    }

    /// What was asked so far of the sources and of the calendar of the hours.
    #[must_use]
    pub fn of_calendars(&self) -> Counts {
        Counts::of(self.calendar_meters())
    }

    /// The meters of the sources and of the calendar of the hours.
    pub fn calendar_meters(&self) -> impl Iterator<Item = &Meter> {
        let sources = self.sources.iter();
        let sources = sources.filter_map(|(_, source)| Some(source.as_ref().ok()?.meter()));
        let hours = self.hours_calendar.as_ref();
        sources.chain(hours.and_then(|calendar| Some(calendar.as_ref().ok()?.meter())))
    }
}

/// Runs one pass for one host. It never fails as a whole: what went wrong stands in the report.
pub async fn pass(sides: &Sides, host: &Host, order: &Order) -> HostReport {
    let before = (sides.of_zoom(), sides.of_calendars());
    let work = Work::begin(sides, host, order);
    let done = flow(&work).await;
    let days = done.unwrap_or_else(|error| {
        work.halted(&error, Keeps::Both);
        Vec::new()
    });
    let mut report = work.report();
    report.days = days;
    let since = |now: Counts, then: Counts| now.requests.saturating_sub(then.requests);
    report.requests.zoom = since(sides.of_zoom(), before.0);
    report.requests.calendar = since(sides.of_calendars(), before.1);
    report
}

/// Where a host's busy time goes, and why; `None` before the first pass.
///
/// # Errors
/// When the state cannot be read.
pub fn choice(base: &dyn Base, host: &HostName) -> Result<Option<Choice>> {
    Records::new(base, host).only(choice::KIND)
}

/// How a source of a host is.
///
/// # Errors
/// When the state cannot be read.
pub fn source(base: &dyn Base, host: &HostName, calendar: &CalendarName) -> Result<SourceState> {
    Records::new(base, host).shelf(calendar).state()
}

#[cfg(test)]
mod tests;
