//! The availability as a sink.

use rstest::rstest;

use super::bench::{Bench, event, href};
use crate::adapters::memory::availability::EmptySegments;
use crate::adapters::memory::zoom_calendar::Access;
use crate::domain::ids::{AvailabilityId, CalendarName};
use crate::domain::time_span::TimeSpan;
use crate::plan::policy::{BusyTo, HoursPolicy, Wins};
use crate::ports::error::Kind;

#[tokio::test]
async fn busy_days_get_overrides_and_free_ones_go_back() {
    let bench = Bench::new(BusyTo::Availability);
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T110000Z"));
    bench.good_pass().await;
    assert_eq!(bench.segments(), ["24T09:00/24T10:00", "24T11:00/24T17:00"]);
    let writes = bench.writes();
    for _ in 0..10 {
        let report = bench.good_pass().await;
        assert_eq!(report.requests.zoom, 1);
    }
    assert_eq!(bench.writes(), writes);
    bench.work.clear();
    bench.good_pass().await;
    assert!(bench.segments().is_empty());
}

#[tokio::test]
async fn the_persons_own_override_is_merged_and_given_back() {
    let bench = Bench::new(BusyTo::Availability);
    let id = AvailabilityId::new("a1");
    let own = TimeSpan::parse("2026-11-24T12:00:00Z/2026-11-24T20:00:00Z").unwrap();
    bench
        .availability
        .edit(&id, |schedule| schedule.segments = Some(vec![own]));
    bench
        .work
        .put(&href("a"), &event("a", "24T130000Z", "24T140000Z"));
    bench.good_pass().await;
    assert_eq!(bench.segments(), ["24T12:00/24T13:00", "24T14:00/24T20:00"]);
    bench.work.clear();
    bench.good_pass().await;
    assert_eq!(bench.segments(), ["24T12:00/24T20:00"]);
}

#[rstest]
#[case::taken(EmptySegments::Taken, 0)]
#[case::refused(EmptySegments::Refused, 60)]
#[tokio::test]
async fn a_fully_busy_day_leaves_nothing_bookable(
    #[case] empty: EmptySegments,
    #[case] longest: i64,
) {
    let bench = Bench::with(BusyTo::Availability, Access::Full, empty);
    bench
        .work
        .put(&href("a"), &event("a", "24T080000Z", "24T180000Z"));
    bench.good_pass().await;
    let there = bench.availability.get(&AvailabilityId::new("a1")).unwrap();
    let segments = there.segments.unwrap();
    assert_eq!(segments.len(), 1);
    let length = segments[0].end.duration_since(segments[0].start);
    assert_eq!(length.as_secs(), longest);
    let writes = bench.writes();
    bench.good_pass().await;
    assert_eq!(bench.writes(), writes);
}

#[tokio::test]
async fn without_its_state_it_finds_its_own_overrides() {
    let bench = Bench::new(BusyTo::Availability);
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T110000Z"));
    let empty = bench.base.snapshot();
    bench.good_pass().await;
    let writes = bench.writes();
    bench.base.restore(&empty);
    bench.good_pass().await;
    assert_eq!(bench.writes(), writes);
    bench.work.clear();
    bench.good_pass().await;
    assert!(bench.segments().is_empty());
}

#[tokio::test]
async fn zoom_out_of_reach_is_said_and_the_sources_are_read_all_the_same() {
    let bench = Bench::new(BusyTo::Availability);
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T110000Z"));
    bench.script.away(Some(("availability", Kind::Unreachable)));
    let report = bench.pass().await;
    assert!(report.worst.unreachable);
    assert!(bench.work.raw(&href("a")).is_some());
    bench.script.away(None);
    bench.good_pass().await;
    assert_eq!(bench.segments().len(), 2);
}

#[tokio::test]
async fn overrides_that_zoom_does_not_show_are_never_replaced_unasked() {
    let mut bench = Bench::new(BusyTo::Availability);
    let id = AvailabilityId::new("a1");
    bench
        .availability
        .edit(&id, |schedule| schedule.segments = None);
    bench.good_pass().await;
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T110000Z"));
    for dry in [true, false, false] {
        let report = if dry {
            bench.dry_pass().await
        } else {
            bench.pass().await
        };
        assert!(!report.ok, "dry: {dry}");
        assert_eq!(report.errors.len(), 1, "{:#?}", report.errors);
        let error = &report.errors[0];
        assert!(error.cause.contains("nothing was written"), "{error:?}");
        assert!(error.hint.contains("zoom_calendar"), "{error:?}");
        assert!(error.hint.contains("replace_overrides = true"), "{error:?}");
        assert!(bench.availability.changes().is_empty());
    }
    bench.policy().replace_overrides = true;
    bench.good_pass().await;
    assert_eq!(bench.segments(), ["24T09:00/24T10:00", "24T11:00/24T17:00"]);
}

#[tokio::test]
async fn overrides_that_zoom_shows_no_longer_are_what_they_were() {
    let bench = Bench::new(BusyTo::Availability);
    let id = AvailabilityId::new("a1");
    let own = TimeSpan::parse("2026-11-26T12:00:00Z/2026-11-26T20:00:00Z").unwrap();
    bench
        .availability
        .edit(&id, |schedule| schedule.segments = Some(vec![own]));
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T110000Z"));
    bench.good_pass().await;
    bench
        .availability
        .edit(&id, |schedule| schedule.segments = None);
    bench
        .work
        .put(&href("b"), &event("b", "25T100000Z", "25T110000Z"));
    bench.pass().await;
    assert_eq!(bench.segments().last().unwrap(), "26T12:00/26T20:00");
    assert_eq!(bench.segments().len(), 5);
}

/// Zoom answers "not found" for a single schedule for a while, and lists it all the same.
#[tokio::test]
async fn an_old_schedule_that_only_the_list_shows_gets_back_what_the_person_had() {
    let mut bench = Bench::new(BusyTo::Availability);
    let id = AvailabilityId::new("a1");
    let own = TimeSpan::parse("2026-11-24T12:00:00Z/2026-11-24T20:00:00Z").unwrap();
    bench
        .availability
        .edit(&id, |schedule| schedule.segments = Some(vec![own]));
    let mut other = bench.availability.get(&id).unwrap();
    other.id = AvailabilityId::new("a2");
    other.name = "Other hours".to_owned();
    other.default = false;
    other.segments = Some(Vec::new());
    bench.availability.put(other);
    bench
        .work
        .put(&href("a"), &event("a", "24T130000Z", "24T140000Z"));
    bench.good_pass().await;
    assert_eq!(bench.segments(), ["24T12:00/24T13:00", "24T14:00/24T20:00"]);
    bench.availability.hide(&id, true);
    bench.host.hours = Some(HoursPolicy {
        availability: Some("Other hours".to_owned()),
        calendar: CalendarName::new("work"),
        wins: Wins::Zoom,
    });
    bench.pass().await;
    bench.availability.hide(&id, false);
    bench.pass().await;
    assert_eq!(bench.segments(), ["24T12:00/24T20:00"]);
}
