//! Zoom tells of bookings: late, twice, in any order, and of things that changed since.

use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use slotbridge::domain::hint::Hint;
use slotbridge::domain::ids::BookingId;
use slotbridge::engine::Order;
use slotbridge::engine::hinted::{self, Outcome};

use super::world::World;

impl World {
    /// Some hints are looked into; `rate` of 1,000 calls fail and the power goes after `cut` calls.
    pub async fn hear(&mut self, rate: u64, cut: Option<u64>) {
        let mut all: Vec<BookingId> = self.zoom.ids();
        all.shuffle(&mut self.rng);
        all.truncate(self.rng.random_range(0..6));
        let hints: Vec<Hint> = all.into_iter().map(|id| self.hint(id)).collect();
        let cancelled = self.zoom.cancellations().len();
        let before = self.calendar.hrefs().len();
        let already = self.deleted_by_hints;
        self.chaos.arm(rate, cut);
        let order = Order::default();
        let answered = hinted::hinted(&self.sides(), &self.host, &order, &hints, already).await;
        self.chaos.arm(0, None);
        self.deleted_by_hints = answered.deleted;
        assert_eq!(
            answered.outcomes.len(),
            hints.len(),
            "each hint has its outcome"
        );
        let none = self.zoom.cancellations().len() - cancelled;
        assert_eq!(none, 0, "law 6: a hint cancels nothing in Zoom");
        let gone = before.saturating_sub(self.calendar.hrefs().len());
        assert!(
            gone <= hinted::DELETIONS.saturating_sub(already),
            "law 6: {gone} entries deleted because of hints"
        );
        self.tell(|_| format!("heard (rate {rate}, cut {cut:?}): {:?}", answered.outcomes));
    }

    /// A booking that Zoom tells of is in step afterwards, or left to a whole pass.
    pub async fn hear_calmly(&mut self) {
        let hints: Vec<Hint> = self
            .zoom
            .ids()
            .into_iter()
            .map(|id| self.hint(id))
            .collect();
        let order = Order::default();
        let answered = hinted::hinted(&self.sides(), &self.host, &order, &hints, 0).await;
        for (id, outcome) in &answered.outcomes {
            let fine = matches!(
                outcome,
                Outcome::Settled | Outcome::Unclear | Outcome::NotYet
            );
            assert!(fine, "{id}: {outcome:?}");
        }
    }

    /// What Zoom tells of a booking: that it was made, however late, or that it ended.
    fn hint(&mut self, id: BookingId) -> Hint {
        let to = self.seen.moved.get(&id).cloned();
        let mut olds = self.seen.moved.iter();
        let from = olds
            .find(|(_, new)| **new == id)
            .map(|(old, _)| old.clone());
        let named = self.rng.random_bool(0.5);
        let told = self.rng.random_bool(0.8);
        let ended = !self.zoom.standing().contains(&id) && self.rng.random_bool(0.7);
        let moved = if ended { to.is_some() } else { from.is_some() };
        Hint {
            ended,
            rescheduled: told.then_some(moved),
            from: from.filter(|_| named),
            to: to.filter(|_| named && ended),
            answers: told.then_some(true),
            ..Hint::new(id, self.now())
        }
    }
}
