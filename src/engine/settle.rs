//! Brings one booking and its entry in step: look, decide, journal, execute, commit.

use std::collections::BTreeMap;

use crate::domain::booking::Booking;
use crate::domain::entry::{Base, Draft, Edit, Entry, Field, Fields};
use crate::domain::ids::{BookingId, Href, Uid};
use crate::domain::link::{Link, Pending, Standing};
use crate::domain::waiting::{Conflict, ConflictStanding};
use crate::plan::bookings::{EntryNow, Known, Verdict, standing, stands};
use crate::plan::fields::{FieldConflict, Reconciled};
use crate::plan::wording;
use crate::ports::calendar::{Content, Written};
use crate::ports::error::{Error, Kind, Result};

use super::collect;
use super::ledger::{Batch, Begun};
use super::pass::{Halt, Pass};
use super::tally::Count;

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
        | Verdict::LeaveAlone => pass.tally.count(Count::Unchanged),
    }
    Ok(Next::Nothing)
}

/// The entry as it is now: as it was seen in this pass, or read.
pub(super) async fn current(pass: &Pass<'_>, link: Link) -> Result<(Link, Option<Entry>)> {
    match &link.pending {
        Some(Pending::Changed(entry)) => {
            let entry = entry.as_ref().clone();
            Ok((link, Some(entry)))
        }
        Some(Pending::Gone { .. }) => Ok((link, None)),
        None => read_entry(pass, link).await,
    }
}

/// Reads the entry; one that is gone is remembered so.
pub(super) async fn read_entry(pass: &Pass<'_>, mut link: Link) -> Result<(Link, Option<Entry>)> {
    let objects = pass
        .sides
        .calendar
        .read(std::slice::from_ref(&link.href))
        .await?;
    let Some(object) = objects.into_iter().next() else {
        return Err(Error::new(
            Kind::Malformed,
            format!("reading the entry {}", link.href),
        ));
    };
    match object.content {
        Content::Ours(entry) if entry.uid == link.uid => {
            link.etag = object.etag;
            link.sequence = link.sequence.max(entry.sequence);
            Ok((link, Some(*entry)))
        }
        Content::Broken(cause) => Err(Error::new(
            Kind::Malformed,
            format!("reading the entry {}", link.href),
        )
        .because(cause)
        .hint(
            "repair that object, or delete it: it is then written anew or cancelled, as configured",
        )),
        Content::Ours(_) | Content::Foreign | Content::Absent => {
            link.pending = Some(Pending::Gone { since: pass.now });
            let mut batch = Batch::default();
            pass.ledger.put_link(&mut batch, &link, None);
            pass.ledger.commit(batch).await?;
            Ok((link, None))
        }
    }
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
    }
}

/// The booking in an entry's words. Only a booking that changed costs a request (for the answers
/// of the booking form); otherwise the base has its words.
async fn in_words(
    pass: &Pass<'_>,
    link: &Link,
    booking: &Booking,
    same: bool,
) -> Result<(Booking, Fields)> {
    let texts: Option<Fields> = Field::ALL
        .into_iter()
        .map(|field| Some((field, link.base.get(field)?.text()?.to_owned())))
        .collect();
    match texts.filter(|_| same) {
        Some(mut fields) => {
            // The base of notes that are in conflict is older than what Zoom says.
            fields.set(Field::Notes, wording::clean_notes(&booking.notes));
            Ok((booking.clone(), fields))
        }
        None => full_words(pass, booking, link.manage_url.as_deref()).await,
    }
}

async fn full_words(
    pass: &Pass<'_>,
    booking: &Booking,
    manage_url: Option<&str>,
) -> Result<(Booking, Fields)> {
    let mut full = booking.clone();
    if full.manage_url.is_none() {
        full.manage_url = manage_url.map(str::to_owned);
    }
    with_answers(pass, &mut full).await?;
    let fields = wording::fields(&full, &pass.host.name, &pass.host.bookings);
    Ok((booking.clone(), fields))
}

/// Only the attendee's own resource has the answers of the booking form (FACTS.md section 2).
async fn with_answers(pass: &Pass<'_>, booking: &mut Booking) -> Result<()> {
    let Some(booker) = booking.booker().cloned() else {
        return Ok(());
    };
    let Some(id) = booker.id.as_ref().filter(|_| booker.answers.is_empty()) else {
        return Ok(());
    };
    let found = match pass.sides.zoom.attendee(&booking.id, id).await {
        Ok(found) => found,
        // An app without this right still brings bookings across, without the answers.
        Err(error) if matches!(error.kind(), Kind::Refused | Kind::Missing) => None,
        Err(error) => return Err(error),
    };
    let position = booking
        .attendees
        .iter()
        .position(|attendee| *attendee == booker);
    let place = position.and_then(|position| booking.attendees.get_mut(position));
    if let (Some(found), Some(place)) = (found, place) {
        place.answers = found.answers;
        if place.time_zone.is_empty() {
            place.time_zone = found.time_zone;
        }
    }
    Ok(())
}

async fn create(
    pass: &Pass<'_>,
    booking: &Booking,
    link: Option<&Link>,
    conflict: Option<FieldConflict>,
) -> Result<()> {
    let why = if link.is_some() {
        "its entry comes back"
    } else {
        "booked in Zoom"
    };
    if pass.order.dry_run {
        pass.tally.count(Count::Created);
        pass.tally.done("create", "calendar", &booking.id, why);
        return Ok(());
    }
    let manage_url = link.and_then(|link| link.manage_url.as_deref());
    let (_, fields) = full_words(pass, booking, manage_url).await?;
    let uid = link.map_or_else(|| Uid::of_booking(&booking.id), |link| link.uid.clone());
    let href = link.map_or_else(|| Href::of_uid(&uid), |link| link.href.clone());
    let base = Base::from(&fields);
    let draft = Draft {
        href: href.clone(),
        entry: Entry {
            uid: uid.clone(),
            fields,
            event_id: Some(booking.id.clone()),
            host: Some(pass.host.name.clone()),
            sequence: link.map_or(0, |link| link.sequence.saturating_add(1)),
            base: base.clone(),
        },
        modified: booking.updated.unwrap_or(pass.now),
        alarm_seconds: pass.host.bookings.alarm.map(|alarm| alarm.as_secs()),
    };
    begin_new(pass, &booking.id, &href).await?;
    let written = pass.sides.calendar.create(&draft).await?;
    pass.wrote_calendar();
    let mut new = agreed(pass, booking, link, uid, base);
    new.sequence = draft.entry.sequence;
    new.href = written.href;
    new.etag = written.etag;
    let mut batch = Batch::default();
    pass.ledger.put_link(&mut batch, &new, link);
    conflicts(pass, &mut batch, &new, conflict.into_iter().collect(), &[]);
    finish(pass, batch, &booking.id).await?;
    pass.tally.count(Count::Created);
    pass.tally.done("create", "calendar", &booking.id, why);
    Ok(())
}

/// The link of a booking that is in step.
fn agreed(pass: &Pass<'_>, booking: &Booking, link: Option<&Link>, uid: Uid, base: Base) -> Link {
    let known_url = link.and_then(|link| link.manage_url.clone());
    Link {
        booking: booking.id.clone(),
        href: link.map_or_else(|| Href::of_uid(&uid), |link| link.href.clone()),
        uid,
        etag: link.and_then(|link| link.etag.clone()),
        sequence: link.map_or(0, |link| link.sequence),
        base,
        booking_print: Some(booking.fingerprint()),
        policy_print: Some(pass.policy_print.clone()),
        start: booking.start,
        end: booking.end,
        pair: booking.pair_key(),
        manage_url: booking.manage_url.clone().or(known_url),
        pending: None,
        standing: Standing::Live,
    }
}

/// Writes what was decided, Zoom first: an entry that fails is then found to be in step already.
async fn apply(
    pass: &Pass<'_>,
    before: &Link,
    link: &Link,
    booking: &Booking,
    entry: &Entry,
    out: Reconciled,
) -> Result<()> {
    let renamed = before.booking != link.booking;
    let write = !out.set.is_empty() || renamed;
    if out.note.is_none() && !write {
        pass.tally.count(Count::Unchanged);
    }
    if pass.order.dry_run {
        preview(pass, booking, &out, write);
        return Ok(());
    }
    let mut booking = booking.clone();
    if out.note.is_some() || write {
        begin(
            pass,
            &booking.id,
            &link.href,
            if write { "update" } else { "note" },
        )
        .await?;
    }
    if let Some(notes) = &out.note {
        note(pass, &mut booking, notes).await?;
    }
    let mut now = agreed(pass, &booking, Some(link), link.uid.clone(), out.base);
    if write {
        let edit = edit(pass, link, &booking, &out.set, &now.base);
        let Written { href, etag } = pass.sides.calendar.update(&edit).await?;
        pass.wrote_calendar();
        now.href = href;
        now.etag = etag;
        now.sequence = edit.sequence;
        pass.tally.count(Count::Updated);
        pass.tally.done(
            "update",
            "calendar",
            &booking.id,
            why_update(&out.set, renamed),
        );
    }
    let open = out
        .conflicts
        .iter()
        .any(|conflict| conflict.standing == ConflictStanding::Open);
    if open {
        // It is decided about again in each pass until a person, or the sides, settle it.
        let mut entry = entry.clone();
        for (field, value) in &out.set {
            entry.fields.set(*field, value.clone());
        }
        now.pending = Some(Pending::Changed(Box::new(entry)));
    }
    let mut batch = Batch::default();
    pass.ledger.put_link(&mut batch, &now, Some(before));
    let decided: Vec<Field> = pass.decisions(&booking.id).into_keys().collect();
    conflicts(pass, &mut batch, &now, out.conflicts, &decided);
    finish(pass, batch, &booking.id).await
}

fn preview(pass: &Pass<'_>, booking: &Booking, out: &Reconciled, write: bool) {
    if out.note.is_some() {
        pass.tally.count(Count::Noted);
        pass.tally.done("note", "zoom", &booking.id, WHY_NOTE);
    }
    if write {
        pass.tally.count(Count::Updated);
        pass.tally.done(
            "update",
            "calendar",
            &booking.id,
            why_update(&out.set, false),
        );
    }
    for conflict in &out.conflicts {
        if conflict.standing == ConflictStanding::Settled {
            pass.tally.count(Count::Conflict);
        }
        let old = pass
            .conflicts
            .get(&booking.id)
            .map_or(&[][..], Vec::as_slice);
        if !old.iter().any(|old| old.field == conflict.field) {
            let word = conflict.field.word();
            pass.tally.done("conflict", "calendar", &booking.id, word);
        }
    }
}

const WHY_NOTE: &str = "notes edited in the calendar";

/// Patches `meeting_notes`, if they still are what was decided about, and reads them back.
async fn note(pass: &Pass<'_>, booking: &mut Booking, notes: &str) -> Result<()> {
    let doing = format!("writing the notes of booking {}", booking.id);
    let zoom = &pass.sides.zoom;
    let stale = || Error::new(Kind::Stale, doing.clone());
    let fresh = zoom
        .booking(&booking.id)
        .await?
        .filter(stands)
        .ok_or_else(stale)?;
    if wording::clean_notes(&fresh.notes) != wording::clean_notes(&booking.notes) {
        return Err(stale());
    }
    zoom.note(&booking.id, notes).await?;
    let written = zoom
        .booking(&booking.id)
        .await?
        .filter(stands)
        .ok_or_else(stale)?;
    if wording::clean_notes(&written.notes).trim() != notes.trim() {
        return Err(Error::new(Kind::Refused, doing)
            .because("Zoom keeps other notes than were written")
            .hint("shorten the notes of that entry, or take unusual characters out"));
    }
    *booking = written;
    pass.tally.count(Count::Noted);
    pass.tally.done("note", "zoom", &booking.id, WHY_NOTE);
    Ok(())
}

fn edit(
    pass: &Pass<'_>,
    link: &Link,
    booking: &Booking,
    set: &BTreeMap<Field, String>,
    base: &Base,
) -> Edit {
    let counts = set.contains_key(&Field::Time) || set.contains_key(&Field::Status);
    Edit {
        href: link.href.clone(),
        seen: link.etag.clone(),
        set: set.clone(),
        event_id: booking.id.clone(),
        host: pass.host.name.clone(),
        sequence: link.sequence.saturating_add(u32::from(counts)),
        base: base.clone(),
        modified: booking.updated.unwrap_or(pass.now),
    }
}

fn why_update(set: &BTreeMap<Field, String>, renamed: bool) -> &'static str {
    match (
        renamed,
        set.contains_key(&Field::Time),
        set.contains_key(&Field::Status),
    ) {
        (true, _, _) => "rescheduled in Zoom",
        (false, true, _) => "its time is what Zoom says",
        (false, false, true) => "its status is what Zoom says",
        (false, false, false) => "changed in Zoom",
    }
}

/// Records conflicts, and forgets those that are no more or were decided.
pub(super) fn conflicts(
    pass: &Pass<'_>,
    batch: &mut Batch,
    link: &Link,
    found: Vec<FieldConflict>,
    decided: &[Field],
) {
    let fields: Vec<Field> = found.iter().map(|conflict| conflict.field).collect();
    let old = pass
        .conflicts
        .get(&link.booking)
        .map_or(&[][..], Vec::as_slice);
    for conflict in old {
        let over = conflict.standing == ConflictStanding::Open && !fields.contains(&conflict.field);
        if over || decided.contains(&conflict.field) {
            pass.ledger.drop_conflict(batch, &conflict.id);
        }
    }
    for conflict in found {
        let id = Conflict::id_for(&pass.host.name, &link.booking, conflict.field);
        let before = old
            .iter()
            .find(|old| old.id == id && old.standing == conflict.standing);
        if conflict.standing == ConflictStanding::Settled {
            pass.tally.count(Count::Conflict);
        }
        if before.is_none() {
            pass.tally
                .done("conflict", "calendar", &link.booking, conflict.field.word());
        }
        let record = Conflict {
            id,
            host: pass.host.name.clone(),
            booking: link.booking.clone(),
            uid: link.uid.clone(),
            field: conflict.field,
            zoom: conflict.zoom,
            calendar: conflict.calendar,
            found: before.map_or(pass.now, |before| before.found),
            standing: conflict.standing,
            manage_url: link.manage_url.clone(),
            decision: None,
        };
        pass.ledger.put_conflict(batch, &record);
    }
}

/// Remembers that an action is begun.
pub(super) async fn begin(
    pass: &Pass<'_>,
    id: &BookingId,
    href: &Href,
    verb: &'static str,
) -> Result<()> {
    begin_in(pass, Batch::default(), id, href, verb).await
}

/// The same for a new entry. A cursor from before it says nothing about its end: what came and
/// went between two listings is in neither (RFC 6578 section 3.4), so it is looked after.
async fn begin_new(pass: &Pass<'_>, id: &BookingId, href: &Href) -> Result<()> {
    let mut batch = Batch::default();
    let position = pass.ledger.position()?;
    if position.is_some_and(|position| position.cursor.is_some()) {
        pass.ledger.put_unlisted(&mut batch, href);
    }
    begin_in(pass, batch, id, href, "create").await
}

async fn begin_in(
    pass: &Pass<'_>,
    mut batch: Batch,
    id: &BookingId,
    href: &Href,
    verb: &'static str,
) -> Result<()> {
    let begun = Begun {
        booking: id.clone(),
        href: href.clone(),
        verb: verb.to_owned(),
    };
    pass.ledger.begin(&mut batch, &begun);
    pass.ledger.commit(batch).await
}

/// Commits what an action led to, together with its end.
pub(super) async fn finish(pass: &Pass<'_>, mut batch: Batch, id: &BookingId) -> Result<()> {
    pass.ledger.finish(&mut batch, id);
    pass.ledger.drop_retry(&mut batch, id);
    pass.ledger.commit(batch).await
}
