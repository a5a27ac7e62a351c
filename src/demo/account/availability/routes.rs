//! `/availability` and `/availability/{id}`.

use jiff::Timestamp;
use serde_json::Value;

use super::super::answer::{Answer, Result};
use super::super::call::Call;
use super::super::listing::listed;
use super::super::page_token::Seal;
use super::super::query::Query;
use super::super::resources::ensure_user;
use super::super::setup::ShowsSegments;
use super::super::{Account, State};
use super::body::Wish;
use super::{Availability, Spelling, Week};

/// `GET /availability`, in order of making.
pub(in super::super) fn list(account: &Account, state: &State, call: &Call) -> Result {
    let query = Query::of(call, &["page_size", "next_page_token", "user_id"])?;
    ensure_user(account, query.text("user_id"))?;
    let options = account.options();
    let size = query.page_size()?.min(options.page_limit).max(1);
    let identity = query.identity();
    let seal = Seal {
        seed: options.seed,
        query: &identity,
        request: state.quota.counted(),
        life: options.page_token_life,
    };
    let all = state.rota.all();
    let first = match query.text("next_page_token") {
        None => 0,
        Some(token) => {
            let (_, behind) = seal.open(token).ok_or_else(Answer::bad_page_token)?;
            let behind = all.iter().position(|one| one.id == behind);
            behind.ok_or_else(Answer::bad_page_token)? + 1
        }
    };
    let shown: Vec<&Availability> = all.iter().skip(first).take(size).collect();
    let last = shown.last().filter(|_| first + shown.len() < all.len());
    let next = last.map(|last| seal.issue(&(Timestamp::UNIX_EPOCH, last.id.clone())));
    let told = options.availability.shows_segments == ShowsSegments::Always;
    let items: Vec<Value> = shown
        .iter()
        .map(|one| one.json(&options.user_email, told.then_some(Spelling::Offset)))
        .collect();
    Ok(Answer::ok(listed(&items, next)))
}

/// `GET /availability/{id}`.
pub(in super::super) fn get(account: &Account, state: &State, call: &Call, id: &str) -> Result {
    Query::of(call, &[])?;
    let told = account.options().availability.shows_segments != ShowsSegments::Never;
    let one = find(state, id)?;
    let owner = &account.options().user_email;
    Ok(Answer::ok(one.json(owner, told.then_some(Spelling::Utc))))
}

/// `POST /availability`.
pub(in super::super) fn create(account: &Account, state: &mut State, call: &Call) -> Result {
    Query::of(call, &[])?;
    let options = account.options();
    let wish = Wish::read(call, options.availability)?;
    let mut new = Availability {
        id: String::new(),
        name: String::new(),
        default: false,
        zone: String::new(),
        week: Week::default(),
        segments: Vec::new(),
    };
    wish.grant(&mut new);
    let id = state.rota.add(new);
    let one = find(state, &id)?;
    Ok(Answer::created(
        one.json(&options.user_email, Some(Spelling::Utc)),
    ))
}

/// `PATCH /availability/{id}`. What it does not say stays.
pub(in super::super) fn change(
    account: &Account,
    state: &mut State,
    call: &Call,
    id: &str,
) -> Result {
    Query::of(call, &[])?;
    let default = find(state, id)?.default;
    let wish = Wish::read(call, account.options().availability)?;
    if default && wish.unsets_default() {
        return Err(Answer::bad_request(
            "default",
            "make another one the default",
        ));
    }
    if let Some(one) = state.rota.get_mut(id) {
        wish.grant(one);
    }
    state.rota.settle_default(id);
    Ok(Answer::no_content())
}

/// `DELETE /availability/{id}`; not the default one, and none that a booking page uses.
pub(in super::super) fn delete(state: &mut State, call: &Call, id: &str) -> Result {
    Query::of(call, &[])?;
    if find(state, id)?.default || state.pages.iter().any(|page| page.availability == id) {
        return Err(Answer::conflict("The availability is in use."));
    }
    state.rota.remove(id);
    Ok(Answer::no_content())
}

fn find<'a>(state: &'a State, id: &str) -> Result<&'a Availability> {
    let found = state.rota.get(id);
    found.ok_or_else(|| Answer::not_found("Availability"))
}
