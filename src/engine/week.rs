//! What a week of a host looks like, as the last pass knew it: read from the state, and without any
//! request.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::bookable::shown;
use super::bookable::shown::stands;
use super::feeds::Shown;
use super::ledger::Ledger;
use crate::domain::busy::Busy;
use crate::domain::entry::{Agreed, Field};
use crate::domain::ids::{BookingId, CalendarName};
use crate::domain::iso_week::IsoWeek;
use crate::domain::link::Link;
use crate::domain::time_span::TimeSpan;
use crate::plan::week::{self, Facts, Known};
use crate::ports::base::Base;
use crate::ports::error::Result;

/// How many bookings of one day are named; the others are counted.
pub const NAMED: usize = 50;

/// A week of a host.
#[derive(Clone, Debug)]
pub struct Week {
    /// The host's zone.
    pub zone: TimeZone,
    /// Its days, Monday first.
    pub days: Vec<Day>,
    /// How much is known of the bookings.
    pub bookings: Known<()>,
    /// The sources of busy time that were never read as a whole: there may be more of it.
    pub never_whole: Vec<CalendarName>,
    /// The sources of which not everything could be told: there may be more, too.
    pub in_part: Vec<CalendarName>,
}

/// A day of it.
#[derive(Clone, Debug)]
pub struct Day {
    /// The hours, busy time, and what stays bookable.
    pub plan: week::Day,
    /// The first [`NAMED`] of its bookings, by time.
    pub bookings: Vec<Booking>,
    /// How many more there are.
    pub more: usize,
}

/// A booking, without a word of who booked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Booking {
    /// What of it is on the day.
    pub span: TimeSpan,
    /// The name of the booking page, where it is known.
    pub page: Option<String>,
    /// Whether the host has to approve it; `None` where that is not known.
    pub pending: Option<bool>,
}

/// The zone of a host: that of the working hours, where they are known.
///
/// # Errors
/// When the state cannot be read.
pub fn zone(base: &dyn Base, shown: &Shown, now: Timestamp) -> Result<TimeZone> {
    let hours = shown::working_hours(base, &shown.host, now)?;
    match hours.and_then(|hours| TimeZone::get(&hours.zone).ok()) {
        Some(zone) => Ok(zone),
        None => shown::zone(base, &shown.host),
    }
}

/// Reads a week of a host.
///
/// # Errors
/// When the state cannot be read.
pub async fn read(base: &dyn Base, shown: &Shown, asked: IsoWeek, now: Timestamp) -> Result<Week> {
    let host = &shown.host;
    let zone = zone(base, shown, now)?;
    let bounds = week::bounds(asked, &zone);
    let hours = shown::working_hours(base, host, now)?;
    let busy = shown::busy_between(base, host, bounds, &zone, now).await?;
    let mut days: Vec<Shelf> = Vec::new();
    let mut taken = Vec::new();
    let bookings = match &shown.bookings {
        None => Known::Off,
        Some(calendar) => {
            let ledger = Ledger::new(base, &host.name, calendar);
            days.extend(week::spans(asked, &zone).map(Shelf::new));
            gather(&ledger, bounds, &mut days, &mut taken)?;
            match ledger.position()? {
                Some(_) => Known::Is(()),
                None => Known::NotYet,
            }
        }
    };
    let taken = Busy::of(taken);
    let facts = Facts {
        zone: &zone,
        now,
        hours: known(host.hours.is_some(), hours.as_ref()),
        busy: known(
            host.busy.is_some(),
            busy.as_ref().map(|found| (&found.busy, found.known)),
        ),
        bookings: match bookings {
            Known::Off => Known::Off,
            Known::NotYet => Known::NotYet,
            Known::Is(()) => Known::Is(&taken),
        },
    };
    let plans = week::days(asked, &facts);
    let mut days = days.into_iter();
    let days = plans.into_iter().map(|plan| {
        let (bookings, more) = days.next().map(Shelf::done).unwrap_or_default();
        Day {
            plan,
            bookings,
            more,
        }
    });
    let days = days.collect();
    Ok(Week {
        days,
        bookings,
        never_whole: shown::never_whole(base, host)?,
        in_part: busy.map(|found| found.in_part).unwrap_or_default(),
        zone,
    })
}

fn known<T>(is_on: bool, value: Option<T>) -> Known<T> {
    match value {
        _ if !is_on => Known::Off,
        Some(value) => Known::Is(value),
        None => Known::NotYet,
    }
}

/// Walks all bookings a page at a time; what is kept does not grow with how many there are, but for
/// the bare times of those that are in the week.
fn gather(
    ledger: &Ledger<'_>,
    bounds: TimeSpan,
    days: &mut [Shelf],
    taken: &mut Vec<TimeSpan>,
) -> Result<()> {
    let mut after: Option<BookingId> = None;
    loop {
        let links = ledger.links(after.as_ref())?;
        let Some(last) = links.last() else {
            return Ok(());
        };
        after = Some(last.booking.clone());
        for link in links.iter().filter(|link| stands(link)) {
            let span = TimeSpan {
                start: link.start,
                end: link.end,
            };
            if !span.overlaps(&bounds) {
                continue;
            }
            taken.push(span);
            for day in days.iter_mut() {
                day.add(link, span);
            }
        }
    }
}

/// The bookings of one day, of which only the first are kept.
struct Shelf {
    bounds: TimeSpan,
    bookings: Vec<Booking>,
    count: usize,
}

impl Shelf {
    fn new(bounds: TimeSpan) -> Self {
        Self {
            bounds,
            bookings: Vec::new(),
            count: 0,
        }
    }

    fn add(&mut self, link: &Link, span: TimeSpan) {
        if !span.overlaps(&self.bounds) {
            return;
        }
        self.count += 1;
        self.bookings.push(Booking {
            span: TimeSpan {
                start: span.start.max(self.bounds.start),
                end: span.end.min(self.bounds.end),
            },
            page: link.page.clone(),
            pending: pending(link),
        });
        if self.bookings.len() >= 2 * NAMED {
            self.keep_first();
        }
    }

    fn keep_first(&mut self) {
        self.bookings.sort();
        self.bookings.truncate(NAMED);
    }

    fn done(mut self) -> (Vec<Booking>, usize) {
        self.keep_first();
        let more = self.count - self.bookings.len();
        (self.bookings, more)
    }
}

/// Whether a booking waits to be approved: its entry is tentative then.
fn pending(link: &Link) -> Option<bool> {
    match link.base.get(Field::Status)? {
        Agreed::Text(status) => Some(status == "TENTATIVE"),
        Agreed::Print(_) => None,
    }
}

#[cfg(test)]
mod tests;
