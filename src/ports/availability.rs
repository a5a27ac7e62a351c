//! The host's availability schedules in Zoom Scheduler (FACTS.md section 2).

use async_trait::async_trait;

use super::error::Result;
use super::meter::Meter;
use crate::domain::hours::Week;
use crate::domain::ids::AvailabilityId;
use crate::domain::time_span::TimeSpan;

/// An availability schedule as Zoom has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Availability {
    /// Its id.
    pub id: AvailabilityId,
    /// Its name; a PATCH must repeat it.
    pub name: String,
    /// Whether it is the one in use where a booking page names none.
    pub default: bool,
    /// `time_zone`, an IANA name; a PATCH must repeat it.
    pub zone: String,
    /// `segments_recurrence`.
    pub week: Week,
    /// `segments`: the date overrides, in the order given. The days that a segment touches in the
    /// schedule's zone are open at that time and at no other; an empty segment (end = start) takes
    /// its day off. `None` where Zoom's answer has no such field, so that nothing is known.
    pub segments: Option<Vec<TimeSpan>>,
}

/// What to change about an availability schedule: what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AvailabilityChange {
    /// The usual week.
    pub week: Option<Week>,
    /// The date overrides, all of them.
    pub segments: Option<Vec<TimeSpan>>,
}

/// What slotbridge asks of Zoom about availability for one host.
#[async_trait]
pub trait Availabilities: Send + Sync {
    /// All of the host's availability schedules.
    async fn availabilities(&self) -> Result<Vec<Availability>>;

    /// One by its id; `None` where Zoom does not know it, or does not show it to this app: under
    /// server-to-server another user's single resource is a 404 (FACTS.md section 2).
    async fn availability(&self, id: &AvailabilityId) -> Result<Option<Availability>>;

    /// Changes one, in one PATCH that carries `name` and `time_zone` as they are.
    ///
    /// # Errors
    /// `Denied`, with what to do, where this app cannot change it (404 for another user).
    /// `Refused` where Zoom does not take it.
    async fn change_availability(
        &self,
        as_it_is: &Availability,
        change: &AvailabilityChange,
    ) -> Result<()>;

    /// What was counted so far.
    fn meter(&self) -> &Meter;
}
