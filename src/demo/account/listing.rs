//! `GET /events`: a window, filters, an order, pages.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Answer, Result};
use super::call::Call;
use super::event::{Event, Standing};
use super::page_token::Seal;
use super::query::Query;
use super::resources::{ensure_team, ensure_user};
use super::shelf::Order;
use super::{Account, State};

/// The parameters that the operation knows.
const KNOWN: [&str; 11] = [
    "from",
    "to",
    "page_size",
    "next_page_token",
    "order_by",
    "show_deleted",
    "event_type",
    "search",
    "time_zone",
    "user_id",
    "team_id",
];

/// Which bookings are wanted.
struct Filter<'a> {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    show_deleted: bool,
    pending_only: bool,
    search: Option<&'a str>,
}

impl Filter<'_> {
    fn shows(&self, event: &Event) -> bool {
        // `from` bounds the end, `to` the start, both exclusive (FACTS.md section 2).
        self.from.is_none_or(|from| event.end() > from)
            && self.to.is_none_or(|to| event.booked.start < to)
            && (self.show_deleted || event.standing.stands())
            && (!self.pending_only || event.standing == Standing::Pending)
            && self.search.is_none_or(|words| event.is_found_by(words))
    }
}

/// One page of bookings.
pub(super) fn page(account: &Account, state: &State, call: &Call) -> Result {
    let query = Query::of(call, &KNOWN)?;
    ensure_user(account, query.text("user_id"))?;
    ensure_team(query.text("team_id"))?;
    let filter = Filter {
        from: query.time("from")?,
        to: query.time("to")?,
        show_deleted: query.flag("show_deleted")?,
        pending_only: query.one_of("event_type", &["pending"])?.is_some(),
        search: query.text("search"),
    };
    if filter
        .from
        .zip(filter.to)
        .is_some_and(|(from, to)| from >= to)
    {
        return Err(Answer::bad_request("from", "not before to"));
    }
    let order = match query.one_of("order_by", &["startTime", "updated"])? {
        Some("updated") => Order::Updated,
        _ => Order::Start,
    };
    let size = query.page_size()?.min(account.options().page_limit).max(1);
    let zone = query.zone()?.unwrap_or_else(|| account.zone());

    let identity = query.identity();
    let seal = Seal {
        seed: account.options().seed,
        query: &identity,
        request: state.quota.counted(),
        life: account.options().page_token_life,
    };
    let behind = match query.text("next_page_token") {
        Some(token) => Some(seal.open(token).ok_or_else(Answer::bad_page_token)?),
        None => None,
    };

    let past_the_end =
        |start: Timestamp| order == Order::Start && filter.to.is_some_and(|to| start >= to);
    let mut shown = state
        .shelf
        .walk(order, filter.from, behind)
        .take_while(|(place, _)| !past_the_end(place.0))
        .filter(|(_, event)| filter.shows(event));
    let mut items: Vec<Value> = Vec::with_capacity(size);
    let mut last = None;
    for (place, event) in shown.by_ref().take(size) {
        items.push(event.json(&zone));
        last = Some(place);
    }
    let next = last.filter(|_| shown.next().is_some());
    Ok(Answer::ok(listed(
        &items,
        next.map(|place| seal.issue(place)),
    )))
}

/// The frame of a listing. The last page says so by an empty token or by none; a client has to
/// take both, and which one it gets follows from how much is on it.
pub(super) fn listed(items: &[Value], next: Option<String>) -> Value {
    let silent = next.is_none() && items.len() % 2 == 1;
    let mut body = json!({ "items": items });
    if let (false, Some(body)) = (silent, body.as_object_mut()) {
        body.insert(
            "next_page_token".to_owned(),
            json!(next.unwrap_or_default()),
        );
    }
    body
}
