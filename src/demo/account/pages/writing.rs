//! `POST /schedules`, `PATCH` and `DELETE /schedules/{slug}`: what Zoom takes, and what it takes and
//! forgets (FACTS.md section 2).

use serde_json::{Map, Value};

use super::super::answer::{Answer, Result};
use super::super::availability::hours;
use super::super::call::Call;
use super::super::query::Query;
use super::super::resources::ensure_user;
use super::super::{Account, State, strict};
use super::{Page, find};

/// What a member may say.
enum Member {
    Text(usize),
    Number(f64, f64),
    Flag,
    Word(&'static [&'static str]),
    Day,
    Zone,
    Week,
    List,
    Buffer,
}

/// What may be said of a page at any time.
const MEMBERS: [(&str, Member); 22] = [
    (
        "add_on_type",
        Member::Word(&["zoomMeeting", "zoomPhone", "offline"]),
    ),
    ("active", Member::Flag),
    ("availability_override", Member::Flag),
    ("availability_rules", Member::List),
    ("booking_limit", Member::Number(0.0, 96.0)),
    ("buffer", Member::Buffer),
    ("capacity", Member::Number(1.0, 200.0)),
    ("color", Member::Text(16)),
    ("cushion", Member::Number(0.0, 14_340.0)),
    ("custom_fields", Member::List),
    ("description", Member::Text(8192)),
    ("duration", Member::Number(15.0, 1440.0)),
    ("end_date", Member::Day),
    ("interval_type", Member::Word(&["unlimited", "fixed"])),
    ("location", Member::Text(1024)),
    ("secret", Member::Flag),
    ("segments", Member::List),
    ("segments_recurrence", Member::Week),
    ("slug", Member::Text(256)),
    ("start_date", Member::Day),
    ("start_time_increment", Member::Number(5.0, 720.0)),
    ("summary", Member::Text(256)),
];
/// What else may be said when a page is made. The last three are in no document and are wanted.
const NEW: [(&str, Member); 5] = [
    ("time_zone", Member::Zone),
    ("schedule_type", Member::Word(&["one", "multiple"])),
    ("type", Member::Word(&["one", "multiple"])),
    ("start", Member::Day),
    ("end", Member::Day),
];
/// What else may be said when a page is changed.
const CHANGED: [(&str, Member); 2] = [
    ("time_zone", Member::Zone),
    ("status", Member::Word(&["confirmed", "cancelled"])),
];
/// What is taken, and never shown.
const FORGOTTEN: [&str; 6] = [
    "pooling_type",
    "user_pools",
    "attendees",
    "type",
    "start",
    "end",
];

/// `POST /schedules`.
pub(in super::super) fn create(account: &Account, state: &mut State, call: &Call) -> Result {
    ensure_user(account, Query::of(call, &["user_id"])?.text("user_id"))?;
    let body = checked(call, &NEW)?;
    let dates = ["start_date", "end_date", "start", "end"];
    if dates.iter().any(|name| !body.contains_key(*name)) {
        return Err(Answer::bad_request("time", "Miss time fields."));
    }
    let own = body.get("availability_override") == Some(&Value::Bool(true))
        && body.contains_key("segments_recurrence")
        && body.contains_key("time_zone");
    let rules = body.get("availability_rules").and_then(Value::as_array);
    let saved = rules.is_none_or(|rules| {
        let mut rules = rules.iter();
        rules.any(|rule| rule.get("availability_id").is_some())
    });
    if !own || saved {
        return Err(Answer::bad_request("body", "Failed json validation!"));
    }
    for name in ["capacity", "duration", "summary", "type", "schedule_type"] {
        if !body.contains_key(name) {
            return Err(Answer::bad_request(name, "required"));
        }
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let slug = text("slug").map_or_else(|| state.next_number("page"), str::to_owned);
    if find(state, &slug).is_ok() {
        return Err(Answer::bad_request("slug", "taken"));
    }
    let mut page = Page::new(&slug, "", 0);
    page.say(body);
    let shown = page.json(account);
    state.pages.push(page);
    Ok(Answer::created(shown))
}

/// `PATCH /schedules/{slug}`. What it does not say stays.
pub(in super::super) fn change(
    account: &Account,
    state: &mut State,
    call: &Call,
    slug: &str,
) -> Result {
    ensure_user(account, Query::of(call, &["user_id"])?.text("user_id"))?;
    find(state, slug)?;
    let body = checked(call, &CHANGED)?;
    let new = body.get("slug").and_then(Value::as_str);
    if new.is_some_and(|new| new != slug && find(state, new).is_ok()) {
        return Err(Answer::bad_request("slug", "taken"));
    }
    if let Some(page) = state.pages.iter_mut().find(|page| page.slug == slug) {
        page.say(body);
    }
    Ok(Answer::no_content())
}

/// `DELETE /schedules/{slug}`.
pub(in super::super) fn delete(
    account: &Account,
    state: &mut State,
    call: &Call,
    slug: &str,
) -> Result {
    ensure_user(account, Query::of(call, &["user_id"])?.text("user_id"))?;
    find(state, slug)?;
    state.pages.retain(|page| page.slug != slug);
    Ok(Answer::no_content())
}

/// The body of a request, in which everything is known and of its type.
fn checked<'a>(call: &'a Call, more: &[(&str, Member)]) -> Result<&'a Map<String, Value>> {
    let members = || MEMBERS.iter().map(known).chain(more.iter().map(known));
    let mut names: Vec<&str> = members().map(|(name, _)| name).collect();
    names.extend(&FORGOTTEN[..3]);
    let body = strict::body(call, &names)?;
    if body.is_empty() {
        return Err(Answer::bad_request("body", "says nothing"));
    }
    for (name, member) in members() {
        if let Some(value) = body.get(name) {
            member.check(body, name, value)?;
        }
    }
    Ok(body)
}

fn known<'a>((name, member): &'a (&str, Member)) -> (&'a str, &'a Member) {
    (name, member)
}

impl Member {
    fn check(&self, body: &Map<String, Value>, name: &str, value: &Value) -> Result<()> {
        let wrong = |message| Err(Answer::bad_request(name, message));
        let text = |limit| Ok(strict::text(body, name, limit)?.unwrap_or_default());
        match self {
            Self::Text(limit) => text(*limit).map(drop),
            Self::Flag => strict::flag(body, name).map(drop),
            Self::List => strict::list(body, name).map(drop),
            Self::Zone => strict::zone(name, text(64)?).map(drop),
            Self::Week => hours::read(value).map(drop),
            Self::Word(words) if !words.contains(&text(64)?) => wrong("not one of its words"),
            Self::Day if text(10)?.parse::<jiff::civil::Date>().is_err() => wrong("not a day"),
            Self::Number(from, to) => match value.as_f64() {
                Some(number) if (*from..=*to).contains(&number) => Ok(()),
                _ => wrong("not a number within its bounds"),
            },
            Self::Buffer => {
                let buffer = strict::object(name, value, &["before", "after"])?;
                let minutes = Self::Number(0.0, 240.0);
                let mut all = buffer.iter();
                all.try_for_each(|(name, value)| minutes.check(buffer, name, value))
            }
            Self::Word(_) | Self::Day => Ok(()),
        }
    }
}

impl Page {
    /// Keeps what was said of it.
    fn say(&mut self, body: &Map<String, Value>) {
        let number = |value: Option<&Value>| {
            let number = value.and_then(Value::as_u64);
            number.and_then(|number| u32::try_from(number).ok())
        };
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let set = |slot: &mut u32, value: Option<&Value>| *slot = number(value).unwrap_or(*slot);
        set(&mut self.minutes, body.get("duration"));
        set(&mut self.cushion, body.get("cushion"));
        let buffer = |name| body.get("buffer").and_then(|buffer| buffer.get(name));
        set(&mut self.buffer_before, buffer("before"));
        set(&mut self.buffer_after, buffer("after"));
        self.summary = text("summary").unwrap_or_else(|| self.summary.clone());
        self.slug = text("slug").unwrap_or_else(|| self.slug.clone());
        let shown = ["duration", "cushion", "buffer", "summary", "slug"];
        let rest = body.iter().filter(|(name, _)| {
            let name = name.as_str();
            !FORGOTTEN.contains(&name) && !shown.contains(&name)
        });
        let rest = rest.map(|(name, value)| (name.clone(), value.clone()));
        self.said.extend(rest);
        let said = |name: &str| self.said.get(name);
        let week = said("segments_recurrence").and_then(|week| hours::read(week).ok());
        let zone = said("time_zone").and_then(Value::as_str);
        self.own = zone.map(str::to_owned).zip(week);
    }
}
