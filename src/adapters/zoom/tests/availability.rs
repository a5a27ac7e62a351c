//! Availability schedules.

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::domain::ids::AvailabilityId;
use crate::domain::time_span::TimeSpan;
use crate::ports::availability::{Availabilities, Availability, AvailabilityChange};

const ALL: &str = "/v2/scheduler/availability";
const ONE: &str = "/v2/scheduler/availability/one";

fn one() -> AvailabilityId {
    AvailabilityId::new("one")
}

fn schedule(id: &str) -> Value {
    json!({
        "availability_id": id,
        "default": true,
        "name": "Working hours",
        "owner": "x@scheduler.zoom.us",
        "time_zone": "Europe/Berlin",
        "segments_recurrence": {
            "mon": [{"start": "13:00", "end": "17:00"}, {"start": "09:00", "end": "12:00"}],
            "tue": [{"start": "18:00", "end": "00:00"}],
            "wed": [{"start": "00:00", "end": "24:00"}],
            "sun": null,
        },
        "segments": [
            {"start": "2026-11-24T09:00:00+01:00", "end": "2026-11-24T10:00:00Z"},
            {"start": "2026-11-25T00:00:00", "end": "2026-11-25T00:00:00"},
        ],
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut schedule = schedule("one");
    schedule[field] = value;
    schedule
}

fn span(start: &str, end: &str) -> TimeSpan {
    TimeSpan {
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
    }
}

async fn read(answer: &Value) -> Result<Option<Availability>> {
    let world = World::granting().await;
    world.on("GET", ONE, body(200, answer)).await;
    world.client().availability(&one()).await
}

#[tokio::test]
async fn a_schedule_is_read_with_its_hours_and_overrides() {
    let found = read(&schedule("one")).await.unwrap().unwrap();
    assert_eq!((found.id, found.name.as_str()), (one(), "Working hours"));
    assert!(found.default);
    assert_eq!(found.zone, "Europe/Berlin");
    let days: Vec<String> = found.week.0.iter().map(ToString::to_string).collect();
    let expected = [
        "09:00-12:00, 13:00-17:00",
        "18:00-24:00",
        "00:00-24:00",
        "off",
        "off",
        "off",
        "off",
    ];
    assert_eq!(days, expected);
    let expected = [
        span("2026-11-24T08:00:00Z", "2026-11-24T10:00:00Z"),
        span("2026-11-24T23:00:00Z", "2026-11-24T23:00:00Z"),
    ];
    assert_eq!(found.segments.as_deref(), Some(&expected[..]));
}

#[rstest]
#[case::absent(json!(null), None)]
#[case::none(json!([]), Some(0))]
#[tokio::test]
async fn overrides_that_are_not_told_are_not_none(
    #[case] told: Value,
    #[case] read: Option<usize>,
) {
    let found = super::availability::read(&with("segments", told)).await;
    let segments = found.unwrap().unwrap().segments;
    assert_eq!(segments.map(|segments| segments.len()), read);
}

#[rstest]
#[case::zone("time_zone", json!("Middle/Earth"), "Middle/Earth")]
#[case::no_zone("time_zone", json!(null), "time_zone")]
#[case::no_hours("segments_recurrence", json!(null), "segments_recurrence")]
#[case::odd_hours("segments_recurrence", json!({"mon": [{"start": "9 o'clock", "end": "17:00"}]}), "mon")]
#[case::backwards("segments_recurrence", json!({"fri": [{"start": "22:00", "end": "02:00"}]}), "fri")]
#[case::odd_day("segments_recurrence", json!({"sat": "all day"}), "sat")]
#[case::odd_override("segments", json!([{"start": "soon", "end": "later"}]), "segments")]
#[case::backward_override("segments", json!([{"start": "2026-11-25T10:00:00Z", "end": "2026-11-25T09:00:00Z"}]), "segments")]
#[case::odd_overrides("segments", json!({"x": 1}), "segments")]
#[tokio::test]
async fn what_cannot_be_read_is_never_guessed(
    #[case] field: &str,
    #[case] value: Value,
    #[case] named: &str,
) {
    let error = read(&with(field, value)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
    assert!(error.cause().contains(named), "{error}");
}

#[tokio::test]
async fn all_pages_are_listed_for_the_host_and_a_broken_schedule_stops_only_itself() {
    let world = World::granting().await;
    let mut odd = with("time_zone", json!("Middle/Earth"));
    odd["default"] = json!(false);
    let pages = [
        json!({"items": [schedule("one"), odd], "next_page_token": "p2"}),
        json!({"items": [schedule("two")], "next_page_token": "", "new": 1}),
    ];
    world
        .on("GET", ALL, in_turn(pages.map(|page| body(200, &page))))
        .await;
    let zoom = world.account().host(HostUser::from_key("bob"));
    let found = zoom.availabilities().await.unwrap();
    let ids: Vec<_> = found.iter().map(|found| found.id.as_str()).collect();
    assert_eq!(ids, ["one", "two"]);
    let sent = world.arrived(ALL).await;
    assert_eq!(query(&sent[0])["user_id"], "bob");
    assert_eq!(query(&sent[1])["next_page_token"], "p2");
    assert_eq!(query(&sent[1])["user_id"], "bob");
}

#[rstest]
#[case::nothing(200, json!({}), None)]
#[case::no_list(200, json!({"message": "hello"}), Some(Kind::Malformed))]
#[case::its_own_next_page(200, json!({"items": [], "next_page_token": "p"}), Some(Kind::Malformed))]
#[case::the_one_in_use_is_broken(200, json!({"items": [{"availability_id": "x", "default": true}, schedule("one")]}), Some(Kind::Malformed))]
#[case::never_opened(403, json!({"error": {"message": "User Not Found"}}), Some(Kind::Missing))]
#[case::no_scope(401, json!({"code": 4700, "message": "x"}), Some(Kind::Denied))]
#[tokio::test]
async fn a_listing_that_fails_lists_nothing(
    #[case] code: u16,
    #[case] answer: Value,
    #[case] kind: Option<Kind>,
) {
    let world = World::granting().await;
    world.on("GET", ALL, body(code, &answer)).await;
    let listed = world.client().availabilities().await;
    match kind {
        None => assert_eq!(listed.unwrap(), []),
        Some(kind) => assert_eq!(listed.unwrap_err().kind(), kind),
    }
}

#[tokio::test]
async fn a_change_carries_name_and_zone_and_nothing_that_stays() {
    let world = World::granting().await;
    world.on("PATCH", ONE, status(204)).await;
    let zoom = world.client();
    let as_it_is = read(&schedule("one")).await.unwrap().unwrap();
    let segments = AvailabilityChange {
        segments: Some(vec![span("2026-11-24T08:00:00Z", "2026-11-24T08:00:00Z")]),
        ..AvailabilityChange::default()
    };
    zoom.change_availability(&as_it_is, &segments)
        .await
        .unwrap();
    let week = AvailabilityChange {
        week: Some(as_it_is.week.clone()),
        ..AvailabilityChange::default()
    };
    zoom.change_availability(&as_it_is, &week).await.unwrap();
    let sent: Vec<Value> = world
        .arrived(ONE)
        .await
        .iter()
        .map(|request| request.body_json().unwrap())
        .collect();
    assert_eq!(
        sent[0],
        json!({
            "name": "Working hours",
            "time_zone": "Europe/Berlin",
            "segments": [{"start": "2026-11-24T08:00:00Z", "end": "2026-11-24T08:00:00Z"}],
        })
    );
    assert_eq!(
        sent[1],
        json!({
            "name": "Working hours",
            "time_zone": "Europe/Berlin",
            "segments_recurrence": {
                "mon": [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "17:00"}],
                "tue": [{"start": "18:00", "end": "24:00"}],
                "wed": [{"start": "00:00", "end": "24:00"}],
                "thu": [], "fri": [], "sat": [], "sun": [],
            },
        })
    );
}

#[rstest]
#[case::me("me", 404, Kind::Stale, "listed again")]
#[case::another_user("bob", 404, Kind::Denied, "zoom_user = \"me\"")]
#[case::refused("bob", 400, Kind::Refused, "left as they are")]
#[case::forbidden("me", 403, Kind::Denied, "scheduler:update:availability")]
#[tokio::test]
async fn a_change_that_fails_says_what_to_do(
    #[case] user: &str,
    #[case] code: u16,
    #[case] kind: Kind,
    #[case] remedy: &str,
) {
    let world = World::granting().await;
    let answer = json!({"error": {"message": "private words", "errors": [{"field": "segments"}]}});
    world.on("PATCH", ONE, body(code, &answer)).await;
    let zoom = world.account().host(HostUser::from_key(user));
    let as_it_is = read(&schedule("one")).await.unwrap().unwrap();
    let change = AvailabilityChange::default();
    let error = zoom
        .change_availability(&as_it_is, &change)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), kind);
    assert!(error.remedy().unwrap().contains(remedy), "{error:?}");
    assert!(!format!("{error:?}").contains("private"), "{error:?}");
}

#[tokio::test]
async fn a_schedule_that_is_not_shown_is_none() {
    let world = World::granting().await;
    world.on("GET", ONE, status(404)).await;
    let zoom = world.account().host(HostUser::from_key("bob"));
    assert_eq!(zoom.availability(&one()).await.unwrap(), None);
}

#[tokio::test]
async fn a_change_without_an_answer_is_made_a_second_time() {
    let world = World::granting().await.impatient();
    world
        .on("PATCH", ONE, in_turn([too_late(204), status(204)]))
        .await;
    let as_it_is = read(&schedule("one")).await.unwrap().unwrap();
    let zoom = world.client();
    let change = AvailabilityChange::default();
    zoom.change_availability(&as_it_is, &change).await.unwrap();
    assert_eq!(world.arrived(ONE).await.len(), 2);
}
