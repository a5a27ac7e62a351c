//! `POST /calendars/freeBusy`.

use serde_json::{Value, json};

use super::super::answer::{Answer, Result};
use super::super::call::Call;
use super::super::query::Query;
use super::super::{Account, State, strict};
use crate::domain::time_span::TimeSpan;

/// `timeZone` may only be read.
const KNOWN: [&str; 5] = [
    "timeMin",
    "timeMax",
    "calendarExpansionMax",
    "groupExpansionMax",
    "items",
];

/// When the calendars asked for are busy.
pub(super) fn answer(account: &Account, state: &State, call: &Call) -> Result {
    Query::of(call, &[])?;
    let body = strict::body(call, &KNOWN)?;
    let time = |name| {
        let text = strict::text(body, name, 40)?;
        let text = text.ok_or_else(|| Answer::bad_request(name, "required"))?;
        strict::instant(name, text)
    };
    let window = TimeSpan {
        start: time("timeMin")?,
        end: time("timeMax")?,
    };
    if window.start >= window.end {
        return Err(Answer::bad_request("timeMin", "not before timeMax"));
    }
    let mut calendars = Vec::new();
    for item in strict::list(body, "items")? {
        let item = strict::object("items", item, &["id"])?;
        let id = strict::text(item, "id", 320)?;
        let id = id.ok_or_else(|| Answer::bad_request("items", "one without an id"))?;
        calendars.push(calendar(account, state, id, window));
    }
    Ok(Answer::ok(json!({
        "kind": "calendar#freeBusy",
        "timeMin": text(window.start),
        "timeMax": text(window.end),
        "calendars": calendars,
    })))
}

fn calendar(account: &Account, state: &State, id: &str, window: TimeSpan) -> Value {
    let Some(calendar) = state.diary.get(id) else {
        return json!({"id": id, "errors": [{"domain": "global", "reason": "notFound"}]});
    };
    let mut busy = calendar.busy(&account.zone(), window);
    busy.sort_unstable();
    let busy: Vec<Value> = busy
        .into_iter()
        .map(|span| json!({"start": text(span.start), "end": text(span.end)}))
        .collect();
    json!({"id": id, "busy": busy})
}

fn text(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
