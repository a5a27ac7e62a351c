//! Brings one booking and its entry in step: look, decide, journal, execute, commit.

use std::collections::BTreeMap;

use crate::domain::booking::Booking;
use crate::domain::entry::{Base, Entry, Fields};
use crate::domain::ids::{BookingId, Href, Uid};
use crate::domain::link::{Link, Pending, Standing};
use crate::plan::bookings::{EntryNow, Known, Verdict, standing, stands};
use crate::ports::error::{Kind, Result};

use super::collect;
use super::ledger::Batch;
use super::looking::current;
use super::pass::{Halt, Pass};
use super::phrasing::in_words;
use super::tally::Count;
use super::writing::{apply, create};

/// How often an item that changes under our hands is looked at again in one pass.
const TRIES: u32 = 4;

/// What is left to do about a booking at the end of the pass.
#[derive(Debug)]
pub enum Next {
    /// Nothing.
    Nothing,
    /// It is new, and may be an old one at another time.
    MaybeMoved(Box<Booking>),
    /// It is to be cancelled, if the guard agrees.
    Cancel(Box<Booking>),
    /// It is to be cancelled when a person says so.
    Hold(Box<Booking>),
    /// It was cancelled or deleted while we looked.
    Ended(BookingId),
}

/// How to take a booking that has no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfNew {
    /// It may be an old one at another time: ask first.
    AskFirst,
    /// It is new.
    Create,
}

/// Settles one booking that stands. Items that fail are reported; only what stops everything
/// stops the pass.
pub async fn settle(
    pass: &Pass<'_>,
    booking: Booking,
    if_new: IfNew,
) -> std::result::Result<Next, Halt> {
    let id = booking.id.clone();
    let mut booking = booking;
    let mut tries = 0;
    loop {
        let error = match attempt(pass, &booking, if_new).await {
            Ok(next) => return Ok(next),
            Err(error) => error,
        };
        tries += 1;
        if error.kind() == Kind::Stale && tries < TRIES {
            match look_again(pass, &id).await {
                Ok(Some(fresh)) => booking = fresh,
                Ok(None) => return Ok(Next::Ended(id)),
                Err(error) => return pass.item_failed(&id, &error).await.map(|()| Next::Nothing),
            }
        } else {
            return pass.item_failed(&id, &error).await.map(|()| Next::Nothing);
        }
    }
}

/// Settles a booking that is an old one at another time, in the old one's entry.
pub async fn move_entry(
    pass: &Pass<'_>,
    old: &Link,
    booking: Booking,
) -> std::result::Result<Next, Halt> {
    match rescheduled(pass, old, &booking).await {
        Ok(next) => Ok(next),
        // Another try belongs to the next pass: both bookings are listed again then.
        Err(error) => pass
            .item_failed(&booking.id, &error)
            .await
            .map(|()| Next::Nothing),
    }
}

/// Something changed under our hands: reads both sides of one booking. `None` when it ended.
async fn look_again(pass: &Pass<'_>, id: &BookingId) -> Result<Option<Booking>> {
    let href = match pass.ledger.link(id)? {
        Some(link) => link.href,
        None => Href::of_uid(&Uid::of_booking(id)),
    };
    collect::observe(pass, std::slice::from_ref(&href), Some(id)).await?;
    Ok(pass.sides.zoom.booking(id).await?.filter(stands))
}

async fn attempt(pass: &Pass<'_>, booking: &Booking, if_new: IfNew) -> Result<Next> {
    let link = pass.ledger.link(&booking.id)?;
    let print = booking.fingerprint();
    let decisions = pass.decisions(&booking.id);
    let same = link.as_ref().is_some_and(|link| {
        link.booking_print.as_ref() == Some(&print)
            && link.policy_print.as_ref() == Some(&pass.policy_print)
    });
    let settled = link.as_ref().is_some_and(|link| {
        let nothing_new = same && link.pending.is_none() && decisions.is_empty();
        nothing_new || link.standing == Standing::LeftAlone
    });
    if settled {
        // A link from before that was kept, or one that is left alone, learns it, too.
        if link.is_some_and(|link| link.page.as_ref() != Some(&booking.summary)) {
            pass.learn(&booking.id, &booking.summary);
        }
        pass.tally.count(Count::Unchanged);
        return Ok(Next::Nothing);
    }
    if pass.is_put_off(&booking.id)? {
        return Ok(Next::Nothing);
    }
    let Some(link) = link else {
        if if_new == IfNew::AskFirst {
            return Ok(Next::MaybeMoved(Box::new(booking.clone())));
        }
        create(pass, booking, None, None).await?;
        return Ok(Next::Nothing);
    };
    let (link, entry) = current(pass, link).await?;
    let (booking, zoom) = in_words(pass, &link, booking, same).await?;
    let known = Known {
        link: &link,
        zoom: &zoom,
        entry: entry_now(entry.as_ref(), &link, pass),
        rescheduled: false,
        decisions: &decisions,
    };
    match standing(known, &pass.host.bookings, pass.now) {
        Verdict::Reconcile(out) => {
            let entry = entry.unwrap_or_else(|| nothing_known(&link));
            apply(pass, &link, &link, &booking, &entry, out).await?;
            Ok(Next::Nothing)
        }
        Verdict::CancelBooking => Ok(Next::Cancel(Box::new(booking))),
        Verdict::HoldCancellation => Ok(Next::Hold(Box::new(booking))),
        Verdict::Recreate { conflict } => {
            create(pass, &booking, Some(&link), conflict).await?;
            Ok(Next::Nothing)
        }
        Verdict::LetGo => {
            pass.tally.count(Count::Unchanged);
            let mut left = link.clone();
            left.standing = Standing::LeftAlone;
            let mut batch = Batch::default();
            pass.ledger.put_link(&mut batch, &left, None);
            pass.ledger.commit(batch).await?;
            Ok(Next::Nothing)
        }
        Verdict::Wait { .. } | Verdict::LeaveAlone => {
            pass.tally.count(Count::Unchanged);
            Ok(Next::Nothing)
        }
    }
}

async fn rescheduled(pass: &Pass<'_>, old: &Link, booking: &Booking) -> Result<Next> {
    if pass.is_put_off(&booking.id)? {
        return Ok(Next::Nothing);
    }
    let (old, entry) = current(pass, old.clone()).await?;
    let Some(entry) = entry else {
        // Its entry was deleted: the new time is a new appointment.
        let mut batch = Batch::default();
        pass.ledger.drop_link(&mut batch, &old);
        pass.ledger.commit(batch).await?;
        create(pass, booking, None, None).await?;
        return Ok(Next::Nothing);
    };
    let mut link = old.clone();
    link.booking = booking.id.clone();
    link.standing = Standing::Live;
    let (booking, zoom) = in_words(pass, &link, booking, false).await?;
    let decisions = BTreeMap::new();
    let known = Known {
        link: &link,
        zoom: &zoom,
        entry: EntryNow::There(&entry),
        rescheduled: true,
        decisions: &decisions,
    };
    match standing(known, &pass.host.bookings, pass.now) {
        Verdict::Reconcile(out) => apply(pass, &old, &link, &booking, &entry, out).await?,
        Verdict::CancelBooking
        | Verdict::HoldCancellation
        | Verdict::Wait { .. }
        | Verdict::Recreate { .. }
        | Verdict::LetGo
        | Verdict::LeaveAlone => pass.tally.count(Count::Unchanged),
    }
    Ok(Next::Nothing)
}

fn entry_now<'e>(entry: Option<&'e Entry>, link: &Link, pass: &Pass<'_>) -> EntryNow<'e> {
    match (entry, &link.pending) {
        (Some(entry), _) => EntryNow::There(entry),
        (None, Some(Pending::Gone { since })) => EntryNow::Gone { since: *since },
        (None, _) => EntryNow::Gone { since: pass.now },
    }
}

fn nothing_known(link: &Link) -> Entry {
    Entry {
        uid: link.uid.clone(),
        fields: Fields::default(),
        event_id: None,
        host: None,
        sequence: link.sequence,
        base: Base::default(),
        notes_shown: true,
    }
}
