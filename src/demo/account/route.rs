//! Which operation a request means, and whether it may be done at all.

use percent_encoding::percent_decode_str;
use tokio::time::Instant;

use super::answer::{Answer, Result};
use super::call::Call;
use super::keyring::Rejected;
use super::{Account, State, events, listing, oauth, resources};

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
            admit(account, state, call).and_then(|()| api(account, state, call, rest))
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

fn api(account: &Account, state: &mut State, call: &Call, path: &[&str]) -> Result {
    let ["scheduler", path @ ..] = path else {
        return Err(unknown_path());
    };
    match (call.method.as_str(), path) {
        ("GET", ["events"]) => listing::page(account, state, call),
        ("GET", ["events", id]) => events::get(account, state, call, id),
        ("PATCH", ["events", id]) => events::change(account, state, call, id),
        ("DELETE", ["events", id]) => events::delete(account, state, call, id),
        ("GET", ["events", id, "attendees", attendee]) => {
            events::attendee(state, call, id, attendee)
        }
        ("GET", ["users", id]) => resources::user(account, call, id),
        ("GET", ["schedules"]) => resources::schedules(account, call),
        ("GET", ["schedules", slug]) => resources::schedule_by_slug(account, call, slug),
        ("GET", ["availability"]) => resources::availabilities(account, call),
        ("GET", ["availability", id]) => resources::availability_by_id(account, call, id),
        (_, ["events" | "schedules" | "availability"] | ["events" | "users", _]) => {
            Err(wrong_method())
        }
        _ => Err(unknown_path()),
    }
}

/// Checks the access token and the limit.
fn admit(account: &Account, state: &mut State, call: &Call) -> Result<()> {
    let within = state.quota.admits(Instant::now());
    let Some(token) = call.credentials("Bearer") else {
        return Err(Answer::platform(401, 4700, "Invalid access token."));
    };
    match state.keys.check_access(token, account.now()) {
        Err(Rejected::Unknown) => Err(Answer::platform(401, 124, "Invalid access token.")),
        Err(Rejected::Expired) => Err(Answer::platform(401, 124, "Access token is expired.")),
        Ok(()) if within => Ok(()),
        Ok(()) => Err(Answer::throttled_qps(None)),
    }
}

fn unknown_path() -> Answer {
    Answer::platform(404, 2300, "This endpoint is not known.")
}

fn wrong_method() -> Answer {
    Answer::platform(405, 405, "This method is not supported here.")
}
