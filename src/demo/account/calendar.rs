//! The host's Zoom calendars and what stands in them (FACTS.md section 3).

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::options::AccountOptions;
use super::setup::Role;
use super::shelf::new_id;
use super::ticker::Ticker;
use crate::domain::time_span::TimeSpan;

mod body;
mod event;
mod free_busy;
mod listing;
mod recurrence;
pub(super) mod routes;
mod sync_token;

pub(super) use body::Draft;
pub(super) use event::{When, ZoomEvent};

/// Every calendar of the host.
pub(super) struct Diary {
    /// The primary one, then the others.
    primary: Calendar,
    others: Vec<Calendar>,
    ticker: Ticker,
    /// Sync tokens of an earlier one are no longer good.
    generation: u64,
    /// Writes of which Zoom may have told somebody.
    pub(super) mails: usize,
    ids: StdRng,
    made: u64,
}

/// A calendar.
pub(super) struct Calendar {
    /// Looks like a mail address, and is not the host's.
    pub(super) id: String,
    pub(super) summary: String,
    pub(super) role: Role,
    /// By id, deleted ones included.
    events: BTreeMap<String, ZoomEvent>,
}

impl Diary {
    pub(super) fn new(options: &AccountOptions) -> Self {
        let calendar = |id: &str, summary: &str, role| Calendar {
            id: id.to_owned(),
            summary: summary.to_owned(),
            role,
            events: BTreeMap::new(),
        };
        Self {
            primary: calendar(
                "alice.demo@zmail.example",
                "Alice Demo",
                options.calendar.primary_role,
            ),
            others: vec![
                calendar("c_team0id4@group.calendar.example", "Team", Role::Writer),
                calendar("holidays@group.calendar.example", "Holidays", Role::Reader),
            ],
            ticker: Ticker::new(),
            generation: 0,
            mails: 0,
            // Not the dice of bookings: what is made here must not change their ids.
            ids: StdRng::seed_from_u64(options.seed ^ 0x000C_A1E7),
            made: 0,
        }
    }

    pub(super) fn primary(&self) -> &Calendar {
        &self.primary
    }

    /// All calendars, the primary one in the middle: a client has to look for it.
    fn all(&self) -> impl Iterator<Item = &Calendar> {
        let (before, behind) = self.others.split_at(self.others.len() / 2);
        before.iter().chain([&self.primary]).chain(behind)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Calendar> {
        self.all().find(|calendar| calendar.id == id)
    }

    fn get_mut(&mut self, id: &str) -> Option<&mut Calendar> {
        let mut all = self.others.iter_mut().chain([&mut self.primary]);
        all.find(|calendar| calendar.id == id)
    }

    /// Puts an event into a calendar; its new id.
    pub(super) fn insert(
        &mut self,
        calendar: &str,
        draft: Draft,
        now: Timestamp,
    ) -> Option<String> {
        let id = new_id(&mut self.ids);
        self.made += 1;
        let updated = self.ticker.tick(now);
        let event = ZoomEvent::new(id.clone(), self.made, draft, now, updated);
        self.get_mut(calendar)?.events.insert(id.clone(), event);
        Some(id)
    }

    /// Changes an event that stands; whether there is one.
    pub(super) fn change(
        &mut self,
        calendar: &str,
        id: &str,
        now: Timestamp,
        how: impl FnOnce(&mut ZoomEvent),
    ) -> bool {
        let updated = self.ticker.tick(now);
        let event = self
            .get_mut(calendar)
            .and_then(|calendar| calendar.events.get_mut(id))
            .filter(|event| !event.deleted);
        let Some(event) = event else {
            return false;
        };
        how(event);
        event.updated = updated;
        true
    }

    /// No sync token issued so far is good any longer.
    pub(super) fn expire_sync_tokens(&mut self) {
        self.generation += 1;
    }
}

impl Calendar {
    pub(super) fn event(&self, id: &str) -> Option<&ZoomEvent> {
        self.events.get(id)
    }

    /// All events, deleted ones included, in order of id.
    pub(super) fn events(&self) -> impl Iterator<Item = &ZoomEvent> {
        self.events.values()
    }

    /// When events take time off, in a window; those of a whole day in this zone.
    pub(super) fn busy(&self, zone: &TimeZone, window: TimeSpan) -> Vec<TimeSpan> {
        let blocking = self.events().filter(|event| event.blocks());
        blocking
            .flat_map(|event| event.spans(zone))
            .filter(|span| span.overlaps(&window))
            .collect()
    }
}
