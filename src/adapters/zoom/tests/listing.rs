//! Listing: pages, tolerance, and what a failed listing means.

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::domain::booking::BookingStatus::{Cancelled, Confirmed, Pending};
use crate::domain::ids::{BookingId, PageToken};
use crate::ports::zoom::Zoom;

const EVENTS: &str = "/v2/scheduler/events";

#[tokio::test]
async fn pages_follow_one_another_with_the_same_query() {
    let world = World::granting().await;
    world
        .on(
            "GET",
            EVENTS,
            in_turn([
                body(200, &page(&["1", "2"], "p2")),
                body(200, &page(&["3"], "")),
            ]),
        )
        .await;
    let zoom = world.client();
    let first = zoom.bookings(window(), None).await.unwrap();
    assert_eq!(first.bookings.len(), 2);
    assert_eq!(first.next, Some(PageToken::new("p2")));
    let second = zoom.bookings(window(), first.next.as_ref()).await.unwrap();
    assert_eq!((second.bookings.len(), second.next), (1, None));
    let requests = world.arrived(EVENTS).await;
    let mut queries: Vec<_> = requests.iter().map(query).collect();
    assert_eq!(queries[1].remove("next_page_token").as_deref(), Some("p2"));
    assert_eq!(queries[0], queries[1]);
    assert_eq!(queries[0]["from"], "2026-11-14T10:00:00+00:00");
    assert_eq!(queries[0]["page_size"], "300");
    assert_eq!(queries[0]["show_deleted"], "true");
    assert!(!queries[0].contains_key("user_id"));
    assert!(
        !requests[0].url.as_str().contains('+'),
        "a bare + means a space"
    );
    assert_eq!(
        zoom.meter().requests(),
        2,
        "a token request is none to the API"
    );
}

#[tokio::test]
async fn another_users_host_is_named_in_the_query() {
    let world = World::granting().await;
    world.on("GET", EVENTS, body(200, &page(&[], ""))).await;
    let zoom = world.account().host(HostUser::from_key("u1"));
    zoom.bookings(window(), None).await.unwrap();
    assert_eq!(query(&world.arrived(EVENTS).await[0])["user_id"], "u1");
}

#[tokio::test]
async fn unknown_fields_and_words_are_accepted_and_a_broken_item_stops_only_itself() {
    let world = World::granting().await;
    let mut odd = event("odd");
    odd["status"] = json!("rebooked_by_ai");
    odd["event_type"] = json!("hologram");
    odd["payment"] = json!({"amount": 3});
    odd["guests"] = json!(["x@example.org", {"email": "y@example.org"}, 7, null]);
    odd["attendees"] =
        json!([null, {"attendee_id": 5, "booker": "yes", "first_name": "Ann", "last_name": "Lee"}]);
    odd["location"] = json!({"kind": "somewhere"});
    odd["external_location"] =
        json!({"kind": "zoom", "meeting_id": 947, "meeting_join_url": "https://zoom.us/j/947"});
    odd["meeting_notes"] = json!("one\r\ntwo\u{0}\ttab");
    let mut pending = event("pending");
    pending["event_type"] = json!("pending");
    let mut cancelled = event("cancelled");
    cancelled["status"] = json!("cancelled");
    let mut floating = event("floating");
    floating["start_date_time"] = json!("2026-11-22T10:00:00");
    let mut backwards = event("backwards");
    backwards["end_date_time"] = json!("2026-11-22T09:00:00Z");
    let items = json!([odd, pending, cancelled, floating, backwards, {"summary": "no id"}, 42]);
    let answer = json!({"items": items, "next_page_token": null, "new_thing": true});
    world.on("GET", EVENTS, body(200, &answer)).await;

    let listed = world.client().bookings(window(), None).await.unwrap();
    let statuses: Vec<_> = listed.bookings.iter().map(|b| b.status).collect();
    assert_eq!(statuses, [Confirmed, Pending, Cancelled]);
    let odd = &listed.bookings[0];
    assert_eq!(odd.guests, ["x@example.org", "y@example.org"]);
    assert_eq!(odd.attendees[0].name, "Ann Lee");
    assert_eq!(odd.meeting.as_ref().unwrap().meeting_id, "947");
    assert_eq!(odd.notes, "one\ntwo\ttab");
    assert_eq!(odd.end.to_string(), "2026-11-22T10:30:00Z");
    let ids: Vec<_> = listed
        .broken
        .iter()
        .map(|b| b.id.as_ref().map(BookingId::as_str))
        .collect();
    assert_eq!(ids, [Some("floating"), Some("backwards"), None, None]);
}

#[rstest]
#[case::the_page_token_went_stale(400, json!({"code": 300, "message": "The next page token is invalid or expired."}))]
#[case::the_page_is_gone(410, json!({}))]
#[case::scheduler_shape(404, json!({"error": {"message": "no such token", "errors": []}}))]
#[tokio::test]
async fn a_refused_page_token_is_stale(#[case] code: u16, #[case] answer: Value) {
    let world = World::granting().await;
    world.on("GET", EVENTS, body(code, &answer)).await;
    let token = PageToken::new("old");
    let error = world
        .client()
        .bookings(window(), Some(&token))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Stale);
}

#[rstest]
#[case::never_opened_scheduler(403, json!({"error": {"message": "User Not Found", "errors": []}}), Kind::Missing, "open Zoom Scheduler once")]
#[case::no_such_user(404, json!({"code": 1001, "message": "User does not exist: eve@example.org"}), Kind::Missing, "zoom_user")]
#[case::forbidden(403, json!({"code": 200, "message": "No permission."}), Kind::Denied, "scheduler:read:list_scheduled_events")]
#[case::no_scope(400, json!({"code": 4711, "message": "x"}), Kind::Refused, "Zoom")]
#[case::no_scope(401, json!({"code": 4700, "message": "Invalid access token, does not contain scopes:[scheduler:read:special]."}), Kind::Denied, "scheduler:read:special")]
#[case::redirected(302, json!({}), Kind::Unreachable, "zoom.api_url")]
#[case::bad_request(400, json!({"error": {"message": "Miss time fields for eve@example.org", "errors": [{"field": "from", "message": "eve@example.org"}]}}), Kind::Refused, "Zoom")]
#[tokio::test]
async fn each_refusal_has_its_kind_and_remedy(
    #[case] code: u16,
    #[case] answer: Value,
    #[case] kind: Kind,
    #[case] hint: &str,
) {
    let world = World::granting().await;
    world.on("GET", EVENTS, body(code, &answer)).await;
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let remedy = error.remedy().unwrap();
    assert!(remedy.contains(hint), "{remedy}");
    let all = format!("{error} {error:?} {remedy}");
    assert!(
        !all.contains("eve@") && !all.contains(SECRET) && !all.contains("from="),
        "{all}"
    );
    assert_eq!(world.arrived(EVENTS).await.len(), 1);
}

#[rstest]
#[case::an_error_that_calls_itself_200(json!({"error": {"message": "oops"}}))]
#[case::something_else(json!({"status": "ok"}))]
#[case::a_list_where_a_page_should_be(json!([1, 2]))]
#[tokio::test]
async fn an_answer_without_a_list_is_not_an_empty_account(#[case] answer: Value) {
    let world = World::granting().await;
    world.on("GET", EVENTS, body(200, &answer)).await;
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
}

#[tokio::test]
async fn an_empty_page_may_come_without_its_list() {
    let world = World::granting().await;
    world
        .on("GET", EVENTS, body(200, &json!({"next_page_token": ""})))
        .await;
    assert!(
        world
            .client()
            .bookings(window(), None)
            .await
            .unwrap()
            .bookings
            .is_empty()
    );
}

#[tokio::test]
async fn a_page_that_is_its_own_next_page_ends_the_listing() {
    let world = World::granting().await;
    world
        .on("GET", EVENTS, body(200, &page(&["1"], "loop")))
        .await;
    let token = PageToken::new("loop");
    let error = world
        .client()
        .bookings(window(), Some(&token))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
}
