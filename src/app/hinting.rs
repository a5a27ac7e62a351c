//! Looks into hints: asks every host that may be meant, and says what became of each.

use std::collections::{BTreeMap, BTreeSet};

use tracing::Instrument as _;

use crate::domain::hint::Hint;
use crate::domain::ids::{BookingId, HostName};
use crate::engine::Order;
use crate::engine::hinted::{Outcome, hinted};
use crate::engine::ledger::Ledger;
use crate::engine::report::HostReport;

use super::compose::{Wired, WiredBookings};
use super::whose::Whose;

/// What looking into hints came to.
pub(super) struct Looked {
    pub(super) reports: Vec<HostReport>,
    pub(super) answers: Vec<(Hint, Outcome)>,
    /// Hints about bookings of users who are no hosts here: nobody was asked.
    pub(super) strange: Vec<Hint>,
}

/// Entries that were deleted because of hints since the last whole pass, by host.
pub(super) type Deleted = BTreeMap<HostName, usize>;

/// Looks into these hints. Whose they are is learnt from what is found.
pub(super) async fn look(
    wired: &[Wired],
    order: &Order,
    hints: Vec<Hint>,
    deleted: &mut Deleted,
    whose: &mut Whose,
) -> Looked {
    let hosts: Vec<&WiredBookings> = wired
        .iter()
        .filter_map(|wired| wired.bookings.as_ref())
        .collect();
    let names: Vec<&HostName> = hosts.iter().map(|one| &one.host.name).collect();
    let (strange, hints): (Vec<Hint>, Vec<Hint>) = hints.into_iter().partition(|hint| {
        let user = hint.user.as_ref();
        user.is_some_and(|user| whose.is_stranger(user, &names))
            && !hosts.iter().any(|one| is_linked(one, hint))
    });
    let mut best = BTreeMap::new();
    let mut reports = Vec::new();
    // First those whose it probably is. What they cannot say now, nobody else can; else everybody is
    // asked, whatever is wrong with one of them.
    let likely: Vec<BTreeSet<BookingId>> = hosts
        .iter()
        .map(|one| {
            let theirs = hints.iter().filter(|hint| is_likely(whose, hint, one));
            theirs.map(|hint| hint.booking.clone()).collect()
        })
        .collect();
    for first in [true, false] {
        // What the likely hosts said.
        let known = best.clone();
        for (one, theirs) in hosts.iter().zip(&likely) {
            let open = |hint: &&Hint| {
                let id = &hint.booking;
                let settled = best.get(id) == Some(&Outcome::Settled);
                let answered = known
                    .get(id)
                    .is_some_and(|outcome| *outcome >= Outcome::Unclear);
                theirs.contains(id) == first && !settled && !answered
            };
            let mine: Vec<Hint> = hints.iter().filter(open).cloned().collect();
            if !mine.is_empty() {
                reports.extend(ask(one, order, &mine, deleted, &mut best, whose).await);
            }
        }
    }
    let answers: Vec<(Hint, Outcome)> = hints
        .into_iter()
        .map(|hint| {
            let outcome = best.get(&hint.booking).copied();
            (hint, outcome.unwrap_or(Outcome::NotHere))
        })
        .collect();
    for (hint, outcome) in &answers {
        if let (Some(user), Outcome::NotHere) = (&hint.user, outcome) {
            whose.not_found(user);
        }
    }
    Looked {
        reports,
        answers,
        strange,
    }
}

/// What became of each booking; the best that any host said.
type Best = BTreeMap<BookingId, Outcome>;

/// Asks one host.
async fn ask(
    one: &WiredBookings,
    order: &Order,
    mine: &[Hint],
    deleted: &mut Deleted,
    best: &mut Best,
    whose: &mut Whose,
) -> Option<HostReport> {
    let host = &one.host;
    let Ok(sides) = &one.sides else {
        for hint in mine {
            note(best, hint.booking.clone(), Outcome::Failed);
        }
        return None;
    };
    let count = deleted.entry(host.name.clone()).or_default();
    let span = tracing::info_span!("pass", host = %host.name, hints = mine.len());
    let answered = hinted(sides, host, order, mine, *count)
        .instrument(span)
        .await;
    *count = answered.deleted;
    for (booking, outcome) in answered.outcomes {
        let hint = mine.iter().find(|hint| hint.booking == booking);
        let user = hint.and_then(|hint| hint.user.as_ref());
        if let (Some(user), Outcome::Settled | Outcome::NotYet) = (user, outcome) {
            whose.found(user, &host.name);
        }
        note(best, booking, outcome);
    }
    Some(answered.report)
}

/// Whether it is probably this host's: a user of theirs, or a booking that has an entry there.
fn is_likely(whose: &Whose, hint: &Hint, one: &WiredBookings) -> bool {
    let user = hint.user.as_ref();
    user.is_some_and(|user| whose.is(user, &one.host.name)) || is_linked(one, hint)
}

/// Whether the booking, or the one before or after it, has an entry at this host. Where the state
/// cannot be read it is not known, and said by what reads it next.
fn is_linked(one: &WiredBookings, hint: &Hint) -> bool {
    let Ok(sides) = &one.sides else {
        return false;
    };
    let ledger = Ledger::new(sides.base.as_ref(), &one.host.name, &one.host.calendar);
    let ids = [Some(&hint.booking), hint.from.as_ref(), hint.to.as_ref()];
    ids.into_iter()
        .flatten()
        .any(|id| ledger.link(id).is_ok_and(|link| link.is_some()))
}

fn note(best: &mut Best, booking: BookingId, outcome: Outcome) {
    let known = best.entry(booking).or_insert(outcome);
    *known = outcome.max(*known);
}

/// The word for an outcome.
pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotHere => "not-here",
        Outcome::NotYet => "not-yet",
        Outcome::Unclear => "whole-pass",
        Outcome::Failed => "failed",
        Outcome::Settled => "settled",
    }
}
