//! Looks into hints: asks every host that may be meant, and says what became of each.

use std::collections::BTreeMap;

use tracing::Instrument as _;

use crate::domain::hint::Hint;
use crate::domain::ids::{BookingId, HostName};
use crate::engine::Order;
use crate::engine::hinted::{Outcome, hinted};
use crate::engine::report::HostReport;

use super::compose::Wired;

/// What looking into hints came to.
pub(super) struct Looked {
    pub(super) reports: Vec<HostReport>,
    pub(super) answers: Vec<(Hint, Outcome)>,
}

/// Entries that were deleted because of hints since the last whole pass, by host.
pub(super) type Deleted = BTreeMap<HostName, usize>;

/// Looks into these hints.
pub(super) async fn look(
    wired: &[Wired],
    order: &Order,
    hints: Vec<Hint>,
    deleted: &mut Deleted,
) -> Looked {
    let mut best: BTreeMap<BookingId, Outcome> = BTreeMap::new();
    let mut reports = Vec::new();
    for wired in wired.iter().filter_map(|wired| wired.bookings.as_ref()) {
        let mine = meant(&hints, &best);
        if mine.is_empty() {
            continue;
        }
        let Ok(sides) = &wired.sides else {
            for hint in mine {
                note(&mut best, hint.booking, Outcome::Failed);
            }
            continue;
        };
        let host = &wired.host;
        let count = deleted.entry(host.name.clone()).or_default();
        let span = tracing::info_span!("pass", host = %host.name, hints = mine.len());
        let answered = hinted(sides, host, order, &mine, *count)
            .instrument(span)
            .await;
        *count = answered.deleted;
        for (booking, outcome) in answered.outcomes {
            note(&mut best, booking, outcome);
        }
        reports.push(answered.report);
    }
    let answers = hints.into_iter().map(|hint| {
        let outcome = best.get(&hint.booking).copied();
        (hint, outcome.unwrap_or(Outcome::NotHere))
    });
    Looked {
        reports,
        answers: answers.collect(),
    }
}

/// The hints that may be about this host: whose booking it is found out, but not asked of others
/// once it is known.
fn meant(hints: &[Hint], best: &BTreeMap<BookingId, Outcome>) -> Vec<Hint> {
    let open = |hint: &&Hint| {
        let known = best.get(&hint.booking);
        known.is_none_or(|outcome| *outcome < Outcome::Unclear)
    };
    hints.iter().filter(open).cloned().collect()
}

fn note(best: &mut BTreeMap<BookingId, Outcome>, booking: BookingId, outcome: Outcome) {
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
