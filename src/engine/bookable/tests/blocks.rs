//! The Zoom calendar as a sink.

use std::time::Duration;

use rstest::rstest;

use super::bench::{Bench, event, href, more};
use crate::adapters::memory::availability::EmptySegments;
use crate::adapters::memory::zoom_calendar::Access;
use crate::domain::busy::Buffers;
use crate::engine::bookable::records::{Choice, Sink};
use crate::plan::policy::BusyTo;
use crate::ports::error::Kind;

fn two_events(bench: &Bench) {
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T110000Z"));
    bench
        .family
        .put(&href("b"), &event("b", "24T103000Z", "24T120000Z"));
    bench
        .work
        .put(&href("c"), &event("c", "26T080000Z", "26T083000Z"));
}

const TWO: [&str; 2] = ["24T10:00/24T12:00", "26T08:00/26T08:30"];

#[tokio::test]
async fn events_become_merged_blocks_and_an_unchanged_pass_costs_one_request() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    two_events(&bench);
    let report = bench.good_pass().await;
    assert_eq!(bench.blocks(), TWO);
    let flow = report.busy.unwrap();
    assert_eq!((flow.seen, flow.created, flow.failed), (3, 2, 0));
    let writes = bench.writes();
    for _ in 0..10 {
        let report = bench.good_pass().await;
        assert_eq!(report.requests.zoom, 1, "{:?}", report.actions);
        assert_eq!(report.busy.unwrap().unchanged, 2);
    }
    assert_eq!(bench.writes(), writes);
}

#[tokio::test]
async fn what_changes_in_a_calendar_changes_the_blocks() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    two_events(&bench);
    bench.good_pass().await;
    bench.family.remove(&href("b"));
    bench
        .work
        .put(&href("c"), &event("c", "26T090000Z", "26T093000Z"));
    bench
        .work
        .put(&href("d"), &event("d", "27T080000Z", "27T083000Z"));
    bench.good_pass().await;
    let want = [
        "24T10:00/24T11:00",
        "26T09:00/26T09:30",
        "27T08:00/27T08:30",
    ];
    assert_eq!(bench.blocks(), want);
}

#[tokio::test]
async fn a_block_that_a_person_deleted_comes_back_and_one_they_edited_is_put_right() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    two_events(&bench);
    bench.good_pass().await;
    let blocks = bench.zoom.standing();
    let [first, second] = &blocks[..] else {
        panic!("{blocks:?}")
    };
    bench.zoom.remove(&first.id);
    bench.zoom.edit(&second.id, |block| {
        block.title = "Mine".to_owned();
        block.intact = false;
    });
    bench.good_pass().await;
    assert_eq!(bench.blocks(), TWO);
    assert!(
        bench
            .zoom
            .standing()
            .iter()
            .all(|block| block.intact && block.title == "Busy")
    );
}

#[tokio::test]
async fn events_of_others_in_the_zoom_calendar_are_never_touched() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    let span = "2026-11-24T10:00:00Z/2026-11-24T11:00:00Z";
    let id = bench
        .zoom
        .add_foreign(crate::domain::time_span::TimeSpan::parse(span).unwrap());
    two_events(&bench);
    bench.good_pass().await;
    bench.work.clear();
    bench.family.clear();
    bench.pass().await;
    assert!(bench.zoom.foreign().iter().any(|event| event.id == id));
}

#[tokio::test]
async fn without_its_state_it_takes_its_blocks_over() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    two_events(&bench);
    let empty = bench.base.snapshot();
    bench.good_pass().await;
    let (blocks, writes) = (bench.zoom.standing(), bench.writes());
    bench.base.restore(&empty);
    bench.good_pass().await;
    assert_eq!(bench.zoom.standing(), blocks);
    assert_eq!(bench.writes(), writes);
}

#[tokio::test]
async fn a_copy_of_a_block_that_lost_its_tag_does_not_grow() {
    let mut bench = Bench::new(BusyTo::ZoomCalendar);
    bench.policy().buffers = Buffers {
        before: Duration::from_mins(15),
        after: Duration::from_mins(15),
    };
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T110000Z"));
    bench.good_pass().await;
    assert_eq!(bench.blocks(), ["24T09:45/24T11:15"]);
    for _ in 0..3 {
        bench
            .family
            .put(&href("copy"), &event("copy", "24T094500Z", "24T111500Z"));
        bench.good_pass().await;
        assert_eq!(bench.blocks(), ["24T09:45/24T11:15"]);
    }
}

#[tokio::test]
async fn new_buffers_reach_events_that_are_blocks_already() {
    let mut bench = Bench::new(BusyTo::ZoomCalendar);
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T110000Z"));
    bench.good_pass().await;
    bench.policy().buffers.before = Duration::from_mins(10);
    for _ in 0..2 {
        bench.good_pass().await;
        assert_eq!(bench.blocks(), ["24T09:50/24T11:00"]);
    }
}

#[tokio::test]
async fn an_expired_token_finds_what_was_deleted_meanwhile() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    two_events(&bench);
    bench.good_pass().await;
    bench.zoom.remove(&bench.zoom.standing()[0].id);
    bench.zoom.expire_tokens();
    bench.good_pass().await;
    assert_eq!(bench.blocks(), TWO);
}

#[tokio::test]
async fn what_zoom_does_not_keep_is_not_fought_for_ever() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T110000Z"));
    bench.good_pass().await;
    for _ in 0..6 {
        let id = bench.zoom.standing()[0].id.clone();
        bench.zoom.edit(&id, |block| block.intact = false);
        bench.pass().await;
    }
    let writes = bench.writes();
    let report = bench.pass().await;
    assert_eq!(bench.writes(), writes);
    assert!(
        report.errors[0].cause.contains("does not keep it"),
        "{:?}",
        report.errors
    );
}

#[rstest]
#[case::full(Access::Full, Sink::ZoomCalendar)]
#[case::undiscovered(Access::Undiscovered, Sink::Availability)]
#[case::none(Access::None, Sink::Availability)]
#[tokio::test]
async fn auto_takes_the_zoom_calendar_where_it_can(#[case] access: Access, #[case] sink: Sink) {
    let bench = Bench::with(BusyTo::Auto, access, EmptySegments::Taken);
    two_events(&bench);
    bench.good_pass().await;
    let choice: Choice = bench.records().only("sink").unwrap().unwrap();
    assert_eq!(choice.sink, sink, "{choice:?}");
    let calendar = sink == Sink::ZoomCalendar;
    assert_eq!(bench.blocks().is_empty(), !calendar);
    assert_eq!(bench.segments().is_empty(), calendar);
}

#[tokio::test]
async fn a_passing_fault_is_no_reason_to_go_elsewhere() {
    let bench = Bench::new(BusyTo::Auto);
    two_events(&bench);
    bench.script.away(Some(("blocks primary", Kind::Transient)));
    bench.pass().await;
    assert!(bench.segments().is_empty());
    bench.script.away(None);
    bench.good_pass().await;
    assert_eq!(bench.blocks(), TWO);
}

#[tokio::test]
async fn auto_goes_to_the_availability_where_creating_is_not_allowed() {
    let bench = Bench::new(BusyTo::Auto);
    two_events(&bench);
    bench.script.away(Some(("blocks create", Kind::Denied)));
    bench.good_pass().await;
    assert!(bench.blocks().is_empty() && !bench.segments().is_empty());
}

#[tokio::test]
async fn switching_the_sink_takes_the_other_ones_traces_away() {
    let mut bench = Bench::new(BusyTo::ZoomCalendar);
    two_events(&bench);
    bench.good_pass().await;
    bench.policy().to = BusyTo::Availability;
    bench.good_pass().await;
    assert!(bench.blocks().is_empty() && !bench.segments().is_empty());
    bench.policy().to = BusyTo::ZoomCalendar;
    bench.good_pass().await;
    assert!(bench.segments().is_empty(), "{:?}", bench.segments());
    assert_eq!(bench.blocks(), TWO);
    bench.host.busy = None;
    bench.good_pass().await;
    assert!(bench.blocks().is_empty());
    let report = bench.good_pass().await;
    assert_eq!((report.requests.zoom, report.busy), (0, None));
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_says_what_each_day_comes_to() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    two_events(&bench);
    bench.work.put(
        &href("week"),
        &more(
            "week",
            "DTSTART;VALUE=DATE:20261128\r\nDTEND;VALUE=DATE:20261201\r\n",
        ),
    );
    let before = bench.base.snapshot();
    let report = bench.dry_pass().await;
    assert_eq!(bench.base.snapshot(), before);
    assert_eq!(bench.writes(), 0);
    assert_eq!(report.busy.unwrap().created, 3);
    let day = |date: &str| {
        let day = report.days.iter().find(|day| day.date == date);
        let day = day.unwrap_or_else(|| panic!("{date}: {:?}", report.days));
        (
            day.hours.join(" "),
            day.busy.join(" "),
            day.bookable.join(" "),
        )
    };
    let words = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    let tuesday = words("09:00-17:00", "10:00-12:00", "09:00-10:00 12:00-17:00");
    assert_eq!(day("2026-11-24"), tuesday);
    assert_eq!(day("2026-11-25"), words("09:00-17:00", "", "09:00-17:00"));
    assert_eq!(day("2026-11-30"), words("09:00-17:00", "09:00-17:00", ""));
}

#[tokio::test]
async fn what_zoom_keeps_shorter_gets_a_second_block_for_the_rest() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T120000Z"));
    bench.good_pass().await;
    let id = bench.zoom.standing()[0].id.clone();
    for _ in 0..6 {
        bench.zoom.edit(&id, |block| {
            if let Some(span) = &mut block.span {
                span.end = span.start + jiff::SignedDuration::from_mins(30);
            }
        });
        bench.pass().await;
    }
    let report = bench.pass().await;
    assert_eq!(bench.blocks(), ["24T10:00/24T10:30", "24T10:30/24T12:00"]);
    assert!(report.errors[0].cause.contains("does not keep it"));
    let writes = bench.writes();
    bench.pass().await;
    assert_eq!(bench.writes(), writes);
    bench.work.clear();
    bench.pass().await;
    assert!(bench.blocks().is_empty(), "both go with the event");
}

#[tokio::test]
async fn an_event_that_becomes_as_long_as_its_own_block_keeps_its_buffers() {
    let mut bench = Bench::new(BusyTo::ZoomCalendar);
    bench.policy().buffers.before = Duration::from_mins(15);
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T110000Z"));
    bench.good_pass().await;
    assert_eq!(bench.blocks(), ["24T09:45/24T11:00"]);
    bench
        .work
        .put(&href("a"), &event("a", "24T094500Z", "24T110000Z"));
    for _ in 0..3 {
        bench.good_pass().await;
        assert_eq!(bench.blocks(), ["24T09:30/24T11:00"]);
    }
    // A copy of the block that lost its tag does not grow, and is no part of what it was made from.
    for _ in 0..3 {
        bench
            .work
            .put(&href("copy"), &event("copy", "24T093000Z", "24T110000Z"));
        bench.good_pass().await;
        assert_eq!(bench.blocks(), ["24T09:30/24T11:00"]);
    }
}
