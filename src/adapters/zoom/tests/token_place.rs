//! Where the parameters for the token endpoint stand.

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::ports::zoom::Zoom;

const EVENTS: &str = "/v2/scheduler/events";
const TOKEN: &str = "/oauth/token";

/// A token endpoint that finds parameters in the query alone, and says this where there are none.
async fn reading_the_query(auth: Auth, refusal: &'static str) -> World {
    let mut world = World::new().await;
    world.config.auth = auth;
    world
        .on("POST", TOKEN, move |request: &Request| {
            match query(request).get("grant_type").map(String::as_str) {
                None => body(400, &json!({"error": refusal})),
                Some("refresh_token") => token("t", 3_599, Some("r1")),
                Some(_) => token("t", 3_599, None),
            }
        })
        .await;
    world.on("GET", EVENTS, body(200, &page(&[], ""))).await;
    world
}

#[rstest]
#[case::server_to_server(server_to_server(), "invalid_request")]
#[case::server_to_server_by_kind(server_to_server(), "unsupported_grant_type")]
#[case::user(user(Some("r0")), "invalid_request")]
#[tokio::test]
async fn a_server_that_reads_only_the_query_is_asked_there_and_remembered(
    #[case] auth: Auth,
    #[case] word: &'static str,
) {
    let world = reading_the_query(auth, word).await;
    let zoom = world.client();
    zoom.bookings(window(), None).await.unwrap();
    world.clock.advance(Duration::from_hours(2));
    zoom.bookings(window(), None).await.unwrap();
    let asked = world.arrived(TOKEN).await;
    let in_query: Vec<bool> = asked.iter().map(|r| r.url.query().is_some()).collect();
    assert_eq!(in_query, [false, true, true]);
    assert!(asked[1].headers.contains_key("authorization"));
    assert!(asked[1].body.is_empty() && !asked[1].url.query().unwrap().contains(SECRET));
}

#[rstest]
#[case::a_refused_client(server_to_server(), "invalid_client", 1)]
#[case::a_refused_grant(server_to_server(), "invalid_grant", 1)]
#[case::an_unknown_word(server_to_server(), "access_denied", 1)]
#[case::a_refresh_token_that_may_be_used_up(user(Some("r0")), "unsupported_grant_type", 1)]
#[case::parameters_that_are_wrong_in_both_places(server_to_server(), "invalid_request", 2)]
#[tokio::test]
async fn a_refusal_of_what_was_read_is_not_repeated_in_the_query(
    #[case] auth: Auth,
    #[case] word: &str,
    #[case] times: usize,
) {
    let mut world = World::new().await;
    world.config.auth = auth;
    world
        .on("POST", TOKEN, body(400, &json!({"error": word})))
        .await;
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert_eq!(world.arrived(TOKEN).await.len(), times);
}

#[tokio::test]
async fn a_fault_of_a_server_that_reads_the_query_shows_no_parameter() {
    let mut world = World::new().await.impatient();
    world.config.auth = user(Some("seed-hush"));
    let unread = || body(400, &json!({"error": "invalid_request"}));
    let answers = [
        unread(),
        too_late(200),
        unread(),
        too_late(200),
        unread(),
        too_late(200),
    ];
    world.on("POST", TOKEN, in_turn(answers)).await;
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    let all = format!("{error} {error:?}");
    assert!(!all.contains("hush"), "{all}");
}
