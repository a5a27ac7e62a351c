//! Brings in step just the bookings that hints name: one look at each in Zoom, one conditional
//! write. Whatever is not plain from that is left to a whole pass, which sees everything.

use futures_util::stream::{self, StreamExt as _};

use crate::domain::booking::Booking;
use crate::domain::hint::Hint;
use crate::domain::ids::BookingId;
use crate::domain::link::{Link, Standing};
use crate::domain::window::Window;
use crate::plan::bookings::stands;
use crate::plan::reschedule;
use crate::ports::error::{Error, Kind, Result};

use super::ending::{Lost, take_along};
use super::ledger::Ledger;
use super::pass::{Halt, Pass};
use super::report::HostReport;
use super::settle::{IfNew, Next, move_entry, settle};
use super::tally::Count;
use super::{Host, Order, Sides, Silent, closing, recover};

/// How many bookings are worked on at once.
const AT_ONCE: usize = 4;

/// How many entries hints may delete between two whole passes: those count what goes (CONTRACT
/// section 7, promise 3).
pub const DELETIONS: usize = 3;

/// What became of one hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Zoom does not know this booking as one of this host: not his, or not yet.
    NotHere,
    /// Another notification, or Zoom itself, will say more in a moment.
    NotYet,
    /// Only a whole pass can say.
    Unclear,
    /// Zoom or the calendar could not be asked.
    Failed,
    /// In step.
    Settled,
}

/// What a pass over hints did.
#[derive(Clone, Debug)]
pub struct Answered {
    /// As of any pass.
    pub report: HostReport,
    /// What became of each hint.
    pub outcomes: Vec<(BookingId, Outcome)>,
    /// How many entries were deleted.
    pub deleted: usize,
}

/// Looks at the bookings that these hints name. `deleted` entries were deleted because of hints
/// since the last whole pass. It never fails as a whole.
pub async fn hinted(
    sides: &Sides,
    host: &Host,
    order: &Order,
    hints: &[Hint],
    deleted: usize,
) -> Answered {
    let all = |outcome| {
        let named = hints.iter().map(|hint| (hint.booking.clone(), outcome));
        named.collect::<Vec<_>>()
    };
    let mut pass = match Pass::begin(sides, host, order, &Silent) {
        Ok(pass) => pass,
        Err(error) => {
            return Answered {
                report: HostReport::failed(&host.name, &error),
                outcomes: all(Outcome::Failed),
                deleted,
            };
        }
    };
    let before = (
        sides.zoom.meter().requests(),
        sides.calendar.meter().requests(),
    );
    pass.unanswered = hints
        .iter()
        .filter(|hint| hint.answers == Some(false))
        .map(|hint| hint.booking.clone())
        .collect();
    let mut deleted = deleted;
    let outcomes = match ready(&pass).await {
        Ok(true) => each(&pass, hints, &mut deleted).await,
        Ok(false) => all(Outcome::Unclear),
        Err(error) => {
            pass.halt(&error);
            all(Outcome::Failed)
        }
    };
    let mut report = closing::report(&pass);
    report.requests.zoom = sides.zoom.meter().requests().saturating_sub(before.0);
    report.requests.calendar = sides.calendar.meter().requests().saturating_sub(before.1);
    Answered {
        report,
        outcomes,
        deleted,
    }
}

/// Whether the calendar has been listed at its present place, so that what is known of it can be
/// believed. Actions that were interrupted are looked at first.
async fn ready(pass: &Pass<'_>) -> Result<bool> {
    let here = pass.ledger.place()?.as_ref() == Some(&pass.host.place);
    if !here || super::collect::was_whole(pass).is_err() {
        return Ok(false);
    }
    recover::recover(pass).await.map(|()| true)
}

/// Those that move an entry one after the other, the others several at once.
async fn each(pass: &Pass<'_>, hints: &[Hint], deleted: &mut usize) -> Vec<(BookingId, Outcome)> {
    let (moving, plain): (Vec<&Hint>, Vec<&Hint>) = hints.iter().partition(|hint| hint.moves());
    let mut outcomes = Vec::new();
    let mut over = Vec::new();
    for hint in moving {
        let seen = look(pass, hint).await;
        after(pass, hint, seen, &mut outcomes, &mut over);
    }
    let mut running = stream::iter(plain)
        .map(|hint| async move { (hint, look(pass, hint).await) })
        .buffered(AT_ONCE);
    while let Some((hint, seen)) = running.next().await {
        after(pass, hint, seen, &mut outcomes, &mut over);
    }
    drop(running);
    for lost in over {
        let id = lost.booking_id().clone();
        let outcome = end(pass, lost, deleted).await;
        outcomes.push((id, outcome));
    }
    outcomes
}

/// What a look at a booking came to.
enum Seen {
    Is(Outcome),
    /// It ended, and has an entry.
    Over(Box<Lost>),
}

fn after(
    pass: &Pass<'_>,
    hint: &Hint,
    seen: std::result::Result<Seen, Halt>,
    outcomes: &mut Vec<(BookingId, Outcome)>,
    over: &mut Vec<Lost>,
) {
    let id = hint.booking.clone();
    match seen {
        Ok(Seen::Is(outcome)) => outcomes.push((id, outcome)),
        Ok(Seen::Over(lost)) => over.push(*lost),
        Err(Halt) => {
            pass.halting();
            outcomes.push((id, Outcome::Failed));
        }
    }
}

async fn look(pass: &Pass<'_>, hint: &Hint) -> std::result::Result<Seen, Halt> {
    if pass.is_halting() || pass.order.stop.asked() {
        return Ok(Seen::Is(Outcome::Failed));
    }
    let found = async {
        let link = pass.ledger.link(&hint.booking)?;
        let near = hint.near();
        let mut booking = pass.sides.zoom.own_booking(&hint.booking, near).await?;
        // That a list does not show it is not yet that it is gone.
        if booking.is_none() && link.is_some() {
            booking = pass.sides.zoom.booking(&hint.booking).await?;
        }
        Result::Ok((link, booking))
    };
    let (link, booking) = match found.await {
        Ok(found) => found,
        Err(error) if error.kind() == Kind::Stale => return Ok(Seen::Is(Outcome::Unclear)),
        Err(error) => return failed(pass, &hint.booking, &error).await,
    };
    match (booking, link) {
        (None, None) => Ok(Seen::Is(Outcome::NotHere)),
        (Some(booking), link) if stands(&booking) => standing(pass, hint, booking, link).await,
        // It came and went before we saw it.
        (Some(_), None) => Ok(Seen::Is(Outcome::Settled)),
        (booking, Some(link)) => ended(pass, hint, link, booking).await,
    }
}

async fn failed(pass: &Pass<'_>, id: &BookingId, error: &Error) -> std::result::Result<Seen, Halt> {
    pass.item_failed(id, error).await?;
    Ok(Seen::Is(Outcome::Failed))
}

/// The booking stands: a new one may be an old one at another time.
async fn standing(
    pass: &Pass<'_>,
    hint: &Hint,
    booking: Booking,
    link: Option<Link>,
) -> std::result::Result<Seen, Halt> {
    pass.tally.count(Count::Seen);
    // Zoom tells it before it shows it.
    if hint.ended {
        return Ok(Seen::Is(Outcome::NotYet));
    }
    if link.is_none() {
        if !pass.window.shows(booking.start, booking.end) {
            return Ok(Seen::Is(Outcome::Settled));
        }
        match predecessor(pass, hint, &booking).await {
            Ok(Before::Nothing) => {}
            Ok(Before::Unclear) => return Ok(Seen::Is(Outcome::Unclear)),
            Ok(Before::Moved(old)) => {
                let id = booking.id.clone();
                let next = move_entry(pass, &old, booking).await?;
                return Ok(Seen::Is(outcome(pass, &id, &next)));
            }
            Err(error) => return failed(pass, &booking.id, &error).await,
        }
    }
    let id = booking.id.clone();
    let next = settle(pass, booking, IfNew::Create).await?;
    Ok(Seen::Is(outcome(pass, &id, &next)))
}

/// What settling left to do belongs to a whole pass: there the guard counts.
fn outcome(pass: &Pass<'_>, id: &BookingId, next: &Next) -> Outcome {
    match next {
        Next::Nothing if pass.is_undecided(id) => Outcome::Failed,
        Next::Nothing => Outcome::Settled,
        Next::MaybeMoved(_) | Next::Cancel(_) | Next::Hold(_) | Next::Ended(_) => Outcome::Unclear,
    }
}

/// Which booking a new one takes the place of.
enum Before {
    Nothing,
    Moved(Box<Link>),
    /// One that still stands is said to be its predecessor.
    Unclear,
}

async fn predecessor(pass: &Pass<'_>, hint: &Hint, booking: &Booking) -> Result<Before> {
    let told = booking.rescheduled_from.as_ref().or(hint.from.as_ref());
    let named = match told {
        Some(told) => first_of_chain(pass, told).await?,
        None => None,
    };
    let candidates = match (&named, booking.pair_key()) {
        (Some(named), _) => vec![named.clone()],
        // A new appointment of the same person on the same page is not a moved one.
        (None, _) if told.is_none() && hint.rescheduled == Some(false) => Vec::new(),
        (None, Some(pair)) => pass.ledger.siblings(&pair)?,
        (None, None) => Vec::new(),
    };
    let (mut lost, mut links, mut still_stands) = (Vec::new(), Vec::new(), false);
    for id in candidates {
        let Some(link) = pass.ledger.link(&id)? else {
            continue;
        };
        let near = Window {
            from: link.start,
            to: link.end,
        };
        let mut now = pass.sides.zoom.own_booking(&id, Some(near)).await?;
        if now.is_none() {
            now = pass.sides.zoom.booking(&id).await?;
        }
        if now.as_ref().is_some_and(stands) {
            still_stands = true;
            continue;
        }
        lost.push(reschedule::Lost {
            id: id.clone(),
            pair: link.pair.clone(),
            changed: now.and_then(|booking| booking.updated),
        });
        links.push(link);
    }
    let is_moved = told.is_some() || hint.rescheduled == Some(true);
    let new = reschedule::New {
        id: booking.id.clone(),
        pair: booking.pair_key(),
        changed: booking.updated,
        from: named,
    };
    let pairs = reschedule::pair(&lost, std::slice::from_ref(&new));
    let old = pairs
        .first()
        .and_then(|(old, _)| links.into_iter().find(|link| link.booking == *old));
    Ok(match old {
        Some(old) => Before::Moved(Box::new(old)),
        None if still_stands && is_moved => Before::Unclear,
        None => Before::Nothing,
    })
}

/// How often a booking may have been rescheduled since its entry was last in step.
const HOPS: usize = 8;

/// The booking with an entry that a reschedule began with, where several followed each other
/// faster than we looked.
async fn first_of_chain(pass: &Pass<'_>, told: &BookingId) -> Result<Option<BookingId>> {
    let mut id = told.clone();
    for _ in 0..HOPS {
        if pass.ledger.link(&id)?.is_some() {
            return Ok(Some(id));
        }
        let between = match pass.sides.zoom.own_booking(&id, None).await {
            Err(error) if error.kind() == Kind::Stale => return Ok(None),
            between => between?,
        };
        match between.and_then(|between| between.rescheduled_from) {
            Some(earlier) => id = earlier,
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// The booking is cancelled or gone, and has an entry: unless another one takes its place, the
/// entry goes with it.
async fn ended(
    pass: &Pass<'_>,
    hint: &Hint,
    link: Link,
    booking: Option<Booking>,
) -> std::result::Result<Seen, Halt> {
    pass.tally.count(Count::Seen);
    if let Some(to) = &hint.to {
        let next = match pass.ledger.link(to) {
            // The new one has an entry of its own already.
            Ok(Some(_)) => return Ok(Seen::Is(Outcome::Unclear)),
            // Whoever has the new one need not be this host.
            Ok(None) => pass.sides.zoom.own_booking(to, None).await,
            Err(error) => Err(error),
        };
        return match next {
            Ok(Some(new)) if stands(&new) => {
                let id = new.id.clone();
                let next = move_entry(pass, &link, new).await?;
                Ok(Seen::Is(outcome(pass, &id, &next)))
            }
            // It is not there yet, or gone again.
            Ok(_) => Ok(Seen::Is(Outcome::Unclear)),
            Err(error) if error.kind() == Kind::Stale => Ok(Seen::Is(Outcome::Unclear)),
            Err(error) => failed(pass, &hint.booking, &error).await,
        };
    }
    // The new one is told in a notification of its own, before or after this one.
    if hint.rescheduled == Some(true) {
        return Ok(Seen::Is(Outcome::NotYet));
    }
    let may_be_moved = !hint.ended_for_good() && link.pair.is_some();
    if may_be_moved {
        return Ok(Seen::Is(Outcome::Unclear));
    }
    Ok(Seen::Over(Box::new(Lost::new(link, booking))))
}

/// Takes the entry of a booking that ended along, as long as that are few.
async fn end(pass: &Pass<'_>, lost: Lost, deleted: &mut usize) -> Outcome {
    let id = lost.booking_id().clone();
    match is_free(&pass.ledger, &id, lost.standing()) {
        Ok(true) if *deleted < DELETIONS => {}
        Ok(_) => return Outcome::Unclear,
        Err(error) => {
            pass.halt(&error);
            return Outcome::Failed;
        }
    }
    match take_along(pass, &lost).await {
        Ok(()) => {
            *deleted += 1;
            Outcome::Settled
        }
        // What stops everything stands in the tally already.
        Err(error) => {
            let _known = pass.item_failed(&id, &error).await;
            Outcome::Failed
        }
    }
}

/// Whether nothing about this booking waits for a person.
fn is_free(ledger: &Ledger<'_>, id: &BookingId, standing: Standing) -> Result<bool> {
    let held = ledger.held()?;
    let waits = held.iter().any(|held| held.booking() == Some(id));
    Ok(!waits && standing == Standing::Live)
}
