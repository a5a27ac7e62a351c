//! What the person wants: what is there now, less what we made of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::runs::{Run, Said, day, empty, runs};
use super::{Now, Remembered, Touched};
use crate::domain::busy::Busy;
use crate::domain::hours::Day;
use crate::domain::time_span::TimeSpan;
use crate::plan::instants::Instants;
use crate::plan::local_days::{as_hours, open_on};

/// How many days of overrides are looked at as hours; more only a hostile list has.
const MOST_DAYS: usize = 4_000;

/// The overrides that the person wants, without busy time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Theirs {
    /// As segments, in order.
    pub segments: Vec<TimeSpan>,
    /// What we closed, and what is closed now.
    pub(super) shut: Instants,
    /// See [`Remembered::sure`].
    pub(super) sure: bool,
}

/// Everything about days that are tied together now, or were when we wrote.
struct Region<'a> {
    last: Date,
    seen: Vec<Run>,
    wrote: Vec<(Date, &'a Touched)>,
}

/// Tells what the person wants from what is there now and what we wrote last.
///
/// | we wrote | there is now | the person wants |
/// |---|---|---|
/// | nothing | anything | that |
/// | a segment list | the same | what they had |
/// | | none on that day | the weekly hours |
/// | | a day off, which we did not write | a day off |
/// | | anything else | what they had and what they added, less what they took away |
#[must_use]
pub fn theirs(now: Now<'_>, remembered: &Remembered, busy: &Busy) -> Theirs {
    let mut found = Theirs {
        sure: remembered.sure,
        ..Theirs::default()
    };
    let mut shut: Vec<TimeSpan> = Vec::new();
    for region in regions(now, remembered) {
        let seen: Vec<TimeSpan> = region
            .seen
            .iter()
            .flat_map(|run| run.segments.clone())
            .collect();
        let said = Said::by(&seen, now.zone);
        let guessed = (!remembered.sure)
            .then(|| looks_like_ours(&region.seen, &said, now, busy))
            .flatten();
        let (wanted, open) = match (&region.wrote[..], guessed) {
            (_, Some(open)) => (Vec::new(), open),
            ([], None) => (seen, said.open.clone()),
            ([(date, touched)], None) if Said::by(&touched.ours, now.zone) == said => (
                touched.theirs.clone().unwrap_or_default(),
                wanted_before(*date, touched, now),
            ),
            (wrote, None) => {
                let wanted = edited(&region.seen, &said, wrote, now);
                let open = Instants::of(wanted.iter().copied());
                (wanted, open)
            }
        };
        shut.extend(open.minus(&said.open).spans());
        found.segments.extend(wanted);
    }
    found.shut = Instants::of(shut);
    found.segments.sort_unstable();
    found
}

impl Theirs {
    /// The overrides by day, where hours say just what the segments do. Days that no hours can
    /// express (seconds, the second of two equal hours) are left out, and those of a list with
    /// thousands of them.
    #[must_use]
    pub fn days(&self, zone: &TimeZone) -> BTreeMap<Date, Day> {
        let mut days = BTreeMap::new();
        let mut looked_at = 0_usize;
        for run in runs(&self.segments, zone) {
            let open = Instants::of(run.segments.iter().copied());
            let mut date = run.first;
            while date <= run.last && looked_at < MOST_DAYS {
                looked_at += 1;
                if let Some(hours) = as_hours(date, &open.within(day(date, zone)), zone) {
                    days.insert(date, hours);
                }
                match date.tomorrow() {
                    Ok(tomorrow) => date = tomorrow,
                    Err(_) => break,
                }
            }
        }
        days
    }

    /// With these overrides in place of [`Theirs::days`]. Days that are the same in both, and those
    /// that hours cannot express, keep their segments.
    #[must_use]
    pub fn with(&self, overrides: &BTreeMap<Date, Day>, zone: &TimeZone) -> Self {
        let own = self.days(zone);
        let odd = |date: &Date| {
            let bounds = day(*date, zone);
            let touches = |span: &TimeSpan| span.start < bounds.end && bounds.start < span.end;
            !own.contains_key(date) && self.segments.iter().any(touches)
        };
        let changed: BTreeSet<Date> = own
            .keys()
            .chain(overrides.keys())
            .filter(|date| own.get(date) != overrides.get(date) && !odd(date))
            .copied()
            .collect();
        let replaced = Instants::of(changed.iter().map(|date| day(*date, zone)));
        let mut segments: Vec<TimeSpan> = Vec::new();
        for segment in &self.segments {
            if segment.start < segment.end {
                segments.extend(replaced.cut_out_of(*segment));
            } else if !replaced.has(segment.start) {
                segments.push(*segment);
            }
        }
        for date in &changed {
            let Some(hours) = overrides.get(date) else {
                continue;
            };
            segments.extend(or_off(*date, &open_on(*date, hours, zone), zone));
        }
        segments.sort_unstable();
        Self {
            segments,
            ..self.clone()
        }
    }
}

/// What is there now and what we wrote, by days that are tied together.
fn regions<'a>(now: Now<'_>, remembered: &'a Remembered) -> Vec<Region<'a>> {
    let mut sorted = now.segments.to_vec();
    sorted.sort_unstable();
    let seen = runs(&sorted, now.zone).into_iter().map(|run| {
        let region = Region {
            last: run.last,
            seen: vec![run],
            wrote: Vec::new(),
        };
        (region.seen.first().map(|run| run.first), region)
    });
    let wrote = remembered.days.iter().map(|(date, touched)| {
        let region = Region {
            last: touched.last,
            seen: Vec::new(),
            wrote: vec![(*date, touched)],
        };
        (Some(*date), region)
    });
    let mut all: Vec<_> = seen.chain(wrote).collect();
    all.sort_by_key(|(first, _)| *first);
    let mut regions: Vec<Region<'a>> = Vec::new();
    for (first, region) in all {
        match regions.last_mut() {
            Some(last) if first.is_some_and(|first| first <= last.last) => {
                last.last = last.last.max(region.last);
                last.seen.extend(region.seen);
                last.wrote.extend(region.wrote);
            }
            Some(_) | None => regions.push(region),
        }
    }
    regions
}

/// The weekly hours of a day, where its override is just them less busy time.
fn looks_like_ours(seen: &[Run], said: &Said, now: Now<'_>, busy: &Busy) -> Option<Instants> {
    let [run] = seen else { return None };
    if run.first != run.last {
        return None;
    }
    let weekly = open_on(run.first, now.week.on(run.first), now.zone);
    let left = Instants::of(
        weekly
            .spans()
            .iter()
            .flat_map(|span| busy.cut_out_of(*span)),
    );
    let alike = if left.is_empty() {
        said.open.is_empty() || said.open.is_a_minute()
    } else {
        said.open == left
    };
    (alike && left != weekly).then_some(weekly)
}

/// What was open for the person where they changed nothing since we wrote.
fn wanted_before(first: Date, touched: &Touched, now: Now<'_>) -> Instants {
    match &touched.theirs {
        Some(segments) => Instants::of(segments.iter().copied()),
        None => open_on(first, now.week.on(first), now.zone),
    }
}

/// Three-way, as sets of instants: what they had, and what they added, less what they took away.
fn edited(seen: &[Run], said: &Said, wrote: &[(Date, &Touched)], now: Now<'_>) -> Vec<TimeSpan> {
    let mut had = Instants::default();
    let mut ours: Vec<TimeSpan> = Vec::new();
    for (first, touched) in wrote {
        had = had.plus(&wanted_before(*first, touched, now));
        ours.extend(&touched.ours);
    }
    let ours = Said::by(&ours, now.zone);
    let added = said.open.minus(&ours.open);
    let taken = ours.open.minus(&said.open);
    // A day with no segment at all has its weekly hours again; a day off says all about its day.
    let kept = Instants::of(seen.iter().map(|run| run.bounds(now.zone)));
    let off = said
        .off
        .difference(&ours.off)
        .map(|date| day(*date, now.zone));
    let wanted = had
        .plus(&added)
        .minus(&taken)
        .both(&kept)
        .minus(&Instants::of(off));
    let mut segments = wanted.spans().to_vec();
    let still_off = said
        .off
        .iter()
        .filter(|date| wanted.within(day(**date, now.zone)).is_empty());
    segments.extend(still_off.map(|date| empty(*date, now.zone)));
    segments
}

/// The segments of a day with these hours.
pub(super) fn or_off(date: Date, open: &Instants, zone: &TimeZone) -> Vec<TimeSpan> {
    if open.is_empty() {
        vec![empty(date, zone)]
    } else {
        open.spans().to_vec()
    }
}
