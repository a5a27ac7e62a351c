//! Which calendars are sources, and where their names lead.

use crate::domain::ids::{CalendarName, Href};
use crate::domain::waiting::HeldAction;
use crate::engine::bookable::records::{Kept, Shelf};
use crate::engine::bookable::work::Work;
use crate::engine::ledger::Batch;
use crate::ical::busy::FORM;
use crate::ports::error::Result;

/// Forgets what was kept of calendars that are sources no more. The configuration is a person's
/// own word: their time is given back at once. A calendar that only got another name is a source
/// that was never read, and as long as it is, nothing is given back.
pub(in crate::engine::bookable) async fn leave_others(
    work: &Work<'_>,
    from: &[CalendarName],
) -> Result<()> {
    for name in work.records.sources()? {
        if from.contains(&name) {
            continue;
        }
        let mut batch = Batch::default();
        for what in [HeldAction::FreeTime, HeldAction::KeptTime] {
            if let Some(held) = work.records.held(&work.host.name, &name, what)? {
                work.records.drop_held(&mut batch, &held);
            }
        }
        work.records.commit(batch).await?;
        work.records.shelf(&name).forget().await?;
        let why = "it is no longer in `from` of [host.busy]: what was kept of it is forgotten";
        work.tally.done("free", "calendar", &name, why);
    }
    Ok(())
}

/// Notices that a source's name leads to another place now. Everything there is read anew; what was
/// kept of the old place is in force until then, and what is not found at the new one is judged
/// like anything else that is gone (promise 3). What was kept in another form is read anew, too.
pub(super) async fn find(work: &Work<'_>, name: &CalendarName, shelf: &Shelf<'_>) -> Result<()> {
    let Some(place) = work.host.places.get(name) else {
        return Ok(());
    };
    let mut state = shelf.state()?;
    let is_there = state.place.as_ref() == Some(place);
    if is_there && state.form == FORM {
        return Ok(());
    }
    if is_there {
        // What is in force is still understood: only its form is old, and may hold what it need not.
        begin_anew(shelf).await?;
    } else if state.place.is_some() {
        tracing::info!(calendar = %name, "a source is at another place now, and read anew");
        begin_anew(shelf).await?;
        state.whole = false;
        state.good = None;
        state.trouble = None;
    }
    state.place = Some(place.clone());
    state.form = FORM;
    let mut batch = Batch::default();
    shelf.put_state(&mut batch, &state);
    shelf.commit(batch).await
}

/// Without its cursor the next listing is of everything, and without a tag nothing passes for read.
async fn begin_anew(shelf: &Shelf<'_>) -> Result<()> {
    let mut batch = Batch::default();
    shelf.drop_since(&mut batch);
    shelf.commit(batch).await?;
    let mut after: Option<Href> = None;
    loop {
        let page = shelf.page(after.as_ref())?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        let mut batch = Batch::default();
        for (href, kept) in page {
            let (etag, failures) = (None, 0);
            shelf.put(
                &mut batch,
                &href,
                &Kept {
                    etag,
                    failures,
                    ..kept
                },
            );
        }
        shelf.commit(batch).await?;
    }
}
