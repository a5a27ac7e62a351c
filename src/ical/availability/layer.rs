//! What is open on one date: slots on the wall clock of the hours, and ranges that stand above them.

use jiff::civil::{Date, DateTime};
use jiff::{Span, ToSpan as _};

use super::slot::{Repeats, Slot, minutes_between};
use crate::domain::hours::{Day, Minute, Segment};

const DAY: i64 = 24 * 60;

/// A slot, and by how many minutes the clock of the hours is ahead of its own.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    /// Its place among the items of its `VAVAILABILITY`.
    pub(super) item: usize,
    /// The slot.
    pub(super) slot: Slot,
    /// Minutes to add.
    pub(super) ahead: i64,
}

impl Placed {
    /// When the occurrence that starts on a date (of its own clock) starts and ends, in minutes
    /// since the midnight that begins `day`.
    fn around(&self, start: Date, day: Date) -> (i64, i64) {
        let from = start.to_datetime(self.slot.start.time());
        let from = minutes_between(day.to_datetime(jiff::civil::Time::midnight()), from);
        let from = from.saturating_add(self.ahead);
        (from, from.saturating_add(self.slot.minutes))
    }

    /// The dates that its occurrence of a date touches, on the clock of the hours.
    pub(super) fn touches(&self, start: Date) -> impl Iterator<Item = Date> {
        let at = |minutes: i64| {
            start
                .to_datetime(self.slot.start.time())
                .checked_add(Span::new().minutes(minutes))
                .map_or(start, DateTime::date)
        };
        let last = at(self.ahead.saturating_add(self.slot.minutes) - 1);
        at(self.ahead)
            .series(1.day())
            .take_while(move |date| *date <= last)
    }

    /// What its occurrences open on the days of a usual week, Monday first, by the weekday on
    /// which an occurrence starts.
    pub(super) fn opens(&self, weekday: usize) -> Vec<(usize, Segment)> {
        let start = i64::try_from(weekday).unwrap_or_default() * DAY
            + i64::from(self.slot.start.hour()) * 60
            + i64::from(self.slot.start.minute())
            + self.ahead;
        let mut parts = Vec::new();
        let (mut from, end) = (start, start + self.slot.minutes.min(7 * DAY));
        while from < end {
            let midnight = (from.div_euclid(DAY) + 1) * DAY;
            let to = midnight.min(end);
            let day = from.div_euclid(DAY).rem_euclid(7);
            let begin = from.rem_euclid(DAY);
            if let (Some(segment), Ok(day)) = (segment(begin, begin + to - from), day.try_into()) {
                parts.push((day, segment));
            }
            from = to;
        }
        parts
    }
}

/// A `VAVAILABILITY` between two times, on the clock of the hours.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// Its place in the document.
    pub(super) path: (usize, usize),
    /// 1 stands above 9, and 10 (no priority) below all (RFC 7953 section 3.2).
    pub(super) rank: u8,
    /// Its start.
    pub(super) from: DateTime,
    /// Its end.
    pub(super) to: DateTime,
    /// What is open in it.
    pub(super) slots: Vec<Placed>,
}

impl Layer {
    /// The part of a date that it covers.
    pub(super) fn on(&self, date: Date) -> Option<Segment> {
        let midnight = date.to_datetime(jiff::civil::Time::midnight());
        let from = minutes_between(midnight, self.from);
        let to = minutes_between(midnight, self.to);
        segment(from.clamp(0, DAY), to.clamp(0, DAY))
    }

    /// The dates that it touches.
    pub(super) fn dates(&self) -> impl Iterator<Item = Date> {
        let to = self.to;
        self.from
            .date()
            .series(1.day())
            .take_while(move |date| date.to_datetime(jiff::civil::Time::midnight()) < to)
    }

    /// What is open on a date, when this stands above what was open without it.
    pub(super) fn over(&self, below: &Day, date: Date) -> Day {
        let Some(range) = self.on(date) else {
            return below.clone();
        };
        let open = free(&self.slots, date);
        let inside = open.segments().iter().filter_map(|part| {
            let clip = |minute: Minute| i64::from(minute.clamp(range.start, range.end).get());
            segment(clip(part.start), clip(part.end))
        });
        Day::of(outside(below, range).into_iter().chain(inside))
    }
}

/// What slots open on a date.
pub(super) fn free(slots: &[Placed], date: Date) -> Day {
    let mut open = Vec::new();
    for placed in slots {
        let mut add = |start: Date| {
            let (from, to) = placed.around(start, date);
            open.extend(segment(from.clamp(0, DAY), to.clamp(0, DAY)));
        };
        match placed.slot.repeats {
            Repeats::Never => add(placed.slot.start.date()),
            Repeats::Weekly(_) => {
                let back = (placed.slot.minutes + placed.ahead.abs()) / DAY + 2;
                let first = date.checked_sub(Span::new().days(back)).unwrap_or(date);
                let last = date.checked_add(2.days()).unwrap_or(date);
                first
                    .series(1.day())
                    .take_while(|start| *start <= last)
                    .filter(|start| placed.slot.starts_on(*start))
                    .for_each(&mut add);
            }
        }
    }
    Day::of(open)
}

/// What of a day is outside a range.
fn outside(day: &Day, range: Segment) -> Vec<Segment> {
    let mut left = Vec::new();
    for part in day.segments() {
        left.push(Segment {
            start: part.start,
            end: part.end.min(range.start),
        });
        left.push(Segment {
            start: part.start.max(range.end),
            end: part.end,
        });
    }
    left.retain(|part| part.start < part.end);
    left
}

/// A segment from minutes of a day; `None` where it is empty.
fn segment(from: i64, to: i64) -> Option<Segment> {
    let minute = |minute: i64| Minute::new(u16::try_from(minute).ok()?);
    let (start, end) = (minute(from)?, minute(to)?);
    (start < end).then_some(Segment { start, end })
}
