//! Booking pages, which Zoom calls schedules: `/schedules` and `/schedules/{slug}`.

use serde_json::{Map, Value, json};

use super::answer::{Answer, Result};
use super::call::Call;
use super::event::schedule_id;
use super::listing::listed;
use super::query::Query;
use super::resources::{ensure_one_page, ensure_user};
use super::{Account, State, availability};

pub(super) mod sharing;
pub(super) mod writing;

/// A booking page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its name in addresses.
    pub slug: String,
    /// What it is called.
    pub summary: String,
    /// How long a booking takes, in minutes.
    pub minutes: u32,
    /// So many minutes before a booking have to be free, too.
    pub buffer_before: u32,
    /// So many minutes after a booking have to be free, too.
    pub buffer_after: u32,
    /// So many minutes ahead a booking has to be made.
    pub cushion: u32,
    /// The id of the availability schedule whose hours it offers.
    pub availability: String,
    /// The hours of its own, where it has any, and their zone.
    pub(super) own: Option<(String, availability::Week)>,
    /// What else was said of it over HTTP, as it is shown.
    said: Map<String, Value>,
}

impl Page {
    /// A page without buffers that offers the hours of the account's first schedule.
    #[must_use]
    pub fn new(slug: &str, summary: &str, minutes: u32) -> Self {
        Self {
            slug: slug.to_owned(),
            summary: summary.to_owned(),
            minutes,
            buffer_before: 0,
            buffer_after: 0,
            cushion: 0,
            availability: availability::FIRST.to_owned(),
            own: None,
            said: Map::new(),
        }
    }

    /// The two pages of a new account.
    pub(super) fn usual() -> Vec<Self> {
        vec![
            Self::new("intro", "Intro call", 30),
            Self::new("review", "Review", 60),
        ]
    }

    fn json(&self, account: &Account) -> Value {
        let options = account.options();
        let mut shown = json!({
            "schedule_id": schedule_id(&self.slug),
            "slug": self.slug,
            "summary": self.summary,
            "description": "",
            "duration": self.minutes,
            "active": true,
            "status": "confirmed",
            "schedule_type": "one",
            "add_on_type": "zoomMeeting",
            "interval_type": "unlimited",
            "capacity": 1,
            "buffer": {"before": self.buffer_before, "after": self.buffer_after},
            "cushion": self.cushion,
            "start_time_increment": self.minutes,
            "time_zone": options.time_zone,
            "scheduling_url": format!("https://scheduler.zoom.us/alice-demo/{}", self.slug),
            "organizer": {
                "display_name": "Alice Demo",
                "email": options.user_email,
                "self": true,
            },
            "availability_override": false,
            "availability_rules": [{
                "availability_id": self.availability,
                "email": options.user_email,
                "use_custom": false,
            }],
            "x_future_field": [],
        });
        if let Some(shown) = shown.as_object_mut() {
            shown.extend(self.said.clone());
        }
        shown
    }
}

/// `GET /schedules`.
pub(super) fn list(account: &Account, state: &State, call: &Call) -> Result {
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
    let pages: Vec<Value> = state.pages.iter().map(|page| page.json(account)).collect();
    Ok(Answer::ok(listed(&pages, None)))
}

/// `GET /managed_schedules`: what it answers is not known; it is taken for a list of pages.
pub(super) fn managed(account: &Account, state: &State, call: &Call) -> Result {
    Query::of(call, &[])?;
    let pages: Vec<Value> = state.pages.iter().map(|page| page.json(account)).collect();
    Ok(Answer::ok(listed(&pages, None)))
}

/// `GET /schedules/{slug}`. The `schedule_id` of the list is not answered (FACTS.md section 2).
pub(super) fn get(account: &Account, state: &State, call: &Call, slug: &str) -> Result {
    let query = Query::of(call, &["user_id"])?;
    ensure_user(account, query.text("user_id"))?;
    Ok(Answer::ok(find(state, slug)?.json(account)))
}

/// The page with this slug.
pub(super) fn find<'a>(state: &'a State, slug: &str) -> Result<&'a Page> {
    let found = state.pages.iter().find(|page| page.slug == slug);
    found.ok_or_else(|| Answer::not_found("Schedule"))
}
