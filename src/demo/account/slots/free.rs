//! Which times are free: weekly hours, with the days that differ from them, minus what is in the
//! way. An oracle for tests, so it shares no rule with the rest of the program.
//!
//! - A day is a local day of the schedule's zone. Where any segment of the overrides touches it,
//!   it is open at those times and at no other; an empty segment touches its day and opens nothing.
//! - Any other day has the hours of its weekday. A wall clock time that a change of the clocks
//!   skips is read as that much later, one that comes twice as the first (RFC 5545 section 3.3.5).
//! - A free stretch is what of a day's open time nothing is in the way of, joined where it touches,
//!   and cut at local midnight.
//! - Slots stand one after the other from the start of each free stretch, as long as they fit.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::super::availability::Week;
use crate::domain::time_span::TimeSpan;

/// The hours of a schedule.
pub(super) struct Hours<'a> {
    pub(super) zone: &'a TimeZone,
    pub(super) week: &'a Week,
    pub(super) overrides: &'a [TimeSpan],
}

/// The free stretches from one local day to another, both included.
pub(super) fn free(hours: &Hours, busy: &[TimeSpan], first: Date, last: Date) -> Vec<TimeSpan> {
    let busy = joined(busy.iter().copied());
    let mut all = Vec::new();
    let mut date = first;
    while date <= last {
        for open in hours.on(date) {
            subtract(open, &busy, &mut all);
        }
        match date.tomorrow() {
            Ok(next) => date = next,
            Err(_) => break,
        }
    }
    all
}

/// The starts of all slots of so many minutes.
pub(super) fn slots(free: &[TimeSpan], minutes: u32) -> Vec<Timestamp> {
    let length = SignedDuration::from_mins(i64::from(minutes.max(1)));
    let mut starts = Vec::new();
    for stretch in free {
        let mut start = stretch.start;
        while let Ok(end) = start.checked_add(length)
            && end <= stretch.end
        {
            starts.push(start);
            start = end;
        }
    }
    starts
}

impl Hours<'_> {
    /// When a local day is open, in order.
    fn on(&self, date: Date) -> Vec<TimeSpan> {
        let (Some(begins), Some(ends)) = (self.minute(date, 0), self.minute(date, 24 * 60)) else {
            return Vec::new();
        };
        let touching: Vec<TimeSpan> = self
            .overrides
            .iter()
            .copied()
            .filter(|span| {
                let empty = span.start == span.end && span.start >= begins;
                span.start < ends && (span.end > begins || empty)
            })
            .collect();
        let open: Vec<TimeSpan> = if touching.is_empty() {
            let index = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
            let day = self.week.get(index).into_iter().flatten();
            day.filter_map(|(start, end)| {
                Some(TimeSpan {
                    start: self.minute(date, *start)?,
                    end: self.minute(date, *end)?,
                })
            })
            .collect()
        } else {
            touching
        };
        joined(open.into_iter().map(|span| TimeSpan {
            start: span.start.max(begins),
            end: span.end.min(ends),
        }))
    }

    /// The instant of a minute on the wall clock of a day.
    fn minute(&self, date: Date, minute: u16) -> Option<Timestamp> {
        let midnight = DateTime::from_parts(date, Time::midnight());
        let wall = midnight.checked_add(i64::from(minute).minutes()).ok()?;
        let zoned = self.zone.to_ambiguous_zoned(wall).compatible().ok()?;
        Some(zoned.timestamp())
    }
}

/// In order, none empty, none overlapping or touching.
fn joined(spans: impl Iterator<Item = TimeSpan>) -> Vec<TimeSpan> {
    let mut spans: Vec<TimeSpan> = spans.filter(|span| span.start < span.end).collect();
    spans.sort_unstable();
    let mut joined: Vec<TimeSpan> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

/// What of an open time is free; `busy` is in order and joined.
fn subtract(open: TimeSpan, busy: &[TimeSpan], free: &mut Vec<TimeSpan>) {
    let mut start = open.start;
    let first = busy.partition_point(|span| span.end <= open.start);
    let inside = busy.iter().skip(first);
    for span in inside.take_while(|span| span.start < open.end) {
        if start < span.start {
            free.push(TimeSpan {
                start,
                end: span.start,
            });
        }
        start = start.max(span.end);
    }
    if start < open.end {
        free.push(TimeSpan {
            start,
            end: open.end,
        });
    }
}
