//! The order of a pass over busy time and hours.

use std::time::Duration;

use super::blocks::{self, Settled};
use super::echoes::Echoes;
use super::expanding::{self, Wanted};
use super::overrides::{self, Schedule};
use super::records::{BlocksSince, Choice, Sink};
use super::work::{Days, Keeps, Work, is_lasting, zone_of};
use super::{choice, hours, keeping, schedule};
use crate::domain::busy::Busy;
use crate::engine::report::DayReport;
use crate::plan::certainty::Certainty;
use crate::plan::policy::{BusyPolicy, BusyTo};
use crate::ports::availability::Availability;
use crate::ports::error::{Error, Kind, Result};

/// How far ahead is looked where only hours are kept in step.
const FUTURE: Duration = Duration::from_hours(60 * 24);

/// What stands in Zoom because of an earlier pass.
#[derive(Clone, Copy, Debug)]
struct Traces {
    blocks: bool,
    overrides: bool,
}

/// What the pass found out on its way.
struct Found {
    days: Days,
    availability: Option<Availability>,
    /// Zoom as a whole cannot be reached.
    zoom_is_away: bool,
}

/// What became of the blocks.
struct Blocks {
    sink: Option<Sink>,
    wanted: Option<Wanted>,
    whole: bool,
    /// How much had gone wrong before them.
    troubles: usize,
}

/// Runs the pass; what a day comes to is only said in a dry run. Only a failure of the state ends
/// it.
pub(super) async fn flow(work: &Work<'_>) -> Result<Vec<DayReport>> {
    let host = work.host;
    let from = host.busy.as_ref().map_or(&[][..], |busy| &busy.from);
    keeping::leave_others(work, from).await?;
    let traces = Traces {
        blocks: work.records.only::<BlocksSince>(blocks::KIND)?.is_some(),
        overrides: overrides::are_there(work)?,
    };
    if host.busy.is_none() && host.hours.is_none() && !traces.blocks && !traces.overrides {
        return Ok(Vec::new());
    }
    let choice = match &host.busy {
        Some(policy) => choice::choose(work, policy).await?,
        None => None,
    };
    let mut found = look_around(work, choice.as_ref(), traces).await?;
    if let Some(policy) = &host.busy {
        for name in &policy.from {
            keeping::keep(work, policy, &found.days, name).await?;
        }
    }
    if work.stopped() || found.zoom_is_away {
        return Ok(Vec::new());
    }
    let troubles = work.tally.troubles();
    let blocks = match &host.busy {
        Some(policy) => write_blocks(work, policy, &found.days, choice).await?,
        None => Blocks {
            sink: None,
            wanted: None,
            whole: true,
            troubles,
        },
    };
    if work.stopped() {
        return Ok(Vec::new());
    }
    let (days, whole) = write_overrides(work, &mut found, &blocks, traces).await?;
    let elsewhere = blocks.sink == Some(Sink::Availability) || host.busy.is_none();
    if traces.blocks && elsewhere && whole && !work.stopped() {
        clear_blocks(work, &found.days).await?;
    }
    Ok(days)
}

/// Asks for the availability where it is needed, and for its zone now and then.
async fn look_around(work: &Work<'_>, choice: Option<&Choice>, traces: Traces) -> Result<Found> {
    let to_availability = choice.is_some_and(|choice| choice.sink == Sink::Availability);
    let needed = work.host.hours.is_some() || to_availability || traces.overrides;
    let known = if needed || work.order.dry_run {
        None
    } else {
        schedule::zone(work)?
    };
    let mut availability = None;
    let mut zoom_is_away = false;
    let zone = match known {
        Some(zone) => zone,
        None => match schedule::fetch(work).await {
            Ok(found) => {
                let zone = found.zone.clone();
                availability = Some(found);
                zone
            }
            Err(error) if error.kind() == Kind::State => return Err(error),
            Err(error) => {
                if needed {
                    zoom_is_away = !is_lasting(&error);
                    // Where Zoom is away, nothing of busy time is written either.
                    let busy = to_availability || traces.overrides;
                    let busy = busy || (zoom_is_away && work.host.busy.is_some());
                    let keeps = if busy { Keeps::Both } else { Keeps::Hours };
                    work.halted(&error, keeps);
                } else if is_lasting(&error) {
                    schedule::without(work).await?;
                }
                let zone = schedule::last_zone(work)?;
                if work.host.busy.is_some() {
                    let why = format!(
                        "whole days and floating times are read in the zone {zone}, because the \
                         availability in Zoom cannot be read: {}",
                        error.cause()
                    );
                    work.tally.done("warn", "calendar", &zone, &why);
                }
                zone
            }
        },
    };
    let future = work.host.busy.as_ref().map_or(FUTURE, |busy| busy.future);
    let (zone, name) = zone_of(&zone).map_or_else(
        || (jiff::tz::TimeZone::UTC, "UTC".to_owned()),
        |found| (found, zone),
    );
    Ok(Found {
        days: Days::new(work.now, future, zone, &name),
        availability,
        zoom_is_away,
    })
}

/// Says what is busy and, where that goes to the Zoom calendar, writes it there.
async fn write_blocks(
    work: &Work<'_>,
    policy: &BusyPolicy,
    days: &Days,
    choice: Option<Choice>,
) -> Result<Blocks> {
    let mut blocks = Blocks {
        sink: choice.as_ref().map(|choice| choice.sink),
        wanted: None,
        whole: false,
        troubles: work.tally.troubles(),
    };
    let echoes = match choice.as_ref().and_then(|choice| choice.calendar.as_ref()) {
        None => Echoes::new(),
        Some(calendar) => match blocks::list(work, days, calendar).await {
            Ok(listed) => {
                let echoes = listed.echoes(work, policy.buffers)?;
                let wanted = expanding::busy(work, policy, days, &echoes).await?;
                match blocks::settle(work, policy, &listed, &wanted).await? {
                    Settled::Whole => blocks.whole = true,
                    Settled::Partly => {}
                    Settled::NotWritable(error) => {
                        blocks.sink = Some(choice::elsewhere(work, &error).await?.sink);
                    }
                }
                blocks.wanted = Some(wanted);
                return Ok(blocks);
            }
            Err(error) if policy.to == BusyTo::Auto && error.kind() == Kind::Denied => {
                blocks.sink = Some(choice::elsewhere(work, &error).await?.sink);
                Echoes::new()
            }
            Err(error) => return without_blocks(work, error).await,
        },
    };
    if blocks.sink.is_some() {
        blocks.wanted = Some(expanding::busy(work, policy, days, &echoes).await?);
    }
    Ok(blocks)
}

/// The blocks could not be listed.
async fn without_blocks(work: &Work<'_>, error: Error) -> Result<Blocks> {
    if error.kind() == Kind::State {
        return Err(error);
    }
    let troubles = work.tally.troubles();
    // Which of the availability's overrides are busy time is not known then.
    work.halted(&error, Keeps::Both);
    if error.kind() == Kind::Missing {
        // The calendar itself is gone, and its blocks with it: the next pass looks for another.
        blocks::forget(work).await?;
        choice::forget(work).await?;
    }
    Ok(Blocks {
        sink: None,
        wanted: None,
        whole: false,
        troubles,
    })
}

/// Writes what the availability has to say, or takes back what it said.
async fn write_overrides(
    work: &Work<'_>,
    found: &mut Found,
    blocks: &Blocks,
    traces: Traces,
) -> Result<(Vec<DayReport>, bool)> {
    let host = work.host;
    let nothing = Wanted {
        busy: Busy::default(),
        certainty: Certainty::Whole,
        origins: Vec::new(),
    };
    let wanted = match blocks.sink {
        None if host.busy.is_none() => Some(&nothing),
        None => None,
        Some(Sink::Availability) => blocks.wanted.as_ref(),
        // Given back only when the blocks stand: nothing is open in between.
        Some(Sink::ZoomCalendar) => (blocks.whole || !traces.overrides).then_some(&nothing),
    };
    let to_availability = blocks.sink == Some(Sink::Availability);
    let writes = to_availability || traces.overrides || host.hours.is_some();
    if to_availability && found.availability.is_none() {
        match schedule::fetch(work).await {
            Ok(availability) => found.availability = Some(availability),
            Err(error) if error.kind() == Kind::State => return Err(error),
            Err(error) => work.halted(&error, Keeps::Busy),
        }
    }
    let Some(availability) = found.availability.take() else {
        return Ok((Vec::new(), !writes));
    };
    let troubles = work.tally.troubles();
    if !overrides::leave_others(work, &found.days, &availability.id).await? {
        work.hours_share(troubles);
        return Ok((Vec::new(), false));
    }
    let id = availability.id.clone();
    let schedule = Schedule::open(work, &found.days, availability)?;
    let busy = blocks.wanted.as_ref().map_or(&nothing, |wanted| wanted);
    let (effects, whole) = if let Some(wanted) = wanted.filter(|_| writes) {
        // Busy time is taken out of what the hours are to be.
        let decided = hours::decide(work, &id, schedule.person(&wanted.busy)).await?;
        let elsewhere = schedule.effects(&busy.busy, decided.shall());
        let troubles = work.tally.troubles();
        let (whole, effects) = schedule.settle(wanted, decided.shall()).await?;
        hours::finish(work, decided, whole, troubles).await?;
        (if to_availability { effects } else { elsewhere }, whole)
    } else {
        // The blocks do not stand yet, and what stands for them is not taken out of the hours.
        if blocks.sink.is_some() {
            work.hours_share(blocks.troubles);
        }
        (schedule.effects(&busy.busy, None), !writes)
    };
    let days = if work.order.dry_run {
        let days = effects.iter();
        days.map(|effect| found.days.report(effect)).collect()
    } else {
        Vec::new()
    };
    Ok((days, whole))
}

/// Takes the blocks of an earlier configuration away.
async fn clear_blocks(work: &Work<'_>, days: &Days) -> Result<()> {
    match blocks::clear(work, days).await {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == Kind::State => Err(error),
        Err(error) if error.kind() == Kind::Missing => blocks::forget(work).await,
        Err(error) => {
            work.failed(&error);
            Ok(())
        }
    }
}
