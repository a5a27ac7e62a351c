//! `/calendars`: the list of calendars, and events one by one.

use serde_json::{Value, json};

use super::super::answer::{Answer, Result};
use super::super::call::Call;
use super::super::keyring::Whose;
use super::super::page_token::Seal;
use super::super::query::Query;
use super::super::resources::ensure_user;
use super::super::setup::{Discovery, Role, Scope};
use super::super::{Account, State};
use super::body::Draft;
use super::event::ZoomEvent;
use super::{Calendar, free_busy, listing};

/// Does what a request below `/calendars` asks for; `None` where there is no such operation.
pub(in super::super) fn answer(
    account: &Account,
    state: &mut State,
    call: &Call,
    path: &[&str],
    whose: Whose,
) -> Option<Result> {
    if let Scope::Missing(status) = account.options().calendar.scope {
        let words =
            "Invalid access token, does not contain scopes:[calendar:read, calendar:write].";
        return Some(Err(Answer::platform(status, 4700, words)));
    }
    let answered = match (call.method.as_str(), path) {
        ("GET", ["users", user, "calendarList"]) => calendars(account, state, call, user, whose),
        ("POST", ["freeBusy"]) => free_busy::answer(account, state, call),
        ("GET", [calendar, "events"]) => listing::page(account, state, call, calendar),
        ("POST", [calendar, "events"]) => insert(account, state, call, calendar),
        ("GET", [calendar, "events", id]) => get(account, state, call, calendar, id),
        ("PATCH", [calendar, "events", id]) => change(account, state, call, calendar, id),
        ("DELETE", [calendar, "events", id]) => delete(account, state, call, calendar, id),
        _ => return None,
    };
    Some(answered.map_err(Answer::in_platform_shape))
}

/// `GET /users/{user}/calendarList`.
fn calendars(account: &Account, state: &State, call: &Call, user: &str, whose: Whose) -> Result {
    let known = [
        "maxResults",
        "minAccessRole",
        "pageToken",
        "showDeleted",
        "showHidden",
    ];
    let query = Query::of(call, &known)?;
    ensure_user(account, Some(user))?;
    query.flag("showDeleted")?;
    query.flag("showHidden")?;
    let roles = ["freeBusyReader", "reader", "writer", "owner"];
    let least = query.one_of("minAccessRole", &roles)?;
    let discovery = match whose {
        Whose::Host => account.options().calendar.discovery,
        Whose::AppOwner => Discovery::Empty,
    };
    let enough = |role: Role| match least {
        Some("owner") => role == Role::Owner,
        Some("writer") => role.writes(),
        _ => true,
    };
    let primary = &state.diary.primary().id;
    let shown: Vec<&Calendar> = match discovery {
        Discovery::Refused(status) => {
            let words = "Calendars cannot be listed.";
            return Err(Answer::platform(status, u32::from(status), words));
        }
        Discovery::Empty => Vec::new(),
        Discovery::NoPrimary => state.diary.all().filter(|one| one.id != *primary).collect(),
        Discovery::Shown => state.diary.all().collect(),
    };
    let shown: Vec<&Calendar> = shown.into_iter().filter(|one| enough(one.role)).collect();
    let identity = query.identity();
    let seal = Seal {
        seed: account.options().seed,
        query: &identity,
        request: state.quota.counted(),
        life: account.options().page_token_life,
    };
    let first = match query.text("pageToken") {
        None => 0,
        Some(token) => {
            let place = seal.open(token).and_then(|place| place.1.parse().ok());
            place.ok_or_else(Answer::bad_page_token)?
        }
    };
    let size = query
        .max_results()?
        .min(account.options().page_limit)
        .max(1);
    let entries = shown.iter().skip(first).take(size);
    let items: Vec<Value> = entries
        .map(|one| entry(account, one, one.id == *primary))
        .collect();
    let mut body = json!({"kind": "calendar#calendarList", "items": items});
    let next = first.saturating_add(size);
    if let (true, Some(body)) = (next < shown.len(), body.as_object_mut()) {
        let token = seal.issue(&(jiff::Timestamp::UNIX_EPOCH, next.to_string()));
        body.insert("nextPageToken".to_owned(), json!(token));
    }
    Ok(Answer::ok(body))
}

fn entry(account: &Account, calendar: &Calendar, primary: bool) -> Value {
    let mut entry = json!({
        "kind": "calendar#calendarListEntry",
        "id": calendar.id,
        "summary": calendar.summary,
        "timeZone": account.options().time_zone,
        "accessRole": calendar.role.word(),
        "hidden": false,
        "selected": true,
        "x_future_field": "yes",
    });
    // Those that are not say so or say nothing; a client must take both.
    if let (true, Some(entry)) = (primary || calendar.role.writes(), entry.as_object_mut()) {
        entry.insert("primary".to_owned(), json!(primary));
    }
    entry
}

/// `GET /{calendar}/events/{id}`. A deleted one is shown as cancelled.
fn get(account: &Account, state: &State, call: &Call, calendar: &str, id: &str) -> Result {
    Query::of(call, &[])?;
    let calendar = find(state, calendar)?;
    let event = calendar
        .event(id)
        .ok_or_else(|| Answer::not_found("Event"))?;
    Ok(Answer::ok(event.json(&calendar.id, &account.zone())))
}

/// `POST /{calendar}/events`.
fn insert(account: &Account, state: &mut State, call: &Call, calendar: &str) -> Result {
    ensure_writable(state, calendar)?;
    let draft = Draft::read(call)?;
    if draft
        .rest
        .get("status")
        .is_some_and(|status| status == "cancelled")
    {
        return Err(Answer::bad_request(
            "status",
            "cancelled from the beginning",
        ));
    }
    count_mail(state, call)?;
    let id = state.diary.insert(calendar, draft, account.now());
    shown(account, state, calendar, &id.unwrap_or_default())
}

/// `PATCH /{calendar}/events/{id}`.
fn change(account: &Account, state: &mut State, call: &Call, calendar: &str, id: &str) -> Result {
    ensure_writable(state, calendar)?;
    standing(state, calendar, id)?;
    let draft = Draft::read(call)?;
    count_mail(state, call)?;
    let now = account.now();
    state
        .diary
        .change(calendar, id, now, |event| event.take(draft));
    shown(account, state, calendar, id)
}

/// `DELETE /{calendar}/events/{id}`. One that was deleted before is 410.
fn delete(account: &Account, state: &mut State, call: &Call, calendar: &str, id: &str) -> Result {
    ensure_writable(state, calendar)?;
    let gone = find(state, calendar)?
        .event(id)
        .is_some_and(|event| event.deleted);
    if gone {
        return Err(Answer::platform(410, 410, "The event has been deleted."));
    }
    standing(state, calendar, id)?;
    count_mail(state, call)?;
    let now = account.now();
    state
        .diary
        .change(calendar, id, now, |event| event.deleted = true);
    Ok(Answer::no_content())
}

/// The calendar with this id.
pub(super) fn find<'a>(state: &'a State, id: &str) -> Result<&'a Calendar> {
    let found = state.diary.get(id);
    found.ok_or_else(|| Answer::not_found("Calendar"))
}

fn shown(account: &Account, state: &State, calendar: &str, id: &str) -> Result {
    let calendar = find(state, calendar)?;
    let event = calendar
        .event(id)
        .ok_or_else(|| Answer::not_found("Event"))?;
    Ok(Answer::ok(event.json(&calendar.id, &account.zone())))
}

fn standing<'a>(state: &'a State, calendar: &str, id: &str) -> Result<&'a ZoomEvent> {
    let event = find(state, calendar)?.event(id);
    let event = event.filter(|event| !event.deleted);
    event.ok_or_else(|| Answer::not_found("Event"))
}

fn ensure_writable(state: &State, calendar: &str) -> Result<()> {
    if find(state, calendar)?.role.writes() {
        return Ok(());
    }
    Err(Answer::platform(403, 403, "The calendar is read-only."))
}

/// Zoom may mail somebody unless it is told not to: what happens without the word is not
/// documented.
fn count_mail(state: &mut State, call: &Call) -> Result<()> {
    let query = Query::of(call, &["sendUpdates"])?;
    let word = query.one_of("sendUpdates", &["all", "externalOnly", "none"])?;
    if word != Some("none") {
        state.diary.mails += 1;
    }
    Ok(())
}
