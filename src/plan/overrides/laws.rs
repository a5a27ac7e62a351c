//! Laws of the overrides, on made-up schedules in zones whose clocks are changed.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};
use proptest::prelude::*;

use super::*;
use crate::domain::busy::Busy;
use crate::domain::hours::{Day, Minute, Segment, Week};
use crate::plan::local_days::{bounds_of, days_of, open_on, start_of};

const DAYS: i64 = 6;

/// Zones, each with the day before its clocks are changed, forwards and back.
const ZONES: [(&str, Date); 9] = [
    ("Europe/Berlin", Date::constant(2026, 3, 28)),
    ("Europe/Berlin", Date::constant(2026, 10, 24)),
    ("America/New_York", Date::constant(2026, 3, 7)),
    ("America/New_York", Date::constant(2026, 10, 31)),
    ("Australia/Lord_Howe", Date::constant(2026, 4, 4)),
    ("Australia/Lord_Howe", Date::constant(2026, 10, 3)),
    ("Asia/Kathmandu", Date::constant(2026, 6, 1)),
    // At midnight, forwards and back.
    ("Africa/Cairo", Date::constant(2026, 4, 23)),
    ("Africa/Cairo", Date::constant(2026, 10, 28)),
];

#[derive(Clone, Debug)]
struct Made {
    zone: TimeZone,
    from: Date,
    week: Week,
    segments: Vec<TimeSpan>,
    busy: Vec<Busy>,
}

impl Made {
    fn days(&self) -> Days {
        Days {
            from: self.from,
            to: self.from.checked_add(DAYS.days()).unwrap(),
        }
    }

    fn plan(
        &self,
        segments: &[TimeSpan],
        state: &Remembered,
        busy: &Busy,
        certain: Certainty,
    ) -> Plan {
        let now = Now {
            segments,
            week: &self.week,
            zone: &self.zone,
        };
        let theirs = theirs(now, state, busy);
        overrides(&theirs, now, busy, self.days(), certain, DayOff::Empty)
    }

    /// What is open on a day, by the rule of Zoom: its overrides, or else the weekly hours.
    fn open(&self, segments: &[TimeSpan], date: Date) -> Instants {
        let bounds = bounds_of(date, &self.zone);
        let touches = |span: &&TimeSpan| {
            let (first, last) = days_of(**span, &self.zone);
            first <= date && date <= last
        };
        let on: Vec<TimeSpan> = segments.iter().filter(touches).copied().collect();
        if on.is_empty() {
            open_on(date, self.week.on(date), &self.zone)
        } else {
            Instants::of(on).within(bounds)
        }
    }

    fn dates(&self) -> impl Iterator<Item = Date> + '_ {
        (-2..DAYS + 2).map(|day| self.from.checked_add(day.days()).unwrap())
    }

    fn sure() -> Remembered {
        Remembered {
            sure: true,
            ..Remembered::default()
        }
    }
}

fn hours() -> impl Strategy<Value = Day> {
    let segment = (0_u16..96, 1_u16..40).prop_map(|(start, length)| Segment {
        start: Minute::new(start * 15).unwrap(),
        end: Minute::new(((start + length) * 15).min(1_440)).unwrap(),
    });
    prop::collection::vec(segment, 0..3).prop_map(Day::of)
}

/// Spans from two days before the first day to two days after the last, in minutes.
fn some_spans(
    start: jiff::Timestamp,
    most: i64,
    number: usize,
) -> impl Strategy<Value = Vec<TimeSpan>> {
    let range = (-2 * 96..(DAYS + 2) * 96, 0..=most);
    let span = range.prop_map(move |(at, length)| TimeSpan {
        start: start
            .checked_add(SignedDuration::from_mins(at * 15))
            .unwrap(),
        end: start
            .checked_add(SignedDuration::from_mins((at + length) * 15))
            .unwrap(),
    });
    prop::collection::vec(span, 0..number)
}

fn made() -> impl Strategy<Value = Made> {
    prop::sample::select(&ZONES[..]).prop_flat_map(|(name, from)| {
        let zone = TimeZone::get(name).unwrap();
        let start = start_of(from, &zone);
        let week = prop::collection::vec(hours(), 7);
        let segments = (some_spans(start, 20, 4), some_spans(start, 200, 2));
        let busy = prop::collection::vec(some_spans(start, 60, 8).prop_map(Busy::of), 3);
        (week, segments, busy).prop_map(move |(week, (short, long), busy)| Made {
            zone: zone.clone(),
            from,
            week: Week(week.try_into().unwrap()),
            segments: short.into_iter().chain(long).collect(),
            busy,
        })
    })
}

fn sorted(spans: &[TimeSpan]) -> Vec<TimeSpan> {
    let mut spans = spans.to_vec();
    spans.sort_unstable();
    spans
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_is_open_is_the_hours_less_busy_time_to_the_instant(made in made()) {
        let busy = &made.busy[0];
        let plan = made.plan(&made.segments, &Made::sure(), busy, Certainty::Whole);
        let taken = Instants::of(busy.spans().iter().copied());
        let days = made.days();
        for date in made.dates() {
            let hours = made.open(&made.segments, date);
            let asked_for = days.from <= date && date < days.to;
            let wanted = if asked_for { hours.minus(&taken) } else { hours };
            prop_assert_eq!(made.open(&plan.segments, date), wanted, "{}", date);
        }
        for effect in &plan.days {
            let open = made.open(&plan.segments, effect.date);
            prop_assert_eq!(open.spans(), &effect.bookable[..]);
        }
        prop_assert_eq!(sorted(&plan.segments), plan.segments);
    }

    #[test]
    fn a_second_pass_writes_nothing(made in made()) {
        let busy = &made.busy[0];
        let plan = made.plan(&made.segments, &Made::sure(), busy, Certainty::Whole);
        let again = made.plan(&plan.segments, &plan.remembered, busy, Certainty::Whole);
        prop_assert!(!again.changed);
        prop_assert_eq!(again.segments, plan.segments);
        prop_assert_eq!(again.days, plan.days);
        prop_assert_eq!(again.remembered.days, plan.remembered.days);
    }

    #[test]
    fn passes_leave_no_trace_when_nothing_is_busy_any_more(made in made(), unsure in any::<bool>()) {
        let (mut segments, mut state) = (made.segments.clone(), Made::sure());
        for (number, busy) in made.busy.iter().enumerate() {
            let certain = if unsure && number == 1 { Certainty::PartlyUnknown } else { Certainty::Whole };
            let plan = made.plan(&segments, &state, busy, certain);
            if plan.changed {
                segments = plan.segments;
                segments.reverse();
            }
            state = plan.remembered;
        }
        let last = made.plan(&segments, &state, &Busy::default(), Certainty::Whole);
        prop_assert_eq!(&last.segments, &sorted(&made.segments));
        prop_assert!(last.remembered.days.is_empty());
    }

    #[test]
    fn untouched_days_keep_their_segments(made in made()) {
        let busy = &made.busy[0];
        let plan = made.plan(&made.segments, &Made::sure(), busy, Certainty::Whole);
        for segment in &made.segments {
            let (first, last) = days_of(*segment, &made.zone);
            let touched = plan.remembered.days.iter().any(|(day, touched)| *day <= last && first <= touched.last);
            prop_assert!(touched || plan.segments.contains(segment));
        }
    }

    #[test]
    fn while_a_source_is_unknown_no_day_opens(made in made()) {
        let first = made.plan(&made.segments, &Made::sure(), &made.busy[0], Certainty::Whole);
        let second = made.plan(&first.segments, &first.remembered, &made.busy[1], Certainty::PartlyUnknown);
        for date in made.dates().filter(|date| *date >= made.from) {
            let (before, after) = (made.open(&first.segments, date), made.open(&second.segments, date));
            prop_assert!(after.minus(&before).is_empty(), "{date}");
            let busy = Instants::of(made.busy[1].spans().iter().copied());
            prop_assert!(date >= made.days().to || after.both(&busy).is_empty());
        }
    }

    #[test]
    fn input_order_does_not_matter(made in made()) {
        let busy = &made.busy[0];
        let plan = made.plan(&made.segments, &Made::sure(), busy, Certainty::Whole);
        let mut reversed = made.segments.clone();
        reversed.reverse();
        prop_assert_eq!(&plan, &made.plan(&reversed, &Made::sure(), busy, Certainty::Whole));
        let mut there = plan.segments.clone();
        there.reverse();
        let next = |there: &[TimeSpan]| made.plan(there, &plan.remembered, &made.busy[1], Certainty::Whole);
        prop_assert_eq!(next(&plan.segments), next(&there));
    }

    #[test]
    fn what_a_person_edits_is_open_where_nothing_is_busy(made in made(), added in 0_i64..DAYS * 96, length in 1_i64..20) {
        let busy = &made.busy[0];
        let plan = made.plan(&made.segments, &Made::sure(), busy, Certainty::Whole);
        let start = start_of(made.from, &made.zone);
        let at = |quarter: i64| start.checked_add(SignedDuration::from_mins(quarter * 15)).unwrap();
        let segment = TimeSpan { start: at(added), end: at(added + length) };
        let mut edited = plan.segments.clone();
        edited.push(segment);
        let after = made.plan(&edited, &plan.remembered, busy, Certainty::Whole);
        let taken = Instants::of(busy.spans().iter().copied());
        for date in made.dates().filter(|date| made.from <= *date && *date < made.days().to) {
            let wanted = made.open(&edited, date).minus(&taken);
            prop_assert_eq!(made.open(&after.segments, date), wanted, "{}", date);
        }
    }
}
