//! Which availability schedule is the host's, and the zone that its clock shows.

use super::Host;
use super::keeping::FULL_EVERY;
use super::records::{Records, Scheduled};
use super::work::{Work, zone_of};
use crate::domain::ids::AvailabilityId;
use crate::engine::ledger::Batch;
use crate::ports::availability::Availability;
use crate::ports::error::{Error, Kind, Result};

/// The record.
const KIND: &str = "schedule";

/// What `[host.hours]` names.
fn wanted<'a>(work: &Work<'a>) -> Option<&'a String> {
    work.host.hours.as_ref()?.availability.as_ref()
}

/// The record, where it is about the schedule that is wanted now.
fn known(work: &Work<'_>) -> Result<Option<Scheduled>> {
    known_of(&work.records, work.host)
}

fn known_of(records: &Records<'_>, host: &Host) -> Result<Option<Scheduled>> {
    let wanted = host
        .hours
        .as_ref()
        .and_then(|hours| hours.availability.as_ref());
    let known: Option<Scheduled> = records.only(KIND)?;
    Ok(known.filter(|known| known.wanted.as_ref() == wanted))
}

/// The zone as far as it is known without asking; `None` when it is time to ask again.
pub(super) fn zone(work: &Work<'_>) -> Result<Option<String>> {
    let known = known(work)?;
    let fresh = known.filter(|known| work.now.duration_since(known.at) < FULL_EVERY);
    Ok(fresh.map(|known| known.zone))
}

/// The zone that was known last, else the one of this machine.
pub(super) fn last_zone(work: &Work<'_>) -> Result<String> {
    last_zone_of(&work.records, work.host)
}

/// The same, outside a pass.
pub(super) fn last_zone_of(records: &Records<'_>, host: &Host) -> Result<String> {
    let known = known_of(records, host)?;
    Ok(known.map_or_else(|| host.zone.clone(), |known| known.zone))
}

/// Asks for the schedule: by its id where that is known, else it is looked for in the list.
///
/// # Errors
/// `Missing` where there is none of that name.
pub(super) async fn fetch(work: &Work<'_>) -> Result<Availability> {
    let before = known(work)?;
    // Which one is the default, or has the name, may change: it is looked up anew now and then.
    let known_id = before
        .as_ref()
        .filter(|known| !known.by_list && !work.order.full && is_fresh(work, known))
        .and_then(|known| known.id.as_ref());
    if let Some(id) = known_id
        && let Some(found) = work.sides.availabilities.availability(id).await?
        && is_wanted(work, &found)
    {
        return remember(work, found, before.as_ref(), false).await;
    }
    let listed = pick(work, work.sides.availabilities.availabilities().await?)?;
    // The list may say less; but another user's single schedule is not shown to every app.
    let asked = match before.as_ref().filter(|known| is_fresh(work, known)) {
        Some(known) if known.by_list => None,
        Some(_) | None => work.sides.availabilities.availability(&listed.id).await?,
    };
    let by_list = asked.is_none();
    remember(work, asked.unwrap_or(listed), before.as_ref(), by_list).await
}

/// Whether it still is the one that is named, or the default one.
fn is_wanted(work: &Work<'_>, found: &Availability) -> bool {
    wanted(work).map_or(found.default, |wanted| {
        found.id.as_str() == wanted || found.name == *wanted
    })
}

fn is_fresh(work: &Work<'_>, known: &Scheduled) -> bool {
    work.now.duration_since(known.at) < FULL_EVERY
}

/// Remembers that none is to be had, so that it is not asked for in every pass only for its zone.
pub(super) async fn without(work: &Work<'_>) -> Result<()> {
    let scheduled = Scheduled {
        id: None,
        by_list: false,
        wanted: wanted(work).cloned(),
        zone: last_zone(work)?,
        at: work.now,
    };
    let mut batch = Batch::default();
    work.records.put_only(&mut batch, KIND, &scheduled);
    work.records.commit(batch).await
}

async fn remember(
    work: &Work<'_>,
    found: Availability,
    before: Option<&Scheduled>,
    by_list: bool,
) -> Result<Availability> {
    let same = before.is_some_and(|known| {
        known.id.as_ref() == Some(&found.id)
            && known.zone == found.zone
            && known.by_list == by_list
            && is_fresh(work, known)
    });
    if zone_of(&found.zone).is_none() {
        return Err(
            Error::new(Kind::Malformed, "reading the availability in Zoom")
                .because("its time zone is none that is known")
                .hint("choose a time zone for it in Zoom Scheduler's settings"),
        );
    }
    if !same {
        let scheduled = Scheduled {
            id: Some(found.id.clone()),
            by_list,
            wanted: wanted(work).cloned(),
            zone: found.zone.clone(),
            at: work.now,
        };
        let mut batch = Batch::default();
        work.records.put_only(&mut batch, KIND, &scheduled);
        work.records.commit(batch).await?;
    }
    Ok(found)
}

/// The one that is named, by id or name; else the default one, else the only one.
fn pick(work: &Work<'_>, mut all: Vec<Availability>) -> Result<Availability> {
    let position = match wanted(work) {
        Some(wanted) => all
            .iter()
            .position(|one| one.id.as_str() == wanted)
            .or_else(|| all.iter().position(|one| one.name == *wanted)),
        None => all
            .iter()
            .position(|one| one.default)
            .or((all.len() == 1).then_some(0)),
    };
    if let Some(position) = position {
        return Ok(all.swap_remove(position));
    }
    let count = all.len();
    let error = Error::new(Kind::Missing, "finding the host's availability in Zoom");
    Err(match wanted(work) {
        Some(_) => error
            .because(format!("none of its {count} schedules has that name or id"))
            .hint("correct `availability` of [host.hours]; `slotbridge zoom availability list` shows them"),
        None if count == 0 => error
            .because("the host has none")
            .hint("open Zoom Scheduler once as the host and save working hours"),
        None => error
            .because(format!("none of its {count} schedules is the default one"))
            .hint("name one as `availability` of [host.hours], or make one the default in Zoom"),
    })
}

/// A schedule by its id, as it is now. Zoom may answer "not found" for one that it lists all the
/// same (FACTS.md section 2): only what the list does not show either is gone.
pub(super) async fn find(work: &Work<'_>, id: &AvailabilityId) -> Result<Option<Availability>> {
    let availabilities = &work.sides.availabilities;
    if let Some(found) = availabilities.availability(id).await? {
        return Ok(Some(found));
    }
    let all = availabilities.availabilities().await?;
    Ok(all.into_iter().find(|other| other.id == *id))
}

/// The schedule as it is after a PATCH.
pub(super) async fn again(work: &Work<'_>, found: &Availability) -> Result<Availability> {
    find(work, &found.id).await?.ok_or_else(|| {
        Error::new(Kind::Stale, "reading back the availability in Zoom").because("it is gone")
    })
}
