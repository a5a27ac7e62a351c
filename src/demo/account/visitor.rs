//! Requests with a token of somebody else than the host (FACTS.md section 2): lists honour
//! `user_id`, single resources are only those of the token's own user, who has none.

use serde_json::json;

use super::Account;
use super::answer::{Answer, Result};
use super::call::Call;
use super::keyring::Whose;

/// The answer to a Scheduler request, where it depends on whose token it is.
pub(super) fn answer(
    account: &Account,
    call: &Call,
    path: &[&str],
    whose: Whose,
) -> Option<Result> {
    if whose == Whose::Host {
        return None;
    }
    let options = account.options();
    let is_host = |id: &str| id == options.user_id || id == options.user_email;
    let named = call.query.iter().find(|(name, _)| name == "user_id");
    match (call.method.as_str(), path) {
        ("GET", ["events" | "availability" | "schedules"]) => match named {
            Some((_, id)) if id != "me" => None,
            _ => Some(Ok(Answer::ok(json!({"items": [], "next_page_token": ""})))),
        },
        ("GET", ["users", id]) if is_host(id) => None,
        ("GET", ["teams" | "analytics"]) if named.is_some_and(|(_, id)| id != "me") => None,
        (_, ["users", _] | ["availability" | "schedules" | "shares" | "teams" | "analytics"]) => {
            Some(Err(Answer::platform(403, 403, "User Not Found.")))
        }
        (_, ["events" | "availability" | "schedules", _, ..]) => {
            Some(Err(Answer::not_found("Resource")))
        }
        _ => None,
    }
}
