//! Segments that belong together, and what they say.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::time_span::TimeSpan;
use crate::plan::instants::Instants;
use crate::plan::local_days::{day_of, days_of, next, start_of};

/// Days that segments tie together: each segment that touches one of them touches no other day.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) first: Date,
    pub(super) last: Date,
    pub(super) segments: Vec<TimeSpan>,
}

impl Run {
    /// Its days, as instants.
    pub(super) fn bounds(&self, zone: &TimeZone) -> TimeSpan {
        TimeSpan {
            start: start_of(self.first, zone),
            end: start_of(next(self.last), zone),
        }
    }
}

/// The runs of segments that are in order, in order. Segments that end before they start say
/// nothing anybody could know, and are runs of the day that they start on.
pub(super) fn runs(segments: &[TimeSpan], zone: &TimeZone) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for segment in segments {
        let (first, last) = days_of(*segment, zone);
        match runs.last_mut() {
            Some(run) if first <= run.last => {
                run.last = run.last.max(last);
                run.segments.push(*segment);
            }
            Some(_) | None => runs.push(Run {
                first,
                last: last.max(first),
                segments: vec![*segment],
            }),
        }
    }
    runs
}

/// What segments say, however they are cut: what is open, and which days are off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) open: Instants,
    pub(super) off: BTreeSet<Date>,
}

impl Said {
    pub(super) fn by(segments: &[TimeSpan], zone: &TimeZone) -> Self {
        let open = Instants::of(segments.iter().copied());
        let off = segments
            .iter()
            .filter(|segment| segment.start >= segment.end)
            .map(|segment| day_of(segment.start, zone))
            .filter(|date| open.within(day(*date, zone)).is_empty())
            .collect();
        Self { open, off }
    }
}

/// A day, as instants.
pub(super) fn day(date: Date, zone: &TimeZone) -> TimeSpan {
    crate::plan::local_days::bounds_of(date, zone)
}

/// An empty segment at the start of a day.
pub(super) fn empty(date: Date, zone: &TimeZone) -> TimeSpan {
    let start = start_of(date, zone);
    TimeSpan { start, end: start }
}
