//! After a power cut: looks at the entries of actions that were begun and never committed.
//!
//! Nothing is replayed blindly. The entry is read as it is now, and the usual decision about it
//! is: done already (in step), or still to do.

use crate::ports::error::Result;

use super::collect;
use super::ledger::Batch;
use super::pass::Pass;

/// Notices that the calendar's name leads to another place now. Nothing that is not there is gone:
/// everything is looked at anew, as with a lost state, and the old place is left alone.
pub async fn find_place(pass: &Pass<'_>) -> Result<()> {
    let place = &pass.host.place;
    match pass.ledger.place()? {
        Some(before) if before == *place => Ok(()),
        Some(_) => {
            // A place that cannot be read may be a slip of the pen: what is known of the old one is
            // forgotten when the new one was seen, and not before.
            pass.sides.calendar.list(None).await?.next().await?;
            tracing::info!("the calendar is at another place now, and looked at anew");
            pass.adopted();
            pass.ledger.begin_anew(place).await
        }
        None => pass.ledger.begin_at(place).await,
    }
}

/// Looks at what was begun.
pub async fn recover(pass: &Pass<'_>) -> Result<()> {
    loop {
        let begun = pass.ledger.begun()?;
        if begun.is_empty() {
            return Ok(());
        }
        for action in &begun {
            tracing::info!(verb = %action.verb, booking = %action.booking, "looking at an action that was interrupted");
            collect::observe(
                pass,
                std::slice::from_ref(&action.href),
                Some(&action.booking),
            )
            .await?;
            let mut batch = Batch::default();
            pass.ledger.finish(&mut batch, &action.booking);
            pass.ledger.commit(batch).await?;
        }
    }
}
