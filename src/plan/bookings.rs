//! Which row of the contract's tables (section 3) applies to a booking and its entry.
//!
//! | in Zoom \ in the calendar | entry there | `STATUS:CANCELLED` set | entry gone |
//! |---|---|---|---|
//! | stands, as agreed | reconcile field by field | `deleted_in_calendar` | `deleted_in_calendar` |
//! | stands, changed | reconcile field by field | put back, recorded | put back, recorded |
//! | cancelled or gone | delete or mark | delete or mark | forget |
//!
//! An entry that is gone after its appointment is over means nothing: people tidy up.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::entry::{Entry, Field, Fields};
use crate::domain::link::{Link, Standing};
use crate::domain::waiting::ConflictStanding;

use super::fields::{Decided, FieldConflict, Reconciled, Three, reconcile};
use super::policy::{BookingsPolicy, CancelledInZoom, DeletedInCalendar};

/// `STATUS` of an entry whose booking is cancelled.
pub const CANCELLED: &str = "CANCELLED";

/// A booking that Zoom has, its link, and its entry as it is now.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// What was agreed.
    pub link: &'a Link,
    /// The booking, in an entry's words.
    pub zoom: &'a Fields,
    /// The entry.
    pub entry: EntryNow<'a>,
    /// Whether the booking is another one now (a reschedule).
    pub rescheduled: bool,
    /// What a person decided about its conflicts.
    pub decisions: &'a BTreeMap<Field, Decided>,
}

/// The entry as it is now.
#[derive(Clone, Copy, Debug)]
pub enum EntryNow<'a> {
    /// It is there.
    There(&'a Entry),
    /// It is gone.
    Gone {
        /// When that was first noticed.
        since: Timestamp,
    },
}

/// What must happen to a booking that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Both sides differ in these fields, or not at all.
    Reconcile(Reconciled),
    /// The entry is gone or marked cancelled: the booking is to be cancelled, if the guard agrees.
    CancelBooking,
    /// The same, but a person has to say so.
    HoldCancellation,
    /// The entry is gone, but not for long enough yet.
    Wait {
        /// Until when.
        until: Timestamp,
    },
    /// The entry is gone and comes back.
    Recreate {
        /// What is recorded about it.
        conflict: Option<FieldConflict>,
    },
    /// The entry of an appointment that is over is gone: whoever tidies up cancels nothing.
    LetGo,
    /// A person decided to leave both as they are.
    LeaveAlone,
}

/// What must happen to the entry of a booking that is cancelled or gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The entry is to be deleted, if the guard agrees; edits that Zoom never saw are recorded.
    DeleteEntry {
        /// What only the entry says.
        conflicts: Vec<FieldConflict>,
    },
    /// The entry gets `STATUS:CANCELLED`.
    MarkEntry,
    /// It is marked already.
    Marked,
    /// Both are gone.
    Forget,
    /// A person decided to leave the entry as it is.
    LeaveAlone,
}

/// Decides about a booking that stands.
#[must_use]
pub fn standing(known: Known<'_>, policy: &BookingsPolicy, now: Timestamp) -> Verdict {
    if known.link.standing == Standing::LeftAlone {
        return Verdict::LeaveAlone;
    }
    match known.entry {
        EntryNow::There(entry) if cancelled_by_person(known, entry) => {
            withdrawn(known, policy, None, now, Some(entry))
        }
        EntryNow::There(entry) => Verdict::Reconcile(three_way(known, entry, policy)),
        EntryNow::Gone { since } => withdrawn(known, policy, Some(since), now, None),
    }
}

/// Decides about the entry of a booking that is cancelled, or that Zoom does not know any more.
#[must_use]
pub fn ended(link: &Link, entry: EntryNow<'_>, policy: &BookingsPolicy) -> Ended {
    let entry = match entry {
        EntryNow::Gone { .. } => return Ended::Forget,
        EntryNow::There(entry) => entry,
    };
    match (link.standing, policy.cancelled_in_zoom) {
        (Standing::LeftAlone, _) => Ended::LeaveAlone,
        (_, CancelledInZoom::Delete) => Ended::DeleteEntry {
            conflicts: only_in_entry(link, entry),
        },
        (_, CancelledInZoom::Mark) if entry.fields.get(Field::Status) == CANCELLED => Ended::Marked,
        (_, CancelledInZoom::Mark) => Ended::MarkEntry,
    }
}

/// Whether a booking is one that an entry shall have.
#[must_use]
pub fn stands(booking: &Booking) -> bool {
    match booking.status {
        BookingStatus::Confirmed | BookingStatus::Pending => true,
        BookingStatus::Cancelled => false,
    }
}

fn three_way(known: Known<'_>, entry: &Entry, policy: &BookingsPolicy) -> Reconciled {
    let mut calendar = entry.fields.clone();
    if !entry.notes_shown {
        // A client dropped the line (or all of the description): that says nothing about notes.
        calendar.set(Field::Notes, known.zoom.get(Field::Notes));
    }
    reconcile(Three {
        base: &known.link.base,
        zoom: known.zoom,
        calendar: &calendar,
        moved: policy.moved_in_calendar,
        rescheduled: known.rescheduled,
        decisions: known.decisions,
    })
}

/// Only a person sets `CANCELLED` on an entry whose booking stands; we do it (`mark`) together
/// with the base.
fn cancelled_by_person(known: Known<'_>, entry: &Entry) -> bool {
    let base = known.link.base.get(Field::Status);
    entry.fields.get(Field::Status) == CANCELLED && base.is_some_and(|agreed| !agreed.is(CANCELLED))
}

/// The entry is gone, or marked cancelled, while the booking stands.
fn withdrawn(
    known: Known<'_>,
    policy: &BookingsPolicy,
    since: Option<Timestamp>,
    now: Timestamp,
    marked: Option<&Entry>,
) -> Verdict {
    if known.link.end <= now && marked.is_none() {
        return Verdict::LetGo;
    }
    let changed = zoom_changed(known);
    let conflict = changed.then(|| FieldConflict {
        field: Field::Status,
        zoom: known.zoom.get(Field::Status).to_owned(),
        calendar: if marked.is_some() {
            CANCELLED
        } else {
            "deleted"
        }
        .to_owned(),
        standing: ConflictStanding::Settled,
    });
    let back = |conflict: Option<FieldConflict>| match marked {
        None => Verdict::Recreate { conflict },
        Some(entry) => Verdict::Reconcile(revive(known, entry, policy, conflict)),
    };
    if conflict.is_some() {
        return back(conflict);
    }
    match policy.deleted_in_calendar {
        DeletedInCalendar::Restore => back(None),
        DeletedInCalendar::Hold => Verdict::HoldCancellation,
        DeletedInCalendar::Cancel => match since.and_then(|since| grace_end(since, policy.grace)) {
            Some(until) if until > now => Verdict::Wait { until },
            _ => Verdict::CancelBooking,
        },
    }
}

/// A marked entry gets its status back; the rest is reconciled as usual.
fn revive(
    known: Known<'_>,
    entry: &Entry,
    policy: &BookingsPolicy,
    conflict: Option<FieldConflict>,
) -> Reconciled {
    let mut out = three_way(known, entry, policy);
    let status = known.zoom.get(Field::Status);
    out.set.insert(Field::Status, status.to_owned());
    out.base.agree(Field::Status, status);
    out.conflicts
        .retain(|conflict| conflict.field != Field::Status);
    out.conflicts.extend(conflict);
    out
}

fn grace_end(since: Timestamp, grace: Duration) -> Option<Timestamp> {
    since
        .checked_add(SignedDuration::try_from(grace).ok()?)
        .ok()
}

fn zoom_changed(known: Known<'_>) -> bool {
    let base = &known.link.base;
    known.rescheduled
        || Field::ALL.into_iter().any(|field| {
            base.get(field)
                .is_some_and(|agreed| !agreed.is(known.zoom.get(field)))
        })
}

/// Notes of an entry that is about to go and that Zoom never saw: kept as a settled conflict.
/// (Other texts of a person's own went with their entry by the contract's own words.)
fn only_in_entry(link: &Link, entry: &Entry) -> Vec<FieldConflict> {
    let text = entry.fields.get(Field::Notes);
    let unseen = link
        .base
        .get(Field::Notes)
        .is_some_and(|agreed| !agreed.is(text));
    let conflict = (unseen && !text.is_empty()).then(|| FieldConflict {
        field: Field::Notes,
        zoom: CANCELLED.to_owned(),
        calendar: text.to_owned(),
        standing: ConflictStanding::Settled,
    });
    conflict.into_iter().collect()
}

#[cfg(test)]
mod tests;
