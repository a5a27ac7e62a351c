//! What availability schedules behind the port must do. Each check starts with one schedule in
//! Europe/Berlin and without overrides.

use async_trait::async_trait;
use jiff::civil::Date;
use slotbridge::domain::hours::{Day, Minute, Segment, Week};
use slotbridge::domain::ids::AvailabilityId;
use slotbridge::domain::time_span::TimeSpan;
use slotbridge::ports::availability::{Availabilities, Availability, AvailabilityChange};
use slotbridge::ports::error::Kind;

use crate::bench::kind;

/// Availability schedules under test, with a back door for what the host does to them.
#[async_trait]
pub trait Bench: Send + Sync {
    fn port(&self) -> &dyn Availabilities;
    /// The host adds a schedule in a zone.
    async fn add(&self, name: &str, zone: &str) -> AvailabilityId;
    /// The host adds an override.
    async fn add_override(&self, id: &AvailabilityId, span: TimeSpan);
    /// The host takes the overrides of a day back.
    async fn remove_override(&self, id: &AvailabilityId, day: Date);
    async fn rename(&self, id: &AvailabilityId, name: &str);
}

/// Makes a module of tests out of all checks.
#[macro_export]
macro_rules! availability_contract {
    ($name:ident, $open:path) => {
        $crate::availability_contract!(@tests $name, $open,
            the_schedules_are_listed_as_they_read,
            overrides_read_back_as_they_were_written,
            a_change_leaves_what_it_does_not_name,
            weekly_hours_read_back_as_they_were_written,
            what_the_host_does_is_seen,
            changing_twice_is_changing_once,
            a_segment_that_ends_before_it_starts_is_refused,
            a_schedule_that_nobody_knows_is_none,
            each_call_is_counted,
        );
    };
    (@tests $name:ident, $open:path, $($check:ident),+ $(,)?) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    let bench = $open().await;
                    $crate::availability::$check(&bench).await;
                }
            )+
        }
    };
}

fn span(start: &str, end: &str) -> TimeSpan {
    TimeSpan {
        start: start.parse().expect("a time"),
        end: end.parse().expect("a time"),
    }
}

/// Hours on two days, and a third one off.
fn segments() -> Vec<TimeSpan> {
    vec![
        span("2026-11-24T08:00:00Z", "2026-11-24T11:00:00Z"),
        span("2026-11-24T12:30:00Z", "2026-11-24T16:00:00Z"),
        span("2026-11-25T22:00:00Z", "2026-11-26T02:00:00Z"),
        span("2026-11-27T23:00:00Z", "2026-11-27T23:00:00Z"),
    ]
}

async fn only(bench: &dyn Bench) -> Availability {
    let mut all = bench.port().availabilities().await.expect("a list");
    assert_eq!(all.len(), 1);
    all.remove(0)
}

async fn read(bench: &dyn Bench, id: &AvailabilityId) -> Availability {
    let read = bench.port().availability(id).await.expect("an answer");
    read.expect("a schedule")
}

async fn set(bench: &dyn Bench, change: &AvailabilityChange) -> Availability {
    let was = only(bench).await;
    let changed = bench.port().change_availability(&was, change).await;
    changed.expect("changed");
    read(bench, &was.id).await
}

fn overrides(segments: Vec<TimeSpan>) -> AvailabilityChange {
    AvailabilityChange {
        segments: Some(segments),
        ..AvailabilityChange::default()
    }
}

fn week() -> Week {
    let minute = |text| Minute::parse(text).expect("a time of day");
    let segment = |start, end| Segment {
        start: minute(start),
        end: minute(end),
    };
    let day = |segments: &[(&'static str, &'static str)]| {
        Day::of(segments.iter().map(|(start, end)| segment(start, end)))
    };
    let off = Day::default();
    Week([
        day(&[("09:00", "12:00"), ("13:15", "17:45")]),
        day(&[("18:00", "24:00")]),
        day(&[("00:00", "24:00")]),
        day(&[("00:00", "00:30")]),
        off.clone(),
        off.clone(),
        off,
    ])
}

pub async fn the_schedules_are_listed_as_they_read(bench: &dyn Bench) {
    let first = only(bench).await;
    assert!(first.default);
    assert_eq!(first.zone, "Europe/Berlin");
    assert_eq!(first.segments, Some(Vec::new()));
    let other = bench.add("Évening; hours", "Asia/Kathmandu").await;
    let all = bench.port().availabilities().await.expect("a list");
    assert_eq!(all.len(), 2);
    for listed in &all {
        assert_eq!(*listed, read(bench, &listed.id).await);
    }
    let other = read(bench, &other).await;
    let said = (other.name.as_str(), other.zone.as_str(), other.default);
    assert_eq!(said, ("Évening; hours", "Asia/Kathmandu", false));
}

pub async fn overrides_read_back_as_they_were_written(bench: &dyn Bench) {
    let changed = set(bench, &overrides(segments())).await;
    assert_eq!(changed.segments, Some(segments()));
    assert_eq!(only(bench).await, changed);
    let changed = set(bench, &overrides(Vec::new())).await;
    assert_eq!(changed.segments, Some(Vec::new()));
}

pub async fn a_change_leaves_what_it_does_not_name(bench: &dyn Bench) {
    let before = only(bench).await;
    let changed = set(bench, &overrides(segments())).await;
    let expected = Availability {
        segments: Some(segments()),
        ..before
    };
    assert_eq!(changed, expected);
    let change = AvailabilityChange {
        week: Some(week()),
        ..AvailabilityChange::default()
    };
    let changed = set(bench, &change).await;
    let expected = Availability {
        week: week(),
        ..expected
    };
    assert_eq!(changed, expected);
}

pub async fn weekly_hours_read_back_as_they_were_written(bench: &dyn Bench) {
    for week in [week(), Week::default()] {
        let change = AvailabilityChange {
            week: Some(week.clone()),
            segments: Some(segments()),
        };
        let changed = set(bench, &change).await;
        assert_eq!((changed.week, changed.segments), (week, Some(segments())));
    }
}

pub async fn what_the_host_does_is_seen(bench: &dyn Bench) {
    let id = set(bench, &overrides(segments())).await.id;
    let own = span("2026-12-01T08:00:00Z", "2026-12-01T09:00:00Z");
    bench.add_override(&id, own).await;
    bench
        .remove_override(&id, Date::constant(2026, 11, 24))
        .await;
    bench.rename(&id, "Other hours").await;
    let seen = read(bench, &id).await;
    let mut expected = segments().split_off(2);
    expected.push(own);
    assert_eq!(seen.segments, Some(expected));
    assert_eq!(seen.name, "Other hours");
}

pub async fn changing_twice_is_changing_once(bench: &dyn Bench) {
    let once = set(bench, &overrides(segments())).await;
    assert_eq!(set(bench, &overrides(segments())).await, once);
}

pub async fn a_segment_that_ends_before_it_starts_is_refused(bench: &dyn Bench) {
    let was = set(bench, &overrides(segments())).await;
    let backwards = span("2026-11-24T11:00:00Z", "2026-11-24T08:00:00Z");
    let change = overrides(vec![backwards]);
    let changed = bench.port().change_availability(&was, &change).await;
    assert_eq!(kind(changed), Kind::Refused);
    assert_eq!(only(bench).await, was);
}

pub async fn a_schedule_that_nobody_knows_is_none(bench: &dyn Bench) {
    let nobody = AvailabilityId::new("nobody");
    let read = bench.port().availability(&nobody).await.expect("an answer");
    assert_eq!(read, None);
    let gone = Availability {
        id: nobody,
        ..only(bench).await
    };
    let change = overrides(segments());
    let changed = bench.port().change_availability(&gone, &change);
    assert_eq!(kind(changed.await), Kind::Stale);
}

pub async fn each_call_is_counted(bench: &dyn Bench) {
    let before = bench.port().meter().requests();
    let all = bench.port().availabilities().await.expect("a list");
    assert_eq!(all.len(), 1);
    assert_eq!(bench.port().meter().requests() - before, 1);
}
