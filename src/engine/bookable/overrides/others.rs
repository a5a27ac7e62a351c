//! What was written to another schedule than that of now.

use super::Schedule;
use super::state::{KIND, State};
use crate::domain::busy::Busy;
use crate::domain::ids::AvailabilityId;
use crate::engine::bookable::expanding::Wanted;
use crate::engine::bookable::schedule;
use crate::engine::bookable::work::{Days, Work, zone_of};
use crate::plan::certainty::Certainty;
use crate::ports::error::{Kind, Result};

/// Gives back what we wrote to another schedule, before anything is written to this one; says
/// whether that is done.
pub(in super::super) async fn leave_others(
    work: &Work<'_>,
    days: &Days,
    now: &AvailabilityId,
) -> Result<bool> {
    let state: Option<State> = work.records.only(KIND)?;
    let Some(state) = state.filter(|state| state.availability != *now && state.is_ours()) else {
        return Ok(true);
    };
    let found = match schedule::find(work, &state.availability).await {
        Ok(Some(found)) => found,
        // Deleted, and our overrides with it.
        Ok(None) => return Ok(true),
        Err(error) if error.kind() == Kind::State => return Err(error),
        Err(error) => {
            work.failed(&error);
            return Ok(false);
        }
    };
    let nothing = Wanted {
        busy: Busy::default(),
        certainty: Certainty::Whole,
        origins: Vec::new(),
    };
    let days = Days {
        zone: zone_of(&found.zone).unwrap_or_else(|| days.zone.clone()),
        name: found.zone.clone(),
        ..days.clone()
    };
    let schedule = Schedule::open(work, &days, found)?;
    Ok(schedule.settle(&nothing, None).await?.0)
}
