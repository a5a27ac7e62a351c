//! Zoom Calendar's events (FACTS.md section 3): what they say, and whether they are blocks of ours.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use super::dto::lenient;
use crate::domain::block::{BLOCK_TAG, Block, BlockDraft};
use crate::domain::ids::BlockId;
use crate::domain::time_span::TimeSpan;

/// What a block says to a person who looks at it.
const SENTENCE: &str = "This time is taken in another calendar. slotbridge keeps this entry up to \
                        date: what is changed here is put right again.";

/// One page of events or of calendars.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Page {
    pub(super) items: Option<Vec<Value>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) next_page_token: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) next_sync_token: String,
    #[serde(deserialize_with = "lenient")]
    kind: String,
}

impl Page {
    /// A page; `None` where it is something else. An empty one may come without its list.
    pub(super) fn read(value: Value) -> Option<Self> {
        let page: Self = serde_json::from_value(value).ok()?;
        let told = page.items.is_some()
            || !page.next_sync_token.is_empty()
            || page.kind.starts_with("calendar#");
        told.then_some(page)
    }
}

/// A calendar of a user's list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct CalendarEntry {
    #[serde(deserialize_with = "lenient")]
    pub(super) id: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) primary: bool,
    #[serde(deserialize_with = "lenient")]
    pub(super) deleted: bool,
    #[serde(deserialize_with = "lenient")]
    access_role: String,
}

impl CalendarEntry {
    /// Whether it can be written. What is not told is tried.
    pub(super) fn is_writable(&self) -> bool {
        matches!(self.access_role.as_str(), "" | "owner" | "writer")
    }
}

/// One event. Everything is optional, and what has an unexpected shape counts as absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    #[serde(deserialize_with = "lenient")]
    id: String,
    #[serde(deserialize_with = "lenient")]
    status: String,
    #[serde(deserialize_with = "lenient")]
    summary: String,
    #[serde(deserialize_with = "lenient")]
    description: String,
    #[serde(deserialize_with = "lenient")]
    transparency: String,
    #[serde(deserialize_with = "lenient")]
    visibility: String,
    #[serde(deserialize_with = "lenient")]
    start: Moment,
    #[serde(deserialize_with = "lenient")]
    end: Moment,
    #[serde(deserialize_with = "lenient")]
    recurrence: Vec<Value>,
    #[serde(deserialize_with = "lenient")]
    attendees: Vec<Value>,
}

/// A start or an end.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Moment {
    #[serde(deserialize_with = "lenient")]
    date_time: String,
    #[serde(deserialize_with = "lenient")]
    time_zone: String,
}

/// What an event is to us.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A block of ours that is there.
    Ours(Block),
    /// There no more, or not ours (any more).
    Other(BlockId),
}

/// Tells what an event is; `None` where it has no id.
pub(super) fn seen(value: Value) -> Option<Seen> {
    let event: Event = serde_json::from_value(value).ok()?;
    if event.id.is_empty() {
        return None;
    }
    let id = BlockId::new(event.id.as_str());
    let cancelled = matches!(event.status.as_str(), "cancelled" | "canceled" | "deleted");
    if cancelled || !event.description.contains(BLOCK_TAG) {
        return Some(Seen::Other(id));
    }
    Some(Seen::Ours(Block {
        id,
        span: event.span(),
        intact: event.is_intact(),
        title: event.summary,
    }))
}

/// The id that an answer to an insertion tells.
pub(super) fn id(value: Value) -> Option<BlockId> {
    let event: Event = serde_json::from_value(value).ok()?;
    (!event.id.is_empty()).then(|| BlockId::new(event.id))
}

/// A block as it is written.
pub(super) fn body(draft: &BlockDraft) -> Value {
    let moment = |time: Timestamp| {
        let text = time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        json!({"dateTime": text, "timeZone": "UTC"})
    };
    json!({
        "start": moment(draft.span.start),
        "end": moment(draft.span.end),
        "summary": draft.title,
        "description": format!("{SENTENCE}\n\n{BLOCK_TAG}"),
        "transparency": "opaque",
        "visibility": "private",
        "status": "confirmed",
    })
}

/// The body that takes away what somebody added to a block, where an answer shows such a thing.
pub(super) fn without_additions(now: &Value, mut body: Value) -> Option<Value> {
    let mut any = false;
    for name in ["recurrence", "attendees"] {
        let has_some = now.get(name).and_then(Value::as_array);
        if has_some.is_some_and(|list| !list.is_empty()) {
            body[name] = json!([]);
            any = true;
        }
    }
    any.then_some(body)
}

impl Event {
    /// When; `None` where it is all-day, recurs, or does not say.
    fn span(&self) -> Option<TimeSpan> {
        if !self.recurrence.is_empty() {
            return None;
        }
        Some(TimeSpan {
            start: self.start.instant()?,
            end: self.end.instant()?,
        })
    }

    /// Whether it is as we write it, but for its times and title. A property that is not told, or
    /// in words that are new to us, is no reason to write: it would be one at each pass.
    fn is_intact(&self) -> bool {
        self.transparency != "transparent"
            && !matches!(self.visibility.as_str(), "default" | "public")
            && self.status != "tentative"
            && self.recurrence.is_empty()
            && self.attendees.is_empty()
            && words(&self.description) == words(&format!("{SENTENCE} {BLOCK_TAG}"))
    }
}

impl Moment {
    fn instant(&self) -> Option<Timestamp> {
        let text = self.date_time.trim();
        text.parse().ok().or_else(|| {
            let local: DateTime = text.parse().ok()?;
            let zone = TimeZone::get(self.time_zone.trim()).ok()?;
            zone.to_timestamp(local).ok()
        })
    }
}

/// The words of a text, however it is wrapped, also in HTML.
fn words(text: &str) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.replace("&nbsp;", " ").chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                plain.push(' ');
            }
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    plain.split_whitespace().map(str::to_owned).collect()
}
