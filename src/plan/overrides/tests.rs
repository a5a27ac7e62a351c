#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rstest::rstest;

use super::*;
use crate::domain::busy::Busy;
use crate::domain::hours::{Day, Minute, Segment, Week};

/// A Monday on which nothing special happens.
const TODAY: Date = Date::constant(2026, 6, 1);

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

/// `1T09:00/1T12:00`: from the first of June, 09:00, until noon, in Berlin. `1T00:00` alone is
/// empty.
fn spans(text: &str) -> Vec<TimeSpan> {
    let instant = |text: &str| {
        let (day, time) = text.split_once('T').unwrap();
        let text = format!("2026-06-{day:0>2}T{time}");
        let at: DateTime = text.parse().unwrap();
        berlin().to_timestamp(at).unwrap()
    };
    let span = |text: &str| {
        let (start, end) = text.split_once('/').unwrap_or((text, text));
        TimeSpan {
            start: instant(start),
            end: instant(end),
        }
    };
    text.split_whitespace().map(span).collect()
}

fn words(spans: &[TimeSpan]) -> String {
    let instant = |instant| {
        let at = berlin().to_datetime(instant);
        format!("{}T{}", at.day(), at.strftime("%H:%M"))
    };
    let word = |span: &TimeSpan| {
        if span.start == span.end {
            instant(span.start)
        } else {
            format!("{}/{}", instant(span.start), instant(span.end))
        }
    };
    spans.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn day(text: &str) -> Day {
    Day::of(text.split(',').filter(|part| !part.is_empty()).map(|part| {
        let (start, end) = part.split_once('-').unwrap();
        Segment {
            start: Minute::parse(start).unwrap(),
            end: Minute::parse(end).unwrap(),
        }
    }))
}

fn working_week() -> Week {
    let (on, off) = (day("09:00-17:00"), Day::default());
    Week([
        on.clone(),
        on.clone(),
        on.clone(),
        on.clone(),
        on,
        off.clone(),
        off,
    ])
}

fn busy(text: &str) -> Busy {
    Busy::of(spans(text))
}

/// One schedule over several passes.
struct Schedule {
    segments: Vec<TimeSpan>,
    week: Week,
    state: Remembered,
    from: Date,
    day_off: DayOff,
}

impl Schedule {
    fn with(segments: &str) -> Self {
        Self {
            segments: spans(segments),
            week: working_week(),
            state: Remembered::default(),
            from: TODAY,
            day_off: DayOff::Empty,
        }
    }

    fn known(segments: &str) -> Self {
        let mut schedule = Self::with(segments);
        schedule.state.sure = true;
        schedule
    }

    /// What a pass finds out and decides, before it is written.
    fn plan(&self, busy: &Busy, certain: Certainty) -> (Theirs, Plan) {
        let zone = berlin();
        let now = Now {
            segments: &self.segments,
            week: &self.week,
            zone: &zone,
        };
        let days = Days {
            from: self.from,
            to: TODAY.saturating_add(jiff::Span::new().days(14)),
        };
        let theirs = theirs(now, &self.state, busy);
        let plan = overrides(&theirs, now, busy, days, certain, self.day_off);
        (theirs, plan)
    }

    fn pass(&mut self, text: &str) -> String {
        self.pass_knowing(text, Certainty::Whole)
    }

    /// A pass with this busy time; what is there after it.
    fn pass_knowing(&mut self, text: &str, certain: Certainty) -> String {
        let busy = busy(text);
        let (_, plan) = self.plan(&busy, certain);
        if plan.changed {
            self.segments = plan.segments.clone();
        }
        self.state = Remembered {
            replaced: Vec::new(),
            ..plan.remembered
        };
        let (_, again) = self.plan(&busy, certain);
        assert!(!again.changed, "a second pass writes nothing");
        assert_eq!(again.segments, plan.segments);
        assert_eq!(again.remembered, self.state);
        words(&self.segments)
    }
}

#[rstest]
#[case::nothing("", "", "")]
#[case::a_meeting("", "1T10:00/1T11:00", "1T09:00/1T10:00 1T11:00/1T17:00")]
#[case::two_days("", "1T16:00/2T10:00", "1T09:00/1T16:00 2T10:00/2T17:00")]
#[case::out_of_hours("", "1T07:00/1T09:00 1T17:00/1T20:00", "")]
#[case::a_weekend("", "6T10:00/6T11:00", "")]
#[case::the_whole_day("", "1T08:00/1T18:00", "1T00:00")]
#[case::three_whole_days("", "1T00:00/4T00:00", "1T00:00 2T00:00 3T00:00")]
#[case::an_own_override(
    "1T10:00/1T20:00",
    "1T12:00/1T13:00",
    "1T10:00/1T12:00 1T13:00/1T20:00"
)]
#[case::an_own_override_untouched(
    "1T10:00/1T11:00 2T10:00/2T20:00",
    "1T12:00/1T13:00",
    "1T10:00/1T11:00 2T10:00/2T20:00"
)]
#[case::an_own_weekend("6T10:00/6T12:00", "6T11:00/6T13:00", "6T10:00/6T11:00")]
#[case::an_own_day_off("1T00:00", "1T10:00/1T11:00", "1T00:00")]
#[case::an_own_one_over_days(
    "1T20:00/3T04:00",
    "2T10:00/2T11:00",
    "1T20:00/2T10:00 2T11:00/3T04:00"
)]
#[case::a_whole_day_of_it(
    "1T20:00/4T04:00",
    "2T00:00/3T00:00",
    "1T20:00/2T00:00 2T00:00 3T00:00/4T04:00"
)]
#[case::twice_the_same(
    "1T10:00/1T12:00 1T10:00/1T12:00",
    "2T08:00/2T20:00",
    "1T10:00/1T12:00 1T10:00/1T12:00 2T00:00"
)]
fn a_touched_day_is_its_hours_less_busy_time(
    #[case] had: &str,
    #[case] busy: &str,
    #[case] there: &str,
) {
    let mut schedule = Schedule::known(had);
    assert_eq!(schedule.pass(busy), there);
    assert_eq!(schedule.pass(""), words(&spans(had)), "and it goes back");
    assert!(schedule.state.days.is_empty());
}

#[test]
fn a_day_that_is_over_goes_back_to_what_the_person_had() {
    let mut schedule = Schedule::known("1T10:00/1T20:00 30T10:00/30T11:00");
    schedule
        .segments
        .retain(|span| span.start < spans("20T00:00")[0].start);
    let now = "1T15:00/2T10:00 3T09:00/3T10:00";
    assert_eq!(
        schedule.pass(now),
        "1T10:00/1T15:00 2T10:00/2T17:00 3T10:00/3T17:00"
    );
    schedule.from = Date::constant(2026, 6, 2);
    assert_eq!(
        schedule.pass(now),
        "1T10:00/1T20:00 2T10:00/2T17:00 3T10:00/3T17:00"
    );
    schedule.from = Date::constant(2026, 6, 3);
    assert_eq!(schedule.pass(now), "1T10:00/1T20:00 3T10:00/3T17:00");
}

#[rstest]
#[case::more_hours("1T09:00/1T10:00 1T11:00/1T20:00", "1T09:00/1T20:00")]
#[case::fewer_hours("1T09:00/1T10:00 1T11:00/1T14:00", "1T09:00/1T14:00")]
#[case::busy_time_opened("1T09:00/1T17:00", "1T09:00/1T17:00")]
#[case::override_removed("", "")]
#[case::day_off("1T00:00", "1T00:00")]
#[case::made_over_days("1T09:00/1T10:00 1T11:00/2T12:00", "1T09:00/2T12:00")]
#[case::cut_otherwise("1T09:00/1T10:00 1T11:00/1T12:00 1T12:00/1T17:00", "")]
#[case::another_day("1T09:00/1T10:00 1T11:00/1T17:00 2T09:00/2T10:00", "2T09:00/2T10:00")]
fn what_the_person_edits_meanwhile_is_theirs(#[case] edited: &str, #[case] wanted: &str) {
    let mut schedule = Schedule::known("");
    schedule.pass("1T10:00/1T11:00");
    schedule.segments = spans(edited);
    let (theirs, plan) = schedule.plan(&busy("1T10:00/1T11:00"), Certainty::Whole);
    assert_eq!(words(&theirs.segments), wanted);
    let open = Instants::of(plan.segments.iter().copied());
    assert!(!open.touches(spans("1T10:00/1T11:00")[0]));
    assert_eq!(schedule.pass(""), wanted);
}

#[test]
fn a_day_taken_out_of_a_longer_override_has_its_weekly_hours_again() {
    let mut schedule = Schedule::known("1T08:00/3T22:00");
    schedule.pass("2T10:00/2T11:00");
    schedule.segments = spans("1T08:00/2T00:00 3T00:00/3T22:00");
    assert_eq!(
        schedule.pass("2T10:00/2T11:00"),
        "1T08:00/2T00:00 2T09:00/2T10:00 2T11:00/2T17:00 3T00:00/3T22:00"
    );
}

#[test]
fn new_weekly_hours_reach_a_touched_day() {
    let mut schedule = Schedule::known("");
    schedule.pass("1T10:00/1T11:00");
    schedule.week.0[0] = day("08:00-12:00");
    assert_eq!(
        schedule.pass("1T10:00/1T11:00"),
        "1T08:00/1T10:00 1T11:00/1T12:00"
    );
    assert_eq!(schedule.pass(""), "");
}

#[rstest]
#[case::ours("1T09:00/1T10:00 1T11:00/1T17:00", "")]
#[case::a_persons("1T10:00/1T20:00", "1T10:00/1T20:00")]
#[case::ours_for_old_busy_time("1T09:00/1T12:00", "1T09:00/1T12:00")]
fn with_the_state_lost_only_what_is_just_ours_goes_away(#[case] there: &str, #[case] after: &str) {
    let mut schedule = Schedule::with(there);
    schedule.pass("1T10:00/1T11:00");
    assert!(schedule.state.sure);
    assert_eq!(schedule.pass(""), after);
}

#[test]
fn with_the_state_there_an_override_that_looks_like_ours_is_the_persons() {
    let mut schedule = Schedule::known("1T09:00/1T10:00 1T11:00/1T17:00");
    schedule.pass("1T10:00/1T11:00");
    assert_eq!(schedule.pass(""), "1T09:00/1T10:00 1T11:00/1T17:00");
}

#[rstest]
#[case::empty(DayOff::Empty, "1T00:00")]
#[case::a_minute(DayOff::OneMinute, "1T00:01/1T00:02")]
fn a_day_off_of_ours_is_known_without_a_state(#[case] day_off: DayOff, #[case] there: &str) {
    let mut schedule = Schedule::known("");
    schedule.day_off = day_off;
    assert_eq!(schedule.pass("1T08:00/1T18:00"), there);
    schedule.state = Remembered::default();
    assert_eq!(schedule.pass("1T08:00/1T18:00"), there);
    assert_eq!(schedule.pass(""), "");
}

#[rstest]
#[case::free("1T00:00/1T18:00", "1T18:00/1T18:01")]
#[case::late("1T00:00/1T23:58", "1T23:58/1T23:59")]
#[case::nothing_free("1T00:00/2T00:00", "1T00:00/1T00:01")]
#[case::only_the_last("1T00:00/1T23:59", "1T00:00/1T00:01")]
fn the_minute_of_a_day_off_is_not_busy_if_there_is_one(#[case] busy: &str, #[case] there: &str) {
    let mut schedule = Schedule::known("");
    schedule.day_off = DayOff::OneMinute;
    assert_eq!(schedule.pass(busy), there);
    let (_, plan) = schedule.plan(&super::tests::busy(busy), Certainty::Whole);
    assert!(plan.days[0].bookable.is_empty());
    assert_eq!(schedule.pass(""), "");
}

#[test]
fn while_a_source_is_unknown_what_is_closed_stays_closed() {
    let mut schedule = Schedule::known("3T10:00/3T20:00");
    let two = "1T10:00/1T11:00 3T12:00/3T13:00";
    let both = "1T09:00/1T10:00 1T11:00/1T17:00 3T10:00/3T12:00 3T13:00/3T20:00";
    assert_eq!(schedule.pass(two), both);
    assert_eq!(schedule.pass_knowing("", Certainty::PartlyUnknown), both);
    let more = "1T09:00/1T10:00 1T11:00/1T16:00 3T10:00/3T12:00 3T13:00/3T20:00";
    let third = "1T16:00/1T17:00";
    assert_eq!(schedule.pass_knowing(third, Certainty::PartlyUnknown), more);
    assert_eq!(schedule.pass_knowing("", Certainty::PartlyUnknown), more);
    assert_eq!(schedule.pass(""), "3T10:00/3T20:00");
}

#[test]
fn with_the_state_lost_and_a_source_unknown_ours_is_still_found_out_later() {
    let two = "1T10:00/1T11:00 1T15:00/1T16:00";
    let there = "1T09:00/1T10:00 1T11:00/1T15:00 1T16:00/1T17:00";
    let mut schedule = Schedule::with(there);
    let one = "1T10:00/1T11:00 1T16:00/1T16:30";
    schedule.pass_knowing(one, Certainty::PartlyUnknown);
    assert!(!schedule.state.sure);
    let all = format!("{two} 1T16:00/1T16:30");
    schedule.pass(&all);
    assert_eq!(schedule.pass(""), "");
}

#[test]
fn overrides_are_told_and_taken_as_hours() {
    let mut schedule = Schedule::known("1T10:00/1T20:00 2T00:00 4T22:00/5T02:00");
    schedule.pass("1T12:00/1T13:00");
    let none = Busy::default();
    let (theirs, _) = schedule.plan(&none, Certainty::Whole);
    let zone = berlin();
    let told = theirs.days(&zone);
    let date = |day| Date::constant(2026, 6, day);
    let expected = [
        (date(1), day("10:00-20:00")),
        (date(2), Day::default()),
        (date(4), day("22:00-24:00")),
        (date(5), day("00:00-02:00")),
    ];
    assert_eq!(told, BTreeMap::from(expected.clone()));
    assert_eq!(theirs.with(&told, &zone), theirs);
    let mut changed = BTreeMap::from(expected);
    changed.insert(date(1), day("10:00-14:00"));
    changed.insert(date(3), Day::default());
    changed.remove(&date(5));
    let with = theirs.with(&changed, &zone);
    assert_eq!(
        words(&with.segments),
        "1T10:00/1T14:00 2T00:00 3T00:00 4T22:00/5T00:00"
    );
    assert_eq!(with.days(&zone), changed);
}

#[test]
fn the_effect_of_each_day_is_told() {
    let schedule = Schedule::known("2T10:00/2T12:00");
    let (_, plan) = schedule.plan(&busy("1T08:00/1T10:00 2T10:00/2T12:00"), Certainty::Whole);
    assert_eq!(plan.days.len(), 14);
    let told =
        |effect: &Effect| [&effect.hours, &effect.busy, &effect.bookable].map(|spans| words(spans));
    assert_eq!(
        told(&plan.days[0]),
        ["1T09:00/1T17:00", "1T09:00/1T10:00", "1T10:00/1T17:00"]
    );
    assert_eq!(
        told(&plan.days[1]),
        ["2T10:00/2T12:00", "2T10:00/2T12:00", ""]
    );
    assert_eq!(told(&plan.days[5]), ["", "", ""]);
}

#[test]
fn after_a_power_cut_the_state_that_was_written_is_found() {
    let mut schedule = Schedule::known("1T10:00/1T20:00");
    schedule.pass("1T12:00/1T13:00");
    let (_, plan) = schedule.plan(&busy("1T12:00/1T14:00"), Certainty::Whole);
    let (before, intended) = (schedule.state.clone(), plan.remembered);
    assert_eq!(in_force(&schedule.segments, &before, &intended), &before);
    assert_eq!(in_force(&plan.segments, &before, &intended), &intended);
    // A person's edit since, or before, is larger than what was written, and changes nothing.
    for (list, state) in [(&plan.segments, &intended), (&schedule.segments, &before)] {
        let mut edited = list.clone();
        edited.extend(spans("2T00:00/3T00:00"));
        assert_eq!(in_force(&edited, &before, &intended), state);
    }
    schedule.segments.extend(spans("2T00:00/3T00:00"));
    let (_, plan) = schedule.plan(&busy("1T12:00/1T14:00"), Certainty::Whole);
    assert_eq!(
        in_force(&schedule.segments, &before, &plan.remembered),
        &before
    );
    let first = Remembered::default();
    assert_eq!(
        in_force(&schedule.segments, &first, &plan.remembered),
        &first
    );
}

#[test]
fn a_list_from_the_ends_of_time_is_answered() {
    let all = TimeSpan {
        start: jiff::Timestamp::MIN,
        end: jiff::Timestamp::MAX,
    };
    let backwards = TimeSpan {
        start: spans("2T10:00")[0].start,
        end: spans("1T10:00")[0].start,
    };
    for segments in [vec![all], vec![backwards], vec![all, backwards, all]] {
        let mut schedule = Schedule::known("");
        schedule.segments = segments.clone();
        schedule.pass("1T10:00/1T11:00");
        let (theirs, _) = schedule.plan(&Busy::default(), Certainty::Whole);
        assert!(theirs.days(&berlin()).len() <= 4_000);
    }
}
