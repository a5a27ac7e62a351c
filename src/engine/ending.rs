//! The end of a pass: what is lost, what moved, what is to be deleted and cancelled, all under
//! the guard.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use tracing::Instrument as _;

use crate::domain::booking::Booking;
use crate::domain::entry::{Edit, Field};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::BookingId;
use crate::domain::link::{Link, Pending, Standing};
use crate::domain::waiting::HeldAction;
use crate::plan::bookings::{CANCELLED, Ended, EntryNow, ended, stands};
use crate::plan::policy::CancelledInZoom;
use crate::plan::{guard, reschedule};
use crate::ports::error::Result;

use super::acting::action;
use super::bookings::Listing;
use super::holding::{Holding, Leave, refused};
use super::ledger::Batch;
use super::looking::read_entry;
use super::pass::{Halt, Pass};
use super::recording::{begin, conflicts, finish};
use super::seen::Seen;
use super::settle::{IfNew, move_entry, settle};

use super::survey::{Survey, survey};
use super::tally::Count;

/// How long an entry outlives its cancelled booking while Zoom's lists are not whole.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);

/// A booking that is cancelled or gone, and has a link.
#[derive(Debug)]
pub struct Lost {
    link: Link,
    /// The cancelled booking; `None` where Zoom does not know it any more.
    booking: Option<Booking>,
}

/// Does what only the end of a listing allows.
pub async fn end(
    pass: &Pass<'_>,
    mut listing: Listing,
    holding: &mut Holding,
) -> std::result::Result<Survey, Halt> {
    let halt = |error| pass.halt(&error);
    let survey = survey(pass, &listing).await.map_err(halt)?;
    let mut lost = Vec::new();
    for booking in std::mem::take(&mut listing.ended) {
        if let Some(link) = pass.ledger.link(&booking.id).map_err(halt)? {
            lost.push(Lost {
                link,
                booking: Some(booking),
            });
        }
    }
    let unasked = ask_by_id(pass, &mut listing, &survey, holding, &mut lost).await?;
    for id in std::mem::take(&mut listing.ended_meanwhile) {
        if let Some(link) = pass.ledger.link(&id).map_err(halt)? {
            lost.push(Lost {
                link,
                booking: None,
            });
        }
    }
    let lost = moved(pass, &mut listing, lost).await?;
    for booking in std::mem::take(&mut listing.maybe_moved) {
        let next = settle(pass, booking, IfNew::Create).await?;
        listing.remember(next);
    }
    deletions(pass, holding, &survey, &listing.shown, lost, unasked).await?;
    super::cancelling::cancellations(pass, holding, &survey, listing).await?;
    Ok(survey)
}

/// Asks Zoom by id for bookings that its list did not show. Where that are too many to believe,
/// only those are asked for that a new booking may have taken the place of, or that a person
/// released; the others are given back.
async fn ask_by_id(
    pass: &Pass<'_>,
    listing: &mut Listing,
    survey: &Survey,
    holding: &Holding,
    lost: &mut Vec<Lost>,
) -> std::result::Result<Vec<BookingId>, Halt> {
    let empty = guard::zoom_listing(listing.shown.len(), survey.unseen.len());
    let many = guard::deletions(survey.unseen.len(), survey.entries);
    let new: BTreeSet<Fingerprint> = listing
        .maybe_moved
        .iter()
        .filter_map(Booking::pair_key)
        .collect();
    let mut unasked = Vec::new();
    let mut left_out = 0_u64;
    for id in &survey.unseen {
        let released = holding.leave(pass, id, HeldAction::DeleteEntry) == Leave::Released;
        let link = pass.ledger.link(id).map_err(|error| pass.halt(&error))?;
        let pair = link.as_ref().and_then(|link| link.pair.as_ref());
        let may_be_moved = pair.is_some_and(|pair| new.contains(pair));
        if (empty.is_some() || many.is_some()) && !released && !may_be_moved {
            unasked.push(id.clone());
            continue;
        }
        match pass.sides.zoom.booking(id).await {
            Ok(Some(booking)) if stands(&booking) => {
                // The list left it out, but it is there.
                left_out += 1;
                listing.standing.add(id.as_str());
                let next = settle(pass, booking, IfNew::Create).await?;
                listing.remember(next);
            }
            Ok(booking) => {
                if let Some(link) = pass.ledger.link(id).map_err(|error| pass.halt(&error))? {
                    lost.push(Lost { link, booking });
                }
            }
            Err(error) => pass.item_failed(id, &error).await?,
        }
    }
    if let Some(refusal) = empty.or(many).filter(|_| !unasked.is_empty()) {
        refused(
            pass,
            "comparing Zoom's list with what is known",
            &refusal.to_string(),
        );
    }
    if left_out > 0 {
        listing.left_out = true;
        tracing::warn!(left_out, "Zoom's list left out bookings that stand");
    }
    Ok(unasked)
}

/// Whether a lost booking may yet turn out to be rescheduled: a list that left out bookings may
/// have left out the new one, too. Not for ever: some lists may never be whole.
fn may_be_moved(pass: &Pass<'_>, lost: &Lost) -> bool {
    let Some(booking) = &lost.booking else {
        return false;
    };
    let lately = |updated: Timestamp| pass.now.duration_since(updated) < PATIENCE;
    booking.pair_key().is_some() && booking.updated.is_some_and(lately)
}

/// Moves the entries of rescheduled bookings, and gives back what is really lost.
async fn moved(
    pass: &Pass<'_>,
    listing: &mut Listing,
    lost: Vec<Lost>,
) -> std::result::Result<Vec<Lost>, Halt> {
    let old: Vec<reschedule::Lost> = lost
        .iter()
        .map(|lost| reschedule::Lost {
            id: lost.link.booking.clone(),
            pair: lost
                .booking
                .as_ref()
                .map_or(lost.link.pair.clone(), Booking::pair_key),
            changed: lost.booking.as_ref().and_then(|booking| booking.updated),
        })
        .collect();
    let new: Vec<reschedule::New> = listing
        .maybe_moved
        .iter()
        .map(|booking| reschedule::New {
            id: booking.id.clone(),
            pair: booking.pair_key(),
            changed: booking.updated,
            from: booking
                .rescheduled_from
                .as_ref()
                .map(|from| listing.first_of_chain(from)),
        })
        .collect();
    let pairs = reschedule::pair(&old, &new);
    let mut rest = Vec::new();
    for lost in lost {
        let pair = pairs.iter().find(|(old, _)| *old == lost.link.booking);
        let place = pair.and_then(|(_, new)| {
            listing
                .maybe_moved
                .iter()
                .position(|booking| booking.id == *new)
        });
        match place {
            Some(place) => {
                let booking = listing.maybe_moved.swap_remove(place);
                let next = move_entry(pass, &lost.link, booking).await?;
                listing.remember(next);
            }
            None if listing.left_out && may_be_moved(pass, &lost) => {
                pass.undecided(&lost.link.booking);
            }
            None => rest.push(lost),
        }
    }
    Ok(rest)
}

async fn deletions(
    pass: &Pass<'_>,
    holding: &mut Holding,
    survey: &Survey,
    listed: &Seen,
    lost: Vec<Lost>,
    unasked: Vec<BookingId>,
) -> std::result::Result<(), Halt> {
    let what = HeldAction::DeleteEntry;
    // What was held because a list was not believed is believed once a list says it; what a list
    // goes on to leave out waits for a person, however few are left of it.
    let leave_of = |holding: &Holding, lost: &Lost| {
        let id = &lost.link.booking;
        let listed = listed.has(id.as_str());
        match holding.leave(pass, id, what) {
            Leave::Waiting if listed && holding.is_doubted(pass, id) => Leave::Unasked,
            leave => leave,
        }
    };
    let delete = pass.host.bookings.cancelled_in_zoom == CancelledInZoom::Delete;
    let wanted = lost.iter().filter(|lost| {
        delete
            && !matches!(lost.link.pending, Some(Pending::Gone { .. }))
            && lost.link.standing != Standing::LeftAlone
            && leave_of(holding, lost) == Leave::Unasked
    });
    let refusal = guard::deletions(wanted.count() + unasked.len(), survey.entries);
    let why = refusal.map_or_else(
        || "Zoom's list looks cut short".to_owned(),
        |refusal| refusal.to_string(),
    );
    if refusal.is_some() && unasked.is_empty() {
        refused(pass, "deleting entries whose bookings are gone", &why);
    }
    for id in &unasked {
        holding
            .doubt(pass, id, &why)
            .await
            .map_err(|error| pass.halt(&error))?;
    }
    for lost in lost {
        if pass.order.stop.asked() {
            holding.keep(pass, &lost.link.booking, what);
            continue;
        }
        let leave = leave_of(holding, &lost);
        let gone = matches!(lost.link.pending, Some(Pending::Gone { .. }));
        let held = match leave {
            Leave::Waiting => true,
            Leave::Unasked => refusal.is_some(),
            Leave::Released => false,
        };
        let outcome = if delete && held && !gone && lost.link.standing != Standing::LeftAlone {
            holding.hold(pass, &lost.link.booking, what, &why).await
        } else {
            take_along(pass, &lost).await
        };
        if let Err(error) = outcome {
            if leave == Leave::Released {
                holding.keep(pass, &lost.link.booking, what);
            }
            pass.item_failed(&lost.link.booking, &error).await?;
        }
    }
    Ok(())
}

/// The booking ended: deletes or marks its entry, as it is now.
pub(super) async fn take_along(pass: &Pass<'_>, lost: &Lost) -> Result<()> {
    let id = &lost.link.booking;
    if is_marked(&lost.link) {
        pass.tally.count(Count::Unchanged);
        return Ok(());
    }
    if pass.is_put_off(id)? {
        return Ok(());
    }
    let (link, entry) = match &lost.link.pending {
        Some(Pending::Gone { .. }) => (lost.link.clone(), None),
        Some(Pending::Changed(_)) | None => read_entry(pass, lost.link.clone()).await?,
    };
    let now = entry
        .as_ref()
        .map_or(EntryNow::Gone { since: pass.now }, EntryNow::There);
    match ended(&link, now, &pass.host.bookings) {
        Ended::Forget => forget(pass, &link).await,
        Ended::LeaveAlone => {
            pass.tally.count(Count::Unchanged);
            Ok(())
        }
        Ended::Marked => {
            pass.tally.count(Count::Unchanged);
            mark(pass, &link, lost.booking.as_ref(), None).await
        }
        Ended::MarkEntry => {
            let edit = marking(pass, &link, lost.booking.as_ref());
            mark(pass, &link, lost.booking.as_ref(), Some(edit))
                .instrument(action("mark", "calendar", id))
                .await
        }
        Ended::DeleteEntry { conflicts } => {
            delete(pass, &link, conflicts)
                .instrument(action("delete", "calendar", id))
                .await
        }
    }
}

fn is_marked(link: &Link) -> bool {
    link.standing == Standing::Marked && link.pending.is_none()
}

async fn forget(pass: &Pass<'_>, link: &Link) -> Result<()> {
    let mut batch = Batch::default();
    pass.ledger.drop_link(&mut batch, link);
    conflicts(pass, &mut batch, link, Vec::new(), &[]);
    finish(pass, batch, &link.booking).await
}

async fn delete(
    pass: &Pass<'_>,
    link: &Link,
    found: Vec<crate::plan::fields::FieldConflict>,
) -> Result<()> {
    let why = "cancelled in Zoom";
    if !pass.order.dry_run {
        begin(pass, &link.booking, &link.href, "delete").await?;
        pass.sides
            .calendar
            .delete(&link.href, link.etag.as_ref())
            .await?;
        pass.wrote_calendar();
        let mut batch = Batch::default();
        pass.ledger.drop_link(&mut batch, link);
        conflicts(pass, &mut batch, link, found, &[]);
        finish(pass, batch, &link.booking).await?;
    }
    pass.tally.count(Count::Deleted);
    pass.tally.done("delete", "calendar", &link.booking, why);
    Ok(())
}

fn marking(pass: &Pass<'_>, link: &Link, booking: Option<&Booking>) -> Edit {
    let mut base = link.base.clone();
    base.agree(Field::Status, CANCELLED);
    Edit {
        href: link.href.clone(),
        seen: link.etag.clone(),
        set: [(Field::Status, CANCELLED.to_owned())]
            .into_iter()
            .collect(),
        event_id: link.booking.clone(),
        host: pass.host.name.clone(),
        sequence: link.sequence.saturating_add(1),
        base,
        modified: booking
            .and_then(|booking| booking.updated)
            .unwrap_or(pass.now),
    }
}

async fn mark(
    pass: &Pass<'_>,
    link: &Link,
    booking: Option<&Booking>,
    edit: Option<Edit>,
) -> Result<()> {
    let mut now = link.clone();
    now.standing = Standing::Marked;
    now.pending = None;
    now.base.agree(Field::Status, CANCELLED);
    now.booking_print = booking.map(Booking::fingerprint);
    if let Some(edit) = edit {
        pass.tally.count(Count::Updated);
        pass.tally
            .done("mark", "calendar", &link.booking, "cancelled in Zoom");
        if pass.order.dry_run {
            return Ok(());
        }
        begin(pass, &link.booking, &link.href, "mark").await?;
        let written = pass.sides.calendar.update(&edit).await?;
        pass.wrote_calendar();
        now.href = written.href;
        now.etag = written.etag;
        now.sequence = edit.sequence;
    }
    let mut batch = Batch::default();
    pass.ledger.put_link(&mut batch, &now, Some(link));
    conflicts(pass, &mut batch, &now, Vec::new(), &[]);
    finish(pass, batch, &link.booking).await
}

impl Lost {
    /// A booking that ended while its cancellation was looked at.
    pub(super) fn new(link: Link, booking: Option<Booking>) -> Self {
        Self { link, booking }
    }

    /// Which booking it was.
    pub(super) fn booking_id(&self) -> &BookingId {
        &self.link.booking
    }

    /// How its entry stands.
    pub(super) fn standing(&self) -> Standing {
        self.link.standing
    }
}
