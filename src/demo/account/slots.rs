//! `GET /schedules/{slug}/available_times`: what an invitee may book (FACTS.md section 2; the
//! operation is not in Zoom's document).

use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use super::answer::{Answer, Result};
use super::call::Call;
use super::pages::{self, Page};
use super::query::Query;
use super::resources::ensure_user;
use super::setup::Connection;
use super::shelf::Order;
use super::{Account, State};
use crate::domain::time_span::TimeSpan;
use free::Hours;

mod free;

/// The longest window that is answered.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 400);

/// The days that have free slots, each with them.
pub(super) fn available_times(account: &Account, state: &State, call: &Call, slug: &str) -> Result {
    let query = Query::of(call, &["from", "to", "time_zone", "user_id"])?;
    ensure_user(account, query.text("user_id"))?;
    let page = pages::find(state, slug)?;
    let time = |name| {
        let time = query.time(name)?;
        time.ok_or_else(|| Answer::bad_request(name, "required"))
    };
    let window = TimeSpan {
        start: time("from")?,
        end: time("to")?,
    };
    if window.start >= window.end || window.end.duration_since(window.start) > LONGEST {
        return Err(Answer::bad_request("from", "not before to, or too far"));
    }
    let zone = query.zone()?.unwrap_or_else(|| account.zone());
    let slots = slots(account, state, page, window);
    Ok(Answer::ok(
        json!({ "items": days(&slots, &zone), "x_future_field": 0 }),
    ))
}

/// The starts of the free slots of a page that lie in a window and can still be booked.
pub(super) fn slots(
    account: &Account,
    state: &State,
    page: &Page,
    window: TimeSpan,
) -> Vec<Timestamp> {
    let notice = SignedDuration::from_mins(i64::from(page.cushion));
    let first = account.now().saturating_add(notice);
    let first = first.unwrap_or(Timestamp::MAX).max(window.start);
    // Whole stretches, so that the grid does not depend on the window.
    free::slots(&stretches(account, state, page, window), page.minutes)
        .into_iter()
        .filter(|start| *start >= first && *start < window.end)
        .collect()
}

/// The free stretches of the local days that a window touches, each within one day.
pub(super) fn stretches(
    account: &Account,
    state: &State,
    page: &Page,
    window: TimeSpan,
) -> Vec<TimeSpan> {
    let (zone, week, overrides) = match (&page.own, state.rota.get(&page.availability)) {
        (Some((zone, week)), _) => {
            let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
            (zone, week, &[][..])
        }
        (None, Some(shared)) => (shared.time_zone(), &shared.week, &shared.segments[..]),
        (None, None) => return Vec::new(),
    };
    let hours = Hours {
        zone: &zone,
        week,
        overrides,
    };
    let first = window.start.to_zoned(zone.clone()).date();
    let last = window.end.to_zoned(zone.clone()).date();
    // A day before and after: the offset of a zone, and buffers.
    let wide = TimeSpan {
        start: window
            .start
            .saturating_sub(48.hours())
            .unwrap_or(Timestamp::MIN),
        end: window
            .end
            .saturating_add(48.hours())
            .unwrap_or(Timestamp::MAX),
    };
    free::free(&hours, &busy(account, state, page, wide), first, last)
}

/// What is in the way of a page's bookings: bookings of every page, and opaque events of the
/// connected calendar; each with the buffers of this page around it.
fn busy(account: &Account, state: &State, page: &Page, window: TimeSpan) -> Vec<TimeSpan> {
    let booked = state
        .shelf
        .walk(Order::Start, Some(window.start), None)
        .take_while(|(place, _)| place.0 < window.end)
        .filter(|(_, event)| event.standing.stands())
        .map(|(_, event)| TimeSpan {
            start: event.booked.start,
            end: event.end(),
        });
    let mut busy: Vec<TimeSpan> = booked.collect();
    if account.options().calendar.connection == Connection::Connected {
        busy.extend(state.diary.primary().busy(&account.zone(), window));
    }
    let minutes = |minutes: u32| SignedDuration::from_mins(i64::from(minutes));
    for span in &mut busy {
        // A slot that ends when this starts would not have its time after it.
        let start = span.start.saturating_sub(minutes(page.buffer_after));
        let end = span.end.saturating_add(minutes(page.buffer_before));
        span.start = start.unwrap_or(Timestamp::MIN);
        span.end = end.unwrap_or(Timestamp::MAX);
    }
    busy
}

fn days(slots: &[Timestamp], zone: &TimeZone) -> Vec<Value> {
    let mut days: Vec<(jiff::civil::Date, Vec<Value>)> = Vec::new();
    for slot in slots {
        let local = slot.to_zoned(zone.clone());
        // Always an offset, never `Z` (FACTS.md section 2).
        let start = local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        let spot = json!({"status": "available", "start_time": start, "invitees_remaining": 1});
        match days.last_mut() {
            Some((day, there)) if *day == local.date() => there.push(spot),
            _ => days.push((local.date(), vec![spot])),
        }
    }
    days.into_iter()
        .map(|(date, spots)| json!({"date": date.to_string(), "status": "available", "spots": spots}))
        .collect()
}
