//! PATCH and DELETE, and what people do.

use serde_json::json;

use super::{Bench, at};
use crate::domain::booking::Answer;

#[tokio::test]
async fn a_patch_takes_three_things_and_nothing_else() {
    let bench = Bench::new().await;
    let id = bench.book("2026-11-23T09:00:00Z");
    let attendee = bench.account.event(&id).unwrap()["attendees"][0]["attendee_id"].clone();
    let table = [
        (json!({"meeting_notes": "call back"}), 204),
        (json!({"meeting_notes": "x".repeat(1024)}), 204),
        (json!({"meeting_notes": "x".repeat(1025)}), 400),
        (json!({"meeting_notes": null}), 400),
        (json!({"status": "confirmed"}), 204),
        (json!({"status": "CANCELLED"}), 400),
        (
            json!({"attendees": [{"attendee_id": attendee, "no_show": true}]}),
            204,
        ),
        (
            json!({"attendees": [{"email": "bob@example.org", "no_show": true}]}),
            204,
        ),
        (
            json!({"attendees": [{"email": "eve@example.org", "no_show": true}]}),
            400,
        ),
        (json!({"attendees": [{"no_show": true}]}), 400),
        (
            json!({"attendees": [{"attendee_id": attendee, "name": "x", "no_show": true}]}),
            400,
        ),
        (json!({"start_date_time": "2026-11-23T10:00:00Z"}), 400),
        (json!({"summary": "x", "meeting_notes": "y"}), 400),
        (json!({}), 400),
        (json!([]), 400),
    ];
    for (body, status) in table {
        let answer = bench.patch(&id, &body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{body}");
    }
    let event = bench.account.event(&id).unwrap();
    assert_eq!(event["meeting_notes"], "x".repeat(1024));
    assert_eq!(event["attendees"][0]["no_show"], true);
    assert_eq!(bench.account.patches().len(), 5);
    assert!(bench.account.cancellations().is_empty());
}

#[tokio::test]
async fn cancelling_twice_counts_once() {
    let bench = Bench::new().await;
    let id = bench.book("2026-11-23T09:00:00Z");
    for _ in 0..2 {
        let answer = bench
            .patch(&id, &json!({"status": "cancelled"}))
            .send()
            .await;
        assert_eq!(answer.unwrap().status(), 204);
    }
    assert_eq!(bench.account.cancellations(), std::slice::from_ref(&id));
    let back = bench
        .patch(&id, &json!({"status": "confirmed"}))
        .send()
        .await;
    assert_eq!(back.unwrap().status(), 400);
    assert_eq!(bench.delete(&id).send().await.unwrap().status(), 409);
    assert_eq!(bench.account.event(&id).unwrap()["status"], "cancelled");
}

#[tokio::test]
async fn a_deleted_booking_is_no_longer_answered() {
    let bench = Bench::new().await;
    let id = bench.book("2026-11-23T09:00:00Z");
    assert_eq!(bench.delete(&id).send().await.unwrap().status(), 204);
    assert_eq!(bench.delete(&id).send().await.unwrap().status(), 404);
    let late = bench
        .patch(&id, &json!({"status": "cancelled"}))
        .send()
        .await;
    assert_eq!(late.unwrap().status(), 404);
    assert_eq!(bench.account.cancellations(), std::slice::from_ref(&id));
    assert_eq!(bench.listed("&show_deleted=true").await, [id]);
}

#[tokio::test]
async fn a_reschedule_is_a_cancellation_and_a_new_booking() {
    let bench = Bench::new().await;
    let old = bench.book("2026-11-23T09:00:00Z");
    bench.account.set_notes(&old, "bring the plan");
    let new = bench
        .account
        .reschedule(&old, at("2026-11-24T09:00:00Z"))
        .unwrap();
    assert_ne!(old, new);
    let (old, new) = (
        bench.account.event(&old).unwrap(),
        bench.account.event(&new).unwrap(),
    );
    assert_eq!(old["status"], "cancelled");
    assert_eq!(new["status"], "confirmed");
    assert_eq!(old["attendees"][0]["email"], new["attendees"][0]["email"]);
    assert!(new.get("meeting_notes").is_none_or(|notes| notes == ""));
    assert!(
        bench.account.cancellations().is_empty(),
        "people did it, not the API"
    );
}

#[tokio::test]
async fn what_people_change_is_shown_and_counts_as_updated() {
    let bench = Bench::new().await;
    let id = bench.book("2026-11-23T09:00:00Z");
    let before = bench.json(&format!("/events/{id}")).await;
    let account = &bench.account;
    assert!(account.set_notes(&id, "n"));
    assert!(account.set_location(&id, "Room 1"));
    assert!(account.rename_summary(&id, "Deep talk"));
    assert!(account.add_guest(&id, "carol@example.org"));
    let attendee = account
        .add_attendee(&id, "Dan Example", "dan@example.org")
        .unwrap();
    assert!(account.set_raw(&id, "event_type", json!("yet_unknown")));
    let after = bench.json(&format!("/events/{id}")).await;
    assert_eq!(after["meeting_notes"], "n");
    assert_eq!(after["location"], "Room 1");
    assert_eq!(after["summary"], "Deep talk");
    assert_eq!(after["guests"], json!(["carol@example.org"]));
    assert_eq!(after["attendees"][1]["attendee_id"], attendee);
    assert_eq!(after["event_type"], "yet_unknown");
    assert!(after["updated"].as_str() > before["updated"].as_str());
    assert!(!account.set_notes("no-such-id", "n"));
}

#[tokio::test]
async fn only_the_attendees_own_resource_shows_the_answers() {
    let bench = Bench::new().await;
    let id = bench.book("2026-11-23T09:00:00Z");
    let answer = Answer {
        question: "What about?".to_owned(),
        values: vec!["Prices".to_owned()],
    };
    bench.account.set_answers(&id, vec![answer]);
    let event = bench.json(&format!("/events/{id}")).await;
    assert!(!event.to_string().contains("What about?"));
    let attendee = event["attendees"][0]["attendee_id"].as_str().unwrap();
    let shown = bench
        .json(&format!("/events/{id}/attendees/{attendee}"))
        .await;
    assert_eq!(
        shown["custom_values"],
        json!([{"name": "What about?", "position": 0, "values": ["Prices"]}])
    );
    assert_eq!(
        bench.status(&format!("/events/{id}/attendees/x")).await,
        404
    );
}
