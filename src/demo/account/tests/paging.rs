//! The listing: pages, window, filters.

use std::time::Instant;

use serde_json::Value;

use super::{Account, AccountOptions, Bench, at, ids};

async fn walk(bench: &Bench, query: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let more = if token.is_empty() {
            String::new()
        } else {
            format!("&next_page_token={token}")
        };
        let page = bench.json(&format!("/events?{query}{more}")).await;
        pages.push(ids(&page));
        let next = page.get("next_page_token").and_then(Value::as_str);
        next.unwrap_or_default().clone_into(&mut token);
        if token.is_empty() {
            return pages;
        }
    }
}

#[tokio::test]
async fn a_thousand_bookings_are_four_pages_of_at_most_three_hundred() {
    let bench = Bench::new().await;
    bench.account.fill(1000);
    for order in ["startTime", "updated"] {
        let pages = walk(&bench, &format!("page_size=300&order_by={order}")).await;
        let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
        assert_eq!(sizes, [300, 300, 300, 100]);
        let mut seen: Vec<String> = pages.concat();
        if order == "startTime" {
            assert_eq!(seen, bench.account.live_ids());
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 1000);
    }
}

#[tokio::test]
async fn from_bounds_the_end_and_to_bounds_the_start_both_exclusive() {
    let bench = Bench::new().await;
    let id = bench.book("2026-11-23T09:00:00Z");
    let table = [
        ("&from=2026-11-23T09:29:59Z", true),
        ("&from=2026-11-23T09:30:00Z", false),
        ("&to=2026-11-23T09:00:01Z", true),
        ("&to=2026-11-23T09:00:00Z", false),
        ("&to=2026-11-23T10:00:01%2B01:00", true),
        ("&from=2026-11-23T09:10:00Z&to=2026-11-23T09:20:00Z", true),
    ];
    for (query, shown) in table {
        assert_eq!(bench.listed(query).await.contains(&id), shown, "{query}");
    }
}

#[tokio::test]
async fn a_wrong_query_is_refused() {
    let bench = Bench::new().await;
    for query in [
        "from=2026-11-23T09:00:00",
        "from=2026-11-23",
        "from=2026-11-23%2009:00:00Z",
        "from=2026-11-24T09:00:00Z&to=2026-11-23T09:00:00Z",
        "page_size=0",
        "page_size=301",
        "page_size=many",
        "show_deleted=yes",
        "order_by=start",
        "event_type=default",
        "time_zone=Nowhere/Else",
        "colour=red",
        "page_size=1&page_size=1",
        "next_page_token=made-up",
    ] {
        assert_eq!(
            bench.status(&format!("/events?{query}")).await,
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_page_token_is_good_for_its_own_query_only() {
    let bench = Bench::new().await;
    bench.account.fill(10);
    let page = bench.json("/events?page_size=3&show_deleted=true").await;
    let token = page["next_page_token"].as_str().unwrap();
    let good = format!("/events?show_deleted=true&page_size=3&next_page_token={token}");
    let other = format!("/events?page_size=3&next_page_token={token}");
    assert_eq!(bench.status(&good).await, 200);
    assert_eq!(bench.status(&other).await, 400);
}

#[tokio::test]
async fn a_page_token_perishes_where_told_so() {
    let mut options = AccountOptions::at(at("2026-11-21T12:00:00Z"));
    options.page_token_life = Some(1);
    let bench = Bench::with(options).await;
    bench.account.fill(10);
    let page = bench.json("/events?page_size=3").await;
    let token = page["next_page_token"].as_str().unwrap();
    let next = format!("/events?page_size=3&next_page_token={token}");
    assert_eq!(bench.status(&next).await, 200);
    assert_eq!(bench.status(&next).await, 400);
}

#[tokio::test]
async fn the_account_may_give_smaller_pages_than_asked_for() {
    let mut options = AccountOptions::at(at("2026-11-21T12:00:00Z"));
    options.page_limit = 4;
    let bench = Bench::with(options).await;
    bench.account.fill(10);
    let pages = walk(&bench, "page_size=300").await;
    assert_eq!(pages.len(), 3);
}

#[tokio::test]
async fn cancelled_ones_are_shown_on_request_and_pending_ones_always() {
    let bench = Bench::new().await;
    let [kept, cancelled, deleted, purged, pending] =
        [9, 10, 11, 12, 13].map(|hour| bench.book(&format!("2026-11-23T{hour:02}:00:00Z")));
    bench.account.cancel(&cancelled);
    bench.account.delete(&deleted);
    bench.account.purge(&purged);
    bench.account.make_pending(&pending);
    assert_eq!(bench.listed("").await, [kept.clone(), pending.clone()]);
    assert_eq!(
        bench.listed("&show_deleted=true").await,
        [&kept, &cancelled, &deleted, &pending].map(Clone::clone)
    );
    assert_eq!(
        bench.listed("&event_type=pending").await,
        std::slice::from_ref(&pending)
    );
    let table = [(&cancelled, 200), (&deleted, 404), (&purged, 404)];
    for (id, status) in table {
        assert_eq!(bench.status(&format!("/events/{id}")).await, status);
    }
    assert_eq!(bench.account.live_ids(), [kept, pending]);
}

#[tokio::test]
async fn times_come_in_both_spellings_and_mean_the_same() {
    let bench = Bench::new().await;
    bench.account.fill(2);
    let page = bench.json("/events?time_zone=Asia/Kolkata").await;
    let times: Vec<&str> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["start_date_time"].as_str().unwrap())
        .collect();
    assert_eq!(times, ["2026-11-22T05:30:00+05:30", "2027-02-05T00:00:00Z"]);
}

#[test]
fn a_page_out_of_a_hundred_thousand_bookings_is_found_at_once() {
    let account = Account::new(AccountOptions::at(at("2026-11-21T12:00:00Z")));
    account.fill(100_000);
    let call = super::super::call::Call {
        method: "GET".to_owned(),
        path: "/v2/scheduler/events".to_owned(),
        query: vec![
            ("from".to_owned(), "2027-02-01T00:00:00Z".to_owned()),
            ("page_size".to_owned(), "300".to_owned()),
        ],
        authorization: None,
        body: super::super::call::Body::Empty,
    };
    let start = Instant::now();
    let page = super::super::listing::page(&account, &account.state(), &call).unwrap();
    let time = start.elapsed();
    assert_eq!(page.body.unwrap()["items"].as_array().unwrap().len(), 300);
    // Generous, for an unoptimised build on a busy machine; a walk over everything takes longer.
    assert!(time.as_millis() < 250, "{time:?}");
}
