//! The limiter, and both kinds of 429.

use rstest::rstest;

use super::*;
use crate::adapters::zoom::label::Label;
use crate::ports::zoom::Zoom;

const EVENTS: &str = "/v2/scheduler/events";

fn too_many(kind: &str) -> ResponseTemplate {
    status(429).insert_header("X-RateLimit-Type", kind)
}

#[rstest]
#[case::free(Plan::Free, Label::Light, 0.8, 3)]
#[case::pro(Plan::Pro, Label::Light, 0.8, 24)]
#[case::business(Plan::Business, Label::Light, 0.5, 40)]
#[case::business_lists(Plan::Business, Label::Medium, 0.5, 30)]
#[case::pro_writes(Plan::Pro, Label::Heavy, 0.8, 8)]
#[case::free_writes(Plan::Free, Label::Heavy, 1.0, 1)]
#[tokio::test]
async fn no_second_sees_more_than_the_share(
    #[case] plan: Plan,
    #[case] label: Label,
    #[case] share: f64,
    #[case] most: u32,
) {
    let mut world = World::granting().await;
    (world.config.plan, world.config.share) = (plan, share);
    let account = world.account();
    let limiter = &account.shared().limiter;
    let mut sent = Vec::new();
    for _ in 0..120 {
        limiter.admit(label, "testing").await.unwrap();
        sent.push(world.clock.now());
    }
    for pair in sent.windows(most as usize + 1) {
        let apart = pair[most as usize].duration_since(pair[0]);
        assert!(apart >= jiff::SignedDuration::from_millis(999), "{apart}");
    }
    let all = sent[119].duration_since(sent[0]).as_secs_f64();
    assert!(
        all < 121.0 / f64::from(most) + 1.0,
        "{all} s for 120 requests"
    );
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_stop_requests() {
    let world = World::granting().await;
    let account = world.account();
    let limiter = &account.shared().limiter;
    limiter.admit(Label::Light, "testing").await.unwrap();
    *world.clock.now.lock().unwrap() = "2026-11-21T09:00:00Z".parse().unwrap();
    limiter.admit(Label::Light, "testing").await.unwrap();
    assert!(world.clock.sleeps().iter().sum::<Duration>() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_days_share_ends_at_midnight_and_is_counted_across_processes() {
    let mut world = World::granting().await;
    (world.config.plan, world.config.share) = (Plan::Free, 0.001);
    world.on("GET", EVENTS, body(200, &page(&[], ""))).await;
    for _ in 0..6 {
        world.client().bookings(window(), None).await.unwrap();
    }
    let error = world.client().bookings(window(), None).await.unwrap_err();
    let until = "2026-11-22T00:00:00Z".parse().unwrap();
    assert_eq!(error.kind(), Kind::Throttled { until });
    assert_eq!(world.arrived(EVENTS).await.len(), 6);
    world.clock.advance(Duration::from_hours(15));
    world.client().bookings(window(), None).await.unwrap();
}

#[tokio::test]
async fn a_limit_per_second_is_waited_for_as_told_and_the_request_repeated() {
    let world = World::granting().await;
    let told = too_many("QPS").insert_header("Retry-After", "7");
    world
        .on(
            "GET",
            EVENTS,
            in_turn([told, too_many("QPS"), body(200, &page(&["1"], ""))]),
        )
        .await;
    let zoom = world.client();
    assert_eq!(
        zoom.bookings(window(), None).await.unwrap().bookings.len(),
        1
    );
    let sleeps = world.clock.long_sleeps();
    assert_eq!(sleeps[0], Duration::from_secs(7));
    assert!((2.0..=3.0).contains(&sleeps[1].as_secs_f64()), "{sleeps:?}");
    assert_eq!((zoom.meter().requests(), zoom.meter().throttles()), (3, 2));
}

#[tokio::test]
async fn a_write_is_repeated_after_a_429_because_it_was_not_worked_on() {
    let world = World::granting().await;
    let at = "/v2/scheduler/events/one";
    world
        .on("PATCH", at, in_turn([too_many("QPS"), status(204)]))
        .await;
    let id = crate::domain::ids::BookingId::new("one");
    world.client().cancel(&id).await.unwrap();
    assert_eq!(world.arrived(at).await.len(), 2);
}

#[tokio::test]
async fn a_limit_per_second_that_never_ends_is_given_back_after_five_repeats() {
    let world = World::granting().await;
    world.on("GET", EVENTS, too_many("QPS")).await;
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::Throttled { until } if until > world.clock.now()));
    assert_eq!(world.arrived(EVENTS).await.len(), 6);
    let waits: u64 = world
        .clock
        .long_sleeps()
        .iter()
        .map(Duration::as_secs)
        .sum();
    assert!((31..=47).contains(&waits), "{waits} s");
}

#[tokio::test]
async fn a_wait_over_a_minute_is_the_engines_business() {
    let world = World::granting().await;
    let told = too_many("QPS").insert_header("Retry-After", "99999");
    world.on("GET", EVENTS, told).await;
    let zoom = world.client();
    let until = "2026-11-21T12:00:00Z".parse().unwrap();
    for _ in 0..2 {
        let error = zoom.bookings(window(), None).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Throttled { until }, "at most two hours");
    }
    assert_eq!(
        world.arrived(EVENTS).await.len(),
        1,
        "the second was not sent"
    );
}

#[tokio::test]
async fn a_limit_per_day_stops_everything_at_once_until_the_time_told_even_after_a_restart() {
    let world = World::granting().await;
    let told = too_many("Daily-limit").insert_header("Retry-After", "2026-11-21T20:30:00Z");
    world
        .on("GET", EVENTS, in_turn([told, body(200, &page(&[], ""))]))
        .await;
    let until = "2026-11-21T20:30:00Z".parse().unwrap();
    for _ in 0..3 {
        let error = world.client().bookings(window(), None).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Throttled { until });
    }
    assert_eq!(world.arrived(EVENTS).await.len(), 1);
    assert_eq!(world.arrived("/oauth/token").await.len(), 1);
    world.clock.advance(Duration::from_mins(631));
    world.client().bookings(window(), None).await.unwrap();
}

#[rstest]
#[case::nothing_told(None, "2026-11-22T00:00:00Z")]
#[case::nonsense(Some("soon"), "2026-11-22T00:00:00Z")]
#[case::in_a_hundred_years(Some("2126-01-01T00:00:00Z"), "2026-11-22T12:00:00Z")]
#[case::in_the_past(Some("2001-01-01T00:00:00Z"), "2026-11-21T10:00:01Z")]
#[tokio::test]
async fn what_a_day_limit_says_is_bounded(#[case] told: Option<&str>, #[case] until: Timestamp) {
    let world = World::granting().await;
    let mut answer = too_many("Daily-limit");
    if let Some(told) = told {
        answer = answer.insert_header("Retry-After", told);
    }
    world.on("GET", EVENTS, answer).await;
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Throttled { until });
}
