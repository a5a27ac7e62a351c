//! The host, and whose things a request may be about.

use serde_json::json;

use super::Account;
use super::answer::{Answer, Result};
use super::call::Call;
use super::query::Query;

/// The id of the one team.
pub(super) const TEAM: &str = "team0idgveb4bmtzn1ubx1lxe7";

/// `GET /users/{id}`.
pub(super) fn user(account: &Account, call: &Call, id: &str) -> Result {
    Query::of(call, &[])?;
    ensure_user(account, Some(id))?;
    Ok(Answer::ok(json!({
        "slug": "alice-demo",
        "scheduling_url": "https://scheduler.zoom.us/alice-demo",
        "display_name": "Alice Demo",
        "time_zone": account.options().time_zone,
        "x_future_field": 1,
    })))
}

/// Refuses every user but the host.
pub(super) fn ensure_user(account: &Account, id: Option<&str>) -> Result<()> {
    let options = account.options();
    let known = ["me", &options.user_id, &options.user_email];
    match id {
        Some(id) if !known.contains(&id) => Err(Answer::platform(404, 1001, "User not found.")),
        _ => Ok(()),
    }
}

/// Refuses every team but the one.
pub(super) fn ensure_team(id: Option<&str>) -> Result<()> {
    match id {
        Some(id) if id != TEAM => Err(Answer::not_found("Team")),
        _ => Ok(()),
    }
}

/// Where everything fits on one page, no page token was ever issued.
pub(super) fn ensure_one_page(query: &Query) -> Result<()> {
    query.page_size()?;
    match query.text("next_page_token") {
        Some(_) => Err(Answer::bad_page_token()),
        None => Ok(()),
    }
}
