//! Working hours: read from their calendar, decided about, and written there once Zoom has them.
//!
//! What both sides agreed is committed part by part as each side has it, so that a side which
//! cannot be written leaves what it lacks pending, and nothing else.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;

use super::records::Records;
use super::work::{Work, again};
use super::{Host, schedule};
use crate::domain::hours::{Hours, Week};
use crate::domain::ids::{AvailabilityId, CalendarName, WaitingId};
use crate::domain::part::Part;
use crate::domain::waiting::{Conflict, ConflictStanding, Decision, Disputed};
use crate::engine::acting::action;
use crate::engine::ledger::Batch;
use crate::engine::report::Trouble;
use crate::engine::tally::Count;
use crate::plan::hours::{self, Agreed, Decided, PartConflict, Plan, Side, Three};
use crate::plan::policy::HoursPolicy;
use crate::ports::error::{Kind, Result};
use crate::ports::hours::{HoursCalendar, HoursObject};

/// The record.
const KIND: &str = "hours";

/// How long a conflict that a rule settled is kept for reading.
const READABLE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What both sides last agreed, and which sides these were: others meet for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    calendar: CalendarName,
    availability: AvailabilityId,
    agreed: Agreed,
}

/// What was decided about the hours of a host; nothing where they are not kept in step.
#[derive(Default)]
pub(super) struct HoursDecided(Option<Todo>);

impl HoursDecided {
    /// What Zoom shall have, busy time not counted; `None`: what it has.
    pub(super) fn shall(&self) -> Option<&Hours> {
        self.0.as_ref().map(|todo| &todo.plan.zoom)
    }
}

/// What is to be done once Zoom has its hours.
struct Todo {
    seen: Option<HoursObject>,
    plan: Plan,
    availability: AvailabilityId,
    calendar: CalendarName,
    before: Option<Agreed>,
    /// Conflicts that are over then.
    over: Vec<WaitingId>,
}

/// The working hours that both sides last agreed, with the dates from today on that differ; `None`
/// before they agreed on any. A day that is in conflict is closed.
///
/// # Errors
/// When the state cannot be read.
pub(super) fn agreed(
    records: &Records<'_>,
    host: &Host,
    policy: &HoursPolicy,
    now: Timestamp,
) -> Result<Option<Hours>> {
    let state: Option<State> = records.only(KIND)?;
    let Some(State { agreed, .. }) = state.filter(|state| state.calendar == policy.calendar) else {
        return Ok(None);
    };
    if agreed.week.iter().all(Option::is_none) {
        return Ok(None);
    }
    let zone = match agreed.zone {
        Some(zone) => zone,
        None => schedule::last_zone_of(records, host)?,
    };
    let clock = super::work::zone_of(&zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let today = clock.to_datetime(now).date();
    let dates = agreed.dates.into_iter();
    Ok(Some(Hours {
        zone,
        week: Week(agreed.week.map(Option::unwrap_or_default)),
        overrides: dates.filter(|(date, _)| *date >= today).collect(),
    }))
}

/// Reads the calendar, and decides what Zoom and the calendar shall have.
///
/// # Errors
/// Only those of the state; a calendar that cannot be read leaves Zoom as it is.
pub(super) async fn decide(
    work: &Work<'_>,
    availability: &AvailabilityId,
    zoom: Hours,
) -> Result<HoursDecided> {
    let (Some(policy), Some(calendar)) = (&work.host.hours, &work.sides.hours_calendar) else {
        return Ok(HoursDecided::default());
    };
    work.hours.count(Count::Seen);
    let seen = match calendar {
        Ok(calendar) => calendar.hours(&zoom.zone, work.now).await,
        Err(error) => Err(again(error)),
    };
    let seen = match seen {
        Ok(seen) => seen,
        Err(error) if error.kind() == Kind::State => return Err(error),
        Err(error) => {
            work.hours.count(Count::Failed);
            work.hours.failed(&error);
            return Ok(HoursDecided::default());
        }
    };
    let todo = plan(work, policy, availability, &zoom, seen).await?;
    Ok(HoursDecided(Some(todo)))
}

async fn plan(
    work: &Work<'_>,
    policy: &HoursPolicy,
    availability: &AvailabilityId,
    zoom: &Hours,
    seen: Option<HoursObject>,
) -> Result<Todo> {
    let state: Option<State> = work.records.only(KIND)?;
    let same =
        |state: &State| state.calendar == policy.calendar && state.availability == *availability;
    let before = state.filter(same).map(|state| state.agreed);
    let old = work.records.hours_conflicts()?;
    let zone = super::work::zone_of(&zoom.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let left_out = seen
        .as_ref()
        .map_or(&[][..], |seen| seen.left_out.as_slice());
    let plan = hours::reconcile(Three {
        base: before.as_ref(),
        zoom,
        calendar: seen.as_ref().map(|seen| &seen.hours),
        left_out: !left_out.is_empty(),
        wins: policy.wins,
        today: zone.to_datetime(work.now).date(),
        decisions: &decisions(&old),
    });
    say_left_out(work, &policy.calendar, left_out, &plan.refused);
    let over = record(work, &plan.conflicts, &old).await?;
    if plan.moves.is_empty() {
        work.hours.count(Count::Unchanged);
    }
    Ok(Todo {
        seen,
        plan,
        availability: availability.clone(),
        calendar: policy.calendar.clone(),
        before,
        over,
    })
}

/// What a person decided, with the text of the side that is to stand.
fn decisions(old: &[Conflict]) -> BTreeMap<Part, Decided> {
    old.iter()
        .filter_map(|conflict| {
            let decision = conflict.decision?;
            let text = match decision {
                Decision::KeepZoom => conflict.zoom.clone(),
                Decision::KeepCalendar => conflict.calendar.clone(),
            };
            Some((conflict.part()?, Decided { decision, text }))
        })
        .collect()
}

/// Says what hours cannot, once a pass.
fn say_left_out(work: &Work<'_>, calendar: &CalendarName, left_out: &[String], refused: &[Part]) {
    if left_out.is_empty() {
        return;
    }
    let mut cause = format!(
        "they hold what Zoom cannot express: {}",
        left_out.join("; ")
    );
    if !refused.is_empty() {
        work.hours.count(Count::Failed);
        let parts: Vec<String> = refused.iter().map(Part::to_string).collect();
        cause = format!(
            "{cause}; so they are never written, and do not follow Zoom in: {}",
            parts.join(", ")
        );
    }
    work.hours.trouble(Trouble {
        doing: format!("reading the working hours in the calendar {calendar}"),
        cause,
        hint: "everything else in them still goes to Zoom; make them plain weekly AVAILABLEs to \
               have both directions"
            .to_owned(),
    });
}

/// Records conflicts before any text is overwritten; says which old ones end with this plan.
async fn record(
    work: &Work<'_>,
    found: &[PartConflict],
    old: &[Conflict],
) -> Result<Vec<WaitingId>> {
    let mut batch = Batch::default();
    let mut over = Vec::new();
    for conflict in old {
        let part = conflict.part();
        let again = found.iter().any(|found| Some(found.part) == part);
        let read = work.now.duration_since(conflict.found) > READABLE;
        match conflict.standing {
            _ if conflict.decision.is_some() => over.push(conflict.id.clone()),
            ConflictStanding::Open if !again => over.push(conflict.id.clone()),
            ConflictStanding::Settled if read && !again => over.push(conflict.id.clone()),
            ConflictStanding::Open | ConflictStanding::Settled => {}
        }
    }
    for conflict in found {
        work.hours.count(Count::Conflict);
        let id = Conflict::id_for_hours(&work.host.name, conflict.part);
        let before = old
            .iter()
            .find(|old| old.id == id && old.standing == conflict.standing);
        if before.is_none() {
            let why = match conflict.standing {
                ConflictStanding::Open => "both sides differ; a person decides",
                ConflictStanding::Settled => "changed on both sides; the losing text is kept",
            };
            work.hours.done("conflict", "calendar", &conflict.part, why);
        }
        let record = Conflict {
            id,
            host: work.host.name.clone(),
            about: Disputed::Hours {
                hours: conflict.part,
            },
            zoom: conflict.zoom.clone(),
            calendar: conflict.calendar.clone(),
            found: before.map_or(work.now, |before| before.found),
            standing: conflict.standing,
            manage_url: None,
            decision: before.and_then(|before| before.decision),
        };
        over.retain(|id| *id != record.id);
        if before != Some(&record) {
            work.records.put_conflict(&mut batch, &record);
        }
    }
    work.records.commit(batch).await?;
    Ok(over)
}

/// Writes the calendar's side, and remembers what both agree on now. `in_zoom`: Zoom shows its
/// hours as they are to be; `troubles`: how much had gone wrong before that was tried.
///
/// # Errors
/// Only those of the state; what else fails is reported and left for the next pass.
pub(super) async fn finish(
    work: &Work<'_>,
    decided: HoursDecided,
    in_zoom: bool,
    troubles: usize,
) -> Result<()> {
    let (Some(todo), Some(calendar)) = (decided.0, calendar_of(work)) else {
        return Ok(());
    };
    let mut lacking = Vec::new();
    if !in_zoom && todo.plan.moves.iter().any(|one| one.side == Side::Zoom) {
        // Both flows share one PATCH.
        work.hours_share(troubles);
        lacking.push(Side::Zoom);
    }
    if work.stopped() || !write(work, calendar, &todo).await? {
        lacking.push(Side::Calendar);
    }
    for one in &todo.plan.moves {
        if lacking.contains(&one.side) {
            continue;
        }
        let side = match one.side {
            Side::Zoom => "zoom",
            Side::Calendar => "calendar",
        };
        work.hours.count(Count::Updated);
        work.hours.done("update", side, &one.part, one.why);
    }
    remember(work, &todo, &lacking).await
}

fn calendar_of<'a>(work: &'a Work<'_>) -> Option<&'a dyn HoursCalendar> {
    let calendar = work.sides.hours_calendar.as_ref()?.as_ref().ok()?;
    Some(calendar.as_ref())
}

/// Writes the calendar, if anything is to be written; says whether it has its hours now.
async fn write(work: &Work<'_>, calendar: &dyn HoursCalendar, todo: &Todo) -> Result<bool> {
    let Some(hours) = &todo.plan.calendar else {
        return Ok(true);
    };
    if work.order.dry_run {
        return Ok(true);
    }
    let written = calendar
        .set_hours(todo.seen.as_ref(), hours, work.now)
        .instrument(action("update", "calendar", "hours"));
    match written.await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == Kind::State => Err(error),
        Err(error) => {
            work.hours.count(Count::Failed);
            work.hours.failed(&error);
            Ok(false)
        }
    }
}

async fn remember(work: &Work<'_>, todo: &Todo, lacking: &[Side]) -> Result<()> {
    let mut batch = Batch::default();
    let state = State {
        calendar: todo.calendar.clone(),
        availability: todo.availability.clone(),
        agreed: todo.plan.agreed_without(lacking, todo.before.as_ref()),
    };
    let stored: Option<State> = work.records.only(KIND)?;
    if stored.as_ref() != Some(&state) {
        work.records.put_only(&mut batch, KIND, &state);
    }
    if lacking.is_empty() {
        for id in &todo.over {
            work.records.drop_conflict(&mut batch, id);
        }
    }
    work.records.commit(batch).await
}
