//! What one pass over a host's busy time and hours carries with it.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};

use super::records::Records;
use super::{Host, Sides};
use crate::domain::window::Window;
use crate::engine::Order;
use crate::engine::pass::{minus, plus};
use crate::engine::report::Trouble;
use crate::engine::tally::{Count, GoOn, Tally};
use crate::plan::policy::BusyPolicy;
use crate::ports::error::{Error, Kind};

/// How much further than it needs to a listing looks: so that what comes into the window before
/// the next full one is known by then.
const AHEAD: Duration = Duration::from_hours(48);

/// Which flows a call that failed keeps from being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeps {
    /// Busy time.
    Busy,
    /// Working hours.
    Hours,
    /// Both.
    Both,
}

/// What one pass carries with it.
pub struct Work<'a> {
    pub(super) sides: &'a Sides,
    pub(super) host: &'a Host,
    pub(super) order: &'a Order,
    pub(super) records: Records<'a>,
    /// Of the busy flow.
    pub(super) tally: Tally,
    /// Of the hours flow.
    pub(super) hours: Tally,
    pub(super) now: Timestamp,
}

/// The span of time that is looked at, and the zone whose days it is made of.
#[derive(Clone, Debug)]
pub struct Days {
    /// The zone.
    pub zone: TimeZone,
    /// Its IANA name.
    pub name: String,
    /// From local midnight, today, to the one after the last day.
    pub window: Window,
}

impl<'a> Work<'a> {
    pub(super) fn begin(sides: &'a Sides, host: &'a Host, order: &'a Order) -> Self {
        Self {
            records: Records::new(sides.base.as_ref(), &host.name),
            tally: Tally::default(),
            hours: Tally::default(),
            now: sides.clock.now(),
            sides,
            host,
            order,
        }
    }

    /// Lists an item that failed and says whether the flow can go on.
    pub(super) fn failed(&self, error: &Error) -> GoOn {
        self.tally.count(Count::Failed);
        self.tally.failed(error)
    }

    /// Lists a failed call without which whole flows are not done, whatever its kind: in each flow
    /// that it keeps from being done.
    pub(super) fn halted(&self, error: &Error, keeps: Keeps) {
        let keeps_hours = keeps != Keeps::Busy && self.host.hours.is_some();
        if keeps_hours {
            self.hours.aborted(error);
        }
        // What is taken back of a flow that is off is nobody else's, either.
        if keeps != Keeps::Hours || !keeps_hours {
            self.tally.aborted(error);
        }
    }

    /// What went wrong with busy time since there were so many troubles of it keeps the hours from
    /// being done, too.
    pub(super) fn hours_share(&self, troubles: usize) {
        if self.host.hours.is_none() {
            return;
        }
        self.hours.count(Count::Failed);
        for trouble in self.tally.troubles_after(troubles) {
            self.hours.trouble(trouble);
        }
    }

    /// Lists something that is not as it should be, although no call failed.
    pub(super) fn wrong(&self, trouble: Trouble) {
        self.tally.count(Count::Failed);
        self.tally.trouble(trouble);
    }

    /// Whether the pass was asked to end.
    pub(super) fn stopped(&self) -> bool {
        self.order.stop.asked()
    }
}

impl Days {
    /// The whole days, in a zone, from today to the one that `future` ends on. A window that ends
    /// at midnight shows the same all day long, so that a pass has nothing new to write only
    /// because the clock went on.
    pub(super) fn new(now: Timestamp, future: Duration, zone: TimeZone, name: &str) -> Self {
        let midnight = |time: Timestamp, days: Span| {
            let date = time.to_zoned(zone.clone()).date();
            let date = date.checked_add(days).unwrap_or(date);
            let midnight = date.to_zoned(zone.clone());
            midnight.map_or(time, |midnight| midnight.timestamp())
        };
        Self {
            window: Window {
                from: midnight(now, 0.days()),
                to: midnight(plus(now, future), 1.days()),
            },
            name: name.to_owned(),
            zone,
        }
    }

    /// Where objects of a source may stand that matter before everything is listed again.
    pub(super) fn around(&self, policy: &BusyPolicy) -> Window {
        let day = Duration::from_hours(24);
        Window {
            from: minus(minus(self.window.from, policy.buffers.after), day),
            to: plus(plus(self.window.to, policy.buffers.before), AHEAD),
        }
    }

    /// How far ahead blocks are listed.
    pub(super) fn ahead(&self) -> Window {
        Window {
            from: self.window.from,
            to: plus(self.window.to, AHEAD),
        }
    }

    /// Where occurrences may stand that reach into the window with their buffers.
    pub(super) fn reaching(&self, policy: &BusyPolicy) -> Window {
        Window {
            from: minus(self.window.from, policy.buffers.after),
            to: plus(self.window.to, policy.buffers.before),
        }
    }
}

/// A zone by its IANA name; `None` for one that nobody knows.
pub(super) fn zone_of(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// Whether a failure says that a thing is not there or not ours to use, and will stay so.
pub(super) fn is_lasting(error: &Error) -> bool {
    matches!(error.kind(), Kind::Missing | Kind::Denied | Kind::Refused)
}

/// A failure that was seen before, in the same words.
pub(super) fn again(error: &Error) -> Error {
    let again = Error::new(error.kind(), error.doing()).because(error.cause());
    match error.remedy() {
        Some(hint) => again.hint(hint),
        None => again,
    }
}
