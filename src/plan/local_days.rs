//! The days of a zone, as instants.
//!
//! A day is from its first instant to the first instant of the next, so that every instant is in
//! exactly one, also where the clock is changed at midnight. A time of day that does not exist
//! moves by the length of the gap, and of one that exists twice the first counts (jiff's
//! `compatible`, RFC 5545 section 3.3.5).

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::instants::Instants;
use crate::domain::hours::{Day, Minute, Segment};
use crate::domain::time_span::TimeSpan;

/// The first instant of a day. At the ends of time it stops.
pub(super) fn start_of(date: Date, zone: &TimeZone) -> Timestamp {
    at(date, Minute::START, zone)
}

/// A day, as instants.
pub(super) fn bounds_of(date: Date, zone: &TimeZone) -> TimeSpan {
    TimeSpan {
        start: start_of(date, zone),
        end: at(date, Minute::END, zone),
    }
}

/// The day that an instant is in.
pub(super) fn day_of(instant: Timestamp, zone: &TimeZone) -> Date {
    let date = zone.to_datetime(instant).date();
    // Where the clock is set back over midnight, the end of the day before comes twice.
    if at(date, Minute::END, zone) <= instant {
        next(date)
    } else {
        date
    }
}

/// The first and the last day that a span touches; an empty one touches its own.
pub(super) fn days_of(span: TimeSpan, zone: &TimeZone) -> (Date, Date) {
    let first = day_of(span.start, zone);
    let last = day_of(span.end, zone);
    if span.start < span.end && start_of(last, zone) == span.end {
        (first, last.yesterday().unwrap_or(last).max(first))
    } else {
        (first, last)
    }
}

/// The hours of a day, as instants.
pub(super) fn open_on(date: Date, day: &Day, zone: &TimeZone) -> Instants {
    let segment = |segment: &Segment| TimeSpan {
        start: at(date, segment.start, zone),
        end: at(date, segment.end, zone),
    };
    Instants::of(day.segments().iter().map(segment)).within(bounds_of(date, zone))
}

/// What is open on a day, as hours; `None` where no hours say just that.
pub(super) fn as_hours(date: Date, open: &Instants, zone: &TimeZone) -> Option<Day> {
    let bounds = bounds_of(date, zone);
    let minute = |instant: Timestamp| {
        if instant == bounds.end {
            return Some(Minute::END);
        }
        let time = zone.to_datetime(instant).time();
        let (hour, minute) = (
            u16::try_from(time.hour()).ok()?,
            u16::try_from(time.minute()).ok()?,
        );
        let minute = hour.checked_mul(60)?.checked_add(minute)?;
        Minute::new(minute).filter(|_| time.second() == 0 && time.subsec_nanosecond() == 0)
    };
    let segments: Option<Vec<Segment>> = open
        .spans()
        .iter()
        .map(|span| {
            Some(Segment {
                start: minute(span.start)?,
                end: minute(span.end)?,
            })
        })
        .collect();
    let day = Day::of(segments?);
    (open_on(date, &day, zone) == *open).then_some(day)
}

/// The day after; the last day of all stays.
pub(super) fn next(date: Date) -> Date {
    date.tomorrow().unwrap_or(date)
}

fn at(date: Date, minute: Minute, zone: &TimeZone) -> Timestamp {
    let (hour, rest) = (minute.get() / 60, minute.get() % 60);
    let instant = || {
        let (date, hour) = if hour == 24 {
            (date.tomorrow().ok()?, 0)
        } else {
            (date, hour)
        };
        let (hour, rest) = (i8::try_from(hour).ok()?, i8::try_from(rest).ok()?);
        let time = Time::new(hour, rest, 0, 0).ok()?;
        zone.to_timestamp(date.to_datetime(time)).ok()
    };
    instant().unwrap_or(Timestamp::MAX)
}
