//! A week as a person sees it: what stays bookable on each day, as far as that is known.
//!
//! | what is known | what stays bookable |
//! |---|---|
//! | the hours, busy time, bookings | the hours less both, from now on |
//! | busy time or bookings are off | the hours less what is on |
//! | hours are off | not known: Zoom alone has them |
//! | something that is on was not read yet | not known yet |
//! | the day is over, or beyond what was read | nothing is said |

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::instants::Instants;
use super::local_days;
use crate::domain::busy::Busy;
use crate::domain::hours::Hours;
use crate::domain::iso_week::IsoWeek;
use crate::domain::time_span::TimeSpan;

/// What is known of one flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// The flow is off.
    Off,
    /// No pass has read it yet.
    NotYet,
    /// This.
    Is(T),
}

/// What a week is made of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The host's zone.
    pub zone: &'a TimeZone,
    /// The time.
    pub now: Timestamp,
    /// The working hours.
    pub hours: Known<&'a Hours>,
    /// Busy time, and the span within which it is known.
    pub busy: Known<(&'a Busy, TimeSpan)>,
    /// The times of the bookings that stand.
    pub bookings: Known<&'a Busy>,
}

/// A day of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its date in the host's zone.
    pub date: Date,
    /// From its first instant to the first one of the next day.
    pub bounds: TimeSpan,
    /// The working hours.
    pub hours: Stretches,
    /// Busy time.
    pub busy: Stretches,
    /// What stays bookable.
    pub bookable: Stretches,
}

/// Stretches of a day, or why there are none to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stretches {
    /// The flow is off.
    Off,
    /// Nothing can be said as long as another flow is off.
    Unknown,
    /// No pass has read it yet.
    NotYet,
    /// The day is over.
    Past,
    /// Nobody looks so far ahead yet.
    Beyond,
    /// These, in order; perhaps none.
    Are(Vec<TimeSpan>),
}

/// The days of a week, Monday first.
#[must_use]
pub fn days(week: IsoWeek, facts: &Facts<'_>) -> [Day; 7] {
    week.dates().map(|date| day(date, facts))
}

/// The week that an instant is in.
#[must_use]
pub fn week_of(instant: Timestamp, zone: &TimeZone) -> IsoWeek {
    IsoWeek::of(local_days::day_of(instant, zone))
}

/// Its days, as instants.
pub fn spans(week: IsoWeek, zone: &TimeZone) -> impl Iterator<Item = TimeSpan> {
    let dates = week.dates().into_iter();
    dates.map(|date| local_days::bounds_of(date, zone))
}

/// A whole week, as instants.
#[must_use]
pub fn bounds(week: IsoWeek, zone: &TimeZone) -> TimeSpan {
    let [monday, .., sunday] = week.dates();
    TimeSpan {
        start: local_days::bounds_of(monday, zone).start,
        end: local_days::bounds_of(sunday, zone).end,
    }
}

fn day(date: Date, facts: &Facts<'_>) -> Day {
    let bounds = local_days::bounds_of(date, facts.zone);
    let is_over = bounds.end <= facts.now;
    let hours = match facts.hours {
        Known::Off => Stretches::Off,
        Known::NotYet => Stretches::NotYet,
        // Which days were different is forgotten once they are over.
        Known::Is(_) if is_over => Stretches::Past,
        Known::Is(hours) => {
            let open = local_days::open_on(date, hours.on(date), facts.zone);
            Stretches::Are(open.spans().to_vec())
        }
    };
    let busy = match facts.busy {
        Known::Off => Stretches::Off,
        Known::NotYet => Stretches::NotYet,
        Known::Is(_) if is_over => Stretches::Past,
        Known::Is((_, within)) if bounds.start < within.start || within.end < bounds.end => {
            Stretches::Beyond
        }
        Known::Is((busy, _)) => Stretches::Are(within(busy, bounds).spans().to_vec()),
    };
    let bookable = bookable(&hours, &busy, bounds, is_over, facts);
    Day {
        date,
        bounds,
        hours,
        busy,
        bookable,
    }
}

fn bookable(
    hours: &Stretches,
    busy: &Stretches,
    bounds: TimeSpan,
    is_over: bool,
    facts: &Facts<'_>,
) -> Stretches {
    if is_over {
        return Stretches::Past;
    }
    let taken = match busy {
        Stretches::Off => Instants::default(),
        Stretches::Are(spans) => Instants::of(spans.iter().copied()),
        Stretches::Unknown | Stretches::NotYet | Stretches::Past | Stretches::Beyond => {
            return busy.clone();
        }
    };
    let booked = match facts.bookings {
        Known::Off => Instants::default(),
        Known::NotYet => return Stretches::NotYet,
        Known::Is(bookings) => within(bookings, bounds),
    };
    let open = match hours {
        Stretches::Are(spans) => Instants::of(spans.iter().copied()),
        Stretches::Off => return Stretches::Unknown,
        Stretches::Unknown | Stretches::NotYet | Stretches::Past | Stretches::Beyond => {
            return hours.clone();
        }
    };
    let over = Instants::of([TimeSpan {
        start: bounds.start,
        end: facts.now,
    }]);
    let left = open.minus(&taken).minus(&booked).minus(&over);
    Stretches::Are(left.spans().to_vec())
}

fn within(busy: &Busy, bounds: TimeSpan) -> Instants {
    let spans = busy.spans();
    let first = spans.partition_point(|span| span.end <= bounds.start);
    let inside = spans.iter().skip(first);
    let inside = inside.take_while(|span| span.start < bounds.end);
    Instants::of(inside.copied()).within(bounds)
}

#[cfg(test)]
mod tests;
