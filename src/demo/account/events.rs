//! `/events/{id}` and what hangs below it.

use super::answer::{Answer, Result};
use super::call::Call;
use super::event::{Event, Standing};
use super::query::Query;
use super::resources::{ensure_team, ensure_user};
use super::{Account, State, patch};

/// `GET /events/{id}`.
pub(super) fn get(account: &Account, state: &State, call: &Call, id: &str) -> Result {
    let query = Query::of(call, &["user_id", "team_id"])?;
    ensure_user(account, query.text("user_id"))?;
    ensure_team(query.text("team_id"))?;
    Ok(Answer::ok(find(state, id)?.json(&account.zone())))
}

/// `GET /events/{id}/attendees/{attendee}`.
pub(super) fn attendee(state: &State, call: &Call, id: &str, attendee: &str) -> Result {
    Query::of(call, &[])?;
    find(state, id)?
        .attendee_json(attendee)
        .map(Answer::ok)
        .ok_or_else(|| Answer::not_found("Attendee"))
}

/// `PATCH /events/{id}`.
pub(super) fn change(account: &Account, state: &mut State, call: &Call, id: &str) -> Result {
    let query = Query::of(call, &["user_id"])?;
    ensure_user(account, query.text("user_id"))?;
    patch::apply(state, id, &call.body, account.now())
}

/// `DELETE /events/{id}`: cancels it, and its id is no longer answered.
pub(super) fn delete(account: &Account, state: &mut State, call: &Call, id: &str) -> Result {
    let query = Query::of(call, &["user_id"])?;
    ensure_user(account, query.text("user_id"))?;
    if !find(state, id)?.standing.stands() {
        return Err(Answer::conflict("The event is cancelled already."));
    }
    state.set_standing(id, Standing::Deleted, account.now());
    state.log.cancellations.push(id.to_owned());
    Ok(Answer::no_content())
}

/// A booking whose id is still answered.
pub(super) fn find<'a>(state: &'a State, id: &str) -> Result<&'a Event> {
    state
        .shelf
        .get(id)
        .filter(|event| event.standing != Standing::Deleted)
        .ok_or_else(|| Answer::not_found("Event"))
}
