//! Keeps what the sources say: each object is fetched once, and what was understood last stays in
//! force whenever its source cannot be had.
//!
//! A listing marks what is to be read, and what is gone, together with the cursor that covers it
//! or before; so that a read that fails is tried again however far the cursor has moved
//! (FIELD.md, S1 to S5).

use std::sync::Arc;

use jiff::SignedDuration;

use super::expanding::called;
use super::records::{Kept, Shelf, Since, SourceState, SourceTrouble, Standing};
use super::work::{Days, Work, again};
use crate::domain::ids::{CalendarName, Cursor, Href};
use crate::engine::ledger::Batch;
use crate::engine::report::Trouble;
use crate::engine::seen::Seen;
use crate::plan::policy::BusyPolicy;
use crate::ports::calendar::{Change, Coverage};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::source::{Source, SourceContent, SourceObject};

/// Everything is listed at least this often: only that finds what a server forgot to tell.
pub(super) const FULL_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// How many objects are read at once.
const READ: usize = 50;

/// Reads what changed in one source. Only a failure of the state is one of the pass.
pub(super) async fn keep(
    work: &Work<'_>,
    policy: &BusyPolicy,
    days: &Days,
    name: &CalendarName,
) -> Result<()> {
    let shelf = work.records.shelf(name);
    let source = work.sides.sources.iter().find(|(other, _)| other == name);
    let read = match source {
        Some((name, Ok(source))) => read(work, policy, days, (name, &shelf), source).await,
        Some((_, Err(error))) => Err(again(error)),
        None => Err(Error::new(Kind::Missing, "reading it").because("it is not configured")),
    };
    let mut state = shelf.state()?;
    match read {
        Ok(_) if work.stopped() => return Ok(()),
        Ok(Coverage::Partial) => failed(work, name, &mut state, &in_part()),
        Ok(Coverage::Full | Coverage::Since) => {
            state.good = Some(work.now);
            state.whole =
                state.whole || (shelf.since()?.is_some() && shelf.unread(None)?.is_empty());
            state.trouble = None;
        }
        Err(error) if error.kind() == Kind::State => return Err(error),
        Err(error) => failed(work, name, &mut state, &error),
    }
    let mut batch = Batch::default();
    shelf.put_state(&mut batch, &state);
    shelf.commit(batch).await
}

/// A server that lists only some of its objects: what it kept to itself is not known to be busy.
fn in_part() -> Error {
    Error::new(Kind::Malformed, "listing its events")
        .because("the server shows only some of them, and says so")
        .hint("raise the server's limit, or split the calendar; what was shown counts")
}

/// Says what is wrong with a source and what is in force instead.
fn failed(work: &Work<'_>, name: &CalendarName, state: &mut SourceState, error: &Error) {
    let trouble = Trouble::from_error(error);
    let since = state.trouble.as_ref().map_or(work.now, |old| old.since);
    let in_force = match state.good.filter(|_| state.whole) {
        Some(good) => format!("what was read of it at {good:.0} stays in force"),
        None => "it has never been read as a whole, so that no time is given back to the booking \
                 page because of it"
            .to_owned(),
    };
    let hint = format!("{}; {in_force}", trouble.hint);
    work.tally.without_source(
        Trouble {
            doing: format!(
                "reading busy time from the calendar {name}: {}",
                trouble.doing
            ),
            cause: trouble.cause.clone(),
            hint,
        },
        error.kind(),
        state.whole,
    );
    state.trouble = Some(SourceTrouble {
        since,
        doing: trouble.doing,
        cause: trouble.cause,
        hint: trouble.hint,
    });
}

async fn read(
    work: &Work<'_>,
    policy: &BusyPolicy,
    days: &Days,
    (name, shelf): (&CalendarName, &Shelf<'_>),
    source: &Arc<dyn Source>,
) -> Result<Coverage> {
    let since = shelf.since()?;
    let known = since.as_ref().filter(|since| {
        !work.order.full
            && work.now.duration_since(since.full) < FULL_EVERY
            && since.covers >= days.reaching(policy).to
    });
    let cursor = known.and_then(|since| since.cursor.as_ref());
    let coverage = list(work, policy, days, shelf, source, cursor).await?;
    fetch(work, name, shelf, source).await?;
    Ok(coverage)
}

/// Marks what is to be read and what is gone, and then moves the cursor.
async fn list(
    work: &Work<'_>,
    policy: &BusyPolicy,
    days: &Days,
    shelf: &Shelf<'_>,
    source: &Arc<dyn Source>,
    cursor: Option<&Cursor>,
) -> Result<Coverage> {
    let around = days.around(policy);
    let mut listing = source.list(cursor, around).await?;
    let mut seen = Seen::default();
    while let Some(changes) = listing.next().await? {
        let mut batch = Batch::default();
        for change in changes {
            match change {
                Change::There { href, etag } => {
                    seen.add(href.as_str());
                    match shelf.kept(&href)? {
                        Some(kept) if etag.is_some() && kept.etag == etag => {
                            there(shelf, &mut batch, &href, kept)?;
                        }
                        Some(_) | None => shelf.must_read(&mut batch, &href),
                    }
                }
                Change::Removed { href } => gone(shelf, &mut batch, &href)?,
            }
        }
        shelf.commit(batch).await?;
    }
    let listed = listing.listed();
    if listed.coverage == Coverage::Full {
        absent(shelf, &seen).await?;
    }
    let before = shelf.since()?;
    let mut batch = Batch::default();
    match listed.coverage {
        Coverage::Full => shelf.put_since(
            &mut batch,
            &Since {
                cursor: listed.cursor,
                full: work.now,
                covers: around.to,
            },
        ),
        Coverage::Since => {
            if let Some(before) = before {
                let cursor = listed.cursor;
                shelf.put_since(&mut batch, &Since { cursor, ..before });
            }
        }
        // It covers more than was shown: the next listing is one of everything again.
        Coverage::Partial => {
            if let Some(before) = before {
                let cursor = None;
                shelf.put_since(&mut batch, &Since { cursor, ..before });
            }
        }
    }
    shelf.commit(batch).await?;
    Ok(listed.coverage)
}

/// An object is as it was read.
fn there(shelf: &Shelf<'_>, batch: &mut Batch, href: &Href, mut kept: Kept) -> Result<()> {
    if kept.standing != Standing::There {
        kept.standing = Standing::There;
        shelf.put(batch, href, &kept);
    }
    if shelf.is_unread(href)? {
        shelf.is_read(batch, href);
    }
    Ok(())
}

/// An object is gone. Its time stays busy until that is judged (see `removals`).
fn gone(shelf: &Shelf<'_>, batch: &mut Batch, href: &Href) -> Result<()> {
    shelf.is_read(batch, href);
    match shelf.kept(href)? {
        Some(kept) if kept.standing == Standing::There => {
            if kept.timing.is_none() {
                shelf.drop(batch, href);
            } else {
                let standing = Standing::Gone;
                shelf.put(batch, href, &Kept { standing, ..kept });
            }
        }
        Some(_) | None => {}
    }
    Ok(())
}

/// After a listing of everything: what it did not show is not there.
async fn absent(shelf: &Shelf<'_>, seen: &Seen) -> Result<()> {
    let mut after: Option<Href> = None;
    loop {
        let page = shelf.page(after.as_ref())?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        let mut batch = Batch::default();
        for (href, _) in page.iter().filter(|(href, _)| !seen.has(href.as_str())) {
            gone(shelf, &mut batch, href)?;
        }
        shelf.commit(batch).await?;
    }
    let mut after: Option<Href> = None;
    loop {
        let hrefs = shelf.unread(after.as_ref())?;
        let Some(last) = hrefs.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        let mut batch = Batch::default();
        for href in hrefs.iter().filter(|href| !seen.has(href.as_str())) {
            shelf.is_read(&mut batch, href);
        }
        shelf.commit(batch).await?;
    }
}

/// Reads what is marked.
async fn fetch(
    work: &Work<'_>,
    name: &CalendarName,
    shelf: &Shelf<'_>,
    source: &Arc<dyn Source>,
) -> Result<()> {
    let mut after: Option<Href> = None;
    loop {
        let hrefs = shelf.unread(after.as_ref())?;
        let Some(last) = hrefs.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        for hrefs in hrefs.chunks(READ) {
            if work.stopped() {
                return Ok(());
            }
            batch_of(work, name, shelf, source, hrefs).await?;
        }
    }
}

/// Reads some objects. Where their server does not take them together, one of them may be why
/// (FIELD.md section 3): then each is asked for alone, and stops only itself.
async fn batch_of(
    work: &Work<'_>,
    name: &CalendarName,
    shelf: &Shelf<'_>,
    source: &Arc<dyn Source>,
    hrefs: &[Href],
) -> Result<()> {
    match source.read(hrefs).await {
        Ok(objects) => return take(shelf, objects).await,
        Err(error) if !is_of_an_item(&error) => return Err(error),
        Err(error) if hrefs.len() == 1 => {
            unread(work, name, hrefs, &error);
            return Ok(());
        }
        Err(_) => {}
    }
    for href in hrefs {
        match source.read(std::slice::from_ref(href)).await {
            Ok(objects) => take(shelf, objects).await?,
            Err(error) if is_of_an_item(&error) => {
                unread(work, name, std::slice::from_ref(href), &error);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Says which object could not be read, without its whole name; it is asked for again.
fn unread(work: &Work<'_>, name: &CalendarName, hrefs: &[Href], error: &Error) {
    let which = hrefs.first().map_or_else(|| "an event".to_owned(), called);
    work.wrong(Trouble {
        doing: format!("reading {which} of the calendar {name}"),
        cause: error.cause(),
        hint: "look at that event on its server; it is asked for again in each pass, and what it \
               said before stays in force"
            .to_owned(),
    });
}

fn is_of_an_item(error: &Error) -> bool {
    matches!(error.kind(), Kind::Refused | Kind::Malformed | Kind::Stale)
}

/// Remembers what objects say.
async fn take(shelf: &Shelf<'_>, objects: Vec<SourceObject>) -> Result<()> {
    let mut batch = Batch::default();
    for object in objects {
        let (timing, broken) = match object.content {
            SourceContent::Timing(timing) => (Some(timing), None),
            SourceContent::Nothing => (None, None),
            SourceContent::Broken(cause) => {
                let before = shelf.kept(&object.href)?;
                (before.and_then(|kept| kept.timing), Some(cause))
            }
            SourceContent::Absent => {
                gone(shelf, &mut batch, &object.href)?;
                continue;
            }
        };
        let kept = Kept {
            etag: object.etag,
            timing,
            broken,
            standing: Standing::There,
        };
        // Broken, and without a tag: its server failed on it, and no listing will name it again.
        if kept.broken.is_none() || kept.etag.is_some() {
            shelf.is_read(&mut batch, &object.href);
        }
        shelf.put(&mut batch, &object.href, &kept);
    }
    shelf.commit(batch).await
}
