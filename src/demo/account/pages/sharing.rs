//! `POST /schedules/single_use_link` and `POST /shares`: links to a booking page.

use serde_json::{Map, Value, json};

use super::super::answer::{Answer, Result};
use super::super::availability::hours;
use super::super::call::Call;
use super::super::event::schedule_id;
use super::super::query::Query;
use super::super::resources::ensure_team;
use super::super::{State, strict};

/// `POST /schedules/single_use_link`.
pub(in super::super) fn single_use_link(state: &mut State, call: &Call) -> Result {
    ensure_team(Query::of(call, &["team_id"])?.text("team_id"))?;
    let body = strict::body(call, &["schedule_id"])?;
    ensure_page(state, body)?;
    Ok(link(state, "once"))
}

/// `POST /shares`.
pub(in super::super) fn share(state: &mut State, call: &Call) -> Result {
    Query::of(call, &[])?;
    let known = [
        "schedule_id",
        "start_date",
        "end_date",
        "interval_type",
        "time_zone",
        "duration",
        "segments_recurrence",
        "segments",
    ];
    let body = strict::body(call, &known)?;
    ensure_page(state, body)?;
    for name in ["start_date", "end_date"] {
        let day = strict::text(body, name, 10)?;
        if day.is_some_and(|day| day.parse::<jiff::civil::Date>().is_err()) {
            return Err(Answer::bad_request(name, "not a day"));
        }
    }
    if let Some(zone) = strict::text(body, "time_zone", 64)? {
        strict::zone("time_zone", zone)?;
    }
    body.get("segments_recurrence")
        .map(hours::read)
        .transpose()?;
    strict::list(body, "segments")?;
    let interval = strict::text(body, "interval_type", 16)?;
    if interval.is_some_and(|word| !["unlimited", "fixed"].contains(&word)) {
        return Err(Answer::bad_request("interval_type", "not one of its words"));
    }
    let minutes = body.get("duration");
    if minutes.is_some_and(|minutes| !minutes.as_u64().is_some_and(|n| (1..=1440).contains(&n))) {
        return Err(Answer::bad_request("duration", "not so many minutes"));
    }
    Ok(link(state, "share"))
}

fn ensure_page(state: &State, body: &Map<String, Value>) -> Result<()> {
    let id = strict::text(body, "schedule_id", 255)?;
    let id = id.ok_or_else(|| Answer::bad_request("schedule_id", "required"))?;
    let mut pages = state.pages.iter();
    if pages.any(|page| schedule_id(&page.slug) == id) {
        return Ok(());
    }
    Err(Answer::not_found("Schedule"))
}

fn link(state: &mut State, kind: &str) -> Answer {
    let name = state.next_number(kind);
    let url = format!("https://scheduler.zoom.us/alice-demo/{name}");
    Answer::created(json!({"scheduling_url": url, "x_future_field": true}))
}
