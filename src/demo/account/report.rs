//! `/teams`, `/analytics` and `/routing/…`: what an account tells of itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Answer, Result};
use super::call::Call;
use super::event::{Event, Standing};
use super::query::Query;
use super::resources::{TEAM, ensure_user};
use super::shelf::Order;
use super::{Account, State};

/// The one routing form, and the one response to it.
pub(super) const RESPONSE: (&str, &str) =
    ("form0id3fgqnbo2oqbp20ffos0", "reply0id3fgqnbo2oqbp20ffos");

/// So many of the most popular are told.
const MOST: usize = 5;

/// `GET /teams`.
pub(super) fn teams(account: &Account, call: &Call) -> Result {
    let query = Query::of(call, &["user_id"])?;
    ensure_user(account, query.text("user_id"))?;
    let options = account.options();
    Ok(Answer::ok(json!({"teams": [{
        "team_id": TEAM,
        "owner_id": options.user_id,
        "member_count": 1,
        "name": "Demo team",
        "slug": "demo-team",
        "timezone": options.time_zone,
        "x_future_field": 0,
    }]})))
}

/// `GET /routing/forms/{form}/response/{response}`.
pub(super) fn routing_response(account: &Account, call: &Call, ids: (&str, &str)) -> Result {
    Query::of(call, &[])?;
    if ids != RESPONSE {
        return Err(Answer::not_found("Routing response"));
    }
    Ok(Answer::ok(json!({
        "form_id": RESPONSE.0,
        "booked": false,
        "booking_link": "https://scheduler.zoom.us/alice-demo/intro",
        "created_time": account.now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        "creator_email": account.options().user_email,
        "questions_and_answers": [{
            "question_id": "ask0id6gve91og6ftr8qo86vl",
            "question_content": "What about?",
            "answers": ["Prices"],
        }],
        "result_type": "event",
        "result_value": "intro",
        "x_future_field": {},
    })))
}

/// `GET /analytics`.
pub(super) fn analytics(account: &Account, state: &State, call: &Call) -> Result {
    let query = Query::of(call, &["from", "to", "time_zone", "user_id"])?;
    ensure_user(account, query.text("user_id").filter(|id| *id != "all"))?;
    let (from, to) = (query.time("from")?, query.time("to")?);
    let zone = query.zone()?.unwrap_or_else(|| account.zone());
    let within = |event: &&Event| {
        let start = event.booked.start;
        from.is_none_or(|from| event.end() > from) && to.is_none_or(|to| start < to)
    };
    let all = state.shelf.walk(Order::Start, None, None);
    let all: Vec<&Event> = all.map(|(_, event)| event).filter(within).collect();
    let local = |event: &Event| event.booked.start.to_zoned(zone.clone());
    Ok(Answer::ok(json!({
        "last_n_days": counts(&all, account.now()),
        "previous_period": counts(&[], account.now()),
        "popular_schedules": most(all.iter().map(|event| event.booked.summary.clone())),
        "event_distribution_by_duration": most(all.iter().map(|event| event.booked.minutes.to_string())),
        "popular_time_of_week": most(all.iter().map(|event| local(event).strftime("%a").to_string())),
        "popular_time_of_day": most(all.iter().map(|event| local(event).strftime("%H").to_string())),
        "users_with_most_events": [],
        "users_with_least_events": [],
        "x_future_field": null,
    })))
}

fn counts(all: &[&Event], now: Timestamp) -> Value {
    let count = |wanted: fn(&Event, Timestamp) -> bool| {
        all.iter().filter(|event| wanted(event, now)).count()
    };
    json!({
        "scheduled_events_created": all.len(),
        "scheduled_events_completed": count(|event, now| event.standing.stands() && event.end() <= now),
        "scheduled_events_canceled": count(|event, _| !event.standing.stands()),
        "scheduled_events_rescheduled": 0,
        "one_to_one": count(|event, _| event.standing == Standing::Confirmed),
    })
}

/// The most frequent words, each with how often it is there.
fn most(words: impl Iterator<Item = String>) -> Vec<Value> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let counts = counts.into_iter().take(MOST);
    counts.map(|(word, count)| json!({ word: count })).collect()
}
