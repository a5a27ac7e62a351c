//! What the host does with their hours and booking pages in Zoom.

use jiff::Timestamp;
use jiff::civil::Date;

use super::super::Account;
use super::super::availability::{Availability, FIRST, Week, hours};
use super::super::pages::Page;
use crate::domain::time_span::TimeSpan;

#[allow(
    clippy::must_use_candidate,
    reason = "what counts is that it happens; the answer is for whoever wants it"
)]
impl Account {
    /// The id of the availability schedule that is there from the beginning.
    #[must_use]
    pub fn availability_id(&self) -> &'static str {
        FIRST
    }

    /// The host makes another schedule with the usual hours in a zone; its id.
    pub fn add_availability(&self, name: &str, zone: &str) -> String {
        let mut state = self.state();
        let first = state.rota.all().first().cloned();
        let mut new = first.unwrap_or_else(|| Availability {
            id: String::new(),
            name: String::new(),
            default: false,
            zone: String::new(),
            week: Week::default(),
            segments: Vec::new(),
        });
        name.clone_into(&mut new.name);
        zone.clone_into(&mut new.zone);
        new.default = false;
        new.segments.clear();
        state.rota.add(new)
    }

    /// The host sets the weekly hours, Monday first, each day like `09:00-12:00, 13:00-24:00`, or
    /// empty for a day off. Nothing is changed by a text that makes no sense.
    pub fn set_week(&self, id: &str, days: [&str; 7]) -> bool {
        let mut week = Week::default();
        for (slot, text) in week.iter_mut().zip(days) {
            match hours::day(text) {
                Some(day) => *slot = day,
                None => return false,
            }
        }
        self.change_hours(id, |one| one.week = week)
    }

    /// The host moves: their hours are read in another zone (an IANA name).
    pub fn set_availability_zone(&self, id: &str, zone: &str) -> bool {
        self.change_hours(id, |one| zone.clone_into(&mut one.zone))
    }

    /// The host makes a schedule the default one, in place of the one that was.
    pub fn make_availability_default(&self, id: &str) -> bool {
        let made = self.change_hours(id, |one| one.default = true);
        self.state().rota.settle_default(id);
        made
    }

    /// The host renames a schedule.
    pub fn rename_availability(&self, id: &str, name: &str) -> bool {
        self.change_hours(id, |one| name.clone_into(&mut one.name))
    }

    /// The host opens one more time on a day that differs; from an instant to itself: takes the
    /// day off.
    pub fn add_override(&self, id: &str, start: Timestamp, end: Timestamp) -> bool {
        self.change_hours(id, |one| one.segments.push(TimeSpan { start, end }))
    }

    /// The host takes back everything that differs on a local day; whether anything did.
    pub fn remove_override(&self, id: &str, day: Date) -> bool {
        let mut removed = false;
        self.change_hours(id, |one| {
            let (zone, before) = (one.time_zone(), one.segments.len());
            one.segments.retain(|span| {
                let (first, last) = Availability::days_of(*span, &zone);
                !(first..=last).contains(&day)
            });
            removed = one.segments.len() < before;
        });
        removed
    }

    /// The host sets all days that differ.
    pub fn set_overrides(&self, id: &str, overrides: &[TimeSpan]) -> bool {
        self.change_hours(id, |one| overrides.clone_into(&mut one.segments))
    }

    /// The host makes a booking page, or changes the one with this slug.
    pub fn set_page(&self, page: Page) {
        let mut state = self.state();
        state.pages.retain(|old| old.slug != page.slug);
        state.pages.push(page);
    }

    fn change_hours(&self, id: &str, how: impl FnOnce(&mut Availability)) -> bool {
        self.state().rota.get_mut(id).map(how).is_some()
    }
}
