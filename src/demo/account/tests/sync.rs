//! Listing the events of a Zoom calendar: windows, pages, and what changed.

use rstest::rstest;
use serde_json::{Value, json};

use super::super::{AccountOptions, CalendarEvent, Fault};
use super::calendar::{EVENTS, event};
use super::{Bench, at};

fn options() -> AccountOptions {
    AccountOptions::at(at("2026-11-21T12:00:00Z"))
}

/// So many events from 2026-11-23 on, one an hour; their ids.
fn fill(bench: &Bench, count: i64) -> Vec<String> {
    let first = at("2026-11-23T00:00:00Z");
    let hour = |number: i64| first + jiff::SignedDuration::from_hours(number);
    (0..count)
        .map(|number| CalendarEvent::new(hour(number), hour(number + 1), "Private words"))
        .map(|event| bench.account.add_calendar_event(event))
        .collect()
}

async fn list(bench: &Bench, query: &str) -> Value {
    let (status, page) = bench.call("GET", &format!("{EVENTS}?{query}"), None).await;
    assert_eq!(status, 200, "{query}: {page}");
    page
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

/// All pages, and the sync token that only the last one has.
async fn all(bench: &Bench, query: &str) -> (Vec<String>, String) {
    let (mut found, mut more) = (Vec::new(), String::new());
    loop {
        let page = list(bench, &format!("{query}{more}")).await;
        found.extend(ids(&page));
        match (
            page["nextPageToken"].as_str(),
            page["nextSyncToken"].as_str(),
        ) {
            (Some(token), None) => more = format!("&pageToken={token}"),
            (None, Some(token)) => return (found, token.to_owned()),
            both => panic!("one of the two: {both:?}"),
        }
    }
}

#[tokio::test]
async fn a_window_is_told_in_pages_and_its_last_page_has_a_sync_token() {
    let bench = Bench::new().await;
    let made = fill(&bench, 10);
    let (found, _) = all(&bench, "maxResults=3&singleEvents=true").await;
    assert_eq!(found, made);
    let window = "timeMin=2026-11-23T02:00:00Z&timeMax=2026-11-23T04:00:00Z";
    let (found, _) = all(&bench, window).await;
    assert_eq!(found, made[2..4], "exclusive on both sides");
    let sorted = list(&bench, "orderBy=updated").await;
    assert_eq!(sorted.get("nextSyncToken"), None);
}

#[rstest]
#[case("timeMin=2026-11-23")]
#[case("timeMin=2026-11-24T00:00:00Z&timeMax=2026-11-23T00:00:00Z")]
#[case("maxResults=0")]
#[case("maxResults=2501")]
#[case("singleEvents=1")]
#[case("orderBy=startTime")]
#[case("pageToken=made-up")]
#[case("page_size=3")]
#[case("q=words")]
#[case("timeZone=Nowhere")]
#[tokio::test]
async fn a_wrong_query_is_refused(#[case] query: &str) {
    let bench = Bench::new().await;
    assert_eq!(
        bench
            .call("GET", &format!("{EVENTS}?{query}"), None)
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn a_sync_token_tells_what_changed_since_and_nothing_else() {
    let bench = Bench::new().await;
    let made = fill(&bench, 5);
    let (_, token) = all(&bench, "timeMin=2026-11-22T00:00:00Z&singleEvents=true").await;
    let since = |token: &str| format!("singleEvents=true&maxResults=2&syncToken={token}");
    let (found, token) = all(&bench, &since(&token)).await;
    assert!(found.is_empty());
    bench
        .account
        .set_calendar_field(&made[3], "summary", json!("Other"));
    bench.account.delete_calendar_event(&made[1]);
    let new = fill(&bench, 1).remove(0);
    let (found, next) = all(&bench, &since(&token)).await;
    assert_eq!(
        found,
        [made[3].clone(), made[1].clone(), new],
        "in order of change"
    );
    let page = list(&bench, &since(&token)).await;
    assert_eq!(page["items"][1]["status"], "cancelled");
    assert_eq!(page["items"][1].get("summary"), None);
    assert!(all(&bench, &since(&next)).await.0.is_empty());
}

#[tokio::test]
async fn what_changes_while_pages_are_turned_is_not_lost() {
    let bench = Bench::new().await;
    let made = fill(&bench, 4);
    let first = list(&bench, "maxResults=2").await;
    bench.account.delete_calendar_event(&made[0]);
    let token = first["nextPageToken"].as_str().unwrap();
    let last = list(&bench, &format!("maxResults=2&pageToken={token}")).await;
    let token = last["nextSyncToken"].as_str().unwrap();
    let (found, _) = all(&bench, &format!("syncToken={token}")).await;
    assert_eq!(found, [made[0].clone()]);
}

#[rstest]
#[case("timeMin=2026-11-23T00:00:00Z", 400)]
#[case("timeMax=2026-11-23T00:00:00Z", 400)]
#[case("orderBy=updated", 400)]
#[case("showDeleted=false", 400)]
#[case("showDeleted=true", 200)]
#[case("singleEvents=true", 410)]
#[tokio::test]
async fn a_sync_token_goes_with_the_query_it_was_made_for(#[case] more: &str, #[case] status: u16) {
    let bench = Bench::new().await;
    let (_, token) = all(&bench, "maxResults=3").await;
    let path = format!("{EVENTS}?{more}&syncToken={token}");
    assert_eq!(bench.call("GET", &path, None).await.0, status);
}

#[rstest]
#[case(410)]
#[case(404)]
#[tokio::test]
async fn a_sync_token_that_expired_or_never_was_is_refused(#[case] status: u16) {
    let mut options = options();
    options.calendar.stale_sync_token = status;
    let bench = Bench::with(options).await;
    let (_, token) = all(&bench, "maxResults=3").await;
    let path = |token: &str| format!("{EVENTS}?syncToken={token}");
    assert_eq!(bench.call("GET", &path(&token), None).await.0, 200);
    bench.account.expire_sync_tokens();
    assert_eq!(bench.call("GET", &path(&token), None).await.0, status);
    assert_eq!(bench.call("GET", &path("made-up"), None).await.0, status);
    let team = format!("/calendars/c_team0id4@group.calendar.example/events?syncToken={token}");
    assert_eq!(
        bench.call("GET", &team, None).await.0,
        status,
        "another calendar's"
    );
}

#[tokio::test]
async fn deleted_ones_are_shown_on_request_only() {
    let bench = Bench::new().await;
    let made = fill(&bench, 2);
    bench.account.delete_calendar_event(&made[0]);
    assert_eq!(ids(&list(&bench, "").await), [made[1].clone()]);
    assert_eq!(ids(&list(&bench, "showDeleted=true").await), made);
}

#[tokio::test]
async fn a_recurring_event_is_one_or_each_of_its_times() {
    let bench = Bench::new().await;
    let weekly = event(&json!({"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"]}));
    bench
        .call("POST", &format!("{EVENTS}?sendUpdates=none"), Some(weekly))
        .await;
    let one = list(&bench, "timeMin=2026-11-29T00:00:00Z").await;
    assert_eq!(one["items"].as_array().unwrap().len(), 1);
    assert!(one["items"][0]["recurrence"].is_array());
    let each = list(&bench, "timeMin=2026-11-29T00:00:00Z&singleEvents=true").await;
    assert_eq!(each["items"].as_array().unwrap().len(), 2);
    assert_eq!(each["items"][0].get("recurrence"), None);
    assert_eq!(each["items"][0]["recurringEventId"], one["items"][0]["id"]);
}

#[tokio::test]
async fn faults_meet_a_calendars_listing() {
    let bench = Bench::new().await;
    fill(&bench, 4);
    let (_, token) = all(&bench, "maxResults=2").await;
    let faults = bench.account.faults();
    for (fault, count) in [(Fault::EmptyListing, 0), (Fault::CutListing, 2)] {
        faults.once("GET", "/v2/calendars", fault);
        let page = list(&bench, "").await;
        assert_eq!(ids(&page).len(), count);
        assert!(page["nextSyncToken"].is_string(), "it looks complete");
    }
    faults.once("GET", "/v2/calendars", Fault::GarbageItem);
    let page = list(&bench, "").await;
    assert!(page["items"][0]["start"].is_string());
    faults.once("GET", "/v2/calendars", Fault::StaleSyncToken);
    let path = format!("{EVENTS}?syncToken={token}");
    assert_eq!(bench.call("GET", EVENTS, None).await.0, 200);
    assert_eq!(bench.call("GET", &path, None).await.0, 410);
    assert_eq!(bench.call("GET", &path, None).await.0, 200);
}
