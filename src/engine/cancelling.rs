//! Cancels bookings whose entries a person deleted: the most dangerous thing that the program
//! does, and so the one that asks most often.
//!
//! Before a booking is cancelled it is asked for by id and must be what the person saw, its entry
//! is asked for once more and must be gone, and the guard must agree.

use tracing::Instrument as _;

use crate::domain::booking::Booking;
use crate::domain::entry::{Entry, Field};
use crate::domain::ids::BookingId;
use crate::domain::link::{Link, Pending, Standing};
use crate::domain::waiting::HeldAction;
use crate::plan::bookings::{CANCELLED, stands};
use crate::plan::guard;
use crate::plan::policy::CancelledInZoom;
use crate::plan::wording;
use crate::ports::calendar::{Content, Object};
use crate::ports::error::{Error, Kind, Result};

use super::acting::action;
use super::bookings::Listing;
use super::ending::{Lost, take_along};
use super::holding::{Holding, Leave, refused};
use super::ledger::Batch;
use super::pass::{Halt, Pass};
use super::recording::{begin, conflicts, finish};
use super::settle::{IfNew, settle};

use super::survey::Survey;
use super::tally::Count;

const WHAT: HeldAction = HeldAction::CancelBooking;

/// Cancels what is to be cancelled, or holds it.
pub async fn cancellations(
    pass: &Pass<'_>,
    holding: &mut Holding,
    survey: &Survey,
    listing: Listing,
) -> std::result::Result<(), Halt> {
    let unasked = |booking: &&Booking| holding.leave(pass, &booking.id, WHAT) == Leave::Unasked;
    let wanted = listing.cancel.iter().filter(unasked).count();
    let entries = survey.entries + listing.cancel.len();
    let refusal = guard::cancellations(wanted, entries);
    if let Some(refusal) = &refusal {
        refused(
            pass,
            "cancelling bookings whose entries are gone",
            &refusal.to_string(),
        );
    }
    let why = refusal.map_or_else(String::new, |refusal| refusal.to_string());
    for booking in listing.cancel {
        let held = refusal.is_some();
        one(pass, holding, booking, held, &why).await?;
    }
    for booking in listing.hold {
        let why = "its entry was deleted, and deleted_in_calendar is \"hold\"";
        one(pass, holding, booking, true, why).await?;
    }
    Ok(())
}

async fn one(
    pass: &Pass<'_>,
    holding: &mut Holding,
    booking: Booking,
    held: bool,
    why: &str,
) -> std::result::Result<(), Halt> {
    let id = booking.id.clone();
    let leave = holding.leave(pass, &id, WHAT);
    let held = match leave {
        Leave::Unasked => held,
        Leave::Waiting => true,
        Leave::Released => false,
    };
    if pass.order.stop.asked() {
        holding.keep(pass, &id, WHAT);
        return Ok(());
    }
    let outcome = if held {
        holding.hold(pass, &id, WHAT, why).await
    } else {
        cancel(pass, &booking).await
    };
    if let Err(error) = outcome {
        if leave == Leave::Released {
            holding.keep(pass, &id, WHAT);
        }
        pass.item_failed(&id, &error).await?;
    }
    Ok(())
}

async fn cancel(pass: &Pass<'_>, booking: &Booking) -> Result<()> {
    let id = &booking.id;
    if pass.is_put_off(id)? {
        return Ok(());
    }
    let Some(link) = pass.ledger.link(id)? else {
        return Ok(());
    };
    // Asked by id first: phantom deletions once cancelled live appointments (FIELD.md section 2).
    let fresh = pass.sides.zoom.booking(id).await?;
    let Some(fresh) = fresh.filter(stands) else {
        return take_along(pass, &Lost::new(link, None)).await;
    };
    let entry = match look(pass, &link).await? {
        Look::Gone => None,
        Look::Withdrawn(entry, object) => Some((entry, object)),
        Look::Back => return again(pass, fresh).await,
    };
    if !same_appointment(pass, &fresh, booking) {
        return again(pass, fresh).await;
    }
    let why = if entry.is_some() {
        "its entry was marked cancelled"
    } else {
        "its entry was deleted"
    };
    if pass.order.dry_run {
        pass.tally.count(Count::Cancelled);
        pass.tally.done("cancel", "zoom", id, why);
        return Ok(());
    }
    let act = async {
        begin(pass, id, &link.href, "cancel").await?;
        pass.sides.zoom.cancel(id).await?;
        pass.tally.count(Count::Cancelled);
        pass.tally.done("cancel", "zoom", id, why);
        settle_entry(pass, link, entry).await
    };
    act.instrument(action("cancel", "zoom", id)).await
}

/// After the cancellation: the entry follows the policy, too.
async fn settle_entry(
    pass: &Pass<'_>,
    link: Link,
    entry: Option<(Box<Entry>, Object)>,
) -> Result<()> {
    let mut batch = Batch::default();
    match (entry, pass.host.bookings.cancelled_in_zoom) {
        (None, _) => pass.ledger.drop_link(&mut batch, &link),
        (Some((_, object)), CancelledInZoom::Delete) => {
            pass.sides
                .calendar
                .delete(&object.href, object.etag.as_ref())
                .await?;
            pass.wrote_calendar();
            pass.tally.count(Count::Deleted);
            pass.tally
                .done("delete", "calendar", &link.booking, "cancelled in Zoom");
            pass.ledger.drop_link(&mut batch, &link);
        }
        (Some((entry, object)), CancelledInZoom::Mark) => {
            let mut now = link.clone();
            now.standing = Standing::Marked;
            now.pending = None;
            now.etag = object.etag;
            now.sequence = now.sequence.max(entry.sequence);
            now.base.agree(Field::Status, CANCELLED);
            now.booking_print = None;
            pass.ledger.put_link(&mut batch, &now, Some(&link));
        }
    }
    conflicts(pass, &mut batch, &link, Vec::new(), &[]);
    finish(pass, batch, &link.booking).await
}

/// What the entry is, asked once more.
enum Look {
    /// It is gone.
    Gone,
    /// It is there, and marked cancelled.
    Withdrawn(Box<Entry>, Object),
    /// It is there again; that is remembered.
    Back,
}

async fn look(pass: &Pass<'_>, link: &Link) -> Result<Look> {
    let mut objects = pass
        .sides
        .calendar
        .read(std::slice::from_ref(&link.href))
        .await?;
    let doing = || format!("reading the entry {}", link.href);
    let Some(object) = objects.pop() else {
        return Err(Error::new(Kind::Malformed, doing()));
    };
    match &object.content {
        Content::Absent | Content::Foreign => Ok(Look::Gone),
        Content::Broken(cause) => Err(Error::new(Kind::Malformed, doing()).because(cause.clone())),
        Content::Ours(entry) if entry.uid != link.uid => Ok(Look::Gone),
        Content::Ours(entry) if entry.fields.get(Field::Status) == CANCELLED => {
            Ok(Look::Withdrawn(entry.clone(), object))
        }
        Content::Ours(entry) => {
            let mut now = link.clone();
            now.etag.clone_from(&object.etag);
            now.pending = Some(Pending::Changed(entry.clone()));
            let mut batch = Batch::default();
            pass.ledger.put_link(&mut batch, &now, Some(link));
            pass.ledger.commit(batch).await?;
            Ok(Look::Back)
        }
    }
}

/// Decides anew about a booking that is not what it was when its cancellation was decided.
async fn again(pass: &Pass<'_>, fresh: Booking) -> Result<()> {
    let id: BookingId = fresh.id.clone();
    // What stops the whole pass is in the tally already; the next pass looks at this one again.
    let _next = settle(pass, fresh, IfNew::Create).await;
    tracing::info!(booking = %id, "not cancelled: it changed in the meantime");
    Ok(())
}

/// Whether both say the same about when, where and what; a single read may show more than a list.
fn same_appointment(pass: &Pass<'_>, one: &Booking, other: &Booking) -> bool {
    let one = wording::fields(one, &pass.host.name, &pass.host.bookings);
    let other = wording::fields(other, &pass.host.name, &pass.host.bookings);
    [
        Field::Time,
        Field::Status,
        Field::Summary,
        Field::Notes,
        Field::Location,
    ]
    .into_iter()
    .all(|field| one.get(field) == other.get(field))
}
