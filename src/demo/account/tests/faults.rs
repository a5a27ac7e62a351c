//! Each fault, as a client meets it.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Fault, FaultPlan};
use super::{AccountOptions, Bench, at, ids};

const EVENTS: &str = "/v2/scheduler/events";

async fn bench_with(fault: Fault) -> Bench {
    let bench = Bench::new().await;
    bench.account.fill(10);
    bench.account.faults().once("*", EVENTS, fault);
    bench
}

#[tokio::test]
async fn a_status_strikes_the_nth_request_and_only_that() {
    let bench = Bench::new().await;
    bench
        .account
        .faults()
        .on_nth(2, "GET", EVENTS, Fault::Status(503));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(bench.status("/events").await);
        assert_eq!(bench.status("/users/me").await, 200, "another path");
    }
    assert_eq!(statuses, [200, 503, 200]);
    assert_eq!(bench.account.faults().struck(), [Fault::Status(503)]);
}

#[tokio::test]
async fn a_dropped_request_is_done_or_not_done_as_told() {
    for (fault, done) in [(Fault::DropBefore, false), (Fault::DropAfter, true)] {
        let bench = Bench::new().await;
        let id = bench.book("2026-11-23T09:00:00Z");
        bench.account.faults().once("PATCH", EVENTS, fault.clone());
        let wish = json!({"status": "cancelled"});
        let error = bench.patch(&id, &wish).send().await.unwrap_err();
        assert!(
            !error.is_timeout() && !error.is_connect(),
            "{fault:?}: {error:?}"
        );
        assert_eq!(
            bench.account.cancellations().len(),
            usize::from(done),
            "{fault:?}"
        );
        assert_eq!(bench.account.requests().last().unwrap().status, None);
        assert_eq!(bench.patch(&id, &wish).send().await.unwrap().status(), 204);
        assert_eq!(bench.account.cancellations().len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_late_answer_comes_after_the_work() {
    let bench = Bench::new().await;
    let id = bench.book("2026-11-23T09:00:00Z");
    let late = Fault::DelayAfter(Duration::from_hours(1));
    bench.account.faults().once("PATCH", EVENTS, late);
    let patch = bench.patch(&id, &json!({"meeting_notes": "n"}));
    let answer = patch.timeout(Duration::from_secs(1)).send().await;
    assert!(answer.unwrap_err().is_timeout());
    assert_eq!(bench.account.event(&id).unwrap()["meeting_notes"], "n");
    bench.server.stop().await;
}

#[tokio::test]
async fn a_truncated_body_starts_well_and_ends_too_early() {
    let bench = bench_with(Fault::TruncateBody).await;
    let answer = bench.get("/events").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err());
    assert_eq!(bench.status("/events").await, 200);
}

#[tokio::test]
async fn both_kinds_of_429_say_what_they_are() {
    let retry_after = Some(2);
    let bench = bench_with(Fault::ThrottleQps { retry_after }).await;
    let until = at("2026-11-22T00:00:00Z");
    bench
        .account
        .faults()
        .on_nth(2, "*", EVENTS, Fault::ThrottleDaily { until });
    for (kind, wait) in [("QPS", "2"), ("Daily-limit", "2026-11-22T00:00:00Z")] {
        let answer = bench.get("/events").send().await.unwrap();
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers()["x-ratelimit-category"], "LIGHT");
        assert_eq!(answer.headers()["x-ratelimit-type"], kind);
        assert_eq!(answer.headers()["retry-after"], wait);
    }
}

#[tokio::test]
async fn an_unauthorized_token_stays_dead() {
    let mut bench = bench_with(Fault::Unauthorized).await;
    assert_eq!(bench.status("/events").await, 401);
    assert_eq!(bench.status("/events").await, 401);
    bench.log_in().await;
    assert_eq!(bench.status("/events").await, 200);
}

#[tokio::test]
async fn a_stale_page_token_meets_only_requests_that_carry_one() {
    let bench = bench_with(Fault::StalePageToken).await;
    let page = bench.json("/events?page_size=3").await;
    let token = page["next_page_token"].as_str().unwrap();
    let next = format!("/events?page_size=3&next_page_token={token}");
    assert_eq!(bench.status(&next).await, 400);
    assert_eq!(bench.status(&next).await, 200);
    assert_eq!(bench.account.faults().waiting(), 0);
}

#[tokio::test]
async fn a_listing_can_be_empty_cut_or_hold_garbage() {
    let bench = bench_with(Fault::EmptyListing).await;
    assert!(ids(&bench.json("/events").await).is_empty());

    let bench = bench_with(Fault::CutListing).await;
    let page = bench.json("/events?page_size=8").await;
    assert_eq!(ids(&page).len(), 4);
    assert_eq!(page.get("next_page_token"), None);

    let bench = bench_with(Fault::GarbageItem).await;
    let page = bench.json("/events").await;
    assert_eq!(ids(&page).len(), 10);
    let time = |n: usize| page["items"][n]["start_date_time"].as_str().unwrap();
    assert!(time(0).parse::<jiff::Timestamp>().is_err());
    assert!(time(1).parse::<jiff::Timestamp>().is_ok());
}

#[tokio::test]
async fn random_faults_follow_from_their_seed() {
    let run = || async {
        let bench = Bench::new().await;
        let faults = vec![Fault::Status(500), Fault::Status(503)];
        bench.account.faults().at_random(7, 0.5, "/v2", faults);
        for _ in 0..20 {
            bench.status("/users/me").await;
        }
        bench.account.faults().struck()
    };
    let first = run().await;
    assert!((3..18).contains(&first.len()), "{first:?}");
    assert_eq!(first, run().await);
}

#[tokio::test]
async fn a_plan_that_is_cleared_strikes_no_more() {
    let plan = FaultPlan::default();
    plan.once("GET", EVENTS, Fault::DropBefore);
    plan.clear();
    assert_eq!(plan.waiting(), 0);
}

#[tokio::test]
async fn more_requests_than_the_cap_in_one_second_are_throttled() {
    let mut options = AccountOptions::at(at("2026-11-21T12:00:00Z"));
    options.requests_per_second = Some(3);
    let bench = Bench::with(options).await;
    let calls = (0..8).map(|_| bench.get("/users/me").send());
    let answers = futures_util::future::join_all(calls).await;
    let throttled = answers
        .into_iter()
        .map(|answer| answer.unwrap())
        .filter(|answer| answer.status() == 429 && answer.headers()["x-ratelimit-type"] == "QPS");
    assert!(throttled.count() > 0);
}

#[tokio::test]
async fn both_error_shapes_are_met() {
    let bench = Bench::new().await;
    let scheduler: Value = bench
        .get("/events/none")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(scheduler["error"]["message"].is_string());
    let platform = bench.get("/events?page_size=0").send().await.unwrap();
    let platform: Value = platform.json().await.unwrap();
    assert!(platform["code"].is_number() && platform["message"].is_string());
}
