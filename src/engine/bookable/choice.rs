//! Where busy time goes: to the Zoom calendar or to the availability, and why.

use super::keeping::FULL_EVERY;
use super::records::{Choice, Sink};
use super::work::{Keeps, Work, is_lasting};
use crate::domain::ids::ZoomCalendarId;
use crate::engine::ledger::Batch;
use crate::plan::policy::{BusyPolicy, BusyTo};
use crate::ports::error::{Error, Kind, Result};

/// The record.
pub(super) const KIND: &str = "sink";

/// Says where busy time goes; `None` where that cannot be found out now (why stands in the
/// report). Only a failure of the state is one of the pass.
pub(super) async fn choose(work: &Work<'_>, policy: &BusyPolicy) -> Result<Option<Choice>> {
    let before: Option<Choice> = work.records.only(KIND)?;
    if policy.to == BusyTo::Availability {
        let because = "the configuration says so".to_owned();
        let choice = made(work, Sink::Availability, because, None, false);
        return remember(work, before, choice).await.map(Some);
    }
    let auto = policy.to == BusyTo::Auto;
    let old = before.clone().filter(|old| match old.sink {
        Sink::ZoomCalendar => old.calendar.is_some(),
        Sink::Availability => auto && old.tried,
    });
    let fresh = |old: &Choice| {
        work.now.duration_since(old.at) < FULL_EVERY && !work.order.full && !old.in_vain
    };
    if let Some(old) = old.as_ref().filter(|old| fresh(old) && old.tried == auto) {
        return Ok(Some(old.clone()));
    }
    match work.sides.zoom_calendar.primary().await {
        Ok(calendar) => {
            let because = if auto {
                "the host's Zoom calendar can be found and written"
            } else {
                "the configuration says so"
            };
            let sink = Sink::ZoomCalendar;
            let choice = made(work, sink, because.to_owned(), Some(calendar), auto);
            remember(work, before, choice).await.map(Some)
        }
        Err(error) if error.kind() == Kind::State => Err(error),
        Err(error) if auto && is_lasting(&error) => {
            let choice = unwritable(work, &error);
            remember(work, before, choice).await.map(Some)
        }
        // A fault that passes is no reason to go elsewhere.
        Err(error) => {
            let known = old.filter(|_| !is_lasting(&error));
            if known.is_none() {
                work.halted(&error, Keeps::Both);
            }
            Ok(known)
        }
    }
}

/// Busy time goes to the availability from now on, because the calendar cannot be written.
pub(super) async fn elsewhere(work: &Work<'_>, error: &Error) -> Result<Choice> {
    let before = work.records.only(KIND)?;
    let choice = unwritable(work, error);
    remember(work, before, choice).await
}

/// Nothing could be written where `auto` sent busy time: the Zoom calendar is tried anew by the
/// next pass, and not only when that is due.
pub(super) async fn not_here(work: &Work<'_>) -> Result<()> {
    let Some(mut choice) = work.records.only::<Choice>(KIND)? else {
        return Ok(());
    };
    if choice.in_vain || choice.sink != Sink::Availability {
        return Ok(());
    }
    choice.in_vain = true;
    choice.because += "; and nothing is written there, because Zoom does not show which date \
                       overrides there are (`replace_overrides` of [host.busy])";
    let mut batch = Batch::default();
    work.records.put_only(&mut batch, KIND, &choice);
    work.records.commit(batch).await
}

/// The calendar is not there any more: it is looked for anew in the next pass.
pub(super) async fn forget(work: &Work<'_>) -> Result<()> {
    let mut batch = Batch::default();
    work.records.drop_only(&mut batch, KIND);
    work.records.commit(batch).await
}

fn unwritable(work: &Work<'_>, error: &Error) -> Choice {
    let mut because = format!("the host's Zoom calendar cannot be used: {error}");
    if let Some(remedy) = error.remedy() {
        because += "; to use it: ";
        because += remedy;
    }
    made(work, Sink::Availability, because, None, true)
}

fn made(
    work: &Work<'_>,
    sink: Sink,
    because: String,
    calendar: Option<ZoomCalendarId>,
    tried: bool,
) -> Choice {
    Choice {
        sink,
        because,
        calendar,
        at: work.now,
        tried,
        in_vain: false,
    }
}

/// Writes only what is new or was found out by asking.
async fn remember(work: &Work<'_>, before: Option<Choice>, choice: Choice) -> Result<Choice> {
    let asked = choice.tried || choice.calendar.is_some();
    let same = before.as_ref().is_some_and(|old| {
        !asked
            && old.sink == choice.sink
            && old.because == choice.because
            && old.tried == choice.tried
    });
    if !same {
        let mut batch = Batch::default();
        work.records.put_only(&mut batch, KIND, &choice);
        work.records.commit(batch).await?;
    }
    Ok(choice)
}
