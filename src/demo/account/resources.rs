//! What does not change in this account: the host, two booking pages, the working hours.

use serde_json::{Value, json};

use super::Account;
use super::answer::{Answer, Result};
use super::call::Call;
use super::event::schedule_id;
use super::listing::listed;
use super::query::Query;

const AVAILABILITY_ID: &str = "hours0id4liffdyszsp8kpxl80";

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

/// `GET /schedules`.
pub(super) fn schedules(account: &Account, call: &Call) -> Result {
    let known = [
        "from",
        "to",
        "page_size",
        "next_page_token",
        "show_deleted",
        "time_zone",
        "user_id",
    ];
    let query = Query::of(call, &known)?;
    ensure_user(account, query.text("user_id"))?;
    query.time("from")?;
    query.time("to")?;
    query.flag("show_deleted")?;
    query.zone()?;
    ensure_one_page(&query)?;
    let pages = [
        schedule(account, "intro", "Intro call", 30),
        schedule(account, "review", "Review", 60),
    ];
    Ok(Answer::ok(listed(&pages, None)))
}

/// `GET /schedules/{slug}`. The `schedule_id` of the list is not answered (FACTS.md section 2).
pub(super) fn schedule_by_slug(account: &Account, call: &Call, slug: &str) -> Result {
    let query = Query::of(call, &["user_id"])?;
    ensure_user(account, query.text("user_id"))?;
    match slug {
        "intro" => Ok(Answer::ok(schedule(account, "intro", "Intro call", 30))),
        "review" => Ok(Answer::ok(schedule(account, "review", "Review", 60))),
        _ => Err(Answer::not_found("Schedule")),
    }
}

/// `GET /availability`.
pub(super) fn availabilities(account: &Account, call: &Call) -> Result {
    let query = Query::of(call, &["page_size", "next_page_token", "user_id"])?;
    ensure_user(account, query.text("user_id"))?;
    ensure_one_page(&query)?;
    Ok(Answer::ok(listed(&[availability(account)], None)))
}

/// `GET /availability/{id}`.
pub(super) fn availability_by_id(account: &Account, call: &Call, id: &str) -> Result {
    Query::of(call, &[])?;
    if id == AVAILABILITY_ID {
        Ok(Answer::ok(availability(account)))
    } else {
        Err(Answer::not_found("Availability"))
    }
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

/// Everything fits on one page, so no page token was ever issued.
fn ensure_one_page(query: &Query) -> Result<()> {
    query.page_size()?;
    match query.text("next_page_token") {
        Some(_) => Err(Answer::bad_page_token()),
        None => Ok(()),
    }
}

fn schedule(account: &Account, slug: &str, summary: &str, minutes: u32) -> Value {
    json!({
        "schedule_id": schedule_id(slug),
        "slug": slug,
        "summary": summary,
        "description": "",
        "duration": minutes,
        "active": true,
        "status": "confirmed",
        "schedule_type": "one",
        "add_on_type": "zoomMeeting",
        "interval_type": "unlimited",
        "capacity": 1,
        "buffer": {"before": 0, "after": 0},
        "cushion": 60,
        "start_time_increment": 15,
        "time_zone": account.options().time_zone,
        "scheduling_url": format!("https://scheduler.zoom.us/alice-demo/{slug}"),
        "organizer": {
            "display_name": "Alice Demo",
            "email": account.options().user_email,
            "self": true,
        },
        "availability_override": false,
        "availability_rules": [{
            "availability_id": AVAILABILITY_ID,
            "email": account.options().user_email,
            "use_custom": false,
        }],
        "x_future_field": [],
    })
}

fn availability(account: &Account) -> Value {
    let day = json!([{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "17:00"}]);
    json!({
        "availability_id": AVAILABILITY_ID,
        "default": true,
        "name": "Working hours",
        "owner": account.options().user_email,
        "time_zone": account.options().time_zone,
        "segments_recurrence": {
            "mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": [], "sun": [],
        },
        "x_future_field": null,
    })
}
