//! Faults that pass, faults that stay, and answers that make no sense.

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::adapters::zoom::operations;
use crate::adapters::zoom::raw::Request;
use crate::domain::ids::BookingId;
use crate::ports::zoom::Zoom;

const EVENTS: &str = "/v2/scheduler/events";

fn cut_off() -> ResponseTemplate {
    status(200).set_body_raw(r#"{"items": [{"event_id": "private"#, "application/json")
}

#[rstest]
#[case::server_error(status(500))]
#[case::gateway(status(502).set_body_string("<html>oops"))]
#[case::cut_off_json(cut_off())]
#[case::no_json(status(200).set_body_string("<html>private"))]
#[case::too_late(too_late(200))]
#[tokio::test]
async fn reading_is_tried_again_after_a_passing_fault(#[case] fault: ResponseTemplate) {
    let world = World::granting().await.impatient();
    world
        .on(
            "GET",
            EVENTS,
            in_turn([fault.clone(), fault, body(200, &page(&["1"], ""))]),
        )
        .await;
    let zoom = world.client();
    assert_eq!(
        zoom.bookings(window(), None).await.unwrap().bookings.len(),
        1
    );
    assert_eq!(zoom.meter().requests(), 3);
}

#[rstest]
#[case::server_error(status(503), Kind::Transient)]
#[case::cut_off_json(cut_off(), Kind::Transient)]
#[case::no_json(status(200).set_body_string("<html>private"), Kind::Malformed)]
#[case::too_late(too_late(200), Kind::Transient)]
#[tokio::test]
async fn a_fault_that_stays_is_told_after_three_tries(
    #[case] fault: ResponseTemplate,
    #[case] kind: Kind,
) {
    let world = World::granting().await.impatient();
    world.on("GET", EVENTS, fault).await;
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), kind);
    assert_eq!(world.arrived(EVENTS).await.len(), 3);
    let all = format!("{error} {error:?}");
    assert!(!all.contains("private") && !all.contains("from="), "{all}");
}

#[tokio::test]
async fn a_503_that_names_a_time_is_waited_for_up_to_a_minute() {
    let world = World::granting().await;
    let soon = status(503).insert_header("Retry-After", "20");
    let late = status(503).insert_header("Retry-After", "3600");
    world.on("GET", EVENTS, in_turn([soon, late])).await;
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    assert_eq!(world.clock.long_sleeps(), [Duration::from_secs(20)]);
    assert_eq!(world.arrived(EVENTS).await.len(), 2);
}

#[rstest]
#[case::our_own_write_sets_a_value(true, 2)]
#[case::a_write_typed_by_a_person_may_not(false, 1)]
#[tokio::test]
async fn a_write_without_an_answer_is_repeated_only_where_twice_is_once(
    #[case] ours: bool,
    #[case] times: usize,
) {
    let world = World::granting().await.impatient();
    let at = "/v2/scheduler/events/one";
    world.on("PATCH", at, too_late(204)).await;
    let zoom = world.client();
    let error = if ours {
        zoom.note(&BookingId::new("one"), "x").await.unwrap_err()
    } else {
        let patch = operations::find("events", "patch").unwrap();
        let request = Request {
            ids: vec![("eventId", "one".to_owned())],
            body: Some(json!({})),
            ..Request::default()
        };
        zoom.ask(patch, &request).await.unwrap_err()
    };
    assert_eq!(error.kind(), Kind::Transient);
    assert_eq!(zoom.meter().requests(), times as u64);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let mut world = World::granting().await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    world.config.api_url = format!("http://{address}/v2").parse().unwrap();
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
}

#[tokio::test]
async fn plain_text_to_another_machine_is_refused_before_anything_is_sent() {
    let mut world = World::granting().await;
    world.config.oauth_url = "http://zoom.example/oauth".parse().unwrap();
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Local);
}

#[tokio::test]
async fn an_answer_larger_than_allowed_is_not_read_to_its_end() {
    let world = World::granting().await;
    let huge = vec![b' '; 17 * 1024 * 1024];
    world
        .on(
            "GET",
            EVENTS,
            status(200).set_body_raw(huge, "application/json"),
        )
        .await;
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
    assert_eq!(world.arrived(EVENTS).await.len(), 1);
}

/// A server that gives each connection one of these answers and closes it, however much is owed.
fn closing(answers: Vec<&'static str>) -> (url::Url, std::thread::JoinHandle<()>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v2", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url.parse().unwrap(), serving)
}

const CUT_BODY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"items\": [";
const WHOLE: &str =
    "HTTP/1.1 200 OK\r\ncontent-length: 13\r\nconnection: close\r\n\r\n{\"items\": []}";

#[tokio::test]
async fn a_dropped_connection_and_a_cut_off_body_are_tried_again() {
    let mut world = World::granting().await;
    let (url, serving) = closing(vec!["", CUT_BODY, WHOLE]);
    world.config.api_url = url;
    assert!(world.client().bookings(window(), None).await.is_ok());
    serving.join().unwrap();
}

#[tokio::test]
async fn a_write_whose_answer_is_cut_off_is_done() {
    let mut world = World::granting().await;
    let (url, serving) = closing(vec![CUT_BODY]);
    world.config.api_url = url;
    let zoom = world.client();
    zoom.cancel(&BookingId::new("one")).await.unwrap();
    assert_eq!(zoom.meter().requests(), 1);
    serving.join().unwrap();
}
