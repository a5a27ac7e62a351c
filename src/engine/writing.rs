//! Carries out what was decided about one booking: journal, write, commit.

use std::collections::BTreeMap;

use tracing::{Instrument as _, Span};

use crate::domain::booking::Booking;
use crate::domain::entry::{Base, Draft, Edit, Entry, Field};
use crate::domain::ids::{Href, Uid};
use crate::domain::link::{Link, Pending, Standing};
use crate::domain::waiting::ConflictStanding;
use crate::plan::bookings::stands;
use crate::plan::fields::{FieldConflict, Reconciled};
use crate::plan::wording;
use crate::ports::calendar::Written;
use crate::ports::error::{Error, Kind, Result};

use super::acting::action;
use super::ledger::Batch;
use super::pass::Pass;
use super::phrasing::full_words;
use super::recording::{begin, begin_new, conflicts, finish};
use super::tally::Count;

pub(super) async fn create(
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
    let span = action("create", "calendar", &booking.id);
    write_new(pass, booking, link, conflict, why)
        .instrument(span)
        .await
}

async fn write_new(
    pass: &Pass<'_>,
    booking: &Booking,
    link: Option<&Link>,
    conflict: Option<FieldConflict>,
    why: &str,
) -> Result<()> {
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
            notes_shown: true,
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
        page: Some(booking.summary.clone()),
        manage_url: booking.manage_url.clone().or(known_url),
        updated: booking.updated,
        pending: None,
        standing: Standing::Live,
    }
}

/// Writes what was decided, Zoom first: an entry that fails is then found to be in step already.
pub(super) async fn apply(
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
    let verb = match (&out.note, write) {
        (_, true) => Some("update"),
        (Some(_), false) => Some("note"),
        (None, false) => None,
    };
    // Where nothing is written, there is no action.
    let span = verb.map_or_else(Span::none, |verb| {
        let side = if write { "calendar" } else { "zoom" };
        action(verb, side, &booking.id)
    });
    carry_out(pass, before, link, booking, entry, out, verb)
        .instrument(span)
        .await
}

async fn carry_out(
    pass: &Pass<'_>,
    before: &Link,
    link: &Link,
    booking: &Booking,
    entry: &Entry,
    out: Reconciled,
    verb: Option<&'static str>,
) -> Result<()> {
    let renamed = before.booking != link.booking;
    let write = verb == Some("update");
    let mut booking = booking.clone();
    if let Some(verb) = verb {
        begin(pass, &booking.id, &link.href, verb).await?;
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
        if !old.iter().any(|old| {
            old.field()
                .is_some_and(|(_, field)| field == conflict.field)
        }) {
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
