//! Reads what changed in the calendar and remembers it as pending, together with the cursor that
//! covers it: a write that fails later cannot make it forgotten (FIELD.md, S1 to S5).

use jiff::{SignedDuration, Timestamp};

use crate::domain::entry::{Entry, Field, TimeSpan};
use crate::domain::ids::{BookingId, Cursor, Etag, Href};
use crate::domain::link::{Link, Pending, Standing};
use crate::ports::calendar::{Change, Content, Coverage, Object};
use crate::ports::error::{Error, Kind, Result};

use super::ledger::{Batch, Known, Position};
use super::pass::Pass;
use super::seen::Seen;

/// Everything is listed at least this often: only that finds what a server forgot to tell.
const FULL_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// How many objects are read at once.
const READ: usize = 50;

/// Reads what changed since the last pass.
pub async fn calendar(pass: &Pass<'_>) -> Result<()> {
    let position = pass.ledger.position()?;
    // A first listing that a power cut ended may have taken entries over already.
    if position.is_none() && !pass.ledger.links(None)?.is_empty() {
        pass.adopted();
    }
    let since = position
        .as_ref()
        .filter(|position| !pass.order.full && pass.now.duration_since(position.full) < FULL_EVERY);
    sweep(pass, since.and_then(|position| position.cursor.as_ref())).await
}

/// Whether the calendar was ever listed as a whole. Until then an entry may stand there unseen
/// under the name of a booking that was rescheduled since: writing could double it.
///
/// # Errors
/// `Transient` when it never was.
pub fn was_whole(pass: &Pass<'_>) -> Result<()> {
    let position = pass.ledger.position()?;
    if position.is_some_and(|position| position.full > Timestamp::UNIX_EPOCH) {
        return Ok(());
    }
    let doing = format!("listing the calendar {}", pass.host.calendar);
    Err(Error::new(Kind::Transient, doing)
        .because("its server showed only a part of it, and has never shown all of it")
        .hint("nothing is written until it has: it is tried again by itself; look whether that server limits its answers"))
}

/// Moves the cursor past our own writes, so that the next pass has nothing to read. What others
/// wrote in between becomes pending.
pub async fn own_writes(pass: &Pass<'_>) -> Result<()> {
    let position = pass.ledger.position()?;
    match position.and_then(|position| position.cursor) {
        Some(cursor) if pass.has_written() => sweep(pass, Some(&cursor)).await,
        _ => Ok(()),
    }
}

async fn sweep(pass: &Pass<'_>, since: Option<&Cursor>) -> Result<()> {
    let mut listing = pass.sides.calendar.list(since).await?;
    let mut seen = Seen::default();
    while let Some(changes) = listing.next().await? {
        let mut batch = Batch::default();
        let mut unread = Vec::new();
        for change in changes {
            match change {
                Change::There { href, etag } => {
                    if must_read(pass, &href, etag.as_ref())? {
                        unread.push(href.clone());
                    } else if is_as_agreed(pass, &href, etag.as_ref())? {
                        // Broken, and then put back as it was: nothing is wrong with it any more.
                        pass.ledger.drop_known(&mut batch, &href);
                    }
                    seen.add(href.as_str());
                }
                Change::Removed { href } => removed(pass, &mut batch, &href)?,
            }
        }
        pass.ledger.commit(batch).await?;
        for hrefs in unread.chunks(READ) {
            observe(pass, hrefs, None).await?;
        }
        promoted(pass).await?;
    }
    let listed = listing.listed();
    match listed.coverage {
        Coverage::Full => {
            absent(pass, &seen).await?;
            promoted(pass).await?;
        }
        Coverage::Since => came_and_went(pass, &seen).await?,
        Coverage::Partial => {}
    }
    let mut batch = Batch::default();
    let before = pass.ledger.position()?;
    let full = match listed.coverage {
        Coverage::Full => pass.now,
        Coverage::Since | Coverage::Partial => before.map_or(Timestamp::UNIX_EPOCH, |p| p.full),
    };
    // A cursor from a listing that was cut short covers more than was shown.
    let cursor = listed
        .cursor
        .filter(|_| listed.coverage != Coverage::Partial);
    let position = Position {
        cursor,
        at: pass.now,
        full,
    };
    pass.ledger.put_position(&mut batch, &position);
    pass.ledger.commit(batch).await?;
    if listed.coverage == Coverage::Partial {
        return Ok(());
    }
    all_listed(pass).await
}

/// Looks at entries that were created after the cursor and that a listing since then does not
/// show: somebody deleted them in between, which no later listing would tell either.
async fn came_and_went(pass: &Pass<'_>, seen: &Seen) -> Result<()> {
    let mut after: Option<Href> = None;
    loop {
        let hrefs = pass.ledger.unlisted(after.as_ref())?;
        let Some(last) = hrefs.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        let not_shown: Vec<Href> = hrefs
            .into_iter()
            .filter(|href| !seen.has(href.as_str()))
            .collect();
        for hrefs in not_shown.chunks(READ) {
            observe(pass, hrefs, None).await?;
        }
    }
}

/// The cursor covers every entry of ours. Only now: a power cut before the cursor was saved
/// must find them again.
async fn all_listed(pass: &Pass<'_>) -> Result<()> {
    loop {
        let hrefs = pass.ledger.unlisted(None)?;
        if hrefs.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::default();
        for href in &hrefs {
            pass.ledger.drop_unlisted(&mut batch, href);
        }
        pass.ledger.commit(batch).await?;
    }
}

fn must_read(pass: &Pass<'_>, href: &Href, etag: Option<&Etag>) -> Result<bool> {
    if is_as_agreed(pass, href, etag)? {
        return Ok(false);
    }
    let known = pass.ledger.known(href)?;
    Ok(etag.is_none() || known.is_none_or(|known| known.etag.as_ref() != etag))
}

/// Whether an entry of ours has the tag that it had when both sides last agreed.
fn is_as_agreed(pass: &Pass<'_>, href: &Href, etag: Option<&Etag>) -> Result<bool> {
    let link = pass.ledger.link_at(href)?;
    Ok(etag.is_some()
        && link.is_some_and(|link| {
            !matches!(link.pending, Some(Pending::Gone { .. })) && link.etag.as_ref() == etag
        }))
}

/// Reads objects and remembers what they are. `claim` is a booking that Zoom says is this host's:
/// its entry is taken over whatever host it names.
pub async fn observe(pass: &Pass<'_>, hrefs: &[Href], claim: Option<&BookingId>) -> Result<()> {
    read(pass, hrefs, claim).await?;
    promoted(pass).await
}

/// Reads copies that took the place of the entry that they are copies of. Each is forgotten as a
/// copy when it is taken, so that this ends.
async fn promoted(pass: &Pass<'_>) -> Result<()> {
    loop {
        let hrefs = pass.take_promoted();
        if hrefs.is_empty() {
            return Ok(());
        }
        for hrefs in hrefs.chunks(READ) {
            read(pass, hrefs, None).await?;
        }
    }
}

async fn read(pass: &Pass<'_>, hrefs: &[Href], claim: Option<&BookingId>) -> Result<()> {
    for object in pass.sides.calendar.read(hrefs).await? {
        let mut batch = Batch::default();
        match &object.content {
            Content::Ours(entry) => ours(pass, &mut batch, &object, entry, claim).await?,
            Content::Foreign => {
                removed(pass, &mut batch, &object.href)?;
                known(pass, &mut batch, &object, None);
            }
            Content::Broken(cause) => known(pass, &mut batch, &object, Some(cause.clone())),
            Content::Absent => removed(pass, &mut batch, &object.href)?,
        }
        pass.ledger.commit(batch).await?;
    }
    Ok(())
}

fn known(pass: &Pass<'_>, batch: &mut Batch, object: &Object, trouble: Option<String>) {
    let known = Known {
        etag: object.etag.clone(),
        trouble,
    };
    pass.ledger.put_known(batch, &object.href, &known);
}

fn removed(pass: &Pass<'_>, batch: &mut Batch, href: &Href) -> Result<()> {
    pass.ledger.drop_known(batch, href);
    match pass.ledger.link_at(href)? {
        Some(link) => gone(pass, batch, &link),
        None => Ok(()),
    }
}

/// An entry is not where it was. Where a copy of it stands, that is the entry from now on: a slow
/// rename first copies and then deletes, and whoever removes one of two means the other to stay.
fn gone(pass: &Pass<'_>, batch: &mut Batch, link: &Link) -> Result<()> {
    if matches!(link.pending, Some(Pending::Gone { .. })) {
        return Ok(());
    }
    let mut now = link.clone();
    if let Some(copy) = pass.ledger.copy_of(&link.uid)? {
        pass.ledger.drop_copy(batch, &link.uid, &copy);
        pass.ledger.drop_known(batch, &copy);
        now.href = copy.clone();
        now.etag = None;
        now.pending = None;
        pass.ledger.put_link(batch, &now, Some(link));
        pass.promote(copy);
    } else {
        now.pending = Some(Pending::Gone { since: pass.now });
        pass.ledger.put_link(batch, &now, None);
    }
    Ok(())
}

async fn ours(
    pass: &Pass<'_>,
    batch: &mut Batch,
    object: &Object,
    entry: &Entry,
    claim: Option<&BookingId>,
) -> Result<()> {
    let Some(link) = pass.ledger.link_of(&entry.uid)? else {
        adopt(pass, batch, object, entry, claim)?;
        return Ok(());
    };
    if link.href != object.href && still_there(pass, &link).await? {
        // Without a state the one that bears our own name is the original.
        let original = Href::of_uid(&entry.uid) == object.href && link.booking_print.is_none();
        let copy = if original { &link.href } else { &object.href };
        let kept = if original { &object.href } else { &link.href };
        let trouble = Some(format!(
            "it has the UID of {kept}, so one of both is a copy"
        ));
        let etag = if original {
            link.etag.clone()
        } else {
            object.etag.clone()
        };
        pass.ledger.put_known(batch, copy, &Known { etag, trouble });
        pass.ledger.put_copy(batch, &entry.uid, copy);
        if !original {
            return Ok(());
        }
    }
    let mut now = link.clone();
    now.href.clone_from(&object.href);
    now.etag.clone_from(&object.etag);
    now.sequence = now.sequence.max(entry.sequence);
    now.pending = Some(Pending::Changed(Box::new(entry.clone())));
    rename(pass, &mut now, entry)?;
    pass.ledger.drop_known(batch, &object.href);
    pass.ledger.put_link(batch, &now, Some(&link));
    Ok(())
}

/// Follows an entry that stands for another booking by now: it was rescheduled, and the power went
/// between that write and its commit. What the entry carries is then the base that was written.
fn rename(pass: &Pass<'_>, link: &mut Link, entry: &Entry) -> Result<()> {
    let ours = entry.host.as_ref() == Some(&pass.host.name);
    let Some(id) = entry
        .event_id
        .as_ref()
        .filter(|id| ours && **id != link.booking)
    else {
        return Ok(());
    };
    if pass.ledger.link(id)?.is_none() {
        link.booking = id.clone();
        link.base = entry.base.clone();
        link.booking_print = None;
        link.policy_print = None;
        link.standing = Standing::Live;
        if let Some(span) = TimeSpan::parse(entry.fields.get(Field::Time)) {
            link.start = span.start;
            link.end = span.end;
        }
    }
    Ok(())
}

async fn still_there(pass: &Pass<'_>, link: &Link) -> Result<bool> {
    let objects = pass
        .sides
        .calendar
        .read(std::slice::from_ref(&link.href))
        .await?;
    Ok(objects
        .iter()
        .any(|object| matches!(&object.content, Content::Ours(entry) if entry.uid == link.uid)))
}

/// Takes over an entry of ours that the state does not know: it was lost, or the power went
/// between the write and the commit.
fn adopt(
    pass: &Pass<'_>,
    batch: &mut Batch,
    object: &Object,
    entry: &Entry,
    claim: Option<&BookingId>,
) -> Result<()> {
    let elses = entry
        .host
        .as_ref()
        .is_some_and(|host| *host != pass.host.name);
    let id = entry.event_id.clone().or_else(|| entry.uid.first_booking());
    let Some(id) = id.filter(|id| !elses || claim == Some(id)) else {
        known(pass, batch, object, None);
        return Ok(());
    };
    if let Some(other) = pass.ledger.link(&id)? {
        let words = format!("it stands for the same booking as {}", other.href);
        known(pass, batch, object, Some(words));
        return Ok(());
    }
    let span = TimeSpan::parse(entry.fields.get(Field::Time));
    let link = Link {
        booking: id,
        uid: entry.uid.clone(),
        href: object.href.clone(),
        etag: object.etag.clone(),
        sequence: entry.sequence,
        base: entry.base.clone(),
        booking_print: None,
        policy_print: None,
        start: span.map_or(Timestamp::UNIX_EPOCH, |span| span.start),
        end: span.map_or(Timestamp::UNIX_EPOCH, |span| span.end),
        pair: None,
        page: None,
        manage_url: None,
        updated: None,
        pending: Some(Pending::Changed(Box::new(entry.clone()))),
        standing: Standing::Live,
    };
    pass.adopted();
    pass.ledger.drop_known(batch, &object.href);
    pass.ledger.put_link(batch, &link, None);
    Ok(())
}

/// After a listing of everything: what it did not show is not there.
async fn absent(pass: &Pass<'_>, seen: &Seen) -> Result<()> {
    let mut after: Option<BookingId> = None;
    loop {
        let links = pass.ledger.links(after.as_ref())?;
        let Some(last) = links.last() else {
            break;
        };
        after = Some(last.booking.clone());
        let mut batch = Batch::default();
        for link in links.iter().filter(|link| !seen.has(link.href.as_str())) {
            gone(pass, &mut batch, link)?;
        }
        pass.ledger.commit(batch).await?;
    }
    let mut after: Option<Href> = None;
    loop {
        let hrefs = pass.ledger.known_hrefs(after.as_ref())?;
        let Some(last) = hrefs.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        let mut batch = Batch::default();
        for href in hrefs.iter().filter(|href| !seen.has(href.as_str())) {
            pass.ledger.drop_known(&mut batch, href);
        }
        pass.ledger.commit(batch).await?;
    }
}
