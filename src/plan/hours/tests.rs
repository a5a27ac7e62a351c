//! The rows of the tables, and the laws behind them.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use rstest::rstest;

use super::said::read;
use super::*;
use crate::domain::hours::{Day, Week};

const TODAY: Date = date(2026, 11, 21);
const LATER: Date = date(2026, 12, 24);
const MONDAY: Part = Part::Weekday(0);

/// `9` is `09:00-17:00` of that hour on; `""` is a day off.
fn day(text: &str) -> Day {
    match text {
        "" => Day::default(),
        text => read(MONDAY, text).flatten().expect("a day"),
    }
}

/// The same hours on Monday, `09:00-10:00` on Tuesday, so that no week is empty.
fn hours(monday: &str, override_: Option<&str>) -> Hours {
    let mut week = Week::default();
    week.0[0] = day(monday);
    week.0[1] = day("09:00-10:00");
    Hours {
        zone: "Europe/Berlin".to_owned(),
        week,
        overrides: override_
            .map(|text| (LATER, day(text)))
            .into_iter()
            .collect(),
    }
}

struct Case {
    base: Option<Agreed>,
    zoom: Hours,
    calendar: Option<Hours>,
    wins: Wins,
    left_out: bool,
    decisions: BTreeMap<Part, Decided>,
}

impl Case {
    fn new(base: &Hours, zoom: &Hours, calendar: &Hours) -> Self {
        Self {
            base: Some(Agreed::of(base)),
            zoom: zoom.clone(),
            calendar: Some(calendar.clone()),
            wins: Wins::Hold,
            left_out: false,
            decisions: BTreeMap::new(),
        }
    }

    fn wins(mut self, wins: Wins) -> Self {
        self.wins = wins;
        self
    }

    fn decided(mut self, part: Part, decision: Decision, text: &str) -> Self {
        let text = text.to_owned();
        self.decisions.insert(part, Decided { decision, text });
        self
    }

    fn plan(&self) -> Plan {
        reconcile(Three {
            base: self.base.as_ref(),
            zoom: &self.zoom,
            calendar: self.calendar.as_ref(),
            left_out: self.left_out,
            wins: self.wins,
            today: TODAY,
            decisions: &self.decisions,
        })
    }

    /// What both sides have, and what is remembered, once the plan is done.
    fn done(&self) -> Self {
        let plan = self.plan();
        Self {
            base: Some(plan.base),
            zoom: plan.zoom,
            calendar: plan.calendar.or_else(|| self.calendar.clone()),
            wins: self.wins,
            left_out: self.left_out,
            decisions: BTreeMap::new(),
        }
    }
}

/// The plan in words: Monday in Zoom, Monday in the calendar (`-` where it is not written), and
/// conflicts.
fn words_of(plan: &Plan) -> String {
    let conflicts: Vec<String> = plan
        .conflicts
        .iter()
        .map(|conflict| format!(" {} {:?}", conflict.part, conflict.standing))
        .collect();
    let calendar = plan
        .calendar
        .as_ref()
        .map(|hours| hours.week.0[0].to_string());
    format!(
        "{} | {}{}",
        plan.zoom.week.0[0],
        calendar.as_deref().unwrap_or("-"),
        conflicts.concat()
    )
}

const A: &str = "08:00-12:00";
const B: &str = "09:00-12:00";
const C: &str = "10:00-12:00";

#[rstest]
#[case::nobody(A, A, A, Wins::Hold, "08:00-12:00 | -")]
#[case::zoom(A, B, A, Wins::Hold, "09:00-12:00 | 09:00-12:00")]
#[case::the_calendar(A, A, B, Wins::Hold, "09:00-12:00 | -")]
#[case::both_alike(A, B, B, Wins::Hold, "09:00-12:00 | -")]
#[case::both_hold(A, B, C, Wins::Hold, "09:00-12:00 | - monday Open")]
#[case::both_zoom(A, B, C, Wins::Zoom, "09:00-12:00 | 09:00-12:00 monday Settled")]
#[case::both_calendar(A, B, C, Wins::Calendar, "10:00-12:00 | - monday Settled")]
#[case::off_in_the_calendar(A, A, "", Wins::Zoom, "off | -")]
#[case::off_in_zoom(A, "", A, Wins::Calendar, "off | off")]
fn a_weekday_follows_whoever_changed_it(
    #[case] base: &str,
    #[case] zoom: &str,
    #[case] calendar: &str,
    #[case] wins: Wins,
    #[case] expected: &str,
) {
    let case = Case::new(
        &hours(base, None),
        &hours(zoom, None),
        &hours(calendar, None),
    );
    assert_eq!(words_of(&case.wins(wins).plan()), expected);
}

#[rstest]
#[case::zoom(None, Some(B), None, "09:00-12:00 09:00-12:00")]
#[case::the_calendar(None, None, Some(""), "off off")]
#[case::zoom_takes_it_back(Some(A), None, Some(A), "usual usual")]
#[case::the_calendar_takes_it_back(Some(A), Some(A), None, "usual usual")]
#[case::both(None, Some(B), Some(C), "09:00-12:00 10:00-12:00 open")]
#[case::one_takes_it_back(Some(A), None, Some(C), "usual 10:00-12:00 open")]
fn a_date_follows_whoever_changed_it(
    #[case] base: Option<&str>,
    #[case] zoom: Option<&str>,
    #[case] calendar: Option<&str>,
    #[case] expected: &str,
) {
    let case = Case::new(&hours(A, base), &hours(A, zoom), &hours(A, calendar));
    let done = case.done();
    let word = |hours: &Hours| {
        let day = hours.overrides.get(&LATER);
        day.map_or_else(|| "usual".to_owned(), Day::to_string)
    };
    let open = if case.plan().conflicts.is_empty() {
        ""
    } else {
        " open"
    };
    let calendar = word(done.calendar.as_ref().expect("hours"));
    assert_eq!(format!("{} {calendar}{open}", word(&done.zoom)), expected);
}

#[test]
fn changes_of_different_parts_are_both_kept() {
    let case = Case::new(&hours(A, None), &hours(B, None), &hours(A, Some(C)));
    let done = case.done();
    assert_eq!(done.zoom, hours(B, Some(C)));
    assert_eq!(done.calendar, Some(hours(B, Some(C))));
    assert_eq!(done.base, Some(Agreed::of(&hours(B, Some(C)))));
}

fn first(zoom: &Hours, calendar: Option<&Hours>) -> Case {
    Case {
        base: None,
        calendar: calendar.cloned(),
        ..Case::new(zoom, zoom, zoom)
    }
}

fn nothing() -> Hours {
    Hours {
        week: Week::default(),
        ..hours(A, None)
    }
}

#[test]
fn a_calendar_without_hours_gets_those_of_zoom() {
    let plan = first(&hours(A, Some(B)), None).plan();
    assert_eq!(plan.calendar, Some(hours(A, Some(B))));
    assert_eq!(plan.base, Agreed::of(&hours(A, Some(B))));
    let plan = first(&hours(A, None), Some(&nothing())).plan();
    assert_eq!(plan.calendar, Some(hours(A, None)));
}

#[test]
fn a_zoom_without_hours_gets_those_of_the_calendar() {
    let plan = first(&nothing(), Some(&hours(A, Some(B)))).plan();
    assert_eq!(plan.zoom, hours(A, Some(B)));
    assert_eq!((plan.calendar, plan.conflicts), (None, Vec::new()));
}

#[test]
fn two_sides_without_hours_write_nothing() {
    let plan = first(&nothing(), None).plan();
    assert_eq!((plan.zoom, plan.calendar), (nothing(), None));
    assert_eq!(plan.base, Agreed::default());
}

#[rstest]
#[case(Wins::Zoom, "08:00-12:00 | 08:00-12:00 monday Settled")]
#[case(Wins::Calendar, "09:00-12:00 | - monday Settled")]
#[case(Wins::Hold, "08:00-12:00 | - monday Open")]
fn hours_that_meet_for_the_first_time_and_differ(#[case] wins: Wins, #[case] expected: &str) {
    let case = first(&hours(A, None), Some(&hours(B, None))).wins(wins);
    assert_eq!(words_of(&case.plan()), expected);
}

#[test]
fn dates_on_one_side_only_are_kept_when_both_meet_for_the_first_time() {
    let mut calendar = hours(A, None);
    calendar
        .overrides
        .insert(date(2026, 12, 25), Day::default());
    let done = first(&hours(A, Some(B)), Some(&calendar)).done();
    assert_eq!(done.zoom.overrides.len(), 2);
    assert_eq!(done.calendar.expect("hours").overrides, done.zoom.overrides);
}

#[test]
fn hours_that_are_gone_from_the_calendar_are_written_again_and_zoom_keeps_its_own() {
    let mut case = Case::new(&hours(A, None), &hours(A, None), &hours(A, None));
    case.calendar = None;
    let plan = case.plan();
    assert_eq!(plan.zoom, hours(A, None));
    assert_eq!(plan.calendar, Some(hours(A, None)));
    assert!(plan.moves.iter().all(|one| one.side == Side::Calendar));
}

#[rstest]
#[case::in_the_calendar(hours(A, None), nothing())]
#[case::in_zoom(nothing(), hours(A, None))]
fn a_week_that_is_suddenly_empty_waits_for_a_person(#[case] zoom: Hours, #[case] calendar: Hours) {
    let case = Case::new(&hours(A, None), &zoom, &calendar).wins(Wins::Calendar);
    let plan = case.plan();
    assert_eq!((&plan.zoom, plan.calendar), (&zoom, None));
    let parts: Vec<Part> = plan
        .conflicts
        .iter()
        .map(|conflict| conflict.part)
        .collect();
    assert_eq!(parts, [Part::Week]);
    assert_eq!(plan.base, Agreed::of(&hours(A, None)));
    for (decision, wanted) in [
        (Decision::KeepZoom, &zoom),
        (Decision::KeepCalendar, &calendar),
    ] {
        let again = Case::new(&hours(A, None), &zoom, &calendar).decided(Part::Week, decision, "");
        let done = again.done();
        assert_eq!(&done.zoom, wanted);
        assert_eq!(done.calendar.as_ref(), Some(wanted));
    }
}

fn in_zone(zone: &str, monday: &str) -> Hours {
    Hours {
        zone: zone.to_owned(),
        ..hours(monday, None)
    }
}

#[test]
fn the_calendar_follows_zoom_into_another_zone() {
    let case = Case::new(&hours(A, None), &in_zone("Asia/Tokyo", A), &hours(A, None));
    assert_eq!(case.plan().calendar, Some(in_zone("Asia/Tokyo", A)));
}

#[test]
fn another_zone_in_the_calendar_waits_for_a_person_with_everything_else() {
    for wins in [Wins::Zoom, Wins::Calendar, Wins::Hold] {
        let case = Case::new(&hours(A, None), &hours(A, None), &in_zone("Asia/Tokyo", B));
        let plan = case.wins(wins).plan();
        assert_eq!((plan.zoom, plan.calendar), (hours(A, None), None));
        assert_eq!(plan.conflicts[0].part, Part::Zone);
        assert_eq!(plan.conflicts[0].standing, ConflictStanding::Open);
    }
    let case = Case::new(&hours(A, None), &hours(A, None), &in_zone("Asia/Tokyo", B));
    let done = case.decided(Part::Zone, Decision::KeepZoom, "").done();
    assert_eq!(done.zoom, hours(B, None));
    assert_eq!(done.calendar, Some(hours(B, None)));
}

#[test]
fn a_calendar_that_says_more_than_hours_is_never_written() {
    let mut case = Case::new(&hours(A, None), &hours(B, None), &hours(A, Some(C)));
    case.left_out = true;
    let plan = case.plan();
    assert_eq!(plan.calendar, None);
    assert_eq!(plan.refused, [MONDAY]);
    assert_eq!(plan.zoom, hours(B, Some(C)));
    // What was not written is not agreed: it stays to be done.
    assert_eq!(plan.base.week[0], Some(day(A)));
    assert_eq!(plan.base.dates.get(&LATER), Some(&day(C)));
    case.zoom = plan.zoom;
    case.base = Some(plan.base);
    assert_eq!(case.plan().refused, [MONDAY]);
}

#[test]
fn what_zoom_wins_but_cannot_be_written_is_said_and_changes_nothing() {
    let mut case = Case::new(&hours(A, None), &hours(B, None), &hours(C, None)).wins(Wins::Zoom);
    case.left_out = true;
    let plan = case.plan();
    assert_eq!((plan.zoom, plan.calendar), (hours(B, None), None));
    assert_eq!((plan.refused, plan.conflicts), (vec![MONDAY], Vec::new()));
}

#[test]
fn what_was_before_today_stays() {
    let past = date(2026, 11, 20);
    let mut zoom = hours(A, None);
    zoom.overrides.insert(past, day(B));
    let mut base = hours(A, None);
    base.overrides.insert(past, day(C));
    let plan = Case::new(&base, &zoom, &hours(A, None)).plan();
    assert_eq!(plan.zoom, zoom);
    assert_eq!((plan.calendar, plan.conflicts), (None, Vec::new()));
    assert_eq!(plan.base.dates, BTreeMap::new());
}

#[rstest]
#[case(Decision::KeepZoom, B)]
#[case(Decision::KeepCalendar, C)]
fn what_a_person_decided_stands(#[case] decision: Decision, #[case] stands: &str) {
    let case = Case::new(&hours(A, None), &hours(B, None), &hours(C, None));
    let done = case.decided(MONDAY, decision, "").done();
    assert_eq!(done.zoom, hours(stands, None));
    assert_eq!(done.calendar, Some(hours(stands, None)));
    assert_eq!(done.plan().moves, Vec::new());
}

#[test]
fn a_text_that_lost_can_be_brought_back() {
    let both = hours(B, None);
    let case = Case::new(&both, &both, &both).decided(MONDAY, Decision::KeepCalendar, C);
    let done = case.done();
    assert_eq!(done.zoom, hours(C, None));
    assert_eq!(done.calendar, Some(hours(C, None)));
}

#[test]
fn what_is_agreed_is_kept_as_text_that_reads_back() {
    let agreed = Agreed::of(&hours(A, Some("")));
    let text = serde_json::to_string(&agreed).expect("text");
    assert_eq!(
        serde_json::from_str::<Agreed>(&text).expect("agreed"),
        agreed
    );
}

fn some_hours() -> impl Strategy<Value = Hours> {
    let text = prop::sample::select(vec!["", A, B, C]);
    let dates = prop::collection::btree_map(
        (1_i8..4).prop_map(|day| date(2026, 12, day)),
        text.clone().prop_map(day),
        0..3,
    );
    (text.clone(), text, dates).prop_map(|(monday, tuesday, overrides)| {
        let mut week = Week::default();
        week.0[0] = day(monday);
        week.0[1] = day(tuesday);
        Hours {
            zone: "Europe/Berlin".to_owned(),
            week,
            overrides,
        }
    })
}

proptest! {
    #[test]
    fn once_done_nothing_is_left_to_do(
        base in prop::option::of(some_hours()),
        zoom in some_hours(),
        calendar in prop::option::of(some_hours()),
        wins in prop::sample::select(vec![Wins::Zoom, Wins::Calendar, Wins::Hold]),
        left_out in any::<bool>(),
    ) {
        let left_out = left_out && calendar.is_some();
        let case = Case {
            base: base.as_ref().map(Agreed::of),
            zoom,
            calendar,
            wins,
            left_out,
            decisions: BTreeMap::new(),
        };
        let plan = case.plan();
        prop_assert!(!left_out || plan.calendar.is_none());
        let done = case.done();
        let again = done.plan();
        prop_assert_eq!(&again.moves, &Vec::new());
        prop_assert_eq!(&again.zoom, &done.zoom);
        prop_assert_eq!(&again.base, &plan.base);
        let held = !again.conflicts.is_empty() || !again.refused.is_empty();
        prop_assert!(held || done.calendar.is_none_or(|calendar| calendar == done.zoom));
    }
}
