//! What following rules may cost: a deterministic measure in place of a clock.
//!
//! A *step* is a day that the recurrence crate looks at (an hour, for hourly rules), or an occurrence
//! that it gives. Each object has some of its own, which is enough for any rule that people make; what
//! it needs beyond that, up to a limit, comes out of what its source has. So a thousand hostile
//! events use up what the source has, and every other event is still followed.

/// Steps of one object.
pub const OBJECT_STEPS: u64 = 250_000;
/// Occurrences of one object.
pub const OBJECT_OCCURRENCES: u64 = 40_000;
/// Steps, and occurrences, that each object has whatever the others of its source take.
const OWN: u64 = 2_000;
/// Steps that the objects of a source have together, beyond their own.
const SOURCE_STEPS: u64 = 4_000_000;
/// Occurrences that the objects of a source have together, beyond their own.
const SOURCE_OCCURRENCES: u64 = 2_000_000;

/// Rules of one object that are followed. A real object has one.
const RULES: usize = 64;

/// What the rules of one source may still cost.
#[derive(Clone, Debug)]
pub struct Budget {
    /// How many rules of the object are still followed.
    rules: usize,
    steps: Purse,
    occurrences: Purse,
}

#[derive(Clone, Debug)]
struct Purse {
    /// All that was ever spent.
    spent: u64,
    /// What the object has left of what is its own.
    own: u64,
    /// What it may take beyond that.
    more: u64,
    /// What its source has left.
    shared: u64,
    /// What an object may take at most.
    limit: u64,
}

impl Default for Budget {
    /// That of a source of which nothing was expanded yet.
    fn default() -> Self {
        Self {
            rules: RULES,
            steps: Purse::new(OBJECT_STEPS, SOURCE_STEPS),
            occurrences: Purse::new(OBJECT_OCCURRENCES, SOURCE_OCCURRENCES),
        }
    }
}

impl Budget {
    /// The steps of all objects so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps.spent
    }

    /// The occurrences of all objects so far.
    #[must_use]
    pub fn occurrences(&self) -> u64 {
        self.occurrences.spent
    }

    /// Goes on to the next object.
    pub(super) fn next(&mut self) {
        self.rules = RULES;
        self.steps.next();
        self.occurrences.next();
    }

    /// Whether one more rule of the object is followed.
    pub(super) fn take_rule(&mut self) -> bool {
        let left = self.rules.checked_sub(1);
        self.rules = left.unwrap_or(0);
        left.is_some()
    }

    /// The steps that the object has left.
    pub(super) fn left(&self) -> u64 {
        self.steps.left()
    }

    /// Whether the object has nothing left of one or the other.
    pub(super) fn is_spent(&self) -> bool {
        self.steps.left() == 0 || self.occurrences.left() == 0
    }

    pub(super) fn step(&mut self, steps: u64) {
        self.steps.spend(steps);
    }

    pub(super) fn occur(&mut self, occurrences: usize) {
        self.occurrences
            .spend(u64::try_from(occurrences).unwrap_or(u64::MAX));
    }
}

impl Purse {
    fn new(limit: u64, shared: u64) -> Self {
        Self {
            spent: 0,
            own: OWN,
            more: limit - OWN,
            shared,
            limit,
        }
    }

    fn next(&mut self) {
        self.own = OWN;
        self.more = self.limit - OWN;
    }

    fn left(&self) -> u64 {
        self.own + self.more.min(self.shared)
    }

    /// Takes what there is: what was done was done.
    fn spend(&mut self, amount: u64) {
        self.spent = self.spent.saturating_add(amount);
        let own = self.own.min(amount);
        self.own -= own;
        let rest = amount - own;
        self.more = self.more.saturating_sub(rest);
        self.shared = self.shared.saturating_sub(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_its_own_whatever_the_others_of_its_source_took() {
        let mut budget = Budget::default();
        for _ in 0..1_000 {
            budget.next();
            budget.step(OBJECT_STEPS);
            assert!(budget.is_spent());
        }
        assert_eq!(budget.steps(), 1_000 * OBJECT_STEPS);
        budget.next();
        assert_eq!(budget.left(), OWN);
        budget.step(OWN - 1);
        assert!(!budget.is_spent());
        budget.step(1);
        assert!(budget.is_spent());
    }

    #[test]
    fn an_object_takes_no_more_than_its_limit() {
        let mut budget = Budget::default();
        budget.next();
        assert_eq!(budget.left(), OBJECT_STEPS);
        budget.occur(usize::try_from(OBJECT_OCCURRENCES).unwrap());
        assert!(budget.is_spent());
        budget.next();
        assert!(!budget.is_spent());
    }
}
