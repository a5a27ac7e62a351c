//! One booking: reading, cancelling, noting; another user's host; requests as they are.

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::adapters::zoom::operations;
use crate::adapters::zoom::raw::Request;
use crate::domain::ids::{AttendeeId, BookingId};
use crate::ports::zoom::Zoom;

const ONE: &str = "/v2/scheduler/events/one";

fn one() -> BookingId {
    BookingId::new("one")
}

#[tokio::test]
async fn a_booking_is_read_and_one_that_is_gone_is_none() {
    let world = World::granting().await;
    world
        .on(
            "GET",
            ONE,
            in_turn([body(200, &event("one")), status(404), status(410)]),
        )
        .await;
    let zoom = world.client();
    assert_eq!(zoom.booking(&one()).await.unwrap().unwrap().id, one());
    assert_eq!(zoom.booking(&one()).await.unwrap(), None);
    assert_eq!(zoom.booking(&one()).await.unwrap(), None);
}

#[rstest]
#[case::one_that_stands(vec![status(204)], None, true)]
#[case::one_that_is_gone(vec![status(404)], None, true)]
#[case::one_that_was_cancelled_meanwhile(vec![status(409)], Some("cancelled"), true)]
#[case::one_that_zoom_will_not_cancel(vec![body(400, &json!({"code": 400}))], Some("confirmed"), false)]
#[case::after_a_lost_answer(vec![too_late(204), status(409)], Some("cancelled"), true)]
#[case::after_a_fault(vec![status(500), status(204)], None, true)]
#[tokio::test]
async fn cancelling_twice_is_cancelling_once(
    #[case] answers: Vec<ResponseTemplate>,
    #[case] then: Option<&str>,
    #[case] fine: bool,
) {
    let world = World::granting().await.impatient();
    world.on("PATCH", ONE, in_turn(answers)).await;
    let mut found = event("one");
    found["status"] = json!(then);
    world.on("GET", ONE, body(200, &found)).await;
    let done = world.client().cancel(&one()).await;
    assert_eq!(done.is_ok(), fine, "{done:?}");
    let sent = world.arrived(ONE).await;
    assert_eq!(
        sent[0].body_json::<Value>().unwrap(),
        json!({"status": "cancelled"})
    );
}

#[tokio::test]
async fn notes_are_set_and_never_quoted_in_an_error() {
    let world = World::granting().await;
    let refusal = json!({"error": {"message": "bad: private words", "errors": [{"field": "meeting_notes", "message": "private words"}]}});
    world
        .on("PATCH", ONE, in_turn([status(204), body(400, &refusal)]))
        .await;
    let zoom = world.client();
    zoom.note(&one(), "private words").await.unwrap();
    let sent = world.arrived(ONE).await;
    assert_eq!(
        sent[0].body_json::<Value>().unwrap(),
        json!({"meeting_notes": "private words"})
    );
    let error = zoom.note(&one(), "private words").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    let all = format!("{error} {error:?}");
    assert!(
        all.contains("meeting_notes") && !all.contains("private"),
        "{all}"
    );
}

#[tokio::test]
async fn an_attendee_brings_the_answers_in_the_order_of_the_form() {
    let world = World::granting().await;
    let attendee = json!({"attendee_id": "a", "display_name": " Bo ", "custom_values": [
        {"name": "second", "position": 1, "values": ["x", 5, "y"]},
        {"name": "first", "position": 0, "values": ["z"]},
        "nonsense",
    ]});
    let at = "/v2/scheduler/events/one/attendees/a";
    world
        .on("GET", at, in_turn([body(200, &attendee), status(404)]))
        .await;
    let zoom = world.client();
    let id = AttendeeId::new("a");
    let found = zoom.attendee(&one(), &id).await.unwrap().unwrap();
    let questions: Vec<_> = found.answers.iter().map(|a| a.question.as_str()).collect();
    assert_eq!(questions, ["first", "second"]);
    assert_eq!(found.answers[1].values, ["x", "y"]);
    assert_eq!(found.name, "Bo");
    assert_eq!(zoom.attendee(&one(), &id).await.unwrap(), None);
}

#[rstest]
#[case("..")]
#[case("")]
#[case(".")]
#[tokio::test]
async fn an_id_cannot_climb_to_another_resource(#[case] id: &str) {
    let world = World::granting().await;
    let error = world
        .client()
        .cancel(&BookingId::new(id))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    assert!(world.arrived("/v2/scheduler/events").await.is_empty());
}

#[tokio::test]
async fn a_slash_in_an_id_stays_in_the_id() {
    let world = World::granting().await;
    world
        .on(
            "GET",
            "/v2/scheduler/events/a%2F..%2Fb",
            body(200, &event("a/../b")),
        )
        .await;
    let id = BookingId::new("a/../b");
    assert!(world.client().booking(&id).await.unwrap().is_some());
}

#[rstest]
#[case::seen_by_id(200, true)]
#[case::not_seen_by_id(404, false)]
#[tokio::test]
async fn another_users_booking_is_gone_only_where_its_neighbours_are_seen(
    #[case] neighbour: u16,
    #[case] believed: bool,
) {
    let world = World::granting().await;
    world
        .on(
            "GET",
            "/v2/scheduler/events",
            body(200, &page(&["two"], "")),
        )
        .await;
    world
        .on(
            "GET",
            "/v2/scheduler/events/two",
            body(neighbour, &event("two")),
        )
        .await;
    world.on("GET", ONE, status(404)).await;
    world.on("PATCH", ONE, status(404)).await;
    let zoom = world.account().host(HostUser::from_key("bob"));
    zoom.bookings(window(), None).await.unwrap();
    let read = zoom.booking(&one()).await;
    let cancelled = zoom.cancel(&one()).await;
    if believed {
        assert_eq!(read.unwrap(), None);
        cancelled.unwrap();
    } else {
        assert_eq!(read.unwrap_err().kind(), Kind::Denied);
        assert_eq!(cancelled.unwrap_err().kind(), Kind::Denied);
    }
}

#[tokio::test]
async fn raw_requests_pass_through_and_quote_only_plain_words() {
    let world = World::granting().await;
    world
        .on(
            "GET",
            "/v2/scheduler/schedules",
            body(200, &json!({"any": [1]})),
        )
        .await;
    let refusal =
        json!({"code": 400, "message": "Failed json validation! eve@example.org https://x/?t=1"});
    world
        .on("POST", "/v2/scheduler/schedules", body(400, &refusal))
        .await;
    world
        .on("DELETE", ONE, in_turn([status(204), status(404)]))
        .await;
    let zoom = world.client();
    let list = operations::find("schedules", "list").unwrap();
    let request = Request {
        query: vec![("page_size", "5".to_owned())],
        ..Request::default()
    };
    let found = zoom.ask(list, &request).await.unwrap();
    assert_eq!(found, json!({"any": [1]}));
    let create = operations::find("schedules", "create").unwrap();
    let request = Request {
        body: Some(json!({})),
        ..Request::default()
    };
    let error = zoom.ask(create, &request).await.unwrap_err();
    assert_eq!(
        error.cause(),
        "HTTP 400, Zoom's code 400: Failed json validation! … …"
    );
    assert!(zoom.delete_event(&one()).await.unwrap());
    assert!(!zoom.delete_event(&one()).await.unwrap());
}

#[tokio::test]
async fn what_was_asked_without_its_scope_is_denied_and_names_it() {
    let world = World::granting().await;
    let refusal = json!({"code": 4711, "message": "Invalid access token, scopes are missing."});
    world
        .on("GET", "/v2/scheduler/teams", body(400, &refusal))
        .await;
    let list = operations::find("teams", "list").unwrap();
    let error = world
        .client()
        .ask(list, &Request::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    let hint = error.remedy().unwrap();
    assert!(hint.contains(": scheduler:read:get_schedule;"), "{hint}");
}

#[tokio::test]
async fn a_host_is_read_as_a_user() {
    let world = World::granting().await;
    world
        .on(
            "GET",
            "/v2/scheduler/users/me",
            body(200, &json!({"id": "x"})),
        )
        .await;
    assert_eq!(world.client().user().await.unwrap()["id"], "x");
}
