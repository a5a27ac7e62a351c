//! One resource that is refused, while the token is good for its neighbours.

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::domain::ids::{AttendeeId, BookingId};
use crate::ports::zoom::Zoom;

const EVENTS: &str = "/v2/scheduler/events";
const ONE: &str = "/v2/scheduler/events/one";
const ATTENDEE: &str = "/v2/scheduler/events/one/attendees/a";
const TOKEN: &str = "/oauth/token";

fn no_scope() -> Value {
    json!({"code": 4700, "message": "Invalid access token, does not contain scopes:[scheduler:one:named]."})
}

#[rstest]
#[case::forbidden(403, json!({"code": 200, "message": "No permission."}), "scheduler:read:scheduled_event_attendee", "scheduler:update:scheduled_event")]
#[case::another_user(403, json!({"error": {"message": "User Not Found"}}), "not this user's", "not this user's")]
#[case::no_scope(401, no_scope(), "scheduler:one:named", "scheduler:one:named")]
#[case::no_scope_with_another_status(403, no_scope(), "scheduler:one:named", "scheduler:one:named")]
#[case::no_scope_in_other_words(401, json!({"code": 4700, "message": "x"}), "scheduler:read:", "scheduler:update:")]
#[case::no_scope_with_another_code(400, json!({"code": 4711, "message": "Invalid access token, does not contain scopes:[scheduler:one:named]."}), "scheduler:one:named", "scheduler:one:named")]
#[tokio::test]
async fn one_resource_that_is_refused_stops_only_itself_and_names_the_scope(
    #[case] code: u16,
    #[case] refusal: Value,
    #[case] to_read: &str,
    #[case] to_write: &str,
) {
    let world = World::granting().await;
    for (verb, at) in [("GET", ONE), ("PATCH", ONE), ("GET", ATTENDEE)] {
        world.on(verb, at, body(code, &refusal)).await;
    }
    let (zoom, id) = (world.client(), BookingId::new("one"));
    // However old the token is, the refusals of many bookings do not ask for one each.
    zoom.booking(&id).await.unwrap_err();
    world.clock.advance(Duration::from_mins(10));
    for _ in 0..3 {
        let reads = [
            zoom.booking(&id).await.unwrap_err(),
            zoom.attendee(&id, &AttendeeId::new("a")).await.unwrap_err(),
        ];
        let writes = [
            zoom.cancel(&id).await.unwrap_err(),
            zoom.note(&id, "x").await.unwrap_err(),
        ];
        for error in &reads {
            assert_eq!(error.kind(), Kind::Refused, "{error}");
        }
        for error in &writes {
            assert_eq!(error.kind(), Kind::Refused, "{error}");
            assert!(error.remedy().unwrap().contains(to_write), "{error:?}");
        }
        assert!(reads[1].remedy().unwrap().contains(to_read), "{reads:?}");
    }
    assert!(world.arrived(TOKEN).await.len() <= 2);
}

#[rstest]
#[case::plain(401, json!({}))]
#[case::expired(401, json!({"code": 124, "message": "Access token is expired."}))]
#[tokio::test]
async fn a_token_that_stays_refused_is_denied_for_one_resource_too(
    #[case] code: u16,
    #[case] refusal: Value,
) {
    let world = World::granting().await;
    world.on("GET", ONE, body(code, &refusal)).await;
    let error = world
        .client()
        .booking(&BookingId::new("one"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert_eq!(world.arrived(TOKEN).await.len(), 2);
}

#[rstest]
#[case::forbidden(403, json!({"code": 200, "message": "No permission."}))]
#[case::no_scope(401, no_scope())]
#[tokio::test]
async fn a_listing_that_is_refused_stops_the_host(#[case] code: u16, #[case] refusal: Value) {
    let world = World::granting().await;
    world.on("GET", EVENTS, body(code, &refusal)).await;
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
}
