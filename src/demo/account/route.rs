//! Which operation a request means, and whether it may be done at all.

use percent_encoding::percent_decode_str;
use tokio::time::Instant;

use super::answer::{Answer, Result};
use super::call::Call;
use super::keyring::{Rejected, Whose};
use super::{
    Account, State, availability, calendar, events, listing, oauth, pages, report, resources,
    slots, visitor,
};

/// Does what a request asks for.
pub(super) fn answer(account: &Account, state: &mut State, call: &Call) -> Answer {
    let segments = call.path.trim_start_matches('/').split('/');
    let segments: Option<Vec<String>> = segments
        .map(|segment| Some(percent_decode_str(segment).decode_utf8().ok()?.into_owned()))
        .collect();
    let segments = segments.unwrap_or_default();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answered = match segments.as_slice() {
        ["oauth", rest @ ..] => sign_in(account, state, call, rest),
        ["v2", rest @ ..] => {
            admit(account, state, call).and_then(|whose| api(account, state, call, rest, whose))
        }
        _ => Err(unknown_path()),
    };
    answered.unwrap_or_else(|refusal| refusal)
}

fn sign_in(account: &Account, state: &mut State, call: &Call, path: &[&str]) -> Result {
    match (call.method.as_str(), path) {
        ("POST", ["token"]) => oauth::token(account, state, call),
        ("POST", ["revoke"]) => oauth::revoke(account, state, call),
        ("GET", ["authorize"]) => oauth::authorize(account, state, call),
        (_, ["token" | "revoke" | "authorize"]) => Err(wrong_method()),
        _ => Err(unknown_path()),
    }
}

fn api(account: &Account, state: &mut State, call: &Call, path: &[&str], whose: Whose) -> Result {
    match path {
        ["scheduler", path @ ..] => match visitor::answer(account, call, path, whose) {
            Some(answered) => answered,
            None => scheduler(account, state, call, path),
        },
        ["calendars", path @ ..] => calendar::routes::answer(account, state, call, path, whose)
            .unwrap_or_else(|| Err(unknown_path())),
        _ => Err(unknown_path()),
    }
}

fn scheduler(account: &Account, state: &mut State, call: &Call, path: &[&str]) -> Result {
    use availability::routes as hours;
    use pages::{sharing, writing};
    match (call.method.as_str(), path) {
        ("GET", ["events"]) => listing::page(account, state, call),
        ("GET", ["events", id]) => events::get(account, state, call, id),
        ("PATCH", ["events", id]) => events::change(account, state, call, id),
        ("DELETE", ["events", id]) => events::delete(account, state, call, id),
        ("GET", ["events", id, "attendees", attendee]) => {
            events::attendee(state, call, id, attendee)
        }
        ("GET", ["users", id]) => resources::user(account, call, id),
        ("GET", ["schedules"]) => pages::list(account, state, call),
        ("GET", ["managed_schedules"]) => pages::managed(account, state, call),
        ("POST", ["schedules"]) => writing::create(account, state, call),
        ("POST", ["schedules", "single_use_link"]) => sharing::single_use_link(state, call),
        ("POST", ["shares"]) => sharing::share(state, call),
        ("PATCH", ["schedules", slug]) => writing::change(account, state, call, slug),
        ("DELETE", ["schedules", slug]) => writing::delete(account, state, call, slug),
        ("GET", ["teams"]) => report::teams(account, call),
        ("GET", ["analytics"]) => report::analytics(account, state, call),
        ("GET", ["routing", "forms", form, "response", response]) => {
            report::routing_response(account, call, (form, response))
        }
        ("GET", ["schedules", slug]) => pages::get(account, state, call, slug),
        ("GET", ["schedules", slug, "available_times"]) => {
            slots::available_times(account, state, call, slug)
        }
        ("GET", ["availability"]) => hours::list(account, state, call),
        ("POST", ["availability"]) => hours::create(account, state, call),
        ("GET", ["availability", id]) => hours::get(account, state, call, id),
        ("PATCH", ["availability", id]) => hours::change(account, state, call, id),
        ("DELETE", ["availability", id]) => hours::delete(state, call, id),
        (
            _,
            ["events" | "schedules" | "availability" | "shares" | "teams" | "analytics"]
            | ["events" | "users" | "availability" | "schedules", _],
        ) => Err(wrong_method()),
        _ => Err(unknown_path()),
    }
}

/// Checks the access token and the limit; of whom the token is.
fn admit(account: &Account, state: &mut State, call: &Call) -> Result<Whose> {
    let within = state.quota.admits(Instant::now());
    let Some(token) = call.credentials("Bearer") else {
        return Err(Answer::platform(401, 4700, "Invalid access token."));
    };
    match state.keys.check_access(token, account.now()) {
        Err(Rejected::Unknown) => Err(Answer::platform(401, 124, "Invalid access token.")),
        Err(Rejected::Expired) => Err(Answer::platform(401, 124, "Access token is expired.")),
        Ok(whose) if within => Ok(whose),
        Ok(_) => Err(Answer::throttled_qps(None)),
    }
}

fn unknown_path() -> Answer {
    Answer::platform(404, 2300, "This endpoint is not known.")
}

fn wrong_method() -> Answer {
    Answer::platform(405, 405, "This method is not supported here.")
}
