//! The built-in account and Zoom's OpenAPI documents agree, and the check itself finds what is wrong.

#[path = "openapi/bookable.rs"]
mod bookable;
#[path = "openapi/check.rs"]
mod check;
#[path = "cli/machine.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "used in part; shared with the tests of the command line"
)]
mod machine;
#[path = "openapi/operations.rs"]
mod operations;

use std::collections::BTreeSet;

use check::{Document, locate};
use serde_json::{Value, json};
use slotbridge::demo::account::{Account, AccountOptions, Door, NewBooking, Place, Seen, Server};
use slotbridge::domain::booking::Answer;

/// A client that remembers what is wrong with the answers it gets.
struct Caller {
    document: Document,
    server: Server,
    client: reqwest::Client,
    token: String,
    faults: Vec<String>,
    operations: BTreeSet<String>,
}

impl Caller {
    async fn new(document: Document, account: &Account) -> anyhow::Result<Self> {
        // The provider may have been installed by another test of this process.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let client = reqwest::Client::builder().build()?;
        let server = account.serve().await?;
        let options = account.options();
        let answer: Value = client
            .post(format!("{}/token", server.oauth_url()))
            .basic_auth(&options.client_id, Some(&options.client_secret))
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await?
            .json()
            .await?;
        Ok(Self {
            document,
            server,
            client,
            token: answer["access_token"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            faults: Vec::new(),
            operations: BTreeSet::new(),
        })
    }

    async fn call(
        &mut self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        self.call_at(method, &format!("/scheduler{path}"), body)
            .await
            .map(|(_, body)| body)
    }

    /// The same for any path below the API's root; with the status.
    async fn call_at(
        &mut self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<(u16, Value)> {
        let url = format!("{}{path}", self.server.api_url());
        let mut request = self
            .client
            .request(method.parse()?, url)
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let (status, path) = (response.status().as_u16(), response.url().path().to_owned());
        let bytes = response.bytes().await?;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes)?
        };
        self.faults
            .extend(self.document.answer_faults(method, &path, status, &body));
        if status < 300 {
            self.operations
                .extend(self.document.operation_name(method, &path));
        }
        Ok((status, body))
    }

    async fn get(&mut self, path: &str) -> anyhow::Result<Value> {
        self.call("GET", path, None).await
    }
}

/// An account in which every kind of booking stands.
fn account() -> anyhow::Result<Account> {
    let now = "2026-11-21T12:00:00Z".parse()?;
    let account = Account::new(AccountOptions::at(now));
    account.fill(40);
    let start = "2026-11-23T09:00:00Z".parse()?;
    let places = ["zoom", "google_meet", "microsoft_teams"].map(|kind| Place::Online(kind.into()));
    for place in places
        .into_iter()
        .chain([Place::Unsaid, Place::from("Room 7")])
    {
        for notes in ["", "call back"] {
            let mut booking = NewBooking::new(start, "Bob", "bob@example.org");
            booking.place = place.clone();
            notes.clone_into(&mut booking.notes);
            booking.phone = Some("+49 30 1234".to_owned());
            booking.guests = vec!["carol@example.org".to_owned()];
            booking.pending = notes.is_empty();
            booking.answers = vec![Answer {
                question: "What about?".to_owned(),
                values: vec!["Prices".to_owned(), "Dates".to_owned()],
            }];
            let id = account.book(booking);
            account.add_attendee(&id, "Dan Example", "dan@example.org");
        }
    }
    let ids = account.event_ids();
    for (number, id) in ids.iter().take(9).enumerate() {
        match number % 3 {
            0 => account.cancel(id),
            1 => account.delete(id),
            _ => account.reschedule(id, start).is_some(),
        };
    }
    Ok(account)
}

#[tokio::test]
async fn every_answer_of_the_built_in_account_conforms_and_so_does_every_request()
-> anyhow::Result<()> {
    let Some(document) = Document::from_environment() else {
        return Ok(());
    };
    let account = account()?;
    let mut caller = Caller::new(document, &account).await?;
    for query in [
        "",
        "?page_size=7",
        "?page_size=300&show_deleted=true&order_by=updated",
        "?event_type=pending&time_zone=Asia/Kolkata&user_id=me",
        "?search=review&order_by=startTime",
        "?from=2026-11-22T00:00:00Z&to=2027-01-01T00:00:00%2B01:00&show_deleted=false",
        "?page_size=0",
        "?user_id=nobody",
    ] {
        let page = caller.get(&format!("/events{query}")).await?;
        if let Some(token) = page["next_page_token"]
            .as_str()
            .filter(|token| !token.is_empty())
        {
            let and = if query.is_empty() { '?' } else { '&' };
            caller
                .get(&format!("/events{query}{and}next_page_token={token}"))
                .await?;
        }
    }
    for id in account.event_ids() {
        let event = caller.get(&format!("/events/{id}")).await?;
        for attendee in event["attendees"].as_array().into_iter().flatten() {
            let attendee = attendee["attendee_id"].as_str().unwrap_or_default();
            caller
                .get(&format!("/events/{id}/attendees/{attendee}"))
                .await?;
            let body = json!({"attendees": [{"attendee_id": attendee, "no_show": true}]});
            caller
                .call("PATCH", &format!("/events/{id}"), Some(body))
                .await?;
        }
    }
    let live = account.live_ids();
    let path = |number: usize| format!("/events/{}", live.get(number).map_or("", |id| id));
    for body in [
        json!({"meeting_notes": "n"}),
        json!({"status": "cancelled"}),
    ] {
        caller.call("PATCH", &path(0), Some(body)).await?;
    }
    for number in [0, 1, 1] {
        caller.call("DELETE", &path(number), None).await?;
    }
    for rest in [
        "/events/none",
        "/users/me",
        "/users/nobody",
        "/schedules?page_size=10&show_deleted=true",
        "/schedules/intro",
        "/schedules/none",
        "/availability?user_id=me",
        "/availability/hours0id4liffdyszsp8kpxl80",
    ] {
        caller.get(rest).await?;
    }
    caller
        .faults
        .extend(caller.document.request_faults(&account.requests()));
    assert!(caller.faults.is_empty(), "{}", caller.faults.join("\n"));
    assert_eq!(caller.operations.len(), 10, "{:?}", caller.operations);
    caller.server.stop().await;
    Ok(())
}

#[test]
fn a_request_that_the_document_does_not_know_is_found() {
    let Some(document) = Document::from_environment() else {
        return;
    };
    let table = [
        ("GET", "/events", "", None, 0),
        ("GET", "/events", "page_size=10", None, 0),
        ("GET", "/events", "page_size=ten", None, 1),
        ("GET", "/events", "show_deleted=1", None, 1),
        ("GET", "/events", "event_type=default", None, 1),
        ("GET", "/events", "colour=red", None, 1),
        ("GET", "/events/x", "", Some(json!({})), 1),
        ("POST", "/events", "", Some(json!({})), 1),
        ("GET", "/bookings", "", None, 1),
        (
            "PATCH",
            "/events/x",
            "",
            Some(json!({"meeting_notes": "n"})),
            0,
        ),
        (
            "PATCH",
            "/events/x",
            "",
            Some(json!({"meeting_notes": 1})),
            1,
        ),
        ("PATCH", "/events/x", "", Some(json!({"summary": "s"})), 1),
        (
            "PATCH",
            "/events/x",
            "",
            Some(json!({"attendees": [{"name": "n"}]})),
            1,
        ),
        ("PATCH", "/events/x", "", None, 1),
        ("GET", "/schedules/intro/available_times", "", None, 0),
        ("POST", "/schedules/intro/available_times", "", None, 1),
        (
            "PATCH",
            "/availability/x",
            "",
            Some(json!({"name": "n"})),
            1,
        ),
        (
            "PATCH",
            "/availability/x",
            "",
            Some(json!({"name": "n", "time_zone": "UTC", "segments": [{"start": "x"}]})),
            1,
        ),
    ];
    for (method, path, query, body, faults) in table {
        let query = query.split_once('=');
        let seen = Seen {
            door: Door::Api,
            method: method.to_owned(),
            path: format!("/v2/scheduler{path}"),
            query: query
                .map(|(name, value)| (name.into(), value.into()))
                .into_iter()
                .collect(),
            body,
            status: Some(200),
        };
        let found = document.request_faults(std::slice::from_ref(&seen));
        assert_eq!(found.len(), faults, "{seen:?}: {found:?}");
    }
}

#[test]
fn an_answer_of_the_wrong_type_is_found() {
    let Some(document) = Document::from_environment() else {
        return;
    };
    let path = "/v2/scheduler/events/x";
    let table = [
        (200, json!({"event_id": "x", "unknown": 1}), true),
        (200, json!({"event_id": 7}), false),
        (200, json!({"status": "gone"}), false),
        (200, json!({"external_location": {"meeting_id": 9}}), false),
        (200, json!({"attendees": {}}), false),
        (404, json!({"error": {"message": "m", "errors": []}}), true),
        (404, json!({"code": 1, "message": "m"}), true),
        (404, json!({"oops": 1}), false),
        (299, Value::Null, false),
    ];
    for (status, body, good) in table {
        let found = document.answer_faults("GET", path, status, &body);
        assert_eq!(found.is_empty(), good, "{status} {body}: {found:?}");
    }
}

#[test]
fn without_the_documents_only_ci_fails() {
    assert!(locate(None, Some("true")).is_err());
    assert_eq!(locate(None, None), Ok(None));
    assert_eq!(locate(None, Some("false")), Ok(None));
    let found = locate(Some("docs"), Some("true"));
    assert_eq!(found, Ok(Some("docs/scheduler.openapi.json".into())));
}
