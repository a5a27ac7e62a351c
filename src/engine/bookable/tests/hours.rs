//! Working hours, both ways.

use rstest::rstest;

use super::bench::{Bench, WORK, event, href};
use crate::adapters::memory::fault::Fault;
use crate::domain::hours::{Day, Hours, Minute, Segment};
use crate::domain::ids::{AvailabilityId, CalendarName, WaitingId};
use crate::domain::waiting::{Conflict, ConflictStanding, Decision};
use crate::engine::report::{FlowReport, HostReport};
use crate::engine::waiting;
use crate::ical::availability::{self, Form, Reader};
use crate::plan::policy::{BusyTo, HoursPolicy, Wins};
use crate::ports::clock::Clock as _;
use crate::ports::error::Kind;

const MONDAY: usize = 0;
const TUESDAY: usize = 1;

fn bench(wins: Wins) -> Bench {
    let mut bench = Bench::new(BusyTo::Availability);
    bench.host.hours = Some(HoursPolicy {
        availability: None,
        calendar: CalendarName::new(WORK),
        wins,
    });
    bench
}

fn day(start: &str, end: &str) -> Day {
    Day::of([Segment {
        start: Minute::parse(start).unwrap(),
        end: Minute::parse(end).unwrap(),
    }])
}

impl Bench {
    fn week_in_zoom(&self) -> [Day; 7] {
        let id = AvailabilityId::new("a1");
        self.availability.get(&id).unwrap().week.0
    }

    fn in_zoom(&self, index: usize, day: &Day) {
        let id = AvailabilityId::new("a1");
        self.availability
            .edit(&id, |schedule| schedule.week.0[index] = day.clone());
    }

    fn said(&self) -> Hours {
        let text = self.hours.raw().expect("a text");
        let reader = Reader {
            zone: "UTC",
            now: self.clock.now(),
        };
        let found = availability::read(text.as_bytes(), reader);
        found.unwrap().expect("hours").hours
    }

    /// A person changes the hours in the calendar.
    pub(super) fn in_calendar(&self, edit: impl FnOnce(&mut Hours)) {
        let mut hours = self.said();
        edit(&mut hours);
        let text = self.hours.raw().expect("a text");
        let now = self.clock.now();
        let text = availability::write(Some(text.as_bytes()), &hours, now, Form::Text).unwrap();
        self.hours.put_raw(Some(&String::from_utf8(text).unwrap()));
    }

    fn conflicts(&self) -> Vec<Conflict> {
        waiting::conflicts(self.base.as_ref(), &[(&self.host.name, None)]).unwrap()
    }

    async fn decide(&self, id: &WaitingId, decision: Decision) {
        let scopes = [(&self.host.name, None)];
        let decided = waiting::decide(self.base.as_ref(), &scopes, id, decision);
        decided.await.unwrap();
    }
}

#[tokio::test]
async fn a_calendar_without_hours_gets_them_and_then_nothing_is_written() {
    let bench = bench(Wins::Hold);
    bench.good_pass().await;
    assert_eq!(bench.said().week.0, bench.week_in_zoom());
    let text = bench.hours.raw();
    for _ in 0..10 {
        let report = bench.good_pass().await;
        let hours = report.hours.expect("the hours flow");
        assert_eq!((hours.seen, hours.unchanged, hours.updated), (1, 1, 0));
        assert_eq!(hours.actions, Vec::new());
    }
    assert_eq!((bench.hours.raw(), bench.hours.write_count()), (text, 1));
    assert_eq!(bench.availability.changes(), Vec::new());
}

#[tokio::test]
async fn hours_and_busy_time_reach_zoom_in_one_patch() {
    let bench = bench(Wins::Hold);
    bench.good_pass().await;
    bench.in_calendar(|hours| {
        hours.week.0[TUESDAY] = day("08:00", "12:00");
        let christmas = jiff::civil::date(2026, 11, 25);
        hours.overrides.insert(christmas, day("20:00", "22:00"));
    });
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T110000Z"));
    // In a calendar of its own: two that go at once from one would be held.
    bench
        .family
        .put(&href("b"), &event("b", "25T210000Z", "25T220000Z"));
    let report = bench.good_pass().await;
    assert_eq!(bench.availability.changes().len(), 1);
    assert_eq!(bench.week_in_zoom()[TUESDAY], day("08:00", "12:00"));
    assert_eq!(
        bench.segments(),
        [
            "24T08:00/24T10:00",
            "24T11:00/24T12:00",
            "25T20:00/25T21:00"
        ]
    );
    let ids: Vec<String> = report
        .hours
        .unwrap()
        .actions
        .into_iter()
        .map(|done| done.id)
        .collect();
    assert_eq!(ids, ["tuesday", "2026-11-25"]);
    bench.good_pass().await;
    assert_eq!(bench.availability.changes().len(), 1);
    bench.work.clear();
    bench.family.clear();
    bench.in_calendar(|hours| hours.overrides.clear());
    bench.good_pass().await;
    assert_eq!(bench.segments(), Vec::<String>::new());
    assert_eq!(bench.hours.write_count(), 1);
}

#[tokio::test]
async fn the_calendar_follows_zoom_and_never_gets_busy_time() {
    let bench = bench(Wins::Calendar);
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T110000Z"));
    bench.good_pass().await;
    bench.good_pass().await;
    assert!(!bench.segments().is_empty());
    assert_eq!(bench.said().overrides.len(), 0);
    bench.in_zoom(MONDAY, &day("10:00", "11:00"));
    bench.good_pass().await;
    assert_eq!(bench.said().week.0[MONDAY], day("10:00", "11:00"));
    assert_eq!(bench.said().overrides.len(), 0);
}

#[tokio::test]
async fn what_both_changed_waits_and_is_decided() {
    for (decision, stands) in [
        (Decision::KeepZoom, day("10:00", "11:00")),
        (Decision::KeepCalendar, day("12:00", "13:00")),
    ] {
        let bench = bench(Wins::Hold);
        bench.good_pass().await;
        bench.in_zoom(MONDAY, &day("10:00", "11:00"));
        bench.in_calendar(|hours| hours.week.0[MONDAY] = day("12:00", "13:00"));
        for _ in 0..3 {
            let report = bench.pass().await;
            assert!(!report.ok);
            assert_eq!(report.hours.unwrap().conflicts, 1);
        }
        let open = bench.conflicts();
        assert_eq!(open.len(), 1);
        assert_eq!(open[0].about.to_string(), "monday  working hours");
        assert_eq!(
            (open[0].zoom.as_str(), open[0].calendar.as_str()),
            ("10:00-11:00", "12:00-13:00")
        );
        bench.decide(&open[0].id, decision).await;
        let report = bench.good_pass().await;
        assert!(report.ok, "{report:#?}");
        assert_eq!(bench.week_in_zoom()[MONDAY], stands);
        assert_eq!(bench.said().week.0[MONDAY], stands);
        assert_eq!(bench.conflicts(), Vec::new());
        assert!(bench.good_pass().await.ok);
    }
}

#[tokio::test]
async fn the_text_that_lost_is_kept_and_can_be_brought_back() {
    let bench = bench(Wins::Zoom);
    bench.good_pass().await;
    bench.in_zoom(MONDAY, &day("10:00", "11:00"));
    bench.in_calendar(|hours| hours.week.0[MONDAY] = day("12:00", "13:00"));
    bench.good_pass().await;
    assert_eq!(bench.said().week.0[MONDAY], day("10:00", "11:00"));
    let kept = bench.conflicts();
    assert_eq!(kept[0].standing, ConflictStanding::Settled);
    assert_eq!(kept[0].calendar, "12:00-13:00");
    bench.decide(&kept[0].id, Decision::KeepCalendar).await;
    bench.good_pass().await;
    assert_eq!(bench.week_in_zoom()[MONDAY], day("12:00", "13:00"));
    assert_eq!(bench.said().week.0[MONDAY], day("12:00", "13:00"));
    assert_eq!(bench.conflicts(), Vec::new());
}

#[tokio::test]
async fn hours_that_are_deleted_come_back_and_zoom_keeps_its_own() {
    let bench = bench(Wins::Calendar);
    bench.good_pass().await;
    let week = bench.week_in_zoom();
    bench.hours.put_raw(None);
    bench.good_pass().await;
    assert_eq!(bench.week_in_zoom(), week);
    assert_eq!(bench.said().week.0, week);
}

#[tokio::test]
async fn a_week_emptied_in_the_calendar_waits_for_a_person() {
    let bench = bench(Wins::Calendar);
    bench.good_pass().await;
    let week = bench.week_in_zoom();
    bench.in_calendar(|hours| hours.week.0 = Default::default());
    for _ in 0..3 {
        assert!(!bench.pass().await.ok);
    }
    assert_eq!(bench.week_in_zoom(), week);
    let open = bench.conflicts();
    bench.decide(&open[0].id, Decision::KeepCalendar).await;
    bench.good_pass().await;
    assert_eq!(bench.week_in_zoom(), <[Day; 7]>::default());
}

#[tokio::test]
async fn what_zoom_cannot_express_is_said_and_never_written_over() {
    let bench = bench(Wins::Zoom);
    bench.good_pass().await;
    let monthly = "BEGIN:AVAILABLE\r\nUID:m\r\nDTSTART:20260101T180000Z\r\nDURATION:PT1H\r\n\
        RRULE:FREQ=MONTHLY\r\nEND:AVAILABLE\r\nEND:VAVAILABILITY";
    let text = bench.hours.raw().unwrap();
    let text = text.replacen("END:VAVAILABILITY", monthly, 1);
    bench.hours.put_raw(Some(&text));
    bench.in_zoom(MONDAY, &day("10:00", "11:00"));
    let report = bench.pass().await;
    assert_eq!(bench.hours.raw().as_ref(), Some(&text));
    let trouble = &report.hours.unwrap().errors[0];
    assert!(trouble.cause.contains("FREQ=MONTHLY"), "{trouble:?}");
    assert!(
        trouble.cause.ends_with("do not follow Zoom in: monday"),
        "{trouble:?}"
    );
    let text = text.replacen("BYDAY=MO,TU,WE", "BYDAY=MO,TU", 1);
    bench.hours.put_raw(Some(&text));
    bench.pass().await;
    assert_eq!(bench.week_in_zoom()[2], Day::default());
    assert_eq!(bench.week_in_zoom()[MONDAY], day("10:00", "11:00"));
    assert_eq!(bench.hours.raw().as_ref(), Some(&text));
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_writes_nothing() {
    let bench = bench(Wins::Hold);
    bench.good_pass().await;
    bench.in_zoom(MONDAY, &day("10:00", "11:00"));
    bench.in_calendar(|hours| hours.week.0[TUESDAY] = day("12:00", "13:00"));
    let (text, before) = (bench.hours.raw(), bench.base.snapshot());
    let report = bench.dry_pass().await;
    assert_eq!((bench.hours.raw(), bench.base.snapshot()), (text, before));
    assert_eq!(bench.availability.changes(), Vec::new());
    let sides: Vec<(String, String)> = report
        .hours
        .unwrap()
        .actions
        .into_iter()
        .map(|done| (done.id, done.side.into_owned()))
        .collect();
    let sides: Vec<(&str, &str)> = sides
        .iter()
        .map(|(id, side)| (id.as_str(), side.as_str()))
        .collect();
    assert_eq!(sides, [("monday", "calendar"), ("tuesday", "zoom")]);
    // The table shows the day as it would be.
    let tuesday = report
        .days
        .iter()
        .find(|day| day.date == "2026-11-24")
        .unwrap();
    assert_eq!(tuesday.hours, ["12:00-13:00"]);
}

#[tokio::test]
async fn a_zoom_that_refuses_leaves_its_side_pending() {
    let bench = bench(Wins::Hold);
    bench.good_pass().await;
    bench
        .script
        .away(Some(("availability change", Kind::Refused)));
    bench.in_calendar(|hours| hours.week.0[TUESDAY] = day("12:00", "13:00"));
    bench.in_zoom(MONDAY, &day("10:00", "11:00"));
    assert!(!bench.pass().await.ok);
    // The other direction is not affected.
    assert_eq!(bench.said().week.0[MONDAY], day("10:00", "11:00"));
    bench.in_zoom(MONDAY, &day("10:00", "12:00"));
    bench.pass().await;
    assert_eq!(bench.said().week.0[MONDAY], day("10:00", "12:00"));
    bench.script.away(None);
    bench.good_pass().await;
    assert_eq!(bench.week_in_zoom()[TUESDAY], day("12:00", "13:00"));
    assert_eq!(bench.conflicts(), Vec::new());
}

#[tokio::test]
async fn a_calendar_that_refuses_leaves_its_side_pending() {
    let bench = bench(Wins::Hold);
    bench.good_pass().await;
    bench.script.away(Some(("set hours", Kind::Transient)));
    bench.in_zoom(MONDAY, &day("10:00", "11:00"));
    bench.in_calendar(|hours| hours.week.0[TUESDAY] = day("12:00", "13:00"));
    assert!(!bench.pass().await.ok);
    bench.in_calendar(|hours| hours.week.0[TUESDAY] = day("12:00", "14:00"));
    bench.pass().await;
    assert_eq!(bench.week_in_zoom()[TUESDAY], day("12:00", "14:00"));
    bench.script.away(None);
    bench.good_pass().await;
    assert_eq!(bench.said().week.0[MONDAY], day("10:00", "11:00"));
    assert_eq!(bench.conflicts(), Vec::new());
}

#[rstest]
#[case(Fault::Before(Kind::Transient))]
#[case(Fault::After(Kind::Transient))]
#[case(Fault::Before(Kind::Stale))]
#[tokio::test]
async fn whatever_call_fails_both_sides_agree_in_the_end(#[case] fault: Fault) {
    let mut number = 0;
    loop {
        let bench = bench(Wins::Hold);
        bench.good_pass().await;
        bench.in_zoom(MONDAY, &day("10:00", "11:00"));
        bench.in_calendar(|hours| hours.week.0[TUESDAY] = day("12:00", "13:00"));
        bench.script.arm(Some((number, fault)), None);
        bench.pass().await;
        let was_met = bench.script.calls() > number;
        bench.script.arm(None, None);
        bench.pass().await;
        assert!(bench.good_pass().await.ok);
        for (index, wanted) in [
            (MONDAY, day("10:00", "11:00")),
            (TUESDAY, day("12:00", "13:00")),
        ] {
            assert_eq!(bench.week_in_zoom()[index], wanted, "call {number}");
            assert_eq!(bench.said().week.0[index], wanted, "call {number}");
        }
        assert_eq!(bench.conflicts(), Vec::new(), "call {number}");
        if !was_met {
            assert!(number > 4, "{number} calls are no pass");
            break;
        }
        number += 1;
    }
}

#[tokio::test]
async fn a_power_cut_anywhere_costs_nothing() {
    for cut in 0..24 {
        let bench = bench(Wins::Hold);
        bench.good_pass().await;
        bench.in_zoom(MONDAY, &day("10:00", "11:00"));
        bench.in_calendar(|hours| hours.week.0[TUESDAY] = day("12:00", "13:00"));
        bench.script.arm(None, Some(cut));
        bench.pass().await;
        bench.script.arm(None, None);
        bench.pass().await;
        assert!(bench.good_pass().await.ok);
        assert_eq!(bench.week_in_zoom(), bench.said().week.0, "cut {cut}");
        assert_eq!(
            bench.week_in_zoom()[TUESDAY],
            day("12:00", "13:00"),
            "cut {cut}"
        );
        assert_eq!(
            bench.week_in_zoom()[MONDAY],
            day("10:00", "11:00"),
            "cut {cut}"
        );
        assert_eq!(bench.conflicts(), Vec::new(), "cut {cut}");
    }
}

#[tokio::test]
async fn another_calendar_meets_zoom_for_the_first_time() {
    let mut bench = bench(Wins::Zoom);
    bench.good_pass().await;
    let week = bench.week_in_zoom();
    bench.in_calendar(|hours| hours.week.0[MONDAY] = day("12:00", "13:00"));
    bench.host.hours.as_mut().unwrap().calendar = CalendarName::new("other");
    bench.good_pass().await;
    assert_eq!(bench.week_in_zoom(), week);
    assert_eq!(bench.said().week.0, week);
    assert_eq!(bench.conflicts().len(), 1);
}

/// What a report says of busy time and hours: how much failed, where the flow is in it.
fn failures(report: &HostReport) -> (Option<u64>, Option<u64>) {
    let count = |flow: &Option<FlowReport>| flow.as_ref().map(|flow| flow.failed);
    (count(&report.busy), count(&report.hours))
}

#[rstest]
#[case::away(Kind::Unreachable)]
#[case::refuses(Kind::Denied)]
#[tokio::test]
async fn hours_that_zoom_does_not_show_fail_and_a_flow_that_is_off_is_not_reported(
    #[case] kind: Kind,
) {
    let mut bench = bench(Wins::Hold);
    bench.host.busy = None;
    let report = bench.good_pass().await;
    assert_eq!(failures(&report), (None, Some(0)));
    bench.script.away(Some(("availability", kind)));
    let report = bench.pass().await;
    assert_eq!(failures(&report), (None, Some(1)), "{report:#?}");
    assert_eq!(report.hours.unwrap().errors, report.errors);
    assert_eq!(report.errors.len(), 1);
    assert!(!report.ok && (report.worst.unreachable || report.worst.denied));
}

#[tokio::test]
async fn a_schedule_of_a_name_that_zoom_does_not_know_is_a_failure_of_the_hours() {
    let mut bench = bench(Wins::Hold);
    bench.host.busy = None;
    bench.host.hours.as_mut().unwrap().availability = Some("Nope".to_owned());
    let report = bench.pass().await;
    assert_eq!(failures(&report), (None, Some(1)), "{report:#?}");
    assert_eq!(report.actions, Vec::new());
}

#[tokio::test]
async fn what_both_flows_need_fails_for_both_and_is_told_once() {
    let bench = bench(Wins::Hold);
    bench.good_pass().await;
    bench.script.away(Some(("availability", Kind::Unreachable)));
    let report = bench.pass().await;
    assert_eq!(failures(&report), (Some(1), Some(1)), "{report:#?}");
    assert_eq!(report.errors.len(), 1, "{report:#?}");
}

#[tokio::test]
async fn what_only_busy_time_needs_is_no_failure_of_the_hours() {
    let bench = bench(Wins::Hold);
    bench.good_pass().await;
    bench.script.away(Some(("source", Kind::Unreachable)));
    let report = bench.pass().await;
    assert_eq!(failures(&report), (Some(1), Some(0)), "{report:#?}");
}

#[tokio::test]
async fn hours_wait_for_the_blocks_of_busy_time_and_fail_with_them() {
    let mut bench = bench(Wins::Hold);
    bench.policy().to = BusyTo::ZoomCalendar;
    bench.good_pass().await;
    bench.in_calendar(|hours| hours.week.0[MONDAY] = day("12:00", "13:00"));
    bench.script.away(Some(("blocks list", Kind::Transient)));
    let report = bench.pass().await;
    let (busy, hours) = failures(&report);
    assert!(busy > Some(0) && hours > Some(0), "{report:#?}");
    assert_ne!(bench.week_in_zoom()[MONDAY], day("12:00", "13:00"));
    bench.script.away(None);
    bench.good_pass().await;
    assert_eq!(bench.week_in_zoom()[MONDAY], day("12:00", "13:00"));
}

#[tokio::test]
async fn a_patch_that_fails_fails_for_the_hours_that_it_carries() {
    let mut bench = bench(Wins::Calendar);
    bench.host.busy = None;
    bench.good_pass().await;
    bench.in_calendar(|hours| hours.week.0[MONDAY] = day("12:00", "13:00"));
    bench
        .script
        .away(Some(("availability change", Kind::Refused)));
    let report = bench.pass().await;
    let (busy, hours) = failures(&report);
    assert!(busy.is_none() && hours > Some(0), "{report:#?}");
    assert_eq!(report.hours.unwrap().errors, report.errors);
}
