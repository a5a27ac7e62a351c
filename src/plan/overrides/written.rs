//! What has to be there: what the person wants, less busy time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::runs::{Run, Said, day, empty, runs};
use super::theirs::Theirs;
use super::{Certainty, DayOff, Days, Effect, Now, Plan, Remembered, Touched};
use crate::domain::busy::Busy;
use crate::domain::time_span::TimeSpan;
use crate::plan::instants::Instants;
use crate::plan::local_days::{days_of, next, open_on, start_of};

/// Decides which overrides there have to be. The order of `now.segments` does not matter.
///
/// With [`Certainty::PartlyUnknown`], what we closed stays closed.
#[must_use]
pub fn overrides(
    theirs: &Theirs,
    now: Now<'_>,
    busy: &Busy,
    days: Days,
    certain: Certainty,
    day_off: DayOff,
) -> Plan {
    let zone = now.zone;
    let closed = closed(theirs, busy, days, certain, zone);
    let runs: Vec<Opened> = runs(&theirs.segments, zone)
        .into_iter()
        .map(Opened::of)
        .collect();
    let mut made = Made::default();
    let mut cut: BTreeMap<Date, BTreeSet<Date>> = BTreeMap::new();
    let mut effects = Vec::new();
    for date in days_to_look_at(&closed, days, zone) {
        let run = run_on(&runs, date);
        let hours = match run {
            Some(run) => run.open.within(day(date, zone)),
            None => open_on(date, now.week.on(date), zone),
        };
        let taken = hours.both(&closed);
        let left = hours.minus(&closed);
        if !taken.is_empty() {
            match run {
                Some(run) => {
                    cut.entry(run.run.first).or_default().insert(date);
                }
                None => made.day(date, &left, &closed, day_off, zone),
            }
        }
        if date < days.to {
            effects.push(Effect {
                date,
                hours: hours.spans().to_vec(),
                busy: taken.spans().to_vec(),
                bookable: left.spans().to_vec(),
            });
        }
    }
    for run in &runs {
        match cut.get(&run.run.first) {
            Some(dates) => made.run(&run.run, dates, &closed, day_off, zone),
            None => made.segments.extend(&run.run.segments),
        }
    }
    made.segments.sort_unstable();
    let changed = Said::by(&made.segments, zone) != Said::by(now.segments, zone);
    let mut replaced = if changed {
        now.segments.to_vec()
    } else {
        Vec::new()
    };
    replaced.sort_unstable();
    let remembered = Remembered {
        days: made.days,
        written: made.segments.clone(),
        replaced,
        sure: theirs.sure || certain == Certainty::Whole,
    };
    Plan {
        changed,
        segments: made.segments,
        remembered,
        days: effects,
    }
}

/// A run with what is open on it.
struct Opened {
    run: Run,
    open: Instants,
}

impl Opened {
    fn of(run: Run) -> Self {
        let open = Instants::of(run.segments.iter().copied());
        Self { run, open }
    }
}

/// The list as it grows.
#[derive(Default)]
struct Made {
    segments: Vec<TimeSpan>,
    days: BTreeMap<Date, Touched>,
}

impl Made {
    /// A day that had its weekly hours.
    fn day(
        &mut self,
        date: Date,
        left: &Instants,
        closed: &Instants,
        day_off: DayOff,
        zone: &TimeZone,
    ) {
        let ours = if left.is_empty() {
            vec![off(date, closed, day_off, zone)]
        } else {
            left.spans().to_vec()
        };
        self.add(date, date, ours, None);
    }

    /// A run of the person's own segments, on some days of which busy time takes something.
    fn run(
        &mut self,
        run: &Run,
        dates: &BTreeSet<Date>,
        closed: &Instants,
        day_off: DayOff,
        zone: &TimeZone,
    ) {
        let had = Said::by(&run.segments, zone);
        let left = had.open.minus(closed);
        let mut ours = left.spans().to_vec();
        ours.extend(had.off.iter().map(|date| empty(*date, zone)));
        let nothing_left = dates
            .iter()
            .filter(|date| left.within(day(**date, zone)).is_empty());
        ours.extend(nothing_left.map(|date| off(*date, closed, day_off, zone)));
        ours.sort_unstable();
        self.add(run.first, run.last, ours, Some(run.segments.clone()));
    }

    fn add(&mut self, first: Date, last: Date, ours: Vec<TimeSpan>, theirs: Option<Vec<TimeSpan>>) {
        self.segments.extend(&ours);
        self.days.insert(first, Touched { last, ours, theirs });
    }
}

/// The time that must not be open: what is busy on the days asked for, and, while not all is known,
/// what we closed before from the first of them on.
fn closed(
    theirs: &Theirs,
    busy: &Busy,
    days: Days,
    certain: Certainty,
    zone: &TimeZone,
) -> Instants {
    let start = start_of(days.from, zone);
    let known = TimeSpan {
        start,
        end: start_of(days.to, zone),
    };
    let busy = Instants::of(busy.spans().iter().copied()).within(known);
    match certain {
        Certainty::Whole => busy,
        Certainty::PartlyUnknown => busy.plus(&theirs.shut.within(TimeSpan {
            start,
            end: Timestamp::MAX,
        })),
    }
}

/// The days asked for, and those after them on which something stays closed.
fn days_to_look_at(closed: &Instants, days: Days, zone: &TimeZone) -> BTreeSet<Date> {
    let mut dates = BTreeSet::new();
    let mut add = |first: Date, end: Date| {
        let mut date = first;
        while date < end && dates.insert(date) {
            date = next(date);
        }
    };
    add(days.from, days.to);
    for span in closed.spans() {
        let (first, last) = days_of(*span, zone);
        if last >= days.to {
            add(first.max(days.to), next(last));
        }
    }
    dates
}

fn run_on(runs: &[Opened], date: Date) -> Option<&Opened> {
    let at = runs.partition_point(|run| run.run.last < date);
    runs.get(at).filter(|run| run.run.first <= date)
}

/// A day off.
fn off(date: Date, closed: &Instants, day_off: DayOff, zone: &TimeZone) -> TimeSpan {
    let minute = SignedDuration::from_mins(1);
    let from = |start: Timestamp| TimeSpan {
        start,
        end: start.saturating_add(minute).unwrap_or(start),
    };
    match day_off {
        DayOff::Empty => empty(date, zone),
        DayOff::OneMinute => {
            let bounds = day(date, zone);
            // Neither the first nor the last minute, which could join hours of a day beside it.
            let inner = TimeSpan {
                start: from(bounds.start).end,
                end: bounds.end.saturating_sub(minute).unwrap_or(bounds.end),
            };
            let free = closed
                .cut_out_of(inner)
                .into_iter()
                .map(|span| from(span.start))
                .find(|span| span.end <= inner.end && !closed.touches(*span));
            free.unwrap_or_else(|| from(bounds.start))
        }
    }
}
