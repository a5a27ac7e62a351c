//! Reads Zoom's bookings page by page; each page is settled before the next is asked for.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _};

use crate::domain::booking::Booking;
use crate::domain::ids::{BookingId, PageToken};
use crate::plan::bookings::stands;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::zoom::BookingPage;

use super::pass::{Halt, Pass};
use super::report::Trouble;
use super::seen::Seen;
use super::settle::{IfNew, Next, settle};
use super::tally::Count;

/// How many bookings are worked on at once; a calendar's server is not asked more than that.
const AT_ONCE: usize = 4;

/// How often a listing whose page token went stale is begun again.
const RESTARTS: u32 = 3;

/// What a listing leaves to do at the end of the pass.
#[derive(Debug, Default)]
pub struct Listing {
    /// Bookings that Zoom showed, whatever their status.
    pub shown: Seen,
    /// Bookings that Zoom showed and that stand.
    pub standing: Seen,
    /// Cancelled ones that have an entry.
    pub ended: Vec<Booking>,
    /// New ones that may be old ones at another time.
    pub maybe_moved: Vec<Booking>,
    /// Which booking a cancelled one without an entry took the place of: a reschedule that was
    /// rescheduled again before we looked.
    pub chain: BTreeMap<BookingId, BookingId>,
    /// To be cancelled, if the guard agrees.
    pub cancel: Vec<Booking>,
    /// To be cancelled when a person says so.
    pub hold: Vec<Booking>,
    /// Ended while we looked.
    pub ended_meanwhile: Vec<BookingId>,
    /// Zoom's list left out bookings that stand.
    pub left_out: bool,
    /// The pass was asked to end before the listing did.
    pub stopped: bool,
}

/// Lists and settles everything in the window.
pub async fn list(pass: &Pass<'_>) -> std::result::Result<Listing, Halt> {
    let mut listing = Listing::default();
    let mut page: Option<PageToken> = None;
    let mut restarts = 0;
    let mut tokens = Seen::default();
    loop {
        if pass.order.stop.asked() {
            listing.stopped = true;
            return Ok(listing);
        }
        let answer = match pass.sides.zoom.bookings(pass.window, page.as_ref()).await {
            Ok(answer) => answer,
            Err(error) if error.kind() == Kind::Stale && restarts < RESTARTS => {
                // What was settled already is found in step the second time.
                restarts += 1;
                page = None;
                tokens = Seen::default();
                continue;
            }
            Err(error) => return Err(pass.halt(&error)),
        };
        let next = answer.next.clone();
        one_page(pass, &mut listing, answer).await?;
        let Some(token) = next else {
            return Ok(listing);
        };
        if !tokens.add(token.as_str()) {
            let error = Error::new(Kind::Malformed, "listing the bookings")
                .because("Zoom's list comes back to a page that was read already")
                .hint("nothing is concluded from such a list; the next pass tries again");
            return Err(pass.halt(&error));
        }
        page = Some(token);
    }
}

async fn one_page(
    pass: &Pass<'_>,
    listing: &mut Listing,
    page: BookingPage,
) -> std::result::Result<(), Halt> {
    for broken in &page.broken {
        pass.tally.count(Count::Seen);
        pass.tally.count(Count::Failed);
        let name = broken
            .id
            .as_ref()
            .map_or("without an id", BookingId::as_str);
        pass.tally.trouble(Trouble {
            doing: format!("reading the booking {name} in Zoom's list"),
            cause: broken.cause.clone(),
            hint: "look at it in Zoom Scheduler; the others are not affected".to_owned(),
        });
        if let Some(id) = &broken.id {
            pass.undecided(id);
            listing.shown.add(id.as_str());
            listing.standing.add(id.as_str());
        }
    }
    let mut work = Vec::new();
    for booking in page.bookings {
        let first = listing.shown.add(booking.id.as_str());
        if let Some(todo) = sort(pass, listing, booking, first).map_err(|e| pass.halt(&e))? {
            work.push(todo);
        }
    }
    let mut running = stream::iter(work)
        .map(|(booking, if_new)| async move {
            if pass.order.stop.asked() || pass.is_halting() {
                return Ok(Next::Nothing);
            }
            let next = settle(pass, booking, if_new).await;
            if next.is_err() {
                pass.halting();
            }
            let (seen, writes) = pass.tally.progress();
            pass.progress.at(seen, writes);
            next
        })
        .buffered(AT_ONCE);
    // After a halt nothing new is begun, but the calls in hand are finished and committed.
    while let Some(next) = running.next().await {
        if let Ok(next) = next {
            listing.remember(next);
        }
    }
    if pass.is_halting() {
        return Err(Halt);
    }
    // One commit for all of the page: each is synced to the disk.
    let kept = pass.keep_learnt().await;
    kept.map_err(|error| pass.halt(&error))
}

/// Says what a listed booking is; `None` when there is nothing to do about it now.
fn sort(
    pass: &Pass<'_>,
    listing: &mut Listing,
    booking: Booking,
    first: bool,
) -> Result<Option<(Booking, IfNew)>> {
    let link = pass.ledger.link(&booking.id)?;
    if !stands(&booking) {
        match (link, booking.rescheduled_from.clone()) {
            (Some(_), _) if first => {
                pass.tally.count(Count::Seen);
                listing.ended.push(booking);
            }
            (None, Some(from)) => {
                listing.chain.insert(booking.id, from);
            }
            (Some(_) | None, _) => {}
        }
        return Ok(None);
    }
    listing.standing.add(booking.id.as_str());
    // A side that lists more than was asked for does not widen the window.
    let inside = pass.window.shows(booking.start, booking.end);
    if !first || (link.is_none() && !inside) {
        return Ok(None);
    }
    pass.tally.count(Count::Seen);
    let if_new = match link {
        None if has_predecessor(pass, listing, &booking)? => IfNew::AskFirst,
        None | Some(_) => IfNew::Create,
    };
    Ok(Some((booking, if_new)))
}

/// Whether an entry may belong to this new booking: one of the same page and booker that has not
/// been seen standing, or the one that Zoom names.
fn has_predecessor(pass: &Pass<'_>, listing: &Listing, booking: &Booking) -> Result<bool> {
    let unseen = |id: &BookingId| !listing.standing.has(id.as_str());
    if let Some(from) = &booking.rescheduled_from {
        // One that is not known here may yet turn out to be a link of a chain.
        match pass.ledger.link(from)? {
            Some(_) if unseen(from) => return Ok(true),
            Some(_) => {}
            None => return Ok(true),
        }
    }
    let Some(pair) = booking.pair_key() else {
        return Ok(false);
    };
    // Entries that were taken over do not say who booked them: that is asked for at the end.
    if pass.has_adopted() {
        return Ok(true);
    }
    Ok(pass.ledger.siblings(&pair)?.iter().any(unseen))
}

impl Listing {
    /// The booking that a new one took the place of, at the beginning of its chain.
    #[must_use]
    pub fn first_of_chain(&self, from: &BookingId) -> BookingId {
        let mut id = from;
        // A chain is never longer than all that is known of it, whatever it says.
        for _ in 0..self.chain.len() {
            match self.chain.get(id) {
                Some(earlier) => id = earlier,
                None => break,
            }
        }
        id.clone()
    }

    /// Remembers what is left to do about a booking.
    pub fn remember(&mut self, next: Next) {
        match next {
            Next::Nothing => {}
            Next::MaybeMoved(booking) => self.maybe_moved.push(*booking),
            Next::Cancel(booking) => self.cancel.push(*booking),
            Next::Hold(booking) => self.hold.push(*booking),
            Next::Ended(id) => self.ended_meanwhile.push(id),
        }
    }
}
