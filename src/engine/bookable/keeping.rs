//! Keeps what the sources say: each object is fetched once, and what was understood last stays in
//! force whenever its source cannot be had.
//!
//! A listing marks what is to be read, and what is gone, together with the cursor that covers it
//! or before; so that a read that fails is tried again however far the cursor has moved
//! (FIELD.md, S1 to S5).

mod listing;
mod place;
mod reading;

use std::sync::Arc;

use jiff::SignedDuration;

use super::records::{Shelf, SourceState, SourceTrouble};
use super::work::{Days, Work, again};
use crate::domain::ids::CalendarName;
use crate::engine::ledger::Batch;
use crate::engine::report::Trouble;
use crate::plan::policy::BusyPolicy;
use crate::ports::calendar::Coverage;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::source::Source;
pub(super) use place::leave_others;

/// Everything is listed at least this often: only that finds what a server forgot to tell.
pub(super) const FULL_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Reads what changed in one source. Only a failure of the state is one of the pass.
pub(super) async fn keep(
    work: &Work<'_>,
    policy: &BusyPolicy,
    days: &Days,
    name: &CalendarName,
) -> Result<()> {
    let shelf = work.records.shelf(name);
    place::find(work, name, &shelf).await?;
    let source = work.sides.sources.iter().find(|(other, _)| other == name);
    let read = match source {
        Some((_, Ok(source))) => read(work, policy, days, &shelf, source).await,
        Some((_, Err(error))) => Err(again(error)),
        None => Err(Error::new(Kind::Missing, "reading it").because("it is not configured")),
    };
    let mut state = shelf.state()?;
    match read {
        Ok(_) if work.stopped() => return Ok(()),
        Ok(Coverage::Partial) => failed(work, name, &mut state, &in_part()),
        Ok(Coverage::Full | Coverage::Since) => {
            state.good = Some(work.now);
            state.whole = state.whole || (shelf.since()?.is_some() && reading::all_tried(&shelf)?);
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
    shelf: &Shelf<'_>,
    source: &Arc<dyn Source>,
) -> Result<Coverage> {
    let since = shelf.since()?;
    let known = since.as_ref().filter(|since| {
        !work.order.full
            && work.now.duration_since(since.full) < FULL_EVERY
            && since.covers >= days.reaching(policy).to
    });
    let cursor = known.and_then(|since| since.cursor.as_ref());
    let coverage = listing::list(work, policy, days, shelf, source, cursor).await?;
    reading::fetch(work, shelf, source).await?;
    Ok(coverage)
}
