//! Hours, calendars and free slots: the built-in account and Zoom's documents agree.

use serde_json::{Value, json};
use slotbridge::demo::account::{Account, AccountOptions, CalendarEvent};

use super::Caller;
use super::check::Document;

const HOURS: &str = "/scheduler/availability";

#[tokio::test]
async fn every_answer_about_availability_conforms() -> anyhow::Result<()> {
    let Some(document) = Document::from_environment() else {
        return Ok(());
    };
    let account = Account::new(AccountOptions::at("2026-11-21T12:00:00Z".parse()?));
    account.add_availability("Evenings", "Asia/Kolkata");
    let mut caller = Caller::new(document, &account).await?;
    let week = json!({
        "mon": [{"start": "09:00", "end": "24:00"}], "tue": [], "wed": [], "thu": [], "fri": [],
        "sat": [], "sun": [],
    });
    let body = json!({
        "name": "Summer", "time_zone": "Europe/Berlin", "default": true,
        "segments_recurrence": week,
        "segments": [{"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T09:00:00Z"}],
    });
    let (_, made) = caller.call_at("POST", HOURS, Some(body.clone())).await?;
    let id = made["availability_id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let one = format!("{HOURS}/{id}");
    let first = format!("{HOURS}/{}", account.availability_id());
    let usual = json!({"name": "Usual", "time_zone": "Europe/Berlin", "default": true});
    for (method, path, body, status) in [
        ("PATCH", &one, Some(body), 204),
        ("GET", &one, None, 200),
        ("DELETE", &one, None, 409),
        ("PATCH", &first, Some(usual), 204),
        ("DELETE", &one, None, 204),
        ("DELETE", &one, None, 404),
        ("GET", &one, None, 404),
        ("GET", &first, None, 200),
    ] {
        let (answered, words) = caller.call_at(method, path, body).await?;
        assert_eq!(answered, status, "{method} {path}: {words}");
    }
    let page = caller.get("/availability?page_size=1&user_id=me").await?;
    let token = page["next_page_token"].as_str().unwrap_or_default();
    caller
        .get(&format!(
            "/availability?page_size=1&user_id=me&next_page_token={token}"
        ))
        .await?;
    let window = "from=2026-11-21T00:00:00Z&to=2026-11-28T00:00:00Z&time_zone=UTC";
    let slots = caller
        .get(&format!("/schedules/intro/available_times?{window}"))
        .await?;
    assert!(slots["items"][0]["spots"].is_array(), "{slots}");
    ended(caller, &account, 5).await
}

#[tokio::test]
async fn every_answer_about_calendars_conforms() -> anyhow::Result<()> {
    let Some(document) = Document::from_environment() else {
        return Ok(());
    };
    let account = Account::new(AccountOptions::at("2026-11-21T12:00:00Z".parse()?));
    let (start, end) = (
        "2026-11-23T09:00:00Z".parse()?,
        "2026-11-23T10:00:00Z".parse()?,
    );
    for number in 0..3 {
        let event = CalendarEvent::new(start, end, "Lunch");
        let id = account.add_calendar_event(match number {
            0 => event,
            1 => event.with("recurrence", json!(["RRULE:FREQ=DAILY;COUNT=2"])),
            _ => CalendarEvent::all_day("2026-11-24".parse()?, "2026-11-25".parse()?, "Off"),
        });
        if number == 0 {
            account.delete_calendar_event(&id);
        }
    }
    let mut caller = Caller::new(document, &account).await?;
    let list = "/calendars/users/me/calendarList";
    let page = caller
        .call_at("GET", &format!("{list}?maxResults=2"), None)
        .await?
        .1;
    let token = page["nextPageToken"].as_str().unwrap_or_default();
    caller
        .call_at(
            "GET",
            &format!("{list}?maxResults=2&pageToken={token}"),
            None,
        )
        .await?;
    let events = format!("/calendars/{}/events", account.calendar_id());
    let block = json!({
        "start": {"dateTime": "2026-11-25T09:00:00Z", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-25T10:00:00Z", "timeZone": "UTC"},
        "summary": "Busy", "description": "[slotbridge:block]", "transparency": "opaque",
        "visibility": "private", "status": "confirmed", "attendees": [],
        "reminders": {"useDefault": false},
    });
    let quiet = format!("{events}?sendUpdates=none");
    let (_, made) = caller.call_at("POST", &quiet, Some(block.clone())).await?;
    let bare = format!("{events}/{}", made["id"].as_str().unwrap_or_default());
    let one = format!("{bare}?sendUpdates=none");
    let busy = json!({
        "timeMin": "2026-11-23T00:00:00Z", "timeMax": "2026-11-30T00:00:00Z",
        "items": [{"id": account.calendar_id()}, {"id": "none@zmail.example"}],
    });
    for (method, path, body, status) in [
        ("PATCH", &one, Some(block), 200),
        ("GET", &bare, None, 200),
        ("DELETE", &one, None, 204),
        ("DELETE", &one, None, 410),
        ("GET", &bare, None, 200),
        ("POST", &"/calendars/freeBusy".to_owned(), Some(busy), 200),
    ] {
        let (answered, words) = caller.call_at(method, path, body).await?;
        assert_eq!(answered, status, "{method} {path}: {words}");
    }
    let mut queries = vec![
        "singleEvents=true&showDeleted=true&maxResults=2".to_owned(),
        "timeMin=2026-11-22T00:00:00Z&timeMax=2026-12-22T00:00:00Z&timeZone=Asia/Tokyo".to_owned(),
        "singleEvents=true&orderBy=startTime".to_owned(),
    ];
    while let Some(query) = queries.pop() {
        let page = caller
            .call_at("GET", &format!("{events}?{query}"), None)
            .await?
            .1;
        if let Some(token) = page["nextPageToken"].as_str() {
            let query = query.split("&pageToken").next().unwrap_or_default();
            queries.push(format!("{query}&pageToken={token}"));
        }
        if let (Some(token), false) = (page["nextSyncToken"].as_str(), query.contains("sync")) {
            let single = query.contains("singleEvents");
            queries.push(format!("singleEvents={single}&syncToken={token}"));
        }
    }
    let (status, words) = caller
        .call_at("GET", &format!("{events}?syncToken=old"), None)
        .await?;
    assert_eq!((status, &words["code"]), (410, &json!(410)));
    ended(caller, &account, 7).await
}

/// No fault was found, in answers and in requests, and so many operations answered well.
pub async fn ended(mut caller: Caller, account: &Account, operations: usize) -> anyhow::Result<()> {
    let requests = caller.document.request_faults(&account.requests());
    caller.faults.extend(requests);
    assert!(caller.faults.is_empty(), "{}", caller.faults.join("\n"));
    assert_eq!(
        caller.operations.len(),
        operations,
        "{:?}",
        caller.operations
    );
    caller.server.stop().await;
    Ok(())
}

#[test]
fn a_calendar_request_that_the_document_does_not_know_is_found() {
    let Some(document) = Document::from_environment() else {
        return;
    };
    let path = "/v2/calendars/a@zmail.example/events";
    let time = |end: &str| json!({"start": {"dateTime": "2026-11-25T09:00:00Z"}, "end": {"dateTime": end}});
    let good = time("2026-11-25T10:00:00Z");
    let mut with_key = good.clone();
    with_key["extendedProperties"] = json!({});
    let table: [(Value, usize); 4] = [
        (good, 0),
        (with_key, 1),
        (json!({"summary": "x"}), 2),
        (json!({"start": {"dateTime": "2026-11-25T09:00:00Z"}}), 1),
    ];
    for (body, faults) in table {
        let seen = slotbridge::demo::account::Seen {
            door: slotbridge::demo::account::Door::Api,
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: vec![("sendUpdates".to_owned(), "none".to_owned())],
            body: Some(body),
            status: Some(200),
        };
        let found = document.request_faults(std::slice::from_ref(&seen));
        assert_eq!(found.len(), faults, "{found:?}");
    }
}
