//! What a test asks about hours, calendars and free slots.

use jiff::Timestamp;
use serde_json::Value;

use super::super::Account;
use super::super::availability::Spelling;
use super::super::{pages, slots};
use crate::domain::block::BLOCK_TAG;
use crate::domain::time_span::TimeSpan;

impl Account {
    /// An availability schedule as the API would show it, with its `segments` whatever the options
    /// say; `None` where there is none.
    #[must_use]
    pub fn availability(&self, id: &str) -> Option<Value> {
        let owner = &self.options().user_email;
        let state = self.state();
        Some(state.rota.get(id)?.json(owner, Some(Spelling::Utc)))
    }

    /// The date overrides of an availability schedule, in the order given; none where there is no
    /// such schedule.
    #[must_use]
    pub fn overrides(&self, id: &str) -> Vec<TimeSpan> {
        let state = self.state();
        let one = state.rota.get(id);
        one.map(|one| one.segments.clone()).unwrap_or_default()
    }

    /// The id of the primary Zoom calendar.
    #[must_use]
    pub fn calendar_id(&self) -> String {
        self.state().diary.primary().id.clone()
    }

    /// An event of the primary calendar as the API would show it, a deleted one as cancelled.
    #[must_use]
    pub fn calendar_event(&self, id: &str) -> Option<Value> {
        let zone = self.zone();
        let state = self.state();
        let calendar = state.diary.primary();
        Some(calendar.event(id)?.json(&calendar.id, &zone))
    }

    /// The events that stand in the primary calendar, ours included, by id.
    #[must_use]
    pub fn calendar_events(&self) -> Vec<Value> {
        let zone = self.zone();
        let state = self.state();
        let calendar = state.diary.primary();
        let standing = calendar.events().filter(|event| !event.deleted);
        standing
            .map(|event| event.json(&calendar.id, &zone))
            .collect()
    }

    /// Those of them that carry our tag: their ids and times, by time.
    #[must_use]
    pub fn blocks(&self) -> Vec<(TimeSpan, String)> {
        let zone = self.zone();
        let state = self.state();
        let ours = state.diary.primary().events().filter(|event| {
            let words = event.rest.get("description").and_then(Value::as_str);
            !event.deleted && words.is_some_and(|words| words.contains(BLOCK_TAG))
        });
        let mut blocks: Vec<(TimeSpan, String)> = ours
            .flat_map(|event| {
                let spans = event.spans(&zone).into_iter();
                spans.map(|span| (span, event.id.clone()))
            })
            .collect();
        blocks.sort();
        blocks
    }

    /// How many writes to calendars were made of which Zoom may have mailed somebody: without
    /// `sendUpdates=none`.
    #[must_use]
    pub fn mails_sent(&self) -> usize {
        self.state().diary.mails
    }

    /// What an invitee may book on a page: the starts of its slots in a window, in order. Nothing
    /// where there is no such page.
    #[must_use]
    pub fn free_slots(&self, slug: &str, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        let state = self.state();
        let window = TimeSpan {
            start: from,
            end: to,
        };
        pages::find(&state, slug)
            .map(|page| slots::slots(self, &state, page, window))
            .unwrap_or_default()
    }

    /// Where those slots come from: the free stretches of a page in a window, in order, each within
    /// one day of the schedule's zone, however short; those that are over, too.
    #[must_use]
    pub fn free_stretches(&self, slug: &str, from: Timestamp, to: Timestamp) -> Vec<TimeSpan> {
        let state = self.state();
        let window = TimeSpan {
            start: from,
            end: to,
        };
        let Ok(page) = pages::find(&state, slug) else {
            return Vec::new();
        };
        slots::stretches(self, &state, page, window)
            .into_iter()
            .filter(|span| span.overlaps(&window))
            .map(|span| TimeSpan {
                start: span.start.max(from),
                end: span.end.min(to),
            })
            .collect()
    }

    /// A request in which a word occurs, upper or lower case, of all there ever were, forgotten or
    /// not: method, path, query and body as text. `None` where none has it.
    #[must_use]
    pub fn was_sent(&self, word: &str) -> Option<String> {
        let plain = word.to_lowercase();
        let escaped = Value::from(plain.as_str()).to_string();
        let escaped = escaped.trim_matches('"');
        let state = self.state();
        let mut heard = state.log.heard.iter();
        let found = heard.find(|text| {
            let text = text.to_lowercase();
            text.contains(&plain) || text.contains(escaped)
        });
        found.cloned()
    }
}
