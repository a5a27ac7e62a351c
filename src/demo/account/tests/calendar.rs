//! The Zoom calendar over HTTP: which there are, and events one by one.

use rstest::rstest;
use serde_json::{Value, json};

use super::super::{AccountOptions, AppOwner, CalendarEvent, Discovery, Role, Scope};
use super::{Bench, at};

pub(super) const EVENTS: &str = "/calendars/alice.demo@zmail.example/events";
const LIST: &str = "/calendars/users/me/calendarList";

fn options() -> AccountOptions {
    AccountOptions::at(at("2026-11-21T12:00:00Z"))
}

pub(super) fn event(more: &Value) -> Value {
    let mut body = json!({
        "start": {"dateTime": "2026-11-23T09:00:00Z"},
        "end": {"dateTime": "2026-11-23T10:00:00Z"},
    });
    let all = body.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    body
}

async fn insert(bench: &Bench, body: Value) -> (u16, Value) {
    let path = format!("{EVENTS}?sendUpdates=none");
    bench.call("POST", &path, Some(body)).await
}

#[tokio::test]
async fn the_primary_calendar_is_found_among_others() {
    let bench = Bench::new().await;
    let (status, list) = bench.call("GET", LIST, None).await;
    assert_eq!(status, 200);
    let items = list["items"].as_array().unwrap();
    let primary: Vec<&Value> = items.iter().filter(|one| one["primary"] == true).collect();
    assert_eq!((items.len(), primary.len()), (3, 1));
    assert_eq!(primary[0]["id"], bench.account.calendar_id().as_str());
    assert_ne!(items[0], *primary[0], "not the first one");
    assert_ne!(primary[0]["id"], "alice@example.org", "not the login mail");
    let (_, first) = bench
        .call("GET", &format!("{LIST}?maxResults=2"), None)
        .await;
    let token = first["nextPageToken"].as_str().unwrap();
    let path = format!("{LIST}?maxResults=2&pageToken={token}");
    let (_, second) = bench.call("GET", &path, None).await;
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert_eq!(second.get("nextPageToken"), None);
    let (_, writable) = bench
        .call("GET", &format!("{LIST}?minAccessRole=writer"), None)
        .await;
    assert_eq!(writable["items"].as_array().unwrap().len(), 2);
    for path in [
        "/calendars/users/bob/calendarList",
        "/calendars/nobody@zmail.example/events",
        "/calendars/alice@example.org/events",
        "/calendars/colors",
    ] {
        assert_eq!(bench.call("GET", path, None).await.0, 404, "{path}");
    }
}

#[rstest]
#[case(Discovery::Empty, 200, 0)]
#[case(Discovery::NoPrimary, 200, 2)]
#[case(Discovery::Refused(403), 403, 0)]
#[tokio::test]
async fn who_cannot_find_a_calendar_can_write_to_it_all_the_same(
    #[case] discovery: Discovery,
    #[case] status: u16,
    #[case] count: usize,
) {
    let mut options = options();
    options.calendar.discovery = discovery;
    let bench = Bench::with(options).await;
    let (answered, list) = bench.call("GET", LIST, None).await;
    assert_eq!(answered, status);
    assert_eq!(list["items"].as_array().map_or(0, Vec::len), count);
    assert_eq!(insert(&bench, event(&json!({}))).await.0, 200);
}

#[tokio::test]
async fn an_app_of_somebody_else_finds_no_calendar() {
    let mut options = options();
    options.app_owner = AppOwner::SomebodyElse;
    let bench = Bench::with(options).await;
    let path = "/calendars/users/alice@example.org/calendarList";
    assert_eq!(bench.call("GET", path, None).await.1["items"], json!([]));
}

#[tokio::test]
async fn an_app_without_the_scope_is_told_so() {
    for status in [400, 401, 403] {
        let mut options = options();
        options.calendar.scope = Scope::Missing(status);
        let bench = Bench::with(options).await;
        for path in [LIST, EVENTS] {
            let (answered, words) = bench.call("GET", path, None).await;
            assert_eq!((answered, &words["code"]), (status, &json!(4700)));
            assert!(words["message"].as_str().unwrap().contains("scopes"));
        }
    }
}

#[tokio::test]
async fn a_calendar_that_may_only_be_read_takes_nothing() {
    let mut options = options();
    options.calendar.primary_role = Role::Reader;
    let bench = Bench::with(options).await;
    let time = (at("2026-11-23T09:00:00Z"), at("2026-11-23T10:00:00Z"));
    let id = bench
        .account
        .add_calendar_event(CalendarEvent::new(time.0, time.1, "x"));
    let one = format!("{EVENTS}/{id}");
    assert_eq!(insert(&bench, event(&json!({}))).await.0, 403);
    assert_eq!(
        bench.call("PATCH", &one, Some(event(&json!({})))).await.0,
        403
    );
    assert_eq!(bench.call("DELETE", &one, None).await.0, 403);
    assert_eq!(bench.call("GET", &one, None).await.0, 200);
    assert_eq!(bench.account.mails_sent(), 0);
    let holidays = "/calendars/holidays@group.calendar.example/events";
    assert_eq!(
        bench
            .call("POST", holidays, Some(event(&json!({}))))
            .await
            .0,
        403
    );
}

#[rstest]
#[case::plain(json!({}), 200)]
#[case::everything(json!({"summary": "Busy", "description": "[slotbridge:block]", "location": "x", "transparency": "opaque", "visibility": "private", "status": "confirmed", "guestsCanModify": false, "attendees": [], "reminders": {"useDefault": false, "overrides": []}}), 200)]
#[case::whole_days(json!({"start": {"date": "2026-11-23"}, "end": {"date": "2026-11-24"}}), 200)]
#[case::recurring(json!({"recurrence": ["RRULE:FREQ=DAILY;COUNT=3"]}), 200)]
#[case::a_zone(json!({"start": {"dateTime": "2026-11-23T09:00:00Z", "timeZone": "Asia/Kolkata"}}), 200)]
#[case::no_start(json!({"start": null}), 400)]
#[case::no_offset(json!({"start": {"dateTime": "2026-11-23T09:00:00"}}), 400)]
#[case::both(json!({"start": {"dateTime": "2026-11-23T09:00:00Z", "date": "2026-11-23"}}), 400)]
#[case::mixed(json!({"start": {"date": "2026-11-23"}}), 400)]
#[case::backwards(json!({"end": {"dateTime": "2026-11-23T08:00:00Z"}}), 400)]
#[case::nothing_long(json!({"end": {"dateTime": "2026-11-23T09:00:00Z"}}), 400)]
#[case::no_such_day(json!({"start": {"date": "2026-02-30"}, "end": {"date": "2026-11-24"}}), 400)]
#[case::no_such_zone(json!({"start": {"dateTime": "2026-11-23T09:00:00Z", "timeZone": "Nowhere"}}), 400)]
#[case::cancelled(json!({"status": "cancelled"}), 400)]
#[case::a_word(json!({"transparency": "clear"}), 400)]
#[case::long(json!({"summary": "x".repeat(1025)}), 400)]
#[case::no_address(json!({"attendees": [{"displayName": "Bob"}]}), 400)]
#[case::any_rule(json!({"recurrence": ["RRULE:FREQ=SECONDLY"]}), 400)]
#[case::private_properties(json!({"extendedProperties": {"private": {"a": "b"}}}), 400)]
#[case::read_only(json!({"id": "mine"}), 400)]
#[tokio::test]
async fn an_insert_and_a_patch_are_checked_as_a_whole(#[case] more: Value, #[case] status: u16) {
    let bench = Bench::new().await;
    let (_, made) = insert(&bench, event(&json!({}))).await;
    let path = format!("{EVENTS}/{}?sendUpdates=none", made["id"].as_str().unwrap());
    let (answered, words) = insert(&bench, event(&more)).await;
    assert_eq!(answered, status, "{words}");
    if status == 400 {
        assert!(
            words["code"].is_number() && words["message"].is_string(),
            "{words}"
        );
    }
    if more["status"] != "cancelled" {
        assert_eq!(
            bench.call("PATCH", &path, Some(event(&more))).await.0,
            status
        );
    }
    assert_eq!(bench.account.mails_sent(), 0);
}

#[tokio::test]
async fn an_event_lives_changes_and_goes() {
    let bench = Bench::new().await;
    let (_, made) = insert(
        &bench,
        event(&json!({"summary": "Busy", "visibility": "private"})),
    )
    .await;
    let id = made["id"].as_str().unwrap();
    let one = format!("{EVENTS}/{id}?sendUpdates=none");
    let bare = format!("{EVENTS}/{id}");
    let end = json!({"dateTime": "2026-11-23T12:00:00Z"});
    assert_eq!(
        bench
            .call("PATCH", &one, Some(json!({"summary": "x"})))
            .await
            .0,
        400,
        "no times"
    );
    let (_, changed) = bench
        .call("PATCH", &one, Some(event(&json!({"end": end}))))
        .await;
    assert_eq!(
        (&changed["summary"], &changed["visibility"]),
        (&json!("Busy"), &json!("private"))
    );
    assert!(changed["updated"].as_str() > made["updated"].as_str());
    let (_, shown) = bench.call("GET", &bare, None).await;
    assert_eq!(shown, changed);
    assert_eq!(bench.account.calendar_events(), [shown]);
    assert_eq!(bench.call("DELETE", &one, None).await, (204, Value::Null));
    assert_eq!(bench.call("DELETE", &one, None).await.0, 410);
    assert_eq!(
        bench.call("PATCH", &one, Some(event(&json!({})))).await.0,
        404
    );
    assert_eq!(
        bench.call("GET", &bare, None).await.1["status"],
        "cancelled"
    );
    assert_eq!(
        bench.call("GET", &format!("{EVENTS}/none"), None).await.0,
        404
    );
    assert_eq!(
        bench
            .call("DELETE", &format!("{EVENTS}/none"), None)
            .await
            .0,
        404
    );
    assert!(bench.account.calendar_events().is_empty());
}

#[tokio::test]
async fn whoever_does_not_say_that_nobody_is_mailed_is_counted() {
    let bench = Bench::new().await;
    for (query, mails) in [("?sendUpdates=none", 0), ("", 1), ("?sendUpdates=all", 2)] {
        let path = format!("{EVENTS}{query}");
        assert_eq!(
            bench.call("POST", &path, Some(event(&json!({})))).await.0,
            200
        );
        assert_eq!(bench.account.mails_sent(), mails);
    }
    let path = format!("{EVENTS}?sendUpdates=some");
    assert_eq!(
        bench.call("POST", &path, Some(event(&json!({})))).await.0,
        400
    );
}

#[tokio::test]
async fn blocks_are_told_from_other_events_by_their_tag() {
    let bench = Bench::new().await;
    let body = event(&json!({"description": "[slotbridge:block]"}));
    let id = insert(&bench, body).await.1["id"]
        .as_str()
        .unwrap()
        .to_owned();
    insert(&bench, event(&json!({"description": "lunch"}))).await;
    assert_eq!(bench.account.blocks().len(), 1);
    let (start, end) = (at("2026-11-24T09:00:00Z"), at("2026-11-24T10:00:00Z"));
    assert!(bench.account.move_calendar_event(&id, start, end));
    let span = bench.account.blocks()[0].0;
    assert_eq!((span.start, span.end), (start, end));
    assert!(bench.account.delete_calendar_event(&id));
    assert!(!bench.account.delete_calendar_event(&id));
    assert!(bench.account.blocks().is_empty());
}

#[tokio::test]
async fn free_busy_tells_when_and_no_more() {
    let bench = Bench::new().await;
    insert(&bench, event(&json!({"summary": "Secret"}))).await;
    insert(&bench, event(&json!({"transparency": "transparent"}))).await;
    let ids = json!([{"id": bench.account.calendar_id()}, {"id": "none@zmail.example"}]);
    let ask =
        json!({"timeMin": "2026-11-23T00:00:00Z", "timeMax": "2026-11-24T00:00:00Z", "items": ids});
    let (status, told) = bench.call("POST", "/calendars/freeBusy", Some(ask)).await;
    assert_eq!(status, 200);
    assert_eq!(
        told["calendars"][0]["busy"],
        json!([{"start": "2026-11-23T09:00:00Z", "end": "2026-11-23T10:00:00Z"}])
    );
    assert_eq!(told["calendars"][1]["errors"][0]["reason"], "notFound");
    assert!(!told.to_string().contains("Secret"));
    let ask = json!({"timeMin": "2026-11-23T00:00:00Z"});
    assert_eq!(
        bench.call("POST", "/calendars/freeBusy", Some(ask)).await.0,
        400
    );
}
