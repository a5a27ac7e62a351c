//! What a test asks: what is there, what was asked, what was done.

use serde_json::Value;

use super::Account;

mod bookable;
use super::event::Standing;
use super::keyring::Refresh;
use super::seen::{Door, Patch, Seen};
use super::shelf::Order;

impl Account {
    /// A booking as the API shows it, deleted ones included; `None` for one that never was or is
    /// purged.
    #[must_use]
    pub fn event(&self, id: &str) -> Option<Value> {
        let zone = self.zone();
        Some(self.state().shelf.get(id)?.json(&zone))
    }

    /// All bookings, cancelled and deleted ones included, by start.
    #[must_use]
    pub fn event_ids(&self) -> Vec<String> {
        self.ids(|_| true)
    }

    /// The bookings that stand, pending ones included, by start.
    #[must_use]
    pub fn live_ids(&self) -> Vec<String> {
        self.ids(Standing::stands)
    }

    /// The id of the one team.
    #[must_use]
    pub fn team_id(&self) -> &'static str {
        super::resources::TEAM
    }

    /// The one routing form, and the one response to it.
    #[must_use]
    pub fn routing_response(&self) -> (&'static str, &'static str) {
        super::report::RESPONSE
    }

    /// Every request since the log was cleared, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.state().log.seen.clone()
    }

    /// How many requests came in at a door since the log was cleared.
    #[must_use]
    pub fn request_count(&self, door: Door) -> usize {
        let state = self.state();
        let there = state.log.seen.iter().filter(|seen| seen.door == door);
        there.count()
    }

    /// The bookings that an API request really cancelled since the log was cleared, in order.
    #[must_use]
    pub fn cancellations(&self) -> Vec<String> {
        self.state().log.cancellations.clone()
    }

    /// The PATCH requests that were accepted since the log was cleared, in order.
    #[must_use]
    pub fn patches(&self) -> Vec<Patch> {
        self.state().log.patches.clone()
    }

    /// Forgets requests, cancellations and patches.
    pub fn clear_log(&self) {
        self.state().log.clear();
    }

    /// The refresh token that is good now; `None` after it was revoked.
    #[must_use]
    pub fn refresh_token(&self) -> Option<String> {
        self.state().keys.refresh_token().map(str::to_owned)
    }

    /// Every refresh token that was spent, with the one issued in its place, in order.
    #[must_use]
    pub fn refreshes(&self) -> Vec<Refresh> {
        self.state().keys.refreshes().to_vec()
    }

    /// The person logs in again: a new refresh token, the old one is dead.
    #[must_use]
    pub fn log_in_again(&self) -> String {
        self.state().keys.log_in_again()
    }

    /// No access token issued so far is good any longer.
    pub fn expire_access_tokens(&self) {
        self.state().keys.expire_all();
    }

    fn ids(&self, wanted: impl Fn(Standing) -> bool) -> Vec<String> {
        let state = self.state();
        let all = state.shelf.walk(Order::Start, None, None);
        all.filter(|(_, event)| wanted(event.standing))
            .map(|(_, event)| event.id.clone())
            .collect()
    }
}
