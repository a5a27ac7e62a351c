//! Marks what a listing shows as to be read, and what it does not show as gone.

use std::sync::Arc;

use crate::domain::ids::{Cursor, Href};
use crate::engine::bookable::records::{Kept, Shelf, Since, Standing};
use crate::engine::bookable::work::{Days, Work};
use crate::engine::ledger::Batch;
use crate::engine::seen::Seen;
use crate::plan::policy::BusyPolicy;
use crate::ports::calendar::{Change, Coverage};
use crate::ports::error::Result;
use crate::ports::source::Source;

/// Marks what is to be read and what is gone, and then moves the cursor.
pub(super) async fn list(
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
pub(super) fn gone(shelf: &Shelf<'_>, batch: &mut Batch, href: &Href) -> Result<()> {
    shelf.is_read(batch, href);
    match shelf.kept(href)? {
        Some(kept) if kept.standing == Standing::There => {
            if kept.timing.is_none() && kept.was.is_none() {
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
